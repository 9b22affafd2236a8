// Policies, their versions, and to what they are attached.

import assert from "node:assert/strict";
import { arn, assertRecent, iot } from "./harness.mjs";

function document(action) {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: action, Resource: "*" }],
  });
}

const api = iot();
const policyName = "device";
const { certificateArn: target } = await api.send("CreateKeysAndCertificate", {});

const made = await api.ok("CreatePolicy",
  { policyName, policyDocument: document("iot:Connect"), tags: [{ Key: "k", Value: "v" }] });
assert.equal(made.policyVersionId, "1");
assert.equal(made.policyArn, arn("policy", policyName));
assert.equal(made.policyDocument, document("iot:Connect"));
const exists = await api.fails("ResourceAlreadyExistsException", "CreatePolicy",
  { policyName, policyDocument: document("iot:Publish") });
assert.equal(exists.resourceArn, made.policyArn);
await api.fails("MalformedPolicyException", "CreatePolicy",
  { policyName: "broken", policyDocument: "{" });
await api.fails("MalformedPolicyException", "CreatePolicy", {
  policyName: "unknown",
  policyDocument: document("iot:Connect").replace("Resource", "NotResource"),
}, /NotResource/);
await api.fails("InvalidRequestException", "CreatePolicy",
  { policyName: "no good", policyDocument: document("iot:Connect") });

const policy = await api.ok("GetPolicy", { policyName });
assert.equal(policy.defaultVersionId, "1");
assert.equal(policy.policyDocument, document("iot:Connect"));
assertRecent(policy.creationDate, "creationDate");
assertRecent(policy.lastModifiedDate, "lastModifiedDate");
await api.fails("ResourceNotFoundException", "GetPolicy", { policyName: "none" });

const second = await api.ok("CreatePolicyVersion",
  { policyName, policyDocument: document("iot:*"), setAsDefault: true });
assert.equal(second.policyVersionId, "2");
assert.equal(second.isDefaultVersion, true);
for (const action of ["iot:Publish", "iot:Receive", "iot:Subscribe"]) {
  await api.ok("CreatePolicyVersion", { policyName, policyDocument: document(action) });
}
await api.fails("VersionsLimitExceededException", "CreatePolicyVersion",
  { policyName, policyDocument: document("iot:Connect") });
await api.fails("MalformedPolicyException", "CreatePolicyVersion",
  { policyName, policyDocument: "[]" });
await api.fails("ResourceNotFoundException", "CreatePolicyVersion",
  { policyName: "none", policyDocument: document("iot:Connect") });

const { policyVersions } = await api.ok("ListPolicyVersions", { policyName });
assert.deepEqual(policyVersions.map((version) => version.versionId).sort(),
  ["1", "2", "3", "4", "5"]);
assert.deepEqual(policyVersions.filter((version) => version.isDefaultVersion)
  .map((version) => version.versionId), ["2"]);
assertRecent(policyVersions[0].createDate, "createDate");
await api.fails("ResourceNotFoundException", "ListPolicyVersions", { policyName: "none" });

const third = await api.ok("GetPolicyVersion", { policyName, policyVersionId: "3" });
assert.equal(third.policyDocument, document("iot:Publish"));
assert.equal(third.isDefaultVersion, false);
assertRecent(third.creationDate, "creationDate");
await api.fails("ResourceNotFoundException", "GetPolicyVersion",
  { policyName, policyVersionId: "9" });
await api.ok("SetDefaultPolicyVersion", { policyName, policyVersionId: "3" });
await api.fails("ResourceNotFoundException", "SetDefaultPolicyVersion",
  { policyName, policyVersionId: "9" });
await api.fails("DeleteConflictException", "DeletePolicyVersion",
  { policyName, policyVersionId: "3" });
for (const policyVersionId of ["1", "2", "4", "5"]) {
  await api.ok("DeletePolicyVersion", { policyName, policyVersionId });
}
await api.fails("ResourceNotFoundException", "DeletePolicyVersion",
  { policyName, policyVersionId: "1" });

for (const name of ["p1", "p2"]) {
  await api.ok("CreatePolicy", { policyName: name, policyDocument: document("iot:Connect") });
}
const policies = await api.pages("ListPolicies", {}, "policies");
assert.deepEqual(policies.map((page) => page.length), [2, 1]);

await api.ok("AttachPolicy", { policyName, target });
await api.fails("ResourceNotFoundException", "AttachPolicy", { policyName: "none", target });
await api.fails("ResourceNotFoundException", "AttachPolicy",
  { policyName, target: arn("cert", "0".repeat(64)) });
await api.ok("AttachPrincipalPolicy", { policyName: "p1", principal: target });
await api.fails("ResourceNotFoundException", "AttachPrincipalPolicy",
  { policyName: "none", principal: target });
const attached = await api.pages("ListAttachedPolicies", { target }, "policies", 1);
assert.deepEqual(attached.flat().map((item) => item.policyName).sort(), ["device", "p1"]);
assert.equal(attached.length, 2);
const ofPrincipal = await api.pages("ListPrincipalPolicies", { principal: target }, "policies");
assert.deepEqual(ofPrincipal.flat().map((item) => item.policyName).sort(), ["device", "p1"]);
const targets = await api.pages("ListTargetsForPolicy", { policyName }, "targets");
assert.deepEqual(targets, [[target]]);
await api.fails("ResourceNotFoundException", "ListTargetsForPolicy", { policyName: "none" });

for (const n of [2, 3, 4, 5, 6, 7, 8, 9, 10]) {
  await api.send("CreatePolicy", { policyName: `l${n}`, policyDocument: document("iot:Connect") });
}
for (const n of [2, 3, 4, 5, 6, 7, 8, 9]) {
  await api.ok("AttachPolicy", { policyName: `l${n}`, target });
}
await api.fails("LimitExceededException", "AttachPolicy", { policyName: "l10", target }, /10/);
for (const n of [2, 3, 4, 5, 6, 7, 8, 9]) {
  await api.ok("DetachPolicy", { policyName: `l${n}`, target });
}

await api.fails("DeleteConflictException", "DeletePolicy", { policyName });
await api.ok("DetachPolicy", { policyName, target });
await api.ok("DetachPrincipalPolicy", { policyName: "p1", principal: target });
const none = await api.ok("ListAttachedPolicies", { target });
assert.deepEqual(none.policies, []);
await api.ok("DeletePolicy", { policyName });
await api.fails("ResourceNotFoundException", "DeletePolicy", { policyName });
api.close();
