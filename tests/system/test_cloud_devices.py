"""Boards on the whole cloud: provisioned, given jobs, cut off in the middle, and the least of them.

The end of a job is waited for as an event of AWS's ($aws/events/jobExecution/...), which a listener
of the test hears.
"""

import json
import time
import unittest

from system.harness import compat
from system.harness.board import Board, bring_up
from system.harness.case import OTA_DOCUMENT, REBOOT_DOCUMENT
from system.harness.cloud_device import CONNECT, JOBS, THING, Device, DeviceTest, allow
from system.harness.mqtt_clients import V5, V311

CONNECTED = "MQTT connection successfully established with broker"
RESTARTING = r"recv Reboot, system is about to restart"
REBOOTED = r"main: boot reason 4\n"
EVENTS = "$aws/events/jobExecution/"
PATIENCE_S = 40


class BoardsTest(DeviceTest):
    def setUp(self):
        self.iot.update_event_configurations(
            eventConfigurations={"JOB_EXECUTION": {"Enabled": True}})
        thing = self.make_thing()
        events = self.make_policy(CONNECT, *JOBS, allow("iot:Receive", "topic/$aws/events/*"),
                                  allow("iot:Subscribe", "topicfilter/$aws/events/*"))
        self.listener = self.listen(self.connect(thing, self.register(thing, policies=[events])))

    def listen(self, listener):
        listener.wait_connected()
        self.assertEqual([1], listener.subscribe(EVENTS + "+/+"))
        return listener

    def provision(self, **overrides):
        """A board that is not started yet."""
        thing = self.unique("board")
        board = Board.provisioned(self.cloud.provision(thing), overrides)
        self.addCleanup(board.close)
        return board

    def reboot_job(self, board):
        return self.make_job(board.thing, document=json.dumps(REBOOT_DOCUMENT))

    def ota_job(self, board):
        return self.make_job(board.thing, document=json.dumps(OTA_DOCUMENT))

    def execution(self, board, job):
        return self.iot.describe_job_execution(jobId=job, thingName=board.thing)["execution"]

    def assert_ends(self, board, job, status):
        """Waits for the end and returns the execution; what came before is asked for as well."""
        if self.execution(board, job)["status"] != status:
            self.listener.take(f"{EVENTS}{job}/{status.lower()}", timeout_s=PATIENCE_S)
        found = self.execution(board, job)
        self.assertEqual(status, found["status"], board.all_text())
        compat.record("fieldwork-device", "StartNextPendingJobExecution")
        compat.record("fieldwork-device", "UpdateJobExecution")
        return found

    def assert_one_reboot(self, board):
        self.assertEqual(1, board.all_text().count("main: boot reason 4\n"), board.all_text())


class Story(BoardsTest):
    def test_four_commands_lead_to_the_first_job_and_to_the_reboot(self):
        board = self.provision(jobs={"no_action": "succeed"})
        first = self.ota_job(board)
        board.start()
        bring_up(board)
        self.assert_ends(board, first, "SUCCEEDED")
        board.log.find(r"\[I\] \(\d+\) aws: no action\n")
        second = self.reboot_job(board)  # While it is connected: notify-next brings it.
        board.expect(RESTARTING)
        self.assertEqual("IN_PROGRESS", self.execution(board, second)["status"])
        board.expect(REBOOTED)
        self.assert_ends(board, second, "SUCCEEDED")
        self.assert_one_reboot(board)
        with self.subTest("what the log says of the job is what the cloud knows"):
            counts = self.iot.describe_job(jobId=second)["job"]["jobProcessDetails"]
            self.assertEqual(1, counts["numberOfSucceededThings"])
            self.assertEqual(0, board.log.count(r"^\[E\]"), board.log.text)

    def test_a_board_that_runs_by_itself_takes_what_waited_for_it(self):
        board = self.provision()
        jobs = [self.ota_job(board), self.reboot_job(board), self.ota_job(board)]
        board.run()
        rejected = self.assert_ends(board, jobs[0], "REJECTED")  # Nothing here can do that.
        self.assertTrue(rejected["statusDetails"]["detailsMap"])
        self.assert_ends(board, jobs[1], "SUCCEEDED")
        self.assert_ends(board, jobs[2], "REJECTED")
        self.assert_one_reboot(board)
        with self.subTest("switched off, a job comes, switched on"):
            self.assertEqual(0, board.stop())
            board.close()
            job = self.ota_job(board)
            board.run()
            self.assert_ends(board, job, "REJECTED")

    def test_a_board_that_subscribes_to_no_replies_gets_them(self):
        board = self.provision(jobs={"subscribe_replies": False, "no_action": "succeed"})
        jobs = [self.ota_job(board), self.reboot_job(board)]
        board.run()
        for job in jobs:
            self.assert_ends(board, job, "SUCCEEDED")
        job = self.ota_job(board)
        self.assert_ends(board, job, "SUCCEEDED")
        self.assert_one_reboot(board)
        filters = [line for line in board.log.text.splitlines() if "SUBSCRIBE topic" in line]
        self.assertTrue(filters)
        self.assertTrue(all("/jobs/notify-next" in line for line in filters), filters)


class Trouble(BoardsTest):
    def test_a_job_cancelled_while_it_runs_stays_cancelled(self):
        board = self.provision()
        job = self.reboot_job(board)
        board.run()
        board.expect(RESTARTING)
        board.kill()
        self.iot.cancel_job(jobId=job, force=True)
        board.run()
        board.log.find("InvalidStateTransition", timeout_s=PATIENCE_S)
        self.assertEqual("CANCELED", self.execution(board, job)["status"])
        after = self.ota_job(board)  # It goes on with the next one.
        self.assert_ends(board, after, "REJECTED")
        self.assertEqual("CANCELED", self.execution(board, job)["status"])

    def test_a_service_that_is_killed_in_mid_job_gets_the_report(self):
        board = self.provision()
        board.run()
        board.expect(CONNECTED)
        job = self.reboot_job(board)
        board.expect(RESTARTING)
        version = self.execution(board, job)["versionNumber"]
        self.cloud.kill()
        board.expect(REBOOTED)
        board.expect(CONNECTED)
        board.expect(rf"PUBLISH sent for topic \S*{job}/get")  # It waits in the broker.
        self.cloud.start()
        found = self.assert_ends(board, job, "SUCCEEDED")
        self.assertEqual(version + 1, found["versionNumber"])  # It was carried out once.
        self.assert_one_reboot(board)

    def test_a_broker_that_is_killed_in_mid_job_comes_back_and_so_does_the_board(self):
        board = self.provision(mqtt={"reconnect_cap_s": 1})
        board.run()
        board.expect(CONNECTED)
        job = self.reboot_job(board)
        board.expect(RESTARTING)
        self.cloud.kill_broker()
        self.listener.wait("closed")
        self.listener = self.listen(self.until_connected(self.listener))
        board.expect(REBOOTED)
        board.expect(CONNECTED, timeout_s=PATIENCE_S)
        self.assert_ends(board, job, "SUCCEEDED")
        self.assert_one_reboot(board)

    def until_connected(self, device):
        """Connects as a device does whose broker is gone: again and again."""
        deadline = time.monotonic() + 20
        while True:
            client = Device(self.cloud, device.thing, device.registered.pair)
            self.addCleanup(client.close)
            if client.wait_answer() == 0 or time.monotonic() > deadline:
                return client
            time.sleep(0.05)  # Between two attempts; nothing is taken to have happened by then.

    def test_a_board_that_is_cut_off_by_its_policy_is_let_in_again(self):
        board = self.provision(mqtt={"reconnect_cap_s": 1})
        board.run()
        board.expect(CONNECTED)
        arn = self.iot.list_thing_principals(thingName=board.thing)["principals"][0]
        certificate = arn.rpartition("/")[2]
        self.iot.update_certificate(certificateId=certificate, newStatus="INACTIVE")
        board.expect("the broker refused the connection: not authorized", timeout_s=PATIENCE_S)
        job = self.ota_job(board)
        self.iot.update_certificate(certificateId=certificate, newStatus="ACTIVE")
        self.assert_ends(board, job, "REJECTED")


class Least(BoardsTest):
    """A device as the first published demo of such boards: one subscription, one request."""

    def test_a_device_that_only_listens_to_notify_next_gets_its_answers(self):
        narrow = self.make_policy(
            CONNECT, allow("iot:Publish", f"topic/$aws/things/{THING}/jobs/*"),
            allow("iot:Receive", f"topic/$aws/things/{THING}/jobs/*"),
            allow("iot:Subscribe", f"topicfilter/$aws/things/{THING}/jobs/notify-next"))
        for version in (V311, V5):
            with self.subTest(version=version):
                device = self.make_device("notify-next", policies=[narrow], version=version)
                first = self.make_job(device.thing, document=json.dumps(OTA_DOCUMENT))
                told = json.loads(device.take(device.prefix + "notify-next").payload)
                self.assertEqual((first, OTA_DOCUMENT), (told["execution"]["jobId"],
                                                         told["execution"]["jobDocument"]))
                started = device.ask("start-next", '{"clientToken":"demo"}')
                self.assertEqual((first, "IN_PROGRESS", OTA_DOCUMENT), tuple(
                    started.execution[name] for name in ("jobId", "status", "jobDocument")))
                second = self.make_job(device.thing, document=json.dumps(REBOOT_DOCUMENT))
                self.assertEqual([], device.settle())
                done = device.ask(f"{first}/update", '{"status":"SUCCEEDED"}')
                self.assertEqual(("ok", 24), (done.code, len(done.payload)))
                told = json.loads(device.take(device.prefix + "notify-next").payload)
                self.assertEqual(second, told["execution"]["jobId"])
                self.assertTrue(device.update(second, "SUCCEEDED").accepted)
                told = device.take(device.prefix + "notify-next").payload
                self.assertRegex(told.decode(), r'^\{"timestamp":\d{10}\}$')
                self.assertEqual([], device.settle())


if __name__ == "__main__":
    unittest.main()
