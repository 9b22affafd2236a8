"""The HTTP side of the cloud as such: signatures where it has credentials, and its limits.

What the AWS tools send is signed by botocore, and here and there changed on the way; what they
would never send is written on raw sockets. Rules: aws-iot-jobs, section 5.1, and RFC 9112.
"""

import contextlib
import datetime
import os
import shutil
import socket
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.compat
import botocore.credentials
import botocore.exceptions

from system.harness.cloud import REGION, Cloud, program
from system.harness.cloud_case import CloudTest
from system.harness.ports import HOST
from system.harness.processes import Process, run_tool
from system.harness.raw_http import HttpConnection, ask

KEY = "AKIDFIELDWORKTEST"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzEXAMPLE"
WITH_KEYS = {"FIELDWORK_ACCESS_KEY_ID": KEY, "FIELDWORK_SECRET_ACCESS_KEY": SECRET}
MINUTE = 60

HEADER_BYTES_MAX = 16 * 1024
BODY_BYTES_MAX = 256 * 1024
CONNECTIONS_MAX = 512
REQUEST_SECONDS = 10


@contextlib.contextmanager
def shifted_clock(seconds):
    """While it is entered, botocore signs as if it were so much later."""
    clock = mock.Mock(wraps=datetime.datetime)
    clock.utcnow.return_value = datetime.datetime.utcnow() + datetime.timedelta(seconds=seconds)
    module = mock.Mock(wraps=datetime, datetime=clock, timezone=datetime.timezone)
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch("botocore.auth.datetime", module))
        if botocore.compat.HAS_CRT:  # Then its clients sign with a library written in C.
            stack.enter_context(mock.patch("botocore.crt.auth.datetime", module))
        yield


def ask_at(port, target):
    """GET with the Host that botocore signs."""
    with HttpConnection(port) as connection:
        connection.send(f"GET {target} HTTP/1.1\r\nHost: {HOST}:{port}\r\n\r\n".encode())
        return connection.answer()


class SignedTest(CloudTest):
    """A cloud with credentials, that logs as much as it can."""

    environment = WITH_KEYS
    arguments = ("--log-level", "debug")

    def sign(self, method, target, body=b"", headers=(), service="iot", key=KEY, secret=SECRET,
             expires_s=None):
        """A request as botocore signs it: method, target, body and headers for ask()."""
        request = botocore.awsrequest.AWSRequest(
            method, self.cloud.url + target, data=body, headers=dict(headers))
        credentials = botocore.credentials.Credentials(key, secret)
        if expires_s is None:
            botocore.auth.SigV4Auth(credentials, service, REGION).add_auth(request)
        else:
            botocore.auth.SigV4QueryAuth(credentials, service, REGION, expires_s).add_auth(request)
        target = request.url[len(self.cloud.url):]
        return [method, target, body, [("Host", f"{HOST}:{self.cloud.http_port}"),
                                       *request.headers.items()]]

    def send(self, method, target, body, headers):
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers),
                 f"Content-Length: {len(body)}", "", ""]
        with HttpConnection(self.cloud.http_port) as connection:
            connection.send("\r\n".join(lines).encode() + body)
            return connection.answer()

    def assert_refused(self, code, answer, reason):
        self.assertEqual((403, code), (answer.status, answer.error), answer.body)
        self.assertIn(reason, answer.message)


class Signatures(SignedTest):
    def test_the_right_keys_do_everything_on_both_planes(self):
        thing = self.make_thing()
        job = self.make_job(thing)
        self.assertEqual(job, self.jobs_data.start_next_pending_job_execution(
            thingName=thing)["execution"]["jobId"])
        self.assertEqual("IN_PROGRESS", self.aws(
            "iot", "describe-job-execution", "--thing-name", thing,
            "--job-id", job)["execution"]["status"])
        answer = self.send(*self.sign("GET", f"/things/{thing}", service="execute-api"))
        self.assertEqual(200, answer.status)
        self.assertNotIn(SECRET, self.cloud.all_text())

    def test_wrong_secret_unknown_key_and_session_token_are_refused_by_name(self):
        for key, secret, token, code in (
                (KEY, SECRET + "x", None, "InvalidSignatureException"),
                ("AKIDOTHER", SECRET, None, "UnrecognizedClientException"),
                (KEY.lower(), SECRET, None, "UnrecognizedClientException"),
                (KEY, SECRET, "token", "UnrecognizedClientException")):
            options = {"endpoint_url": self.cloud.url, "region_name": REGION,
                       "aws_access_key_id": key, "aws_secret_access_key": secret,
                       "aws_session_token": token}
            self.assert_error(code, boto3.client("iot", **options).list_things, status=403)
            data = boto3.client("iot-jobs-data", **options)
            self.assert_error(code, data.get_pending_job_executions, thingName="t", status=403)
        with mock.patch.dict(self.cloud.credentials, {"AWS_SECRET_ACCESS_KEY": "wrong"}):
            self.assert_error("InvalidSignatureException", self.aws, "iot", "list-things",
                              message="does not match")
        with mock.patch.dict(self.cloud.credentials, {"AWS_ACCESS_KEY_ID": "AKIDOTHER"}):
            self.assert_error("UnrecognizedClientException", self.aws, "iot", "create-thing",
                              "--thing-name", "never")
        self.assert_error("ResourceNotFoundException", self.iot.describe_thing, thingName="never")

    def test_unsigned_and_half_signed_requests_are_refused(self):
        port = self.cloud.http_port
        missing = ask(port, "POST", "/things/never", {})
        self.assert_refused("MissingAuthenticationTokenException", missing, "not signed")
        for authorization, reason in (
                ("Basic dXNlcjpwYXNz", "must begin with"), ("AWS4-HMAC-SHA256", "must begin with"),
                ("AWS4-HMAC-SHA256 x=y", "requires 'Credential'"),
                (f"AWS4-HMAC-SHA256 Credential={KEY}", "requires 'SignedHeaders'")):
            answer = ask(port, "GET", "/things", Authorization=authorization)
            self.assert_refused("IncompleteSignatureException", answer, reason)
        method, target, body, headers = self.sign("GET", "/things")
        undated = [pair for pair in headers if pair[0] != "X-Amz-Date"]
        self.assert_refused("IncompleteSignatureException", self.send(
            method, target, body, undated), "X-Amz-Date")
        for part, other in ((REGION, "eu-west-1"), ("/iot/", "/s3/"), ("aws4_request", "aws5")):
            altered = [(name, value.replace(part, other)) for name, value in headers]
            answer = self.send(method, target, body, altered)
            self.assertEqual(403, answer.status, part)
        root = ask(port, "GET", "/AmazonRootCA1.pem")
        self.assertEqual((200, self.cloud.root.read_bytes()), (root.status, root.body))
        self.assert_error("ResourceNotFoundException", self.iot.describe_thing, thingName="never")

    def test_a_clock_that_is_more_than_five_minutes_off_is_refused(self):
        for seconds, reason in ((-4 * MINUTE, None), (4 * MINUTE, None),
                                (-6 * MINUTE, "Signature expired"), (-86400, "Signature expired"),
                                (6 * MINUTE, "Signature not yet current")):
            with self.subTest(seconds):
                with shifted_clock(seconds):
                    request = self.sign("GET", "/things")
                    if reason:
                        self.assert_error("InvalidSignatureException", self.iot.list_things,
                                          status=403, message=reason)
                    else:
                        self.iot.list_things()
                answer = self.send(*request)
                if reason:
                    self.assert_refused("InvalidSignatureException", answer, reason)
                else:
                    self.assertEqual(200, answer.status)

    def test_what_was_changed_after_signing_is_refused(self):
        thing = self.make_thing()
        principal = self.iot.create_keys_and_certificate()["certificateArn"]
        update = b'{"attributePayload":{"attributes":{"a":"1"}}}'
        attach = [("x-amzn-principal", principal)]
        for signed, change in (
                (("PATCH", f"/things/{thing}", update), {"body": update.replace(b"1", b"2")}),
                (("PATCH", f"/things/{thing}", update), {"body": b""}),
                (("GET", "/things?maxResults=1"), {"target": "/things?maxResults=2"}),
                (("GET", "/things?maxResults=1"), {"target": "/things"}),
                (("GET", f"/things/{thing}"), {"target": f"/things/{thing}x"}),
                (("GET", f"/things/{thing}"), {"method": "DELETE"}),
                (("PUT", f"/things/{thing}/principals", b"", attach),
                 {"header": ("x-amzn-principal", "other")}),
                (("PUT", f"/things/{thing}/principals", b"", attach),
                 {"more": ("x-amzn-principal", "other")}),
                (("PUT", f"/things/{thing}/principals", b""), {"header": attach[0]})):
            with self.subTest(signed=signed, change=change):
                method, target, body, headers = self.sign(*signed)
                if "header" in change:
                    headers = [p for p in headers if p[0] != "x-amzn-principal"]
                headers += [change[name] for name in ("header", "more") if name in change]
                answer = self.send(change.get("method", method), change.get("target", target),
                                   change.get("body", body), headers)
                self.assertEqual((403, "InvalidSignatureException"), (answer.status, answer.error))
        now = self.iot.describe_thing(thingName=thing)
        self.assertEqual(({}, 1), (now["attributes"], now["version"]))
        self.assertEqual([], self.iot.list_thing_principals(thingName=thing)["principals"])

    def test_presigned_urls_work_until_they_expire(self):
        thing = self.make_thing()
        url = self.iot.generate_presigned_url("describe_thing", Params={"thingName": thing},
                                              ExpiresIn=60)
        target = url[len(self.cloud.url):]
        answer = ask_at(self.cloud.http_port, target)
        self.assertEqual((200, thing), (answer.status, answer.json["thingName"]))
        for changed, reason in ((target.replace(thing, "other"), "does not match"),
                                (target.replace("Expires=60", "Expires=61"), "does not match"),
                                (target[:-1] + "!", "does not match")):
            self.assert_refused("InvalidSignatureException", ask_at(
                self.cloud.http_port, changed), reason)
        with shifted_clock(-61):
            expired = self.sign("GET", "/things", expires_s=60)
        self.assert_refused("RequestExpired", self.send(*expired), "expired")
        with shifted_clock(-6 * MINUTE):  # Older than a signed header may be.
            fresh = self.sign("GET", "/things", expires_s=600)
        self.assertEqual(200, self.send(*fresh).status)
        with shifted_clock(6 * MINUTE):
            early = self.sign("GET", "/things", expires_s=600)
        self.assert_refused("InvalidSignatureException", self.send(*early), "not yet current")
        for seconds in (0, 604801):
            wrong = self.sign("GET", "/things", expires_s=seconds)
            self.assert_refused("IncompleteSignatureException", self.send(*wrong), "604800")
        text = self.cloud.all_text()
        for secret in (SECRET, "X-Amz-Signature", target.rpartition("=")[2]):
            self.assertNotIn(secret, text)

    def test_odd_characters_are_signed_as_they_are_sent(self):
        name = "a:b_C-9:" + self.unique()
        self.make_thing(name)
        self.assertEqual(name, self.iot.describe_thing(thingName=name)["thingName"])
        for odd in ("a b", "a+b", "a%2Fb", "ä", "a~b*c", "a/b", "a//b", "a=b&c", "a;b,c"):
            self.assert_error("InvalidRequestException", self.iot.describe_thing, thingName=odd,
                              message="thingName")
            found = self.iot.list_things(attributeName="n", attributeValue=odd)
            self.assertEqual([], found["things"])
        policy = "p_+=,.@-" + self.unique()
        self.iot.create_policy(policyName=policy, policyDocument=(
            '{"Version":"2012-10-17","Statement":'
            '{"Effect":"Allow","Action":"iot:Connect","Resource":"*"}}'))
        target = self.iot.create_keys_and_certificate(setAsActive=True)["certificateArn"]
        self.iot.attach_policy(policyName=policy, target=target)
        attached = self.aws("iot", "list-attached-policies", "--target", target)["policies"]
        self.assertEqual([policy], [entry["policyName"] for entry in attached])
        group = self.group_arn(self.make_group(name="g:" + self.unique()))
        self.iot.tag_resource(resourceArn=group, tags=[{"Key": "größe", "Value": "x + y"}])
        self.assertEqual("x + y", self.iot.list_tags_for_resource(
            resourceArn=group)["tags"][0]["Value"])
        self.make_job(name)
        for path in ("$next", "%24next"):
            answer = self.send(*self.sign("PUT" if path[0] == "$" else "GET",
                                          f"/things/{name}/jobs/{path}", service="iot-jobs-data"))
            self.assertEqual(200, answer.status, answer.body)


class Credentials(SignedTest):
    def test_provision_signs_when_the_keys_are_set(self):
        command = ["env", *(f"{name}={value}" for name, value in WITH_KEYS.items()), program(),
                   "provision", "unit:7", "--endpoint-url", self.cloud.url, "--out"]
        for _ in range(2):
            run_tool([*command, str(self.folder / "unit")], self.folder)
        principals = self.iot.list_thing_principals(thingName="unit:7")["principals"]
        self.assertEqual(1, len(principals))
        policies = self.iot.list_attached_policies(target=principals[0])["policies"]
        self.assertEqual(["fieldwork-device"], [policy["policyName"] for policy in policies])
        with self.assertRaisesRegex(RuntimeError, "MissingAuthenticationTokenException"):
            run_tool([program(), "provision", "unit-8", "--endpoint-url", self.cloud.url,
                      "--out", str(self.folder / "other")], self.folder)
        with self.assertRaisesRegex(RuntimeError, "InvalidSignatureException") as caught:
            run_tool([*command[:2], "FIELDWORK_SECRET_ACCESS_KEY=wrong-secret", *command[3:],
                      str(self.folder / "other")], self.folder)
        self.assertNotIn("wrong-secret", str(caught.exception))

    def test_the_secret_is_in_no_log_and_no_file(self):
        self.aws("iot", "create-thing", "--thing-name", self.unique())
        with mock.patch.dict(self.cloud.credentials, {"AWS_SECRET_ACCESS_KEY": "wrong"}):
            self.assert_error("InvalidSignatureException", self.aws, "iot", "list-things")
        ask(self.cloud.http_port, "GET", "/things", Authorization=f"Bearer {SECRET}")
        ask(self.cloud.http_port, "GET", f"/things?X-Amz-Signature={SECRET}")
        self.assertNotIn(SECRET, self.cloud.all_text())
        files = [path for path in self.cloud.data.rglob("*") if path.is_file()]
        self.assertGreater(len(files), 5)
        for path in files:
            self.assertNotIn(SECRET.encode(), path.read_bytes(), path)


class Addresses(unittest.TestCase):
    """Where the service listens, with and without credentials."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="fieldwork-cloud-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def serve(self, http, **environment):
        process = Process("cloud", [program(), "serve", "--data", str(self.folder / "data"),
                                    "--http", http, "--mqtt", f"{HOST}:0"],
                          env={**os.environ, **environment})
        self.addCleanup(process.close)
        return process

    def test_others_than_loopback_are_refused_without_credentials(self):
        for http in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0"):
            process = self.serve(http)
            self.assertEqual(1, process.wait())
            self.assertIn("no credentials are set: set FIELDWORK_ACCESS_KEY_ID", process.log.text)
        for name, value in WITH_KEYS.items():
            process = self.serve("0.0.0.0:0", **{name: value})
            self.assertEqual(1, process.wait())
            self.assertIn("belong together", process.log.text)
            self.assertNotIn(SECRET, process.log.text)
        self.assertFalse((self.folder / "data" / "cloud.db").exists())

    def test_with_credentials_every_address_may_be_listened_on(self):
        process = self.serve("0.0.0.0:0", **WITH_KEYS)
        port = int(process.log.find(r"ready http=http://0\.0\.0\.0:(\d+) ").group(1))
        self.assertEqual("MissingAuthenticationTokenException", ask(port, "GET", "/things").error)
        cloud = Cloud(self.folder, environment=WITH_KEYS)
        cloud.http_port = port
        address = cloud.client().describe_endpoint(endpointType="iot:Jobs")["endpointAddress"]
        self.assertEqual(f"{socket.gethostname()}:{port}", address)
        self.assertEqual(0, process.stop())

    def test_keys_of_the_configuration_file_are_verified_too(self):
        file = self.folder / "cloud.toml"
        file.write_text("[http]\n" + "".join(
            f'[[http.access_keys]]\nid = "{key}"\nsecret = "{SECRET}{key}"\n' for key in "AB"))
        cloud = Cloud(self.folder, "--config", str(file), environment=WITH_KEYS)
        self.addCleanup(cloud.close)
        cloud.start()
        for key, secret in ((KEY, SECRET), ("A", SECRET + "A"), ("B", SECRET + "B")):
            cloud.credentials.update(AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret)
            self.assertEqual([], cloud.client().list_things()["things"])
        cloud.credentials.update(AWS_ACCESS_KEY_ID="A")
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            cloud.client().list_things()
        self.assertEqual("InvalidSignatureException", caught.exception.response["Error"]["Code"])


class Requests(CloudTest):
    """What a request may be; here there are no credentials."""

    def ask(self, method, target, body=None, **headers):
        return ask(self.cloud.http_port, method, target, body, **headers)

    def assert_refused(self, answer, status, error, reason=""):
        self.assertEqual((status, error), (answer.status, answer.error), answer.body)
        self.assertIn(reason, answer.message)

    def test_bodies_that_are_not_json_objects_are_refused_and_keep_nothing(self):
        name = self.unique("thing")
        deep = b'{"a":' + b"[" * 64 + b"]" * 64 + b"}"
        for body, reason in (
                (b"{", "not JSON"), (b"text", "not JSON"), (b'{"a":1}x', "not JSON"),
                (b'{"a":1,}', "not JSON"), (b"[]", "must be a JSON object"), (b"7", "JSON object"),
                (b"null", "JSON object"), (b'{"a":"\xff"}', "not UTF-8"),
                (b'{"a":"\xed\xa0\x80"}', "not UTF-8"), (b'{"a":"\xc0\xaf"}', "not UTF-8"),
                (b"\xff\xfe{\0}\0", "not UTF-8"), (deep, "64 levels"), (b"[" * 200000, "64 levels"),
                (b'{"a":1e999}', "too large")):
            with self.subTest(body[:20]):
                self.assert_refused(self.ask("POST", f"/things/{name}", body), 400,
                                    "SerializationException", reason)
        self.assertEqual(404, self.ask("GET", f"/things/{name}").status)
        for body in (None, b"{}", b' {"unknown":[1]} '):
            self.assertEqual(200, self.ask("POST", f"/things/{name}", body).status)

    def test_paths_and_queries_that_are_not_well_formed_are_refused(self):
        for target, reason in (
                ("/things/%ff", "path"), ("/things/%c3", "path"), ("/things/%zz", "path"),
                ("/things/%", "path"), ("/things?maxResults=%ff", "query"),
                ("/things?%=1", "query"), ("/things?maxResults=1&maxResults=2", "twice"),
                ("/things?maxResults=1x", "maxResults"), ("things", "begins with '/'"),
                ("*", "begins with '/'")):
            with self.subTest(target):
                self.assert_refused(self.ask("GET", target), 400, "InvalidRequestException", reason)
        self.assert_refused(self.ask("GET", "/things/a%00b"), 400, "InvalidRequestException")
        self.assertEqual(404, self.ask("GET", "/things/a%3Ab").status)

    def test_methods_that_aws_has_not_are_refused_with_those_it_has(self):
        for method in ("OPTIONS", "HEAD", "TRACE", "BREW", "get", "M" * 300):
            answer = self.ask(method, "/things")
            self.assertEqual((405, "UnknownOperationException"), (answer.status, answer.error))
            self.assertEqual("GET, PUT, POST, PATCH, DELETE", answer.headers["allow"])
            if method != "HEAD":
                self.assertIn(method[:200], answer.message)
        root = self.ask("HEAD", "/AmazonRootCA1.pem")
        self.assertEqual((200, str(self.cloud.root.stat().st_size)),
                         (root.status, root.headers["content-length"]))
        self.assertEqual("application/x-pem-file", root.headers["content-type"])

    def test_a_page_of_another_site_may_not_use_the_service(self):
        port, name = self.cloud.http_port, self.unique("thing")
        for origin in ("https://example.org", "null", f"http://localhost:{port + 1}"):
            self.assert_refused(self.ask("POST", f"/things/{name}", {}, Origin=origin), 403,
                                "AccessDeniedException", "another web site")
        self.assertEqual(404, self.ask("GET", f"/things/{name}").status)
        with HttpConnection(port) as connection:
            connection.send(f"POST /things/{name} HTTP/1.1\r\nHost: {HOST}:{port}\r\n"
                            f"Origin: http://{HOST}:{port}\r\n\r\n".encode())
            self.assertEqual(200, connection.answer().status)

    def test_what_is_not_http_is_refused_and_the_connection_closed(self):
        for data in (b"nonsense\r\n\r\n", b"GET /things\r\n\r\n", b"GET /things HTTP/3.0\r\n\r\n",
                     b"GET /things HTTP/1.1\r\nHost : a\r\n\r\n",
                     b"GET /things HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                     b"POST /things/t HTTP/1.1\r\nContent-Length: 2\r\n"
                     b"Content-Length: 3\r\n\r\n{} ",
                     b"POST /things/t HTTP/1.1\r\nContent-Length: 2\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n{}",
                     b"POST /things/t HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
                     b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 600):
            with self.subTest(data[:60]), HttpConnection(self.cloud.http_port) as connection:
                connection.send(data)
                self.assert_refused(connection.answer(), 400, "MalformedHttpRequestException",
                                    "not well-formed HTTP/1.1")
                self.assertEqual(b"", connection.wait_closed())
        self.assertEqual(404, self.ask("GET", "/things/t").status)

    def test_connections_are_kept_closed_and_filled_as_http_says(self):
        port = self.cloud.http_port
        with HttpConnection(port) as connection:
            ids = {connection.ask("GET", "/things").headers["x-amzn-requestid"] for _ in range(50)}
            self.assertEqual(50, len(ids))
            names = [self.unique("thing") for _ in range(9)]
            for name in names:
                connection.request("POST", f"/things/{name}", b"{}")
            answers = [connection.answer() for _ in names]
            self.assertEqual(names, [answer.json["thingName"] for answer in answers])
            last = connection.ask("GET", "/things", headers=[("Connection", "close")])
            self.assertEqual("close", last.headers["connection"])
            self.assertEqual(b"", connection.wait_closed())
        with HttpConnection(port) as connection:
            connection.send(b"GET /things HTTP/1.0\r\n\r\n")
            self.assertEqual(200, connection.answer().status)
            connection.wait_closed()
        with HttpConnection(port) as connection:
            connection.send(b"POST /things/%s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked"
                            b"\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n" % names[0].encode())
            self.assertEqual(200, connection.answer().status)

    def test_a_body_is_asked_for_with_100_continue(self):
        head = "POST /things/{} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: {}"
        with HttpConnection(self.cloud.http_port) as connection:
            for name in (self.unique("thing"), self.unique("thing")):
                connection.send(head.format(name, 2).encode() + b"\r\n\r\n")
                self.assertEqual(100, connection.answer().status)
                connection.send(b"{}")
                self.assertEqual(name, connection.answer().json["thingName"])
            connection.send(head.format("t", BODY_BYTES_MAX + 1).encode() + b"\r\n\r\n")
            self.assertEqual(413, connection.answer().status)


class Limits(CloudTest):
    def assert_served(self):
        with HttpConnection(self.cloud.http_port, timeout_s=2) as connection:
            self.assertEqual(200, connection.ask("GET", "/things").status)

    def test_a_head_that_is_too_large_is_refused(self):
        line = b"GET /things HTTP/1.1\r\nHost: a\r\n"
        for data in (line + b"X: " + b"x" * HEADER_BYTES_MAX,
                     line + b"".join(b"X-%d: y\r\n" % n for n in range(2000)),
                     b"GET /" + b"x" * HEADER_BYTES_MAX, b"x" * HEADER_BYTES_MAX * 2):
            with self.subTest(data[:50]), HttpConnection(self.cloud.http_port) as connection:
                connection.send(data)
                answer = connection.answer()
                self.assertEqual((431, "RequestHeaderFieldsTooLargeException"),
                                 (answer.status, answer.error))
                connection.wait_closed()
        with HttpConnection(self.cloud.http_port) as connection:
            room = HEADER_BYTES_MAX - len(line) - len(b"X: \r\n\r\n")
            connection.send(line + b"X: " + b"x" * room + b"\r\n\r\n")
            self.assertEqual(200, connection.answer().status)

    def test_a_body_that_is_too_large_is_refused_before_it_is_sent(self):
        head = b"POST /things/t HTTP/1.1\r\nHost: a\r\n"
        chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
        for data in (b"Content-Length: %d\r\n\r\n" % (BODY_BYTES_MAX + 1),
                     b"Content-Length: 99999999999\r\n\r\n{",
                     b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 9,
                     b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (BODY_BYTES_MAX + 1)):
            with self.subTest(data[:50]), HttpConnection(self.cloud.http_port) as connection:
                connection.send(head + data)
                answer = connection.answer()
                self.assertEqual((413, "RequestEntityTooLargeException"),
                                 (answer.status, answer.error))
                connection.wait_closed()
        with HttpConnection(self.cloud.http_port) as connection:
            self.assertEqual(200, connection.ask("POST", "/things/t",
                                                 b"{}" + b" " * (BODY_BYTES_MAX - 2)).status)

    def test_slow_requests_are_cut_off_while_others_are_served(self):
        port = self.cloud.http_port
        begin = time.monotonic()
        head, body, silent, half = (HttpConnection(port, timeout_s=2 * REQUEST_SECONDS)
                                    for _ in range(4))
        for connection in (head, body, silent, half):
            self.addCleanup(connection.close)
        head.send(b"GET /things HTTP/1.1\r\nX: ")
        body.send(b"POST /things/t HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
        half.send(b"GET /things HTTP/1.1\r\n")
        while not (head.has_answer(0.2) and body.has_answer(0.2)):
            self.assert_served()
            for connection in (head, body):
                if not connection.has_answer(0):
                    connection.send(b" ")  # Any byte, as slowly as it may take.
            self.assertLess(time.monotonic() - begin, REQUEST_SECONDS + 5)
        for connection in (head, body, half):
            answer = connection.answer()
            self.assertEqual((408, "RequestTimeoutException"), (answer.status, answer.error))
            self.assertEqual(b"", connection.wait_closed())
        self.assertEqual(b"", silent.wait_closed())
        self.assertGreater(time.monotonic() - begin, REQUEST_SECONDS - 0.5)
        self.assertLess(time.monotonic() - begin, REQUEST_SECONDS + 5)
        self.assert_served()

    def test_connections_beyond_the_limit_are_refused_and_the_others_served(self):
        port, more = self.cloud.http_port, 8
        with HttpConnection(port) as early:
            self.assertEqual(200, early.ask("GET", "/things").status)
            flood = [HttpConnection(port) for _ in range(CONNECTIONS_MAX - 1 + more)]
            try:
                for connection in flood[CONNECTIONS_MAX - 1:]:
                    answer = connection.answer()
                    self.assertEqual((503, "ServiceUnavailableException"),
                                     (answer.status, answer.error))
                    self.assertIn("Too many connections", answer.message)
                for connection in (early, flood[0], flood[CONNECTIONS_MAX - 2]):
                    self.assertEqual(200, connection.ask("GET", "/things").status)
            finally:
                for connection in flood:
                    connection.close()
            self.assertEqual(200, early.ask("GET", "/things").status)
        self.cloud.process.log.find(f"{CONNECTIONS_MAX} connections are open, more are refused")
        begin = time.monotonic()
        while ask(port, "GET", "/things").status == 503:  # The ends come in one after the other.
            self.assertLess(time.monotonic() - begin, 5)

    def test_many_clients_at_once_are_all_answered(self):
        failures = []

        def work(number):
            try:
                with HttpConnection(self.cloud.http_port) as connection:
                    for turn in range(20):
                        name = f"many-{number}-{turn}"
                        answer = connection.ask("POST", f"/things/{name}", b"{}")
                        if (answer.status, answer.json["thingName"]) != (200, name):
                            failures.append(answer)
            except (AssertionError, OSError) as error:
                failures.append(error)

        workers = [threading.Thread(target=work, args=(number,)) for number in range(20)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual([], failures)
        pages = self.iot.get_paginator("list_things").paginate().build_full_result()
        self.assertEqual(400, len([thing for thing in pages["things"]
                                   if thing["thingName"].startswith("many-")]))


if __name__ == "__main__":
    unittest.main()
