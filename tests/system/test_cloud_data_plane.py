"""The data plane of Jobs over HTTP, as boto3 and the aws CLI see it: a device's own jobs."""

import functools
import json
import time

from .harness.cloud_jobs import ODD_THING, ExecutionTest

#: statusDetails that are refused, and what the refusal says.
BAD_DETAILS = (
    ("has 11 pairs; at most 10", {f"k{n}": "v" for n in range(11)}),
    ('the key "a b"', {"a b": "v"}),
    ("the key", {"é": "v"}),
    ("the key", {"": "v"}),
    ("the key", {"k" * 129: "v"}),
    ("has 0 characters", {"k": ""}),
    ("has 1025 characters", {"k": "ü" * 1025}),
    ("the value of 'k' must be a string", {"k": 1}),
    ("the value of 'k' must be a string", {"k": True}),
)
#: As many, as long, and as odd as they may be.
GREAT_DETAILS = {**{"k" * 127 + str(n): "ü" * 1024 for n in range(8)},
                 "a:B_c-9": "line\nline\ttab", "q": "\"\\🚀"}


class DataPlaneTest(ExecutionTest):
    def ask_next(self, thing, **parameters):
        return self.jobs_data.describe_job_execution(jobId="$next", thingName=thing,
                                                     **parameters).get("execution")

    def ask(self, job, thing, **parameters):
        return self.jobs_data.describe_job_execution(jobId=job, thingName=thing,
                                                     **parameters)["execution"]

    def start_next(self, thing, **parameters):
        return self.jobs_data.start_next_pending_job_execution(thingName=thing,
                                                               **parameters).get("execution")

    def update(self, job, thing, status="IN_PROGRESS", **parameters):
        """What the update answers."""
        answer = self.jobs_data.update_job_execution(jobId=job, thingName=thing, status=status,
                                                     **parameters)
        del answer["ResponseMetadata"]
        return answer

    def assert_seconds(self, minutes, execution):
        """The timer has this many minutes left, or less by what a call takes; None: it is off."""
        seconds = execution.get("approximateSecondsBeforeTimedOut")
        if minutes is None:
            self.assertIsNone(seconds)
        else:
            self.assertIn(seconds, range(minutes * 60 - 30, minutes * 60 + 1))

    def assert_now(self, *seconds):
        for value in seconds:
            self.assertIs(int, type(value))
            self.assertAlmostEqual(time.time(), value, delta=60)

    def assert_step_timeouts(self, call, **parameters):
        """Only -1 and 1..10080 are taken."""
        for minutes in (-2, 0, 10081, 2**31, "5", 1.5):
            with self.subTest(minutes=minutes):
                self.assert_error("InvalidRequestException", call, stepTimeoutInMinutes=minutes,
                                  message="^stepTimeoutInMinutes must be an integer", **parameters)

    def assert_bad_details(self, call, **parameters):
        for message, details in BAD_DETAILS:
            with self.subTest(details=str(details)[:40]):
                self.assert_error("InvalidRequestException", call, statusDetails=details,
                                  message=message, status=400, **parameters)


class GetPendingJobExecutions(DataPlaneTest):
    def test_has_both_lists_whatever_is_in_them(self):
        thing = self.make_thing()
        answer = self.jobs_data.get_pending_job_executions(thingName=thing)
        self.assertEqual(([], []), (answer["inProgressJobs"], answer["queuedJobs"]))
        first, second = self.make_job(thing), self.make_job(thing)
        self.start(second, thing)
        answer = self.jobs_data.get_pending_job_executions(thingName=thing)
        (started,), (queued,) = answer["inProgressJobs"], answer["queuedJobs"]
        self.assert_now(queued.pop("queuedAt"), queued.pop("lastUpdatedAt"))
        self.assertEqual({"jobId": first, "executionNumber": 1, "versionNumber": 1}, queued)
        self.assert_now(*(started.pop(n) for n in ("queuedAt", "startedAt", "lastUpdatedAt")))
        self.assertEqual({"jobId": second, "executionNumber": 1, "versionNumber": 2}, started)

    def test_shows_ten_those_at_work_first_each_in_the_order_of_the_queue(self):
        thing = self.make_thing()
        jobs = [self.make_job(thing) for _ in range(12)]
        self.assertEqual(jobs[:10], self.pending(thing))
        self.start(jobs[11], thing)
        self.start(jobs[4], thing)
        at_work = [jobs[4], jobs[11]]
        queued = [job for job in jobs if job not in at_work]
        self.assertEqual(at_work + queued[:8], self.pending(thing))
        self.finish(jobs[4], thing)
        self.iot.cancel_job_execution(jobId=jobs[0], thingName=thing)
        self.assertEqual([jobs[11], *queued[1:]], self.pending(thing))

    def test_is_for_things_that_are_there(self):
        thing = self.make_thing(ODD_THING)
        job = self.make_job(thing)
        self.assertEqual([job], self.pending(thing))
        found = self.aws("iot-jobs-data", "get-pending-job-executions", "--thing-name", thing)
        self.assertEqual([job], [e["jobId"] for e in found["queuedJobs"]])
        self.assertEqual([], found["inProgressJobs"])
        for name in ("no-such", "a b", "x" * 129, "ü"):
            code = "ResourceNotFoundException" if name == "no-such" else "InvalidRequestException"
            for call in (self.jobs_data.get_pending_job_executions,
                         self.jobs_data.start_next_pending_job_execution,
                         functools.partial(self.jobs_data.describe_job_execution, jobId="$next"),
                         functools.partial(self.jobs_data.describe_job_execution, jobId="job"),
                         functools.partial(self.jobs_data.update_job_execution, jobId="job",
                                           status="FAILED")):
                with self.subTest(name=name, call=call):
                    self.assert_error(code, call, thingName=name,
                                      status=404 if name == "no-such" else 400,
                                      message=None if name == "no-such" else "^thingName must be")
        self.assert_error("ResourceNotFoundException", self.aws, "iot-jobs-data",
                          "get-pending-job-executions", "--thing-name", "no-such",
                          message='no thing "no-such"')


class StartNextPendingJobExecution(DataPlaneTest):
    def test_of_nothing_answers_nothing(self):
        thing = self.make_thing()
        self.assertIsNone(self.start_next(thing))
        self.assertEqual((200, None, {}), self.send("PUT", f"/things/{thing}/jobs/$next", {},
                                                    service="iot-jobs-data"))
        job = self.make_job(thing)
        self.finish(job, thing)
        self.assertIsNone(self.start_next(thing))

    def test_starts_the_head_of_the_queue(self):
        thing = self.make_thing()
        first = self.make_job(thing, document=' {"é" : "🚀", "b":[1.50,null]}\n')
        second = self.make_job(thing)
        started = self.start_next(thing, statusDetails=GREAT_DETAILS)
        self.assert_now(*(started.pop(n) for n in ("queuedAt", "startedAt", "lastUpdatedAt")))
        self.assertEqual({
            "jobId": first, "thingName": thing, "status": "IN_PROGRESS", "versionNumber": 2,
            "executionNumber": 1, "statusDetails": GREAT_DETAILS,
            "jobDocument": ' {"é" : "🚀", "b":[1.50,null]}\n'}, started)
        self.assertEqual("QUEUED", self.ask(second, thing)["status"])
        self.finish(first, thing)
        self.assertEqual(second, self.start_next(thing)["jobId"])

    def test_again_answers_the_same_and_changes_only_the_step_timer(self):
        job, thing = self.make_pair(timeoutConfig={"inProgressTimeoutInMinutes": 30})
        first = self.start_next(thing, statusDetails={"kept": "yes"})
        again = self.start_next(thing, statusDetails={"ignored": "yes"})
        self.assert_seconds(30, first)
        self.assert_seconds(30, again)
        self.assert_seconds(20, self.start_next(thing, stepTimeoutInMinutes=20))
        self.assert_seconds(20, self.start_next(thing))
        self.assert_seconds(30, self.start_next(thing, stepTimeoutInMinutes=10080))
        self.assert_seconds(30, self.start_next(thing, stepTimeoutInMinutes=-1))
        for execution in (first, again):
            del execution["approximateSecondsBeforeTimedOut"]
        self.assertEqual(first, again)
        self.assertEqual(2, self.ask(job, thing)["versionNumber"])

    def test_takes_the_place_next_in_every_spelling_of_a_path(self):
        for spelling in ("$next", "%24next", "%24n%65xt"):
            job, thing = self.make_pair()
            status, _, answer = self.send("PUT", f"/things/{thing}/jobs/{spelling}", {},
                                          service="iot-jobs-data")
            self.assertEqual((200, job), (status, answer["execution"]["jobId"]))

    def test_is_refused_with_what_is_wrong(self):
        job, thing = self.make_pair()
        call = functools.partial(self.jobs_data.start_next_pending_job_execution, thingName=thing)
        self.assert_step_timeouts(call)
        self.assert_bad_details(call)
        self.assertEqual(("QUEUED", 1), tuple(
            self.ask(job, thing)[n] for n in ("status", "versionNumber")))

    def test_by_the_cli_is_answered_the_same(self):
        job, thing = self.make_pair(document='{"a":"é"}')
        call = ("iot-jobs-data", "start-next-pending-job-execution", "--thing-name")
        found = self.aws(*call, thing, "--status-details", "step=one",
                         "--step-timeout-in-minutes", "5")["execution"]
        self.assertEqual((job, thing, "IN_PROGRESS", {"step": "one"}, '{"a":"é"}'), tuple(
            found[n] for n in ("jobId", "thingName", "status", "statusDetails", "jobDocument")))
        self.assert_seconds(5, found)
        self.assert_error("InvalidRequestException", self.aws, *call, thing,
                          "--step-timeout-in-minutes", "0", message="^stepTimeoutInMinutes")


class DescribeJobExecution(DataPlaneTest):
    def test_of_next_follows_the_queue(self):
        thing = self.make_thing()
        self.assertIsNone(self.ask_next(thing))
        first, second, third = (self.make_job(thing) for _ in range(3))
        queued = self.ask_next(thing)
        self.assert_now(queued.pop("queuedAt"), queued.pop("lastUpdatedAt"))
        self.assertEqual({"jobId": first, "thingName": thing, "status": "QUEUED",
                          "versionNumber": 1, "executionNumber": 1, "jobDocument": '{"do":"it"}'},
                         queued)
        self.start(third, thing)
        self.assertEqual(third, self.ask_next(thing)["jobId"], "what is at work goes before")
        self.start(first, thing)
        self.assertEqual(first, self.ask_next(thing)["jobId"], "it was queued earlier")
        self.assertEqual(first, self.ask_next(thing, executionNumber=99)["jobId"])
        for job, head in ((first, third), (third, second), (second, None)):
            self.finish(job, thing)
            self.assertEqual(head, (self.ask_next(thing) or {}).get("jobId"))

    def test_has_the_document_unless_told_otherwise(self):
        document = '{"t":"' + "é" * ((32768 - 8) // 2) + '"}'
        self.assertEqual(32768, len(document.encode()))
        job, thing = self.make_pair(document=document)
        for name in (job, "$next"):
            for parameters in ({}, {"includeJobDocument": True}):
                self.assertEqual(document, self.ask(name, thing, **parameters)["jobDocument"])
            self.assertNotIn("jobDocument", self.ask(name, thing, includeJobDocument=False))
        self.assert_error("InvalidRequestException", self.ask, job, thing, includeJobDocument="no",
                          message="^includeJobDocument must be true or false")

    def test_of_what_is_over_is_refused_as_terminal(self):
        for status in ("SUCCEEDED", "FAILED", "REJECTED", "CANCELED", "REMOVED"):
            with self.subTest(status=status):
                thing = self.make_thing()
                group = self.make_group(thing)
                job = self.make_job(self.group_arn(group), targetSelection="CONTINUOUS")
                if status == "CANCELED":
                    self.iot.cancel_job_execution(jobId=job, thingName=thing)
                elif status == "REMOVED":
                    self.iot.remove_thing_from_thing_group(thingGroupName=group, thingName=thing)
                else:
                    self.update(job, thing, status)
                for parameters in ({}, {"executionNumber": 1}):
                    self.assert_error("TerminalStateException", self.ask, job, thing, status=410,
                                      message=f"is {status}; it is over", **parameters)
                self.assertEqual(status, self.execution(job, thing)["status"],
                                 "the control plane still tells")

    def test_is_refused_with_what_is_wrong(self):
        job, thing = self.make_pair()
        for name in ("no-such", self.make_pair()[0]):
            self.assert_error("ResourceNotFoundException", self.ask, name, thing, status=404)
        self.assert_error("ResourceNotFoundException", self.ask, job, thing, executionNumber=2,
                          message="no execution 2 of job")
        for number in (0, -1, "x", 2**63):
            self.assert_error("InvalidRequestException", self.ask, job, thing,
                              executionNumber=number, message="^executionNumber must be")
        for name in ("$last", "$next ", "a b", "x" * 65, "a:b", "ü"):
            self.assert_error("InvalidRequestException", self.ask, name, thing, status=400,
                              message="^jobId must be 1 to 64")

    def test_by_the_cli_is_answered_the_same(self):
        job, thing = self.make_pair()
        call = ("iot-jobs-data", "describe-job-execution", "--thing-name", thing, "--job-id")
        found = self.aws(*call, "$next")["execution"]
        self.assertEqual((job, thing, '{"do":"it"}'), tuple(
            found[n] for n in ("jobId", "thingName", "jobDocument")))
        self.assertNotIn("jobDocument", self.aws(*call, job, "--no-include-job-document",
                                                 "--execution-number", "1")["execution"])
        self.finish(job, thing)
        self.assert_error("TerminalStateException", self.aws, *call, job, message="it is over")
        self.assertEqual({}, self.aws(*call, "$next") or {})


class UpdateJobExecution(DataPlaneTest):
    def test_goes_from_state_to_state_and_counts_every_change(self):
        job, thing = self.make_pair()
        self.assertEqual({}, self.update(job, thing))
        started = self.ask(job, thing)
        self.assert_now(started["startedAt"])
        for version in (3, 4):
            self.update(job, thing)
            self.assertEqual(version, self.ask(job, thing)["versionNumber"])
        self.assertEqual(started["startedAt"], self.ask(job, thing)["startedAt"])
        self.assertEqual({}, self.update(job, thing, "SUCCEEDED"))
        ended = self.execution(job, thing)
        self.assertEqual(("SUCCEEDED", 5), (ended["status"], ended["versionNumber"]))
        for status in ("SUCCEEDED", "FAILED", "REJECTED"):
            job, thing = self.make_pair()
            self.update(job, thing, status)
            ended = self.execution(job, thing)
            self.assertEqual((status, 2, ended["lastUpdatedAt"]), tuple(
                ended[n] for n in ("status", "versionNumber", "startedAt")), "without a start")

    def test_of_what_is_over_is_refused(self):
        for status in ("SUCCEEDED", "FAILED", "REJECTED"):
            job, thing = self.make_pair(status)
            for wanted in ("IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"):
                for version in ({}, {"expectedVersion": 7}):
                    self.assert_error("InvalidStateTransitionException",
                                      functools.partial(self.update, job, thing, wanted),
                                      status=409, message=f"is {status}; it is over", **version)
            self.assertEqual((status, 2), tuple(
                self.execution(job, thing)[n] for n in ("status", "versionNumber")))

    def test_with_another_version_is_refused(self):
        job, thing = self.make_pair()
        self.update(job, thing, expectedVersion=1)
        for version in (0, 1, 3, 2**63 - 1):
            self.assert_error("InvalidStateTransitionException", self.update, job, thing,
                              expectedVersion=version, status=409,
                              message=f"expectedVersion is {version}, but .* has version 2")
        self.update(job, thing, "FAILED", expectedVersion=2)
        for version in (-1, "1", 1.5, 2**63):
            self.assert_error("InvalidRequestException", self.update, job, thing,
                              expectedVersion=version, message="^expectedVersion must be")

    def test_answers_the_state_and_the_document_if_asked(self):
        job, thing = self.make_pair(document='{"é":1}')
        answer = self.update(job, thing, includeJobExecutionState=True)
        self.assertEqual({"executionState": {"status": "IN_PROGRESS", "versionNumber": 2}}, answer)
        answer = self.update(job, thing, includeJobExecutionState=True, includeJobDocument=True,
                             statusDetails={"a": "b"})
        self.assertEqual({"jobDocument": '{"é":1}', "executionState": {
            "status": "IN_PROGRESS", "versionNumber": 3, "statusDetails": {"a": "b"}}}, answer)
        answer = self.update(job, thing, "SUCCEEDED", includeJobDocument=True)
        self.assertEqual({"jobDocument": '{"é":1}'}, answer)
        for member in ("includeJobExecutionState", "includeJobDocument"):
            self.assert_error("InvalidRequestException", self.update, job, thing,
                              message=f"^{member} must be true or false", **{member: "yes"})

    def test_replaces_the_details_or_leaves_them(self):
        job, thing = self.make_pair()
        both = {"a": "1", "b": "2"}
        for given, kept in ((both, both), (None, both), ({"c": "3"}, {"c": "3"}), ({}, None),
                            (GREAT_DETAILS, GREAT_DETAILS)):
            self.update(job, thing, **({} if given is None else {"statusDetails": given}))
            self.assertEqual(kept, self.ask(job, thing).get("statusDetails"))
        self.update(job, thing, "FAILED", statusDetails={"why": "no – power"})
        self.assertEqual({"detailsMap": {"why": "no – power"}},
                         self.execution(job, thing)["statusDetails"])
        job, thing = self.make_pair()
        self.assert_bad_details(functools.partial(self.update, job, thing))
        self.assertEqual(1, self.ask(job, thing)["versionNumber"])

    def test_sets_and_takes_away_the_step_timer(self):
        job, thing = self.make_pair(timeoutConfig={"inProgressTimeoutInMinutes": 20})
        self.assert_seconds(None, self.ask(job, thing))
        self.update(job, thing, stepTimeoutInMinutes=7)
        self.assert_seconds(7, self.ask(job, thing))
        self.update(job, thing)
        self.assert_seconds(7, self.execution(job, thing))
        for minutes, left in ((5, 5), (1, 1), (10080, 20), (-1, 20), (9, 9)):
            self.update(job, thing, stepTimeoutInMinutes=minutes)
            self.assert_seconds(left, self.ask(job, thing))
        self.assert_step_timeouts(functools.partial(self.update, job, thing))
        self.assert_seconds(9, self.ask(job, thing))
        job, thing = self.make_pair()
        self.update(job, thing, stepTimeoutInMinutes=10080)
        self.assert_seconds(10080, self.ask(job, thing))
        self.update(job, thing, stepTimeoutInMinutes=-1)
        self.assert_seconds(None, self.ask(job, thing))

    def test_starts_the_timer_that_the_job_has_at_that_moment(self):
        early, late = self.make_thing(), self.make_thing()
        job = self.make_job(early, late, timeoutConfig={"inProgressTimeoutInMinutes": 30})
        self.update(job, early)
        self.iot.update_job(jobId=job, timeoutConfig={"inProgressTimeoutInMinutes": 10080})
        self.update(job, early)
        self.update(job, late)
        self.assert_seconds(30, self.ask(job, early))
        self.assert_seconds(10080, self.ask(job, late))

    def test_names_the_execution_that_it_means(self):
        thing = self.make_thing()
        group = self.make_group(thing)
        job = self.make_job(self.group_arn(group), targetSelection="CONTINUOUS")
        self.iot.remove_thing_from_thing_group(thingGroupName=group, thingName=thing)
        self.iot.add_thing_to_thing_group(thingGroupName=group, thingName=thing)
        self.assert_error("InvalidStateTransitionException", self.update, job, thing,
                          executionNumber=1, message="is REMOVED", status=409)
        self.assert_error("ResourceNotFoundException", self.update, job, thing, executionNumber=3,
                          message="no execution 3 of job", status=404)
        self.update(job, thing, executionNumber=2)
        self.update(job, thing, "SUCCEEDED")
        self.assertEqual([(job, 1, "REMOVED"), (job, 2, "SUCCEEDED")], self.statuses(thing))
        for number in (0, -1, "1", 2**63):
            self.assert_error("InvalidRequestException", self.update, job, thing,
                              executionNumber=number, message="^executionNumber must be")

    def test_is_refused_with_what_is_wrong(self):
        job, thing = self.make_pair()
        for wanted in ("QUEUED", "CANCELED", "TIMED_OUT", "REMOVED", "in_progress", "DONE", ""):
            with self.subTest(wanted=wanted):
                self.assert_error("InvalidRequestException", self.update, job, thing, wanted,
                                  status=400, message="^status is ")
        for wanted, message in ((None, "^status is required"), (5, "^status must be a string")):
            self.assert_error("InvalidRequestException", self.update, job, thing, wanted,
                              message=message)
        for name in ("$next", "a b", "x" * 65, "a:b", "ü"):
            self.assert_error("InvalidRequestException", self.update, name, thing, status=400,
                              message="^jobId must be 1 to 64")
        for name in ("no-such", self.make_pair()[0]):
            self.assert_error("ResourceNotFoundException", self.update, name, thing, status=404)
        self.assertEqual(("QUEUED", 1), tuple(
            self.ask(job, thing)[n] for n in ("status", "versionNumber")))

    def test_by_the_cli_is_answered_the_same(self):
        job, thing = self.make_pair()
        call = ("iot-jobs-data", "update-job-execution", "--thing-name", thing, "--job-id", job)
        found = self.aws(*call, "--status", "IN_PROGRESS", "--status-details", '{"a":"é"}',
                         "--include-job-execution-state", "--include-job-document",
                         "--expected-version", "1", "--step-timeout-in-minutes", "3",
                         "--execution-number", "1")
        self.assertEqual({"jobDocument": '{"do":"it"}', "executionState": {
            "status": "IN_PROGRESS", "statusDetails": {"a": "é"}, "versionNumber": 2}}, found)
        self.assertEqual({}, self.aws(*call, "--status", "SUCCEEDED") or {})
        self.assert_error("InvalidStateTransitionException", self.aws, *call, "--status", "FAILED",
                          message="is SUCCEEDED")
        self.assert_error("InvalidRequestException", self.aws, *call, "--status", "QUEUED",
                          message="not one that a device may set")


class Planes(DataPlaneTest):
    def test_are_told_apart_by_the_service_of_the_signature(self):
        job, thing = self.make_pair()
        for service, lists, execution in (
                ("iot", {"executionSummaries"}, {"thingArn", "statusDetails"}),
                ("execute-api", {"executionSummaries"}, {"thingArn", "statusDetails"}),
                ("iot-jobs-data", {"inProgressJobs", "queuedJobs"}, {"thingName", "jobDocument"})):
            with self.subTest(service=service):
                status, _, answer = self.send("GET", f"/things/{thing}/jobs", service=service)
                self.assertEqual((200, lists), (status, set(answer)))
                status, _, answer = self.send("GET", f"/things/{thing}/jobs/{job}",
                                              service=service)
                common = {"jobId", "status", "queuedAt", "lastUpdatedAt", "versionNumber",
                          "executionNumber"}
                self.assertEqual((200, common | execution), (status, set(answer["execution"])))
                whole = service == "iot-jobs-data"
                self.assertIs(int if whole else float, type(answer["execution"]["queuedAt"]))

    def test_say_which_operations_there_are_not(self):
        for service, method, path, operation in (
                ("iot-jobs-data", "POST", "/command-executions", "StartCommandExecution"),
                ("iot", "PUT", "/job-templates/t", "CreateJobTemplate"),
                ("iot", "GET", "/job-templates", "ListJobTemplates"),
                ("iot", "GET", "/managed-job-templates", "ListManagedJobTemplates")):
            with self.subTest(operation=operation):
                status, error, answer = self.send(method, path, service=service)
                self.assertEqual((501, "NotImplementedException"), (status, error))
                self.assertIn(f"{operation} is not supported", answer["message"])
        status, _, answer = self.send("PUT", "/things/t/jobs/$next", {})
        self.assertEqual(404, status)
        self.assertIn("It is StartNextPendingJobExecution of the data plane", json.dumps(answer))
