// What every store does with executions: the pending list, timers, lists.
#include <algorithm>
#include <array>

#include "cloud/store/store_contract_test.h"

namespace fieldwork::store {
namespace {

using namespace std::string_literals;

using domain::Execution;
using domain::ExecutionFilter;
using domain::ExecutionStatus;
using domain::PageRequest;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

Names Labels(const std::vector<Execution>& executions) {
  Names labels;
  for (const Execution& each : executions) {
    labels.push_back(each.thing + "/" + each.job + "/" + std::to_string(each.number));
  }
  return labels;
}

template <typename Kind>
class StoreExecutions : public StoreContract<Kind> {
 protected:
  Execution Add(const std::string& thing, const std::string& job,
                ExecutionStatus status = ExecutionStatus::kQueued, int queued_at = 0,
                std::int64_t number = 1) {
    Execution execution;
    execution.thing = thing;
    execution.job = job;
    execution.number = number;
    execution.status = status;
    execution.queued_at = At(queued_at);
    this->store.InsertExecution(execution);
    return execution;
  }
  void AddWithDeadline(const std::string& thing, std::optional<domain::Time> of_job,
                       std::optional<domain::Time> of_step) {
    Execution execution = Add(thing, "j", ExecutionStatus::kInProgress);
    execution.job_deadline = of_job;
    execution.step_deadline = of_step;
    this->store.SaveExecution(execution);
  }
  void Finish(Execution execution) {
    execution.status = ExecutionStatus::kSucceeded;
    execution.job_deadline.reset();
    execution.step_deadline.reset();
    this->store.SaveExecution(execution);
  }
  Names OfJob(const std::string& job, const ExecutionFilter& filter, int limit = 2) {
    return Labels(AllPages(limit, [&](const PageRequest& page) {
      return this->store.ListExecutionsOfJob(job, filter, page);
    }));
  }
  Names OfThing(const std::string& thing, const ExecutionFilter& filter) {
    return Labels(AllPages(2, [&](const PageRequest& page) {
      return this->store.ListExecutionsOfThing(thing, filter, page);
    }));
  }
};
TYPED_TEST_SUITE(StoreExecutions, Stores);

TYPED_TEST(StoreExecutions, InsertedExecution_ComesBackAsItWas) {
  const std::string odd = "\x00\x01\x1f 5:x \"{}\xf0\x9f\x94\xa7"s;
  Execution execution{"t",
                      "j",
                      3,
                      ExecutionStatus::kInProgress,
                      9,
                      0,
                      {{"z", odd}, {"", ""}, {odd, "a"}},
                      At(1),
                      At(2),
                      At(3),
                      At(9),
                      At(8),
                      true};
  this->store.InsertExecution(execution);
  this->CommitAndGoOn();
  const auto found = this->store.FindExecution("t", "j", 3);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->number, 3);
  EXPECT_EQ(found->status, ExecutionStatus::kInProgress);
  EXPECT_EQ(found->version, 9);
  EXPECT_GT(execution.queue_order, 0);
  EXPECT_EQ(found->queue_order, execution.queue_order);
  EXPECT_EQ(found->details, execution.details);
  EXPECT_EQ(found->queued_at, At(1));
  EXPECT_EQ(found->started_at, At(2));
  EXPECT_EQ(found->updated_at, At(3));
  EXPECT_EQ(found->job_deadline, At(9));
  EXPECT_EQ(found->step_deadline, At(8));
  EXPECT_TRUE(found->force_canceled);
}

TYPED_TEST(StoreExecutions, SavedExecution_ChangesAllButItsPlace) {
  Execution execution = this->Add("t", "j");
  const std::int64_t queue_order = execution.queue_order;
  execution.queue_order = 4711;
  execution.status = ExecutionStatus::kFailed;
  execution.version = 2;
  execution.details = {{"why", "because"}};
  execution.queued_at = At(4);
  execution.started_at = At(5);
  execution.updated_at = At(6);
  execution.force_canceled = true;
  this->store.SaveExecution(execution);
  const auto found = this->store.FindExecution("t", "j", {});
  EXPECT_EQ(found->queue_order, queue_order);
  EXPECT_EQ(found->status, ExecutionStatus::kFailed);
  EXPECT_EQ(found->version, 2);
  EXPECT_EQ(found->details, execution.details);
  EXPECT_EQ(found->queued_at, At(4));
  EXPECT_EQ(found->started_at, At(5));
  EXPECT_EQ(found->updated_at, At(6));
  EXPECT_FALSE(found->job_deadline.has_value());
  EXPECT_TRUE(found->force_canceled);
}

TYPED_TEST(StoreExecutions, ProgressReport_ChangesTheExecutionAndNoList) {
  this->AddWithDeadline("t", At(50), {});
  this->Add("t", "k", ExecutionStatus::kInProgress, -1);
  Execution execution = *this->store.FindExecution("t", "j", {});
  execution.version = 2;
  execution.details = {{"progress", "50 %"}};
  execution.updated_at = At(7);
  execution.step_deadline = At(60);  // Later than the job's: the timer stays.
  this->store.SaveExecution(execution);
  const auto found = this->store.FindExecution("t", "j", {});
  EXPECT_EQ(found->version, 2);
  EXPECT_EQ(found->details, execution.details);
  EXPECT_EQ(found->updated_at, At(7));
  EXPECT_EQ(found->step_deadline, At(60));
  EXPECT_THAT(Labels(this->store.Pending("t", 10)), ElementsAre("t/k/1", "t/j/1"));
  EXPECT_EQ(this->store.NextDeadline(), At(50));

  execution.step_deadline = At(40);
  this->store.SaveExecution(execution);
  EXPECT_EQ(this->store.NextDeadline(), At(40));
  EXPECT_THAT(Labels(this->store.ExecutionsDue(At(40), 10)), ElementsAre("t/j/1"));
}

TYPED_TEST(StoreExecutions, FindWithoutNumber_IsTheLatest) {
  for (const int number : {1, 10, 9, 2}) {
    this->Add("t", "j", ExecutionStatus::kRemoved, 0, number);
  }
  this->Add("t", "k", ExecutionStatus::kQueued, 0, 99);
  EXPECT_EQ(this->store.FindExecution("t", "j", {})->number, 10);
  EXPECT_EQ(this->store.FindExecution("t", "j", 9)->number, 9);
  EXPECT_FALSE(this->store.FindExecution("t", "j", 3).has_value());
  EXPECT_FALSE(this->store.FindExecution("u", "j", {}).has_value());
}

TYPED_TEST(StoreExecutions, DeletedExecution_IsInNoList) {
  const Execution execution = this->Add("t", "j");
  this->Add("t", "j", ExecutionStatus::kRemoved, 0, 2);
  this->store.DeleteExecution(execution);
  EXPECT_THAT(this->OfThing("t", {}), ElementsAre("t/j/2"));
  EXPECT_THAT(this->store.Pending("t", 10), IsEmpty());
}

TYPED_TEST(StoreExecutions, PendingList_InProgressFirstThenQueuedAtThenQueueOrder) {
  this->Add("t", "queued-late", ExecutionStatus::kQueued, 9);
  this->Add("t", "tie-z", ExecutionStatus::kQueued, 5);
  this->Add("t", "tie-a", ExecutionStatus::kQueued, 5);
  this->Add("t", "queued-early", ExecutionStatus::kQueued, 1);
  this->Add("t", "started-late", ExecutionStatus::kInProgress, 8);
  this->Add("t", "started-early", ExecutionStatus::kInProgress, 7);
  this->Add("t", "over", ExecutionStatus::kSucceeded, 0);
  this->Add("t-2", "of-another", ExecutionStatus::kQueued, 0);
  const Names all{"t/started-early/1", "t/started-late/1", "t/queued-early/1",
                  "t/tie-z/1",         "t/tie-a/1",        "t/queued-late/1"};
  EXPECT_EQ(Labels(this->store.Pending("t", 10)), all);
  EXPECT_EQ(Labels(this->store.Pending("t", 3)), Names(all.begin(), all.begin() + 3));
  EXPECT_THAT(this->store.Pending("t", 0), IsEmpty());
  EXPECT_THAT(this->store.Pending("none", 10), IsEmpty());
}

TYPED_TEST(StoreExecutions, PendingList_FollowsEveryChange) {
  Execution first = this->Add("t", "first", ExecutionStatus::kQueued, 1);
  Execution second = this->Add("t", "second", ExecutionStatus::kQueued, 2);
  second.status = ExecutionStatus::kInProgress;
  this->store.SaveExecution(second);
  EXPECT_EQ(Labels(this->store.Pending("t", 10)), (Names{"t/second/1", "t/first/1"}));
  this->Finish(second);
  EXPECT_EQ(Labels(this->store.Pending("t", 10)), (Names{"t/first/1"}));
  this->Finish(first);
  EXPECT_THAT(this->store.Pending("t", 10), IsEmpty());
}

TYPED_TEST(StoreExecutions, QueueOrder_RisesAcrossRollbacksAndCommits) {
  std::int64_t last = 0;
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 700; ++i) {
      const Execution added = this->Add("t", std::to_string(round * 1000 + i));
      EXPECT_GT(added.queue_order, last);
      last = added.queue_order;
    }
    if (round % 2 == 0) {
      this->CommitAndGoOn();
      continue;
    }
    this->store.Rollback();
    this->store.Begin();
    last = 0;
    for (const Execution& kept : this->store.Pending("t", 10000)) {
      last = std::max(last, kept.queue_order);
    }
  }
  EXPECT_EQ(this->store.Pending("t", 10000).size(), 1400U);
}

TYPED_TEST(StoreExecutions, ExecutionsDue_EarliestFirstByTheEarlierTimer) {
  this->AddWithDeadline("b", At(50), {});
  this->AddWithDeadline("a", At(50), At(90));
  this->AddWithDeadline("c", {}, At(10));
  this->AddWithDeadline("d", At(99), At(40));
  this->AddWithDeadline("e", {}, {});
  EXPECT_EQ(this->store.NextDeadline(), At(10));
  EXPECT_THAT(this->store.ExecutionsDue(At(9), 10), IsEmpty());
  EXPECT_THAT(Labels(this->store.ExecutionsDue(At(10), 10)), ElementsAre("c/j/1"));
  EXPECT_THAT(Labels(this->store.ExecutionsDue(At(60), 10)),
              ElementsAre("c/j/1", "d/j/1", "a/j/1", "b/j/1"));
  EXPECT_THAT(Labels(this->store.ExecutionsDue(At(60), 2)), ElementsAre("c/j/1", "d/j/1"));
}

TYPED_TEST(StoreExecutions, NextDeadline_MovesWithTheTimersAndEnds) {
  EXPECT_FALSE(this->store.NextDeadline().has_value());
  this->AddWithDeadline("a", At(50), {});
  this->AddWithDeadline("b", At(60), {});
  this->Finish(*this->store.FindExecution("a", "j", {}));
  EXPECT_EQ(this->store.NextDeadline(), At(60));
  this->Finish(*this->store.FindExecution("b", "j", {}));
  EXPECT_FALSE(this->store.NextDeadline().has_value());
  EXPECT_THAT(this->store.ExecutionsDue(At(1000), 10), IsEmpty());
}

TYPED_TEST(StoreExecutions, ExecutionsOf_ByJobAndStatuses) {
  this->Add("a", "j", ExecutionStatus::kQueued);
  this->Add("b", "j", ExecutionStatus::kInProgress);
  this->Add("c", "j", ExecutionStatus::kFailed);
  this->Add("d", "j", ExecutionStatus::kQueued);
  this->Add("a", "k", ExecutionStatus::kQueued);
  const std::array queued{ExecutionStatus::kQueued};
  const std::array open{ExecutionStatus::kQueued, ExecutionStatus::kInProgress};
  EXPECT_THAT(Labels(this->store.ExecutionsOf("j", queued, 10)),
              UnorderedElementsAre("a/j/1", "d/j/1"));
  EXPECT_THAT(Labels(this->store.ExecutionsOf("j", open, 10)),
              UnorderedElementsAre("a/j/1", "b/j/1", "d/j/1"));
  EXPECT_THAT(Labels(this->store.ExecutionsOf("j", {}, 10)),
              UnorderedElementsAre("a/j/1", "b/j/1", "c/j/1", "d/j/1"));
  EXPECT_EQ(this->store.ExecutionsOf("j", {}, 3).size(), 3U);
  EXPECT_EQ(this->store.ExecutionsOf("j", open, 1).size(), 1U);
  EXPECT_THAT(this->store.ExecutionsOf("none", {}, 10), IsEmpty());
}

TYPED_TEST(StoreExecutions, ListOfJob_OrderOfThingAndNumberInEveryPageSize) {
  this->Add("a-b", "j", ExecutionStatus::kFailed);
  this->Add("a", "j", ExecutionStatus::kQueued, 0, 10);
  this->Add("a", "j", ExecutionStatus::kRemoved, 0, 9);
  this->Add("B", "j", ExecutionStatus::kInProgress);
  this->Add("a", "k");
  this->Add("c", "j", ExecutionStatus::kFailed);
  const Names all{"B/j/1", "a/j/9", "a/j/10", "a-b/j/1", "c/j/1"};
  for (const int limit : {1, 2, 3, 4, 5, 6}) {
    EXPECT_EQ(this->OfJob("j", {}, limit), all) << limit;
  }
  EXPECT_THAT(this->OfJob("j", {ExecutionStatus::kFailed, ""}), ElementsAre("a-b/j/1", "c/j/1"));
  EXPECT_THAT(this->OfJob("j", {ExecutionStatus::kCanceled, ""}), IsEmpty());
}

TYPED_TEST(StoreExecutions, ListOfJobWhileStatusesChange_ShowsEachOnce) {
  for (const char* thing : {"a", "b", "c", "d"}) {
    this->Add(thing, "j");
  }
  const auto first = this->store.ListExecutionsOfJob("j", {}, {2, ""});
  EXPECT_THAT(Labels(first.items), ElementsAre("a/j/1", "b/j/1"));
  this->Finish(*this->store.FindExecution("b", "j", {}));
  this->Finish(*this->store.FindExecution("d", "j", {}));
  this->store.DeleteExecution(*this->store.FindExecution("a", "j", {}));
  const auto second = this->store.ListExecutionsOfJob("j", {}, {2, first.next});
  EXPECT_THAT(Labels(second.items), ElementsAre("c/j/1", "d/j/1"));
  EXPECT_EQ(second.next, "");
}

TYPED_TEST(StoreExecutions, ListOfThing_NewestFirstByEveryFilter) {
  this->Add("t", "z", ExecutionStatus::kFailed);
  this->Add("t", "a", ExecutionStatus::kQueued);
  this->Add("t", "z", ExecutionStatus::kQueued, 0, 2);
  this->Add("u", "z", ExecutionStatus::kQueued);
  EXPECT_THAT(this->OfThing("t", {}), ElementsAre("t/z/2", "t/a/1", "t/z/1"));
  EXPECT_THAT(this->OfThing("t", {ExecutionStatus::kQueued, ""}), ElementsAre("t/z/2", "t/a/1"));
  EXPECT_THAT(this->OfThing("t", {{}, "z"}), ElementsAre("t/z/2", "t/z/1"));
  EXPECT_THAT(this->OfThing("t", {ExecutionStatus::kFailed, "a"}), IsEmpty());
}

TYPED_TEST(StoreExecutions, ThingsWithPending_EachOnceInPages) {
  this->Add("c", "j");
  this->Add("c", "k");
  this->Add("a", "j", ExecutionStatus::kInProgress);
  this->Add("b", "j", ExecutionStatus::kSucceeded);
  this->Add("d", "j");
  for (const int limit : {1, 2, 3, 4}) {
    EXPECT_THAT(
        AllPages(limit,
                 [&](const PageRequest& page) { return this->store.ThingsWithPending(page); }),
        ElementsAre("a", "c", "d"))
        << limit;
  }
}

TYPED_TEST(StoreExecutions, InsertRolledBack_LeavesTheListsAsTheyWere) {
  Execution kept = this->Add("t", "kept");
  this->CommitAndGoOn();
  this->Add("t", "lost");
  this->Finish(kept);
  this->store.Rollback();
  this->store.Begin();
  EXPECT_THAT(Labels(this->store.Pending("t", 10)), ElementsAre("t/kept/1"));
  EXPECT_THAT(this->OfJob("lost", {}), IsEmpty());
}

}  // namespace
}  // namespace fieldwork::store
