"""The local cloud under test: its process, its broker, and the tools that people use on it."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import boto3
import botocore.config

from . import compat
from .ports import HOST
from .processes import Process, run_tool

BUILT = Path(__file__).resolve().parents[3] / "build" / "bin" / "fieldwork-cloud"
AWS = "/usr/bin/aws"  # Debian's; another one in PATH may be anything.
REGION = "us-east-1"
ACCOUNT = "000000000000"
READY = (r"^ready http=http://(\S+?):(\d+) mqtts=(\S+?):(\d+) data=(\S+) pid=(\d+)"
         r"(?: https=\S+?:(\d+))?$")

#: What a person exports who has no account: without credentials set, any will do.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": REGION,
}


def program():
    """The binary under test: $FIELDWORK_CLOUD, or where a release build leaves it."""
    path = Path(os.environ.get("FIELDWORK_CLOUD", BUILT)).resolve()
    if not os.access(path, os.X_OK):
        raise AssertionError(f"no program {path}: build it, or name it in FIELDWORK_CLOUD")
    return str(path)


def arn(kind, name):
    return f"arn:aws:iot:{REGION}:{ACCOUNT}:{kind}/{name}"


class AwsError(AssertionError):
    """The CLI ended with an error; `code` is the exception's name, `message` its text."""

    def __init__(self, argv, text):
        super().__init__(f"{' '.join(argv)}: {text}")
        self.code = text.partition("(")[2].partition(")")[0]
        found = re.search(r" operation(?: \(reached max retries: \d+\))?: (.*)", text, re.DOTALL)
        self.message = found.group(1).strip() if found else text


class Cloud:
    """One `fieldwork-cloud serve` on a folder, with its Mosquitto."""

    def __init__(self, folder, *arguments, environment=None):
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self.command = [program()]  # A test may put other programs before it, or name a copy.
        self.arguments = list(arguments)
        self.environment = environment or {}
        self.credentials = dict(CREDENTIALS)
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):  # What it wants is what it gets.
            if f"FIELDWORK_{name}" in self.environment:
                self.credentials[f"AWS_{name}"] = self.environment[f"FIELDWORK_{name}"]
        self.process = None
        self.logs = []
        self.http_port = self.mqtt_port = 0
        self.https_port = None

    @property
    def url(self):
        return f"http://{HOST}:{self.http_port}"

    @property
    def root(self):
        return self.data / "pki" / "AmazonRootCA1.pem"

    def start(self, timeout_s=30):
        """Starts the service and waits until it says that it is ready; the ports stay the same."""
        return self.launch().wait_ready(timeout_s)

    def launch(self):
        """Starts the service and waits for nothing."""
        argv = [*self.command, "serve", "--data", str(self.data),
                "--http", f"{HOST}:{self.http_port}", "--mqtt", f"{HOST}:{self.mqtt_port}",
                *self.arguments]
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = Process("cloud", argv, cwd=self.folder,
                               env={**os.environ, **self.environment})
        self.logs.append(self.process.log)
        return self

    def wait_ready(self, timeout_s=30):
        ready = self.process.log.find(READY, timeout_s)
        self.http_port, self.mqtt_port = int(ready.group(2)), int(ready.group(4))
        self.https_port = int(ready.group(7)) if ready.group(7) else None
        return self

    @property
    def broker_pid(self):
        """Mosquitto's process id, as the supervisor has written it down."""
        note = (self.data / "broker" / "broker.json").read_text(encoding="utf-8")
        return int(json.loads(note)["pid"])

    def stop(self):
        """SIGTERM; returns the exit status."""
        return self.process.stop()

    def kill(self):
        """kill -9 of the service; its broker stays up."""
        self.process.kill()

    def kill_broker(self):
        os.kill(self.broker_pid, signal.SIGKILL)

    def close(self):
        if self.process is not None:
            self.process.close()
        try:
            self.kill_broker()
        except (OSError, ValueError):
            pass  # It ended with the service.

    def all_text(self):
        text = "".join(log.text for log in self.logs)
        broker = self.data / "broker" / "broker.log"
        if broker.exists():
            text += "\n--- broker.log ---\n" + broker.read_text(errors="replace")
        return text

    # ---- the tools ------------------------------------------------------------------------

    def aws(self, *arguments):
        """Debian's aws CLI against this cloud; its JSON answer, or None when it printed nothing."""
        argv = [AWS, "--endpoint-url", self.url, *arguments]
        environment = {**os.environ, **self.credentials, "AWS_PAGER": "",
                       "AWS_DEFAULT_OUTPUT": "json", "AWS_MAX_ATTEMPTS": "1"}
        environment.pop("AWS_PROFILE", None)
        done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment,
                              timeout=60)
        operation = compat.operation_of(arguments[1])
        if done.returncode != 0:
            error = AwsError(argv[3:], done.stderr.strip())
            compat.record("aws CLI", operation, error.code)
            raise error
        compat.record("aws CLI", operation)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def client(self, service="iot", **options):
        """A boto3 client of this cloud, without retries."""
        config = botocore.config.Config(
            retries={"max_attempts": 0}, connect_timeout=5, read_timeout=30,
            **options.pop("config", {}))
        return compat.watch(boto3.client(
            service, endpoint_url=self.url, region_name=REGION,
            aws_access_key_id=self.credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.credentials["AWS_SECRET_ACCESS_KEY"], config=config,
            **options))

    def provision(self, thing, out=None):
        """Registers a thing as a person does; returns the folder with its device.toml."""
        out = Path(out or self.folder / "things" / thing)
        run_tool([program(), "provision", thing, "--endpoint-url", self.url, "--out", str(out)],
                 self.folder)
        return out
