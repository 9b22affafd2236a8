"""What ends a step before its time: the cloud, a limit, a person on the machine. It has to be gone
soon, with all that it started, and the next job has to run as if nothing had been."""

import os
import time
import unittest
from pathlib import Path

from system.harness.agent_case import (
    CONNECTED, PATIENCE_S, AgentTest, handler_step, plan)
from system.harness.board import program

#: From the call at the cloud until no process of the step is left. stop_grace_s is 1.
OBEDIENT_S = 2.0
DEAF_S = 3.0
LONG = os.environ.get("FIELDWORK_LONG") == "1"


def alive(pid):
    """Whether there is such a process that has not ended; a zombie has."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children(pid):
    """The processes that `pid` has started and not waited for, zombies among them."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as listed:
            found += listed.read().split()
    return found


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


class StoppedTest(AgentTest):
    """Handlers that run for ten minutes, and write down the processes that they are."""

    def setUp(self):
        super().setUp()
        self.pids = self.safe / "pids"
        self.write_handler("sleep", f"""
            sleep 600 &
            echo "$$ $!" >{self.pids}.part; mv {self.pids}.part {self.pids}
            wait""")
        self.write_handler("deaf", f"""
            trap '' TERM
            sleep 600 &
            echo "$$ $!" >{self.pids}.part; mv {self.pids}.part {self.pids}
            while :; do sleep 0.2; done""")

    def begin(self, board, *steps, **parameters):
        """A job whose step runs: (job, its processes)."""
        self.pids.unlink(missing_ok=True)
        job = self.give(board, plan(*steps), **parameters)
        self.wait_for(self.pids.exists, 10, "step that runs")
        return job, self.pids.read_text().split()

    def wait_for(self, probe, timeout_s, what):
        """Looks at what nobody tells of: processes and files of others."""
        deadline = time.monotonic() + timeout_s
        while not probe():
            self.assertLess(time.monotonic(), deadline, f"no {what} in {timeout_s} s")
            time.sleep(0.005)

    def assert_gone(self, pids, began, limit_s):
        self.wait_for(lambda: not any(map(alive, pids)), limit_s + 5, f"end of {pids}")
        took = time.monotonic() - began
        self.assertLess(took, limit_s)
        return took

    def assert_next_runs(self, board):
        self.done(board, plan(handler_step("note")))
        self.wait_for(lambda: not children(board.process.pid), 2, "board without children")


class ByTheCloud(StoppedTest):
    def test_an_execution_that_is_taken_away_stops_its_step(self):
        board = self.run_agent()

        def cancel_execution(job):
            self.iot.cancel_job_execution(jobId=job, thingName=board.thing, force=True)

        def cancel_job(job):
            self.iot.cancel_job(jobId=job, force=True)

        def delete_execution(job):
            self.iot.delete_job_execution(jobId=job, thingName=board.thing, executionNumber=1,
                                          force=True)

        def delete_job(job):
            self.iot.delete_job(jobId=job, force=True)

        def update(job):
            self.jobs_data.update_job_execution(jobId=job, thingName=board.thing, status="FAILED")

        for call in (cancel_execution, cancel_job, delete_execution, delete_job, update):
            for handler, limit_s in (("sleep", OBEDIENT_S), ("deaf", DEAF_S)):
                if handler == "deaf" and call not in (cancel_execution, delete_job):
                    continue
                with self.subTest(call.__name__, handler=handler):
                    job, pids = self.begin(board, handler_step(handler), handler_step("note"))
                    began = time.monotonic()
                    call(job)
                    took = self.assert_gone(pids, began, limit_s)
                    print(f"{call.__name__} of {handler}: gone after {took:.3f} s")
                    board.expect(f"job {job} is over at the cloud")
                    self.assert_next_runs(board)
        self.assertTrue(all(" 1/1 " in line for line in self.effects()))  # No second step.
        if self.wait_end(job) == "failed":  # That was told by the test, not by the board.
            self.assertEqual({}, self.details(board, job))

    def test_a_cancel_while_the_connection_is_down_is_heard_when_it_is_back(self):
        board = self.run_agent(mqtt={"reconnect_cap_s": 1})
        job, pids = self.begin(board, handler_step("sleep"))
        board.log.mark()
        self.cloud.kill_broker()
        self.iot.cancel_job_execution(jobId=job, thingName=board.thing, force=True)
        board.expect(CONNECTED, timeout_s=PATIENCE_S)
        self.assert_gone(pids, time.monotonic(), 5)
        board.expect(f"job {job} is over at the cloud")
        after = self.give(board, plan(handler_step("note")))
        board.expect(f"job {after}: SUCCEEDED accepted")
        self.assertEqual("CANCELED", self.execution(board, job)["status"])


class ByTheDevice(StoppedTest):
    def test_a_step_limit_ends_the_step_and_a_failure_may_be_ignored(self):
        board = self.run_agent(jobs={"step_limit_s": 1})
        for handler in ("sleep", "deaf"):
            with self.subTest(handler):
                job, pids = self.begin(board, handler_step(handler), handler_step("note"))
                details = self.ended(board, job, "FAILED")
                self.assertEqual(("step-time-limit", f"Do-{handler}", "1/2"), tuple(
                    details[key] for key in ("reason", "step", "stepNumber")))
                self.assertFalse(any(map(alive, pids)))
        with self.subTest("ignored"):
            job, _ = self.begin(board, handler_step("sleep", ignoreStepFailure=True),
                                handler_step("note"))
            self.ended(board, job, "SUCCEEDED")
            self.assertEqual([f"{job} 2/2 "], self.effects())
        self.assert_next_runs(board)

    def test_a_job_limit_ends_the_job_whatever_is_ignored(self):
        board = self.run_agent(jobs={"job_limit_s": 1})
        job, pids = self.begin(board, handler_step("sleep", ignoreStepFailure=True),
                               handler_step("note"))
        details = self.ended(board, job, "FAILED")
        self.assertEqual(("job-time-limit", "Do-sleep", "1/2"), tuple(
            details[key] for key in ("reason", "step", "stepNumber")))
        self.assertFalse(any(map(alive, pids)))
        self.assertEqual([], self.effects())
        self.assert_next_runs(board)

    def test_a_person_on_the_machine_gives_a_job_up(self):
        board = self.run_agent()
        for handler, limit_s in (("sleep", OBEDIENT_S), ("deaf", DEAF_S)):
            with self.subTest(handler):
                job, pids = self.begin(board, handler_step(handler, ignoreStepFailure=True),
                                       handler_step("note"))
                self.assertIn(f"job: {job}\n", self.ctl(board, "jobs"))
                began = time.monotonic()
                self.ctl(board, "cancel", job)
                self.assert_gone(pids, began, limit_s)
                details = self.ended(board, job, "FAILED")
                self.assertEqual("canceled-on-device", details["reason"])
        self.assertEqual([], self.effects())
        self.assert_next_runs(board)

    def test_a_board_that_is_switched_off_takes_its_step_along(self):
        board = self.run_agent()
        job, pids = self.begin(board, handler_step("deaf"), handler_step("note"))
        began = time.monotonic()
        self.assertEqual(0, board.stop())
        self.assert_gone(pids, began, DEAF_S)
        board.close()
        board.run()
        self.assertEqual("agent-stopped", self.ended(board, job, "FAILED")["reason"])
        with self.subTest("kill -9: the first process of the step dies with it"):
            job, pids = self.begin(board, handler_step("deaf"))
            board.kill()
            self.assert_gone(pids[:1], time.monotonic(), 1)
            os.kill(int(pids[1]), 9)
            board.run()
            self.assertEqual("interrupted", self.ended(board, job, "FAILED")["reason"])
        self.assertEqual([], self.effects())


class ManyJobs(AgentTest):
    JOBS = 1000 if LONG else 300
    WARM = 50

    def test_many_jobs_leave_nothing_behind(self):
        self.write_handler("true", "")
        board = self.run_agent(log={"level": "info"})
        pid = board.process.pid
        self.do_many(board, self.WARM)
        before = descriptors(pid), resident_kb(pid)
        began = time.monotonic()
        self.do_many(board, self.JOBS)
        took = time.monotonic() - began
        self.assertEqual([], children(pid))
        after = descriptors(pid), resident_kb(pid)
        print(f"{self.JOBS} jobs in {took:.1f} s; RSS {before[1]} KB, then {after[1]} KB; "
              f"{after[0]} descriptors")
        self.assertEqual(before[0], after[0])
        if b"__asan_init" not in Path(program()).read_bytes():  # That keeps what was freed.
            self.assertLess(after[1] - before[1], 256)
        self.assertIn(f"jobs_succeeded_total {self.WARM + self.JOBS}\n", self.ctl(board, "metrics"))

    def do_many(self, board, count):
        """Creates them with some always waiting, as a board that is behind finds them."""
        board.log.mark()
        document = plan(handler_step("true"))
        jobs = []
        for number in range(count):
            jobs.append(self.give(board, document))
            if number >= 20:
                board.expect(f"job {jobs[number - 20]}: SUCCEEDED accepted")
        for job in jobs[-20:]:
            board.expect(f"job {job}: SUCCEEDED accepted")
        board.expect("no job is waiting")


if __name__ == "__main__":
    unittest.main()
