"""What the tests of a cloud's jobs have in common: what is asked again and again of them."""

from .cloud_case import CloudTest

#: No ids of jobs, each for a reason of its own.
BAD_IDS = ["x" * 65, "bad id!", "a.b", "a/b", "a:b", "$next", "ü", "a\n"]
#: No names of things.
BAD_THINGS = ["x" * 129, "a b", "a.b", "a/b", "$next", "ü", "a\n"]
#: What a thing may be called; ':' goes percent-encoded into a path.
ODD_THING = "a:B-c_9::"


class JobTest(CloudTest):
    def describe(self, job):
        return self.iot.describe_job(jobId=job)["job"]

    def counts(self, job):
        """{"Queued": 1, ...} without the zeros."""
        details = self.describe(job)["jobProcessDetails"]
        return {name[len("numberOf"):-len("Things")]: count for name, count in details.items()
                if name.startswith("numberOf") and count}

    def finish(self, job, thing, status="SUCCEEDED"):
        self.jobs_data.update_job_execution(jobId=job, thingName=thing, status=status)

    def completed_job(self):
        """A job with a thing that has done it."""
        thing = self.make_thing()
        job = self.make_job(thing)
        self.finish(job, thing)
        self.assertEqual("COMPLETED", self.describe(job)["status"])
        return job

    def canceled_job(self, **parameters):
        job = self.make_job(self.make_thing(), **parameters)
        self.iot.cancel_job(jobId=job)
        return job

    def assert_bad_job_ids(self, call, **parameters):
        for job in BAD_IDS:
            with self.subTest(job=job):
                self.assert_error("InvalidRequestException", call, jobId=job, status=400,
                                  message=r"^jobId must be 1 to 64 characters", **parameters)

    def assert_no_job(self, call, **parameters):
        self.assert_error("ResourceNotFoundException", call, jobId="no-such-job", status=404,
                          message='no job "no-such-job"', **parameters)


class ExecutionTest(JobTest):
    def execution(self, job, thing, **parameters):
        return self.iot.describe_job_execution(jobId=job, thingName=thing,
                                               **parameters)["execution"]

    def statuses(self, thing, **parameters):
        """[(job, number, status)] of the thing, sorted."""
        found = self.iot.list_job_executions_for_thing(thingName=thing, **parameters)
        return sorted((e["jobId"], e["jobExecutionSummary"]["executionNumber"],
                       e["jobExecutionSummary"]["status"]) for e in found["executionSummaries"])

    def pending(self, thing):
        """The ids of what a device would find: those at work, then the queued ones."""
        lists = self.jobs_data.get_pending_job_executions(thingName=thing)
        return [e["jobId"] for e in lists["inProgressJobs"] + lists["queuedJobs"]]

    def start(self, job, thing, **parameters):
        self.jobs_data.update_job_execution(jobId=job, thingName=thing, status="IN_PROGRESS",
                                            **parameters)

    def make_pair(self, *statuses, **parameters):
        """(job, thing) with an execution that went through these statuses."""
        thing = self.make_thing()
        job = self.make_job(thing, **parameters)
        for status in statuses:
            self.finish(job, thing, status)
        return job, thing

    def assert_bad_names(self, call, **parameters):
        for job in BAD_IDS:
            with self.subTest(job=job):
                self.assert_error("InvalidRequestException", call, jobId=job, thingName="t",
                                  message="^jobId must be 1 to 64", status=400, **parameters)
        for thing in BAD_THINGS:
            with self.subTest(thing=thing):
                self.assert_error("InvalidRequestException", call, jobId="j", thingName=thing,
                                  message="^thingName must be 1 to 128", status=400, **parameters)

    def assert_nothing_there(self, call, **parameters):
        """For jobs, things and pairs of them that are not there."""
        job, thing = self.make_pair()
        for names in ({"jobId": "no-such", "thingName": thing},
                      {"jobId": job, "thingName": "no-such"},
                      {"jobId": job, "thingName": self.make_thing()}):
            with self.subTest(**names):
                self.assert_error("ResourceNotFoundException", call, **names, status=404,
                                  message="There is no execution", **parameters)
