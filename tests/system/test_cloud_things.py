"""Things and static thing groups as Debian's aws CLI and boto3 use them.

boto3 has the breadth, and checks no parameter: what is refused here is refused by the cloud. The
CLI runs each operation once. Rules: aws-iot-jobs, sections 5.1 to 5.6.
"""

import datetime
import unittest
import uuid

import botocore.exceptions

from system.harness.cloud import arn
from system.harness.cloud_case import CloudTest
from system.harness.raw_http import ask


class Things(CloudTest):
    def setUp(self):
        self.name = self.unique("thing")

    def create(self, name=None, **attributes):
        return self.iot.create_thing(thingName=name or self.name,
                                     attributePayload={"attributes": attributes})

    def test_the_cli_registers_changes_finds_and_removes_a_thing(self):
        made = self.aws("iot", "create-thing", "--thing-name", self.name,
                        "--attribute-payload", '{"attributes":{"site":"9"}}')
        self.assertEqual(["thingArn", "thingId", "thingName"], sorted(made))
        described = self.aws("iot", "describe-thing", "--thing-name", self.name)
        self.assertEqual({"defaultClientId": self.name, "thingName": self.name,
                          "thingId": made["thingId"], "thingArn": arn("thing", self.name),
                          "attributes": {"site": "9"}, "version": 1}, described)
        self.assertIsNone(self.aws(
            "iot", "update-thing", "--thing-name", self.name, "--expected-version", "1",
            "--attribute-payload", '{"attributes":{"rack":"r:1"},"merge":true}'))
        found = self.aws("iot", "list-things", "--attribute-name", "rack",
                         "--attribute-value", "r:1")
        self.assertEqual([{"thingName": self.name, "thingArn": arn("thing", self.name),
                           "attributes": {"site": "9", "rack": "r:1"}, "version": 2}],
                         found["things"])
        self.assert_error("ResourceAlreadyExistsException", self.aws,
                          "iot", "create-thing", "--thing-name", self.name, message=self.name)
        self.assertIsNone(self.aws("iot", "delete-thing", "--thing-name", self.name))
        self.assert_error("ResourceNotFoundException", self.aws,
                          "iot", "describe-thing", "--thing-name", self.name, message=self.name)

    def test_create_gives_a_uuid_and_repeats_for_the_same_attributes_only(self):
        made = self.create(site="9")
        self.assertEqual(made["thingId"], str(uuid.UUID(made["thingId"])))
        self.assertEqual(arn("thing", self.name), made["thingArn"])
        self.assertEqual(made["thingId"], self.create(site="9")["thingId"])
        for other in ({"site": "8"}, {}, {"site": "9", "rack": "1"}):
            with self.assertRaises(botocore.exceptions.ClientError) as caught:
                self.create(**other)
            reply = caught.exception.response
            self.assertEqual("ResourceAlreadyExistsException", reply["Error"]["Code"])
            self.assertEqual(409, reply["ResponseMetadata"]["HTTPStatusCode"])
            self.assertEqual((self.name, arn("thing", self.name)),
                             (reply["resourceId"], reply["resourceArn"]))
        self.assertEqual({"site": "9"}, self.iot.describe_thing(thingName=self.name)["attributes"])

    def test_create_refuses_names_and_attributes_beyond_awss_rules(self):
        for name in ("t" * 129, "a b", "a/b", "ä", "a.b", "a%b"):
            self.assert_error("InvalidRequestException", self.iot.create_thing, thingName=name,
                              message="thingName", status=400)
        for name in ("t" * 128, "a:b_c-D9"):
            self.assertEqual(name, self.iot.create_thing(thingName=name)["thingName"])
        for attributes, reason in (
                ({"a": "1", "b": "2", "c": "3", "d": "4"}, "at most 3"),
                ({"a b": "1"}, "attribute name"), ({"n" * 129: "1"}, "attribute name"),
                ({"a": "x y"}, "value of attribute"), ({"a": "v" * 801}, "value of attribute"),
                ({"a": "ü"}, "value of attribute"), ({"a": 5}, "'a' must be a string")):
            self.assert_error("InvalidRequestException", self.create, message=reason, status=400,
                              **attributes)
        self.create(**{"n" * 128: "v" * 800, "a_.,@/:#-": "_.,@/:#-"})
        for member in ("thingTypeName", "billingGroupName"):
            self.assert_error("InvalidRequestException", self.iot.create_thing, thingName="t",
                              message=f"{member} is not supported", **{member: "x"})

    def test_describe_refuses_what_is_not_there(self):
        self.assert_error("ResourceNotFoundException", self.iot.describe_thing,
                          thingName=self.name, message=f'no thing "{self.name}"', status=404)
        self.assert_error("InvalidRequestException", self.iot.describe_thing, thingName="a b",
                          status=400)

    def test_update_replaces_merges_and_takes_away_attributes(self):
        self.create(site="9", rack="1")
        for payload, left, version in (
                ({"attributes": {"rack": "2"}, "merge": True}, {"site": "9", "rack": "2"}, 2),
                ({"attributes": {"site": ""}, "merge": True}, {"rack": "2"}, 3),
                ({"attributes": {"a": "1", "b": "2"}}, {"a": "1", "b": "2"}, 4),
                ({"attributes": {}}, {}, 5)):
            self.iot.update_thing(thingName=self.name, attributePayload=payload)
            now = self.iot.describe_thing(thingName=self.name)
            self.assertEqual((left, version), (now["attributes"], now["version"]))

    def test_update_refuses_and_changes_nothing(self):
        self.create(site="9")
        update = self.iot.update_thing
        three = {"attributes": {"a": "1", "b": "2", "c": "3"}, "merge": True}
        self.assert_error("VersionConflictException", update, thingName=self.name,
                          expectedVersion=7, message="has version 1", status=409)
        self.assert_error("InvalidRequestException", update, thingName=self.name,
                          attributePayload=three, message="4 attributes")
        self.assert_error("InvalidRequestException", update, thingName=self.name,
                          expectedVersion=-1, message="expectedVersion")
        self.assert_error("InvalidRequestException", update, thingName=self.name,
                          removeThingType=True, message="removeThingType is not supported")
        self.assert_error("InvalidRequestException", update, thingName=self.name,
                          attributePayload={"attributes": {"a b": ""}}, message="attribute name")
        self.assert_error("ResourceNotFoundException", update, thingName=self.unique(), status=404)
        now = self.iot.describe_thing(thingName=self.name)
        self.assertEqual(({"site": "9"}, 1), (now["attributes"], now["version"]))

    def test_delete_takes_unknown_things_and_refuses_attached_ones(self):
        delete = self.iot.delete_thing
        delete(thingName=self.unique("never"))
        self.create()
        self.assert_error("VersionConflictException", delete, thingName=self.name,
                          expectedVersion=2, status=409)
        principal = self.iot.create_keys_and_certificate()["certificateArn"]
        self.iot.attach_thing_principal(thingName=self.name, principal=principal)
        self.assert_error("InvalidRequestException", delete, thingName=self.name,
                          message="detach them first", status=400)
        self.iot.detach_thing_principal(thingName=self.name, principal=principal)
        group = self.make_group(self.name)
        delete(thingName=self.name, expectedVersion=1)
        self.assertEqual([], self.iot.list_things_in_thing_group(thingGroupName=group)["things"])
        self.assert_error("InvalidRequestException", delete, thingName="a b")
        answer = ask(self.cloud.http_port, "DELETE", f"/things/{self.name}?expectedVersion=x")
        self.assertEqual((400, "InvalidRequestException"), (answer.status, answer.error))

    def test_list_filters_by_attribute(self):
        floor = self.unique("floor")
        names = [self.unique("thing") for _ in range(3)]
        for name, value in zip(names, (floor, floor + "a", floor + "b")):
            self.create(name, floor=value)

        def found(value, **options):
            reply = self.iot.list_things(attributeName="floor", attributeValue=value, **options)
            return sorted(thing["thingName"] for thing in reply["things"])

        self.assertEqual(names[:1], found(floor))
        self.assertEqual(sorted(names), found(floor, usePrefixAttributeValue=True))
        self.assertEqual([], found("nowhere"))
        for wrong, reason in (({"attributeName": "floor"}, "attributeValue"),
                              ({"attributeValue": "1"}, "attributeName"),
                              ({"attributeName": "a b", "attributeValue": "1"}, "attributeName"),
                              ({"thingTypeName": "t"}, "thingTypeName is not supported")):
            self.assert_error("InvalidRequestException", self.iot.list_things, message=reason,
                              **wrong)
        answer = ask(self.cloud.http_port, "GET", "/things?usePrefixAttributeValue=yes")
        self.assertIn("true or false", answer.message)

    def test_list_goes_on_page_by_page_and_refuses_tokens_that_are_not_its_own(self):
        names = {self.make_thing() for _ in range(7)}
        pages, token = [], {}
        while True:
            reply = self.iot.list_things(maxResults=3, **token)
            pages.append([thing["thingName"] for thing in reply["things"]])
            if "nextToken" not in reply:
                break
            token = {"nextToken": reply["nextToken"]}
        listed = [name for page in pages for name in page]
        self.assertEqual([3, 3], [len(page) for page in pages[:2]])
        self.assertEqual(len(set(listed)), len(listed))
        self.assertLessEqual(names, set(listed))

        by_paginator = self.iot.get_paginator("list_things").paginate(PaginationConfig={
            "PageSize": 2}).build_full_result()
        self.assertLessEqual(names, {thing["thingName"] for thing in by_paginator["things"]})
        by_cli = self.aws("iot", "list-things", "--page-size", "3")
        self.assertEqual(listed, [thing["thingName"] for thing in by_cli["things"]])

        for size in (0, 251, -1):
            self.assert_error("InvalidRequestException", self.iot.list_things, maxResults=size,
                              message="maxResults must be an integer from 1 to 250")
        token = token["nextToken"]
        for wrong in ("x", "", "!" * 8, token[:-1], "A" * 2000, "AAAA" + token):
            self.assert_error("InvalidRequestException", self.iot.list_things, nextToken=wrong,
                              message="nextToken is not a token of this list")
        self.assert_error("InvalidRequestException", self.iot.list_thing_groups, nextToken=token)
        self.assert_error("InvalidRequestException", self.aws, "iot", "list-things",
                          "--starting-token", "bm8=", message="page|token")


class Groups(CloudTest):
    def setUp(self):
        self.name = self.unique("group")

    def create(self, name=None, **parameters):
        return self.iot.create_thing_group(thingGroupName=name or self.name, **parameters)

    def groups_of(self, thing):
        reply = self.iot.list_thing_groups_for_thing(thingName=thing)
        for group in reply["thingGroups"]:
            self.assertEqual(arn("thinggroup", group["groupName"]), group["groupArn"])
        return sorted(group["groupName"] for group in reply["thingGroups"])

    def test_the_cli_runs_a_group_from_its_creation_to_its_end(self):
        parent, thing = self.make_group(), self.make_thing()
        made = self.aws("iot", "create-thing-group", "--thing-group-name", self.name,
                        "--parent-group-name", parent, "--thing-group-properties",
                        '{"thingGroupDescription":"north hall"}')
        self.assertEqual((self.name, arn("thinggroup", self.name)),
                         (made["thingGroupName"], made["thingGroupArn"]))
        named = ["--thing-group-name", self.name]
        updated = self.aws("iot", "update-thing-group", *named, "--thing-group-properties",
                           "thingGroupDescription=south,attributePayload={attributes={a=1}}")
        self.assertEqual({"version": 2}, updated)
        described = self.aws("iot", "describe-thing-group", *named)
        self.assertEqual({"thingGroupDescription": "south",
                          "attributePayload": {"attributes": {"a": "1"}}},
                         described["thingGroupProperties"])
        self.assertEqual(parent, described["thingGroupMetadata"]["parentGroupName"])
        listed = self.aws("iot", "list-thing-groups", "--parent-group", parent)
        self.assertEqual([{"groupName": self.name, "groupArn": made["thingGroupArn"]}],
                         listed["thingGroups"])
        membership = [*named, "--thing-name", thing]
        self.assertIsNone(self.aws("iot", "add-thing-to-thing-group", *membership))
        self.assertEqual([thing], self.aws(
            "iot", "list-things-in-thing-group", "--recursive",
            "--thing-group-name", parent)["things"])
        self.assertIsNone(self.aws("iot", "remove-thing-from-thing-group", *membership))
        self.assertIsNone(self.aws("iot", "update-thing-groups-for-thing", "--thing-name", thing,
                                   "--thing-groups-to-add", self.name))
        self.assertEqual(self.name, self.aws(
            "iot", "list-thing-groups-for-thing", "--thing-name", thing
        )["thingGroups"][0]["groupName"])
        self.assert_error("VersionConflictException", self.aws, "iot", "delete-thing-group", *named,
                          "--expected-version", "1")
        self.assertIsNone(self.aws("iot", "delete-thing-group", *named))
        self.assert_error("ResourceNotFoundException", self.aws, "iot", "describe-thing-group",
                          *named)

    def test_create_and_describe_tell_all_of_a_group(self):
        top, middle = self.make_group(), self.unique("group")
        self.create(middle, parentGroupName=top)
        properties = {"thingGroupDescription": "größer: 50 %, \"alles\"",
                      "attributePayload": {"attributes": {"site": "9"}}}
        made = self.create(parentGroupName=middle, thingGroupProperties=properties)
        described = self.iot.describe_thing_group(thingGroupName=self.name)
        created = described["thingGroupMetadata"].pop("creationDate")
        age = datetime.datetime.now(datetime.timezone.utc) - created
        self.assertLess(abs(age.total_seconds()), 60)
        described.pop("ResponseMetadata")
        self.assertEqual({
            "thingGroupName": self.name, "thingGroupArn": arn("thinggroup", self.name),
            "thingGroupId": str(uuid.UUID(made["thingGroupId"])), "version": 1,
            "thingGroupProperties": properties,
            "thingGroupMetadata": {
                "parentGroupName": middle,
                "rootToParentThingGroups": [
                    {"groupName": name, "groupArn": arn("thinggroup", name)}
                    for name in (top, middle)]}}, described)
        again = self.create(parentGroupName=middle, thingGroupProperties=properties)
        self.assertEqual(made["thingGroupId"], again["thingGroupId"])
        for other in ({}, {"parentGroupName": middle},
                      {"parentGroupName": top, "thingGroupProperties": properties},
                      {"parentGroupName": middle, "thingGroupProperties": properties,
                       "tags": [{"Key": "a", "Value": "b"}]}):
            self.assert_error("ResourceAlreadyExistsException", self.create, status=409, **other)

    def test_create_refuses_what_aws_refuses(self):
        attributes = {f"a{n}": "1" for n in range(51)}
        for wrong, reason in (
                ({"name": "a b"}, "thingGroupName"), ({"name": "g" * 129}, "thingGroupName"),
                ({"parentGroupName": "nobody"}, "no parent thing group"),
                ({"parentGroupName": "a b"}, "parentGroupName"),
                ({"thingGroupProperties": {"thingGroupDescription": "d" * 2029}}, "2028"),
                ({"thingGroupProperties": {"thingGroupDescription": "a\nb"}}, "control"),
                ({"thingGroupProperties": {"attributePayload": {"attributes": attributes}}}, "51"),
                ({"tags": [{"Key": "aws:x", "Value": "1"}]}, "aws:")):
            with self.subTest(reason):
                self.assert_error("InvalidRequestException", self.create, message=reason,
                                  status=400, **wrong)
        for member, reason in (("thingGroupProperties", "an object"), ("tags", "a list")):
            answer = ask(self.cloud.http_port, "POST", f"/thing-groups/{self.name}", {member: "x"})
            self.assertEqual((400, "InvalidRequestException"), (answer.status, answer.error))
            self.assertIn(f"{member} must be {reason}", answer.message)
        attributes.pop("a0")
        self.create(thingGroupProperties={"thingGroupDescription": "d" * 2028,
                                          "attributePayload": {"attributes": attributes}})

    def test_a_hierarchy_has_seven_levels_and_a_group_a_hundred_children(self):
        parent = self.make_group()
        for _ in range(6):
            parent = self.make_group(parent=parent)
        self.assert_error("InvalidRequestException", self.create, parentGroupName=parent,
                          message="level 7")
        wide = self.make_group()
        for _ in range(100):
            self.make_group(parent=wide)
        self.assert_error("InvalidRequestException", self.create, parentGroupName=wide,
                          message="100 child groups")
        reply = self.iot.list_thing_groups(parentGroup=wide)
        self.assertEqual(100, len(reply["thingGroups"]))

    def test_update_merges_replaces_and_refuses(self):
        self.create(thingGroupProperties={"attributePayload": {"attributes": {"a": "1"}}})
        update = self.iot.update_thing_group
        described = self.iot.describe_thing_group
        for properties, left in (
                ({"attributePayload": {"attributes": {"b": "2"}, "merge": True}},
                 {"attributePayload": {"attributes": {"a": "1", "b": "2"}}}),
                ({"thingGroupDescription": "new"},
                 {"thingGroupDescription": "new",
                  "attributePayload": {"attributes": {"a": "1", "b": "2"}}}),
                ({"thingGroupDescription": "", "attributePayload": {"attributes": {}}}, {})):
            version = update(thingGroupName=self.name, thingGroupProperties=properties)["version"]
            now = described(thingGroupName=self.name)
            self.assertEqual((left, version), (now["thingGroupProperties"], now["version"]))
        self.assert_error("VersionConflictException", update, thingGroupName=self.name,
                          thingGroupProperties={}, expectedVersion=1, status=409)
        self.assert_error("ResourceNotFoundException", update, thingGroupName=self.unique(),
                          thingGroupProperties={}, status=404)
        self.assert_error("InvalidRequestException", update, thingGroupName=self.name,
                          message="thingGroupProperties is required")
        self.assert_error("ResourceNotFoundException", described, thingGroupName=self.unique(),
                          status=404)
        self.assertEqual(4, described(thingGroupName=self.name)["version"])

    def test_delete_frees_members_and_policies_and_refuses_parents(self):
        child, thing = self.unique("group"), self.make_thing()
        self.create(tags=[{"Key": "a", "Value": "b"}])
        self.create(child, parentGroupName=self.name)
        self.iot.add_thing_to_thing_group(thingGroupName=child, thingName=thing)
        policy = self.unique("policy")
        self.iot.create_policy(policyName=policy, policyDocument=(
            '{"Version":"2012-10-17","Statement":'
            '{"Effect":"Allow","Action":"iot:Connect","Resource":"*"}}'))
        self.iot.attach_policy(policyName=policy, target=arn("thinggroup", child))
        delete = self.iot.delete_thing_group
        delete(thingGroupName=self.unique("never"))
        self.assert_error("InvalidRequestException", delete, thingGroupName=self.name,
                          message="child groups", status=400)
        self.assert_error("VersionConflictException", delete, thingGroupName=child,
                          expectedVersion=9, status=409)
        self.assertEqual([child], self.groups_of(thing))
        delete(thingGroupName=child, expectedVersion=1)
        delete(thingGroupName=self.name)
        self.assertEqual([], self.groups_of(thing))
        self.assertEqual([], self.iot.list_targets_for_policy(policyName=policy)["targets"])
        self.create()
        self.assertEqual([], self.iot.list_tags_for_resource(
            resourceArn=arn("thinggroup", self.name))["tags"])

    def test_list_knows_parents_prefixes_and_pages(self):
        stem = self.unique("stem")
        top = self.make_group(name=f"{stem}-top")
        children = [self.make_group(name=f"{stem}-{n}", parent=top) for n in range(3)]
        deep = self.make_group(name=f"{stem}-deep", parent=children[0])

        def found(**options):
            reply = self.iot.list_thing_groups(**options)
            return sorted(group["groupName"] for group in reply["thingGroups"])

        self.assertEqual(sorted([top, deep, *children]), found(namePrefixFilter=stem))
        self.assertEqual([top], found(namePrefixFilter=stem, recursive=False))
        self.assertEqual(children, found(parentGroup=top, recursive=False))
        self.assertEqual(sorted([deep, *children]), found(parentGroup=top, recursive=True))
        self.assertEqual([children[1]], found(parentGroup=top, namePrefixFilter=f"{stem}-1"))
        pages = list(self.iot.get_paginator("list_thing_groups").paginate(
            namePrefixFilter=stem, PaginationConfig={"PageSize": 2}))
        self.assertEqual([2, 2, 1], [len(page["thingGroups"]) for page in pages])
        self.assert_error("ResourceNotFoundException", self.iot.list_thing_groups,
                          parentGroup=self.unique(), status=404)
        for wrong in ({"namePrefixFilter": "a b"}, {"parentGroup": "a b"}, {"maxResults": 251},
                      {"nextToken": "no"}):
            self.assert_error("InvalidRequestException", self.iot.list_thing_groups, **wrong)


class Membership(CloudTest):
    def test_add_and_remove_take_names_and_arns_and_repeat(self):
        thing, group = self.make_thing(), self.make_group()
        by_name = {"thingName": thing, "thingGroupName": group}
        by_arn = {"thingArn": arn("thing", thing), "thingGroupArn": arn("thinggroup", group)}
        for put, take in ((by_name, by_arn), (by_arn, by_name), ({**by_name, **by_arn}, by_name)):
            for _ in range(2):
                self.iot.add_thing_to_thing_group(**put)
            self.assertEqual([thing], self.iot.list_things_in_thing_group(
                thingGroupName=group)["things"])
            for _ in range(2):
                self.iot.remove_thing_from_thing_group(**take)
            self.assertEqual([], self.iot.list_things_in_thing_group(
                thingGroupName=group)["things"])

    def test_add_and_remove_refuse_what_does_not_fit(self):
        thing, group = self.make_thing(), self.make_group()
        foreign = arn("thing", thing).replace("000000000000", "111111111111")
        for code, wrong in (
                ("InvalidRequestException", {"thingName": thing}),
                ("InvalidRequestException", {"thingGroupName": group}),
                ("InvalidRequestException", {"thingName": "a b", "thingGroupName": group}),
                ("InvalidRequestException", {"thingName": thing, "thingGroupName": group,
                                             "thingGroupArn": arn("thinggroup", "other")}),
                ("InvalidRequestException", {"thingArn": foreign, "thingGroupName": group}),
                ("InvalidRequestException", {"thingArn": arn("thinggroup", group),
                                             "thingGroupName": group}),
                ("ResourceNotFoundException", {"thingName": "nobody", "thingGroupName": group}),
                ("ResourceNotFoundException", {"thingName": thing, "thingGroupName": "nobody"})):
            with self.subTest(wrong):
                self.assert_error(code, self.iot.add_thing_to_thing_group, **wrong)
                self.assert_error(code, self.iot.remove_thing_from_thing_group, **wrong)

    def test_a_thing_is_in_one_group_of_a_hierarchy_and_in_ten_at_most(self):
        thing, top = self.make_thing(), self.make_group()
        left, right = self.make_group(thing, parent=top), self.make_group(parent=top)
        add = self.iot.add_thing_to_thing_group
        for group in (right, top):
            self.assert_error("InvalidRequestException", add, thingName=thing, status=400,
                              thingGroupName=group, message="one hierarchy")
        self.iot.update_thing_groups_for_thing(
            thingName=thing, thingGroupsToAdd=[right], thingGroupsToRemove=[left])
        groups = {right, *(self.make_group(thing) for _ in range(9))}
        self.assert_error("InvalidRequestException", add, thingName=thing,
                          thingGroupName=self.make_group(), message="at most 10")
        pages = list(self.iot.get_paginator("list_thing_groups_for_thing").paginate(
            thingName=thing, PaginationConfig={"PageSize": 4}))
        self.assertEqual([4, 4, 2], [len(page["thingGroups"]) for page in pages])
        self.assertEqual(groups, {group["groupName"] for page in pages
                                  for group in page["thingGroups"]})

    def test_update_groups_is_done_whole_or_not_at_all(self):
        thing = self.make_thing()
        old, new = self.make_group(thing), self.make_group()
        update = self.iot.update_thing_groups_for_thing
        for code, wrong in (
                ("ResourceNotFoundException", {"thingGroupsToAdd": [new, "nobody"]}),
                ("ResourceNotFoundException", {"thingGroupsToAdd": [new],
                                               "thingGroupsToRemove": ["nobody"]}),
                ("InvalidRequestException", {"thingGroupsToAdd": [new, "a b"]}),
                ("InvalidRequestException", {"thingGroupsToAdd": [new],
                                             "thingGroupsToRemove": [new]})):
            self.assert_error(code, update, thingName=thing, **wrong)
        self.assert_error("ResourceNotFoundException", update, thingName=self.unique(),
                          thingGroupsToAdd=[new])
        self.assert_error("InvalidRequestException", update, thingGroupsToAdd=[new],
                          message="thingName is required")
        self.assertEqual([], self.iot.list_things_in_thing_group(thingGroupName=new)["things"])
        update(thingName=thing, thingGroupsToAdd=[new], thingGroupsToRemove=[old],
               overrideDynamicGroups=True)
        groups = self.iot.list_thing_groups_for_thing(thingName=thing)["thingGroups"]
        self.assertEqual([new], [group["groupName"] for group in groups])

    def test_members_are_listed_with_those_of_child_groups_and_by_pages(self):
        top = self.make_group(self.make_thing())
        below = [self.make_thing() for _ in range(5)]
        self.make_group(*below[:2], parent=self.make_group(*below[2:], parent=top))
        listing = self.iot.list_things_in_thing_group
        direct = listing(thingGroupName=top)["things"]
        self.assertEqual(1, len(direct))
        self.assertEqual(sorted(direct + below),
                         sorted(listing(thingGroupName=top, recursive=True)["things"]))
        pages = list(self.iot.get_paginator("list_things_in_thing_group").paginate(
            thingGroupName=top, recursive=True, PaginationConfig={"PageSize": 4}))
        self.assertEqual([4, 2], [len(page["things"]) for page in pages])
        self.assert_error("InvalidRequestException", listing, thingGroupName=self.make_group(),
                          nextToken=pages[0]["nextToken"], message="not a token of this list")
        self.assert_error("InvalidRequestException", listing, thingGroupName=top, maxResults=0)
        self.assert_error("ResourceNotFoundException", listing, thingGroupName=self.unique(),
                          status=404)
        self.assert_error("ResourceNotFoundException", self.iot.list_thing_groups_for_thing,
                          thingName=self.unique(), status=404)


if __name__ == "__main__":
    unittest.main()
