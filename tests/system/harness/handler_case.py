"""The base of the tests of share/handlers: each script is run as the agent runs it, by descriptor,
in a clean environment, with fakes of the test before the machine's own programs."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

HANDLERS = Path(__file__).resolve().parents[3] / "share" / "handlers"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# The statuses of share/handlers/README.md.
REFUSED, MISSING, UNKNOWN, FAILED, NOT_RUNNING, NOT_ROOT, DESTINATION, BY_AGENT = range(2, 10)


class HandlerTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="fieldwork-handlers-")).resolve()
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.fakes = self.folder / "fakes"
        self.fakes.mkdir()
        self.environment = {"PATH": f"{self.fakes}:{PATH}", "LANG": "C.UTF-8",
                            "HOME": str(self.folder), "FIELDWORK_JOB_ID": "job-1"}

    def command(self, script):
        """What starts the script by a descriptor that stays open until the test ends."""
        fd = os.open(HANDLERS / script, os.O_RDONLY)
        self.addCleanup(os.close, fd)
        return {"executable": f"/dev/fd/{fd}", "pass_fds": (fd,), "cwd": "/",
                "env": self.environment}

    def run_handler(self, script, *arguments, user=""):
        done = subprocess.run([script, user, *arguments], **self.command(script), text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=200,
                              check=False)
        self.assertNotIn("Amz", done.stdout + done.stderr)  # No query of a URL.
        return done

    def succeed(self, script, *arguments, **options):
        done = self.run_handler(script, *arguments, **options)
        self.assertEqual((0, ""), (done.returncode, done.stderr), done.stdout)
        return done.stdout

    def refuse(self, status, pattern, script, *arguments, **options):
        """Ends with this status; what it says last on standard error is its reason."""
        done = self.run_handler(script, *arguments, **options)
        self.assertEqual(status, done.returncode, done.stderr + done.stdout)
        last = done.stderr.splitlines()[-1]
        self.assertRegex(last, f"^{script}: .*{pattern}")
        return done

    def fake(self, name, body):
        """A program that writes down its arguments and does what the shell lines say."""
        path = self.fakes / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.folder}/calls"\n{body}\n')
        path.chmod(0o755)

    def calls(self, name):
        """How the fake was called, without what stands in every call."""
        log = self.folder / "calls"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line for line in lines if line.startswith(name + " ")]
