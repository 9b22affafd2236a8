// Signatures: of both planes, and those that are not right.

import assert from "node:assert/strict";
import { arn, iot, jobsData } from "./harness.mjs";

// What is hard to sign alike: a colon, an encoded ARN in the path, queries, a header, "$next".
const thingName = "a:b_c-d";
const odd = "a/b,c@d:e#f-g.h_i";
const api = iot();
await api.ok("CreateThing", { thingName, attributePayload: { attributes: { a: odd } } });
assert.equal((await api.ok("DescribeThing", { thingName })).attributes.a, odd);
const listed = await api.ok("ListThings", { attributeName: "a", attributeValue: odd });
assert.deepEqual(listed.things.map((thing) => thing.thingName), [thingName]);
const { certificateArn } = await api.ok("CreateKeysAndCertificate", { setAsActive: true });
await api.ok("AttachThingPrincipal", { thingName, principal: certificateArn });
await api.ok("ListAttachedPolicies", { target: certificateArn, recursive: true });
await api.ok("CreateJob", {
  jobId: "j", targets: [arn("thing", thingName)], document: '{"ä":"+%2F~"}',
});
const device = jobsData();
await device.ok("DescribeJobExecution", { thingName, jobId: "$next", includeJobDocument: false });
await device.ok("StartNextPendingJobExecution", { thingName });

for (const make of [iot, jobsData]) {
  const input = { thingName, jobId: "j" };
  const forger = make({ secretAccessKey: "guessed" });
  await forger.refused("InvalidSignatureException", 403, "DescribeJobExecution", input);
  forger.close();
  const stranger = make({ accessKeyId: "AKIDSTRANGER" });
  await stranger.refused("UnrecognizedClientException", 403, "DescribeJobExecution", input);
  stranger.close();
}
api.close();
device.close();
