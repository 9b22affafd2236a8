"""Holds tools/run_tests to its promise: what did not run, or could not, never counts as passed."""

import unittest

from load_tool import load_tool

run_tests = load_tool("run_tests")

JUNIT = """<?xml version="1.0"?>
<testsuite name="Linux" tests="5" failures="1" disabled="1" skipped="2">
  <testcase name="a" status="run"><system-out>fine</system-out></testcase>
  <testcase name="b" status="fail">
    <failure message="Failed"/><system-out>expected 1, got 2</system-out>
  </testcase>
  <testcase name="c" status="notrun">
    <skipped message="SKIP_RETURN_CODE=4"/><system-out/>
  </testcase>
  <testcase name="d" status="notrun">
    <skipped message="Unable to find executable"/><system-out/>
  </testcase>
  <testcase name="e" status="disabled"><skipped message="Disabled"/></testcase>
</testsuite>
"""


class ReadJunit(unittest.TestCase):
    def setUp(self):
        self.tally = run_tests.read_junit(JUNIT, "gcc-debug")

    def test_counts_what_ran(self):
        self.assertEqual(self.tally.summary(), "1 passed, 2 failed")

    def test_keeps_the_output_of_a_failure(self):
        failure = self.tally.failures[0]
        self.assertEqual(failure.name, "gcc-debug: b")
        self.assertIn("expected 1, got 2", failure.output)

    def test_a_missing_program_is_a_failure(self):
        self.assertEqual(self.tally.failures[1].name, "gcc-debug: d")

    def test_a_skipped_and_a_disabled_test_are_neither(self):
        self.assertEqual(self.tally.skipped, ["gcc-debug: c", "gcc-debug: e"])


class Outcome(unittest.TestCase):
    def test_nothing_run_is_not_a_success(self):
        self.assertFalse(run_tests.Tally().ok())

    def test_one_failure_is_enough(self):
        tally = run_tests.Tally(passed=9)
        self.assertTrue(tally.ok())
        tally.add(run_tests.Tally(failures=[run_tests.Failure("build clang", "error")]))
        self.assertFalse(tally.ok())
        self.assertEqual(tally.summary(), "9 passed, 1 failed")


if __name__ == "__main__":
    unittest.main()
