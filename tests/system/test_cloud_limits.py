"""Devices that ask more often than a cloud with a limit lets them, over MQTT and over HTTP."""

import tempfile
import time
import unittest
from pathlib import Path

import botocore.exceptions

from .harness.cloud_device import DeviceTest

LIMIT = 5  # Requests a second.
BURST = 20
REJECTED = '{"code":"RequestThrottled","message":"Rate exceeded.","clientToken":"%s","timestamp":T}'
PATIENCE_S = 10


class LimitTest(DeviceTest):
    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="fieldwork-limits-"))
        file = Path(folder) / "cloud.toml"
        file.write_text(f"[limits]\ndevice_requests_per_second = {LIMIT}\n", encoding="ascii")
        cls.arguments = ("--config", str(file))
        super().setUpClass()

    def until(self, ask):
        """Asks again and again, until the answer is not None; that answer."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            answer = ask()
            if answer is not None:
                return answer
        return self.fail(f"still throttled after {PATIENCE_S} s")

    def entry(self):
        """A device with a job that it may describe and update: (device, job)."""
        device = self.make_device("#")
        return device, self.make_job(device.thing)

    # ---- MQTT -----------------------------------------------------------------------------

    def burst(self, device, rest, **body):
        """Requests with the tokens 0, 1, ..., sent all at once."""
        for number in range(BURST):
            device.send(rest, {"clientToken": str(number), **body})
        return [device.reply(rest) for _ in range(BURST)]

    def patient(self, device, rest, **body):
        """The reply to a request that is repeated for as long as it is throttled."""
        def ask():
            reply = device.ask(rest, body)
            return None if reply.code == "RequestThrottled" else reply
        return self.until(ask)

    # ---- HTTP -----------------------------------------------------------------------------

    def call(self, function, **parameters):
        """The answer, or None if it was throttled."""
        try:
            return function(**parameters)
        except botocore.exceptions.ClientError as error:
            self.assertEqual("ThrottlingException", error.response["Error"]["Code"])
            self.assertEqual("Rate exceeded.", error.response["Error"]["Message"])
            about = error.response["ResponseMetadata"]
            self.assertEqual((429, 0), (about["HTTPStatusCode"], about["RetryAttempts"]))
            self.assertEqual("ThrottlingException", about["HTTPHeaders"]["x-amzn-errortype"])
            return None


class Mqtt(LimitTest):
    def test_a_burst_is_rejected_in_part_and_later_requests_are_accepted(self):
        device, job = self.entry()
        for rest, body in (("get", {}), ("start-next", {}), (f"{job}/get", {}),
                           (f"{job}/update", {"status": "IN_PROGRESS"})):
            with self.subTest(rest):
                self.assertTrue(self.patient(device, rest, **body).accepted)
                replies = self.burst(device, rest, **body)
                rejected = [reply for reply in replies if not reply.accepted]
                self.assertNotEqual([], rejected)
                for reply in rejected:
                    self.assertEqual(REJECTED % reply.body["clientToken"], reply.text)
                self.assertEqual({str(number) for number in range(BURST)},
                                 {reply.body["clientToken"] for reply in replies})
                self.assertTrue(self.patient(device, rest, **body).accepted)

    def test_a_throttled_update_has_no_effect(self):
        device, job = self.entry()
        self.patient(device, f"{job}/update", status="IN_PROGRESS", statusDetails={"number": "0"})
        for number in range(1, BURST + 1):
            device.send(f"{job}/update", {
                "clientToken": str(number), "status": "IN_PROGRESS",
                "statusDetails": {"number": str(number)}})
        replies = [device.reply(f"{job}/update") for _ in range(BURST)]
        accepted = [int(reply.body["clientToken"]) for reply in replies if reply.accepted]
        self.assertLess(len(accepted), BURST)
        execution = self.iot.describe_job_execution(
            jobId=job, thingName=device.thing)["execution"]
        self.assertEqual(2 + len(accepted), execution["versionNumber"])
        self.assertEqual({"number": str(max(accepted, default=0))},
                         execution["statusDetails"]["detailsMap"])

    def test_what_is_no_request_of_the_jobs_api_is_refused_as_ever(self):
        device, job = self.entry()
        codes = {reply.code for reply in self.burst(device, f"{job}/delete")}
        self.assertEqual({"InvalidTopic"}, codes)


class Http(LimitTest):
    def test_a_client_that_does_not_retry_sees_throttling_exception(self):
        device, job = self.entry()
        data, thing = self.jobs_data, {"thingName": device.thing}
        for function, parameters in (
                (data.get_pending_job_executions, thing),
                (data.start_next_pending_job_execution, thing),
                (data.describe_job_execution, {"jobId": job, **thing}),
                (data.update_job_execution, {"jobId": job, "status": "IN_PROGRESS", **thing})):
            with self.subTest(function.__name__):
                answers = [self.call(function, **parameters) for _ in range(2 * BURST)]
                self.assertIn(None, answers)
                self.until(lambda f=function, p=parameters: self.call(f, **p))

    def test_the_limit_is_one_for_both_apis_and_none_for_the_control_plane(self):
        device, _job = self.entry()
        began = time.monotonic()
        for number in range(BURST):
            device.send("get", {"clientToken": str(number)})
        answers = [self.call(self.jobs_data.get_pending_job_executions, thingName=device.thing)
                   for _ in range(BURST)]
        accepted = (sum(answer is not None for answer in answers)
                    + sum(device.reply("get").accepted for _ in range(BURST)))
        self.assertLessEqual(accepted, LIMIT + LIMIT * (time.monotonic() - began))
        for _ in range(BURST):
            self.iot.list_job_executions_for_thing(thingName=device.thing)


if __name__ == "__main__":
    unittest.main()
