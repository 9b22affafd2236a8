"""Policies, their versions, and what they are attached to, as Debian's aws CLI and boto3 do it.

The CLI runs each operation once. A document that the cloud would not evaluate to the letter must
be refused: each way to write one is here. Rules: aws-iot-jobs, sections 5.2 to 5.6 and 11.
"""

import datetime
import json
import unittest

import botocore.exceptions

from system.harness.cloud import arn
from system.harness.cloud_case import CloudTest
from system.harness.mqtt_clients import Client
from system.harness.pki import Pair
from system.harness.raw_http import ask


def document(**changes):
    """A document of one statement; a change to None takes an element away."""
    statement = {"Effect": "Allow", "Action": "iot:Connect", "Resource": "*", **changes}
    statement = {name: value for name, value in statement.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def conditioned(operator, key, value, **changes):
    return document(Condition={operator: {key: value}}, **changes)


ANY = document()


class PolicyTest(CloudTest):
    def setUp(self):
        self.name = self.unique("policy")

    def create(self, text=ANY, name=None, **parameters):
        return self.iot.create_policy(policyName=name or self.name, policyDocument=text,
                                      **parameters)

    def certificate(self):
        return self.iot.create_keys_and_certificate()["certificateArn"]


class Policies(PolicyTest):
    def test_the_cli_runs_a_policy_and_its_versions(self):
        named, path = ["--policy-name", self.name], self.folder / self.unique("document")
        path.write_text(ANY, encoding="ascii")
        made = self.aws("iot", "create-policy", *named, "--policy-document", f"file://{path}",
                        "--tags", "Key=site,Value=9")
        self.assertEqual({"policyName": self.name, "policyArn": arn("policy", self.name),
                          "policyDocument": ANY, "policyVersionId": "1"}, made)
        deny = document(Effect="Deny")
        version = self.aws("iot", "create-policy-version", *named, "--policy-document", deny,
                           "--set-as-default")
        self.assertEqual({"policyArn": made["policyArn"], "policyDocument": deny,
                          "policyVersionId": "2", "isDefaultVersion": True}, version)
        self.assertEqual("2", self.aws("iot", "get-policy", *named)["defaultVersionId"])
        numbered = [*named, "--policy-version-id"]
        self.assertIsNone(self.aws("iot", "set-default-policy-version", *numbered, "1"))
        listed = self.aws("iot", "list-policy-versions", *named)["policyVersions"]
        self.assertEqual([("2", False), ("1", True)],
                         [(entry["versionId"], entry["isDefaultVersion"]) for entry in listed])
        self.assertEqual(deny, self.aws("iot", "get-policy-version", *numbered,
                                        "2")["policyDocument"])
        self.assertIn(self.name, [policy["policyName"] for policy in self.aws(
            "iot", "list-policies")["policies"]])
        self.assert_error("DeleteConflictException", self.aws, "iot", "delete-policy", *named)
        self.assertIsNone(self.aws("iot", "delete-policy-version", *numbered, "2"))
        self.assertIsNone(self.aws("iot", "delete-policy", *named))
        self.assert_error("ResourceNotFoundException", self.aws, "iot", "get-policy", *named)
        self.assert_error("MalformedPolicyException", self.aws, "iot", "create-policy", *named,
                          "--policy-document", "{}", message="'Version' is missing")

    def test_create_and_get_tell_all_of_a_policy(self):
        text = "\n  " + ANY.replace('": ', '" :\t') + "\r\n"
        made = self.create(text, tags=[{"Key": "site", "Value": "9"}])
        self.assertEqual((text, "1", arn("policy", self.name)), (
            made["policyDocument"], made["policyVersionId"], made["policyArn"]))
        got = self.iot.get_policy(policyName=self.name)
        now = datetime.datetime.now(datetime.timezone.utc)
        for date in ("creationDate", "lastModifiedDate"):
            self.assertLess(abs((now - got.pop(date)).total_seconds()), 60)
        got.pop("ResponseMetadata")
        self.assertEqual({"policyName": self.name, "policyArn": made["policyArn"],
                          "policyDocument": text, "defaultVersionId": "1"}, got)
        self.assertEqual([{"Key": "site", "Value": "9"}], self.iot.list_tags_for_resource(
            resourceArn=made["policyArn"])["tags"])

    def test_create_refuses_names_duplicates_and_lengths(self):
        for name in ("p" * 129, "a b", "a/b", "a:b", "ä"):
            self.assert_error("InvalidRequestException", self.create, name=name,
                              message="policyName", status=400)
        self.create(name="w_+=,.@-W" + self.name)
        self.create()
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            self.create()
        reply = caught.exception.response
        self.assertEqual(("ResourceAlreadyExistsException", 409, self.name), (
            reply["Error"]["Code"], reply["ResponseMetadata"]["HTTPStatusCode"],
            reply["resourceId"]))
        room = 2048 - len(document(Sid="").replace(" ", ""))
        self.create(document(Sid="s" * room).replace(" ", " " * 90), name=self.unique())
        self.assert_error("MalformedPolicyException", self.create, document(Sid="s" * (room + 1)),
                          name=self.unique(), status=400, message="at most 2048")
        for body, reason in (({}, "policyDocument is required"), ({"policyDocument": {}}, "string"),
                             ({"policyDocument": ANY, "tags": [{}]}, "tags.Key is required")):
            answer = ask(self.cloud.http_port, "POST", f"/policies/{self.unique()}", body)
            self.assertEqual((400, "InvalidRequestException"), (answer.status, answer.error))
            self.assertIn(reason, answer.message)

    def test_delete_wants_neither_targets_nor_further_versions(self):
        self.create()
        target = self.certificate()
        self.iot.attach_policy(policyName=self.name, target=target)
        self.iot.create_policy_version(policyName=self.name, policyDocument=ANY)
        delete = self.iot.delete_policy
        self.assert_error("DeleteConflictException", delete, policyName=self.name, status=409,
                          message="versions")
        self.iot.delete_policy_version(policyName=self.name, policyVersionId="2")
        self.assert_error("DeleteConflictException", delete, policyName=self.name, status=409,
                          message="attached")
        self.iot.detach_policy(policyName=self.name, target=target)
        delete(policyName=self.name)
        for call in (delete, self.iot.get_policy, self.iot.list_policy_versions,
                     self.iot.list_targets_for_policy):
            self.assert_error("ResourceNotFoundException", call, policyName=self.name, status=404)
            self.assert_error("InvalidRequestException", call, policyName="a b", status=400)

    def test_list_is_by_age_both_ways_and_by_pages(self):
        names = [self.unique("policy") for _ in range(5)]
        for name in names:
            self.create(name=name)

        def listed(**options):
            pages = self.iot.get_paginator("list_policies").paginate(**options)
            return [policy["policyName"] for page in pages for policy in page["policies"]]

        everything = listed(ascendingOrder=True)
        self.assertEqual(names, [name for name in everything if name in names])
        self.assertEqual(everything[::-1], listed())
        self.assertEqual(everything, listed(ascendingOrder=True,
                                            PaginationConfig={"PageSize": 2}))
        page = self.iot.list_policies(pageSize=2)
        self.assertEqual({"policyName", "policyArn"}, set(page["policies"][0]))
        self.assertRegex(page["nextMarker"], r"^[A-Za-z0-9+/]+={0,2}$")
        for wrong in ({"pageSize": 0}, {"pageSize": 251}, {"marker": "no"}):
            self.assert_error("InvalidRequestException", self.iot.list_policies, **wrong)


class Versions(PolicyTest):
    def setUp(self):
        super().setUp()
        self.create()

    def add(self, text=ANY, **options):
        return self.iot.create_policy_version(policyName=self.name, policyDocument=text, **options)

    def numbers(self):
        listed = self.iot.list_policy_versions(policyName=self.name)["policyVersions"]
        return [(entry["versionId"], entry["isDefaultVersion"]) for entry in listed]

    def test_versions_are_counted_on_listed_newest_first_and_never_reused(self):
        texts = {"1": ANY}
        for number in "2345":
            texts[number] = document(Sid=number)
            made = self.add(texts[number], setAsDefault=number == "3")
            self.assertEqual((number, number == "3"),
                             (made["policyVersionId"], made["isDefaultVersion"]))
        self.assertEqual([(n, n == "3") for n in "54321"], self.numbers())
        self.assert_error("VersionsLimitExceededException", self.add, status=409, message="5")
        self.iot.delete_policy_version(policyName=self.name, policyVersionId="5")
        self.assertEqual("6", self.add(document(Sid="6"))["policyVersionId"])
        for number in "1234":
            version = self.iot.get_policy_version(policyName=self.name, policyVersionId=number)
            self.assertEqual(
                (texts[number], number, number == "3", self.name, arn("policy", self.name)),
                (version["policyDocument"], version["policyVersionId"],
                 version["isDefaultVersion"], version["policyName"], version["policyArn"]))
        got = self.iot.get_policy(policyName=self.name)
        self.assertEqual((texts["3"], "3"), (got["policyDocument"], got["defaultVersionId"]))

    def test_the_default_moves_and_cannot_be_deleted(self):
        self.add(document(Sid="2"))
        default = self.iot.set_default_policy_version
        for number in "221":
            default(policyName=self.name, policyVersionId=number)
            self.assertEqual(number, self.iot.get_policy(policyName=self.name)["defaultVersionId"])
        delete = self.iot.delete_policy_version
        self.assert_error("DeleteConflictException", delete, policyName=self.name,
                          policyVersionId="1", status=409, message="default")
        delete(policyName=self.name, policyVersionId="2")
        for call in (default, delete, self.iot.get_policy_version):
            for number, code in (("2", "ResourceNotFoundException"),
                                 ("9", "ResourceNotFoundException"),
                                 ("x", "InvalidRequestException"),
                                 ("-1", "InvalidRequestException"),
                                 ("1" * 19, "InvalidRequestException")):
                self.assert_error(code, call, policyName=self.name, policyVersionId=number)
            self.assert_error("ResourceNotFoundException", call, policyName=self.unique(),
                              policyVersionId="1", status=404)
        self.assertEqual([("1", True)], self.numbers())

    def test_a_malformed_version_is_refused_and_not_kept(self):
        self.assert_error("MalformedPolicyException", self.add, document(NotAction="iot:Publish"),
                          status=400, setAsDefault=True)
        self.assert_error("ResourceNotFoundException", self.iot.create_policy_version,
                          policyName=self.unique(), policyDocument=ANY, status=404)
        answer = ask(self.cloud.http_port, "POST", f"/policies/{self.name}/version", {})
        self.assertEqual((400, "policyDocument is required."), (answer.status, answer.message))
        self.assertEqual([("1", True)], self.numbers())

    def test_only_the_default_version_decides_for_devices(self):
        made = self.iot.create_keys_and_certificate(setAsActive=True)
        pair = Pair(self.folder / "device.pem", self.folder / "device.key")
        pair.certificate.write_text(made["certificatePem"], encoding="ascii")
        pair.key.write_text(made["keyPair"]["PrivateKey"], encoding="ascii")
        self.iot.attach_policy(policyName=self.name, target=made["certificateArn"])

        def connect():
            client = Client(self.cloud.mqtt_port, "unit", pair=pair, ca=self.cloud.root)
            self.addCleanup(client.close)
            return client

        self.add(document(Effect="Deny"))
        device = connect().wait_connected()
        self.iot.set_default_policy_version(policyName=self.name, policyVersionId="2")
        device.wait("closed")
        self.assertNotEqual(0, connect().wait_answer())
        self.add(ANY, setAsDefault=True)
        connect().wait_connected()


class Documents(PolicyTest):
    def assert_malformed(self, *cases):
        """Refused with the reason, and nothing is kept under the name."""
        for text, reason in cases:
            with self.subTest(text=text[:90]):
                self.assert_error("MalformedPolicyException", self.create, text, status=400,
                                  message=reason)
        self.assert_error("ResourceNotFoundException", self.iot.get_policy, policyName=self.name)

    def test_what_is_no_policy_document_is_refused(self):
        statement = json.loads(ANY)["Statement"]
        self.assert_malformed(
            ("", "not JSON"), ("{", "not JSON"), ("[]", "not a JSON object"),
            ('"text"', "not a JSON object"), (ANY + "x", "not JSON"), ("{'a':1}", "not JSON"),
            (json.dumps({"Statement": statement}), "'Version' is missing"),
            (json.dumps({"Version": "2012-10-17"}), "'Statement' is missing"),
            (json.dumps({"Version": "2012-10-17", "Statement": []}), "Statement is empty"),
            (json.dumps({"Version": "2012-10-17", "Statement": "x"}), "must be an object"),
            (json.dumps({"Version": "2020-01-01", "Statement": statement}), "2020-01-01"),
            (json.dumps({"Version": 2012, "Statement": statement}), "Version must be a string"),
            (json.dumps({"Version": "2012-10-17", "statement": statement}), "'statement'"),
            (json.dumps({"Version": "2012-10-17", "Id": 1, "Statement": statement}), "Id must"),
            (ANY.replace('"Effect": "Allow"', '"Effect": "Deny", "Effect": "Allow"'), "twice"),
            (document(Condition=json.loads("[" * 14 + "]" * 14)), "16 levels"))

    def test_elements_that_are_missing_wrong_or_not_evaluated_are_refused(self):
        self.assert_malformed(
            (document(Effect=None), "'Effect' is missing"),
            (document(Effect="allow"), "'Allow' or 'Deny', not 'allow'"),
            (document(Effect=["Allow"]), "Effect must be a string"),
            (document(Action=None), "'Action' is missing"),
            (document(Action=[]), "Action is empty"), (document(Action=7), "Action must be"),
            (document(Action="iot:Fly"), "'iot:Fly'"), (document(Action="Connect"), "'Connect'"),
            (document(Action=["iot:Connect", "s3:GetObject"]), "'s3:GetObject'"),
            (document(Action="iot:CreateJob"), "'iot:CreateJob'"),
            (document(Resource=None), "'Resource' is missing"),
            (document(Resource=[]), "Resource is empty"),
            (document(Resource=["*", 7]), "each Resource must be a string"),
            (document(Resource="client/x"), "neither '\\*' nor an ARN"),
            (document(Sid=7), "Sid must be a string"),
            (document(Action=None, NotAction="iot:Connect"), "NotAction is not evaluated"),
            (document(Resource=None, NotResource="*"), "NotResource is not evaluated"),
            (document(Principal="*"), "no Principal"), (document(NotPrincipal="*"), "NotPrincipal"),
            (document(Extra=1), "'Extra' is not known"), (document(action="x"), "'action'"))
        first_right = json.loads(ANY)["Statement"] * 2
        first_right[1] = {**first_right[1], "Effect": "Maybe"}
        self.assert_malformed((json.dumps({"Version": "2012-10-17", "Statement": first_right}),
                               "statement 2: .*'Maybe'"))

    def test_variables_that_are_not_evaluated_are_refused(self):
        prefix = "arn:aws:iot:us-east-1:000000000000:client/"

        def resource(variable):
            return document(Resource=prefix + variable)

        old = json.loads(resource("${iot:ClientId}"))
        old["Version"] = "2008-10-17"
        self.assert_malformed(
            (resource("${iot:NoSuch}"), "no policy variable 'iot:NoSuch'"),
            (resource("${iot:ClientId"), "the '}' of"), (resource("${}"), "policy variable ''"),
            (resource("${aws:username}"), "'aws:username'"),
            (resource("${iot:DomainName}"), "is not evaluated here"),
            (resource("${aws:CurrentTime}"), "without a clock"),
            (resource("${iot:Certificate.AvailableKeys}"), "is not evaluated here"),
            (resource("${iot:Certificate.Subject.Shoe}"), "'iot:Certificate.Subject.Shoe'"),
            (resource("${iot:Certificate.Subject.CommonName.List}"), "several values"),
            (resource("${iot:ConnectAttributes}"), "several values"),
            (resource("${iot:Connection.Thing.Attributes[]}"), "no policy variable"),
            (conditioned("StringEquals", "iot:ClientId", "${iot:NoSuch}"), "'iot:NoSuch'"),
            (json.dumps(old), 'policy variables need "Version": "2012-10-17"'))

    def test_conditions_that_are_not_evaluated_are_refused(self):
        key = "iot:ClientId"
        self.assert_malformed(
            (document(Condition="x"), "Condition must be an object"),
            (document(Condition={"StringEquals": "x"}), "must be an object"),
            (document(Condition={"StringEquals": {}}), "names a condition key"),
            (conditioned("StringIs", key, "x"), "'StringIs' is not evaluated"),
            (conditioned("DateGreaterThan", key, "2020-01-01"), "without a clock"),
            (conditioned("ArnLike", key, "arn:*"), "use StringLike"),
            (conditioned("BinaryEquals", key, "eA=="), "'BinaryEquals' is not evaluated"),
            (conditioned("stringequals", key, "x"), "'stringequals'"),
            (conditioned("NullIfExists", key, "true"), "Null stands alone"),
            (conditioned("ForAnyValue:Null", key, "true"), "Null stands alone"),
            (conditioned("ForSomeValue:StringEquals", key, "x"), "is not evaluated"),
            (conditioned("StringEquals", "iot:NoSuch", "x"), "no condition key 'iot:NoSuch'"),
            (conditioned("StringEquals", "aws:CurrentTime", "x"), "without a clock"),
            (conditioned("StringEquals", "iot:LastWillTopic", "x"), "is not evaluated here"),
            (conditioned("StringEquals", "iot:DomainName", "x"), "is not evaluated here"),
            (conditioned("StringEquals", "iot:Certificate.Subject.CommonName.List", "x"),
             "ForAnyValue: or ForAllValues:"),
            (conditioned("StringEquals", key, {}), "must be a string"),
            (conditioned("StringEquals", key, [[]]), "must be a string"),
            (conditioned("StringEquals", key, 1.5), "an integer"),
            (conditioned("NumericEquals", key, "ten"), "'ten' is not a number"),
            (conditioned("Bool", key, "maybe"), "'true' or 'false'"),
            (conditioned("Null", key, "x"), "'true' or 'false'"),
            (conditioned("IpAddress", "aws:SourceIp", "300.0.0.1"), "IP address"),
            (conditioned("IpAddress", "aws:SourceIp", "10.0.0.0/33"), "IP address"),
            (conditioned("IpAddress", key, "10.0.0.1"), "only aws:SourceIp is"))

    def test_every_form_that_is_evaluated_is_taken_as_it_was_written(self):
        prefix = "arn:aws:iot:*:*:"
        for text in (
                document(Action="iot:*"), document(Action=["iot:Publish", "iot:Re*"]),
                document(Action="*"), document(Effect="Deny", Sid="No"),
                document(Action="greengrass:Discover"),
                document(Action="iotjobsdata:DescribeJobExecution"),
                document(Resource=[f"{prefix}client/${{iot:Connection.Thing.ThingName}}",
                                   f"{prefix}topic/a/${{*}}/${{?}}/${{$}}/?*",
                                   f"{prefix}client/${{iot:Connection.Thing.Attributes[site]}}"]),
                json.dumps({"Version": "2008-10-17", "Id": "a",
                            "Statement": json.loads(ANY)["Statement"][0]}),
                conditioned("StringNotLikeIfExists", "iot:ClientId", ["a*", "${iot:ClientId}"]),
                conditioned("ForAllValues:StringEquals", "iot:ConnectAttributes",
                            ["PersistentConnect", "LastWill"]),
                conditioned("ForAnyValue:StringLike", "iot:Certificate.Subject.CommonName.List",
                            "unit *"),
                conditioned("NumericLessThanEquals", "iot:Connection.Thing.Attributes[age]", 10),
                conditioned("Bool", "iot:Connection.Thing.IsAttached", ["true"]),
                conditioned("NotIpAddress", "aws:SourceIp", ["10.0.0.0/8", "::1"]),
                conditioned("Null", "iot:Certificate.Issuer.State.2", False)):
            with self.subTest(text):
                name = self.unique("policy")
                self.create(text, name=name)
                self.assertEqual(text, self.iot.get_policy(policyName=name)["policyDocument"])


class Attachments(PolicyTest):
    def setUp(self):
        super().setUp()
        self.create()

    def policies(self, target, **options):
        pages = self.iot.get_paginator("list_attached_policies").paginate(target=target, **options)
        found = [policy for page in pages for policy in page["policies"]]
        for policy in found:
            self.assertEqual(arn("policy", policy["policyName"]), policy["policyArn"])
        return sorted(policy["policyName"] for policy in found)

    def test_the_cli_attaches_lists_and_detaches_in_the_new_form(self):
        target = self.certificate()
        pair = ["--policy-name", self.name, "--target", target]
        self.assertIsNone(self.aws("iot", "attach-policy", *pair))
        self.assertEqual([{"policyName": self.name, "policyArn": arn("policy", self.name)}],
                         self.aws("iot", "list-attached-policies", "--target", target)["policies"])
        self.assertEqual([target], self.aws("iot", "list-targets-for-policy", "--policy-name",
                                            self.name)["targets"])
        self.assertIsNone(self.aws("iot", "detach-policy", *pair))
        self.assertEqual([], self.policies(target))
        self.assert_error("ResourceNotFoundException", self.aws, "iot", "attach-policy",
                          "--policy-name", self.unique(), "--target", target)

    def test_the_cli_attaches_lists_and_detaches_in_the_deprecated_form(self):
        principal = self.certificate()
        pair = ["--policy-name", self.name, "--principal", principal]
        self.assertIsNone(self.aws("iot", "attach-principal-policy", *pair))
        listed = self.aws("iot", "list-principal-policies", "--principal", principal)["policies"]
        self.assertEqual([self.name], [policy["policyName"] for policy in listed])
        self.assertEqual([self.name], self.policies(principal), "both forms mean the same")
        self.assertIsNone(self.aws("iot", "detach-principal-policy", *pair))
        self.assertEqual([], self.policies(principal))
        self.assert_error("ResourceNotFoundException", self.aws, "iot", "attach-principal-policy",
                          "--policy-name", self.name, "--principal", arn("cert", "0" * 64))

    def test_certificates_and_groups_are_targets_and_attaching_repeats(self):
        targets = [self.certificate(), arn("thinggroup", self.make_group())]
        for target in targets:
            for _ in range(2):
                self.iot.attach_policy(policyName=self.name, target=target)
            self.assertEqual([self.name], self.policies(target))
        self.assertEqual(sorted(targets), sorted(self.iot.list_targets_for_policy(
            policyName=self.name)["targets"]))
        for target in targets:
            for _ in range(2):
                self.iot.detach_policy(policyName=self.name, target=target)
            self.assertEqual([], self.policies(target))

    def test_ten_policies_on_a_certificate_and_two_on_a_group_are_the_most(self):
        names = [self.unique("policy") for _ in range(10)]
        for name in names:
            self.create(name=name)
        for target, most in ((self.certificate(), 10), (self.group_arn(self.make_group()), 2)):
            for name in names[:most]:
                self.iot.attach_policy(policyName=name, target=target)
            self.assert_error("LimitExceededException", self.iot.attach_policy,
                              policyName=self.name, target=target, status=410)
            self.iot.attach_policy(policyName=names[0], target=target)
            self.assertEqual(sorted(names[:most]),
                             self.policies(target, PaginationConfig={"PageSize": 4}))
            if most == 10:
                self.assert_error("LimitExceededException", self.iot.attach_principal_policy,
                                  policyName=self.name, principal=target, status=410)

    def test_what_is_unknown_or_no_target_is_refused(self):
        target, thing = self.certificate(), self.make_thing()
        for call in (self.iot.attach_policy, self.iot.detach_policy):
            self.assert_error("ResourceNotFoundException", call, policyName=self.unique(),
                              target=target, status=404, message="no policy")
            for wrong in ("x", arn("thing", thing), target.replace("us-east-1", "eu-west-1"),
                          target.replace("000000000000", "111111111111"), "a b", ""):
                self.assert_error("InvalidRequestException", call, policyName=self.name,
                                  target=wrong, status=400)
        for unknown in (arn("cert", "0" * 64), arn("thinggroup", "nobody")):
            self.assert_error("ResourceNotFoundException", self.iot.attach_policy,
                              policyName=self.name, target=unknown, status=404)
            self.assert_error("ResourceNotFoundException", self.iot.list_attached_policies,
                              target=unknown, status=404)
        self.assert_error("InvalidRequestException", self.iot.list_attached_policies,
                          target=arn("thing", thing), status=400)
        answer = ask(self.cloud.http_port, "PUT", f"/target-policies/{self.name}")
        self.assertEqual((400, "target is required."), (answer.status, answer.message))

    def test_policies_of_a_group_are_listed_with_those_above_it_and_by_pages(self):
        top = self.make_group()
        below = self.make_group(parent=top)
        names = [self.unique("policy") for _ in range(3)]
        for name, group in zip(names, (top, top, below)):
            self.create(name=name)
            self.iot.attach_policy(policyName=name, target=arn("thinggroup", group))
        target = arn("thinggroup", below)
        self.assertEqual(names[2:], self.policies(target))
        self.assertEqual(sorted(names), self.policies(target, recursive=True))
        pages = list(self.iot.get_paginator("list_attached_policies").paginate(
            target=target, recursive=True, PaginationConfig={"PageSize": 2}))
        self.assertEqual([2, 1], [len(page["policies"]) for page in pages])
        for wrong in ({"pageSize": 251}, {"marker": "no"}):
            self.assert_error("InvalidRequestException", self.iot.list_attached_policies,
                              target=target, **wrong)

    def test_targets_are_listed_by_pages(self):
        targets = [arn("thinggroup", self.make_group()) for _ in range(5)]
        for target in targets:
            self.iot.attach_policy(policyName=self.name, target=target)
        pages = list(self.iot.get_paginator("list_targets_for_policy").paginate(
            policyName=self.name, PaginationConfig={"PageSize": 2}))
        self.assertEqual([2, 2, 1], [len(page["targets"]) for page in pages])
        self.assertEqual(sorted(targets), sorted(t for page in pages for t in page["targets"]))
        for wrong in ({"pageSize": 0}, {"marker": "no"}):
            self.assert_error("InvalidRequestException", self.iot.list_targets_for_policy,
                              policyName=self.name, **wrong)

    def test_the_deprecated_form_lists_by_pages_and_takes_certificates_only(self):
        principal = self.certificate()
        names = [self.unique("policy") for _ in range(3)]
        for name in names:
            self.create(name=name)
            self.iot.attach_principal_policy(policyName=name, principal=principal)
        for ascending, wanted in ((True, names), (False, names[::-1])):
            pages = list(self.iot.get_paginator("list_principal_policies").paginate(
                principal=principal, ascendingOrder=ascending, PaginationConfig={"PageSize": 2}))
            self.assertEqual([2, 1], [len(page["policies"]) for page in pages])
            self.assertEqual(wanted, [policy["policyName"] for page in pages
                                      for policy in page["policies"]])
        self.iot.detach_principal_policy(policyName=names[0], principal=principal)
        self.assertEqual(sorted(names[1:]), self.policies(principal))
        for call in (self.iot.attach_principal_policy, self.iot.detach_principal_policy):
            self.assert_error("InvalidRequestException", call, policyName=self.name, status=400,
                              principal=arn("thinggroup", self.make_group()),
                              message="ARN of a certificate")
            self.assert_error("ResourceNotFoundException", call, policyName=self.unique(),
                              principal=principal, status=404)
        port = self.cloud.http_port
        for method, path in (("PUT", f"/principal-policies/{self.name}"),
                             ("DELETE", f"/principal-policies/{self.name}"),
                             ("GET", "/principal-policies")):
            answer = ask(port, method, path)
            self.assertEqual((400, "the header x-amzn-iot-principal is required."),
                             (answer.status, answer.message))
        self.assert_error("ResourceNotFoundException", self.iot.list_principal_policies,
                          principal=arn("cert", "0" * 64), status=404)


if __name__ == "__main__":
    unittest.main()
