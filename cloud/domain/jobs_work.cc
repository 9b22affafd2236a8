// Decides who gets an execution and who loses it: the slices of a job's work, and what follows when
// things join groups, leave them or go. Where the AWS documents are silent:
//
// * A thing that is a target by several ways has one execution; it keeps it while one way is left.
// * Joining again gives a new execution. Being associated again does so only if the last one was
//   REMOVED: whoever has done the job has done it.
#include <algorithm>
#include <limits>
#include <utility>

#include "cloud/domain/execution_changes.h"
#include "cloud/domain/job_targets.h"
#include "cloud/domain/job_work.h"
#include "cloud/domain/jobs.h"

namespace fieldwork::domain {
namespace {

constexpr ExecutionStatus kQueuedOnly[] = {ExecutionStatus::kQueued};
constexpr ExecutionStatus kPendingOnes[] = {ExecutionStatus::kQueued, ExecutionStatus::kInProgress};

Job FinishWork(Context& context, Job job, Time now) {
  job.work = JobWork::kNone;
  job.updated_at = now;
  context.store.SaveJob(job);
  return job;
}

void RollOutTo(Context& context, const Job& job, const std::string& thing, Time now) {
  // Every thing of a SNAPSHOT was queued once, when the job had no execution yet.
  if (job.selection == TargetSelection::kSnapshot) {
    AddExecution(context, thing, job.id, std::nullopt, now);
    return;
  }
  // While it waited it may have left, or left and joined again, which gave it an execution.
  if (!Reaches(job, ReachingArns(context, thing, context.store.GroupsOfThing(thing)))) {
    return;
  }
  const auto latest = context.store.FindExecution(thing, job.id, std::nullopt);
  if (!latest || latest->status == ExecutionStatus::kRemoved) {
    AddExecution(context, thing, job.id, latest, now);
  }
}

int RollOut(Context& context, const Job& job, int limit, Time now) {
  const std::vector<std::string> things = context.store.TakeRollout(job.id, limit);
  for (const std::string& thing : things) {
    RollOutTo(context, job, thing, now);
  }
  const int count = static_cast<int>(things.size());
  if (count < limit) {
    FinishWork(context, job, now);
    CompleteIfDone(context, job.id, now);
  }
  return count;
}

int CancelSome(Context& context, const Job& job, int limit, Time now) {
  const bool force = job.work == JobWork::kForceCancel;
  const auto executions =
      context.store.ExecutionsOf(job.id,
                                 force ? std::span<const ExecutionStatus>(kPendingOnes)
                                       : std::span<const ExecutionStatus>(kQueuedOnly),
                                 limit);
  for (const Execution& execution : executions) {
    Execution after = EndedAs(execution, ExecutionStatus::kCanceled, now);
    after.force_canceled = force;
    ChangeExecution(context, execution, after, now);
  }
  const int count = static_cast<int>(executions.size());
  if (count < limit) {
    ReportJob(context, "canceled", FinishWork(context, job, now));
  }
  return count;
}

int DeleteSome(Context& context, const Job& job, int limit) {
  const auto executions = context.store.ExecutionsOf(job.id, {}, limit);
  for (const Execution& execution : executions) {
    RemoveExecution(context, execution);
  }
  const int count = static_cast<int>(executions.size());
  if (count < limit) {
    ReportJob(context, "deleted", job);
    context.store.DeleteJob(job.id);
    context.store.DeleteTags(context.names.JobArn(job.id));
  }
  return count;
}

// CONTINUOUS jobs that reach whoever is in `group`, each once, oldest first for each ARN.
std::vector<Job> ContinuousJobsFor(Context& context, std::string_view group) {
  std::vector<Job> jobs;
  std::set<std::string> seen;
  for (const std::string& name : context.store.GroupAndAncestors(group)) {
    for (const std::string& id : context.store.ContinuousJobsOn(context.names.GroupArn(name))) {
      if (!seen.insert(id).second) {
        continue;
      }
      if (auto job = context.store.FindJob(id)) {
        jobs.push_back(*std::move(job));
      }
    }
  }
  return jobs;
}

void EndAsRemoved(Context& context, const Execution& execution, Time now) {
  ChangeExecution(context, execution, EndedAs(execution, ExecutionStatus::kRemoved, now), now);
}

int WorkSlice(Context& context, const Job& job, int limit, Time now) {
  switch (job.work) {
    case JobWork::kNone: return 0;
    case JobWork::kRollout: return RollOut(context, job, limit, now);
    case JobWork::kCancel:
    case JobWork::kForceCancel: return CancelSome(context, job, limit, now);
    case JobWork::kDelete: return DeleteSome(context, job, limit);
  }
  return 0;
}

}  // namespace

int WorkOn(Context& context, const Job& job, int limit, Time now) {
  const int done = WorkSlice(context, job, limit, now);
  if (done >= limit) {
    context.work_left = true;
  }
  return done;
}

bool Jobs::DoSomeWork(int limit, Time now) {
  int left = limit;
  for (const std::string& id : context_.store.JobsWithWork(limit)) {
    if (left <= 0) {
      break;
    }
    if (const auto job = context_.store.FindJob(id)) {
      left -= WorkOn(context_, *job, left, now);
    }
  }
  return !context_.store.JobsWithWork(1).empty();
}

void Jobs::ThingJoined(std::string_view thing, std::string_view group, Time now) {
  const std::vector<Job> jobs = ContinuousJobsFor(context_, group);
  if (jobs.empty()) {
    return;
  }
  std::vector<std::string> others = context_.store.GroupsOfThing(thing);
  std::erase(others, group);
  const std::set<std::string> reached_already = ReachingArns(context_, thing, others);
  for (const Job& job : jobs) {
    if (Reaches(job, reached_already)) {
      continue;
    }
    const auto latest = context_.store.FindExecution(thing, job.id, std::nullopt);
    if (!latest || IsTerminal(latest->status)) {
      AddExecution(context_, thing, job.id, latest, now);
    }
  }
}

void Jobs::ThingLeft(std::string_view thing, std::string_view group, Time now) {
  const std::vector<Job> jobs = ContinuousJobsFor(context_, group);
  if (jobs.empty()) {
    return;
  }
  const std::set<std::string> still_reached =
      ReachingArns(context_, thing, context_.store.GroupsOfThing(thing));
  for (const Job& job : jobs) {
    if (Reaches(job, still_reached)) {
      continue;
    }
    const auto latest = context_.store.FindExecution(thing, job.id, std::nullopt);
    if (latest && !IsTerminal(latest->status)) {
      EndAsRemoved(context_, *latest, now);
    }
  }
}

void Jobs::ThingRemoved(std::string_view thing, Time now) {
  context_.store.RemoveFromRollout(thing);
  for (const Execution& execution :
       context_.store.Pending(thing, std::numeric_limits<int>::max())) {
    EndAsRemoved(context_, execution, now);
  }
}

}  // namespace fieldwork::domain
