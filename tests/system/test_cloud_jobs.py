"""Jobs of the control plane, as boto3 and the aws CLI see them: creating, describing, updating."""

import json
import string
from datetime import datetime, timedelta, timezone

from .harness.cloud import arn
from .harness.cloud_jobs import BAD_IDS, JobTest

#: All the characters that an id may have; there are just as many as it may be long.
LEGAL_ID = string.ascii_letters + string.digits + "_-"

NOT_SUPPORTED = {
    "presignedUrlConfig": {"roleArn": "arn:aws:iam::000000000000:role/r", "expiresInSec": 60},
    "jobExecutionsRolloutConfig": {"maximumPerMinute": 5},
    "abortConfig": {"criteriaList": [{"failureType": "ALL", "action": "CANCEL",
                                      "thresholdPercentage": 50, "minNumberOfExecutedThings": 1}]},
    "jobExecutionsRetryConfig": {"criteriaList": [{"failureType": "ALL", "numberOfRetries": 1}]},
}
NOT_SUPPORTED_AT_CREATION = {
    **NOT_SUPPORTED,
    "namespaceId": "aws-gg",
    "documentSource": "https://s3.amazonaws.com/bucket/key",
    "jobTemplateArn": "arn:aws:iot:us-east-1::jobtemplate/AWS-Reboot:1.0",
    "documentParameters": {"key": "value"},
    "schedulingConfig": {"startTime": "2099-01-01 00:00"},
}


class CreateJob(JobTest):
    def create(self, **parameters):
        """CreateJob with a document and a thing that is there, unless said otherwise."""
        defaults = {"jobId": self.unique("job"), "document": "{}"}
        if "targets" not in parameters:
            defaults["targets"] = [self.thing]
        return self.iot.create_job(**{**defaults, **parameters})

    def setUp(self):
        self.thing = self.thing_arn(self.make_thing())

    def assert_refused(self, message, code="InvalidRequestException", status=400, **parameters):
        job = self.unique("refused")
        self.assert_error(code, self.create, message=message, status=status,
                          **{"jobId": job, **parameters})
        self.assert_error("ResourceNotFoundException", self.iot.describe_job, jobId=job)

    def test_with_every_member_is_kept_and_described(self):
        group = self.group_arn(self.make_group())
        before = datetime.now(timezone.utc) - timedelta(seconds=1)
        job = self.unique("job")
        answer = self.create(
            jobId=job, targets=[self.thing, group], document='{"a": 1}', description="what – for",
            targetSelection="CONTINUOUS", timeoutConfig={"inProgressTimeoutInMinutes": 10080},
            tags=[{"Key": "team", "Value": "blue"}, {"Key": "empty", "Value": ""}])
        del answer["ResponseMetadata"]
        self.assertEqual({"jobArn": arn("job", job), "jobId": job, "description": "what – for"},
                         answer)

        whole = self.iot.describe_job(jobId=job)
        self.assertEqual({"job", "ResponseMetadata"}, set(whole))
        described = whole["job"]
        for name in ("createdAt", "lastUpdatedAt"):
            self.assertLess(before, described[name])
            self.assertLess(described.pop(name), datetime.now(timezone.utc) + timedelta(seconds=1))
        self.assertEqual({
            "jobArn": arn("job", job), "jobId": job, "targetSelection": "CONTINUOUS",
            "status": "IN_PROGRESS", "targets": [self.thing, group], "description": "what – for",
            "presignedUrlConfig": {}, "jobExecutionsRolloutConfig": {},
            "timeoutConfig": {"inProgressTimeoutInMinutes": 10080}, "isConcurrent": False,
            "jobProcessDetails": {
                "numberOfCanceledThings": 0, "numberOfSucceededThings": 0,
                "numberOfFailedThings": 0, "numberOfRejectedThings": 0, "numberOfQueuedThings": 1,
                "numberOfInProgressThings": 0, "numberOfRemovedThings": 0,
                "numberOfTimedOutThings": 0},
        }, described)
        tags = self.iot.list_tags_for_resource(resourceArn=arn("job", job))["tags"]
        self.assertEqual({"team": "blue", "empty": ""}, {t["Key"]: t["Value"] for t in tags})

    def test_with_the_least_is_a_snapshot(self):
        job = self.unique("job")
        answer = self.create(jobId=job)
        self.assertNotIn("description", answer)
        described = self.describe(job)
        self.assertEqual("SNAPSHOT", described["targetSelection"])
        self.assertEqual({}, described["timeoutConfig"])
        for absent in ("description", "completedAt", "forceCanceled", "reasonCode", "comment"):
            self.assertNotIn(absent, described)
        self.assertEqual(200, self.create(
            presignedUrlConfig={}, jobExecutionsRolloutConfig={}, abortConfig={},
            documentParameters={}, tags=[], timeoutConfig={},
        )["ResponseMetadata"]["HTTPStatusCode"], "what asks for nothing is not refused")

    def test_takes_every_legal_id_and_no_other(self):
        for job in (LEGAL_ID, "_", "-", "0", "things", "cancel", "job-document", "targets"):
            with self.subTest(job=job):
                self.assertEqual(job, self.create(jobId=job, document='{"x":1}')["jobId"])
                self.assertEqual(arn("job", job), self.describe(job)["jobArn"])
                self.assertEqual('{"x":1}', self.iot.get_job_document(jobId=job)["document"])
                self.iot.delete_job(jobId=job, force=True)
        for job in BAD_IDS:
            with self.subTest(job=job):
                self.assert_error("InvalidRequestException", self.create, jobId=job,
                                  message=r"^jobId must be 1 to 64 characters")

    def test_with_an_id_that_exists_is_refused_with_its_arn(self):
        job = self.unique("job")
        self.create(jobId=job)
        with self.assertRaises(self.iot.exceptions.ResourceAlreadyExistsException) as caught:
            self.create(jobId=job)
        answer = caught.exception.response
        self.assertEqual(409, answer["ResponseMetadata"]["HTTPStatusCode"])
        self.assertEqual((job, arn("job", job)), (answer["resourceId"], answer["resourceArn"]))
        for over in (self.completed_job(), self.canceled_job()):
            self.assert_error("ResourceAlreadyExistsException", self.create, jobId=over)

    def test_keeps_a_document_byte_for_byte_up_to_32768_bytes(self):
        largest = '{"text":"' + "x" * (32768 - 11) + '"}'
        self.assertEqual(32768, len(largest))
        two_bytes_each = '{"text":"' + "é" * ((32768 - 11) // 2) + 'x"}'
        self.assertEqual(32768, len(two_bytes_each.encode()))
        for document in (largest, two_bytes_each, "{}", ' {"b" : 1.50,\n\t"a":[null,true] } ',
                         '{"日本":"\\u00e9 é 🚀","a":1,"a":2}'):
            job = self.unique("job")
            self.create(jobId=job, document=document)
            self.assertEqual(document, self.iot.get_job_document(jobId=job)["document"])
        self.assert_refused("^document must be at most 32768 bytes long and has 32769",
                            document=largest + " ")
        self.assert_refused("^document must be at most 32768 bytes long and has 32770",
                            document=two_bytes_each.replace("x\"", "é\"") + " ")

    def test_refuses_what_is_no_document(self):
        for document, message in (
                ("", "^document is not valid JSON"),
                ("{", "^document is not valid JSON"),
                ("{'a':1}", "^document is not valid JSON"),
                ("{} {}", "^document is not valid JSON"),
                ('{"a":1e999}', "^document has a number that is too large"),
                ("[]", "^document must be a JSON object"),
                ('"text"', "^document must be a JSON object"),
                ("null", "^document must be a JSON object"),
                ("\ufeff{}", "byte order mark"),
                ("{}\0", "NUL"),
                ('{"a":' * 65 + "1" + "}" * 65, "nested deeper than 64 levels"),
                ('{"u":"${aws:iot:s3-presigned-url:https://s3.amazonaws.com/b/k}"}', "placeholder"),
                ('{"u":"\\u0024{aws:iot:parameter:p}"}', "placeholder"),
                ({"a": 1}, "^document must be a string"),
                (None, "^document is required")):
            with self.subTest(document=str(document)[:40]):
                self.assert_refused(message, document=document)

    def test_refuses_targets_that_are_none(self):
        for target in ("thing", "arn:aws:iot:us-east-1:111111111111:thing/t",
                       "arn:aws:iot:eu-west-1:000000000000:thing/t", arn("cert", "0" * 64),
                       arn("thing", ""), arn("thing", "x" * 129), arn("thinggroup", "a/b"),
                       arn("thing", "*"), arn("thingtype", "t")):
            with self.subTest(target=target):
                self.assert_refused("not the ARN of a thing or a thing group",
                                    targets=[self.thing, target])
        for target in ("", " ", "arn ", "x" * 2049, 5, None):
            with self.subTest(target=target):
                self.assert_refused("^targets must be", targets=[target])
        for targets in ([], None):
            self.assert_refused("^targets is required and not to be empty", targets=targets)
        status, error, answer = self.send("PUT", "/jobs/" + self.unique("refused"),
                                          {"targets": self.thing, "document": "{}"})
        self.assertEqual((400, "InvalidRequestException"), (status, error))
        self.assertRegex(answer["message"], "^targets must be a list")

    def test_refuses_targets_that_are_not_there(self):
        for target in (arn("thing", "nobody"), arn("thinggroup", "nobody")):
            self.assert_refused(f"The target {target} does not exist",
                                code="ResourceNotFoundException", status=404,
                                targets=[self.thing, target])

    def test_takes_a_hundred_targets_and_each_once(self):
        arns = [self.thing_arn(self.make_thing()) for _ in range(101)]
        self.assert_refused("101 targets; at most 100", code="LimitExceededException", status=410,
                            targets=arns)
        job = self.unique("job")
        self.create(jobId=job, targets=arns[:100])
        self.assertEqual(arns[:100], self.describe(job)["targets"])
        self.assertEqual({"Queued": 100}, self.counts(job))
        job = self.unique("job")
        self.create(jobId=job, targets=[self.thing, arns[0], self.thing])
        self.assertEqual([self.thing, arns[0]], self.describe(job)["targets"])
        self.assertEqual({"Queued": 2}, self.counts(job))

    def test_refuses_members_that_are_out_of_range(self):
        self.create(description="ü" * 2028)
        self.create(timeoutConfig={"inProgressTimeoutInMinutes": 1})
        self.create(tags=[{"Key": f"k{n}", "Value": "v" * 256} for n in range(50)])
        for message, parameters in (
                ("^description must be 1 to 2028", {"description": "ü" * 2029}),
                ("^description must be 1 to 2028", {"description": ""}),
                ("^description must be .* anything but control", {"description": "a\nb"}),
                ("^description must be a string", {"description": 5}),
                ("^targetSelection cannot be 'snapshot'", {"targetSelection": "snapshot"}),
                ("^targetSelection cannot be 'BOTH'", {"targetSelection": "BOTH"}),
                ("There are 51 tags", {"tags": [{"Key": f"{n}", "Value": ""} for n in range(51)]}),
                ("tag key .* is given twice", {"tags": [{"Key": "a", "Value": ""}] * 2}),
                ("reserved", {"tags": [{"Key": "aws:a", "Value": ""}]}),
                ("tag key", {"tags": [{"Key": "k" * 129, "Value": ""}]}),
                ("value of tag", {"tags": [{"Key": "k", "Value": "v" * 257}]}),
                ("^tags.Key is required", {"tags": [{"Value": "v"}]})):
            with self.subTest(**parameters):
                self.assert_refused(message, **parameters)
        for minutes in (0, -1, 10081, 2**63, 1.5, "5", True):
            with self.subTest(minutes=minutes):
                self.assert_refused(
                    "^timeoutConfig.inProgressTimeoutInMinutes must be an integer from 1 to 10080",
                    timeoutConfig={"inProgressTimeoutInMinutes": minutes})

    def test_refuses_by_name_what_it_does_not_do(self):
        for member, value in NOT_SUPPORTED_AT_CREATION.items():
            with self.subTest(member=member):
                self.assert_refused(f"^{member} is not supported by this service: ",
                                    **{member: value})
        body = {"targets": [self.thing], "document": "{}",
                "destinationPackageVersions": [arn("package", "p/version/1")]}
        answer = self.send("PUT", "/jobs/" + self.unique("refused"), body)
        self.assertEqual((400, "InvalidRequestException"), answer[:2])
        self.assertRegex(answer[2]["message"], "^destinationPackageVersions is not supported")

    def test_by_the_cli_is_answered_the_same(self):
        job = self.unique("job")
        answer = self.aws("iot", "create-job", "--job-id", job, "--targets", self.thing,
                          "--document", '{"a":"é"}', "--description", "by hand",
                          "--timeout-config", "inProgressTimeoutInMinutes=5",
                          "--tags", "Key=k,Value=v")
        self.assertEqual({"jobArn": arn("job", job), "jobId": job, "description": "by hand"},
                         answer)
        described = self.aws("iot", "describe-job", "--job-id", job)
        self.assertEqual({"job"}, set(described))
        self.assertEqual(5, described["job"]["timeoutConfig"]["inProgressTimeoutInMinutes"])
        self.assertRegex(described["job"]["createdAt"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d")
        self.assertEqual({"document": '{"a":"é"}'},
                         self.aws("iot", "get-job-document", "--job-id", job))
        self.assert_error("ResourceAlreadyExistsException", self.aws, "iot", "create-job",
                          "--job-id", job, "--targets", self.thing, "--document", "{}",
                          message="exists; choose another id")
        self.assert_error("InvalidRequestException", self.aws, "iot", "create-job", "--job-id",
                          "bad id!", "--targets", self.thing, "--document", "{}", message="jobId")


class DescribeJob(JobTest):
    def test_is_refused_for_what_is_no_job(self):
        for call in (self.iot.describe_job, self.iot.get_job_document):
            self.assert_bad_job_ids(call)
            self.assert_no_job(call)
        self.assert_error("ResourceNotFoundException", self.aws, "iot", "describe-job",
                          "--job-id", "no-such-job", message="no job")
        self.assert_error("ResourceNotFoundException", self.aws, "iot", "get-job-document",
                          "--job-id", "no-such-job", message="no job")

    def test_is_the_same_before_substitution(self):
        job = self.make_job(self.make_thing(), document='{"a":1}')
        for path in (f"/jobs/{job}", f"/jobs/{job}/job-document"):
            answer = self.send("GET", path)
            self.assertEqual(200, answer[0])
            self.assertEqual(answer, self.send("GET", path + "?beforeSubstitution=true"))
            self.assertEqual(answer, self.send("GET", path + "?beforeSubstitution=false"))
            status, error, refusal = self.send("GET", path + "?beforeSubstitution=maybe")
            self.assertEqual((400, "InvalidRequestException"), (status, error))
            self.assertEqual("beforeSubstitution must be true or false.", refusal["message"])

    def test_counts_each_thing_once_by_its_latest_execution(self):
        group = self.make_group()
        things = [self.make_thing() for _ in range(7)]
        job = self.make_job(self.group_arn(group), *things[1:], targetSelection="CONTINUOUS")
        for thing, status in zip(things[1:], ("SUCCEEDED", "FAILED", "REJECTED", "IN_PROGRESS")):
            self.finish(job, thing, status)
        self.iot.cancel_job_execution(jobId=job, thingName=things[5])
        for _ in range(2):
            self.iot.add_thing_to_thing_group(thingGroupName=group, thingName=things[0])
            self.iot.remove_thing_from_thing_group(thingGroupName=group, thingName=things[0])
        self.assertEqual({"Succeeded": 1, "Failed": 1, "Rejected": 1, "InProgress": 1,
                          "Canceled": 1, "Queued": 1, "Removed": 1}, self.counts(job))


class UpdateJob(JobTest):
    def test_changes_what_is_named_and_nothing_else(self):
        job = self.make_job(self.make_thing(), description="old",
                            timeoutConfig={"inProgressTimeoutInMinutes": 7})
        created = self.describe(job)
        self.iot.update_job(jobId=job, description="new")
        described = self.describe(job)
        self.assertEqual("new", described["description"])
        self.assertEqual(7, described["timeoutConfig"]["inProgressTimeoutInMinutes"])
        self.assertEqual(created["createdAt"], described["createdAt"])
        self.assertGreaterEqual(described["lastUpdatedAt"], created["lastUpdatedAt"])
        self.iot.update_job(jobId=job, timeoutConfig={"inProgressTimeoutInMinutes": 9})
        self.iot.update_job(jobId=job)
        described = self.describe(job)
        self.assertEqual("new", described["description"])
        self.assertEqual(9, described["timeoutConfig"]["inProgressTimeoutInMinutes"])

    def test_is_refused_with_what_is_wrong(self):
        job = self.make_job(self.make_thing(), description="kept")
        for message, parameters in (
                ("^description must be 1 to 2028", {"description": "x" * 2029}),
                ("^description must be a string", {"description": ["x"]}),
                ("^timeoutConfig.inProgressTimeoutInMinutes must be an integer from 1 to 10080",
                 {"timeoutConfig": {"inProgressTimeoutInMinutes": 10081}}),
                ("^namespaceId is not supported", {"namespaceId": "aws-gg"}),
                *((f"^{name} is not supported", {name: value})
                  for name, value in NOT_SUPPORTED.items())):
            with self.subTest(**parameters):
                self.assert_error("InvalidRequestException", self.iot.update_job, jobId=job,
                                  message=message, status=400, **parameters)
        self.assertEqual("kept", self.describe(job)["description"])
        self.assert_bad_job_ids(self.iot.update_job, description="x")
        self.assert_no_job(self.iot.update_job, description="x")
        for over, status in ((self.completed_job(), "COMPLETED"),
                             (self.canceled_job(), "CANCELED")):
            self.assert_error("InvalidRequestException", self.iot.update_job, jobId=over,
                              description="x", message=f"The job is {status}; only one")

    def test_by_the_cli_is_answered_the_same(self):
        job = self.make_job(self.make_thing())
        self.assertIsNone(self.aws("iot", "update-job", "--job-id", job, "--description", "it",
                                   "--timeout-config", "inProgressTimeoutInMinutes=3"))
        self.assertEqual("it", self.describe(job)["description"])
        self.assert_error("InvalidRequestException", self.aws, "iot", "update-job", "--job-id", job,
                          "--abort-config", json.dumps(NOT_SUPPORTED["abortConfig"]),
                          message="^abortConfig is not supported")
        self.assert_error("ResourceNotFoundException", self.aws, "iot", "update-job", "--job-id",
                          "no-such-job", "--description", "it", message="no job")
