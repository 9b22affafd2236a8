"""The data plane for devices without MQTT: HTTPS, and the client's certificate says who asks."""

import http.client
import json
import ssl
import unittest

from system.harness.cloud_device import DeviceTest, allow, deny
from system.harness.pki import CertificateAuthority

ACTIONS = ["iotjobsdata:" + name for name in (
    "GetPendingJobExecutions", "StartNextPendingJobExecution", "DescribeJobExecution",
    "UpdateJobExecution")]


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.error = response.headers.get("x-amzn-ErrorType")
        text = response.read()
        self.body = json.loads(text) if text else None


class MutualTlsTest(DeviceTest):
    arguments = ("--mutual-tls", "127.0.0.1:0")

    def https(self, pair):
        """A connection that presents this certificate; None: none."""
        context = ssl.create_default_context(cafile=self.cloud.root)
        if pair:
            context.load_cert_chain(pair.certificate, pair.key)
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.cloud.https_port, context=context, timeout=10)
        self.addCleanup(connection.close)
        return connection

    def ask(self, connection, method, path, body=None):
        headers = {"Content-Type": "application/json"} if body is not None else {}
        text = json.dumps(body) if body is not None else None
        connection.request(method, path, text, headers)
        return Answer(connection.getresponse())

    def requests(self, thing, job):
        """Each operation: (action, method, path, body)."""
        root = f"/things/{thing}/jobs"
        return [("GetPendingJobExecutions", "GET", root, None),
                ("StartNextPendingJobExecution", "PUT", root + "/$next", {}),
                ("DescribeJobExecution", "GET", f"{root}/{job}", None),
                ("DescribeJobExecution", "GET", root + "/%24next", None),
                ("UpdateJobExecution", "POST", f"{root}/{job}", {"status": "IN_PROGRESS"})]

    def assert_forbidden(self, answer):
        self.assertEqual((403, "ForbiddenException"), (answer.status, answer.error), answer.body)
        self.assertIn("message", answer.body)

    def entry(self, *statements):
        """A thing that has a certificate with these statements, and its connection."""
        thing = self.make_thing()
        registered = self.register(thing, policies=[self.make_policy(*statements)])
        return thing, registered, self.https(registered.pair)


class Jobs(MutualTlsTest):
    def test_a_job_is_done_over_one_connection(self):
        listener = self.make_device("#")
        thing = listener.thing
        policy = self.make_policy(allow("iotjobsdata:*", f"thing/{thing}"))
        connection = self.https(self.register(thing, policies=[policy]).pair)
        root = f"/things/{thing}/jobs"
        empty = self.ask(connection, "GET", root)
        self.assertEqual((200, {"inProgressJobs": [], "queuedJobs": []}),
                         (empty.status, empty.body))
        self.assertEqual({}, self.ask(connection, "PUT", root + "/$next", {}).body)
        document = '{"do": "it",  "n":[1.0]}'
        job = self.make_job(thing, document=document)
        listener.settle()
        started = self.ask(connection, "PUT", root + "/$next",
                           {"statusDetails": {"a": "b"}, "stepTimeoutInMinutes": 5})
        execution = started.body["execution"]
        times = [execution.pop(name) for name in ("queuedAt", "startedAt", "lastUpdatedAt")]
        self.assertTrue(all(isinstance(value, int) for value in times), times)
        self.assertAlmostEqual(300, execution.pop("approximateSecondsBeforeTimedOut"), delta=2)
        self.assertEqual({
            "jobId": job, "thingName": thing, "status": "IN_PROGRESS",
            "statusDetails": {"a": "b"}, "versionNumber": 2, "executionNumber": 1,
            "jobDocument": document}, execution)  # The document is a text here.
        self.assertEqual([], listener.settle())
        without = self.ask(connection, "GET", f"{root}/{job}?includeJobDocument=false")
        self.assertNotIn("jobDocument", without.body["execution"])
        updated = self.ask(connection, "POST", f"{root}/{job}", {
            "status": "SUCCEEDED", "expectedVersion": 2, "includeJobExecutionState": True,
            "includeJobDocument": True})
        self.assertEqual({"executionState": {"status": "SUCCEEDED", "versionNumber": 3,
                                             "statusDetails": {"a": "b"}},
                          "jobDocument": document}, updated.body)
        self.assertEqual(["notify", "notify-next"], [topic for topic, _ in listener.news()])
        for status, error, request in (
            (404, "ResourceNotFoundException", ("GET", root + "/nothing")),
            (410, "TerminalStateException", ("GET", f"{root}/{job}")),
            (409, "InvalidStateTransitionException",
             ("POST", f"{root}/{job}", {"status": "FAILED"})),
            (400, "InvalidRequestException", ("POST", f"{root}/{job}", {"status": "DONE"})),
        ):
            with self.subTest(error):
                answer = self.ask(connection, *request)
                self.assertEqual((status, error), (answer.status, answer.error), answer.body)


class Access(MutualTlsTest):
    def test_each_operation_takes_an_action_that_a_policy_allows(self):
        for prefix in ("iotjobsdata:", "iot:"):  # Older documents have the other one.
            for action in ("GetPendingJobExecutions", "StartNextPendingJobExecution",
                           "DescribeJobExecution", "UpdateJobExecution"):
                thing, _, connection = self.entry(allow(prefix + action, "thing/*"))
                job = self.make_job(thing)
                for name, *request in self.requests(thing, job):
                    with self.subTest(allowed=prefix + action, asked=name):
                        answer = self.ask(connection, *request)
                        if name == action:
                            self.assertEqual(200, answer.status, answer.body)
                        else:
                            self.assert_forbidden(answer)
        with self.subTest("denied"):
            thing, _, connection = self.entry(
                allow(ACTIONS, "thing/*"), deny("iotjobsdata:UpdateJobExecution", "*"))
            job = self.make_job(thing)
            for name, *request in self.requests(thing, job):
                answer = self.ask(connection, *request)
                self.assertEqual(403 if name == "UpdateJobExecution" else 200, answer.status, name)
        with self.subTest("what is allowed over MQTT says nothing"):
            thing, _, connection = self.entry(allow(["iot:Connect", "iot:Publish"], "*"))
            self.assert_forbidden(self.ask(connection, "GET", f"/things/{thing}/jobs"))

    def test_another_things_jobs_are_closed(self):
        thing, _, connection = self.entry(allow("iotjobsdata:*", "thing/mine"))
        other = self.make_thing()
        job = self.make_job(thing, other)
        for place in (other, thing, "nobody"):
            for name, *request in self.requests(place, job):
                with self.subTest(place=place, asked=name):
                    self.assert_forbidden(self.ask(connection, *request))
        self.assertEqual(1, self.iot.describe_job_execution(
            jobId=job, thingName=other)["execution"]["versionNumber"])

    def test_a_certificate_that_is_not_active_any_more_is_refused_at_once(self):
        thing, registered, connection = self.entry(allow("iotjobsdata:*", "*"))
        path = f"/things/{thing}/jobs"
        for status in ("ACTIVE", "INACTIVE", "ACTIVE", "REVOKED"):
            with self.subTest(status):
                self.iot.update_certificate(
                    certificateId=registered.certificate_id, newStatus=status)
                answer = self.ask(connection, "GET", path)
                if status == "ACTIVE":
                    self.assertEqual(200, answer.status)
                else:
                    self.assert_forbidden(answer)
        with self.subTest("policy detached"):
            thing, registered, connection = self.entry(allow("iotjobsdata:*", "*"))
            path = f"/things/{thing}/jobs"
            self.assertEqual(200, self.ask(connection, "GET", path).status)
            policies = self.iot.list_attached_policies(target=registered.arn)["policies"]
            self.iot.detach_policy(policyName=policies[0]["policyName"], target=registered.arn)
            self.assert_forbidden(self.ask(connection, "GET", path))

    def test_it_takes_a_certificate_that_the_cloud_trusts(self):
        thing = self.make_thing()
        stranger = CertificateAuthority(self.folder / "stranger").device(thing)
        for name, pair in (("none", None), ("of a stranger", stranger)):
            with self.subTest(name), self.assertRaises((ssl.SSLError, ConnectionError)):
                self.ask(self.https(pair), "GET", f"/things/{thing}/jobs")
        with self.subTest("of a stranger, registered without CA"):
            made = self.iot.register_certificate_without_ca(
                certificatePem=stranger.certificate.read_text(), status="ACTIVE")
            self.iot.attach_policy(policyName=self.make_policy(allow("iotjobsdata:*", "*")),
                                   target=made["certificateArn"])
            self.take_effect()
            answer = self.ask(self.https(stranger), "GET", f"/things/{thing}/jobs")
            self.assertEqual(200, answer.status, answer.body)
        with self.subTest("signed by the cloud, and not registered any more"):
            registered = self.register(active=False)
            self.iot.delete_certificate(certificateId=registered.certificate_id)
            self.assert_forbidden(
                self.ask(self.https(registered.pair), "GET", f"/things/{thing}/jobs"))

    def test_the_control_plane_is_not_to_be_had_with_a_certificate(self):
        thing, _, connection = self.entry(allow(["iotjobsdata:*", "iot:*"], "*"))
        for method, path in (("GET", "/jobs"), ("GET", f"/things/{thing}"),
                             ("DELETE", f"/things/{thing}"), ("PUT", "/jobs/x")):
            with self.subTest(method, path=path):
                answer = self.ask(connection, method, path, {} if method == "PUT" else None)
                self.assertGreaterEqual(answer.status, 400)
        self.iot.describe_thing(thingName=thing)


if __name__ == "__main__":
    unittest.main()
