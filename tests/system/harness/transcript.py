"""Keeps all that a process prints and lets a test wait for text instead of for time."""

import codecs
import re
import threading
import time


class Timeout(AssertionError):
    """What a test waited for did not happen; the message says what happened instead."""


class Waiter:
    """A condition that a thread signals, with waits that end at a deadline.

    Every recorder of the harness is one, so that no test has to poll.
    """

    def __init__(self):
        self.changed = threading.Condition()

    def wait_until(self, probe, timeout_s, what):
        """Returns the first true value of probe(), asked again after each signal.

        `what` is text, or a function that tells what came instead, for the message.
        """
        deadline = time.monotonic() + timeout_s
        with self.changed:
            while True:
                value = probe()
                if value:
                    return value
                rest = deadline - time.monotonic()
                if rest <= 0:
                    missing = what() if callable(what) else what
                    raise Timeout(f"after {timeout_s} s still no {missing}")
                self.changed.wait(rest)


class Transcript(Waiter):
    """The output of one process from its start to its end, as text."""

    def __init__(self, name):
        super().__init__()
        self.name = name
        self._text = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._ended = False
        self._cursor = 0

    @property
    def text(self):
        with self.changed:
            return self._text

    def feed(self, data):
        with self.changed:
            fresh = self._decoder.decode(data)
            # A line may end in CR LF, on a terminal in CR CR LF, and be cut in between.
            kept = len(self._text.rstrip("\r"))
            self._text, ending = self._text[:kept], self._text[kept:]
            self._text += re.sub(r"\r+\n", "\n", ending + fresh)
            self.changed.notify_all()

    def end(self):
        with self.changed:
            self._ended = True
            self.changed.notify_all()

    def mark(self):
        """Forgets, for expect(), what was printed so far; returns the position."""
        with self.changed:
            self._cursor = len(self._text)
            return self._cursor

    def expect(self, pattern, timeout_s=20):
        """Waits for `pattern` after what expect() found last, and moves past it."""
        match = self.find(pattern, timeout_s, self._cursor)
        self._cursor = match.end()
        return match

    def find(self, pattern, timeout_s=20, start=0):
        """Waits for `pattern` anywhere after `start`; leaves expect()'s place alone."""
        regex = re.compile(pattern, re.MULTILINE)

        def probe():
            match = regex.search(self._text, start)
            if match is None and self._ended:
                raise Timeout(f"{self.name} ended without printing {pattern!r}")
            return match

        return self.wait_until(probe, timeout_s, f"{pattern!r} from {self.name}")

    def count(self, pattern, start=0):
        return len(re.findall(pattern, self.text[start:], re.MULTILINE))

    def pump(self, read):
        """Starts the thread that feeds from read() until it returns no bytes."""

        def run():
            while data := read():
                self.feed(data)
            self.end()

        thread = threading.Thread(target=run, name=f"read {self.name}", daemon=True)
        thread.start()
        return thread
