// Decides what a store does, in the plainest way: ordered maps, each list sorted anew. Tests of the
// rules run on it, and the contract test holds the real stores to the same answers.
//
// What cloud/domain/store.h leaves open, every store does as this one:
// * Writes happen inside a transaction only; Begin() twice, Commit() or a write without one is an
//   assertion here, a StoreError from a database. If Commit() or a write throws, the transaction is
//   still open and wants Rollback(); if Begin() throws, none is open. Rollback() never throws and
//   does nothing without a transaction.
// * No references are checked: the rules do that. Deleting a thing or a certificate takes the
//   attachments of the two with it, deleting a policy its targets, deleting a job its document.
//   What names a deleted thing otherwise (executions, notices), or an ARN (tags, targets), stays.
// * Inserting what is there, or saving a job or an execution that is not, is an assertion here, a
//   StoreError from a database.
// * Lists without an order in store.h: policies by creation, everything else by name or ARN. Saving
//   again keeps the place. A policy's versions come in the order of their ids.
// * SaveJob leaves id, sequence, selection and created_at as they are, SaveExecution queue_order.
// * What was queued for rollout keeps its place when it is queued again; a group is queued in the
//   order of the names.
// * MoveCount of a job that is not there does nothing. A count below zero is an assertion here.
// * Executions that are due at the same instant come in the order of (thing, job, number).
#pragma once

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "cloud/domain/store.h"
#include "cloud/domain/testing/memory_state.h"

namespace fieldwork::domain::testing {

class MemoryStore final : public Store {
 public:
  /// The n-th call from now on throws StoreError, once; a write throws before it changes anything.
  void FailBegin(int nth = 1) { begin_fails_in_ = nth; }
  void FailCommit(int nth = 1) { commit_fails_in_ = nth; }
  void FailWrite(int nth = 1) { write_fails_in_ = nth; }

  bool in_transaction() const { return in_transaction_; }
  int commits_count() const { return commits_count_; }
  int rollbacks_count() const { return rollbacks_count_; }

  void Begin() override {
    assert(!in_transaction_);
    FailIfDue(begin_fails_in_, "begin");
    before_ = now_;
    in_transaction_ = true;
  }
  void Commit() override {
    assert(in_transaction_);
    FailIfDue(commit_fails_in_, "commit");
    in_transaction_ = false;
    ++commits_count_;
  }
  void Rollback() override {
    if (!in_transaction_) {
      return;
    }
    now_ = before_;
    in_transaction_ = false;
    ++rollbacks_count_;
  }

  std::optional<Thing> FindThing(std::string_view name) override {
    return memory::Find(now_.things, name);
  }
  bool HasThing(std::string_view name) override { return now_.things.contains(name); }
  void SaveThing(const Thing& thing) override { Write().things[thing.name] = thing; }
  void DeleteThing(std::string_view name) override {
    memory::Erase(Write().things, name);
    std::erase_if(now_.members, [&](const auto& pair) { return pair.second == name; });
    std::erase_if(now_.attachments, [&](const auto& pair) { return pair.second == name; });
  }
  Page<Thing> ListThings(std::string_view attribute, std::string_view value, bool value_is_prefix,
                         const PageRequest& page) override {
    memory::Keyed<Thing> all;
    for (const auto& [name, thing] : now_.things) {
      const auto found = thing.attributes.find(std::string(attribute));
      const bool has =
          found != thing.attributes.end() &&
          (value_is_prefix ? found->second.starts_with(value) : found->second == value);
      if (attribute.empty() || has) {
        all.emplace_back(name, thing);
      }
    }
    return memory::Cut("things", std::move(all), true, page);
  }

  std::optional<Group> FindGroup(std::string_view name) override {
    return memory::Find(now_.groups, name);
  }
  void SaveGroup(const Group& group) override { Write().groups[group.name] = group; }
  void DeleteGroup(std::string_view name) override {
    memory::Erase(Write().groups, name);
    std::erase_if(now_.members, [&](const auto& pair) { return pair.first == name; });
  }
  int CountChildren(std::string_view name) override {
    return static_cast<int>(
        std::count_if(now_.groups.begin(), now_.groups.end(),
                      [&](const auto& entry) { return entry.second.parent == name; }));
  }
  Page<Group> ListGroups(std::string_view parent, bool recursive, std::string_view prefix,
                         const PageRequest& page) override {
    memory::Keyed<Group> all;
    for (const auto& [name, group] : now_.groups) {
      const bool below = recursive ? parent.empty() || (name != parent && IsIn(name, parent))
                                   : group.parent == parent;
      if (below && name.starts_with(prefix)) {
        all.emplace_back(name, group);
      }
    }
    return memory::Cut("groups", std::move(all), true, page);
  }
  std::vector<std::string> GroupAndAncestors(std::string_view name) override {
    std::vector<std::string> path;
    for (auto group = FindGroup(name); group.has_value(); group = FindGroup(group->parent)) {
      path.push_back(group->name);
    }
    return path;
  }

  void AddMember(std::string_view thing, std::string_view group) override {
    Write().members.emplace(group, thing);
  }
  bool RemoveMember(std::string_view thing, std::string_view group) override {
    return Write().members.erase(memory::Pair(group, thing)) > 0;
  }
  std::vector<std::string> GroupsOfThing(std::string_view thing) override {
    return memory::Firsts(now_.members, thing);
  }
  Page<std::string> ListMembers(std::string_view group, bool recursive,
                                const PageRequest& page) override {
    return memory::Cut("members", memory::SelfKeyed(MembersOf(group, recursive)), true, page);
  }

  std::optional<Certificate> FindCertificate(std::string_view id) override {
    return memory::FindOrdered(now_.certificates, id);
  }
  void SaveCertificate(const Certificate& certificate) override {
    SaveOrdered(Write().certificates, certificate.id, certificate);
  }
  void DeleteCertificate(std::string_view id) override {
    memory::Erase(Write().certificates, id);
    std::erase_if(now_.attachments, [&](const auto& pair) { return pair.first == id; });
  }
  Page<Certificate> ListCertificates(bool ascending, const PageRequest& page) override {
    return memory::Cut("certificates", memory::OrderKeyed(now_.certificates), ascending, page);
  }
  void AttachToThing(std::string_view certificate, std::string_view thing) override {
    Write().attachments.emplace(certificate, thing);
  }
  bool DetachFromThing(std::string_view certificate, std::string_view thing) override {
    return Write().attachments.erase(memory::Pair(certificate, thing)) > 0;
  }
  Page<std::string> ThingsOfCertificate(std::string_view certificate,
                                        const PageRequest& page) override {
    return memory::Cut(
        "things-of", memory::SelfKeyed(memory::Seconds(now_.attachments, certificate)), true, page);
  }
  Page<std::string> CertificatesOfThing(std::string_view thing, const PageRequest& page) override {
    return memory::Cut("certificates-of",
                       memory::SelfKeyed(memory::Firsts(now_.attachments, thing)), true, page);
  }

  std::optional<Policy> FindPolicy(std::string_view name) override {
    return memory::FindOrdered(now_.policies, name);
  }
  void SavePolicy(const Policy& policy) override {
    Policy sorted = policy;
    std::sort(sorted.versions.begin(), sorted.versions.end(),
              [](const PolicyVersion& a, const PolicyVersion& b) { return a.id < b.id; });
    SaveOrdered(Write().policies, policy.name, sorted);
  }
  void DeletePolicy(std::string_view name) override {
    memory::Erase(Write().policies, name);
    std::erase_if(now_.targets, [&](const auto& pair) { return pair.first == name; });
  }
  Page<Policy> ListPolicies(bool ascending, const PageRequest& page) override {
    return memory::Cut("policies", memory::OrderKeyed(now_.policies), ascending, page);
  }
  void AttachPolicy(std::string_view policy, std::string_view target_arn) override {
    Write().targets.emplace(policy, target_arn);
  }
  bool DetachPolicy(std::string_view policy, std::string_view target_arn) override {
    return Write().targets.erase(memory::Pair(policy, target_arn)) > 0;
  }
  Page<std::string> PoliciesOf(std::string_view target_arn, const PageRequest& page) override {
    return memory::Cut("policies-of", memory::SelfKeyed(memory::Firsts(now_.targets, target_arn)),
                       true, page);
  }
  Page<std::string> TargetsOf(std::string_view policy, const PageRequest& page) override {
    return memory::Cut("targets-of", memory::SelfKeyed(memory::Seconds(now_.targets, policy)), true,
                       page);
  }

  std::optional<Job> FindJob(std::string_view id) override { return memory::Find(now_.jobs, id); }
  std::string JobDocument(std::string_view id) override {
    return memory::Find(now_.documents, id).value_or("");
  }
  void InsertJob(Job& job, std::string_view document) override {
    assert(!now_.jobs.contains(job.id));
    job.sequence = ++Write().last_order;
    now_.jobs[job.id] = job;
    now_.documents[job.id] = document;
    now_.counts[job.id] = JobCounts{};
  }
  void SaveJob(const Job& job) override {
    const auto stored = Write().jobs.find(job.id);
    assert(stored != now_.jobs.end());
    const Job was = std::exchange(stored->second, job);
    stored->second.sequence = was.sequence;
    stored->second.selection = was.selection;
    stored->second.created_at = was.created_at;
  }
  void DeleteJob(std::string_view id) override {
    memory::Erase(Write().jobs, id);
    memory::Erase(now_.documents, id);
    memory::Erase(now_.counts, id);
    memory::Erase(now_.rollout, id);
  }
  Page<Job> ListJobs(const JobFilter& filter, const PageRequest& page) override {
    memory::Keyed<Job> all;
    for (const auto& [id, job] : now_.jobs) {
      if ((!filter.status || job.status == *filter.status) &&
          (!filter.selection || job.selection == *filter.selection) &&
          (filter.target.empty() || memory::HasTarget(job, filter.target))) {
        all.emplace_back(memory::Padded(job.sequence), job);
      }
    }
    return memory::Cut("jobs", std::move(all), false, page);
  }
  std::vector<std::string> ContinuousJobsOn(std::string_view target_arn) override {
    return OldestFirst([&](const Job& job) {
      return job.selection == TargetSelection::kContinuous &&
             job.status == JobStatus::kInProgress && memory::HasTarget(job, target_arn);
    });
  }
  std::int64_t CountJobs(JobStatus status) override {
    return std::count_if(now_.jobs.begin(), now_.jobs.end(),
                         [&](const auto& entry) { return entry.second.status == status; });
  }
  std::vector<std::string> JobsWithWork(int limit) override {
    return memory::First(limit,
                         OldestFirst([](const Job& job) { return job.work != JobWork::kNone; }));
  }

  void MoveCount(std::string_view job, std::optional<ExecutionStatus> from,
                 std::optional<ExecutionStatus> to) override {
    const auto counts = Write().counts.find(job);
    if (counts == now_.counts.end()) {
      return;
    }
    if (from.has_value()) {
      --counts->second.of[static_cast<int>(*from)];
      assert(counts->second[*from] >= 0);
    }
    if (to.has_value()) {
      ++counts->second.of[static_cast<int>(*to)];
    }
  }
  JobCounts Counts(std::string_view job) override {
    return memory::Find(now_.counts, job).value_or(JobCounts{});
  }

  void QueueRollout(std::string_view job, std::string_view thing) override {
    auto& queue = Write().rollout[std::string(job)];
    if (std::find(queue.begin(), queue.end(), thing) == queue.end()) {
      queue.emplace_back(thing);
    }
  }
  void QueueRolloutOfGroup(std::string_view job, std::string_view group) override {
    Write();
    auto& queue = now_.rollout[std::string(job)];
    const std::set<std::string> already(queue.begin(), queue.end());
    for (const std::string& thing : MembersOf(group, true)) {
      if (!already.contains(thing)) {
        queue.push_back(thing);
      }
    }
  }
  std::vector<std::string> TakeRollout(std::string_view job, int limit) override {
    auto& queue = Write().rollout[std::string(job)];
    std::vector<std::string> taken = memory::First(limit, queue);
    queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(taken.size()));
    return taken;
  }
  void ClearRollout(std::string_view job) override { memory::Erase(Write().rollout, job); }
  void RemoveFromRollout(std::string_view thing) override {
    for (auto& [job, queue] : Write().rollout) {
      std::erase(queue, thing);
    }
  }

  std::optional<Execution> FindExecution(std::string_view thing, std::string_view job,
                                         std::optional<std::int64_t> number) override {
    std::optional<Execution> found;
    for (const Execution& execution :
         memory::Select(ExecutionsOfThing(thing), [&](const Execution& each) {
           return each.job == job && (!number || each.number == *number);
         })) {
      found = execution;  // In the order of the numbers: the last one is the latest.
    }
    return found;
  }
  void InsertExecution(Execution& execution) override {
    assert(!now_.executions.contains(memory::KeyOf(execution)));
    execution.queue_order = ++Write().last_order;
    now_.executions[memory::KeyOf(execution)] = execution;
  }
  void SaveExecution(const Execution& execution) override {
    const auto stored = Write().executions.find(memory::KeyOf(execution));
    assert(stored != now_.executions.end());
    const std::int64_t queue_order = stored->second.queue_order;
    stored->second = execution;
    stored->second.queue_order = queue_order;
  }
  void DeleteExecution(const Execution& execution) override {
    Write().executions.erase(memory::KeyOf(execution));
  }
  std::vector<Execution> Pending(std::string_view thing, int limit) override {
    auto pending = memory::Select(ExecutionsOfThing(thing),
                                  [](const Execution& each) { return !IsTerminal(each.status); });
    std::sort(pending.begin(), pending.end(), [](const Execution& a, const Execution& b) {
      const auto place = [](const Execution& each) {
        return std::tuple(each.status != ExecutionStatus::kInProgress, each.queued_at,
                          each.queue_order);
      };
      return place(a) < place(b);
    });
    return memory::First(limit, std::move(pending));
  }
  std::vector<Execution> ExecutionsDue(Time now, int limit) override {
    auto due = memory::Select(AllExecutions(), [&](const Execution& each) {
      const auto deadline = DeadlineOf(each);
      return deadline.has_value() && *deadline <= now;
    });
    std::stable_sort(due.begin(), due.end(), [](const Execution& a, const Execution& b) {
      return *DeadlineOf(a) < *DeadlineOf(b);
    });
    return memory::First(limit, std::move(due));
  }
  std::optional<Time> NextDeadline() override {
    std::optional<Time> next;
    for (const auto& [key, execution] : now_.executions) {
      const auto deadline = DeadlineOf(execution);
      if (deadline.has_value() && (!next || *deadline < *next)) {
        next = deadline;
      }
    }
    return next;
  }
  std::vector<Execution> ExecutionsOf(std::string_view job,
                                      std::span<const ExecutionStatus> statuses,
                                      int limit) override {
    return memory::First(limit, memory::Select(AllExecutions(), [&](const Execution& each) {
                           return each.job == job &&
                                  (statuses.empty() || std::find(statuses.begin(), statuses.end(),
                                                                 each.status) != statuses.end());
                         }));
  }
  Page<Execution> ListExecutionsOfJob(std::string_view job, const ExecutionFilter& filter,
                                      const PageRequest& page) override {
    memory::Keyed<Execution> all;
    for (const auto& [key, execution] : now_.executions) {
      if (execution.job == job && (!filter.status || execution.status == *filter.status)) {
        // A character below all those of a name keeps "a" before "a-b".
        all.emplace_back(execution.thing + '\n' + memory::Padded(execution.number), execution);
      }
    }
    return memory::Cut("executions-of-job", std::move(all), true, page);
  }
  Page<Execution> ListExecutionsOfThing(std::string_view thing, const ExecutionFilter& filter,
                                        const PageRequest& page) override {
    memory::Keyed<Execution> all;
    for (const Execution& execution : ExecutionsOfThing(thing)) {
      if ((!filter.status || execution.status == *filter.status) &&
          (filter.job.empty() || execution.job == filter.job)) {
        all.emplace_back(memory::Padded(execution.queue_order), execution);
      }
    }
    return memory::Cut("executions-of-thing", std::move(all), false, page);
  }

  void OweNotice(std::string_view thing) override { Write().owed.emplace(thing); }
  void ForgetNotice(std::string_view thing) override { memory::Erase(Write().owed, thing); }
  std::vector<std::string> OwedNotices() override { return {now_.owed.begin(), now_.owed.end()}; }
  Page<std::string> ThingsWithPending(const PageRequest& page) override {
    std::set<std::string> names;
    for (const auto& [key, execution] : now_.executions) {
      if (!IsTerminal(execution.status)) {
        names.insert(execution.thing);
      }
    }
    return memory::Cut("pending", memory::SelfKeyed(names), true, page);
  }

  std::vector<Tag> TagsOf(std::string_view arn) override {
    std::vector<Tag> tags;
    for (const auto& [key, value] : memory::Find(now_.tags, arn).value_or(Attributes{})) {
      tags.push_back({key, value});
    }
    return tags;
  }
  void SaveTag(std::string_view arn, const Tag& tag) override {
    Write().tags[std::string(arn)][tag.key] = tag.value;
  }
  void DeleteTag(std::string_view arn, std::string_view key) override {
    Write().tags[std::string(arn)].erase(std::string(key));
  }
  void DeleteTags(std::string_view arn) override { memory::Erase(Write().tags, arn); }
  EventSettings FindEventSettings() override { return now_.events; }
  void SaveEventSettings(const EventSettings& settings) override { Write().events = settings; }

 private:
  static void FailIfDue(int& fails_in, const char* what) {
    if (fails_in > 0 && --fails_in == 0) {
      throw StoreError(std::string("the test wants this ") + what + " to fail");
    }
  }
  memory::MemoryState& Write() {
    assert(in_transaction_);
    FailIfDue(write_fails_in_, "write");
    return now_;
  }

  template <typename T>
  void SaveOrdered(memory::Ordered<T>& map, const std::string& name, const T& value) {
    const auto found = map.find(name);
    const std::int64_t order = found == map.end() ? ++now_.last_order : found->second.first;
    map[name] = {order, value};
  }
  /// Whether `group` is `ancestor` or below it.
  bool IsIn(std::string_view group, std::string_view ancestor) {
    const auto path = GroupAndAncestors(group);
    return std::find(path.begin(), path.end(), ancestor) != path.end();
  }
  std::set<std::string> MembersOf(std::string_view group, bool recursive) {
    std::set<std::string> things;
    for (const auto& [of, thing] : now_.members) {
      if (of == group || (recursive && IsIn(of, group))) {
        things.insert(thing);
      }
    }
    return things;
  }
  template <typename Predicate>
  std::vector<std::string> OldestFirst(Predicate wanted) const {
    std::map<std::int64_t, std::string> found;
    for (const auto& [id, job] : now_.jobs) {
      if (wanted(job)) {
        found[job.sequence] = id;
      }
    }
    std::vector<std::string> ids;
    for (const auto& [sequence, id] : found) {
      ids.push_back(id);
    }
    return ids;
  }
  std::vector<Execution> AllExecutions() const {
    std::vector<Execution> all;
    for (const auto& [key, execution] : now_.executions) {
      all.push_back(execution);
    }
    return all;
  }
  std::vector<Execution> ExecutionsOfThing(std::string_view thing) const {
    std::vector<Execution> all;
    for (auto it = now_.executions.lower_bound({std::string(thing), "", 0});
         it != now_.executions.end() && it->second.thing == thing; ++it) {
      all.push_back(it->second);
    }
    return all;
  }

  memory::MemoryState now_;
  memory::MemoryState before_;
  bool in_transaction_ = false;
  int begin_fails_in_ = 0;
  int commit_fails_in_ = 0;
  int write_fails_in_ = 0;
  int commits_count_ = 0;
  int rollbacks_count_ = 0;
};

}  // namespace fieldwork::domain::testing
