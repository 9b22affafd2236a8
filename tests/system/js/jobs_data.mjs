// The data plane: what a device that speaks HTTP asks about its jobs.

import assert from "node:assert/strict";
import { arn, assertRecent, assertRecentSeconds, iot, jobsData } from "./harness.mjs";

const control = iot();
const api = jobsData();
const thingName = "board";
const document = JSON.stringify({ operation: "test", list: [1, 2.5, null] });
await control.send("CreateThing", { thingName });

async function createJob(jobId) {
  await control.send("CreateJob", { jobId, targets: [arn("thing", thingName)], document });
}

const nothing = await api.ok("GetPendingJobExecutions", { thingName });
assert.deepEqual(nothing.inProgressJobs, []);
assert.deepEqual(nothing.queuedJobs, []);
const noNext = await api.ok("StartNextPendingJobExecution", { thingName });
assert.equal(noNext.execution, undefined);
const noFirst = await api.ok("DescribeJobExecution", { thingName, jobId: "$next" });
assert.equal(noFirst.execution, undefined);

await createJob("one");
await createJob("two");
const pending = await api.ok("GetPendingJobExecutions", { thingName });
assert.deepEqual(pending.queuedJobs.map((item) => item.jobId), ["one", "two"]);
assertRecentSeconds(pending.queuedJobs[0].queuedAt, "queuedAt");
assertRecentSeconds(pending.queuedJobs[0].lastUpdatedAt, "lastUpdatedAt");
assert.equal(pending.queuedJobs[0].versionNumber, 1);
assert.equal(pending.queuedJobs[0].executionNumber, 1);
await api.fails("ResourceNotFoundException", "GetPendingJobExecutions", { thingName: "nobody" });
await api.fails("InvalidRequestException", "GetPendingJobExecutions", { thingName: "no good" });

const { execution: next } = await api.ok("DescribeJobExecution", { thingName, jobId: "$next" });
assert.equal(next.jobId, "one");
assert.equal(next.status, "QUEUED");
assert.equal(next.thingName, thingName);
assert.equal(next.jobDocument, document);  // Text over HTTP, an object over MQTT.
assert.equal(next.startedAt, undefined);
const { execution: bare } = await api.ok("DescribeJobExecution",
  { thingName, jobId: "two", includeJobDocument: false, executionNumber: 1 });
assert.equal(bare.jobDocument, undefined);
await api.fails("ResourceNotFoundException", "DescribeJobExecution", { thingName, jobId: "none" });
await api.fails("ResourceNotFoundException", "DescribeJobExecution",
  { thingName, jobId: "one", executionNumber: 2 });

await api.fails("InvalidRequestException", "StartNextPendingJobExecution",
  { thingName, stepTimeoutInMinutes: 10_081 });
await api.fails("ResourceNotFoundException", "StartNextPendingJobExecution",
  { thingName: "nobody" });
const { execution: started } = await api.ok("StartNextPendingJobExecution",
  { thingName, statusDetails: { step: "1" }, stepTimeoutInMinutes: 5 });
assert.equal(started.jobId, "one");
assert.equal(started.status, "IN_PROGRESS");
assert.equal(started.versionNumber, 2);
assert.deepEqual(started.statusDetails, { step: "1" });
assert.equal(started.jobDocument, document);
assertRecentSeconds(started.startedAt, "startedAt");
const left = started.approximateSecondsBeforeTimedOut;
assert.ok(left > 280 && left <= 300, `${left} s before the timeout`);
const again = await api.ok("StartNextPendingJobExecution",
  { thingName, statusDetails: { step: "ignored" } });
assert.equal(again.execution.versionNumber, 2);
assert.deepEqual(again.execution.statusDetails, { step: "1" });

const progress = await api.ok("UpdateJobExecution", {
  thingName, jobId: "one", status: "IN_PROGRESS", expectedVersion: 2, stepTimeoutInMinutes: -1,
  statusDetails: { step: "2" }, includeJobExecutionState: true, includeJobDocument: true,
});
assert.deepEqual(progress.executionState,
  { status: "IN_PROGRESS", statusDetails: { step: "2" }, versionNumber: 3 });
assert.equal(progress.jobDocument, document);
await api.fails("InvalidStateTransitionException", "UpdateJobExecution",
  { thingName, jobId: "one", status: "SUCCEEDED", expectedVersion: 2 }, /version/i);
await api.fails("InvalidRequestException", "UpdateJobExecution",
  { thingName, jobId: "one", status: "QUEUED" });
await api.fails("InvalidRequestException", "UpdateJobExecution",
  { thingName, jobId: "one", status: "IN_PROGRESS", statusDetails: { "bad key": "x" } });
await api.fails("ResourceNotFoundException", "UpdateJobExecution",
  { thingName, jobId: "none", status: "SUCCEEDED" });

const done = await api.ok("UpdateJobExecution", { thingName, jobId: "one", status: "SUCCEEDED" });
assert.equal(done.executionState, undefined);
assert.equal(done.jobDocument, undefined);
await api.fails("InvalidStateTransitionException", "UpdateJobExecution",
  { thingName, jobId: "one", status: "FAILED" });
await api.fails("TerminalStateException", "DescribeJobExecution", { thingName, jobId: "one" });
const { job } = await control.send("DescribeJob", { jobId: "one" });
assert.equal(job.status, "COMPLETED");
assertRecent(job.completedAt, "completedAt");
assert.equal(job.jobProcessDetails.numberOfSucceededThings, 1);

// From QUEUED to its end in one step: the start is the end.
await api.ok("UpdateJobExecution", { thingName, jobId: "two", status: "REJECTED" });
const { execution: rejected } = await control.send("DescribeJobExecution",
  { thingName, jobId: "two" });
assert.equal(rejected.status, "REJECTED");
assert.equal(rejected.startedAt.getTime(), rejected.lastUpdatedAt.getTime());
assert.deepEqual((await api.ok("GetPendingJobExecutions", { thingName })).queuedJobs, []);
api.close();
control.close();
