"""A broker that dies and comes back: no job is lost, none is done twice."""

import unittest

from system.harness.case import OTA_DOCUMENT, REBOOT_DOCUMENT, THING, SystemTest

CONNECTED = "MQTT connection successfully established"
FINAL = ("SUCCEEDED", "FAILED", "REJECTED")


class BrokerRestart(SystemTest):
    """--run mode; the broker is killed while a job's report is on its way."""

    def setUp(self):
        super().setUp()
        self.broker, self.jobs = self.make_broker()
        self.board = self.make_board(self.broker.port, jobs={"no_action": "succeed"})

    def die_in_mid_job(self, keep_sessions, **fault):
        """The broker dies between the final report and the answer to it."""
        self.jobs.inject(kind="update", **fault)
        self.board.run()
        self.jobs.wait_request("start-next")
        self.jobs.queue(THING, "job", OTA_DOCUMENT)
        self.jobs.wait_request("update", job="job")
        self.broker.restart(keep_sessions)
        self.board.log.find(CONNECTED + r"(.|\n)*" + CONNECTED, timeout_s=30)
        self.jobs.wait_request("update", job="job", count=2, timeout_s=40)
        self.jobs.wait_status(THING, "job", "SUCCEEDED")

    def accepted(self, job):
        """The final statuses that the cloud took."""
        history = self.jobs.things.execution(THING, job).history
        return [status for status, _ in history if status in FINAL]

    def take_another(self):
        self.jobs.queue(THING, "another", OTA_DOCUMENT)
        self.jobs.wait_status(THING, "another", "SUCCEEDED", timeout_s=40)

    def test_session_kept_and_report_lost_the_job_succeeds_once(self):
        self.die_in_mid_job(keep_sessions=True, silent=True)
        self.take_another()
        self.assertEqual(["SUCCEEDED"], self.accepted("job"))
        self.board.log.find(r"CONNACK session present bit set")

    def test_session_lost_and_answer_lost_the_job_succeeds_once(self):
        self.die_in_mid_job(keep_sessions=False, lose_reply=True)
        self.take_another()
        self.assertEqual(["SUCCEEDED"], self.accepted("job"))
        self.assertEqual(2, self.board.log.count(r"CONNACK session present bit not set"))

    def test_a_job_queued_while_the_broker_is_down_is_taken(self):
        self.board.run()
        self.jobs.wait_request("start-next")
        self.broker.kill(keep_sessions=False)
        self.jobs.queue(THING, "meanwhile", OTA_DOCUMENT, notify=False)
        self.broker.start()
        self.jobs.wait_status(THING, "meanwhile", "SUCCEEDED", timeout_s=40)

    def test_the_reboot_job_survives_a_broker_that_is_down_after_the_boot(self):
        self.board.run()
        self.jobs.wait_request("start-next")
        self.jobs.queue(THING, "reboot", REBOOT_DOCUMENT)
        self.board.expect("recv Reboot, system is about to restart")
        self.broker.kill(keep_sessions=True)
        self.board.expect(r"main: boot reason 4\n")
        self.board.expect(r"aws_mbedtls:   \. Connecting to tcp/localhost")
        self.broker.start()
        self.jobs.wait_status(THING, "reboot", "SUCCEEDED", timeout_s=40)
        self.assert_one_reboot(self.board)
        self.assertEqual(["SUCCEEDED"], self.accepted("reboot"))


class PowerCut(SystemTest):
    """SIGKILL to the board: what it knew is on its flash."""

    def setUp(self):
        super().setUp()
        self.broker, self.jobs = self.make_broker()
        self.board = self.make_board(self.broker.port, jobs={"no_action": "succeed"})

    def test_an_unconfirmed_report_is_sent_after_the_power_is_back(self):
        self.jobs.inject(kind="update", silent=True, count=1)
        self.jobs.queue(THING, "job", OTA_DOCUMENT)
        self.board.run()
        self.jobs.wait_request("update", job="job")
        self.board.kill()
        self.board.run()
        execution = self.jobs.wait_status(THING, "job", "SUCCEEDED", timeout_s=40)
        self.assertEqual(1, [status for status, _ in execution.history].count("SUCCEEDED"))

    def test_a_reboot_that_was_seen_is_reported_after_a_power_cut(self):
        """The second start is no reboot: what the first saw must have been on flash."""
        self.jobs.inject(kind="update", status="SUCCEEDED", silent=True)
        self.jobs.queue(THING, "reboot", REBOOT_DOCUMENT)
        self.board.run()
        self.jobs.wait_request("update", job="reboot", status="SUCCEEDED")
        self.board.kill()
        self.board.run()
        self.board.expect(r"main: boot reason 0\n")
        self.jobs.wait_status(THING, "reboot", "SUCCEEDED", timeout_s=40)
        self.assert_one_reboot(self.board)


class Delays(SystemTest):
    """Waits between attempts: 1 s and more, each another, for ever."""

    def gaps(self, broker, attempts):
        broker.wait_connection(attempts, timeout_s=60)
        starts = [connection.accepted_at for connection in broker.connections[:attempts]]
        ends = [connection.closed_at for connection in broker.connections[:attempts]]
        return [start - end for end, start in zip(ends, starts[1:])]

    def test_a_refusing_broker_is_tried_again_after_a_second_and_a_varying_part(self):
        broker, _ = self.make_fake_broker()
        broker.script.connack_code = 5
        self.make_board(broker.port, mqtt={"reconnect_cap_s": 2}).run()
        gaps = self.gaps(broker, 5)
        self.assertGreaterEqual(min(gaps), 0.95, gaps)
        self.assertLessEqual(max(gaps), 3.6, gaps)
        self.assertGreater(len({round(gap, 2) for gap in gaps}), 2, gaps)

    def test_a_broker_that_closes_after_connack_is_not_hammered(self):
        broker, _ = self.make_fake_broker()
        broker.script.close_after_connack = True
        board = self.make_board(broker.port, mqtt={"reconnect_cap_s": 2}).run()
        self.assertGreaterEqual(min(self.gaps(broker, 3)), 0.95)
        broker.script.close_after_connack = False
        broker.wait_packet("SUBSCRIBE", timeout_s=30)
        self.assertTrue(board.process.running())

    def test_the_refusal_code_is_logged(self):
        broker, _ = self.make_fake_broker()
        broker.script.connack_code = 5
        board = self.make_board(broker.port).run()
        board.expect(r"(?i)not authori[sz]ed|refus.*5|code 5")

    def test_a_malformed_connack_ends_the_connection_not_the_board(self):
        broker, _ = self.make_fake_broker()
        broker.script.raw_connack = b"\x20\x05\x00\x00\x00\x00\x00"
        self.make_board(broker.port).run()
        broker.wait_closed(1)
        broker.script.raw_connack = b""
        broker.wait_packet("SUBSCRIBE", timeout_s=30)


if __name__ == "__main__":
    unittest.main()
