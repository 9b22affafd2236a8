// Decides what a device may do with its job executions. Where the AWS documents are silent:
//
// * start-next on a head that is IN_PROGRESS returns it as it is, with the same version; a step
//   timeout in the request sets that timer anew, its statusDetails are ignored.
// * QUEUED may end directly; startedAt is then the moment of the end.
// * statusDetails in an update replace all of the stored ones; absent, they stay.
// * A wrong version of an execution that is over is answered with its state, not its version.
// * executionNumber means nothing together with $next.
#include "cloud/domain/executions.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "cloud/domain/checks.h"
#include "cloud/domain/execution_changes.h"
#include "cloud/domain/limits.h"

namespace fieldwork::domain {
namespace {

constexpr std::string_view kNext = "$next";
constexpr std::int64_t kNoStepTimer = -1;

Status CheckStepTimeout(std::optional<std::int64_t> minutes) {
  if (!minutes || *minutes == kNoStepTimer) {
    return Ok();
  }
  return CheckTimeoutMinutes("stepTimeoutInMinutes", *minutes);
}

Result<ExecutionStatus> CheckStatus(std::string_view name) {
  if (name.empty()) {
    return InvalidRequest("status is missing; every update names one.");
  }
  const auto status = ExecutionStatusFrom(name);
  if (status == ExecutionStatus::kInProgress || status == ExecutionStatus::kSucceeded ||
      status == ExecutionStatus::kFailed || status == ExecutionStatus::kRejected) {
    return *status;
  }
  return InvalidRequest(
      "status is not one that a device may set: IN_PROGRESS, SUCCEEDED, FAILED or REJECTED.");
}

Result<ExecutionStatus> CheckUpdate(std::string_view thing, std::string_view job,
                                    const UpdateRequest& request) {
  CLOUD_TRY(CheckExecutionName(thing, job));
  CLOUD_ASSIGN_OR_RETURN(const ExecutionStatus status, CheckStatus(request.status));
  if (request.details) {
    CLOUD_TRY(CheckDetails(*request.details));
  }
  CLOUD_TRY(CheckStepTimeout(request.step_timeout_minutes));
  return status;
}

void SetStepTimer(Execution& execution, std::optional<std::int64_t> minutes, Time now) {
  if (!minutes) {
    return;
  }
  execution.step_deadline.reset();
  if (*minutes != kNoStepTimer) {
    execution.step_deadline = now + std::chrono::minutes(*minutes);
  }
}

// Into IN_PROGRESS. The job's timer starts here and later updates do not move it.
void Start(Store& store, Execution& execution, Time now) {
  execution.status = ExecutionStatus::kInProgress;
  execution.started_at = now;
  const std::optional<Job> job = store.FindJob(execution.job);
  if (job && job->in_progress_timeout_minutes) {
    execution.job_deadline = now + std::chrono::minutes(*job->in_progress_timeout_minutes);
  }
}

Execution Updated(Store& store, const Execution& before, ExecutionStatus status,
                  const UpdateRequest& request, Time now) {
  Execution after = before;
  if (request.details) {
    after.details = *request.details;
  }
  if (IsTerminal(status)) {
    after.started_at = before.started_at.value_or(now);
    return EndedAs(std::move(after), status, now);
  }
  if (before.status == ExecutionStatus::kQueued) {
    Start(store, after, now);
  }
  SetStepTimer(after, request.step_timeout_minutes, now);
  ++after.version;
  after.updated_at = now;
  return after;
}

}  // namespace

Result<PendingLists> Executions::GetPending(std::string_view thing) {
  CLOUD_TRY(CheckThingName(thing));
  std::vector<Execution> pending = context_.store.Pending(thing, kPendingMax);
  if (pending.empty() && !context_.store.HasThing(thing)) {
    return NoSuchThing(thing);
  }
  PendingLists lists;
  for (Execution& execution : pending) {
    const bool started = execution.status == ExecutionStatus::kInProgress;
    (started ? lists.in_progress : lists.queued).push_back(std::move(execution));
  }
  return lists;
}

Result<std::optional<Delivery>> Executions::StartNext(std::string_view thing,
                                                      const StartNextRequest& request, Time now) {
  CLOUD_TRY(CheckThingName(thing));
  if (request.details) {
    CLOUD_TRY(CheckDetails(*request.details));
  }
  CLOUD_TRY(CheckStepTimeout(request.step_timeout_minutes));
  const std::vector<Execution> pending = context_.store.Pending(thing, 1);
  if (pending.empty()) {
    if (!context_.store.HasThing(thing)) {
      return NoSuchThing(thing);
    }
    return std::optional<Delivery>();
  }
  const Execution& before = pending.front();
  Execution after = before;
  SetStepTimer(after, request.step_timeout_minutes, now);
  if (before.status == ExecutionStatus::kQueued) {
    Start(context_.store, after, now);
    ++after.version;
    after.updated_at = now;
    after.details = request.details.value_or(after.details);
    SaveChange(context_, before, after);  // The head stays the head: there is nothing to notify.
  } else if (request.step_timeout_minutes) {
    SaveChange(context_, before, after);
  }
  std::string document = context_.store.JobDocument(after.job);
  return std::optional(Delivery{std::move(after), std::move(document)});
}

Result<std::optional<Delivery>> Executions::Describe(std::string_view thing, std::string_view job,
                                                     const DescribeRequest& request) {
  CLOUD_TRY(CheckThingName(thing));
  std::optional<Execution> found;
  if (job == kNext) {
    const std::vector<Execution> pending = context_.store.Pending(thing, 1);
    if (pending.empty()) {
      if (!context_.store.HasThing(thing)) {
        return NoSuchThing(thing);
      }
      return std::optional<Delivery>();
    }
    found = pending.front();
  } else {
    CLOUD_TRY(CheckJobId(job));
    found = context_.store.FindExecution(thing, job, request.number);
  }
  if (!found) {
    return NoSuchExecution(thing, job, request.number);
  }
  if (IsTerminal(found->status)) {
    return WrongState(ErrorCode::kTerminalState, *found, "it is over and no longer described.");
  }
  Delivery delivery{*std::move(found), std::nullopt};
  if (request.include_document) {
    delivery.document = context_.store.JobDocument(delivery.execution.job);
  }
  return std::optional(std::move(delivery));
}

Result<UpdateReply> Executions::Update(std::string_view thing, std::string_view job,
                                       const UpdateRequest& request, Time now) {
  CLOUD_ASSIGN_OR_RETURN(const ExecutionStatus status, CheckUpdate(thing, job, request));
  const auto before = context_.store.FindExecution(thing, job, request.number);
  if (!before) {
    return NoSuchExecution(thing, job, request.number);
  }
  if (IsTerminal(before->status)) {
    return WrongState(ErrorCode::kInvalidStateTransition, *before,
                      "it is over and no longer updated.");
  }
  if (request.expected_version && *request.expected_version != before->version) {
    return WrongVersion(ErrorCode::kVersionMismatch, *before, *request.expected_version);
  }
  const Execution after = Updated(context_.store, *before, status, request, now);
  ChangeExecution(context_, *before, after, now);
  UpdateReply reply;
  if (request.include_state) {
    reply.state = StateOf(after);
  }
  if (request.include_document) {
    reply.document = context_.store.JobDocument(job);
  }
  return reply;
}

int Executions::ExpireDue(Time now, int limit) {
  const std::vector<Execution> due = context_.store.ExecutionsDue(now, limit);
  for (const Execution& execution : due) {
    ChangeExecution(context_, execution, EndedAs(execution, ExecutionStatus::kTimedOut, now), now);
  }
  return static_cast<int>(due.size());
}

std::optional<std::int64_t> SecondsBeforeTimeout(const Execution& execution, Time now) {
  const std::optional<Time> deadline = DeadlineOf(execution);
  if (!deadline) {
    return std::nullopt;
  }
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(*deadline - now).count() - 1;
  return std::max<std::int64_t>(seconds, 0);
}

}  // namespace fieldwork::domain
