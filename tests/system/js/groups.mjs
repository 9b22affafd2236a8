// Thing groups: a tree of them, and who is in it.

import assert from "node:assert/strict";
import { arn, assertRecent, iot } from "./harness.mjs";

const api = iot();
for (const thingName of ["a", "b", "c"]) await api.send("CreateThing", { thingName });

const made = await api.ok("CreateThingGroup", {
  thingGroupName: "house",
  thingGroupProperties: {
    thingGroupDescription: "all of it", attributePayload: { attributes: { street: "1st" } },
  },
  tags: [{ Key: "owner", Value: "me" }],
});
assert.equal(made.thingGroupArn, arn("thinggroup", "house"));
await api.ok("CreateThingGroup", { thingGroupName: "hall", parentGroupName: "house" });
await api.ok("CreateThingGroup", { thingGroupName: "attic", parentGroupName: "house" });
await api.fails("ResourceAlreadyExistsException", "CreateThingGroup",
  { thingGroupName: "house", thingGroupProperties: { thingGroupDescription: "another" } });
await api.fails("InvalidRequestException", "CreateThingGroup", { thingGroupName: "no good" });

const hall = await api.ok("DescribeThingGroup", { thingGroupName: "hall" });
assert.equal(hall.version, 1);
assert.equal(hall.thingGroupMetadata.parentGroupName, "house");
assert.deepEqual(hall.thingGroupMetadata.rootToParentThingGroups,
  [{ groupName: "house", groupArn: made.thingGroupArn }]);
assertRecent(hall.thingGroupMetadata.creationDate, "creationDate");
await api.fails("ResourceNotFoundException", "DescribeThingGroup", { thingGroupName: "none" });

const changed = await api.ok("UpdateThingGroup", {
  thingGroupName: "house", expectedVersion: 1,
  thingGroupProperties: { thingGroupDescription: "sold" },
});
assert.equal(changed.version, 2);
const house = await api.ok("DescribeThingGroup", { thingGroupName: "house" });
assert.equal(house.thingGroupProperties.thingGroupDescription, "sold");
assert.deepEqual(house.thingGroupProperties.attributePayload.attributes, { street: "1st" });
await api.fails("VersionConflictException", "UpdateThingGroup", {
  thingGroupName: "house", expectedVersion: 1, thingGroupProperties: {},
});
await api.fails("ResourceNotFoundException", "UpdateThingGroup",
  { thingGroupName: "none", thingGroupProperties: {} });

const groups = await api.pages("ListThingGroups", {}, "thingGroups");
assert.deepEqual(groups.map((page) => page.length), [2, 1]);
const children = await api.ok("ListThingGroups", { parentGroup: "house", recursive: false });
assert.deepEqual(children.thingGroups.map((group) => group.groupName).sort(), ["attic", "hall"]);
const prefixed = await api.ok("ListThingGroups", { namePrefixFilter: "at" });
assert.deepEqual(prefixed.thingGroups,
  [{ groupName: "attic", groupArn: arn("thinggroup", "attic") }]);

await api.ok("AddThingToThingGroup", { thingName: "a", thingGroupName: "hall" });
await api.ok("AddThingToThingGroup",
  { thingArn: arn("thing", "b"), thingGroupArn: arn("thinggroup", "attic") });
await api.fails("InvalidRequestException", "AddThingToThingGroup",
  { thingName: "a", thingGroupName: "attic" });  // Two of one tree.
await api.fails("InvalidRequestException", "AddThingToThingGroup", { thingName: "a" });
await api.fails("ResourceNotFoundException", "AddThingToThingGroup",
  { thingName: "nobody", thingGroupName: "hall" });

const direct = await api.ok("ListThingsInThingGroup", { thingGroupName: "house" });
assert.deepEqual(direct.things, []);
const below = await api.pages("ListThingsInThingGroup",
  { thingGroupName: "house", recursive: true }, "things", 1);
assert.deepEqual(below.flat().sort(), ["a", "b"]);
assert.equal(below.length, 2);
await api.fails("ResourceNotFoundException", "ListThingsInThingGroup", { thingGroupName: "none" });

const ofThing = await api.ok("ListThingGroupsForThing", { thingName: "a" });
assert.deepEqual(ofThing.thingGroups,
  [{ groupName: "hall", groupArn: arn("thinggroup", "hall") }]);
await api.fails("ResourceNotFoundException", "ListThingGroupsForThing", { thingName: "nobody" });

await api.ok("UpdateThingGroupsForThing",
  { thingName: "a", thingGroupsToAdd: ["attic"], thingGroupsToRemove: ["hall"] });
const moved = await api.pages("ListThingGroupsForThing", { thingName: "a" }, "thingGroups");
assert.deepEqual(moved.flat().map((group) => group.groupName), ["attic"]);
await api.fails("ResourceNotFoundException", "UpdateThingGroupsForThing",
  { thingName: "a", thingGroupsToAdd: ["none"] });

await api.ok("RemoveThingFromThingGroup", { thingName: "a", thingGroupName: "attic" });
await api.fails("ResourceNotFoundException", "RemoveThingFromThingGroup",
  { thingName: "a", thingGroupName: "none" });
const left = await api.ok("ListThingsInThingGroup", { thingGroupName: "attic" });
assert.deepEqual(left.things, ["b"]);

await api.fails("InvalidRequestException", "DeleteThingGroup", { thingGroupName: "house" });
await api.fails("VersionConflictException", "DeleteThingGroup",
  { thingGroupName: "hall", expectedVersion: 9 });
await api.ok("DeleteThingGroup", { thingGroupName: "hall", expectedVersion: 1 });
await api.ok("DeleteThingGroup", { thingGroupName: "attic" });
await api.ok("DeleteThingGroup", { thingGroupName: "house" });
await api.fails("ResourceNotFoundException", "DescribeThingGroup", { thingGroupName: "house" });
api.close();
