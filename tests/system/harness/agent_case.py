"""The base of the tests of the agent at work: real boards on the real cloud, with handlers that the
test writes, and an operator who uses boto3.

The end of a job is heard as an event of AWS's ($aws/events/jobExecution/...).
"""

import json
import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from .board import Board, program
from .cloud_device import CONNECT, JOBS, Device, DeviceTest, allow

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CONNECTED = "MQTT connection successfully established with broker"
EVENTS = "$aws/events/jobExecution/"
#: How an execution ends, as the last part of its event's topic.
ENDINGS = ("succeeded", "failed", "rejected", "canceled", "deleted", "timedout", "removed")
PATIENCE_S = 30


def is_safe(folder):
    """Whether the agent would run what lies there: docs/handlers.md."""
    for level in (folder, *folder.parents):
        found = os.lstat(level)
        ours = found.st_uid in (0, os.geteuid()) and stat.S_ISDIR(found.st_mode)
        if not ours or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return False
    return True


def make_safe_folder():
    """A new folder that nobody else could have put something into. /tmp has none."""
    candidates = [Path.home(), Path(f"/run/user/{os.geteuid()}"), Path(__file__).resolve().parent]
    for parent in candidates:
        if parent.is_dir() and is_safe(parent) and os.access(parent, os.W_OK):
            return Path(tempfile.mkdtemp(prefix=".fieldwork-handlers-", dir=parent))
    raise AssertionError("no folder for handlers: one of these, with all folders above it, has to "
                         f"be writable by nobody else: {', '.join(map(str, candidates))}")


# ---- documents ------------------------------------------------------------------------------

def handler_step(handler, *args, name=None, path=None, **options):
    """A step that runs a handler of the test; options are those of docs/job-documents.md."""
    task = {"handler": handler, "args": list(args)}
    if path is not None:
        task["path"] = path
    return {"action": {"name": name or f"Do-{handler}", "type": "runHandler", "input": task,
                       **options}}


def command_step(command, name="Command", **options):
    return {"action": {"name": name, "type": "runCommand", "input": {"command": command},
                       **options}}


REBOOT_STEP = {"action": {"name": "Reboot", "type": "runHandler",
                          "input": {"handler": "reboot.sh", "path": ""}}}


def plan(*steps, final=None, **more):
    """A document of schema 1.0."""
    document = {"version": "1.0", **more, "steps": list(steps)}
    if final is not None:
        document["finalStep"] = final
    return document


class AgentTest(DeviceTest):
    """A cloud per class, and boards in --run mode on the host's network and clock.

    `self.handlers` is the class's handler directory, `self.effects` a file that handlers add lines
    to; each test finds it empty.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.safe = make_safe_folder()
        cls.addClassCleanup(shutil.rmtree, cls.safe, ignore_errors=True)
        cls.handlers = cls.safe / "handlers"
        cls.handlers.mkdir(mode=0o755)
        cls.effects_file = cls.safe / "effects"
        cls.iot.update_event_configurations(
            eventConfigurations={"JOB_EXECUTION": {"Enabled": True}})
        cls.write_handler("note", f"""
            shift
            echo "$FIELDWORK_JOB_ID $FIELDWORK_STEP/$FIELDWORK_STEPS $*" >>{cls.effects_file}""")

    def setUp(self):
        self.effects_file.write_text("")
        self._boards = []
        known = type(self).__dict__.get("listener")
        if known is None or known.seen("closed"):
            type(self).listener = self._make_listener()

    def _make_listener(self):
        thing = self.make_thing()
        rights = self.make_policy(CONNECT, *JOBS, allow("iot:Receive", "topic/$aws/events/*"),
                                  allow("iot:Subscribe", "topicfilter/$aws/events/*"))
        registered = self.register(thing, policies=[rights])
        self.take_effect()
        listener = Device(self.cloud, thing, registered.pair)
        type(self).addClassCleanup(listener.close)
        listener.wait_connected()
        self.assertEqual([1], listener.subscribe(EVENTS + "+/+"))
        return listener

    @classmethod
    def write_handler(cls, name, body, interpreter="/bin/sh", folder=None):
        """A script with safe modes."""
        path = (folder or cls.handlers) / name
        path.write_text(f"#!{interpreter}\n{body}\n")
        path.chmod(0o755)
        return path

    def effects(self):
        """What handlers have written so far, a line each."""
        return self.effects_file.read_text().splitlines()

    # ---- boards -----------------------------------------------------------------------------

    def make_agent(self, **overrides):
        """A board that is provisioned and not started."""
        thing = self.unique("agent")
        tables = {"jobs": {"handlers": self.handlers, "path": PATH, "stop_grace_s": 1},
                  "control": {"socket": "control"}, "wifi": {"driver": "host"},
                  "board": {"flash": "flash.bin", "reboot": "program"}}
        for table, values in overrides.items():
            tables.setdefault(table, {}).update(values)
        board = Board.provisioned(self.cloud.provision(thing), tables)
        self.addCleanup(board.close)
        self._boards.append(board)
        return board

    def run_agent(self, **overrides):
        """A board that waits for jobs."""
        board = self.make_agent(**overrides).run()
        board.expect("no job is waiting")
        return board

    def logs(self):
        return [*super().logs(),
                *((board.thing, board.all_text()[-20000:]) for board in self._boards)]

    def ctl(self, board, *words):
        """What `fieldwork-device ctl` prints; it has to succeed."""
        done = subprocess.run([program(), "ctl", "--config", str(board.path), *words],
                              capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout

    # ---- jobs -------------------------------------------------------------------------------

    def give(self, board, document, **parameters):
        """Creates a job; returns its id."""
        text = document if isinstance(document, str) else json.dumps(document)
        return self.make_job(board.thing, document=text, **parameters)

    def execution(self, board, job):
        return self.iot.describe_job_execution(jobId=job, thingName=board.thing)["execution"]

    def details(self, board, job):
        return self.execution(board, job).get("statusDetails", {}).get("detailsMap", {})

    def wait_end(self, job, timeout_s=PATIENCE_S):
        """The word of the event that ended the execution: "succeeded", ..."""
        topics = [f"{EVENTS}{job}/{ending}" for ending in ENDINGS]
        return self.listener.take(*topics, timeout_s=timeout_s).topic.rpartition("/")[2]

    def ended(self, board, job, status, timeout_s=PATIENCE_S):
        """Waits for the end, which has to be this one; returns the statusDetails."""
        self.wait_end(job, timeout_s)
        execution = self.execution(board, job)
        details = execution.get("statusDetails", {}).get("detailsMap", {})
        self.assertEqual(status, execution["status"], f"{details}\n{board.all_text()[-3000:]}")
        return details

    def done(self, board, document, status="SUCCEEDED", timeout_s=PATIENCE_S):
        """Creates a job and waits for its end: (job, statusDetails)."""
        job = self.give(board, document)
        return job, self.ended(board, job, status, timeout_s)
