// What belongs to no single resource: endpoints, tags, events, and what this cloud does not have.

import assert from "node:assert/strict";
import { arn, assertRecent, iot, world } from "./harness.mjs";

const api = iot();

for (const endpointType of ["iot:Data-ATS", "iot:Data", undefined]) {
  const { endpointAddress } = await api.ok("DescribeEndpoint", { endpointType });
  assert.equal(endpointAddress, `127.0.0.1:${world.mqttPort}`);
}
assert.ok((await api.ok("DescribeEndpoint", { endpointType: "iot:Jobs" })).endpointAddress);
await api.fails("InvalidRequestException", "DescribeEndpoint", { endpointType: "iot:Moon" });
await api.fails("InvalidRequestException", "DescribeEndpoint",
  { endpointType: "iot:CredentialProvider" }, /not supported/);

await api.send("CreateThingGroup", { thingGroupName: "tagged" });
const resourceArn = arn("thinggroup", "tagged");
const tags = [{ Key: "a", Value: "1" }, { Key: "b", Value: "" }];
await api.ok("TagResource", { resourceArn, tags });
const listed = await api.pages("ListTagsForResource", { resourceArn }, "tags", undefined);
assert.deepEqual(listed, [tags]);
await api.ok("UntagResource", { resourceArn, tagKeys: ["a"] });
assert.deepEqual((await api.ok("ListTagsForResource", { resourceArn })).tags, [tags[1]]);
for (const [operation, input] of Object.entries({
  TagResource: { tags }, UntagResource: { tagKeys: ["a"] }, ListTagsForResource: {},
})) {
  const unknown = { resourceArn: arn("thinggroup", "none"), ...input };
  await api.fails("ResourceNotFoundException", operation, unknown);
  await api.fails("InvalidRequestException", operation, { ...unknown, resourceArn: "none" });
}

const before = await api.ok("DescribeEventConfigurations");
assert.equal(before.eventConfigurations.JOB.Enabled, false);
await api.ok("UpdateEventConfigurations",
  { eventConfigurations: { JOB: { Enabled: true }, JOB_EXECUTION: { Enabled: true } } });
const after = await api.ok("DescribeEventConfigurations");
assert.equal(after.eventConfigurations.JOB.Enabled, true);
assert.equal(after.eventConfigurations.JOB_EXECUTION.Enabled, true);
assert.equal(after.eventConfigurations.THING.Enabled, false);
assertRecent(after.creationDate, "creationDate");
assertRecent(after.lastModifiedDate, "lastModifiedDate");
await api.fails("InvalidRequestException", "UpdateEventConfigurations",
  { eventConfigurations: { THING: { Enabled: true } } }, /only JOB and JOB_EXECUTION/);

// Operations of AWS that are not here say so: no error of theirs could be mistaken for it.
for (const [operation, input] of Object.entries({
  CreateTopicRule: { ruleName: "r", topicRulePayload: { sql: "SELECT * FROM 't'", actions: [] } },
  CreateRoleAlias: { roleAlias: "a", roleArn: "arn:aws:iam::000000000000:role/r" },
  DescribeThingRegistrationTask: { taskId: "1" },
  ListBillingGroups: {},
  SearchIndex: { queryString: "*" },
})) {
  const error = await api.refused("NotImplementedException", 501, operation, input);
  assert.match(error.message, new RegExp(operation));
}
api.close();
