// A device that asks about another one: it hears nothing of it, and loses its connection.

import assert from "node:assert/strict";
import { Device } from "./device.mjs";
import { end, world } from "./harness.mjs";

const device = await Device.connect();
await device.ok("GetPendingJobExecutions");
const theirs = { thingName: world.other, jobId: world.job, status: "SUCCEEDED" };
const error = await device.ok("UpdateJobExecution", theirs).then(
  () => assert.fail("the update of another thing's job was accepted"), (thrown) => thrown);
assert.ok(!error.response, `the service has answered: ${error.message}`);
assert.ok(device.losses() > 0, "the connection is as it was");
end();
