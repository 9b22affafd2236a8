"""The base of the tests of the cloud's life: starts, refusals, ends, crashes, and who watches."""

import itertools
import json
import os
import signal
import socket
import stat
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .case import SystemTest
from .cloud import Cloud, program
from .mqtt_clients import Client
from .pki import Pair
from .ports import HOST


def sanitized():
    """The program was built to find mistakes, not to be quick."""
    return b"__asan_init" in Path(program()).read_bytes()


def mode_of(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


def state_of(pid):
    """The letter that /proc has for a process: S, R, Z, ...; None when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()[0]


def user_of(pid):
    """The user id that a process runs as."""
    return os.stat(f"/proc/{pid}").st_uid


def children_of(pid):
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in found.split()]


def living_in(folder):
    """Processes whose working directory is `folder`: a broker's is its own."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").samefile(folder) and state_of(entry.name) != "Z":
                    found.append(int(entry.name))
            except OSError:
                pass  # It has ended, or is none of ours.
    return found


def accepts(port):
    """Somebody listens at this port."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def wait_until(probe, timeout_s, what):
    """For what sends no event: another process's end, a port. Returns the first true value."""
    deadline = time.monotonic() + timeout_s
    while not (value := probe()):
        if time.monotonic() > deadline:
            raise AssertionError(f"after {timeout_s} s still no {what}")
        time.sleep(0.005)
    return value


@dataclass
class Answer:
    """What the cloud said to one request."""

    accepted: bool
    body: dict

    @property
    def code(self):
        return self.body.get("code")

    @property
    def execution(self):
        """Of start-next and get; None when there is nothing to do."""
        return self.body.get("execution") or None


class Asker(Client):
    """A device of the cloud: asks as an agent does, finds an answer by its clientToken.

    It does not subscribe to answers: they come to whoever asked.
    """

    _tokens = itertools.count(1)

    def __init__(self, cloud, thing, pair, **options):
        super().__init__(cloud.mqtt_port, thing, pair=pair, ca=cloud.root, **options)
        self.thing = thing

    def send(self, request, **fields):
        """Publishes with QoS 1 and waits for nothing; returns the token of the answer."""
        token = fields.setdefault("clientToken", f"token-{next(self._tokens)}")
        self.publish(f"$aws/things/{self.thing}/jobs/{request}", json.dumps(fields))
        return token

    def find(self, token):
        """The first answer: a request that was repeated may get others."""
        for event in self.seen("message"):
            body = json.loads(event.payload)
            if body.get("clientToken") == token:
                return Answer(event.topic.endswith("/accepted"), body)
        return None

    def answer(self, token, timeout_s=10):
        """The answer to a request; None when the connection ended before it came."""
        with self._changed:
            found = self._changed.wait_for(
                lambda: self.find(token) or (self.is_closed() and "closed"), timeout_s)
        if not found:
            raise AssertionError(f"{self.thing}: no answer to {token}; it saw {self.events}")
        return None if found == "closed" else found

    def ask(self, request, timeout_s=10, **fields):
        return self.answer(self.send(request, **fields), timeout_s)

    def is_closed(self):
        return bool(self.seen("closed"))


class LifeTest(SystemTest):
    """Clouds of the test's own, ended whatever happens."""

    def make_cloud(self, *arguments, name="cloud", environment=None, folder=None):
        """A cloud that is not started yet."""
        cloud = Cloud(folder or self.folder / name, *arguments, environment=environment)
        self.addCleanup(cloud.close)
        self._logs.append((name, cloud.all_text))
        return cloud

    def pair_of(self, cloud, thing):
        """Provisions a thing; returns its certificate and key."""
        out = cloud.provision(thing)
        return Pair(out / "cert" / "certificate.pem.crt", out / "cert" / "private.pem.key")

    def join(self, cloud, thing="dev", pair=None, **options):
        """A device that is connected."""
        device = Asker(cloud, thing, pair or self.pair_of(cloud, thing), **options)
        self.addCleanup(device.close)
        return device.wait_connected()

    def add_job(self, cloud, job, *things):
        iot = cloud.client()
        arns = [iot.describe_thing(thingName=thing)["thingArn"] for thing in things]
        iot.create_job(jobId=job, targets=arns, document='{"do":"it"}')

    def run_program(self, *arguments, environment=None, command=None, timeout_s=20):
        """Runs fieldwork-cloud to its end: the CompletedProcess, with texts."""
        return subprocess.run(
            [*(command or [program()]), *map(str, arguments)], cwd=self.folder, check=False,
            capture_output=True, text=True, timeout=timeout_s, stdin=subprocess.DEVNULL,
            env={**os.environ, **(environment or {})})

    def refuse(self, *arguments, pattern, status=1, **options):
        """The program ends with an error that says what to do; returns the text.

        One line that a person can read: no exception's name, nothing on stdout.
        """
        done = self.run_program(*arguments, **options)
        self.assertEqual(status, done.returncode, done.stderr)
        self.assertEqual("", done.stdout)
        self.assertRegex(done.stderr, pattern)
        return done.stderr

    def refuse_to_serve(self, data, *arguments, pattern, environment=None, **options):
        """`serve` on free ports ends with an error, and leaves no broker behind."""
        ports = {"FIELDWORK_HTTP": f"{HOST}:0", "FIELDWORK_MQTT": f"{HOST}:0"}
        broker = Path(data) / "broker"
        before = living_in(broker)
        try:
            return self.refuse("serve", "--data", data, *arguments, pattern=pattern,
                               environment={**ports, **(environment or {})}, **options)
        finally:
            left = set(living_in(broker)) - set(before)
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            self.assertEqual(set(), left, "a broker was left behind")
