"""The board as a service: what its manager hears, and how it ends while a step runs."""

import os
import queue
import signal
import socket
import threading
import time
import unittest
from unittest import mock

from system.harness.case import REBOOT_DOCUMENT, THING
from system.test_device_ctl import CtlTest, command_job

#: Words separated by commas; it takes no notice of SIGTERM.
DEAF = "trap '' TERM; while :; do sleep 1; done"


class Manager:
    """What systemd is for the board: a datagram socket that keeps what arrives."""

    def __init__(self, name):
        self.name = name
        self._heard = queue.Queue()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(name.replace("@", "\0", 1))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                self._heard.put(self._socket.recv(4096).decode())
            except OSError:
                return

    def take(self, timeout_s=20):
        """The next message; fails when none comes."""
        return self._heard.get(timeout=timeout_s)

    def take_until(self, message, timeout_s=20):
        """All messages up to this one."""
        messages = []
        deadline = time.monotonic() + timeout_s
        while not messages or messages[-1] != message:
            try:
                messages.append(self.take(max(0.01, deadline - time.monotonic())))
            except queue.Empty:
                raise AssertionError(f"no {message} but {messages}") from None
        return messages

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class ServiceTest(CtlTest):
    def manager(self, name=None, **variables):
        """Listens, and lets every board that is started from here on know."""
        manager = Manager(name or f"@fieldwork-{os.getpid()}-{self.id()}"[:90])
        self.addCleanup(manager.close)
        environment = mock.patch.dict(os.environ, {"NOTIFY_SOCKET": manager.name, **variables})
        environment.start()
        self.addCleanup(environment.stop)
        return manager


class Notifications(ServiceTest):
    def test_ready_means_that_the_control_socket_answers(self):
        manager = self.manager()
        self.make().start("--run")
        manager.take_until("READY=1")
        self.assertEqual("no job\n", self.ctl("jobs"))

    def test_a_socket_in_a_folder_hears_the_same(self):
        manager = self.manager(str(self.folder / "notify"))
        self.make().start()
        manager.take_until("READY=1")

    def test_status_follows_the_agent(self):
        manager = self.manager()
        self.serve()
        manager.take_until("READY=1")
        manager.take_until("STATUS=idle")

    def test_sigterm_is_told_before_the_end(self):
        manager = self.manager()
        self.serve()
        manager.take_until("STATUS=idle")
        self.assertEqual(0, self.board.stop())
        self.assertEqual(1, manager.take_until("STOPPING=1").count("STOPPING=1"))

    def test_the_watchdog_is_kept_quiet_while_the_board_idles(self):
        manager = self.manager(WATCHDOG_USEC="200000")
        self.make().start()
        manager.take_until("READY=1")
        for _ in range(3):
            manager.take_until("WATCHDOG=1", timeout_s=5)

    def test_the_watchdog_of_another_process_is_left_to_it(self):
        manager = self.manager(WATCHDOG_USEC="20000", WATCHDOG_PID="1")
        self.make().start()
        manager.take_until("READY=1")
        self.assertEqual(0, self.board.stop())
        self.assertNotIn("WATCHDOG=1", manager.take_until("STOPPING=1"))

    def test_a_reboot_of_the_program_is_ready_again_and_never_stops(self):
        manager = self.manager(WATCHDOG_USEC="200000")
        self.serve()
        manager.take_until("READY=1")
        self.jobs.queue(THING, "reboot", REBOOT_DOCUMENT)
        self.assertNotIn("STOPPING=1", manager.take_until("READY=1"))
        manager.take_until("WATCHDOG=1")
        self.jobs.wait_status(THING, "reboot", "SUCCEEDED")

    def test_steps_do_not_inherit_the_managers_variables(self):
        self.manager(WATCHDOG_USEC="5000000")
        self.serve()
        document = command_job(("Show", "env"))
        document["includeStdOut"] = True
        self.jobs.queue(THING, "work", document)
        self.jobs.wait_status(THING, "work", "SUCCEEDED")
        details = self.jobs.things.execution(THING, "work").history[-1][1]
        self.assertIn("PATH=", details["stdout"])
        self.assertNotIn("NOTIFY_SOCKET", details["stdout"])
        self.assertNotIn("WATCHDOG", details["stdout"])


class Stop(ServiceTest):
    """SIGTERM while a step runs."""

    def begin(self, *words, **overrides):
        self.serve(**overrides)
        marker = self.board.folder / "pid"
        script = f"echo $$ > {marker}; {words[0]}"
        self.jobs.queue(THING, "work", command_job(("Work", "sh", "-c", script)))
        self.board.expect("step 1/1 Work")
        deadline = time.monotonic() + 20
        while not (marker.exists() and marker.read_text().endswith("\n")):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        return int(marker.read_text())

    def assert_gone(self, pid):
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)

    def assert_reported_at_the_next_start(self):
        self.board.run()
        self.jobs.wait_status(THING, "work", "FAILED")
        details = self.jobs.things.execution(THING, "work").history[-1][1]
        self.assertEqual("agent-stopped", details["reason"])

    def test_the_step_is_ended_and_the_job_is_reported_later(self):
        pid = self.begin("exec sleep 600")
        self.assertEqual(0, self.board.stop())
        self.assert_gone(pid)
        self.board.close()
        self.assert_reported_at_the_next_start()

    def test_a_step_that_is_deaf_is_killed_after_its_grace(self):
        pid = self.begin(DEAF, jobs={"stop_grace_s": 1})
        began = time.monotonic()
        self.assertEqual(0, self.board.stop())
        self.assertGreaterEqual(time.monotonic() - began, 0.9)
        self.assert_gone(pid)
        self.board.close()
        self.assert_reported_at_the_next_start()

    def test_a_second_sigterm_does_not_wait(self):
        pid = self.begin(DEAF, jobs={"stop_grace_s": 600})
        self.board.process.signal(signal.SIGTERM)
        self.board.expect("asked to stop")
        self.assertEqual(0, self.board.stop(), "the second one")
        self.assert_gone(pid)


class MachineReboot(ServiceTest):
    """What can be seen of it without a machine to reboot."""

    def test_two_starts_are_one_boot(self):
        self.serve(board={"reboot": "systemctl"})
        self.board.log.find(r"main: boot reason 0\n")
        self.assertEqual(0, self.board.stop())
        self.board.close()
        self.board.run().expect(r"main: boot reason 0\n")
        self.jobs.wait_request("start-next", count=2)


if __name__ == "__main__":
    unittest.main()
