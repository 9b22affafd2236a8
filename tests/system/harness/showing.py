"""What a test that fails prints besides its error: the logs of what it worked with."""

import sys
import unittest


class ShowingTest(unittest.TestCase):
    """Prints the logs when the test has failed."""

    def logs(self):
        """(name, text) of each; a subclass names them."""
        return ()

    def run(self, result=None):
        if result is None:
            result = self.defaultTestResult()
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            for name, text in self.logs():
                print(f"\n----- {self.id()}: {name} -----\n{text}", file=sys.stderr)
        return result
