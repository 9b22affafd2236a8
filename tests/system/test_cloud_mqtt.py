"""The Jobs MQTT API against the whole cloud: every request, every refusal, every byte.

Payloads are compared as text, T standing for each time (harness/cloud_device.py, masked()), so
that a key too many or in another place is seen.
"""

import json
import sqlite3
import unittest

from system.harness.cloud_device import CONNECT, DeviceTest, allow
from system.harness.mqtt_clients import V5, V311

DOCUMENT = '{"b":1,  "a":[1.50,"\\u00e9", null],"nested":{"x":true}}'  # Its bytes must not change.
TOKEN_64 = "t" * 64


def without(reply, *keys):
    return {key: value for key, value in reply.body.items() if key not in keys}


class JobsTest(DeviceTest):
    def assert_refused(self, code, reply, token=None, state=None):
        """A rejected message: its code, and exactly the members that belong to it, in order."""
        self.assertFalse(reply.accepted, reply)
        body = reply.body
        self.assertEqual(code, body["code"], body)
        self.assertGreater(len(body["message"]), 10)
        keys = ["code", "message"] + (["clientToken"] if token else []) + ["timestamp"]
        self.assertEqual(keys + (["executionState"] if state else []), list(body))
        self.assertEqual(token, body.get("clientToken"))
        if state:
            self.assertEqual(json.dumps(state), json.dumps(body["executionState"]))

    def running(self, device, **parameters):
        """A job of this device that it has started: version 2."""
        job = self.make_job(device.thing, **parameters)
        self.assertEqual(job, device.ask("start-next").execution["jobId"])
        return job


class GetPending(JobsTest):
    def test_the_lists_are_always_there_and_at_most_ten_long(self):
        device = self.make_device()
        with self.subTest("nothing pending"):
            self.assertEqual(
                '{"clientToken":"t1","timestamp":T,"inProgressJobs":[],"queuedJobs":[]}',
                device.ask("get", {"clientToken": "t1"}).text)
        first, second = self.make_job(device.thing), self.make_job(device.thing)
        device.ask("start-next")
        with self.subTest("one of each"):
            self.assertEqual(
                '{"timestamp":T,"inProgressJobs":[{"jobId":"' + first + '","queuedAt":T,'
                '"startedAt":T,"lastUpdatedAt":T,"executionNumber":1,"versionNumber":2}],'
                '"queuedJobs":[{"jobId":"' + second + '","queuedAt":T,"lastUpdatedAt":T,'
                '"executionNumber":1,"versionNumber":1}]}', device.ask("get").text)
        with self.subTest("twelve"):
            jobs = [first, second] + [self.make_job(device.thing) for _ in range(10)]
            body = device.ask("get").body
            self.assertEqual(jobs[:1], [each["jobId"] for each in body["inProgressJobs"]])
            self.assertEqual(jobs[1:10], [each["jobId"] for each in body["queuedJobs"]])
        with self.subTest("started out of order"):
            self.assertTrue(device.update(jobs[11], "IN_PROGRESS").accepted)
            body = device.ask("get").body
            self.assertEqual([first, jobs[11]], [e["jobId"] for e in body["inProgressJobs"]])
            self.assertEqual(jobs[1:9], [each["jobId"] for each in body["queuedJobs"]])

    def test_the_times_are_those_of_the_control_plane_in_whole_seconds(self):
        device = self.make_device()
        job = self.running(device)
        found = device.ask("get").body["inProgressJobs"][0]
        seen = self.iot.describe_job_execution(jobId=job, thingName=device.thing)["execution"]
        for name in ("queuedAt", "startedAt", "lastUpdatedAt"):
            self.assertEqual(int(seen[name].timestamp()), found[name], name)


class StartNext(JobsTest):
    def test_the_next_one_is_started_once_with_its_document(self):
        device = self.make_device()
        with self.subTest("nothing pending"):
            self.assertEqual('{"clientToken":"t","timestamp":T}',
                             device.ask("start-next", {"clientToken": "t"}).text)
        first = self.make_job(device.thing, document=DOCUMENT)
        second = self.make_job(device.thing)
        started = ('{"timestamp":T,"execution":{"jobId":"' + first + '","status":"IN_PROGRESS",'
                   '"statusDetails":{"step":"claimed"},"queuedAt":T,"startedAt":T,'
                   '"lastUpdatedAt":T,"versionNumber":2,"executionNumber":1,'
                   '"jobDocument":' + DOCUMENT + '}}')
        with self.subTest("started"):
            reply = device.ask("start-next", {"statusDetails": {"step": "claimed"}})
            self.assertEqual(started, reply.text)
        with self.subTest("asked again: the same, nothing changed"):
            reply = device.ask("start-next", {"statusDetails": {"step": "again"}})
            self.assertEqual(started, reply.text)
        with self.subTest("the next one after it"):
            device.update(first, "SUCCEEDED")
            self.assertEqual((second, 2), tuple(
                device.ask("start-next").execution[name] for name in ("jobId", "versionNumber")))

    def test_timers_run_from_the_start_and_a_step_replaces_its_own(self):
        device = self.make_device()
        job = self.running(device, timeoutConfig={"inProgressTimeoutInMinutes": 10})

        def left(reply):
            return reply.execution.get("approximateSecondsBeforeTimedOut")

        def step(minutes):
            return left(device.ask("start-next", {"stepTimeoutInMinutes": minutes}))

        self.assertAlmostEqual(600, left(device.ask("$next/get")), delta=2)
        self.assertAlmostEqual(300, step(5), delta=2)
        self.assertAlmostEqual(540, step(9), delta=2)  # The one before is forgotten.
        self.assertAlmostEqual(600, step(20), delta=2)  # The job's own timer comes first.
        self.assertAlmostEqual(60, step("1"), delta=2)
        self.assertAlmostEqual(600, step(-1), delta=2)
        self.assertEqual(2, device.ask(f"{job}/get").execution["versionNumber"])
        device.update(job, "IN_PROGRESS", stepTimeoutInMinutes=3)
        self.assertAlmostEqual(180, left(device.ask(f"{job}/get")), delta=2)
        device.update(job, "IN_PROGRESS")
        self.assertAlmostEqual(180, left(device.ask(f"{job}/get")), delta=2)
        device.update(job, "IN_PROGRESS", stepTimeoutInMinutes=-1)
        self.assertAlmostEqual(600, left(device.ask(f"{job}/get")), delta=2)
        with self.subTest("no timer, no member"):
            device.update(job, "SUCCEEDED")
            other = self.make_job(device.thing)
            self.assertIsNone(left(device.ask(f"{other}/get")))
            self.assertIsNone(left(device.ask("start-next")))

    def test_a_document_of_the_largest_size_comes_whole(self):
        device = self.make_device()
        text = '{"data":"' + "x" * (32768 - 11) + '"}'
        self.assertEqual(32768, len(text))
        self.make_job(device.thing, document=text)
        self.assertIn(text.encode(), device.ask("start-next").payload)


class Describe(JobsTest):
    def test_an_execution_is_shown_with_or_without_its_document(self):
        device = self.make_device()
        with self.subTest("nothing pending"):
            self.assertEqual('{"clientToken":"t","timestamp":T}',
                             device.ask("$next/get", {"clientToken": "t"}).text)
        job = self.make_job(device.thing, document=DOCUMENT)
        head = ('"timestamp":T,"execution":{"jobId":"' + job + '","status":"QUEUED","queuedAt":T,'
                '"lastUpdatedAt":T,"versionNumber":1,"executionNumber":1')
        whole = head + ',"jobDocument":' + DOCUMENT + "}}"
        for rest in (f"{job}/get", "$next/get"):  # The answer comes on the topic that was asked.
            with self.subTest(rest):
                reply = device.ask(rest, {"clientToken": "a"})
                self.assertEqual(f"{device.prefix}{rest}/accepted", reply.topic)
                self.assertEqual('{"clientToken":"a",' + whole, reply.text)
                for body in ({"includeJobDocument": True}, {"executionNumber": 1},
                             {"jobId": job, "thingName": device.thing}):
                    self.assertEqual("{" + whole, device.ask(rest, body).text, body)
                self.assertEqual("{" + head + "}}",
                                 device.ask(rest, {"includeJobDocument": False}).text)
        with self.subTest("$next takes no notice of a number"):
            self.assertEqual("{" + whole, device.ask("$next/get", {"executionNumber": 7}).text)

    def test_what_is_over_or_unknown_is_refused(self):
        device = self.make_device()
        job = self.running(device)
        token = {"clientToken": "d"}
        for rest, body in ((f"{job}/get", {"executionNumber": 2}), ("nothing/get", {})):
            with self.subTest(rest, **body):
                self.assert_refused("ResourceNotFound", device.ask(rest, {**token, **body}), "d")
        device.update(job, "FAILED")
        for body in ({}, {"executionNumber": 1}):
            with self.subTest("over", **body):
                self.assert_refused("TerminalStateReached",
                                    device.ask(f"{job}/get", {**token, **body}), "d")
        with self.subTest("a job of another thing"):
            other = self.make_job(self.make_thing())
            self.assert_refused("ResourceNotFound", device.ask(f"{other}/get"))
        with self.subTest("deleted"):
            self.iot.delete_job(jobId=job, force=True)
            self.assert_refused("ResourceNotFound", device.ask(f"{job}/get"))


class Update(JobsTest):
    def test_an_accepted_update_counts_the_version_and_says_what_was_asked_for(self):
        device = self.make_device()
        job = self.make_job(device.thing, document=DOCUMENT)

        def update(status, **more):
            return device.update(job, status, **more).text

        self.assertEqual('{"timestamp":T}', update("IN_PROGRESS"))
        self.assertEqual('{"clientToken":"u","timestamp":T}',
                         update("IN_PROGRESS", clientToken="u", includeJobDocument=False))
        state = '"executionState":{"status":"IN_PROGRESS",%s"versionNumber":%d}'
        details = '"statusDetails":{"z":"1","a":"\\"\\\\é\\n"},'
        self.assertEqual('{"timestamp":T,' + state % (details, 4) + "}", update(
            "IN_PROGRESS", includeJobExecutionState=True, statusDetails={"z": "1", "a": '"\\é\n'}))
        with self.subTest("absent: the details stay"):
            self.assertEqual(
                '{"clientToken":"v","timestamp":T,' + state % (details, 5)
                + ',"jobDocument":' + DOCUMENT + "}",
                update("IN_PROGRESS", includeJobExecutionState=True, includeJobDocument=True,
                       clientToken="v"))
        with self.subTest("present: they are replaced as a whole"):
            self.assertEqual(
                '{"timestamp":T,' + state % ('"statusDetails":{"only":"this"},', 6) + "}",
                update("IN_PROGRESS", includeJobExecutionState=True,
                       statusDetails={"only": "this"}))
            self.assertEqual('{"timestamp":T,' + state % ("", 7) + "}", update(
                "IN_PROGRESS", includeJobExecutionState=True, statusDetails={}))
        with self.subTest("ended"):
            self.assertEqual(
                '{"timestamp":T,"executionState":{"status":"SUCCEEDED","versionNumber":8}}',
                update("SUCCEEDED", includeJobExecutionState=True, executionNumber=1))

    def test_a_queued_one_can_be_started_or_ended_at_once(self):
        device = self.make_device()
        for status in ("IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"):
            with self.subTest(status):
                job = self.make_job(device.thing)
                self.assertTrue(device.update(job, status).accepted)
                found = self.iot.describe_job_execution(
                    jobId=job, thingName=device.thing)["execution"]
                self.assertEqual((status, 2), (found["status"], found["versionNumber"]))
                self.assertEqual(found["startedAt"], found["lastUpdatedAt"])

    def test_the_expected_version_may_be_a_number_or_a_text_of_digits(self):
        device = self.make_device()
        job = self.running(device)
        for version in (2, "3", "4", 5):
            with self.subTest(version=version):
                self.assertTrue(device.update(job, "IN_PROGRESS", expectedVersion=version).accepted)
        details = {"p": "1"}
        device.update(job, "IN_PROGRESS", statusDetails=details)
        state = {"status": "IN_PROGRESS", "statusDetails": details, "versionNumber": 7}
        for version in (6, "6", 8, 0, "0"):
            with self.subTest(version=version):
                reply = device.update(job, "SUCCEEDED", expectedVersion=version, clientToken="w")
                self.assert_refused("VersionMismatch", reply, "w", state)
        for version in ("x", "", "7 ", 7.5, True, [7], "99999999999999999999"):
            with self.subTest(version=version):
                self.assert_refused("InvalidRequest",
                                    device.update(job, "SUCCEEDED", expectedVersion=version))
        self.assertTrue(device.update(job, "SUCCEEDED", expectedVersion="7").accepted)

    def test_what_is_over_is_not_updated_whatever_the_version(self):
        device = self.make_device()
        for status in ("SUCCEEDED", "FAILED", "REJECTED"):
            job = self.running(device)
            device.update(job, status, statusDetails={"why": "so"})
            state = {"status": status, "statusDetails": {"why": "so"}, "versionNumber": 3}
            for more in ({}, {"expectedVersion": 3}, {"expectedVersion": 9},
                         {"executionNumber": 1}):
                with self.subTest(status, **more):
                    reply = device.update(job, "IN_PROGRESS", clientToken="o", **more)
                    self.assert_refused("InvalidStateTransition", reply, "o", state)
        with self.subTest("cancelled in the middle"):
            job = self.running(device)
            self.iot.cancel_job(jobId=job, force=True)
            self.assert_refused("InvalidStateTransition", device.update(job, "SUCCEEDED"),
                                state={"status": "CANCELED", "versionNumber": 3})
        with self.subTest("deleted in the middle"):
            job = self.running(device)
            self.iot.delete_job_execution(
                jobId=job, thingName=device.thing, executionNumber=1, force=True)
            self.assert_refused("ResourceNotFound", device.update(job, "SUCCEEDED"))

    def test_a_job_that_was_cancelled_lets_the_running_one_finish(self):
        device = self.make_device()
        job = self.running(device)
        self.iot.cancel_job(jobId=job)
        self.assertTrue(device.update(job, "SUCCEEDED").accepted)
        self.assertEqual("CANCELED", self.iot.describe_job(jobId=job)["job"]["status"])

    def test_http_and_mqtt_count_one_version(self):
        device = self.make_device()
        job = self.make_job(device.thing)
        started = self.jobs_data.start_next_pending_job_execution(thingName=device.thing)
        self.assertEqual(2, started["execution"]["versionNumber"])
        self.assertTrue(device.update(job, "IN_PROGRESS", expectedVersion=2).accepted)
        self.jobs_data.update_job_execution(
            thingName=device.thing, jobId=job, status="IN_PROGRESS", expectedVersion=3)
        reply = device.update(job, "SUCCEEDED", expectedVersion=3)
        self.assert_refused("VersionMismatch", reply,
                            state={"status": "IN_PROGRESS", "versionNumber": 4})


class Requests(JobsTest):
    """What holds for every request."""

    RESTS = ("get", "start-next", "{}/get", "$next/get", "{}/update")

    def rests(self, job):
        return [rest.format(job) for rest in self.RESTS]

    def test_no_bytes_at_all_are_an_empty_object(self):
        device = self.make_device()
        job = self.running(device)
        for rest in self.rests(job):
            with self.subTest(rest):
                reply = device.ask(rest, b"")
                if rest.endswith("update"):  # There is no default for `status`.
                    self.assert_refused("InvalidRequest", reply)
                else:
                    self.assertTrue(reply.accepted)
                    self.assertEqual(without(reply, "timestamp"),
                                     without(device.ask(rest, "{}"), "timestamp"))

    def test_a_token_of_up_to_64_bytes_is_echoed_as_it_is(self):
        device = self.make_device()
        job = self.running(device)
        for rest in self.rests(job):
            for token in (TOKEN_64, "é" * 32, 'a"\\/\n\u2028😀', " ", "5f1e-8f"):
                with self.subTest(rest, token=token):
                    body = {"clientToken": token, "status": "IN_PROGRESS"}
                    for text in (json.dumps(body), json.dumps(body, ensure_ascii=False)):
                        reply = device.ask(rest, text.encode())
                        self.assertTrue(reply.accepted, reply)
                        self.assertEqual("clientToken", next(iter(reply.body)))
                        self.assertEqual(token, reply.body["clientToken"])
            for token in (TOKEN_64 + "t", "é" * 33, 5, True, ["t"], {"t": "t"}):
                with self.subTest(rest, token=token):
                    body = {"clientToken": token, "status": "IN_PROGRESS"}
                    self.assert_refused("InvalidRequest", device.ask(rest, body))

    def test_unknown_members_are_passed_over(self):
        device = self.make_device()
        job = self.running(device)
        for rest in self.rests(job):
            with self.subTest(rest):
                body = {"jobId": "x", "thingName": 5, "new": {"a": [1, {"status": 2}]},
                        "status": "IN_PROGRESS", "clientToken": "k"}
                self.assertTrue(device.ask(rest, body).accepted)

    def test_fields_that_cannot_be_so_are_refused(self):
        device = self.make_device()
        job = self.running(device)
        details = [
            {f"k{i}": "v" for i in range(11)}, {"k" * 129: "v"}, {"": "v"}, {"a b": "v"},
            {"ä": "v"}, {"k": ""}, {"k": "v" * 1025}, {"k": 1}, {"k": None}, {"k": {"k": "v"}},
            ["k"], "k", 1, True,
        ]
        both = [{"statusDetails": each} for each in details] + [
            {"stepTimeoutInMinutes": each} for each in (0, 10081, -2, 1.5, "x", True, [1])]
        cases = {
            "start-next": both,
            f"{job}/update": both + [{"status": each} for each in (
                None, "", "QUEUED", "CANCELED", "TIMED_OUT", "REMOVED", "in_progress", 5, [])] + [
                {name: "yes"} for name in ("includeJobDocument", "includeJobExecutionState")] + [
                {"executionNumber": each} for each in ("x", 1.5, [])],
            f"{job}/get": [{"includeJobDocument": "true"}, {"executionNumber": "x"}],
        }
        for rest, bodies in cases.items():
            for body in bodies:
                with self.subTest(rest, body=str(body)[:60]):
                    body = {"status": "IN_PROGRESS", "clientToken": "f", **body}
                    self.assert_refused("InvalidRequest", device.ask(rest, body), "f")
        with self.subTest("no status"):
            self.assert_refused("InvalidRequest", device.ask(f"{job}/update"))
        with self.subTest("a job id that cannot be one"):
            for name in ("j" * 65, "a.b", "é"):
                for verb in ("get", "update"):
                    reply = device.ask(f"{name}/{verb}", {"status": "FAILED", "clientToken": "f"})
                    self.assert_refused("InvalidRequest", reply, "f")
        self.assertEqual(2, device.ask(f"{job}/get").execution["versionNumber"])

    def test_fields_at_their_limits_are_taken(self):
        device = self.make_device()
        job = self.running(device)
        for body in ({"statusDetails": {f"k{i}": "v" for i in range(10)}},
                     {"statusDetails": {"k" * 128: "v" * 1024}},
                     {"statusDetails": {"aZ09:_-": "é" * 1024}},
                     {"statusDetails": {"text": "ends with\n"}},
                     {"stepTimeoutInMinutes": 1}, {"stepTimeoutInMinutes": 10080},
                     {"executionNumber": 1}, {"executionNumber": "1"}):
            with self.subTest(body=str(body)[:60]):
                self.assertTrue(device.update(job, "IN_PROGRESS", **body).accepted)

    def test_what_is_not_json_or_no_object_is_refused(self):
        device = self.make_device()
        job = self.running(device)
        for rest in self.rests(job):
            for text in (b"{", b"x", b"{'a':1}", b'{"clientToken":"t"} x', b'{"clientToken":"t",}',
                         b'{"clientToken":"\xff"}', b'{"a":NaN}', b"{}\0", b'{"a":"\n"}', b" "):
                with self.subTest(rest, text=text):
                    self.assert_refused("InvalidJson", device.ask(rest, text))
            for text in ("[]", "5", "null", '"text"', "[" * 65 + "]" * 65):
                with self.subTest(rest, text=text[:10]):
                    self.assert_refused("InvalidRequest", device.ask(rest, text))

    def test_the_checks_come_in_their_order(self):
        device = self.make_device()
        job = self.running(device)
        bad_json, bad_field = "{", {"status": "NO", "expectedVersion": 9, "clientToken": "c"}
        wrong_version = {"status": "IN_PROGRESS", "expectedVersion": 9, "clientToken": "c"}
        with self.subTest("topic"):
            for rest in ("x", "x/y", "x/y/z", "$next/update", "start-next/now", "get/x", "/get",
                         f"{job}/describe", f"{job}/update/x", "$next/start-next"):
                self.assert_refused("InvalidTopic", device.ask(rest, bad_json))
                self.assert_refused("InvalidTopic", device.ask(rest, bad_field), "c")
        with self.subTest("JSON"):
            self.assert_refused("InvalidJson", device.ask("nothing/update", bad_json))
        with self.subTest("fields"):
            self.assert_refused("InvalidRequest", device.ask("nothing/update", bad_field), "c")
        with self.subTest("existence"):
            self.assert_refused("ResourceNotFound",
                                device.ask("nothing/update", wrong_version), "c")
            self.assert_refused("ResourceNotFound", device.ask(
                f"{job}/update", {**wrong_version, "executionNumber": 2}), "c")
        with self.subTest("version"):
            self.assert_refused("VersionMismatch", device.ask(f"{job}/update", wrong_version), "c",
                                {"status": "IN_PROGRESS", "versionNumber": 2})
        with self.subTest("state before version"):
            device.update(job, "SUCCEEDED")
            self.assert_refused("InvalidStateTransition",
                                device.ask(f"{job}/update", wrong_version), "c",
                                {"status": "SUCCEEDED", "versionNumber": 3})
            self.assert_refused("InvalidRequest", device.ask(f"{job}/update", bad_field), "c")

    def test_a_thing_that_there_is_not_has_no_jobs(self):
        every = ["topic/$aws/things/*", "topicfilter/*"]
        loose = self.make_policy(CONNECT, allow(
            ["iot:Publish", "iot:Receive", "iot:Subscribe"], *every))
        device = self.make_device(policies=[loose])
        device.prefix = "$aws/things/nobody/jobs/"
        for rest in self.rests("job"):
            with self.subTest(rest):
                reply = device.ask(rest, {"status": "IN_PROGRESS", "clientToken": "n"})
                self.assert_refused("ResourceNotFound", reply, "n")

    def test_a_fault_of_the_store_is_an_internal_error_and_changes_nothing(self):
        device = self.make_device()
        job = self.running(device)
        with sqlite3.connect(self.cloud.data / "cloud.db", isolation_level=None) as store:
            self.addCleanup(store.close)
            store.execute("BEGIN IMMEDIATE")  # Nobody else can write: the service waits 5 s.
            device.send(f"{job}/update", {"status": "SUCCEEDED", "clientToken": "i"})
            reply = device.reply(f"{job}/update", timeout_s=20)
            store.execute("ROLLBACK")
        self.assert_refused("InternalError", reply, "i")
        self.assertEqual(2, device.ask(f"{job}/get").execution["versionNumber"])
        self.assertTrue(device.update(job, "SUCCEEDED", expectedVersion=2).accepted)


class Delivery(JobsTest):
    def test_an_answer_comes_once_subscribed_or_not(self):
        patterns = ((), ("get/accepted", "get/rejected", "start-next/accepted"),
                    ("get/+", "start-next/+", "+/get/+", "+/update/+"),
                    ("+/update/accepted", "+/update/rejected", "+/get/accepted"), ("#",),
                    ("#", "get/+", "get/accepted", "+/accepted", "+/get/accepted"))
        for version in (V311, V5):
            for filters in patterns:
                with self.subTest(version=version, filters=filters):
                    device = self.make_device(*filters, version=version)
                    job = self.make_job(device.thing)
                    device.settle()
                    asked = ["get", "start-next", f"{job}/get", "$next/get", f"{job}/update"]
                    for rest in asked:
                        self.assertTrue(device.ask(rest, {"status": "IN_PROGRESS"}).accepted)
                    self.assertFalse(device.ask("other/get").accepted)
                    self.assertEqual([], device.settle())  # No second copy of any.

    def test_an_answer_has_the_qos_of_its_request(self):
        for version in (V311, V5):
            device = self.make_device("#", version=version)
            for qos in (0, 1):
                with self.subTest(version=version, qos=qos):
                    self.assertEqual(qos, device.ask("get", qos=qos).qos)
                    self.assertEqual(qos, device.ask("x/get", qos=qos).qos)

    def test_answers_come_in_the_order_of_the_requests(self):
        device = self.make_device()
        job = self.running(device)
        for number in range(200):
            device.send(f"{job}/update", {"status": "IN_PROGRESS", "clientToken": str(number),
                                          "includeJobExecutionState": True})
        for number in range(200):
            body = device.reply(f"{job}/update").body
            self.assertEqual((str(number), number + 3),
                             (body["clientToken"], body["executionState"]["versionNumber"]))

    def test_properties_of_a_client_do_not_make_it_somebody_else(self):
        mine, other = self.make_device(version=V5), self.make_device(version=V5)
        job = self.running(mine)
        mine.send(f"{job}/get", user_properties=[("client", other.client_id), ("qos", "0")])
        self.assertTrue(mine.reply(f"{job}/get").accepted)
        self.assertEqual([], other.settle())


if __name__ == "__main__":
    unittest.main()
