// Decides what else a change of an execution changes: the job's counts, the thing's queue, the
// events, and whether the job is complete with it. Everything that changes an execution does it
// here.
//
// The rules stand on one invariant: of a thing's executions of one job at most the latest (highest
// number) is pending.
#pragma once

#include <optional>
#include <string_view>

#include "cloud/domain/context.h"

namespace fieldwork::domain {

/// `execution`, over since `now`: the next version, no timer.
Execution EndedAs(Execution execution, ExecutionStatus status, Time now);

/// Writes `after` in place of `before`, which is pending, and moves the count.
void SaveChange(Context& context, const Execution& before, const Execution& after);

/// The same with all consequences: notices, the event of an end, the job's completion.
void ChangeExecution(Context& context, const Execution& before, const Execution& after, Time now);

/// Queues a new execution. `latest` is the thing's latest of that job, which is over.
void AddExecution(Context& context, std::string_view thing, std::string_view job,
                  const std::optional<Execution>& latest, Time now);

/// Deletes one. The job's completion is the caller's business (CompleteIfDone()).
void RemoveExecution(Context& context, const Execution& execution);

/// A SNAPSHOT job that is rolled out and has nothing pending is COMPLETED.
void CompleteIfDone(Context& context, std::string_view job, Time now);

/// Puts $aws/events/job/.../{operation} into the outbox.
void ReportJob(Context& context, std::string_view operation, const Job& job);

}  // namespace fieldwork::domain
