#!/usr/bin/env python3
"""Decides nothing: writes sigv4_vectors.json, requests as botocore signs them.

Run it by hand, with the botocore that is to be the witness; the file names its version. The clock
of botocore is held at one instant, and requests are caught before they would be sent.
"""

import datetime
import json
import pathlib

import botocore
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.session
from botocore.config import Config

NOW = datetime.datetime(2026, 1, 31, 23, 59, 58)
ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
ENDPOINT = "http://127.0.0.1:8080"


class HeldClock(datetime.datetime):
    @classmethod
    def utcnow(cls):
        return NOW

    @classmethod
    def now(cls, tz=None):
        return NOW.replace(tzinfo=datetime.timezone.utc) if tz else NOW


def entry(name, request):
    """One vector from a signed request: what would stand on the wire."""
    text = lambda value: value.decode() if isinstance(value, bytes) else value
    # Those left out are not signed, and are others on every machine and in every run.
    headers = [[key, text(value)] for key, value in request.headers.items()
               if key.lower() != "user-agent" and not key.lower().startswith("amz-sdk-")]
    if not any(key.lower() == "host" for key, _ in headers):
        headers.append(["Host", request.url.split("/")[2]])
    target = "/" + request.url.split("/", 3)[3]
    return {"name": name, "method": request.method, "target": target, "headers": headers,
            "body": text(request.body or "")}


def of_client(service, name, call):
    session = botocore.session.Session()
    session.set_credentials(ACCESS_KEY, SECRET_KEY)
    client = session.create_client(service, region_name="us-east-1", endpoint_url=ENDPOINT,
                                   config=Config(retries={"max_attempts": 0}))
    caught = []

    def catch(request, **_):
        caught.append(request)
        return botocore.awsrequest.AWSResponse(request.url, 200, {}, None)

    client.meta.events.register("before-send", catch)
    try:
        call(client)
    except Exception:  # The answer is none; the request is what counts.
        pass
    return entry(name, caught[0])


def of_request(name, signer, method, target, headers=(), body=""):
    request = botocore.awsrequest.AWSRequest(method=method, url=ENDPOINT + target, data=body)
    for key, value in headers:
        request.headers.add_header(key, value)
    signer.add_auth(request)
    return entry(name, request)


def main():
    botocore.auth.datetime.datetime = HeldClock
    credentials = botocore.credentials.Credentials(ACCESS_KEY, SECRET_KEY)
    by_header = lambda service="iot": botocore.auth.SigV4Auth(credentials, service, "us-east-1")
    by_query = lambda seconds: botocore.auth.SigV4QueryAuth(
        credentials, "iot", "us-east-1", seconds)
    arn = "arn:aws:iot:us-east-1:000000000000:cert/" + "ab" * 32
    vectors = [
        of_client("iot", "body", lambda c: c.create_job(
            jobId="j1", targets=[arn], document='{"a":"\u00fc"}')),
        of_client("iot", "no body", lambda c: c.describe_job(jobId="j1")),
        of_client("iot", "delete with a query", lambda c: c.delete_job(jobId="j1", force=True)),
        of_client("iot", "colon in a label", lambda c: c.describe_thing(thingName="t:1")),
        of_client("iot", "ARN as a label", lambda c: c.list_attached_policies(target=arn)),
        of_client("iot", "principal in a header", lambda c: c.attach_thing_principal(
            thingName="t", principal=arn)),
        of_client("iot", "ARN in the query", lambda c: c.list_tags_for_resource(resourceArn=arn)),
        of_client("iot", "awkward query", lambda c: c.list_things(
            attributeName="a b", attributeValue="\u00fc/+&=%~*'()", nextToken="")),
        of_client("iot", "awkward label", lambda c: c.get_policy(
            policyName="a b+c=\u00fc@,.-~*")),
        of_client("iot-jobs-data", "next in a get", lambda c: c.describe_job_execution(
            thingName="t", jobId="$next")),
        of_client("iot-jobs-data", "next in a put", lambda c: c.start_next_pending_job_execution(
            thingName="t:1")),
        of_request("older scope", by_header("execute-api"), "GET", "/things"),
        of_request("literal $ and encoded :", by_header(), "PUT", "/things/a%3Ab/jobs/$next", (),
                   "{}"),
        of_request("percent twice", by_header(), "GET", "/things/100%2525"),
        of_request("slashes and dots", by_header(), "GET", "/a//b/./c/../d/"),
        of_request("root", by_header(), "GET", "/"),
        of_request("repeated, empty and bare names", by_header(), "GET",
                   "/jobs?b=2&b=1&a=&A&c=%20"),
        of_request("spaces in a header", by_header(), "GET", "/jobs",
                   [("X-Amz-Note", "  a   b  ")]),
        of_request("repeated header", by_header(), "GET", "/jobs",
                   [("X-Amz-Note", "1"), ("X-Amz-Note", "2")]),
        of_request("presigned", by_query(60), "GET", "/things/t%3A1/jobs?status=QUEUED&x=%2F%20"),
        of_request("presigned for long", by_query(604800), "GET", "/jobs"),
    ]
    timestamp = int(NOW.replace(tzinfo=datetime.timezone.utc).timestamp())
    document = {"source": "botocore " + botocore.__version__, "access_key_id": ACCESS_KEY,
                "secret_key": SECRET_KEY, "signed_at_seconds": timestamp, "vectors": vectors}
    path = pathlib.Path(__file__).with_name("sigv4_vectors.json")
    path.write_text(json.dumps(document, indent=1, ensure_ascii=True) + "\n")
    print(f"{len(vectors)} vectors in {path}")


main()
