// Decides that the rules of jobs hold together: random operations in virtual time, a second and
// simpler account of who is a target beside them, and the invariants after every step.
//
// FIELDWORK_SEED=<seed> runs that seed alone and prints its operations.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

#include "cloud/domain/testing/expect.h"
#include "cloud/domain/testing/model_world.h"

namespace fieldwork::domain {
namespace {

using testing::At;
using testing::World;

const std::vector<std::string> kThings = {"t0", "t1", "t2", "t3", "t4"};
// g1 is below g0, g2 below g1; g3 stands alone.
constexpr int kGroups = 4;
constexpr std::array<int, kGroups> kParents = {-1, 0, 1, -1};
constexpr int kJobs = 5;

std::string GroupName(int group) { return "g" + std::to_string(group); }

// What the model knows besides what is in the store: who exists, who is where, and who is owed an
// execution of a job (by the job's sequence).
struct Shadow {
  std::set<std::string> things;
  std::array<std::set<std::string>, kGroups> members;
  std::map<std::int64_t, std::set<std::string>> snapshots;
  std::set<std::pair<std::int64_t, std::string>> excused;
};

class Model : public testing::Fixture {
 public:
  Model(std::uint64_t seed, bool verbose) : random_(seed), verbose_(verbose) {
    for (int group = 0; group < kGroups; ++group) {
      AddGroup(GroupName(group), kParents[group] < 0 ? "" : GroupName(kParents[group]));
    }
    for (const std::string& thing : kThings) {
      AddThing(thing);
      shadow_.things.insert(thing);
      const int group = Below(kGroups);
      AddMember(thing, GroupName(group));
      shadow_.members[group].insert(thing);
    }
    store.Commit();
  }

  /// How often each kind of happening, or of refusal, was seen.
  const std::map<std::string, int>& seen() const { return seen_; }

  void Run(int transactions) {
    for (int i = 0; i < transactions && !::testing::Test::HasFailure(); ++i) {
      RunTransaction();
    }
  }

 private:
  int Below(int limit) { return static_cast<int>(random_() % static_cast<std::uint64_t>(limit)); }
  bool OneIn(int n) { return Below(n) == 0; }
  std::string AnyThing() { return kThings[static_cast<std::size_t>(Below(5))]; }
  std::string AnyJob() { return "j" + std::to_string(Below(kJobs)); }
  // A thing and a job, mostly such that there is an execution, and that it is open.
  std::pair<std::string, std::string> AnyPair() {
    if (before_.executions.empty() || OneIn(6)) {
      return {AnyThing(), AnyJob()};
    }
    auto any = before_.executions.end();
    for (int tries = 4; tries > 0 && (tries == 4 || !testing::IsOpen(any->second)); --tries) {
      any =
          std::next(before_.executions.begin(), Below(static_cast<int>(before_.executions.size())));
    }
    return {any->second.thing, any->second.job};
  }
  void Say(const std::string& what) {
    if (verbose_) {
      std::cout << ToSeconds(now_) - ToSeconds(At(0)) << "s " << what << "\n";
    }
  }

  // Some end in a rollback, some in a write that fails half way through an operation.
  void RunTransaction() {
    const Shadow shadow_before = shadow_;
    const World world_before = world_;
    store.Begin();
    store.FailWrite(OneIn(12) ? 1 + Below(12) : 0);
    bool failed = false;
    try {
      for (int steps = 1 + Below(4); steps > 0 && !::testing::Test::HasFailure(); --steps) {
        Step();
      }
    } catch (const StoreError&) {
      failed = true;
    }
    store.FailWrite(0);
    if (!failed && !OneIn(12)) {
      store.Commit();
      return;
    }
    Say("rollback");
    store.Rollback();
    TakeOutbox();
    shadow_ = shadow_before;
    world_ = world_before;
    testing::ExpectSame(testing::ReadWorld(store, kThings), world_);
  }

  void Step() {
    before_ = world_;
    joined_ = false;
    const bool refused = !Operate();
    world_ = testing::ReadWorld(store, kThings);
    const Outbox happened = TakeOutbox();
    CountSeen(happened);
    if (refused) {
      EXPECT_TRUE(happened.empty()) << "a refusal with consequences";
      testing::ExpectSame(world_, before_);
    }
    testing::CheckWorld(world_);
    testing::CheckStep(before_, world_, happened, kThings);
    CheckStarts();
    CheckNewOnes();
    CheckTargets();
  }

  void CountSeen(const Outbox& happened) {
    for (const Happening& happening : happened) {
      if (const auto* notice = std::get_if<QueueNotice>(&happening)) {
        ++seen_[notice->list_changed ? notice->next_changed ? "both notices" : "notify"
                                     : "notify-next"];
      } else if (const auto* job = std::get_if<JobEvent>(&happening)) {
        ++seen_["job " + job->operation];
      } else if (const auto* execution = std::get_if<ExecutionEvent>(&happening)) {
        ++seen_["execution " + execution->operation];
        seen_["a second execution"] += execution->execution.number > 1;
      }
    }
  }

  // False: the operation was refused.
  bool Operate() {
    switch (Below(20)) {
      case 0:
      case 1: return CreateJob();
      case 2:
      case 3:
      case 4: return Join();
      case 5:
      case 6: return Leave();
      case 7: return AddOrRemoveThing();
      case 8: return StartNext();
      case 9:
      case 10:
      case 11:
      case 12: return UpdateExecution();
      case 13: return CancelExecution();
      case 14: return DeleteExecution();
      case 15: return OneIn(2) ? CancelJob() : DeleteJob();
      case 16: return OneIn(2) ? Associate() : ChangeTimeout();
      case 17: return PassTime();
      default: return Work();
    }
  }

  // --- The second account of targets --------------------------------------------------------

  bool Reached(const std::string& thing, const Job& job) const {
    std::set<std::string> arns = {context.names.ThingArn(thing)};
    for (int group = 0; group < kGroups; ++group) {
      for (int up = group; shadow_.members[group].contains(thing) && up >= 0; up = kParents[up]) {
        arns.insert(context.names.GroupArn(GroupName(up)));
      }
    }
    return std::any_of(job.targets.begin(), job.targets.end(),
                       [&](const std::string& target) { return arns.contains(target); });
  }

  std::vector<const Job*> ContinuousJobs() const {
    std::vector<const Job*> jobs;
    for (const auto& [sequence, job] : world_.jobs) {
      if (job.selection == TargetSelection::kContinuous && job.status == JobStatus::kInProgress) {
        jobs.push_back(&job);
      }
    }
    return jobs;
  }

  void CheckTargets() const {
    for (const Job* job : ContinuousJobs()) {
      for (const std::string& thing : kThings) {
        SCOPED_TRACE(job->id + "@" + thing);
        const bool reached = shadow_.things.contains(thing) && Reached(thing, *job);
        const auto executions = world_.Of(thing, job->id);
        EXPECT_TRUE(reached || executions.empty() || !testing::IsOpen(executions.back()))
            << "open on a thing that is no target";
        if (reached && job->work == JobWork::kNone) {
          EXPECT_TRUE(!executions.empty() || IsExcused(*job, thing)) << "a target without one";
        }
      }
    }
    for (const auto& [sequence, job] : world_.jobs) {
      if (job.selection == TargetSelection::kSnapshot) {
        CheckSnapshot(job);
      }
    }
  }
  void CheckSnapshot(const Job& job) const {
    const bool whole = job.work == JobWork::kNone && job.status != JobStatus::kCanceled;
    for (const std::string& thing : kThings) {
      SCOPED_TRACE(job.id + "@" + thing);
      const bool has = !world_.Of(thing, job.id).empty();
      const bool wanted = shadow_.snapshots.at(job.sequence).contains(thing);
      EXPECT_TRUE(wanted || !has) << "not a target when the job was created";
      EXPECT_TRUE(!whole || !wanted || has || IsExcused(job, thing)) << "a target without one";
    }
  }
  bool IsExcused(const Job& job, const std::string& thing) const {
    return shadow_.excused.contains({job.sequence, thing});
  }

  // The job's timer starts with IN_PROGRESS and runs as long as the job says at that moment.
  void CheckStarts() const {
    for (const auto& [order, execution] : world_.executions) {
      const auto was = before_.executions.find(order);
      if (was == before_.executions.end() || was->second.status != ExecutionStatus::kQueued ||
          execution.status != ExecutionStatus::kInProgress) {
        continue;
      }
      const auto minutes = before_.FindJob(execution.job)->in_progress_timeout_minutes;
      const auto deadline =
          minutes ? std::optional<Time>(now_ + std::chrono::minutes(*minutes)) : std::nullopt;
      EXPECT_EQ(execution.job_deadline, deadline);
      EXPECT_EQ(execution.started_at, now_);
    }
  }

  // A second execution is for who joined again, or was REMOVED and is a target once more.
  void CheckNewOnes() const {
    for (const auto& [order, execution] : world_.executions) {
      const auto old_ones = before_.Of(execution.thing, execution.job);
      if (!joined_ && !before_.executions.contains(order) && !old_ones.empty()) {
        EXPECT_EQ(old_ones.back().status, ExecutionStatus::kRemoved) << execution.job;
      }
    }
  }

  // --- Operations ---------------------------------------------------------------------------

  std::string AnyTarget() {
    return OneIn(3) ? context.names.ThingArn(AnyThing())
                    : context.names.GroupArn(GroupName(Below(kGroups)));
  }
  bool TargetExists(const std::string& arn) const {
    const std::string_view thing = context.names.NameIn(arn, "thing/");
    return thing.empty() || shadow_.things.contains(std::string(thing));
  }

  bool CreateJob() {
    CreateJobRequest request;
    request.id = AnyJob();
    request.document = "{\"job\":\"" + request.id + "\"}";
    request.targets = {AnyTarget(), AnyTarget()};
    request.selection = OneIn(2) ? TargetSelection::kSnapshot : TargetSelection::kContinuous;
    if (OneIn(2)) {
      request.in_progress_timeout_minutes = 1 + Below(5);
    }
    const bool missing = !TargetExists(request.targets[0]) || !TargetExists(request.targets[1]);
    const bool exists = before_.FindJob(request.id) != nullptr;
    Say("create job " + request.id + " for " + request.targets[0] + " and " + request.targets[1]);
    const auto created = jobs_.Create(request, now_);
    EXPECT_EQ(created.ok(), !exists && !missing);
    if (!created.ok()) {
      EXPECT_EQ(created.error().code, exists ? ErrorCode::kAlreadyExists : ErrorCode::kNotFound);
      return false;
    }
    std::set<std::string>& snapshot = shadow_.snapshots[created.value().sequence];
    for (const std::string& thing : shadow_.things) {
      if (Reached(thing, created.value())) {
        snapshot.insert(thing);
      }
    }
    return true;
  }

  // Runs a change of one thing's membership and expects what follows of each CONTINUOUS job.
  void ChangeMembership(const std::string& thing, int group, bool join) {
    std::map<const Job*, bool> reached_before;
    for (const Job* job : ContinuousJobs()) {
      reached_before[job] = Reached(thing, *job);
    }
    joined_ = join;
    if (join) {
      shadow_.members[group].insert(thing);
      store.AddMember(thing, GroupName(group));
      jobs_.ThingJoined(thing, GroupName(group), now_);
    } else {
      shadow_.members[group].erase(thing);
      store.RemoveMember(thing, GroupName(group));
      jobs_.ThingLeft(thing, GroupName(group), now_);
    }
    const World after = testing::ReadWorld(store, kThings);
    for (const auto& [job, was_reached] : reached_before) {
      SCOPED_TRACE(job->id + "@" + thing);
      ExpectMembership(before_.Of(thing, job->id), after.Of(thing, job->id), was_reached,
                       Reached(thing, *job));
    }
  }
  static void ExpectMembership(const std::vector<Execution>& old_ones,
                               const std::vector<Execution>& new_ones, bool was_reached,
                               bool is_reached) {
    const std::int64_t last = old_ones.empty() ? 0 : old_ones.back().number;
    if (!was_reached && is_reached) {
      ASSERT_EQ(new_ones.size(), old_ones.size() + 1);
      EXPECT_EQ(new_ones.back().number, last + 1);
      EXPECT_EQ(new_ones.back().status, ExecutionStatus::kQueued);
      return;
    }
    ASSERT_EQ(new_ones.size(), old_ones.size());
    if (was_reached && !is_reached && last > 0 && testing::IsOpen(old_ones.back())) {
      EXPECT_EQ(new_ones.back().status, ExecutionStatus::kRemoved);
    } else if (last > 0) {
      EXPECT_EQ(new_ones.back().version, old_ones.back().version);
    }
  }
  bool Join() {
    const std::string thing = AnyThing();
    const int group = Below(kGroups);
    if (shadow_.things.contains(thing) && !shadow_.members[group].contains(thing)) {
      Say(thing + " joins " + GroupName(group));
      ChangeMembership(thing, group, true);
    }
    return true;
  }
  bool Leave() {
    const std::string thing = AnyThing();
    const int group = Below(kGroups);
    if (shadow_.members[group].contains(thing)) {
      Say(thing + " leaves " + GroupName(group));
      ChangeMembership(thing, group, false);
    }
    return true;
  }

  bool AddOrRemoveThing() {
    const std::string thing = AnyThing();
    if (shadow_.things.insert(thing).second) {
      Say("create thing " + thing);
      AddThing(thing);
      return true;
    }
    if (!OneIn(3)) {
      return true;
    }
    Say("delete thing " + thing);
    jobs_.ThingRemoved(thing, now_);
    store.DeleteThing(thing);
    shadow_.things.erase(thing);
    for (auto& members : shadow_.members) {
      members.erase(thing);
    }
    for (const auto& [sequence, job] : before_.jobs) {
      shadow_.excused.insert({sequence, thing});
    }
    return true;
  }

  bool StartNext() {
    const std::string thing = AnyThing();
    StartNextRequest request;
    if (OneIn(3)) {
      request.step_timeout_minutes = OneIn(4) ? -1 : 1 + Below(4);
    }
    Say("start-next " + thing);
    const auto queue = before_.Queue(thing);
    const auto started = executions_.StartNext(thing, request, now_);
    EXPECT_EQ(started.ok(), shadow_.things.contains(thing));
    if (!started.ok()) {
      return false;
    }
    EXPECT_EQ(started.value().has_value(), !queue.empty());
    if (started.value() && !queue.empty()) {
      EXPECT_EQ(testing::IdentityOf(started.value()->execution), queue.front());
      EXPECT_EQ(started.value()->execution.status, ExecutionStatus::kInProgress);
    }
    return true;
  }

  bool UpdateExecution() {
    static constexpr std::array<const char*, 6> kStatuses = {
        "IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"};
    const auto [thing, job] = AnyPair();
    const auto found = before_.Of(thing, job);
    UpdateRequest request;
    request.status = kStatuses[static_cast<std::size_t>(Below(6))];
    if (OneIn(2)) {
      request.details = StatusDetails{{"n", std::to_string(Below(3))}};
    }
    if (OneIn(2)) {
      request.expected_version = (found.empty() ? 1 : found.back().version) - (OneIn(3) ? 1 : 0);
    }
    if (OneIn(4)) {
      request.step_timeout_minutes = OneIn(4) ? -1 : 1 + Below(4);
    }
    Say("update " + job + "@" + thing + " " + request.status);
    const auto updated = executions_.Update(thing, job, request, now_);
    const auto expected = RefusalOfUpdate(found, request);
    EXPECT_EQ(updated.ok(), !expected.has_value());
    if (!updated.ok()) {
      EXPECT_EQ(updated.error().code, expected);
      ++seen_["refusal " + std::to_string(static_cast<int>(updated.error().code))];
    }
    return updated.ok();
  }
  static std::optional<ErrorCode> RefusalOfUpdate(const std::vector<Execution>& found,
                                                  const UpdateRequest& request) {
    if (found.empty()) {
      return ErrorCode::kNotFound;
    }
    if (!testing::IsOpen(found.back())) {
      return ErrorCode::kInvalidStateTransition;
    }
    if (request.expected_version && *request.expected_version != found.back().version) {
      return ErrorCode::kVersionMismatch;
    }
    return std::nullopt;
  }

  bool CancelExecution() {
    const auto [thing, job] = AnyPair();
    const auto found = before_.Of(thing, job);
    CancelExecutionRequest request;
    request.force = OneIn(2);
    Say("cancel execution " + job + "@" + thing);
    const bool ok = jobs_.CancelExecution(thing, job, request, now_).ok();
    const bool may = !found.empty() && (found.back().status == ExecutionStatus::kQueued ||
                                        (testing::IsOpen(found.back()) && request.force));
    EXPECT_EQ(ok, may);
    return ok;
  }

  bool DeleteExecution() {
    const auto [thing, job] = AnyPair();
    const auto found = before_.Of(thing, job);
    if (found.empty()) {
      return true;
    }
    const Execution& any = found[static_cast<std::size_t>(Below(static_cast<int>(found.size())))];
    const bool force = OneIn(2);
    Say("delete execution " + job + "#" + std::to_string(any.number) + "@" + thing);
    const bool ok = jobs_.DeleteExecution(thing, job, any.number, force, now_).ok();
    EXPECT_EQ(ok, force || any.status != ExecutionStatus::kInProgress);
    if (ok) {
      shadow_.excused.insert({before_.FindJob(job)->sequence, thing});
    }
    return ok;
  }

  bool CancelJob() {
    const std::string id = AnyJob();
    const Job* job = before_.FindJob(id);
    CancelJobRequest request;
    request.force = OneIn(2);
    Say("cancel job " + id + (request.force ? " force" : ""));
    const bool ok = jobs_.Cancel(id, request, now_).ok();
    EXPECT_EQ(ok, job != nullptr && job->status == JobStatus::kInProgress);
    return ok;
  }

  bool DeleteJob() {
    const std::string id = AnyJob();
    const Job* job = before_.FindJob(id);
    const bool force = OneIn(2);
    Say("delete job " + id + (force ? " force" : ""));
    const bool ok = jobs_.Delete(id, force, now_).ok();
    EXPECT_EQ(ok, job != nullptr && job->status != JobStatus::kDeletionInProgress &&
                      (force || job->status != JobStatus::kInProgress));
    return ok;
  }

  bool Associate() {
    const std::string id = AnyJob();
    const Job* job = before_.FindJob(id);
    const std::string target = AnyTarget();
    Say("associate " + id + " with " + target);
    const bool ok = jobs_.AssociateTargets(id, {target}, "", now_).ok();
    EXPECT_EQ(ok, job != nullptr && job->status == JobStatus::kInProgress &&
                      job->selection == TargetSelection::kContinuous && TargetExists(target));
    return ok;
  }

  bool ChangeTimeout() {
    UpdateJobRequest request;
    request.in_progress_timeout_minutes = 1 + Below(5);
    return jobs_.Update(AnyJob(), request, now_).ok();
  }

  bool PassTime() {
    now_ += std::chrono::seconds(Below(240));
    if (OneIn(4)) {
      store.ForgetNotice(AnyThing());
      before_ = testing::ReadWorld(store, kThings);
    }
    while (executions_.ExpireDue(now_, 2) == 2) {
    }
    Say("time passes");
    for (const auto& [order, execution] : testing::ReadWorld(store, kThings).executions) {
      const auto deadline = DeadlineOf(execution);
      EXPECT_TRUE(!deadline || *deadline > now_) << "a timer was missed";
    }
    return true;
  }

  bool Work() {
    Say("work");
    const bool more = jobs_.DoSomeWork(1 + Below(3), now_);
    const World after = testing::ReadWorld(store, kThings);
    EXPECT_EQ(more, std::any_of(after.jobs.begin(), after.jobs.end(), [](const auto& entry) {
                return entry.second.work != JobWork::kNone;
              }));
    return true;
  }

  std::mt19937_64 random_;
  bool verbose_;
  Time now_ = At(0);
  Jobs jobs_{context, 2};  // Slices small enough that other things happen in between.
  Executions executions_{context};
  Shadow shadow_;
  World before_;
  World world_;
  bool joined_ = false;  // The step is a thing that joins a group.
  std::map<std::string, int> seen_;
};

// Everything that may happen must have happened often, or the test has lost its teeth.
void ExpectAllSeen(const std::map<std::string, int>& seen) {
  const char* kinds[] = {"both notices",       "notify",
                         "notify-next",        "a second execution",
                         "job completed",      "job canceled",
                         "job deleted",        "job cancellation_in_progress",
                         "execution removed",  "job deletion_in_progress",
                         "execution canceled", "execution succeeded",
                         "execution failed",   "execution rejected",
                         "execution deleted",  "execution timed_out"};
  for (const char* kind : kinds) {
    const auto found = seen.find(kind);
    EXPECT_GE(found == seen.end() ? 0 : found->second, 20) << kind;
  }
  for (const auto code :
       {ErrorCode::kNotFound, ErrorCode::kInvalidStateTransition, ErrorCode::kVersionMismatch}) {
    const auto found = seen.find("refusal " + std::to_string(static_cast<int>(code)));
    EXPECT_GE(found == seen.end() ? 0 : found->second, 20) << static_cast<int>(code);
  }
}

TEST(JobsModel, RandomOperations_KeepTheInvariants) {
  const char* wanted = std::getenv("FIELDWORK_SEED");
  const std::uint64_t first = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 1;
  const std::uint64_t last = wanted != nullptr ? first : 250;
  std::map<std::string, int> seen;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    Model model(seed, wanted != nullptr);
    model.Run(40);
    for (const auto& [kind, count] : model.seen()) {
      seen[kind] += count;
    }
    if (HasFailure()) {
      FAIL() << "again with: FIELDWORK_SEED=" << seed
             << " fieldwork_domain_test --gtest_filter=JobsModel.*";
    }
  }
  if (wanted == nullptr) {
    ExpectAllSeen(seen);
  }
}

}  // namespace
}  // namespace fieldwork::domain
