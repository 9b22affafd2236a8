"""The quick start as a person lives it: Wi-Fi, clock, first job, the Reboot job, the boot.

The log lines are those of a W800 board that runs the vendor's demo, in its order, except
where that demo is wrong: SUCCEEDED comes only after the boot, and no job is no error.
"""

import re
import time
import unittest
from datetime import datetime, timezone

from system.harness.board import VERSION, bring_up, set_clock
from system.harness.case import OTA_DOCUMENT, REBOOT_DOCUMENT, THING, SystemTest

BANNER = r"\|       Steps to connect to AWS                   \|"


class StoryTest(SystemTest):
    """A board with a console, a real broker, a real NTP server."""

    def setUp(self):
        super().setUp()
        self.broker, self.jobs = self.make_broker()
        ntp = {"servers": [self.make_ntp().address], "clock": "ntp"}
        self.board = self.make_board(self.broker.port, ntp=ntp, jobs={"no_action": "succeed"})

    def assert_order(self, text, *patterns):
        """Each pattern is found after the one before it."""
        for pattern in patterns:
            match = re.search(pattern, text)
            self.assertIsNotNone(match, f"{pattern!r} is not in what follows:\n{text}")
            text = text[match.end():]

    def no_action_job(self):
        self.jobs.wait_status(THING, "AFR_OTA-3", "SUCCEEDED")
        self.jobs.wait_request("update", job="AFR_OTA-3")


class QuickStart(StoryTest):
    def test_four_commands_lead_to_the_first_job_in_the_order_of_the_log(self):
        self.jobs.queue(THING, "AFR_OTA-3", OTA_DOCUMENT)
        self.board.start()
        self.board.expect(BANNER)
        bring_up(self.board)
        self.no_action_job()
        self.board.log.find(r"PUBLISH sent for topic .*AFR_OTA-3/update")
        self.assert_order(
            self.board.log.text,
            r"\[I\] \(\d+\) main: boot reason 0\n",
            BANNER,
            r"main: GetMAC",
            r"connecting, please wait\.\.\.\n",
            r"\[D\] \(\d+\) wifi: sta connected 94:83:C4:3A:BA:9E channel 6 authmode \d\n",
            r"sta connected\n",
            r"\[D\] \(\d+\) wifi: sta got ip \d+\.\d+\.\d+\.\d+\n",
            r"time: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
            r"\[D\] \(\d+\) aws: Establishing a TLS session to localhost:\d+\.\n",
            r"aws_mbedtls: +\n? *\. Seeding the random number generator\.\.\.",
            r"aws_mbedtls:   \. Loading the CA root certificate \.\.\.",
            r"aws_mbedtls:   \. Connecting to tcp/localhost/\d+\.\.\.",
            r"aws_mbedtls:   \. Performing the SSL/TLS handshake\.\.\.",
            r"MQTT: CONNACK session present bit not set\.",
            r"\[D\] \(\d+\) aws: MQTT connection successfully established with broker\.\n",
            r"aws: SUBSCRIBE topic \$aws/things/wm_demo_1/jobs/notify-next to broker\.",
            r"\[I\] \(\d+\) aws: requesting first job\n",
            r"aws: PUBLISH sent for topic \$aws/things/wm_demo_1/jobs/start-next to broker",
            r"\[I\] \(\d+\) aws: no action\n",
            r'aws: Published payload: \{.*"status":"SUCCEEDED"',
            r"aws: PUBLISH sent for topic \$aws/things/wm_demo_1/jobs/AFR_OTA-3/update to broker",
        )

    def test_the_device_subscribes_before_it_asks(self):
        self.board.run()
        self.jobs.wait_request("start-next")
        log = self.broker.process.log
        subscribed = log.find(rf"{THING} 1 \$aws/things/{THING}/jobs/notify-next")
        asked = log.find(rf"'\$aws/things/{THING}/jobs/start-next'")
        self.assertLess(subscribed.start(), asked.start())

    def test_the_mqtt_client_id_is_the_thing_name(self):
        self.board.run()
        self.broker.process.log.find(rf"New client connected from \S+ as {THING} \(p2, c\d, k30")

    def test_an_empty_notify_next_is_no_error(self):
        self.jobs.queue(THING, "AFR_OTA-3", OTA_DOCUMENT)
        self.board.start()
        bring_up(self.board)
        self.no_action_job()
        self.jobs.renotify(THING)
        self.broker.process.log.find(
            rf"Received PUBACK from {THING}(.|\n)*Received PUBACK from {THING}"
        )
        self.assertEqual(0, self.board.log.count(r"^\[E\]"), self.board.log.text)
        self.assertNotIn("invalid job document", self.board.log.text)

    def test_the_clock_is_set_from_the_ntp_server(self):
        self.board.start()
        self.board.command("wifi init", "MAC")
        self.board.command("wifi connect 61test 12345678", "sta got ip")
        shown = set_clock(self.board)
        self.board.log.find(rf"Beijing time: {shown}")
        local = datetime.strptime(shown, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)
        self.assertAlmostEqual(time.time() + 8 * 3600, local.timestamp(), delta=5)


class RebootJob(StoryTest):
    def test_success_is_reported_only_after_the_boot(self):
        self.board.start()
        bring_up(self.board)
        self.board.expect("requesting first job")
        self.jobs.queue(THING, "reboot", REBOOT_DOCUMENT)
        self.board.expect(r"\[I\] \(\d+\) aws: recv Reboot, system is about to restart\n")
        before_boot = self.jobs.things.execution(THING, "reboot").history[:]
        self.board.expect(r"\[I\] \(\d+\) main: boot reason 4\n")
        self.board.expect(BANNER)
        self.board.expect(r"MQTT connection successfully established with broker")
        self.jobs.wait_status(THING, "reboot", "SUCCEEDED")
        self.assertEqual(["IN_PROGRESS"], sorted({status for status, _ in before_boot}))
        self.assertEqual(["SUCCEEDED"], self.final_reports("reboot"))

    def test_the_board_comes_back_without_a_person(self):
        self.jobs.queue(THING, "reboot", REBOOT_DOCUMENT)
        self.board.start()
        bring_up(self.board)
        self.board.expect(r"main: boot reason 4\n")
        self.jobs.wait_status(THING, "reboot", "SUCCEEDED")
        self.board.expect("sta got ip")
        self.assert_one_reboot(self.board)

    def test_the_uptime_in_the_log_starts_again_at_zero(self):
        self.jobs.queue(THING, "reboot", REBOOT_DOCUMENT)
        self.board.start()
        bring_up(self.board)
        last = int(self.board.expect(r"\((\d+)\) aws: recv Reboot").group(1))
        first = int(self.board.expect(r"\((\d+)\) main: boot reason 4\n").group(1))
        self.assertLess(first, last)

    def test_the_next_job_after_the_boot_is_taken(self):
        self.jobs.queue(THING, "reboot", REBOOT_DOCUMENT)
        self.jobs.queue(THING, "AFR_OTA-3", OTA_DOCUMENT)
        self.board.start()
        bring_up(self.board)
        self.jobs.wait_status(THING, "reboot", "SUCCEEDED")
        self.no_action_job()
        self.assertEqual(["reboot", "AFR_OTA-3"], self.jobs_in_order())

    def test_the_name_of_the_action_may_be_in_any_case(self):
        action = {"name": "REBOOT", "type": "runHandler", "input": {"handler": "reboot.sh"}}
        self.jobs.queue(THING, "upper", {"version": "1.0", "steps": [{"action": action}]})
        self.board.run()
        self.board.expect(r"main: boot reason 4\n")
        self.jobs.wait_status(THING, "upper", "SUCCEEDED")

    def final_reports(self, job):
        return [r.status for r in self.jobs.matching("update", job=job)
                if r.status != "IN_PROGRESS"]

    def jobs_in_order(self):
        done = [r.job for r in self.jobs.matching("update") if r.status != "IN_PROGRESS"]
        return list(dict.fromkeys(done))


class Terminal(StoryTest):
    """The same console through a terminal: line editing, history, completion."""

    def setUp(self):
        super().setUp()
        self.board.start(terminal=True)
        self.board.expect(BANNER)
        self.board.expect(r"W800: ")

    def test_the_story_can_be_typed(self):
        self.jobs.queue(THING, "reboot", REBOOT_DOCUMENT)
        bring_up(self.board)
        self.board.expect(r"main: boot reason 4\n")
        self.jobs.wait_status(THING, "reboot", "SUCCEEDED")

    def test_a_wrong_letter_is_deleted(self):
        self.board.keys("versiom\x7fn\r")
        self.board.expect(VERSION)

    def test_the_cursor_moves(self):
        self.board.keys("ersion\x01v\r")  # Control-A: start of the line.
        self.board.expect(VERSION)

    def test_arrow_up_brings_the_last_command_back(self):
        self.board.command("version", VERSION)
        self.board.expect(r"W800: ")
        self.board.keys("\x1b[A\r")
        self.board.expect(VERSION)

    def test_tab_completes_a_command(self):
        self.board.keys("vers\t\r")
        self.board.expect(VERSION)


class Documents(StoryTest):
    def test_secrets_do_not_reach_the_log(self):
        document = {"url": "https://example.com/fw.bin?X-Amz-Signature=deadbeefcafe"}
        self.jobs.queue(THING, "signed", document)
        self.board.start()
        bring_up(self.board)
        self.jobs.wait_status(THING, "signed", "SUCCEEDED")
        self.assertNotIn("deadbeefcafe", self.board.log.text)
        self.assertNotIn("12345678", self.board.log.text)


if __name__ == "__main__":
    unittest.main()
