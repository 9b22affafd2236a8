"""AWS's IoT device SDK as a device of the cloud: its clients V1 and V2, over MQTT 3.1.1 and 5.

Each way a thing, registered as a person does it, takes two jobs from their creation to SUCCEEDED;
js/device_story.mjs checks what the device sees, and here the operator's view is checked.
"""

import json
import os
import socket
import unittest

from system.harness.cloud import arn
from system.harness.cloud_case import CloudTest
from system.harness.node import operations, results, run_program
from system.harness.ports import HOST

REQUESTS = {"GetPendingJobExecutions", "StartNextPendingJobExecution", "DescribeJobExecution",
            "UpdateJobExecution"}
NOTIFICATIONS = {"JobExecutionsChanged", "NextJobExecutionChanged"}


class DeviceSdkTest(CloudTest):
    def provision(self):
        """A new thing: (name, what a program needs to connect as it)."""
        thing = self.unique("board")
        folder = self.cloud.provision(thing) / "cert"
        return thing, {
            "thing": thing, "ca": str(folder / "AmazonRootCA1.pem"),
            "certificate": str(folder / "certificate.pem.crt"),
            "key": str(folder / "private.pem.key"),
        }

    def run_story(self, client, mqtt, **options):
        thing, files = self.provision()
        jobs = [self.unique("job"), self.unique("job")]
        calls = run_program("device_story", self.cloud, "device SDK", client=client, mqtt=mqtt,
                            jobs=jobs, **files, **options)
        self.assertEqual(REQUESTS | NOTIFICATIONS, operations(calls))
        self.assert_rejections(client, calls)
        self.assert_done(thing, jobs)

    def assert_rejections(self, client, calls):
        self.assertEqual({"ok", "InvalidRequest", "InvalidStateTransition", "ResourceNotFound",
                          "VersionMismatch"}, results(calls, "UpdateJobExecution"))
        self.assertEqual({"ok", "ResourceNotFound", "TerminalStateReached"},
                         results(calls, "DescribeJobExecution"))
        self.assertEqual({"ok", "InvalidRequest"}, results(calls, "StartNextPendingJobExecution"))
        expected = {"ok", "InvalidRequest"} if client == "v1" else {"ok"}
        self.assertEqual(expected, results(calls, "GetPendingJobExecutions"))

    def assert_done(self, thing, jobs):
        for job, details, version in ((jobs[0], {"step": "2"}, 4), (jobs[1], {"result": "ok"}, 3)):
            self.assertEqual("COMPLETED", self.iot.describe_job(jobId=job)["job"]["status"])
            execution = self.iot.describe_job_execution(jobId=job, thingName=thing)["execution"]
            self.assertEqual("SUCCEEDED", execution["status"])
            self.assertEqual(details, execution["statusDetails"]["detailsMap"])
            self.assertEqual(version, execution["versionNumber"])


class Clients(DeviceSdkTest):
    def test_v1_over_mqtt_3_does_its_jobs(self):
        self.run_story("v1", 3)

    def test_v1_over_mqtt_3_with_plus_for_the_job_does_its_jobs(self):
        self.run_story("v1", 3, plus=True)

    def test_v1_over_mqtt_5_does_its_jobs(self):
        self.run_story("v1", 5)

    def test_v2_over_mqtt_3_does_its_jobs(self):
        self.run_story("v2", 3)

    def test_v2_over_mqtt_5_does_its_jobs(self):
        self.run_story("v2", 5)


class OtherThings(DeviceSdkTest):
    def test_a_thing_that_does_not_exist_is_rejected_where_the_policy_allows_it(self):
        thing, files = self.provision()
        self.allow(thing, "nobody")
        for client, mqtt in (("v1", 3), ("v2", 5)):
            with self.subTest(client=client, mqtt=mqtt):
                calls = run_program("device_unknown", self.cloud, "device SDK", client=client,
                                    mqtt=mqtt, **files)
                self.assertEqual(REQUESTS, operations(calls, "ResourceNotFound"))

    def test_a_device_that_asks_for_another_thing_is_disconnected_and_changes_nothing(self):
        _, files = self.provision()
        other, _ = self.provision()
        job = self.make_job(other)
        for client, mqtt in (("v2", 3), ("v2", 5)):
            with self.subTest(client=client, mqtt=mqtt):
                run_program("device_denied", self.cloud, "device SDK", client=client, mqtt=mqtt,
                            other=other, job=job, lossExpected=True, waitS=3, **files)
        execution = self.iot.describe_job_execution(jobId=job, thingName=other)["execution"]
        self.assertEqual("QUEUED", execution["status"])
        self.assertEqual(1, execution["versionNumber"])

    def allow(self, thing, other):
        """Allows the certificate of `thing` the topics of `other` besides its own."""
        jobs = f"$aws/things/{other}/jobs/*"
        statements = [
            {"Effect": "Allow", "Action": ["iot:Publish", "iot:Receive"],
             "Resource": arn("topic", jobs)},
            {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": arn("topicfilter", jobs)},
        ]
        policy = self.unique("policy")
        self.iot.create_policy(policyName=policy, policyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": statements}))
        principal = self.iot.list_thing_principals(thingName=thing)["principals"][0]
        self.iot.attach_policy(policyName=policy, target=principal)


class Port443(DeviceSdkTest):
    arguments = ("--port-443",)

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("port 443 needs root")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, 443))
            except OSError as error:
                raise unittest.SkipTest(f"port 443 of {HOST} is taken: {error}") from None
        super().setUpClass()

    def test_clients_that_offer_alpn_do_their_jobs_at_port_443(self):
        for client, mqtt in (("v1", 3), ("v2", 5)):
            with self.subTest(client=client, mqtt=mqtt):
                self.run_story(client, mqtt, port=443)


if __name__ == "__main__":
    unittest.main()
