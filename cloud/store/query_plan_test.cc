// How the statements of the hot path find their rows, and, on request, how long they take.
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "cloud/store/connection_spy_test.h"
#include "cloud/store/store_contract_test.h"

namespace fieldwork::store {
namespace {

using domain::Execution;
using domain::ExecutionStatus;
using domain::Job;
using testing::HasSubstr;
using testing::Not;

Execution QueuedExecution(const std::string& thing, const std::string& job) {
  Execution execution;
  execution.thing = thing;
  execution.job = job;
  execution.queued_at = At(0);
  return execution;
}

class QueryPlan : public testing::Test {
 protected:
  QueryPlan() {
    store_.Begin();
    job_.id = "j";
    job_.targets = {"arn:t"};
    store_.InsertJob(job_, "{}");
    execution_ = QueuedExecution("t", "j");
    store_.InsertExecution(execution_);
    spy_.TakeStatements();
  }

  /// Every step of every statement since the last call: "SEARCH executions USING ...".
  Names Plans() {
    Names plans;
    for (const std::string& sql : spy_.TakeStatements()) {
      for (const std::string& step : Ask(spy_.last(), "EXPLAIN QUERY PLAN " + sql, 3)) {
        plans.push_back(step + "   of: " + sql);
      }
    }
    spy_.TakeStatements();
    return plans;
  }
  void ExpectNoScanAndNoSort() {
    const Names plans = Plans();
    EXPECT_FALSE(plans.empty());
    for (const std::string& step : plans) {
      EXPECT_THAT(step, Not(testing::StartsWith("SCAN")));
      EXPECT_THAT(step, Not(HasSubstr("TEMP B-TREE")));
    }
  }

  ConnectionSpy spy_;
  SqliteStore store_{":memory:"};
  Job job_;
  Execution execution_;
};

TEST_F(QueryPlan, StartNextAndUpdate_SearchAnIndex) {
  store_.HasThing("t");
  store_.Pending("t", 10);
  store_.FindExecution("t", "j", {});
  store_.FindExecution("t", "j", 1);
  store_.FindJob("j");
  store_.JobDocument("j");
  store_.SaveExecution(execution_);
  store_.MoveCount("j", ExecutionStatus::kQueued, ExecutionStatus::kInProgress);
  store_.Counts("j");
  store_.SaveJob(job_);
  store_.OweNotice("t");
  store_.ForgetNotice("t");
  ExpectNoScanAndNoSort();
}

TEST_F(QueryPlan, Timers_SearchAnIndex) {
  store_.ExecutionsDue(At(1), 10);
  store_.NextDeadline();
  ExpectNoScanAndNoSort();
}

TEST_F(QueryPlan, SlicesOfWork_SearchAnIndex) {
  const std::array open{ExecutionStatus::kQueued};
  store_.ExecutionsOf("j", open, 10);
  store_.ExecutionsOf("j", {}, 10);
  store_.QueueRollout("j", "t");
  store_.TakeRollout("j", 10);
  store_.RemoveFromRollout("t");
  store_.CountJobs(domain::JobStatus::kInProgress);
  store_.GroupsOfThing("t");
  store_.DeleteExecution(execution_);
  ExpectNoScanAndNoSort();
}

TEST_F(QueryPlan, JobsWithWork_ReadNothingButThose) {
  store_.JobsWithWork(10);
  const Names plans = Plans();
  ASSERT_EQ(plans.size(), 1U);
  EXPECT_THAT(plans[0], HasSubstr("USING INDEX jobs_with_work"));
}

TEST_F(QueryPlan, ListsOfOneOwner_SearchAnIndex) {
  store_.ListExecutionsOfJob("j", {ExecutionStatus::kQueued, ""}, {});
  store_.ListJobs({}, {});
  store_.ListJobs({domain::JobStatus::kInProgress, {}, ""}, {});
  store_.ListThings("", "", false, {});
  store_.ListThings("a", "b", false, {});
  store_.ListMembers("g", false, {});
  store_.ListGroups("g", false, "", {});
  store_.ListCertificates(true, {});
  store_.ListPolicies(false, {});
  store_.ThingsOfCertificate("c", {});
  store_.CertificatesOfThing("t", {});
  store_.PoliciesOf("arn", {});
  store_.TargetsOf("p", {});
  store_.TagsOf("arn");
  ExpectNoScanAndNoSort();
}

TEST_F(QueryPlan, ListOfAJobsExecutions_MergesTheStatusesWithoutSorting) {
  store_.ListExecutionsOfJob("j", {}, {});
  for (const std::string& step : Plans()) {
    EXPECT_THAT(step, Not(HasSubstr("TEMP B-TREE")));
    EXPECT_THAT(step, Not(testing::StartsWith("SCAN executions")));
  }
}

// Prints; asserts nothing. Run it in an optimised build:
// fieldwork_store_test --gtest_also_run_disabled_tests --gtest_filter='StoreSpeed*'
class StoreSpeed : public testing::Test {
 protected:
  static constexpr int kThings = 10000;

  StoreSpeed() {
    Job job;
    job.id = "j";
    const Moment begun;
    store_.Begin();
    store_.InsertJob(job, std::string(2000, 'd'));
    for (int i = 0; i < kThings; ++i) {
      Execution execution = QueuedExecution(Thing(i), "j");
      store_.InsertExecution(execution);
      store_.MoveCount("j", {}, ExecutionStatus::kQueued);
    }
    store_.Commit();
    Print("InsertExecution + MoveCount, one commit", begun, kThings);
  }

  struct Moment {
    std::chrono::steady_clock::time_point wall = std::chrono::steady_clock::now();
    std::clock_t cpu = std::clock();
  };
  static std::string Thing(int number) {
    return "thing-" + std::to_string(number * 7919 % kThings);  // Not in the order of the keys.
  }
  static void Print(const char* what, const Moment& since, int times) {
    const Moment now;
    const std::chrono::duration<double, std::micro> wall = now.wall - since.wall;
    const double cpu = 1e6 * static_cast<double>(now.cpu - since.cpu) / CLOCKS_PER_SEC;
    std::printf("%-56s %8.2f us, %6.2f us of CPU\n", what, wall.count() / times, cpu / times);
  }
  void Update(const std::string& thing, ExecutionStatus to) {
    Execution execution = *store_.FindExecution(thing, "j", {});
    store_.MoveCount("j", execution.status, to);
    execution.status = to;
    ++execution.version;
    execution.details = {{"progress", "50 %"}, {"step", "download"}};
    execution.updated_at = At(++clock_);
    execution.job_deadline = std::nullopt;
    if (to == ExecutionStatus::kInProgress) {
      execution.started_at = execution.started_at.value_or(At(clock_));
      execution.job_deadline = *execution.started_at + std::chrono::hours(1);
    }
    store_.SaveExecution(execution);
  }
  void UpdateAll(const char* what, ExecutionStatus to, int per_commit, int things) {
    const Moment begun;
    for (int i = 0; i < things; ++i) {
      if (i % per_commit == 0) {
        store_.Begin();
      }
      Update(Thing(i), to);
      if (i % per_commit == per_commit - 1) {
        store_.Commit();
      }
    }
    Print(what, begun, things);
  }

  TemporaryFolder folder_;
  SqliteStore store_{folder_ / "cloud.db"};
  int clock_ = 0;
};

TEST_F(StoreSpeed, DISABLED_HotPath_Prints) {
  UpdateAll("Find + Save + MoveCount, 100 a commit, to IN_PROGRESS", ExecutionStatus::kInProgress,
            100, kThings);
  UpdateAll("Find + Save + MoveCount, 100 a commit, no new status", ExecutionStatus::kInProgress,
            100, kThings);
  UpdateAll("Find + Save + MoveCount, 1 a commit", ExecutionStatus::kInProgress, 1, 2000);
  UpdateAll("Find + Save + MoveCount, 100 a commit, to SUCCEEDED", ExecutionStatus::kSucceeded, 100,
            5000);
  Moment begun;
  std::size_t found = 0;
  for (int i = 0; i < kThings; ++i) {
    found += store_.Pending(Thing(i), 10).size();
  }
  Print("Pending", begun, kThings);
  begun = Moment();
  for (int i = 0; i < kThings; ++i) {
    found += store_.FindJob("j").has_value() ? store_.JobDocument("j").size() : 0;
  }
  Print("FindJob + JobDocument of 2 KB", begun, kThings);
  std::printf("(%zu)\n", found);
}

}  // namespace
}  // namespace fieldwork::store
