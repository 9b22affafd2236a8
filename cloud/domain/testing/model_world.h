// Decides what must hold of the jobs in a store at every moment, and between two moments: the
// invariants that the model test checks after each of its steps. Written from the documents, not
// from the rules: nothing here knows how they come to their results.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "cloud/domain/outbox.h"
#include "cloud/domain/store.h"

namespace fieldwork::domain::testing {

using Identity = std::pair<std::string, std::int64_t>;  // Job, number.
using Events = std::multiset<std::string>;

inline Identity IdentityOf(const Execution& e) { return {e.job, e.number}; }
inline bool IsOpen(const Execution& e) { return !IsTerminal(e.status); }
inline auto Everything(const Execution& e) {
  return std::tie(e.thing, e.job, e.number, e.status, e.version, e.queue_order, e.details,
                  e.queued_at, e.started_at, e.updated_at, e.job_deadline, e.step_deadline,
                  e.force_canceled);
}
inline auto Everything(const Job& j) {
  return std::tie(j.id, j.sequence, j.status, j.work, j.selection, j.targets, j.description,
                  j.in_progress_timeout_minutes, j.force_canceled, j.reason_code, j.comment,
                  j.created_at, j.updated_at, j.completed_at);
}

struct World {
  std::map<std::int64_t, Execution> executions;  ///< By queue_order, which is never given twice.
  std::map<std::int64_t, Job> jobs;              ///< By sequence, the same.
  std::map<std::string, JobCounts> counts;
  std::set<std::string> owed;

  std::vector<Execution> Of(std::string_view thing, std::string_view job) const {
    std::vector<Execution> found;
    for (const auto& [order, execution] : executions) {
      if (execution.thing == thing && execution.job == job) {
        found.push_back(execution);
      }
    }
    std::sort(found.begin(), found.end(),
              [](const Execution& a, const Execution& b) { return a.number < b.number; });
    return found;
  }
  const Job* FindJob(std::string_view id) const {
    const auto found = std::find_if(jobs.begin(), jobs.end(),
                                    [&](const auto& entry) { return entry.second.id == id; });
    return found == jobs.end() ? nullptr : &found->second;
  }
  /// The pending list of a thing: IN_PROGRESS first, each class by queued_at, then by order.
  std::vector<Identity> Queue(std::string_view thing) const {
    std::vector<Identity> queue;
    for (const auto status : {ExecutionStatus::kInProgress, ExecutionStatus::kQueued}) {
      std::vector<const Execution*> same;
      for (const auto& [order, execution] : executions) {
        if (execution.thing == thing && execution.status == status) {
          same.push_back(&execution);
        }
      }
      std::stable_sort(same.begin(), same.end(),
                       [](auto* a, auto* b) { return a->queued_at < b->queued_at; });
      for (const Execution* execution : same) {
        queue.push_back(IdentityOf(*execution));
      }
    }
    return queue;
  }
};

inline World ReadWorld(Store& store, const std::vector<std::string>& things) {
  World world;
  for (const std::string& thing : things) {
    for (Execution& execution : store.ListExecutionsOfThing(thing, {}, {10'000, ""}).items) {
      world.executions.emplace(execution.queue_order, std::move(execution));
    }
  }
  for (Job& job : store.ListJobs({}, {10'000, ""}).items) {
    world.counts[job.id] = store.Counts(job.id);
    world.jobs.emplace(job.sequence, std::move(job));
  }
  const auto owed = store.OwedNotices();
  world.owed.insert(owed.begin(), owed.end());
  return world;
}

inline void ExpectSame(const World& a, const World& b) {
  const auto same = [](const auto& x, const auto& y) {
    return x.first == y.first && Everything(x.second) == Everything(y.second);
  };
  EXPECT_TRUE(std::equal(a.executions.begin(), a.executions.end(), b.executions.begin(),
                         b.executions.end(), same));
  EXPECT_TRUE(std::equal(a.jobs.begin(), a.jobs.end(), b.jobs.begin(), b.jobs.end(), same));
  EXPECT_EQ(a.owed, b.owed);
}

// --- What holds at every moment -------------------------------------------------------------

inline void CheckExecution(const World& world, const Execution& e) {
  SCOPED_TRACE("execution " + e.job + "#" + std::to_string(e.number) + "@" + e.thing);
  EXPECT_NE(world.FindJob(e.job), nullptr) << "of a deleted job";
  if (e.status != ExecutionStatus::kInProgress) {
    EXPECT_FALSE(e.job_deadline || e.step_deadline) << "a timer that is not of IN_PROGRESS";
  }
  const bool devices = e.status == ExecutionStatus::kSucceeded ||
                       e.status == ExecutionStatus::kFailed ||
                       e.status == ExecutionStatus::kRejected;
  if (devices || e.status == ExecutionStatus::kInProgress ||
      e.status == ExecutionStatus::kTimedOut) {
    EXPECT_TRUE(e.started_at.has_value());
  }
  if (e.status == ExecutionStatus::kQueued) {
    EXPECT_FALSE(e.started_at.has_value());
    EXPECT_EQ(e.version, 1);
  }
}

inline void CheckNumbers(const World& world) {
  std::map<std::pair<std::string, std::string>, std::vector<const Execution*>> by_pair;
  for (const auto& [order, execution] : world.executions) {
    by_pair[{execution.thing, execution.job}].push_back(&execution);
  }
  std::map<std::string, JobCounts> recount;
  for (const auto& [pair, executions] : by_pair) {
    std::set<std::int64_t> numbers;
    const Execution* latest = executions.front();
    for (const Execution* each : executions) {
      EXPECT_TRUE(numbers.insert(each->number).second) << "two with one number";
      latest = each->number > latest->number ? each : latest;
    }
    for (const Execution* each : executions) {
      EXPECT_TRUE(each == latest || !IsOpen(*each)) << "an older one is open";
    }
    ++recount[pair.second].of[static_cast<int>(latest->status)];
  }
  for (const auto& [id, counts] : world.counts) {
    for (std::size_t i = 0; i < kExecutionStatuses; ++i) {
      EXPECT_EQ(counts.of[i], recount[id].of[i])
          << id << " " << NameOf(static_cast<ExecutionStatus>(i));
    }
  }
}

inline void CheckJob(const World& world, const Job& job) {
  SCOPED_TRACE("job " + job.id);
  const bool open = std::any_of(
      world.executions.begin(), world.executions.end(),
      [&](const auto& entry) { return entry.second.job == job.id && IsOpen(entry.second); });
  const bool done = !open && job.work != JobWork::kRollout;
  if (job.status == JobStatus::kInProgress) {
    EXPECT_FALSE(done && job.selection == TargetSelection::kSnapshot) << "it is complete";
  }
  if (job.status == JobStatus::kCompleted) {
    EXPECT_TRUE(done) << "it is not complete";
    EXPECT_EQ(job.selection, TargetSelection::kSnapshot);
  }
  EXPECT_EQ(job.completed_at.has_value() && job.status != JobStatus::kDeletionInProgress,
            job.status == JobStatus::kCompleted);
  EXPECT_EQ(job.work == JobWork::kDelete, job.status == JobStatus::kDeletionInProgress);
}

inline void CheckWorld(const World& world) {
  for (const auto& [order, execution] : world.executions) {
    CheckExecution(world, execution);
  }
  CheckNumbers(world);
  for (const auto& [sequence, job] : world.jobs) {
    CheckJob(world, job);
  }
}

// --- What holds between two moments ---------------------------------------------------------

inline void CheckVersions(const World& before, const World& after) {
  for (const auto& [order, now] : after.executions) {
    const auto found = before.executions.find(order);
    if (found == before.executions.end()) {
      EXPECT_EQ(now.version, 1);
      EXPECT_EQ(now.status, ExecutionStatus::kQueued);
      continue;
    }
    const Execution& was = found->second;
    SCOPED_TRACE("execution " + now.job + "#" + std::to_string(now.number) + "@" + now.thing);
    if (IsTerminal(was.status)) {
      EXPECT_EQ(Everything(was), Everything(now)) << "it was over and changed";
    }
    // A step timer may be set anew without a new version; nothing else may.
    Execution same_timer = was;
    same_timer.step_deadline = now.step_deadline;
    const bool changed = Everything(same_timer) != Everything(now);
    EXPECT_EQ(now.version, was.version + (changed ? 1 : 0));
    EXPECT_FALSE(was.status == ExecutionStatus::kInProgress &&
                 now.status == ExecutionStatus::kQueued);
    EXPECT_EQ(now.queued_at, was.queued_at);
  }
}

inline Events ExpectedExecutionEvents(const World& before, const World& after) {
  static const std::map<ExecutionStatus, std::string> kOperations = {
      {ExecutionStatus::kSucceeded, "succeeded"}, {ExecutionStatus::kFailed, "failed"},
      {ExecutionStatus::kTimedOut, "timed_out"},  {ExecutionStatus::kRejected, "rejected"},
      {ExecutionStatus::kRemoved, "removed"},     {ExecutionStatus::kCanceled, "canceled"}};
  Events events;
  for (const auto& [order, was] : before.executions) {
    const std::string who = was.job + "@" + was.thing + " ";
    const auto now = after.executions.find(order);
    if (now == after.executions.end()) {
      events.insert(who + "deleted");
    } else if (IsOpen(was) && !IsOpen(now->second)) {
      events.insert(who + kOperations.at(now->second.status));
    }
  }
  return events;
}

inline Events ExpectedJobEvents(const World& before, const World& after) {
  Events events;
  std::map<std::int64_t, std::pair<const Job*, const Job*>> pairs;
  for (const auto& [sequence, job] : before.jobs) {
    pairs[sequence].first = &job;
  }
  for (const auto& [sequence, job] : after.jobs) {
    pairs[sequence].second = &job;
  }
  const auto is = [](const Job* job, JobStatus status) { return job && job->status == status; };
  const auto cancelling = [](const Job* job) {
    return job && (job->work == JobWork::kCancel || job->work == JobWork::kForceCancel);
  };
  for (const auto& [sequence, pair] : pairs) {
    const auto [was, now] = pair;
    const std::string id = (was ? was : now)->id + " ";
    const auto became = [&](JobStatus status) { return is(now, status) && !is(was, status); };
    if (became(JobStatus::kCompleted)) {
      events.insert(id + "completed");
    }
    if (became(JobStatus::kCanceled)) {
      events.insert(id + "cancellation_in_progress");
    }
    if (is(now, JobStatus::kCanceled) && !cancelling(now) &&
        (became(JobStatus::kCanceled) || cancelling(was))) {
      events.insert(id + "canceled");
    }
    if (became(JobStatus::kDeletionInProgress) ||
        (!now && !is(was, JobStatus::kDeletionInProgress))) {
      events.insert(id + "deletion_in_progress");
    }
    if (!now) {
      events.insert(id + "deleted");
    }
  }
  return events;
}

inline void CheckEvents(const World& before, const World& after, const Outbox& outbox) {
  Events executions;
  Events jobs;
  for (const Happening& happening : outbox) {
    if (const auto* event = std::get_if<ExecutionEvent>(&happening)) {
      executions.insert(event->execution.job + "@" + event->execution.thing + " " +
                        event->operation);
    } else if (const auto* of_job = std::get_if<JobEvent>(&happening)) {
      jobs.insert(of_job->job.id + " " + of_job->operation);
    }
  }
  EXPECT_EQ(executions, ExpectedExecutionEvents(before, after));
  EXPECT_EQ(jobs, ExpectedJobEvents(before, after));
}

/// The list that a notice shows, against the one that the thing knew before it.
inline void CheckNotice(const QueueNotice& notice, const std::vector<Identity>& known,
                        const std::vector<Identity>& shown) {
  SCOPED_TRACE("notice to " + notice.thing);
  const std::set<Identity> old_set(known.begin(), known.end());
  const std::set<Identity> new_set(shown.begin(), shown.end());
  const bool head_changed = known.empty() || shown.empty() ? known.empty() != shown.empty()
                                                           : known.front() != shown.front();
  EXPECT_EQ(notice.list_changed, old_set != new_set);
  EXPECT_EQ(notice.next_changed, head_changed);
  EXPECT_TRUE(notice.list_changed || notice.next_changed) << "about nothing";
  ASSERT_EQ(notice.next.has_value(), head_changed && !shown.empty());
  if (notice.next) {
    EXPECT_EQ(IdentityOf(notice.next->execution), shown.front());
    EXPECT_EQ(notice.next->document, "{\"job\":\"" + notice.next->execution.job + "\"}");
  }
  std::vector<Identity> difference;
  std::set_symmetric_difference(old_set.begin(), old_set.end(), new_set.begin(), new_set.end(),
                                std::back_inserter(difference));
  EXPECT_LE(difference.size(), 1U) << "two changes in one notice";
}

/// Each thing's notices lead, one change at a time, from the list before to the list after.
inline void CheckNotices(const World& before, const World& after, const Outbox& outbox,
                         const std::vector<std::string>& things) {
  std::map<std::string, std::vector<Identity>> known;
  for (const std::string& thing : things) {
    known[thing] = before.Queue(thing);
  }
  std::set<std::string> owed = before.owed;
  for (const Happening& happening : outbox) {
    if (const auto* notice = std::get_if<QueueNotice>(&happening)) {
      std::vector<Identity> shown;
      for (const Execution& execution : notice->pending) {
        shown.push_back(IdentityOf(execution));
      }
      CheckNotice(*notice, known[notice->thing], shown);
      known[notice->thing] = shown;
      owed.insert(notice->thing);
    }
  }
  EXPECT_EQ(owed, after.owed);
  for (const std::string& thing : things) {
    SCOPED_TRACE("queue of " + thing);
    const std::vector<Identity> queue = after.Queue(thing);
    EXPECT_EQ(std::set<Identity>(known[thing].begin(), known[thing].end()),
              std::set<Identity>(queue.begin(), queue.end()))
        << "a notify is missing";
    EXPECT_TRUE(queue.empty() || known[thing].empty() || queue.front() == known[thing].front())
        << "a notify-next is missing";
  }
}

inline void CheckStep(const World& before, const World& after, const Outbox& outbox,
                      const std::vector<std::string>& things) {
  CheckVersions(before, after);
  CheckEvents(before, after, outbox);
  CheckNotices(before, after, outbox, things);
}

}  // namespace fieldwork::domain::testing
