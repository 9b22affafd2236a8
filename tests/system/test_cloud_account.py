"""What belongs to the account as a whole: endpoints, tags, event settings; and what is not there.

boto3 has the breadth, the CLI runs each operation once. Rules: aws-iot-jobs, sections 5.1 to 5.6.
"""

import datetime
import random
import unittest

from system.harness import compat
from system.harness.cloud import Cloud, arn, program
from system.harness.cloud_case import CloudTest
from system.harness.ports import HOST
from system.harness.processes import Process
from system.harness.raw_http import ask

EVENT_TYPES = {
    "CA_CERTIFICATE", "CERTIFICATE", "JOB", "JOB_EXECUTION", "POLICY", "THING", "THING_GROUP",
    "THING_GROUP_HIERARCHY", "THING_GROUP_MEMBERSHIP", "THING_TYPE", "THING_TYPE_ASSOCIATION",
}
TAGS = [{"Key": "site", "Value": "9"}, {"Key": "größe", "Value": "a b_.:/=+-@"}]


class Endpoints(CloudTest):
    def test_every_endpoint_that_is_served_has_host_and_port_and_no_scheme(self):
        mqtt, http = f"{HOST}:{self.cloud.mqtt_port}", f"{HOST}:{self.cloud.http_port}"
        for options, address in (
                ({}, mqtt), ({"endpointType": "iot:Data"}, mqtt),
                ({"endpointType": "iot:Data-ATS"}, mqtt), ({"endpointType": "iot:Jobs"}, http)):
            with self.subTest(options):
                reply = self.iot.describe_endpoint(**options)
                reply.pop("ResponseMetadata")
                self.assertEqual({"endpointAddress": address}, reply)
        self.assertEqual({"endpointAddress": mqtt}, self.aws(
            "iot", "describe-endpoint", "--endpoint-type", "iot:Data-ATS"))

    def test_an_endpoint_that_is_not_served_is_refused_by_its_name(self):
        self.assert_error("InvalidRequestException", self.iot.describe_endpoint, status=400,
                          endpointType="iot:CredentialProvider",
                          message="iot:CredentialProvider is not supported")
        for wrong in ("iot:DeviceAdvisor", "iot:Odd", "x" * 129):
            self.assert_error("InvalidRequestException", self.iot.describe_endpoint, status=400,
                              endpointType=wrong, message="endpointType must be")
        self.assert_error("InvalidRequestException", self.aws, "iot", "describe-endpoint",
                          "--endpoint-type", "iot:CredentialProvider", message="credential")

    def test_the_name_for_devices_can_be_chosen(self):
        cloud = Cloud(self.folder / "named", "--endpoint", "localhost", "--region", "eu-west-1",
                      "--account", "123456789012")
        self.addCleanup(cloud.close)
        cloud.start()
        iot = cloud.client()
        self.assertEqual(f"localhost:{cloud.mqtt_port}",
                         iot.describe_endpoint()["endpointAddress"])
        self.assertEqual("arn:aws:iot:eu-west-1:123456789012:thing/t",
                         iot.create_thing(thingName="t")["thingArn"])

    def test_the_port_is_left_out_where_it_is_the_default(self):
        # Of the many addresses of loopback, one where nobody else has port 8883.
        host = ".".join(["127", *(str(random.randrange(2, 250)) for _ in range(3))])
        process = Process("cloud", [program(), "serve", "--data", str(self.folder / "default"),
                                    "--http", f"{HOST}:0", "--mqtt", f"{host}:8883"])
        self.addCleanup(process.close)
        port = int(process.log.find(r"ready http=http://[0-9.]+:(\d+) ").group(1))
        self.assertEqual({"endpointAddress": host}, ask(port, "GET", "/endpoint").json)
        self.assertEqual(0, process.stop())


class Tags(CloudTest):
    def tags(self, resource):
        listed = self.iot.list_tags_for_resource(resourceArn=resource)["tags"]
        return {tag["Key"]: tag["Value"] for tag in listed}

    def test_the_cli_tags_lists_and_untags(self):
        resource = arn("thinggroup", self.make_group())
        named = ["--resource-arn", resource]
        self.assertIsNone(self.aws("iot", "tag-resource", *named, "--tags", "Key=site,Value=9",
                                   "Key=rack,Value="))
        self.assertEqual({"tags": [{"Key": "rack", "Value": ""}, {"Key": "site", "Value": "9"}]},
                         self.aws("iot", "list-tags-for-resource", *named))
        self.assertIsNone(self.aws("iot", "untag-resource", *named, "--tag-keys", "rack"))
        self.assertEqual({"site": "9"}, self.tags(resource))
        self.assert_error("ResourceNotFoundException", self.aws, "iot", "tag-resource",
                          "--resource-arn", arn("job", "nobody"), "--tags", "Key=a,Value=b")

    def test_groups_jobs_and_policies_are_tagged_at_creation_and_later(self):
        group, job, policy = (self.unique(kind) for kind in ("group", "job", "policy"))
        self.iot.create_thing_group(thingGroupName=group, tags=TAGS)
        self.make_job(self.make_thing(), job=job, tags=TAGS)
        self.iot.create_policy(policyName=policy, tags=TAGS, policyDocument=(
            '{"Version":"2012-10-17","Statement":'
            '{"Effect":"Allow","Action":"iot:Connect","Resource":"*"}}'))
        for resource in (arn("thinggroup", group), arn("job", job), arn("policy", policy)):
            with self.subTest(resource):
                made = {tag["Key"]: tag["Value"] for tag in TAGS}
                self.assertEqual(made, self.tags(resource))
                self.iot.tag_resource(resourceArn=resource, tags=[
                    {"Key": "site", "Value": "10"}, {"Key": "new"}])
                self.assertEqual({**made, "site": "10", "new": ""}, self.tags(resource))
                self.iot.untag_resource(resourceArn=resource, tagKeys=["new", "größe", "never"])
                self.assertEqual({"site": "10"}, self.tags(resource))

    def test_what_cannot_be_tagged_or_is_not_there_is_refused(self):
        thing = arn("thing", self.make_thing())
        certificate = self.iot.create_keys_and_certificate()["certificateArn"]
        group = arn("thinggroup", self.make_group())
        calls = (lambda **r: self.iot.tag_resource(tags=TAGS, **r),
                 lambda **r: self.iot.untag_resource(tagKeys=["a"], **r),
                 self.iot.list_tags_for_resource)
        for call in calls:
            for resource in (thing, certificate, "x", group.replace("us-east-1", "eu-west-1")):
                self.assert_error("InvalidRequestException", call, resourceArn=resource, status=400,
                                  message="cannot have tags")
            for kind in ("thinggroup", "job", "policy"):
                self.assert_error("ResourceNotFoundException", call, status=404,
                                  resourceArn=arn(kind, "nobody"), message="nobody")

    def test_tags_beyond_awss_rules_are_refused_and_none_is_kept(self):
        group = arn("thinggroup", self.make_group())
        for tags, reason in (
                ([{"Key": "k" * 129, "Value": ""}], "tag key"), ([{"Key": "", "Value": ""}], "key"),
                ([{"Key": "a*b", "Value": ""}], "tag key"), ([{"Key": "a\tb"}], "tag key"),
                ([{"Key": "aws:a", "Value": ""}], "aws:"),
                ([{"Key": "a", "Value": "v" * 257}], "value of tag"),
                ([{"Key": "a", "Value": "#"}], "value of tag"),
                ([{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}], "twice"),
                ([{"Key": f"k{n}", "Value": ""} for n in range(51)], "at most 50"),
                ([{"Key": "good", "Value": "1"}, {"Value": "2"}], "tags.Key is required")):
            with self.subTest(reason):
                self.assert_error("InvalidRequestException", self.iot.tag_resource,
                                  resourceArn=group, tags=tags, status=400, message=reason)
        port = self.cloud.http_port
        for method, path, body, reason in (
                ("POST", "/tags", {"tags": TAGS}, "resourceArn is required"),
                ("POST", "/tags", {"resourceArn": group}, "tags is required"),
                ("POST", "/untag", {"resourceArn": group}, "tagKeys is required"),
                ("POST", "/untag", {"resourceArn": group, "tagKeys": "a"}, "list of strings"),
                ("GET", "/tags", None, "resourceArn is required"),
                ("GET", f"/tags?resourceArn={group}&nextToken=x", None, "nextToken")):
            answer = ask(port, method, path, body)
            self.assertEqual((400, "InvalidRequestException"), (answer.status, answer.error))
            self.assertIn(reason, answer.message)
        self.assertEqual({}, self.tags(group))

        fifty = [{"Key": f"k{n}", "Value": "v" * 256} for n in range(49)]
        fifty.append({"Key": "k" * 128, "Value": ""})
        self.iot.tag_resource(resourceArn=group, tags=fifty)
        self.iot.tag_resource(resourceArn=group, tags=[{"Key": "k0", "Value": "changed"}])
        self.assert_error("LimitExceededException", self.iot.tag_resource, resourceArn=group,
                          tags=[{"Key": "more", "Value": ""}], status=410, message="51 tags")
        self.assertEqual(50, len(self.tags(group)))


class Events(CloudTest):
    def enabled(self):
        settings = self.iot.describe_event_configurations()["eventConfigurations"]
        self.assertEqual(EVENT_TYPES, set(settings))
        return {name for name, setting in settings.items() if setting["Enabled"]}

    def update(self, **types):
        self.iot.update_event_configurations(eventConfigurations={
            name: {"Enabled": enabled} for name, enabled in types.items()})

    def test_events_are_off_and_only_those_that_are_sent_can_be_enabled(self):
        first = self.iot.describe_event_configurations()
        self.assertEqual(set(), self.enabled())
        self.assertNotIn("creationDate", first)
        self.update(JOB=True)
        self.assertEqual({"JOB"}, self.enabled())
        self.update(JOB_EXECUTION=True, THING=False)
        self.assertEqual({"JOB", "JOB_EXECUTION"}, self.enabled())
        settings = self.iot.describe_event_configurations()
        now = datetime.datetime.now(datetime.timezone.utc)
        self.assertLess(settings["creationDate"], settings["lastModifiedDate"])
        self.assertLess(abs((now - settings["creationDate"]).total_seconds()), 60)

        for name in sorted(EVENT_TYPES - {"JOB", "JOB_EXECUTION"}):
            self.assert_error("InvalidRequestException", self.update, status=400,
                              message=f"{name} is not supported.*JOB", JOB=False, **{name: True})
        self.assert_error("InvalidRequestException", self.update, ODD=True, message="'ODD'")
        for body in ({"eventConfigurations": []}, {"eventConfigurations": {"JOB": True}},
                     {"eventConfigurations": {"JOB": {"Enabled": "yes"}}}):
            answer = ask(self.cloud.http_port, "PATCH", "/event-configurations", body)
            self.assertEqual((400, "InvalidRequestException"), (answer.status, answer.error))
        self.assertEqual({"JOB", "JOB_EXECUTION"}, self.enabled())
        self.update(JOB=False, JOB_EXECUTION=False)
        self.assertEqual(set(), self.enabled())

    def test_the_cli_enables_events_and_sees_them_after_a_restart(self):
        self.assertIsNone(self.aws("iot", "update-event-configurations",
                                   "--event-configurations", '{"JOB_EXECUTION":{"Enabled":true}}'))
        self.cloud.stop()
        self.cloud.start()
        settings = self.aws("iot", "describe-event-configurations")
        self.assertEqual(["JOB_EXECUTION"], [
            name for name, setting in settings["eventConfigurations"].items()
            if setting["Enabled"]])


class NotHere(CloudTest):
    def test_operations_that_aws_has_and_this_cloud_not_are_named_with_501(self):
        for name, parameters in (
                ("create_ota_update", {"otaUpdateId": "u", "targets": ["t"], "roleArn": "r" * 20,
                                       "files": [{"fileName": "f"}]}),
                ("create_job_template", {"jobTemplateId": "t", "description": "d"}),
                ("list_job_templates", {}), ("list_managed_job_templates", {}),
                ("list_thing_types", {}), ("create_stream", {"streamId": "s", "files": [],
                                                             "roleArn": "r" * 20}),
                ("create_thing_type", {"thingTypeName": "t"}), ("search_index", {}),
                ("create_dynamic_thing_group", {"thingGroupName": "g", "queryString": "q"}),
                ("register_ca_certificate", {"caCertificate": "c"}),
                ("get_registration_code", {}), ("get_effective_policies", {}),
                ("list_policy_principals", {"policyName": "p"}),
                ("register_thing", {"templateBody": "{}"}), ("list_topic_rules", {}),
                ("delete_topic_rule_destination", {"arn": "arn:aws:iot:us-east-1:0:a/b/c"})):
            with self.subTest(name):
                operation = self.iot.meta.method_to_api_mapping[name]
                self.assert_error(
                    "NotImplementedException", getattr(self.iot, name), status=501,
                    message=f"The operation {operation} is not supported", **parameters)

    def test_the_cli_says_which_operation_is_not_there(self):
        for command, *options in (
                ("create-job-template", "--job-template-id", "t", "--description", "d"),
                ("create-ota-update", "--ota-update-id", "u", "--targets", "t", "--files",
                 "fileName=f", "--role-arn", "r" * 20),
                ("list-thing-types",),
                ("create-stream", "--stream-id", "s", "--files", "fileId=1", "--role-arn",
                 "r" * 20),
                ("describe-managed-job-template", "--template-name", "AWS-Reboot")):
            with self.subTest(command):
                self.assert_error("NotImplementedException", self.aws, "iot", command, *options,
                                  message=f"operation {compat.operation_of(command)} is not")

    def test_a_path_or_method_that_aws_has_not_gets_a_text(self):
        port = self.cloud.http_port
        for method, path in (("GET", "/"), ("GET", "/nothing"), ("GET", "/things/"),
                             ("GET", "/things/a/b/c"), ("PUT", "/things"), ("POST", "/jobs"),
                             ("DELETE", "/endpoint"), ("GET", "//things"),
                             ("GET", "/THINGS"), ("GET", "/things/a/../b")):
            with self.subTest(f"{method} {path}"):
                answer = ask(port, method, path)
                self.assertEqual((404, "UnknownOperationException"), (answer.status, answer.error))
                self.assertIn(f"No AWS operation of the control plane (iot) has this method and "
                              f"path: {method} {path}.", answer.message)
        answer = ask(port, "PUT", "/things/t/jobs/$next")
        self.assertEqual(404, answer.status)
        self.assertIn("It is StartNextPendingJobExecution of the data plane", answer.message)


if __name__ == "__main__":
    unittest.main()
