// Two jobs from their creation to their end: every request, every rejection, both notifications.

import assert from "node:assert/strict";
import { Device } from "./device.mjs";
import { arn, assertRecentSeconds, end, iot, world } from "./harness.mjs";

const [one, two] = world.jobs;
const document = { operation: "test", list: [1, 2.5, null], nested: { text: "ä" } };
const api = iot();
const device = await Device.connect();
await device.open();

async function createJob(jobId) {
  await api.send("CreateJob", {
    jobId, targets: [arn("thing", world.thing)], document: JSON.stringify(document),
  });
}

function ids(summaries) {
  return summaries.map((summary) => summary.jobId);
}

// Nothing to do.
const idle = await device.ok("GetPendingJobExecutions");
assert.deepEqual([idle.inProgressJobs, idle.queuedJobs], [[], []]);
assertRecentSeconds(idle.timestamp, "timestamp");
assert.equal((await device.ok("StartNextPendingJobExecution")).execution, undefined);
assert.equal((await device.ok("DescribeJobExecution", { jobId: "$next" })).execution, undefined);

// A job is created, and another one behind it.
await createJob(one);
const created = await device.changed.wait(1);
assert.deepEqual(Object.keys(created.jobs), ["QUEUED"]);
assert.deepEqual(ids(created.jobs.QUEUED), [one]);
assertRecentSeconds(created.timestamp, "timestamp");
assertRecentSeconds(created.jobs.QUEUED[0].queuedAt, "queuedAt");
const { execution: first } = await device.next.wait(1);
assert.equal(first.jobId, one);
assert.equal(first.status, "QUEUED");
assert.equal(first.executionNumber, 1);
assert.equal(first.versionNumber, 1);
assert.deepEqual(first.jobDocument, document);
await createJob(two);
assert.deepEqual(ids((await device.changed.wait(2)).jobs.QUEUED), [one, two]);

const queued = await device.ok("GetPendingJobExecutions");
assert.deepEqual(ids(queued.queuedJobs), [one, two]);
assert.deepEqual(queued.inProgressJobs, []);
const { execution: next } = await device.ok("DescribeJobExecution", { jobId: "$next" });
assert.equal(next.jobId, one);
assert.deepEqual(next.jobDocument, document);
assert.equal(next.startedAt, undefined);
const { execution: second } = await device.ok("DescribeJobExecution",
  { jobId: two, executionNumber: 1, includeJobDocument: true });
assert.equal(second.jobId, two);
assert.deepEqual(second.jobDocument, document);
await device.fails("ResourceNotFound", "DescribeJobExecution", { jobId: "none" });
await device.fails("ResourceNotFound", "DescribeJobExecution",
  { jobId: one, executionNumber: 2 });
await device.fails("InvalidRequest", "StartNextPendingJobExecution",
  { stepTimeoutInMinutes: 10_081 });

// It is started, and goes on.
const { execution: started } = await device.ok("StartNextPendingJobExecution",
  { statusDetails: { step: "1" }, stepTimeoutInMinutes: 5 });
assert.equal(started.jobId, one);
assert.equal(started.status, "IN_PROGRESS");
assert.equal(started.versionNumber, 2);
assert.deepEqual(started.statusDetails, { step: "1" });
assert.deepEqual(started.jobDocument, document);
assertRecentSeconds(started.startedAt, "startedAt");
const running = await device.ok("GetPendingJobExecutions");
assert.deepEqual([ids(running.inProgressJobs), ids(running.queuedJobs)], [[one], [two]]);
const progress = await device.ok("UpdateJobExecution", {
  jobId: one, status: "IN_PROGRESS", expectedVersion: 2, statusDetails: { step: "2" },
  stepTimeoutInMinutes: -1, includeJobExecutionState: true, includeJobDocument: true,
});
const state = { status: "IN_PROGRESS", statusDetails: { step: "2" }, versionNumber: 3 };
assert.deepEqual(progress.executionState, state);
assert.deepEqual(progress.jobDocument, document);

// What cannot be is said, with the state where that helps.
const mismatch = await device.fails("VersionMismatch", "UpdateJobExecution",
  { jobId: one, status: "SUCCEEDED", expectedVersion: 2 });
assert.deepEqual(mismatch.executionState, state);
assertRecentSeconds(mismatch.timestamp, "timestamp");
for (const input of [{ status: "QUEUED" }, { status: "CANCELED" },
  { status: "IN_PROGRESS", statusDetails: { "bad key": "x" } },
  { status: "IN_PROGRESS", stepTimeoutInMinutes: 10_081 }]) {
  const invalid = await device.fails("InvalidRequest", "UpdateJobExecution",
    { jobId: one, ...input });
  assert.equal(invalid.executionState, undefined);
}
await device.fails("ResourceNotFound", "UpdateJobExecution",
  { jobId: "none", status: "SUCCEEDED" });
await device.fails("ResourceNotFound", "UpdateJobExecution",
  { jobId: one, status: "SUCCEEDED", executionNumber: 7 });
if (world.client === "v1") {  // V2 makes its tokens itself.
  const tooLong = await device.fails("InvalidRequest", "GetPendingJobExecutions",
    { clientToken: "x".repeat(65) });
  assert.equal(tooLong.clientToken, undefined);
}

// It ends, and the next one is its successor.
const done = await device.ok("UpdateJobExecution",
  { jobId: one, status: "SUCCEEDED", expectedVersion: 3 });
assert.equal(done.executionState, undefined);
assert.equal(done.jobDocument, undefined);
assert.deepEqual(ids((await device.changed.wait(3)).jobs.QUEUED), [two]);
const { execution: successor } = await device.next.wait(2);
assert.equal(successor.jobId, two);
assert.deepEqual(successor.jobDocument, document);
await device.fails("TerminalStateReached", "DescribeJobExecution", { jobId: one });
const ended = await device.fails("InvalidStateTransition", "UpdateJobExecution",
  { jobId: one, status: "FAILED" });
assert.equal(ended.executionState.status, "SUCCEEDED");
assert.equal(ended.executionState.versionNumber, 4);

// The other way to take a job: look at it, then say that it is in progress.
await device.ok("DescribeJobExecution", { jobId: two });
await device.ok("UpdateJobExecution", { jobId: two, status: "IN_PROGRESS", expectedVersion: 1 });
await device.ok("UpdateJobExecution",
  { jobId: two, status: "SUCCEEDED", statusDetails: { result: "ok" } });
const empty = await device.changed.wait(4);
assert.deepEqual(empty.jobs, {});
const last = await device.next.wait(3);
assert.equal(last.execution, undefined);
assertRecentSeconds(last.timestamp, "timestamp");

// What came before this answer is all that came: starting a job and its progress are not told.
await device.ok("GetPendingJobExecutions");
assert.equal(device.changed.messages.length, 4);
assert.equal(device.next.messages.length, 3);
await device.close();
api.close();
end();
