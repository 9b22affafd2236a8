"""`kill -9` of the agent at random moments, again and again, while jobs come: what a step has done
is never done twice, and what the cloud was told is true."""

import collections
import os
import random
import re
import threading
import time
import unittest

from system.harness.agent_case import REBOOT_STEP, AgentTest, handler_step, plan

LONG = os.environ.get("FIELDWORK_LONG") == "1"
KILLS = 1000 if LONG else 100
BACKLOG = 4  # Jobs that wait for the board, at most.
OPEN = ("QUEUED", "IN_PROGRESS")


class Operator(threading.Thread):
    """Creates jobs for one board as fast as it does them, and retries none."""

    def __init__(self, test, board, seed):
        super().__init__(name="operator", daemon=True)
        self.test, self.board = test, board
        self.steps = {}  # Per job: "work" or "reboot", in order.
        self.problem = None
        self._iot = test.cloud.client()
        self._random = random.Random(seed)
        self._ending = threading.Event()

    def end(self):
        self._ending.set()
        self.join()

    def run(self):
        try:
            while not self._ending.wait(0.02):
                while len(self.waiting()) < BACKLOG and not self._ending.is_set():
                    self._create()
        except Exception as error:  # Whoever waits for the thread reports it.
            self.problem = error

    def waiting(self):
        """The ids of what is not over at the cloud."""
        found = []
        for status in OPEN:
            for page in self._iot.get_paginator("list_job_executions_for_thing").paginate(
                    thingName=self.board.thing, status=status):
                found += [entry["jobId"] for entry in page["executionSummaries"]]
        return found

    def _create(self):
        """One to four steps of up to 60 ms; every fifth job reboots somewhere."""
        steps = ["work"] * self._random.randint(1, 4)
        if self._random.random() < 0.2:
            steps.insert(self._random.randint(0, len(steps)), "reboot")
        document = plan(*(REBOOT_STEP if step == "reboot" else handler_step(
            "work", f"{self._random.uniform(0, 0.06):.3f}") for step in steps))
        self.steps[self.test.give(self.board, document)] = steps


def reboots(log):
    """How often the reboot of a job came, per job: asked for by it, and the very next boot."""
    found, job, asked = collections.Counter(), None, None
    for line in log.splitlines():
        if taken := re.search(r"aws: job (\S+) (taken,|of an earlier boot)", line):
            job = taken.group(1)
        elif "recv Reboot" in line:
            asked = job
        elif boot := re.search(r"main: boot reason (\d)", line):
            found[asked] += boot.group(1) == "4"
            asked = None
    return found


class Kill(AgentTest):
    def test_no_step_is_repeated_and_no_report_is_wrong(self):
        seed = int(os.environ.get("FIELDWORK_SEED", random.randrange(2**32)))
        print(f"FIELDWORK_SEED={seed}")
        self.random = random.Random(seed)
        self.write_handler("work", f"""
            me="$FIELDWORK_JOB_ID $FIELDWORK_EXECUTION_NUMBER $FIELDWORK_STEP"
            echo "begin $me" >>{self.effects_file}
            sleep "$2"
            echo "end $me" >>{self.effects_file}""")
        board = self.make_agent(mqtt={"reconnect_cap_s": 1}, log={"level": "info"})
        operator = Operator(self, board, seed)
        operator.start()
        began = time.monotonic()
        for _ in range(KILLS):
            self.live_a_while(board)
            self.assertIsNone(operator.problem)
        operator.end()
        board.run()
        deadline = time.monotonic() + 60
        while left := operator.waiting():
            self.assertLess(time.monotonic(), deadline, f"not over: {left}")
            time.sleep(0.05)
        took = time.monotonic() - began
        self.assertEqual(0, board.stop())
        self.check(board, operator.steps, took)

    def live_a_while(self, board):
        """Switches the board on and cuts its power: at any moment of its start, or of a job."""
        board.run()
        if self.random.random() < 0.25:
            time.sleep(self.random.uniform(0, 0.08))
        else:
            board.expect(r"step \d+/\d+ |recv Reboot")
            time.sleep(self.random.expovariate(1 / 0.06))
        board.kill()

    def check(self, board, jobs, took):
        lines = collections.Counter(self.effects())
        log = board.all_text()
        came = reboots(log)
        twice = [line for line, count in lines.items() if count > 1]
        self.assertEqual([], twice)
        endings, reasons = collections.Counter(), collections.Counter()
        for job, steps in jobs.items():
            execution = self.execution(board, job)
            status = execution["status"]
            details = execution.get("statusDetails", {}).get("detailsMap", {})
            endings[status] += 1
            self.assertIn(status, ("SUCCEEDED", "FAILED"), f"{job}: {details}")
            done = [f"end {job} 1 {number}" in lines for number, step in enumerate(steps, 1)
                    if step == "work"]
            if status == "SUCCEEDED":
                self.assertTrue(all(done), f"{job} is SUCCEEDED; ends: {done}")
                self.assertEqual(steps.count("reboot"), came[job], job)
            else:
                reasons[details["reason"]] += 1
                self.assertIn(details["reason"], ("interrupted", "unexpected-boot"), job)
                # What comes before the step that was cut off is done, and nothing after it.
                last = int(details.get("stepNumber", "1/1").partition("/")[0])
                begun = [number for number in range(1, len(steps) + 1)
                         if f"begin {job} 1 {number}" in lines]
                self.assertLessEqual(max(begun, default=0), last, f"{job}: {details}")
        self.assertEqual(0, len(re.findall("journal on flash fails", log)))
        print(f"{KILLS} kills in {took:.1f} s, {len(jobs)} jobs: {dict(endings)}, {dict(reasons)}; "
              f"{sum(lines.values())} effects, {came.total()} reboots that came")


if __name__ == "__main__":
    unittest.main()
