"""Starts programs, waits for what they say, and ends them by process id."""

import os
import signal
import subprocess

from .transcript import Timeout, Transcript


class Process:
    """One child process whose output (stdout and stderr together) is kept."""

    def __init__(self, name, argv, **popen_options):
        self.name = name
        self.log = Transcript(name)
        self._child = subprocess.Popen(
            argv,
            stdout=popen_options.pop("stdout", subprocess.PIPE),
            stderr=popen_options.pop("stderr", subprocess.STDOUT),
            stdin=popen_options.pop("stdin", subprocess.DEVNULL),
            **popen_options,
        )
        self._reader = None
        if self._child.stdout is not None:
            self.follow(self._child.stdout.fileno())

    @property
    def pid(self):
        return self._child.pid

    @property
    def stdin(self):
        return self._child.stdin

    def running(self):
        return self._child.poll() is None

    def follow(self, fd):
        """Keeps what arrives on `fd`; a pty reports the end of its child as an error."""

        def read():
            try:
                return os.read(fd, 65536)
            except OSError:
                return b""

        self._reader = self.log.pump(read)

    def signal(self, number):
        if self.running():
            os.kill(self.pid, number)

    def wait(self, timeout_s=10):
        """The exit status; what was still in the pipe is in the log by then."""
        try:
            status = self._child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise Timeout(f"{self.name} still runs after {timeout_s} s") from None
        if self._reader is not None:
            self._reader.join(timeout_s)
        return status

    def stop(self, timeout_s=10):
        """SIGTERM, and SIGKILL for a process that does not listen. Returns the status."""
        self.signal(signal.SIGTERM)
        try:
            return self.wait(timeout_s)
        except Timeout:
            self.kill()
            raise

    def kill(self):
        """SIGKILL: what a power cut is to a process."""
        self.signal(signal.SIGKILL)
        return self.wait()

    def close(self):
        """Ends the process in any case and frees its pipes."""
        if self.running():
            self.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    pass  # What was still to be typed has no reader any more.


def run_tool(argv, cwd):
    """Runs a short tool and returns its output; a failure shows what the tool said."""
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{argv[0]} failed ({done.returncode}): {done.stderr.strip()}")
    return done.stdout
