// Decides what the control plane may do with single executions. Where the AWS documents are silent:
// a QUEUED one is deleted without force, and the latest one is cancelled.
#include <utility>

#include "cloud/domain/checks.h"
#include "cloud/domain/execution_changes.h"
#include "cloud/domain/jobs.h"
#include "cloud/domain/limits.h"

namespace fieldwork::domain {

Result<Execution> Jobs::DescribeExecution(std::string_view thing, std::string_view job,
                                          std::optional<std::int64_t> number) {
  CLOUD_TRY(CheckExecutionName(thing, job));
  std::optional<Execution> found = context_.store.FindExecution(thing, job, number);
  if (!found) {
    return NoSuchExecution(thing, job, number);
  }
  return *std::move(found);
}

Status Jobs::CancelExecution(std::string_view thing, std::string_view job,
                             const CancelExecutionRequest& request, Time now) {
  CLOUD_TRY(CheckExecutionName(thing, job));
  if (request.details) {
    CLOUD_TRY(CheckDetails(*request.details));
  }
  const auto before = context_.store.FindExecution(thing, job, std::nullopt);
  if (!before) {
    return NoSuchExecution(thing, job, std::nullopt);
  }
  if (IsTerminal(before->status)) {
    return WrongState(ErrorCode::kInvalidStateTransition, *before, "it is over.");
  }
  if (before->status == ExecutionStatus::kInProgress && !request.force) {
    return WrongState(ErrorCode::kInvalidStateTransition, *before, "cancel it with force.");
  }
  if (request.expected_version && *request.expected_version != before->version) {
    return WrongVersion(ErrorCode::kVersionConflict, *before, *request.expected_version);
  }
  Execution after = EndedAs(*before, ExecutionStatus::kCanceled, now);
  after.force_canceled = request.force;
  after.details = request.details.value_or(after.details);
  ChangeExecution(context_, *before, after, now);
  return Ok();
}

Status Jobs::DeleteExecution(std::string_view thing, std::string_view job, std::int64_t number,
                             bool force, Time now) {
  CLOUD_TRY(CheckExecutionName(thing, job));
  const auto found = context_.store.FindExecution(thing, job, number);
  if (!found) {
    return NoSuchExecution(thing, job, number);
  }
  if (found->status == ExecutionStatus::kInProgress && !force) {
    return WrongState(ErrorCode::kInvalidStateTransition, *found, "delete it with force.");
  }
  RemoveExecution(context_, *found);
  CompleteIfDone(context_, job, now);
  return Ok();
}

Result<Page<Execution>> Jobs::ListExecutionsOfJob(std::string_view job,
                                                  const ExecutionFilter& filter,
                                                  const PageRequest& page) {
  CLOUD_TRY(CheckJobId(job));
  CLOUD_TRY(CheckPageSize(page.limit));
  if (!context_.store.FindJob(job)) {
    return NoSuchJob(job);
  }
  return context_.store.ListExecutionsOfJob(job, filter, page);
}

Result<Page<Execution>> Jobs::ListExecutionsOfThing(std::string_view thing,
                                                    const ExecutionFilter& filter,
                                                    const PageRequest& page) {
  CLOUD_TRY(CheckThingName(thing));
  if (!filter.job.empty()) {
    CLOUD_TRY(CheckJobId(filter.job));
  }
  CLOUD_TRY(CheckPageSize(page.limit));
  if (!context_.store.HasThing(thing)) {
    return NoSuchThing(thing);
  }
  return context_.store.ListExecutionsOfThing(thing, filter, page);
}

}  // namespace fieldwork::domain
