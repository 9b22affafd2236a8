"""`fieldwork-device ctl`, and the console's words about jobs: what a person on the machine sees."""

import os
import re
import socket
import stat
import subprocess
import unittest

from system.harness.board import VERSION, bring_up, program
from system.harness.case import OTA_DOCUMENT, THING, SystemTest


def command_job(*steps):
    """A document with one command line a step: (name, words...)."""
    actions = [{"action": {"name": name, "type": "runCommand",
                           "input": {"command": ",".join(words)}}} for name, *words in steps]
    return {"version": "1.0", "steps": actions}


WAITING = command_job(("Be-Quick", "true"), ("Wait-Long", "sleep", "600"))


class CtlTest(SystemTest):
    """A board with a control socket that may run commands."""

    def make(self, port=8883, name="board", **overrides):
        tables = {"control": {"socket": "control"}, "jobs": {"run_command": True}}
        for table, values in overrides.items():
            tables.setdefault(table, {}).update(values)
        self.board = self.make_board(port, name=name, **tables)
        self.socket = self.board.folder / "control"
        return self.board

    def serve(self, **overrides):
        """A board that is connected and waits for jobs; returns the Jobs service."""
        self.broker, self.jobs = self.make_broker()
        self.make(self.broker.port, **overrides).run()
        self.jobs.wait_request("start-next")
        self.board.expect("no job is waiting")
        return self.jobs

    def ctl(self, *words, status=0):
        """Runs it to its end; returns what it printed, on either side."""
        done = subprocess.run(
            [program(), "ctl", "--config", str(self.board.path), *words],
            capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(status, done.returncode, done.stdout + done.stderr)
        self.assertEqual("", done.stderr if status == 0 else done.stdout)
        return done.stdout + done.stderr

    def begin_waiting(self, job="work"):
        self.jobs.queue(THING, job, WAITING)
        self.board.expect("step 2/2 Wait-Long")


class Answers(CtlTest):
    def test_a_board_at_its_console_answers(self):
        self.make().start().expect("W800: ")
        self.assertEqual("no job\n", self.ctl("jobs"))
        self.assertRegex(self.ctl("version"), VERSION)
        self.assertEqual("no job has ended yet\n", self.ctl("history"))

    def test_the_step_that_runs_is_shown(self):
        self.serve()
        self.begin_waiting()
        self.assertEqual("job: work\nexecution: 1\nstate: step 2/2 runs\nstep: Wait-Long\n",
                         self.ctl("jobs"))
        self.assertRegex(self.ctl("show", "work"), r"(?s)job: work\n.*status: IN_PROGRESS\n")

    def test_cancel_stops_the_step_and_reports_why(self):
        jobs = self.serve()
        self.begin_waiting()
        self.assertRegex(self.ctl("cancel", "work"), r"given up.*canceled-on-device")
        jobs.wait_status(THING, "work", "FAILED")
        details = jobs.things.execution(THING, "work").history[-1][1]
        self.assertEqual("canceled-on-device", details["reason"])
        self.board.expect("job work: FAILED accepted")
        self.assertEqual("no job\n", self.ctl("jobs"))
        shown = self.ctl("show", "work")
        self.assertIn("status: FAILED\nreport: accepted by the cloud\n"
                      "reason: canceled-on-device\n", shown)
        self.assertRegex(shown, r"queued at: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n")

    def test_history_has_the_newest_first(self):
        jobs = self.serve()
        for name in ("older", "newer"):
            jobs.queue(THING, name, OTA_DOCUMENT)
            self.board.expect(f"job {name}: REJECTED accepted")
        lines = self.ctl("history").splitlines()
        self.assertEqual(["newer", "older"], [line.split()[0] for line in lines])
        self.assertEqual(["1", "REJECTED", "accepted"], lines[0].split()[1:4])

    def test_metrics_count_what_happened(self):
        jobs = self.serve()
        jobs.queue(THING, "ota", OTA_DOCUMENT)
        self.board.expect("job ota: REJECTED accepted")
        numbers = dict(line.split() for line in self.ctl("metrics").splitlines()
                       if not line.startswith("#"))
        self.assertEqual("1", numbers["fieldwork_device_connections_total"])
        self.assertEqual("1", numbers["fieldwork_device_jobs_rejected_total"])
        self.assertEqual("1", numbers["fieldwork_device_connected"])
        self.assertEqual("0", numbers["fieldwork_device_job_running"])

    def test_status_tells_connection_errors_and_counters(self):
        self.serve()
        shown = self.ctl("status")
        self.assertRegex(shown, r"state: idle\n")
        self.assertIn("connection: up\n", shown)
        self.assertRegex(shown, r"last error: .+\n")
        self.assertIn("connections: 1\n", shown)

    def test_status_of_a_board_without_a_broker_tells_the_next_attempt(self):
        self.serve()
        self.broker.kill(keep_sessions=False)
        self.board.expect(r"next attempt in")
        shown = self.ctl("status")
        self.assertRegex(shown, r"connection: (down|opening)\n")
        self.assertNotIn("last error: none", shown)


class Refusals(CtlTest):
    def test_a_board_that_does_not_run_is_told(self):
        self.make().write_config()
        self.assertRegex(self.ctl("jobs", status=2), r"control: the board is not running\n")

    def test_a_configuration_without_a_socket_is_told(self):
        self.make(control={"socket": ""}).write_config()
        self.assertRegex(self.ctl("jobs", status=2), r"control\.socket is missing")

    def test_a_configuration_that_is_wrong_is_told(self):
        self.make(mqtt={"keepalive": 1}).write_config()
        self.assertRegex(self.ctl("jobs", status=2), r"mqtt\.keepalive is unknown")

    def test_a_job_that_is_not_at_hand_cannot_be_cancelled(self):
        self.make().start().expect("W800: ")
        self.assertRegex(self.ctl("cancel", "other", status=1), r"not at hand")

    def test_an_unknown_job_cannot_be_shown(self):
        self.make().start().expect("W800: ")
        self.assertRegex(self.ctl("show", "other", status=1), r"no such job")

    def test_words_for_the_console_alone_are_refused(self):
        self.make().start().expect("W800: ")
        for words in (("reboot",), ("wifi", "init"), ("log", "set", "none"), ("aws_job",)):
            self.assertRegex(self.ctl(*words, status=1), r"unknown: use jobs")
        self.board.command("version", VERSION)
        self.assertNotIn("GetMAC", self.board.log.text)

    def test_wrong_words_show_the_usage(self):
        self.make().start().expect("W800: ")
        self.assertRegex(self.ctl("show", status=1), r"usage:\n +jobs\n")


class Socket(CtlTest):
    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        self.addCleanup(client.close)
        client.connect(str(self.socket))
        return client

    def test_it_is_for_its_owner_and_goes_with_the_board(self):
        self.make().start().expect("W800: ")
        mode = os.lstat(self.socket).st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(0o600, stat.S_IMODE(mode))
        self.assertEqual(0, self.board.stop())
        self.assertFalse(self.socket.exists())

    def test_one_that_a_power_cut_left_behind_is_replaced(self):
        self.make().start().expect("W800: ")
        self.board.kill()
        self.assertTrue(self.socket.exists())
        self.board.start().expect("W800: ")
        self.assertEqual("no job\n", self.ctl("jobs"))

    def test_a_second_board_does_not_take_it_away(self):
        first = self.make()
        first.start().expect("W800: ")
        second = self.make(name="second", control={"socket": str(first.folder / "control")})
        second.start()
        self.assertEqual(1, second.process.wait())
        self.assertRegex(second.log.text, r"control\.socket\): another program answers on it")
        self.board = first
        self.assertEqual("no job\n", self.ctl("jobs"))

    def test_a_reboot_of_the_program_opens_it_anew(self):
        self.make().start().expect("W800: ")
        self.board.command("reboot", r"main: boot reason 4\n")
        self.board.expect("W800: ")
        self.assertEqual("no job\n", self.ctl("jobs"))

    def test_silent_clients_hold_neither_the_board_nor_the_others(self):
        jobs = self.serve()
        for _ in range(6):
            self.connect().send(b"jobs")
        jobs.queue(THING, "ota", OTA_DOCUMENT)
        jobs.wait_status(THING, "ota", "REJECTED")
        self.board.expect("job ota: REJECTED accepted")
        self.assertEqual("no job\n", self.ctl("jobs"))

    def test_a_line_that_is_too_long_is_refused(self):
        self.make().start().expect("W800: ")
        client = self.connect()
        client.sendall(b"x" * 300 + b"\n")
        self.assertRegex(client.makefile().read(), r"^1\na request is one line")


class Console(CtlTest):
    """The same words, typed."""

    def test_jobs_shows_lists_and_cancels(self):
        self.broker, self.jobs = self.make_broker()
        self.make(self.broker.port).start()
        bring_up(self.board)
        self.jobs.wait_request("start-next")
        self.board.command("jobs", r"^no job\n")
        self.begin_waiting()
        self.board.command("jobs", r"state: step 2/2 runs\n")
        self.board.command("jobs cancel other", r"not at hand")
        self.board.command("jobs cancel work", r"given up")
        self.board.expect("job work: FAILED accepted")
        self.board.command("jobs history", r"work +1 +FAILED +accepted +canceled-on-device")
        self.board.command("jobs show work", r"report: accepted by the cloud")
        self.board.command("jobs metrics", r"fieldwork_device_jobs_failed_total 1\n")

    def test_the_log_tells_each_step_and_not_what_it_was_given(self):
        self.serve(log={"level": "info"})
        self.jobs.queue(THING, "work", command_job(
            ("Say", "echo", "so secret"), ("Fail", "false")))
        self.jobs.wait_status(THING, "work", "FAILED")
        text = self.board.log.text
        self.assertTrue(re.search(r"\[I\] \(\d+\) aws: step 1/2 Say\n", text), text)
        self.assertTrue(re.search(r"aws: step 1 succeeded\n", text), text)
        self.assertTrue(re.search(r"aws: step 2 ended with exit code 1", text), text)
        self.assertNotIn("so secret", text)


if __name__ == "__main__":
    unittest.main()
