// Jobs and their executions as an operator sees them.

import assert from "node:assert/strict";
import { arn, assertRecent, iot, jobsData } from "./harness.mjs";

const api = iot();
const device = jobsData();
const document = JSON.stringify({ operation: "test", text: "ä" });
for (const thingName of ["a", "b", "c"]) await api.send("CreateThing", { thingName });
await api.send("CreateThingGroup", { thingGroupName: "g" });
const targets = [arn("thing", "a"), arn("thing", "b")];

const made = await api.ok("CreateJob", {
  jobId: "one", targets, document, description: "the first",
  timeoutConfig: { inProgressTimeoutInMinutes: 10 }, tags: [{ Key: "k", Value: "v" }],
});
assert.equal(made.jobArn, arn("job", "one"));
assert.equal(made.description, "the first");
const exists = await api.fails("ResourceAlreadyExistsException", "CreateJob",
  { jobId: "one", targets, document });
assert.equal(exists.resourceId, "one");
assert.equal(exists.resourceArn, made.jobArn);
await api.fails("ResourceNotFoundException", "CreateJob",
  { jobId: "x", targets: [arn("thing", "nobody")], document });
await api.fails("InvalidRequestException", "CreateJob", { jobId: "no good", targets, document });
await api.fails("InvalidRequestException", "CreateJob", { jobId: "x", targets, document: "{" });
await api.fails("InvalidRequestException", "CreateJob",
  { jobId: "x", targets, document: JSON.stringify("x".repeat(32_768)) });
await api.fails("InvalidRequestException", "CreateJob", { jobId: "x", targets: [], document });

const { job } = await api.ok("DescribeJob", { jobId: "one" });
assert.equal(job.status, "IN_PROGRESS");
assert.equal(job.targetSelection, "SNAPSHOT");
assert.deepEqual(job.targets, targets);
assert.equal(job.timeoutConfig.inProgressTimeoutInMinutes, 10);
assert.equal(job.jobProcessDetails.numberOfQueuedThings, 2);
assertRecent(job.createdAt, "createdAt");
assertRecent(job.lastUpdatedAt, "lastUpdatedAt");
assert.equal(job.completedAt, undefined);
await api.fails("ResourceNotFoundException", "DescribeJob", { jobId: "none" });

assert.equal((await api.ok("GetJobDocument", { jobId: "one" })).document, document);
await api.fails("ResourceNotFoundException", "GetJobDocument", { jobId: "none" });

await api.ok("UpdateJob", { jobId: "one", description: "still the first" });
assert.equal((await api.ok("DescribeJob", { jobId: "one" })).job.description, "still the first");
await api.fails("ResourceNotFoundException", "UpdateJob", { jobId: "none", description: "x" });
await api.fails("InvalidRequestException", "UpdateJob",
  { jobId: "one", timeoutConfig: { inProgressTimeoutInMinutes: 10_081 } });

await api.ok("CreateJob",
  { jobId: "open", targets: [arn("thinggroup", "g")], document, targetSelection: "CONTINUOUS" });
await api.ok("AssociateTargetsWithJob",
  { jobId: "open", targets: [arn("thing", "c")], comment: "one more" });
assert.deepEqual((await api.ok("DescribeJob", { jobId: "open" })).job.targets.sort(),
  [arn("thing", "c"), arn("thinggroup", "g")]);
await api.fails("InvalidRequestException", "AssociateTargetsWithJob",
  { jobId: "one", targets: [arn("thing", "c")] });
await api.fails("ResourceNotFoundException", "AssociateTargetsWithJob",
  { jobId: "none", targets: [arn("thing", "c")] });

await api.ok("CreateJob", { jobId: "two", targets: [arn("thing", "a")], document });
const pages = await api.pages("ListJobs", {}, "jobs");
assert.deepEqual(pages.map((page) => page.length), [2, 1]);
assertRecent(pages[0][0].createdAt, "createdAt");
const continuous = await api.ok("ListJobs", { targetSelection: "CONTINUOUS" });
assert.deepEqual(continuous.jobs.map((item) => item.jobId), ["open"]);
const ofGroup = await api.ok("ListJobs", { thingGroupName: "g", status: "IN_PROGRESS" });
assert.deepEqual(ofGroup.jobs.map((item) => item.jobId), ["open"]);
await api.fails("InvalidRequestException", "ListJobs", { status: "LOST" });

// One device takes the job, and says how it goes.
await device.send("StartNextPendingJobExecution",
  { thingName: "a", statusDetails: { step: "1" } });
const { execution } = await api.ok("DescribeJobExecution", { thingName: "a", jobId: "one" });
assert.equal(execution.status, "IN_PROGRESS");
assert.equal(execution.thingArn, arn("thing", "a"));
assert.deepEqual(execution.statusDetails.detailsMap, { step: "1" });
assert.equal(execution.executionNumber, 1);
assert.equal(execution.versionNumber, 2);
const left = execution.approximateSecondsBeforeTimedOut;
assert.ok(left > 580 && left <= 600, `${left} s before the timeout`);
for (const time of ["queuedAt", "startedAt", "lastUpdatedAt"]) assertRecent(execution[time], time);
await api.fails("ResourceNotFoundException", "DescribeJobExecution",
  { thingName: "c", jobId: "one" });

const ofJob = await api.pages("ListJobExecutionsForJob", { jobId: "one" },
  "executionSummaries", 1);
assert.deepEqual(ofJob.flat().map((item) => item.thingArn).sort(), targets);
assert.equal(ofJob.length, 2);
assertRecent(ofJob[0][0].jobExecutionSummary.queuedAt, "queuedAt");
const queued = await api.ok("ListJobExecutionsForJob", { jobId: "one", status: "QUEUED" });
assert.deepEqual(queued.executionSummaries.map((item) => item.thingArn), [arn("thing", "b")]);
await api.fails("ResourceNotFoundException", "ListJobExecutionsForJob", { jobId: "none" });
const ofThing = await api.pages("ListJobExecutionsForThing", { thingName: "a" },
  "executionSummaries", 1);
assert.deepEqual(ofThing.flat().map((item) => item.jobId).sort(), ["one", "two"]);
await api.fails("ResourceNotFoundException", "ListJobExecutionsForThing", { thingName: "nobody" });

const running = { thingName: "a", jobId: "one" };
await api.fails("InvalidStateTransitionException", "CancelJobExecution", running);
await api.fails("VersionConflictException", "CancelJobExecution",
  { ...running, force: true, expectedVersion: 1 });
await api.fails("InvalidStateTransitionException", "DeleteJobExecution",
  { ...running, executionNumber: 1 });
await api.ok("CancelJobExecution",
  { ...running, force: true, expectedVersion: 2, statusDetails: { by: "operator" } });
const canceled = (await api.ok("DescribeJobExecution", running)).execution;
assert.equal(canceled.status, "CANCELED");
assert.equal(canceled.forceCanceled, true);
assert.deepEqual(canceled.statusDetails.detailsMap, { by: "operator" });
await api.fails("InvalidStateTransitionException", "CancelJobExecution",
  { ...running, force: true });
await api.fails("ResourceNotFoundException", "CancelJobExecution",
  { thingName: "c", jobId: "one" });
await api.ok("DeleteJobExecution", { ...running, executionNumber: 1 });
await api.fails("ResourceNotFoundException", "DeleteJobExecution",
  { ...running, executionNumber: 1 });

await api.fails("InvalidStateTransitionException", "DeleteJob", { jobId: "two" });
const ended = await api.ok("CancelJob",
  { jobId: "two", reasonCode: "NO_NEED", comment: "It is done already." });
assert.equal(ended.jobId, "two");
const over = (await api.ok("DescribeJob", { jobId: "two" })).job;
assert.equal(over.status, "CANCELED");
assert.equal(over.reasonCode, "NO_NEED");
assert.equal(over.comment, "It is done already.");
assertRecent(over.lastUpdatedAt, "lastUpdatedAt");
await api.fails("ResourceNotFoundException", "CancelJob", { jobId: "none" });
await api.fails("InvalidRequestException", "CancelJob", { jobId: "one", reasonCode: "lower" });

await api.ok("DeleteJob", { jobId: "two" });
await api.ok("DeleteJob", { jobId: "one", force: true });
await api.ok("CancelJob", { jobId: "open", force: true });
await api.fails("ResourceNotFoundException", "DeleteJob", { jobId: "none" });
api.close();
device.close();
