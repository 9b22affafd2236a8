"""Acknowledgements that do not come, come twice, or come for an old session.

A scripted broker withholds single packets. The device must send again on the same
connection, 5 s and 10 s after the first time, with the same packet id, and then give the
connection up; a duplicate from the broker must be acknowledged each time and act once.
"""

import json
import unittest

from system.harness.case import OTA_DOCUMENT, REBOOT_DOCUMENT, THING, SystemTest

PREFIX = f"$aws/things/{THING}/jobs/"
START_NEXT = PREFIX + "start-next"


class AckTest(SystemTest):
    """A board in --run mode at a scripted broker that answers Jobs requests as AWS does."""

    def setUp(self):
        super().setUp()
        self.broker, self.jobs = self.make_fake_broker()

    def start(self, keep_alive_s=30):
        mqtt = {"keep_alive_s": keep_alive_s, "reconnect_cap_s": 1}
        self.board = self.make_board(self.broker.port, mqtt=mqtt).run()
        return self.board

    def on_one_connection(self):
        self.assertEqual(1, len(self.broker.connections))
        self.assertIsNone(self.broker.connections[0].closed_at)


class NarrowPolicy(AckTest):
    """Where a policy allows no subscription but notify-next, as the vendor's board has it."""

    def test_replies_that_were_not_subscribed_to_are_enough(self):
        mqtt = {"keep_alive_s": 30, "reconnect_cap_s": 1}
        jobs = {"subscribe_replies": False}
        self.board = self.make_board(self.broker.port, mqtt=mqtt, jobs=jobs).run()
        (subscribe,) = self.broker.wait_packet("SUBSCRIBE")
        self.assertEqual([PREFIX + "notify-next"], [name for name, _ in subscribe.filters])
        self.jobs.wait_request("start-next")
        self.jobs.queue(THING, "job", OTA_DOCUMENT)
        self.jobs.wait_status(THING, "job", "REJECTED")
        self.board.expect(r"job job: REJECTED accepted")


class Puback(AckTest):
    def test_withheld_once_the_same_publish_comes_again_with_dup(self):
        self.broker.withhold("PUBACK", 1)
        self.start()
        (first,) = self.broker.wait_packet("PUBLISH", topic=START_NEXT)
        (second,) = self.broker.wait_packet("PUBLISH", packet_id=first.packet_id, dup=True)
        self.assertEqual(first.payload, second.payload)
        self.assertAlmostEqual(5, second.time - first.time, delta=1.5)
        self.on_one_connection()

    def test_withheld_for_a_report_the_report_still_arrives(self):
        self.start()
        self.jobs.wait_request("start-next")
        self.broker.withhold("PUBACK", 1)
        self.jobs.queue(THING, "job", OTA_DOCUMENT)
        self.jobs.wait_status(THING, "job", "REJECTED", timeout_s=30)
        self.on_one_connection()

    def test_withheld_for_ever_the_connection_is_given_up(self):
        self.broker.withhold("PUBACK")
        self.start()
        (first,) = self.broker.wait_packet("PUBLISH", topic=START_NEXT)
        copies = self.broker.wait_packet("PUBLISH", 3, packet_id=first.packet_id, connection=1)
        self.assertEqual([False, True, True], [copy.dup for copy in copies])
        self.broker.wait_closed(1, timeout_s=30)
        self.broker.release("PUBACK")
        self.broker.wait_packet("PUBLISH", topic=START_NEXT, connection=2)


class Suback(AckTest):
    def test_withheld_once_the_same_subscribe_comes_again(self):
        self.broker.withhold("SUBACK", 1)
        self.start()
        first, second = self.broker.wait_packet("SUBSCRIBE", 2)
        self.assertEqual(first.packet_id, second.packet_id)
        self.assertEqual(first.filters, second.filters)
        self.assertAlmostEqual(5, second.time - first.time, delta=1.5)
        self.jobs.wait_request("start-next")
        self.on_one_connection()


class Connack(AckTest):
    def test_withheld_the_connection_is_given_up_and_tried_again(self):
        self.broker.withhold("CONNACK", 1)
        self.start()
        self.broker.wait_closed(1, timeout_s=60)
        self.jobs.wait_request("start-next")

    def test_nothing_is_sent_before_it(self):
        self.broker.withhold("CONNACK", 1)
        self.start()
        self.broker.wait_closed(1, timeout_s=60)
        first = [p.name for p in self.broker.packets if p.connection == 1]
        self.assertEqual(["CONNECT"], [name for name in first if name != "DISCONNECT"])


class Pingresp(AckTest):
    def test_pings_keep_an_idle_connection(self):
        self.start(keep_alive_s=5)
        pings = self.broker.wait_packet("PINGREQ", 2)
        self.assertLessEqual(pings[1].time - pings[0].time, 5.5)
        self.on_one_connection()

    def test_withheld_the_connection_is_closed_within_one_and_a_half_keep_alives(self):
        self.broker.withhold("PINGRESP")
        self.start(keep_alive_s=5)
        (ping,) = self.broker.wait_packet("PINGREQ")
        closed = self.broker.wait_closed(1)
        self.assertLessEqual(closed.closed_at - ping.time, 7.5)
        self.broker.release("PINGRESP")
        self.broker.wait_packet("CONNECT", 2)


class Duplicates(AckTest):
    def notice(self, job, document):
        execution = {"jobId": job, "status": "QUEUED", "queuedAt": 1_700_000_000,
                     "lastUpdatedAt": 1_700_000_000, "versionNumber": 1, "executionNumber": 1,
                     "jobDocument": document}
        return json.dumps({"timestamp": 1_700_000_001, "execution": execution}).encode()

    def test_each_copy_is_acknowledged(self):
        self.start()
        self.jobs.wait_request("start-next")
        payload = json.dumps({"timestamp": 1_700_000_001}).encode()
        self.broker.publish(PREFIX + "notify-next", payload, packet_id=777)
        self.broker.publish(PREFIX + "notify-next", payload, packet_id=777, dup=True)
        self.broker.publish(PREFIX + "notify-next", payload, packet_id=777, dup=True)
        self.broker.wait_packet("PUBACK", 3, packet_id=777)

    def test_a_redelivered_job_reboots_once(self):
        self.start()
        self.jobs.wait_request("start-next")
        self.jobs.queue(THING, "reboot", REBOOT_DOCUMENT, notify=False)
        queued_at = self.jobs.things.execution(THING, "reboot").queued_at
        payload = self.notice("reboot", REBOOT_DOCUMENT).replace(
            b'"queuedAt": 1700000000', f'"queuedAt": {queued_at}'.encode()
        )
        self.broker.publish(PREFIX + "notify-next", payload, packet_id=900)
        self.broker.publish(PREFIX + "notify-next", payload, packet_id=900, dup=True)
        self.jobs.wait_status(THING, "reboot", "SUCCEEDED", timeout_s=40)
        self.broker.publish(PREFIX + "notify-next", payload, packet_id=900, dup=True)
        self.jobs.queue(THING, "after", OTA_DOCUMENT)
        self.jobs.wait_status(THING, "after", "REJECTED", timeout_s=40)
        self.assert_one_reboot(self.board)


class Session(AckTest):
    def reconnect(self, session_present):
        """The second connection of a board that had subscribed on the first."""
        self.start()
        self.jobs.wait_request("start-next")
        (connect,) = self.broker.wait_packet("CONNECT")
        self.assertFalse(connect.clean_session)
        self.assertEqual(THING, connect.client_id)
        self.broker.script.session_present = session_present
        self.broker.drop()
        self.broker.wait_packet("PUBLISH", topic=START_NEXT, connection=2)
        return self.broker.matching("SUBSCRIBE", connection=2)

    def test_present_the_device_asks_without_subscribing_again(self):
        self.assertEqual([], self.reconnect(session_present=True))

    def test_lost_the_device_subscribes_again(self):
        (subscribe,) = self.reconnect(session_present=False)
        self.assertIn(PREFIX + "notify-next", [name for name, _ in subscribe.filters])

    def test_sigterm_sends_disconnect(self):
        self.start()
        self.jobs.wait_request("start-next")
        self.assertEqual(0, self.board.stop())
        self.broker.wait_packet("DISCONNECT")


class BadPackets(AckTest):
    def closed_and_back(self, data):
        self.start()
        self.jobs.wait_request("start-next")
        self.broker.send_raw(data)
        self.broker.wait_closed(1)
        self.jobs.wait_request("start-next", count=2)
        self.assertTrue(self.board.process.running())

    def test_a_reserved_packet_type_ends_the_connection(self):
        self.closed_and_back(b"\xf0\x00")

    def test_an_endless_remaining_length_ends_the_connection(self):
        self.closed_and_back(b"\x30\xff\xff\xff\xff\x01")

    def test_a_publish_that_is_shorter_than_its_topic_ends_the_connection(self):
        self.closed_and_back(b"\x30\x03\x00\x50x")

    def test_a_topic_of_another_thing_is_ignored(self):
        self.start()
        self.jobs.wait_request("start-next")
        payload = json.dumps({"execution": {"jobId": "x", "jobDocument": REBOOT_DOCUMENT}})
        other = "$aws/things/other/jobs/notify-next"
        packet_id = self.broker.publish(other, payload.encode(), packet_id=4321)
        self.broker.wait_packet("PUBACK", packet_id=packet_id)
        self.jobs.queue(THING, "job", OTA_DOCUMENT)
        self.jobs.wait_status(THING, "job", "REJECTED")

    def test_a_notification_that_is_no_json_is_ignored(self):
        self.start()
        self.jobs.wait_request("start-next")
        self.broker.publish(PREFIX + "notify-next", b"{nonsense", packet_id=4322)
        self.broker.wait_packet("PUBACK", packet_id=4322)
        self.jobs.queue(THING, "job", OTA_DOCUMENT)
        self.jobs.wait_status(THING, "job", "REJECTED")


if __name__ == "__main__":
    unittest.main()
