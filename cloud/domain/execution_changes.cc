// Decides what else a change of an execution changes.
#include "cloud/domain/execution_changes.h"

#include <cassert>
#include <string>
#include <utility>

#include "cloud/domain/queue_watch.h"

namespace fieldwork::domain {
namespace {

// The last part of $aws/events/jobExecution/{jobId}/{operation}. Starting is not reported.
std::string_view OperationOf(ExecutionStatus status) {
  switch (status) {
    case ExecutionStatus::kSucceeded: return "succeeded";
    case ExecutionStatus::kFailed: return "failed";
    case ExecutionStatus::kTimedOut: return "timed_out";
    case ExecutionStatus::kRejected: return "rejected";
    case ExecutionStatus::kRemoved: return "removed";
    case ExecutionStatus::kCanceled: return "canceled";
    case ExecutionStatus::kQueued:
    case ExecutionStatus::kInProgress: break;
  }
  return "";
}

void ReportExecution(Context& context, std::string_view operation, const Execution& execution) {
  context.outbox.push_back(ExecutionEvent{std::string(operation), execution});
}

}  // namespace

Execution EndedAs(Execution execution, ExecutionStatus status, Time now) {
  assert(IsTerminal(status));
  execution.status = status;
  ++execution.version;
  execution.updated_at = now;
  execution.job_deadline.reset();
  execution.step_deadline.reset();
  return execution;
}

void SaveChange(Context& context, const Execution& before, const Execution& after) {
  assert(!IsTerminal(before.status));  // So it is the latest, which is the one that counts.
  context.store.SaveExecution(after);
  if (after.status != before.status) {
    context.store.MoveCount(after.job, before.status, after.status);
  }
}

void ChangeExecution(Context& context, const Execution& before, const Execution& after, Time now) {
  SaveChange(context, before, after);
  WatchQueue(context, &before, &after);
  if (IsTerminal(after.status)) {
    ReportExecution(context, OperationOf(after.status), after);
    CompleteIfDone(context, after.job, now);
  }
}

void AddExecution(Context& context, std::string_view thing, std::string_view job,
                  const std::optional<Execution>& latest, Time now) {
  assert(!latest || IsTerminal(latest->status));
  Execution execution;
  execution.thing = thing;
  execution.job = job;
  execution.number = latest ? latest->number + 1 : 1;
  execution.queued_at = now;
  execution.updated_at = now;
  context.store.InsertExecution(execution);
  context.store.MoveCount(job, latest ? std::optional(latest->status) : std::nullopt,
                          ExecutionStatus::kQueued);
  WatchQueue(context, nullptr, &execution);
}

void RemoveExecution(Context& context, const Execution& execution) {
  const auto latest = context.store.FindExecution(execution.thing, execution.job, std::nullopt);
  context.store.DeleteExecution(execution);
  if (latest && latest->number == execution.number) {
    const auto next = context.store.FindExecution(execution.thing, execution.job, std::nullopt);
    context.store.MoveCount(execution.job, execution.status,
                            next ? std::optional(next->status) : std::nullopt);
  }
  WatchQueue(context, &execution, nullptr);
  ReportExecution(context, "deleted", execution);
}

void CompleteIfDone(Context& context, std::string_view job, Time now) {
  const JobCounts counts = context.store.Counts(job);
  if (counts[ExecutionStatus::kQueued] + counts[ExecutionStatus::kInProgress] > 0) {
    return;
  }
  std::optional<Job> found = context.store.FindJob(job);
  if (!found || found->selection != TargetSelection::kSnapshot ||
      found->status != JobStatus::kInProgress || found->work != JobWork::kNone) {
    return;
  }
  found->status = JobStatus::kCompleted;
  found->completed_at = now;
  found->updated_at = now;
  context.store.SaveJob(*found);
  ReportJob(context, "completed", *found);
}

void ReportJob(Context& context, std::string_view operation, const Job& job) {
  context.outbox.push_back(JobEvent{std::string(operation), job, context.store.Counts(job.id)});
}

}  // namespace fieldwork::domain
