"""Job executions of the control plane, as boto3 and the aws CLI see them."""

import functools
from datetime import datetime, timedelta, timezone

from .harness.cloud import arn
from .harness.cloud_jobs import BAD_THINGS, ODD_THING, ExecutionTest


class DescribeJobExecution(ExecutionTest):
    def test_tells_everything_of_an_execution_in_any_state(self):
        before = datetime.now(timezone.utc) - timedelta(seconds=1)
        job, thing = self.make_pair(timeoutConfig={"inProgressTimeoutInMinutes": 10})
        queued = self.execution(job, thing)
        times = [queued.pop(name) for name in ("queuedAt", "lastUpdatedAt")]
        self.assertEqual(times[0], times[1])
        self.assertLess(before, times[0])
        self.assertLess(times[0], datetime.now(timezone.utc) + timedelta(seconds=1))
        self.assertEqual({"jobId": job, "status": "QUEUED", "statusDetails": {},
                          "thingArn": arn("thing", thing), "executionNumber": 1,
                          "versionNumber": 1}, queued)
        self.start(job, thing, statusDetails={"step": "1 ü"})
        started = self.execution(job, thing)
        self.assertEqual(started["startedAt"], started["lastUpdatedAt"])
        self.assertEqual(times[0], started["queuedAt"])
        self.assertEqual({"detailsMap": {"step": "1 ü"}}, started["statusDetails"])
        self.assertEqual(2, started["versionNumber"])
        self.assertIn(started["approximateSecondsBeforeTimedOut"], range(570, 601))
        self.finish(job, thing)
        ended = self.execution(job, thing)
        self.assertEqual(("SUCCEEDED", 3, started["startedAt"], {"detailsMap": {"step": "1 ü"}}),
                         (ended["status"], ended["versionNumber"], ended["startedAt"],
                          ended["statusDetails"]))
        self.assertNotIn("approximateSecondsBeforeTimedOut", ended)
        self.assertNotIn("forceCanceled", ended)

    def test_finds_things_with_colons_and_every_legal_id(self):
        thing = self.make_thing(ODD_THING)
        job = self.make_job(thing, job="-_")
        self.assertEqual(arn("thing", thing), self.execution(job, thing)["thingArn"])
        by_hand = self.aws("iot", "describe-job-execution", "--job-id=-_", "--thing-name", thing)
        self.assertEqual(arn("thing", thing), by_hand["execution"]["thingArn"])
        for path in ("/things/a:B-c_9::/jobs/-_", "/things/a%3aB%2Dc_9%3A:/jobs/%2d%5F"):
            status, _, answer = self.send("GET", path)
            self.assertEqual((200, thing), (status, answer["execution"]["thingArn"].split("/")[1]))

    def test_picks_the_latest_or_the_one_that_is_named(self):
        thing = self.make_thing()
        group = self.make_group(thing)
        job = self.make_job(self.group_arn(group), targetSelection="CONTINUOUS")
        self.finish(job, thing, "FAILED")
        self.iot.remove_thing_from_thing_group(thingGroupName=group, thingName=thing)
        self.iot.add_thing_to_thing_group(thingGroupName=group, thingName=thing)
        for number, status in ((None, "QUEUED"), (2, "QUEUED"), (1, "FAILED")):
            found = self.execution(job, thing, **({"executionNumber": number} if number else {}))
            self.assertEqual((number or 2, status), (found["executionNumber"], found["status"]))
        call = functools.partial(self.execution, job, thing)
        self.assert_error("ResourceNotFoundException", call, executionNumber=3, status=404,
                          message="There is no execution 3 of job")
        for number in (0, -1, "one", 2**63, 1.5):
            self.assert_error("InvalidRequestException", call, executionNumber=number, status=400,
                              message="^executionNumber must be an integer of at least 1")

    def test_is_refused_for_what_is_not_there(self):
        self.assert_bad_names(self.iot.describe_job_execution)
        self.assert_nothing_there(self.iot.describe_job_execution)
        self.assert_error("ResourceNotFoundException", self.aws, "iot", "describe-job-execution",
                          "--job-id", "no-such", "--thing-name", "t", message="no execution")


class CancelJobExecution(ExecutionTest):
    def cancel(self, job, thing, **parameters):
        return self.iot.cancel_job_execution(jobId=job, thingName=thing, **parameters)

    def test_of_what_is_queued_ends_it(self):
        job, thing = self.make_pair()
        self.cancel(job, thing, statusDetails={"why": "wrong – thing"}, expectedVersion=1)
        found = self.execution(job, thing)
        self.assertEqual(("CANCELED", 2, {"detailsMap": {"why": "wrong – thing"}}),
                         (found["status"], found["versionNumber"], found["statusDetails"]))
        self.assertNotIn("forceCanceled", found)
        self.assertNotIn("startedAt", found)
        self.assertEqual([], self.pending(thing))
        self.assertEqual("COMPLETED", self.describe(job)["status"], "it was the last one")

    def test_of_what_is_at_work_needs_force(self):
        job, thing = self.make_pair()
        self.start(job, thing, statusDetails={"kept": "yes"})
        self.assert_error("InvalidStateTransitionException", self.cancel, job, thing, status=409,
                          message="is IN_PROGRESS; cancel it with force")
        self.assertEqual("IN_PROGRESS", self.execution(job, thing)["status"])
        self.cancel(job, thing, force=True)
        found = self.execution(job, thing)
        self.assertEqual(("CANCELED", True, 3, {"detailsMap": {"kept": "yes"}}),
                         (found["status"], found["forceCanceled"], found["versionNumber"],
                          found["statusDetails"]))
        self.assertNotIn("approximateSecondsBeforeTimedOut", found)
        self.assert_error("InvalidStateTransitionException", self.finish, job, thing, status=409,
                          message="is CANCELED")

    def test_of_what_is_over_is_refused(self):
        for status in ("SUCCEEDED", "FAILED", "REJECTED"):
            job, thing = self.make_pair(status)
            for force in (False, True):
                with self.subTest(status=status, force=force):
                    self.assert_error("InvalidStateTransitionException", self.cancel, job, thing,
                                      force=force, status=409, message=f"is {status}; it is over")
            self.assertEqual(status, self.execution(job, thing)["status"])
        job, thing = self.make_pair()
        self.cancel(job, thing)
        self.assert_error("InvalidStateTransitionException", self.cancel, job, thing, force=True)

    def test_with_another_version_is_a_conflict(self):
        job, thing = self.make_pair("IN_PROGRESS", "IN_PROGRESS")
        for version in (0, 2, 4, 2**63 - 1):
            self.assert_error("VersionConflictException", self.cancel, job, thing, status=409,
                              force=True, expectedVersion=version, message="has version 3")
        self.assert_error("InvalidStateTransitionException", self.cancel, job, thing,
                          expectedVersion=1, message="force")
        self.cancel(job, thing, force=True, expectedVersion=3)

    def test_is_refused_with_what_is_wrong(self):
        job, thing = self.make_pair()
        for message, parameters in (
                ("^expectedVersion must be an integer", {"expectedVersion": -1}),
                ("^expectedVersion must be an integer", {"expectedVersion": "1"}),
                ("^force must be true or false", {"force": "no"}),
                ("has 11 pairs", {"statusDetails": {f"k{n}": "v" for n in range(11)}}),
                ("the key", {"statusDetails": {"a b": "v"}}),
                ("the key", {"statusDetails": {"k" * 129: "v"}}),
                ("the key", {"statusDetails": {"": "v"}}),
                ("0 characters", {"statusDetails": {"k": ""}}),
                ("1025 characters", {"statusDetails": {"k": "ü" * 1025}}),
                ("must be a string", {"statusDetails": {"k": 1}})):
            with self.subTest(**parameters):
                self.assert_error("InvalidRequestException", self.cancel, job, thing, status=400,
                                  message=message, **parameters)
        self.assertEqual(1, self.execution(job, thing)["versionNumber"])
        self.assert_bad_names(self.iot.cancel_job_execution)
        self.assert_nothing_there(self.iot.cancel_job_execution)

    def test_by_the_cli_is_answered_the_same(self):
        job, thing = self.make_pair("IN_PROGRESS")
        names = ("--job-id", job, "--thing-name", thing)
        for code, arguments in (
                ("InvalidStateTransitionException", ()),
                ("VersionConflictException", ("--force", "--expected-version", "1"))):
            self.assert_error(code, self.aws, "iot", "cancel-job-execution", *names, *arguments)
        self.assertIsNone(self.aws("iot", "cancel-job-execution", *names, "--force",
                                   "--expected-version", "2", "--status-details", "by=hand"))
        self.assertEqual({"detailsMap": {"by": "hand"}},
                         self.execution(job, thing)["statusDetails"])


class DeleteJobExecution(ExecutionTest):
    def delete(self, job, thing, number=1, **parameters):
        self.iot.delete_job_execution(jobId=job, thingName=thing, executionNumber=number,
                                      **parameters)

    def assert_gone(self, job, thing):
        self.assert_error("ResourceNotFoundException", self.execution, job, thing)
        self.assert_error("ResourceNotFoundException", self.finish, job, thing)
        self.assertEqual([], self.statuses(thing))
        self.assertEqual([], self.pending(thing))

    def test_needs_force_only_for_what_is_at_work(self):
        for statuses in ((), ("SUCCEEDED",), ("FAILED",), ("REJECTED",)):
            with self.subTest(statuses=statuses):
                job, thing = self.make_pair(*statuses)
                self.delete(job, thing)
                self.assert_gone(job, thing)
        job, thing = self.make_pair("IN_PROGRESS")
        self.assert_error("InvalidStateTransitionException", self.delete, job, thing, status=409,
                          message="is IN_PROGRESS; delete it with force")
        self.delete(job, thing, force=True)
        self.assert_gone(job, thing)
        self.assertEqual({}, self.counts(job))
        self.assertEqual("COMPLETED", self.describe(job)["status"], "nothing is left to wait for")

    def test_takes_the_one_that_is_named(self):
        thing = self.make_thing()
        group = self.make_group(thing)
        job = self.make_job(self.group_arn(group), targetSelection="CONTINUOUS")
        self.finish(job, thing, "FAILED")
        self.iot.remove_thing_from_thing_group(thingGroupName=group, thingName=thing)
        self.iot.add_thing_to_thing_group(thingGroupName=group, thingName=thing)
        self.delete(job, thing, 2)
        self.assertEqual([(job, 1, "FAILED")], self.statuses(thing))
        self.assertEqual({"Failed": 1}, self.counts(job))
        self.assert_error("ResourceNotFoundException", self.delete, job, thing, 2, status=404,
                          message="There is no execution 2 of job")

    def test_is_refused_with_what_is_wrong(self):
        job, thing = self.make_pair()
        for number in (0, -1, "latest", 2**63, "1 "):
            with self.subTest(number=number):
                self.assert_error("InvalidRequestException", self.delete, job, thing, number,
                                  message="^executionNumber must be an integer of at least 1")
        self.assert_error("InvalidRequestException", self.delete, job, thing, force=1,
                          message="^force must be true or false")
        self.assert_error("InvalidRequestException", self.delete, job, thing, namespaceId="gg",
                          message="^namespaceId is not supported")
        self.assert_bad_names(self.iot.delete_job_execution, executionNumber=1)
        for names in ((job, "no-such"), ("no-such", thing), (job, thing, 2)):
            self.assert_error("ResourceNotFoundException", self.delete, *names, status=404)

    def test_by_the_cli_is_answered_the_same(self):
        job, thing = self.make_pair("IN_PROGRESS")
        names = ("--job-id", job, "--thing-name", thing, "--execution-number", "1")
        self.assert_error("InvalidStateTransitionException", self.aws, "iot",
                          "delete-job-execution", *names, message="with force")
        self.assertIsNone(self.aws("iot", "delete-job-execution", *names, "--force"))
        self.assert_gone(job, thing)


class Lists(ExecutionTest):
    def fill(self, job_count, thing_count):
        """(jobs, things), each job on each thing; some executions have gone on."""
        things = [self.make_thing() for _ in range(thing_count)]
        jobs = [self.make_job(*things) for _ in range(job_count)]
        for job in jobs[:2]:
            self.finish(job, things[0])
        self.finish(jobs[0], things[1], "IN_PROGRESS")
        return jobs, things

    def test_of_a_job_tell_of_each_thing_what_a_summary_has(self):
        (job, _), (done, at_work, queued) = self.fill(2, 3)
        summaries = {s["thingArn"]: s["jobExecutionSummary"] for s in
                     self.iot.list_job_executions_for_job(jobId=job)["executionSummaries"]}
        self.assertEqual({arn("thing", t) for t in (done, at_work, queued)}, set(summaries))
        for thing, status in ((done, "SUCCEEDED"), (at_work, "IN_PROGRESS"), (queued, "QUEUED")):
            described = self.execution(job, thing)
            summary = summaries[arn("thing", thing)]
            members = {"status", "queuedAt", "lastUpdatedAt", "executionNumber"}
            self.assertEqual(members | ({"startedAt"} if status != "QUEUED" else set()),
                             set(summary))
            self.assertEqual(status, summary["status"])
            self.assertEqual({name: described[name] for name in summary}, summary)

    def test_of_a_thing_tell_of_each_job_what_a_summary_has(self):
        jobs, things = self.fill(3, 2)
        found = self.iot.list_job_executions_for_thing(thingName=things[0])["executionSummaries"]
        summaries = {s.pop("jobId"): s for s in found}
        self.assertEqual(set(jobs), set(summaries))
        for job in jobs:
            self.assertEqual({"jobExecutionSummary"}, set(summaries[job]))
            summary = summaries[job]["jobExecutionSummary"]
            described = self.execution(job, things[0])
            self.assertEqual({name: described[name] for name in summary}, summary)
        self.assertEqual([], self.statuses(self.make_thing()))

    def test_pick_by_status_and_job(self):
        jobs, things = self.fill(3, 3)
        for status, count in (("SUCCEEDED", 1), ("IN_PROGRESS", 1), ("QUEUED", 1), ("FAILED", 0),
                              ("TIMED_OUT", 0), ("REJECTED", 0), ("REMOVED", 0), ("CANCELED", 0)):
            with self.subTest(status=status):
                found = self.iot.list_job_executions_for_job(jobId=jobs[0], status=status)
                self.assertEqual([status] * count, [s["jobExecutionSummary"]["status"]
                                                    for s in found["executionSummaries"]])
        self.assertEqual(sorted([(jobs[0], 1, "SUCCEEDED"), (jobs[1], 1, "SUCCEEDED")]),
                         self.statuses(things[0], status="SUCCEEDED"))
        self.assertEqual([(jobs[1], 1, "SUCCEEDED")], self.statuses(things[0], jobId=jobs[1]))
        self.assertEqual([], self.statuses(things[0], jobId=jobs[2], status="SUCCEEDED"))
        self.assertEqual([], self.statuses(things[0], jobId="no-such-job"))

    def test_come_in_pages_that_hold_everything_once(self):
        jobs, things = self.fill(5, 5)
        of_job = self.iot.get_paginator("list_job_executions_for_job")
        of_thing = self.iot.get_paginator("list_job_executions_for_thing")
        for size in (1, 2, 5, 250):
            pages = list(of_job.paginate(jobId=jobs[0], maxResults=size))
            self.assertEqual(-(-5 // size), len(pages))
            found = [s["thingArn"] for page in pages for s in page["executionSummaries"]]
            self.assertEqual(sorted(arn("thing", t) for t in things), sorted(found))
            pages = list(of_thing.paginate(thingName=things[0], maxResults=size))
            self.assertEqual(-(-5 // size), len(pages))
            found = [s["jobId"] for page in pages for s in page["executionSummaries"]]
            self.assertEqual(sorted(jobs), sorted(found))
            pages = list(of_thing.paginate(thingName=things[0], status="QUEUED", maxResults=size))
            found = [s["jobId"] for page in pages for s in page["executionSummaries"]]
            self.assertEqual(sorted(jobs[2:]), sorted(found))

    def test_by_the_cli_come_whole(self):
        jobs, things = self.fill(3, 3)
        found = self.aws("iot", "list-job-executions-for-job", "--job-id", jobs[0],
                         "--page-size", "2")
        self.assertEqual(sorted(arn("thing", t) for t in things),
                         sorted(s["thingArn"] for s in found["executionSummaries"]))
        found = self.aws("iot", "list-job-executions-for-thing", "--thing-name", things[0],
                         "--status", "SUCCEEDED", "--page-size", "1")
        self.assertEqual(sorted(jobs[:2]), sorted(s["jobId"] for s in found["executionSummaries"]))
        found = self.aws("iot", "list-job-executions-for-thing", "--thing-name", things[0],
                         "--max-items", "2")
        self.assertEqual(2, len(found["executionSummaries"]))
        self.assertIn("NextToken", found)
        self.assert_error("ResourceNotFoundException", self.aws, "iot",
                          "list-job-executions-for-job", "--job-id", "no-such", message="no job")
        self.assert_error("ResourceNotFoundException", self.aws, "iot",
                          "list-job-executions-for-thing", "--thing-name", "no-such",
                          message="no thing")

    def test_are_refused_with_what_is_wrong(self):
        (job, *_), (thing, *_) = self.fill(2, 2)
        of_job = functools.partial(self.iot.list_job_executions_for_job, jobId=job)
        of_thing = functools.partial(self.iot.list_job_executions_for_thing, thingName=thing)
        token = of_job(maxResults=1)["nextToken"]
        for message, parameters in (
                ("^status cannot be 'DONE'", {"status": "DONE"}),
                ("^maxResults must be an integer from 1 to 250", {"maxResults": 0}),
                ("^maxResults must be an integer from 1 to 250", {"maxResults": 251}),
                ("^nextToken is not a token of this list", {"nextToken": token[:-4]}),
                ("^nextToken is not a token of this list", {"nextToken": "Zm9v"})):
            for call in (of_job, of_thing):
                with self.subTest(**parameters):
                    self.assert_error("InvalidRequestException",
                                      functools.partial(call, **parameters), message=message,
                                      status=400)
        self.assert_error("InvalidRequestException", of_thing, nextToken=token,
                          message="^nextToken is not a token of this list")
        self.assert_error("InvalidRequestException", of_thing, jobId="a b", message="^jobId must")
        self.assert_error("InvalidRequestException", of_thing, namespaceId="gg",
                          message="^namespaceId is not supported")
        self.assert_bad_job_ids(self.iot.list_job_executions_for_job)
        self.assert_no_job(self.iot.list_job_executions_for_job)
        for name in BAD_THINGS:
            self.assert_error("InvalidRequestException", self.iot.list_job_executions_for_thing,
                              thingName=name, message="^thingName must be 1 to 128")
        self.assert_error("ResourceNotFoundException", self.iot.list_job_executions_for_thing,
                          thingName="no-such", message='no thing "no-such"', status=404)


class Targets(ExecutionTest):
    def join(self, group, thing):
        self.iot.add_thing_to_thing_group(thingGroupName=group, thingName=thing)

    def leave(self, group, thing):
        self.iot.remove_thing_from_thing_group(thingGroupName=group, thingName=thing)

    def test_of_a_group_are_the_things_of_all_groups_below_it_once(self):
        top, middle, leaf, other = (self.make_thing() for _ in range(4))
        root = self.make_group(top)
        child = self.make_group(middle, parent=root)
        grandchild = self.make_group(leaf, parent=child)
        self.make_group(other)
        for selection in ("SNAPSHOT", "CONTINUOUS"):
            job = self.make_job(self.group_arn(root), top, self.group_arn(grandchild),
                                targetSelection=selection)
            self.assertEqual({"Queued": 3}, self.counts(job))
            for thing in (top, middle, leaf):
                self.assertEqual("QUEUED", self.execution(job, thing)["status"])
            self.assert_error("ResourceNotFoundException", self.execution, job, other)
        job = self.make_job(self.group_arn(child))
        self.assert_error("ResourceNotFoundException", self.execution, job, top)
        self.assertEqual({"Queued": 2}, self.counts(job))

    def test_of_a_snapshot_are_settled_when_it_is_made(self):
        member, late = self.make_thing(), self.make_thing()
        group = self.make_group(member)
        job = self.make_job(self.group_arn(group))
        self.join(group, late)
        self.leave(group, member)
        self.assertEqual({"Queued": 1}, self.counts(job))
        self.assertEqual("QUEUED", self.execution(job, member)["status"])
        self.assertEqual("IN_PROGRESS", self.describe(job)["status"])
        self.finish(job, member, "REJECTED")
        described = self.describe(job)
        self.assertEqual("COMPLETED", described["status"])
        self.assertEqual(described["completedAt"], described["lastUpdatedAt"])
        self.assertEqual("COMPLETED", self.describe(self.make_job(
            self.group_arn(self.make_group())))["status"], "a group without things is done at once")

    def test_of_a_snapshot_are_waited_for_to_the_last(self):
        things = [self.make_thing() for _ in range(5)]
        job = self.make_job(*things)
        for thing, status in zip(things, ("SUCCEEDED", "FAILED", "REJECTED")):
            self.finish(job, thing, status)
        self.iot.cancel_job_execution(jobId=job, thingName=things[3])
        self.assertEqual("IN_PROGRESS", self.describe(job)["status"])
        self.iot.delete_thing(thingName=things[4])
        self.assertEqual("COMPLETED", self.describe(job)["status"])
        self.assertEqual({"Succeeded": 1, "Failed": 1, "Rejected": 1, "Canceled": 1, "Removed": 1},
                         self.counts(job))

    def test_of_a_continuous_job_come_and_go_with_the_group(self):
        thing = self.make_thing()
        root = self.make_group()
        child = self.make_group(parent=root)
        job = self.make_job(self.group_arn(root), targetSelection="CONTINUOUS")
        self.assertEqual("IN_PROGRESS", self.describe(job)["status"])
        history = []
        for end in ("leaves queued", "leaves at work", "leaves done"):
            self.join(child, thing)
            number = len(history) + 1
            self.assertEqual([job], self.pending(thing))
            self.assertEqual((number, "QUEUED", 1), tuple(
                self.execution(job, thing)[n] for n in ("executionNumber", "status",
                                                         "versionNumber")))
            if end != "leaves queued":
                self.finish(job, thing, "IN_PROGRESS" if end == "leaves at work" else "SUCCEEDED")
            self.leave(child, thing)
            history.append((job, number, "SUCCEEDED" if end == "leaves done" else "REMOVED"))
            self.assertEqual(history, self.statuses(thing))
            self.assertEqual([], self.pending(thing))
        self.assertEqual("IN_PROGRESS", self.describe(job)["status"], "a next one may join")
        self.iot.cancel_job(jobId=job)
        self.join(child, thing)
        self.assertEqual(history, self.statuses(thing), "a canceled job takes nobody in")

    def test_of_a_continuous_job_stay_while_another_way_is_left(self):
        thing = self.make_thing()
        first, second = self.make_group(thing), self.make_group()
        job = self.make_job(self.group_arn(first), self.group_arn(second),
                            targetSelection="CONTINUOUS")
        self.join(second, thing)
        self.assertEqual([(job, 1, "QUEUED")], self.statuses(thing))
        self.leave(first, thing)
        self.assertEqual([(job, 1, "QUEUED")], self.statuses(thing))
        self.leave(second, thing)
        self.assertEqual([(job, 1, "REMOVED")], self.statuses(thing))

    def test_of_a_group_that_is_deleted_lose_a_continuous_job(self):
        thing = self.make_thing()
        group = self.make_group(thing)
        target = self.group_arn(group)
        going = self.make_job(target, targetSelection="CONTINUOUS")
        settled = self.make_job(target)
        self.iot.delete_thing_group(thingGroupName=group)
        self.assertEqual({(going, 1, "REMOVED"), (settled, 1, "QUEUED")},
                         set(self.statuses(thing)))
        self.assertEqual([target], self.describe(going)["targets"])

    def test_that_are_deleted_leave_their_executions_behind_as_removed(self):
        thing = self.make_thing()
        job = self.make_job(thing, self.make_thing())
        self.iot.delete_thing(thingName=thing)
        found = self.iot.list_job_executions_for_job(jobId=job, status="REMOVED")
        self.assertEqual([arn("thing", thing)], [s["thingArn"]
                                                 for s in found["executionSummaries"]])
        self.assertEqual({"Queued": 1, "Removed": 1}, self.counts(job))
        self.assert_error("ResourceNotFoundException", self.statuses, thing)
        self.assert_error("ResourceNotFoundException", self.pending, thing)
