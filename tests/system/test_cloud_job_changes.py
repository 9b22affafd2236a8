"""Jobs that exist, as boto3 and the aws CLI see them: more targets, cancelling, deleting, lists."""

import base64
import functools
import time

from .harness.cloud import arn
from .harness.cloud_jobs import JobTest


class AssociateTargetsWithJob(JobTest):
    def associate(self, job, *targets, **parameters):
        return self.iot.associate_targets_with_job(jobId=job, targets=list(targets), **parameters)

    def test_gives_the_job_to_further_things_once(self):
        first, second, member = (self.make_thing() for _ in range(3))
        group = self.group_arn(self.make_group(member))
        job = self.make_job(first, targetSelection="CONTINUOUS", description="for all")
        answer = self.associate(job, self.thing_arn(second), group, comment="two more")
        del answer["ResponseMetadata"]
        self.assertEqual({"jobArn": arn("job", job), "jobId": job, "description": "for all"},
                         answer)
        described = self.describe(job)
        self.assertEqual([arn("thing", first), arn("thing", second), group], described["targets"])
        self.assertEqual("two more", described["comment"])
        self.assertEqual({"Queued": 3}, self.counts(job))
        self.finish(job, second)
        self.associate(job, self.thing_arn(second), group, self.thing_arn(first))
        self.assertEqual(3, len(self.describe(job)["targets"]))
        self.assertEqual({"Queued": 2, "Succeeded": 1}, self.counts(job))

    def test_is_for_continuous_jobs_that_go_on(self):
        thing = self.thing_arn(self.make_thing())
        self.assert_error("InvalidRequestException", self.associate, self.make_job(thing), thing,
                          message="is a SNAPSHOT", status=400)
        for over in (self.completed_job(), self.canceled_job(targetSelection="CONTINUOUS")):
            self.assert_error("InvalidRequestException", self.associate, over, thing,
                              message="only one that is IN_PROGRESS")

    def test_is_refused_with_what_is_wrong(self):
        thing = self.thing_arn(self.make_thing())
        job = self.make_job(thing, targetSelection="CONTINUOUS")
        for message, targets, parameters in (
                ("^targets is required", [], {}),
                ("not the ARN of a thing or a thing group", ["x"], {}),
                ("^comment must be 1 to 2028", [thing], {"comment": "x" * 2029}),
                ("^namespaceId is not supported", [thing], {"namespaceId": "gg"})):
            self.assert_error("InvalidRequestException", self.associate, job, *targets,
                              message=message, status=400, **parameters)
        self.assert_error("ResourceNotFoundException", self.associate, job, thing,
                          arn("thing", "nobody"), message="does not exist", status=404)
        self.assert_bad_job_ids(self.iot.associate_targets_with_job, targets=[thing])
        self.assert_no_job(self.iot.associate_targets_with_job, targets=[thing])
        self.assertEqual([thing], self.describe(job)["targets"])

    def test_takes_a_hundred_targets_in_all(self):
        arns = [self.thing_arn(self.make_thing()) for _ in range(101)]
        job = self.make_job(*arns[:60], targetSelection="CONTINUOUS")
        self.assert_error("LimitExceededException", self.associate, job, *arns[60:],
                          message="101 targets", status=410)
        self.associate(job, *arns[40:100])
        self.assertEqual(arns[:100], self.describe(job)["targets"])
        self.assert_error("LimitExceededException", self.associate, job, arns[100])

    def test_by_the_cli_is_answered_the_same(self):
        thing = self.thing_arn(self.make_thing())
        job = self.make_job(self.make_thing(), targetSelection="CONTINUOUS")
        answer = self.aws("iot", "associate-targets-with-job", "--job-id", job, "--targets", thing,
                          "--comment", "one more")
        self.assertEqual({"jobArn": arn("job", job), "jobId": job}, answer)
        self.assert_error("ResourceNotFoundException", self.aws, "iot",
                          "associate-targets-with-job", "--job-id", job, "--targets",
                          arn("thing", "nobody"), message="does not exist")


class CancelJob(JobTest):
    def job_in_every_state(self):
        """A job with a thing that is queued, one at work, one that is done."""
        things = [self.make_thing() for _ in range(3)]
        job = self.make_job(*things, description="mixed")
        self.finish(job, things[1], "IN_PROGRESS")
        self.finish(job, things[2])
        return job, things

    def test_ends_what_is_queued_and_leaves_what_runs(self):
        job, things = self.job_in_every_state()
        answer = self.iot.cancel_job(jobId=job, reasonCode="WRONG_1", comment="ill-made – stop")
        del answer["ResponseMetadata"]
        self.assertEqual({"jobArn": arn("job", job), "jobId": job, "description": "mixed"}, answer)
        described = self.describe(job)
        self.assertEqual(("CANCELED", "WRONG_1", "ill-made – stop"),
                         tuple(described[name] for name in ("status", "reasonCode", "comment")))
        self.assertNotIn("forceCanceled", described)
        self.assertNotIn("completedAt", described)
        self.assertEqual({"Canceled": 1, "InProgress": 1, "Succeeded": 1}, self.counts(job))
        self.finish(job, things[1], "FAILED")
        self.assertEqual({"Canceled": 1, "Failed": 1, "Succeeded": 1}, self.counts(job))
        self.assertEqual("CANCELED", self.describe(job)["status"], "it does not become COMPLETED")

    def test_with_force_ends_what_runs_too(self):
        job, things = self.job_in_every_state()
        self.iot.cancel_job(jobId=job, force=True)
        self.assertIs(True, self.describe(job)["forceCanceled"])
        self.assertEqual({"Canceled": 2, "Succeeded": 1}, self.counts(job))
        execution = self.iot.describe_job_execution(jobId=job, thingName=things[1])["execution"]
        self.assertEqual(("CANCELED", True, 3), (execution["status"], execution["forceCanceled"],
                                                 execution["versionNumber"]))
        self.assert_error("InvalidStateTransitionException", self.finish, job, things[1],
                          status=409)

    def test_is_refused_for_jobs_that_are_over(self):
        for over, status in ((self.completed_job(), "COMPLETED"),
                             (self.canceled_job(), "CANCELED")):
            for force in (False, True):
                self.assert_error("InvalidRequestException", self.iot.cancel_job, jobId=over,
                                  force=force, message=f"The job is {status}", status=400)
        self.assert_bad_job_ids(self.iot.cancel_job)
        self.assert_no_job(self.iot.cancel_job)

    def test_is_refused_with_what_is_wrong(self):
        job = self.make_job(self.make_thing())
        for reason in ("", "x" * 129, "lower", "TWO WORDS", "Ü", "A-B"):
            with self.subTest(reason=reason):
                self.assert_error("InvalidRequestException", self.iot.cancel_job, jobId=job,
                                  reasonCode=reason, message="^reasonCode must be 1 to 128")
        for comment in ("", "x" * 2029, "a\tb"):
            self.assert_error("InvalidRequestException", self.iot.cancel_job, jobId=job,
                              comment=comment, message="^comment must be 1 to 2028")
        self.assert_error("InvalidRequestException", self.iot.cancel_job, jobId=job,
                          force="perhaps", message="^force must be true or false")
        self.assertEqual("IN_PROGRESS", self.describe(job)["status"])
        self.iot.cancel_job(jobId=job, reasonCode="A_0" * 42 + "ZZ", comment="ü" * 2028)
        self.assertEqual(128, len(self.describe(job)["reasonCode"]))

    def test_by_the_cli_is_answered_the_same(self):
        job, _ = self.job_in_every_state()
        answer = self.aws("iot", "cancel-job", "--job-id", job, "--force", "--reason-code", "R",
                          "--comment", "by hand")
        self.assertEqual({"jobArn": arn("job", job), "jobId": job, "description": "mixed"}, answer)
        self.assertEqual({"Canceled": 2, "Succeeded": 1}, self.counts(job))
        self.assert_error("InvalidRequestException", self.aws, "iot", "cancel-job", "--job-id", job,
                          message="^The job is CANCELED")


class DeleteJob(JobTest):
    def assert_gone(self, job, thing):
        for call in (self.iot.describe_job, self.iot.get_job_document,
                     self.iot.list_job_executions_for_job, self.iot.delete_job):
            self.assert_error("ResourceNotFoundException", call, jobId=job)
        self.assert_error("ResourceNotFoundException", self.iot.describe_job_execution, jobId=job,
                          thingName=thing)
        self.assert_error("ResourceNotFoundException", self.finish, job, thing)
        self.assertEqual([], self.iot.list_job_executions_for_thing(
            thingName=thing, jobId=job)["executionSummaries"])
        pages = self.iot.get_paginator("list_jobs").paginate()
        self.assertNotIn(job, {j["jobId"] for page in pages for j in page["jobs"]})

    def test_of_a_job_that_is_over_takes_everything_of_it(self):
        thing = self.make_thing()
        for over in ("completed", "canceled", "canceled at work"):
            with self.subTest(over=over):
                job = self.make_job(thing, tags=[{"Key": "a", "Value": "b"}])
                if over == "canceled at work":
                    self.finish(job, thing, "IN_PROGRESS")
                if over == "completed":
                    self.finish(job, thing)
                else:
                    self.iot.cancel_job(jobId=job)
                self.iot.delete_job(jobId=job)
                self.assert_gone(job, thing)
                self.make_job(thing, job=job, document='{"second":1}')
                self.assertEqual('{"second":1}', self.iot.get_job_document(jobId=job)["document"])
                self.assertEqual([], self.iot.list_tags_for_resource(
                    resourceArn=arn("job", job))["tags"])
                execution = self.iot.describe_job_execution(jobId=job, thingName=thing)
                self.assertEqual("QUEUED", execution["execution"]["status"])
                self.iot.delete_job(jobId=job, force=True)

    def test_of_a_job_that_goes_on_needs_force(self):
        queued, at_work = self.make_thing(), self.make_thing()
        job = self.make_job(queued, at_work)
        self.finish(job, at_work, "IN_PROGRESS")
        self.assert_error("InvalidStateTransitionException", self.iot.delete_job, jobId=job,
                          message="cancel it first, or delete it with force", status=409)
        self.assert_error("InvalidStateTransitionException", self.iot.delete_job, jobId=job,
                          force=False)
        self.assertEqual("IN_PROGRESS", self.describe(job)["status"])
        self.iot.delete_job(jobId=job, force=True)
        self.assert_gone(job, queued)
        self.assert_gone(job, at_work)
        for thing in (queued, at_work):
            pending = self.jobs_data.get_pending_job_executions(thingName=thing)
            self.assertEqual(([], []), (pending["inProgressJobs"], pending["queuedJobs"]))

    def test_is_refused_for_what_is_no_job(self):
        self.assert_bad_job_ids(self.iot.delete_job)
        self.assert_no_job(self.iot.delete_job)
        job = self.completed_job()
        self.assert_error("InvalidRequestException", self.iot.delete_job, jobId=job,
                          namespaceId="gg", message="^namespaceId is not supported")
        self.assert_error("InvalidRequestException", self.iot.delete_job, jobId=job, force="yes",
                          message="^force must be true or false")

    def test_by_the_cli_is_answered_the_same(self):
        thing = self.make_thing()
        job = self.make_job(thing)
        self.assert_error("InvalidStateTransitionException", self.aws, "iot", "delete-job",
                          "--job-id", job, message="cancel it first")
        self.assertIsNone(self.aws("iot", "delete-job", "--job-id", job, "--force"))
        self.assert_gone(job, thing)


class ManyThings(JobTest):
    """More than a call does at once: the rest is done behind it."""

    COUNT = 450

    def wait_for(self, condition, what):
        """Asks until `condition` holds; returns what it gave."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if answer := condition():
                return answer
        return self.fail(f"not within 60 s: {what}")

    def status(self, job):
        """None when it is gone."""
        try:
            return self.describe(job)["status"]
        except self.iot.exceptions.ResourceNotFoundException:
            return None

    def test_get_a_job_and_lose_it_slice_by_slice(self):
        group = self.make_group()
        for _ in range(self.COUNT):
            self.iot.add_thing_to_thing_group(thingGroupName=group, thingName=self.make_thing())
        job = self.make_job(self.group_arn(group))
        described = self.describe(job)
        self.assertEqual("IN_PROGRESS", described["status"])
        if described["isConcurrent"]:
            self.assertEqual([self.group_arn(group)],
                             described["jobProcessDetails"]["processingTargets"])
        self.wait_for(lambda: self.counts(job) == {"Queued": self.COUNT}, "rolled out")
        self.wait_for(lambda: not self.describe(job)["isConcurrent"], "at rest")
        self.assertNotIn("processingTargets", self.describe(job)["jobProcessDetails"])
        pages = self.iot.get_paginator("list_job_executions_for_job").paginate(jobId=job)
        sizes = [len(page["executionSummaries"]) for page in pages]
        self.assertEqual([250, self.COUNT - 250], sizes)

        self.iot.cancel_job(jobId=job)
        self.assertEqual("CANCELED", self.status(job))
        self.wait_for(lambda: self.counts(job) == {"Canceled": self.COUNT}, "canceled")

        self.iot.delete_job(jobId=job)
        if self.status(job) is not None:
            for call in (self.iot.delete_job, self.iot.cancel_job):
                try:
                    call(jobId=job)
                    self.fail("what is being deleted was changed")
                except self.iot.exceptions.InvalidRequestException as error:
                    self.assertRegex(str(error), "being deleted|DELETION_IN_PROGRESS")
                except self.iot.exceptions.ResourceNotFoundException:
                    pass  # It is gone by now.
        self.wait_for(lambda: self.status(job) is None, "deleted")


class ListJobs(JobTest):
    def ids(self, **parameters):
        pages = self.iot.get_paginator("list_jobs").paginate(**parameters)
        return [job["jobId"] for page in pages for job in page["jobs"]]

    def test_tells_of_each_what_a_summary_has(self):
        job = self.completed_job()
        pages = self.iot.get_paginator("list_jobs").paginate()
        summary = next(j for page in pages for j in page["jobs"] if j["jobId"] == job)
        described = self.describe(job)
        for name in ("createdAt", "lastUpdatedAt", "completedAt"):
            self.assertEqual(described[name], summary.pop(name))
        self.assertEqual({"jobArn": arn("job", job), "jobId": job, "targetSelection": "SNAPSHOT",
                          "status": "COMPLETED", "isConcurrent": False}, summary)

    def test_picks_by_status_selection_and_group(self):
        parent = self.make_group()
        child = self.make_group(parent=parent)
        going = self.make_job(self.group_arn(parent), targetSelection="CONTINUOUS")
        canceled = self.make_job(self.group_arn(parent), targetSelection="CONTINUOUS")
        self.iot.cancel_job(jobId=canceled)
        completed = self.make_job(self.group_arn(parent))
        of_child = self.make_job(self.group_arn(child), targetSelection="CONTINUOUS")
        everything = {going, canceled, completed, of_child}
        for wanted, filters in (
                (everything, {}),
                ({going, of_child}, {"status": "IN_PROGRESS"}),
                ({canceled}, {"status": "CANCELED"}),
                ({completed}, {"status": "COMPLETED"}),
                (set(), {"status": "DELETION_IN_PROGRESS"}),
                (set(), {"status": "SCHEDULED"}),
                ({completed}, {"targetSelection": "SNAPSHOT"}),
                ({going, canceled, of_child}, {"targetSelection": "CONTINUOUS"}),
                ({going, canceled, completed}, {"thingGroupName": parent}),
                ({of_child}, {"thingGroupName": child}),
                ({canceled}, {"thingGroupName": parent, "status": "CANCELED",
                              "targetSelection": "CONTINUOUS"}),
                (set(), {"thingGroupName": child, "targetSelection": "SNAPSHOT"})):
            with self.subTest(**filters):
                self.assertEqual(wanted, set(self.ids(**filters)) & everything)

    def test_comes_in_pages_that_hold_everything_once(self):
        group = self.make_group()
        target = self.group_arn(group)
        made = {self.make_job(target) for _ in range(7)}
        for size in (1, 2, 3, 7, 8, 250):
            pages = [page["jobs"] for page in self.iot.get_paginator("list_jobs").paginate(
                thingGroupName=group, maxResults=size)]
            ids = [job["jobId"] for page in pages for job in page]
            self.assertEqual((7, made), (len(ids), set(ids)))
            self.assertTrue(all(len(page) == size for page in pages[:-1]))
            self.assertEqual(-(-7 // size), len(pages), "no page is empty")
        first = self.iot.list_jobs(thingGroupName=group, maxResults=3)
        self.make_job(target)
        rest = self.iot.list_jobs(thingGroupName=group, nextToken=first["nextToken"])
        self.assertNotIn("nextToken", rest)
        ids = [job["jobId"] for job in first["jobs"] + rest["jobs"]]
        self.assertEqual(len(ids), len(set(ids)), "a new job makes none come twice")
        self.assertLessEqual(made, set(ids))
        by_hand = self.aws("iot", "list-jobs", "--thing-group-name", group, "--page-size", "3")
        self.assertLessEqual(made, {job["jobId"] for job in by_hand["jobs"]})
        self.assertNotIn("nextToken", by_hand)

    def test_without_a_size_comes_in_pages_of_250(self):
        target = self.group_arn(self.make_group())
        for _ in range(251):
            self.make_job(target)
        page = self.iot.list_jobs(targetSelection="SNAPSHOT", status="COMPLETED")
        self.assertEqual(250, len(page["jobs"]))
        self.assertIn("nextToken", page)

    def test_is_refused_with_what_is_wrong(self):
        group = self.make_group()
        for _ in range(2):
            self.make_job(self.group_arn(group))
        token = self.iot.list_jobs(thingGroupName=group, maxResults=1)["nextToken"]
        made_up = base64.b64encode(b"1\nListJobs\nx").decode()
        for message, parameters in (
                ("^status cannot be 'FOO'", {"status": "FOO"}),
                ("^status cannot be 'in_progress'", {"status": "in_progress"}),
                ("^targetSelection cannot be 'ALL'", {"targetSelection": "ALL"}),
                ("^thingGroupName must be 1 to 128", {"thingGroupName": "a b"}),
                ("^thingGroupId is not supported", {"thingGroupId": "0"}),
                ("^namespaceId is not supported", {"namespaceId": "gg"}),
                ("^maxResults must be an integer from 1 to 250", {"maxResults": 0}),
                ("^maxResults must be an integer from 1 to 250", {"maxResults": 251}),
                ("^maxResults must be an integer from 1 to 250", {"maxResults": "many"}),
                ("^nextToken is not a token of this list", {"nextToken": "x"}),
                ("^nextToken is not a token of this list", {"nextToken": made_up}),
                ("^nextToken is not a token of this list", {"nextToken": token[:-4]}),
                ("^nextToken is not a token of this list", {"nextToken": token + "A" * 1024})):
            with self.subTest(**parameters):
                self.assert_error("InvalidRequestException",
                                  functools.partial(self.iot.list_jobs, **parameters),
                                  message=message, status=400)
        self.assert_error("ResourceNotFoundException", self.iot.list_jobs,
                          thingGroupName="no-such-group", message="does not exist", status=404)
        self.assert_error("InvalidRequestException", self.aws, "iot", "list-jobs", "--status",
                          "FOO", message="^status cannot be 'FOO'")
        self.assert_error("InvalidRequestException", self.iot.list_job_executions_for_job,
                          jobId=self.ids(thingGroupName=group)[0], nextToken=token,
                          message="^nextToken is not a token of this list")
