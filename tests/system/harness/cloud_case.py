"""The base of the tests that ask a cloud things: one cloud per class, names of its own per test."""

import http.client
import itertools
import json
import shutil
import sys
import tempfile
from pathlib import Path

import botocore.exceptions

from .cloud import REGION, AwsError, Cloud
from .ports import HOST
from .showing import ShowingTest


class CloudTest(ShowingTest):
    """A class of tests that share one cloud.

    `self.cloud` is the running cloud, `self.iot` and `self.jobs_data` are boto3 clients of its two
    planes that send what they are given: validation is the cloud's part here. When a test fails,
    the log of the cloud is printed. A subclass sets `arguments` for more arguments of `serve`,
    `environment` for variables; access keys in there are those of the clients too.
    """

    arguments = ()
    environment = {}
    _numbers = itertools.count(1)

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="fieldwork-cloud-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.cloud = Cloud(cls.folder, *cls.arguments, environment=cls.environment)
        cls.addClassCleanup(cls.cloud.close)
        try:
            cls.cloud.start()
        except BaseException:
            print(cls.cloud.all_text(), file=sys.stderr)
            raise
        cls.iot = cls.client("iot")
        cls.jobs_data = cls.client("iot-jobs-data")

    def logs(self):
        return [("cloud", self.cloud.all_text())]

    # ---- asking ---------------------------------------------------------------------------

    @classmethod
    def client(cls, service="iot", **config):
        """A boto3 client that checks no parameter itself."""
        return cls.cloud.client(service, config={"parameter_validation": False, **config})

    def aws(self, *arguments):
        """Debian's CLI; its JSON answer, or None. Raises AwsError."""
        return self.cloud.aws(*arguments)

    def assert_error(self, code, call, *arguments, message=None, status=None, **parameters):
        """`call` (of boto3 or the CLI) fails with this code; returns the message.

        `message` is a regular expression that the text has to contain, `status` the HTTP status.
        """
        with self.assertRaises((botocore.exceptions.ClientError, AwsError)) as caught:
            call(*arguments, **parameters)
        error = caught.exception
        if isinstance(error, AwsError):
            found, text = error.code, error.message
        else:
            found, text = error.response["Error"]["Code"], error.response["Error"]["Message"]
            if status is not None:
                self.assertEqual(status, error.response["ResponseMetadata"]["HTTPStatusCode"])
        self.assertEqual(code, found, text)
        if message is not None:
            self.assertRegex(text, message)
        return text

    def send(self, method, target, body=None, service="iot"):
        """What no client's model can say: (HTTP status, exception's name or None, JSON answer).

        `target` is the path as it goes over the wire. The signature names the service only: a
        cloud without credentials asks for no more.
        """
        connection = http.client.HTTPConnection(HOST, self.cloud.http_port, timeout=30)
        connection.request(method, target, None if body is None else json.dumps(body), {
            "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/"
                             f"{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0"})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, answer.headers["x-amzn-ErrorType"], json.loads(text or "null")

    # ---- making ---------------------------------------------------------------------------

    def unique(self, stem="x"):
        """A name that no other test of this cloud has."""
        return f"{stem}-{next(CloudTest._numbers)}"

    def make_thing(self, name=None):
        """Registers a thing without a certificate; returns its name."""
        name = name or self.unique("thing")
        self.iot.create_thing(thingName=name)
        return name

    def make_group(self, *things, parent=None, name=None):
        """Registers a static group with these members; returns its name."""
        name = name or self.unique("group")
        self.iot.create_thing_group(thingGroupName=name,
                                    **({"parentGroupName": parent} if parent else {}))
        for thing in things:
            self.iot.add_thing_to_thing_group(thingGroupName=name, thingName=thing)
        return name

    def thing_arn(self, name):
        return self.iot.describe_thing(thingName=name)["thingArn"]

    def group_arn(self, name):
        return self.iot.describe_thing_group(thingGroupName=name)["thingGroupArn"]

    def make_job(self, *targets, job=None, document='{"do":"it"}', **parameters):
        """Creates a job for these ARNs (a thing's name stands for its ARN); returns its id."""
        job = job or self.unique("job")
        arns = [t if t.startswith("arn:") else self.thing_arn(t) for t in targets]
        self.iot.create_job(jobId=job, targets=arns, document=document, **parameters)
        return job
