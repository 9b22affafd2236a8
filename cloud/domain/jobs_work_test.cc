// Decides that slices lose nobody, and that who joins, leaves or goes gets and loses what AWS says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud/domain/testing/expect.h"

namespace fieldwork::domain {
namespace {

using testing::At;
using testing::CodeOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::JobsFixture;
using ::testing::SizeIs;

constexpr auto kContinuous = TargetSelection::kContinuous;

// The group "big" with 450 things "t000" to "t449": two slices and a bit.
struct BigFixture : JobsFixture {
  BigFixture() {
    AddGroup("big");
    for (int i = 0; i < 450; ++i) {
      const std::string name = "t" + std::to_string(1000 + i).substr(1);
      AddThing(name);
      AddMember(name, "big");
    }
  }
  std::int64_t Count(std::string_view job, ExecutionStatus status) {
    return store.Counts(job)[status];
  }
};

TEST(Rollout, FirstSliceInTheCall_TheRestInSlices) {
  BigFixture f;
  f.CreateJob("j", {f.GroupArn("big")}, At(0));
  EXPECT_EQ(f.Count("j", ExecutionStatus::kQueued), 200);
  EXPECT_THAT(f.jobs.Describe("j").value().processing_targets, ElementsAre(f.GroupArn("big")));
  EXPECT_TRUE(f.jobs.DoSomeWork(200, At(1)));
  EXPECT_EQ(f.Count("j", ExecutionStatus::kQueued), 400);
  EXPECT_FALSE(f.jobs.DoSomeWork(200, At(2)));
  EXPECT_EQ(f.Count("j", ExecutionStatus::kQueued), 450);
  EXPECT_THAT(f.jobs.Describe("j").value().processing_targets, IsEmpty());
  EXPECT_EQ(f.Latest("t449", "j").queued_at, At(2));
}

TEST(Rollout, WhatASliceLeaves_IsAnnouncedToWhoeverCallsForTheRest) {
  BigFixture f;
  f.AddThing("alone");
  f.CreateJob("small", {f.ThingArn("alone")}, At(0));
  EXPECT_FALSE(f.context.work_left);
  f.CreateJob("j", {f.GroupArn("big")}, At(0));
  EXPECT_TRUE(f.context.work_left);
}

TEST(Rollout, EverybodySoFarIsDone_TheJobIsNotComplete) {
  BigFixture f;
  f.CreateJob("j", {f.GroupArn("big")}, At(0));
  for (const Execution& execution : f.store.ExecutionsOf("j", {}, 1000)) {
    ASSERT_TRUE(f.Update(execution.thing, "j", "SUCCEEDED", At(1)).ok());
  }
  EXPECT_EQ(f.StatusOfJob("j"), JobStatus::kInProgress);
  while (f.jobs.DoSomeWork(100, At(2))) {
  }
  EXPECT_EQ(f.StatusOfJob("j"), JobStatus::kInProgress);
  for (const Execution& execution : f.store.ExecutionsOf("j", {}, 1000)) {
    if (execution.status == ExecutionStatus::kQueued) {
      ASSERT_TRUE(f.Update(execution.thing, "j", "SUCCEEDED", At(3)).ok());
    }
  }
  EXPECT_EQ(f.StatusOfJob("j"), JobStatus::kCompleted);
}

TEST(Rollout, ThingDeletedWhileItWaits_IsSkipped) {
  BigFixture f;
  f.CreateJob("j", {f.GroupArn("big")}, At(0));
  f.RemoveThing("t449", At(1));
  while (f.jobs.DoSomeWork(100, At(2))) {
  }
  EXPECT_EQ(f.Count("j", ExecutionStatus::kQueued), 449);
  EXPECT_EQ(f.store.FindExecution("t449", "j", std::nullopt), std::nullopt);
}

TEST(Rollout, SnapshotMemberWhoLeavesOrJoinsMeanwhile_ChangesNothing) {
  BigFixture f;
  f.CreateJob("j", {f.GroupArn("big")}, At(0));
  f.Leave("t449", "big", At(1));
  f.Join("a", "big", At(1));
  while (f.jobs.DoSomeWork(100, At(2))) {
  }
  EXPECT_EQ(f.Count("j", ExecutionStatus::kQueued), 450);
  EXPECT_EQ(f.StatusOf("t449", "j"), ExecutionStatus::kQueued);
}

TEST(Rollout, ContinuousMemberWhoLeavesMeanwhile_IsSkipped) {
  BigFixture f;
  f.CreateJob("c", {f.GroupArn("big")}, At(0), kContinuous);
  f.Leave("t449", "big", At(1));
  while (f.jobs.DoSomeWork(100, At(2))) {
  }
  EXPECT_EQ(f.Count("c", ExecutionStatus::kQueued), 449);
}

TEST(Rollout, ContinuousMemberWhoLeavesAndJoinsMeanwhile_GetsOne) {
  BigFixture f;
  f.CreateJob("c", {f.GroupArn("big")}, At(0), kContinuous);
  f.Leave("t449", "big", At(1));
  f.Join("t449", "big", At(2));
  ASSERT_TRUE(f.Update("t449", "c", "SUCCEEDED", At(3)).ok());
  while (f.jobs.DoSomeWork(100, At(4))) {
  }
  EXPECT_EQ(f.Latest("t449", "c").number, 1);
  EXPECT_EQ(f.StatusOf("t449", "c"), ExecutionStatus::kSucceeded);
}

TEST(Rollout, TargetedTwice_OneExecution) {
  JobsFixture f;
  f.AddMember("a", "g");
  f.CreateJob("j", {f.ThingArn("a"), f.GroupArn("g")}, At(0));
  f.CreateJob("c", {f.ThingArn("a"), f.GroupArn("g"), f.GroupArn("h")}, At(0), kContinuous);
  EXPECT_THAT(f.store.Pending("a", 10), SizeIs(2));
}

TEST(Rollout, GroupTarget_ReachesChildGroups) {
  JobsFixture f;
  f.AddMember("a", "h");
  f.CreateJob("j", {f.GroupArn("g")}, At(0));
  EXPECT_EQ(f.StatusOf("a", "j"), ExecutionStatus::kQueued);
}

TEST(Cancel, DuringRollout_ClearsTheQueueAndCancelsInSlices) {
  BigFixture f;
  f.CreateJob("j", {f.GroupArn("big")}, At(0));
  f.TakeOutbox();
  ASSERT_TRUE(f.jobs.Cancel("j", {}, At(1)).ok());
  EXPECT_EQ(f.Count("j", ExecutionStatus::kCanceled), 200);
  EXPECT_FALSE(f.jobs.DoSomeWork(200, At(2)));
  EXPECT_EQ(f.Count("j", ExecutionStatus::kCanceled), 200);
  EXPECT_EQ(f.TakeLines().back(), "job j canceled");
}

TEST(Cancel, BigJob_SaysCanceledWhenTheLastIsDone) {
  BigFixture f;
  f.CreateJob("j", {f.GroupArn("big")}, At(0));
  while (f.jobs.DoSomeWork(1000, At(1))) {
  }
  f.TakeOutbox();
  ASSERT_TRUE(f.jobs.Cancel("j", {}, At(2)).ok());
  EXPECT_EQ(f.StatusOfJob("j"), JobStatus::kCanceled);
  EXPECT_EQ(f.TakeLines().back(), "execution j@t199 canceled");
  ASSERT_TRUE(f.Update("t449", "j", "SUCCEEDED", At(3)).ok());
  EXPECT_TRUE(f.jobs.DoSomeWork(100, At(4)));
  EXPECT_FALSE(f.jobs.DoSomeWork(1000, At(5)));
  EXPECT_EQ(f.Count("j", ExecutionStatus::kCanceled), 449);
  EXPECT_EQ(f.TakeLines().back(), "job j canceled");
  EXPECT_EQ(f.store.FindJob("j")->updated_at, At(5));
}

TEST(Delete, BigJob_IsDeletionInProgressUntilTheLastIsGone) {
  BigFixture f;
  f.CreateJob("j", {f.GroupArn("big")}, At(0));
  while (f.jobs.DoSomeWork(1000, At(1))) {
  }
  ASSERT_TRUE(f.jobs.Delete("j", true, At(2)).ok());
  EXPECT_EQ(f.StatusOfJob("j"), JobStatus::kDeletionInProgress);
  EXPECT_EQ(f.Count("j", ExecutionStatus::kQueued), 250);
  EXPECT_EQ(CodeOf(f.jobs.Delete("j", true, At(3))), ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(f.jobs.Cancel("j", {}, At(3))), ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(f.jobs.Create(f.Request("j", {f.ThingArn("a")}), At(3))),
            ErrorCode::kAlreadyExists);
  EXPECT_TRUE(f.jobs.DoSomeWork(250, At(4)));
  EXPECT_FALSE(f.jobs.DoSomeWork(250, At(4)));
  EXPECT_EQ(f.store.FindJob("j"), std::nullopt);
  EXPECT_EQ(f.TakeLines().back(), "job j deleted");
}

TEST(Delete, EleventhAtOnce_IsRefused) {
  BigFixture f;
  for (int i = 0; i < 11; ++i) {
    f.CreateJob("j" + std::to_string(i), {f.GroupArn("big")}, At(0));
  }
  while (f.jobs.DoSomeWork(10000, At(1))) {
  }
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(f.jobs.Delete("j" + std::to_string(i), true, At(2)).ok());
  }
  EXPECT_EQ(CodeOf(f.jobs.Delete("j10", true, At(2))), ErrorCode::kLimitExceeded);
  while (f.jobs.DoSomeWork(10000, At(3))) {
  }
  EXPECT_TRUE(f.jobs.Delete("j10", true, At(4)).ok());
}

TEST(DoSomeWork, SeveralJobs_ShareTheLimitOldestFirst) {
  BigFixture f;
  f.CreateJob("first", {f.GroupArn("big")}, At(0));
  f.CreateJob("second", {f.GroupArn("big")}, At(0));
  EXPECT_TRUE(f.jobs.DoSomeWork(300, At(1)));
  EXPECT_EQ(f.Count("first", ExecutionStatus::kQueued), 450);
  EXPECT_EQ(f.Count("second", ExecutionStatus::kQueued), 250);
  EXPECT_FALSE(f.jobs.DoSomeWork(300, At(2)));
  EXPECT_EQ(f.Count("second", ExecutionStatus::kQueued), 450);
  EXPECT_FALSE(f.jobs.DoSomeWork(300, At(3)));
}

TEST(Membership, JoinAtAChildGroup_GetsTheContinuousJobsOfItsAncestors) {
  JobsFixture f;
  f.CreateJob("up", {f.GroupArn("g")}, At(0), kContinuous);
  f.CreateJob("down", {f.GroupArn("h")}, At(0), kContinuous);
  f.CreateJob("snapshot", {f.GroupArn("g")}, At(0));
  f.Join("a", "h", At(1));
  EXPECT_EQ(f.StatusOf("a", "up"), ExecutionStatus::kQueued);
  EXPECT_EQ(f.StatusOf("a", "down"), ExecutionStatus::kQueued);
  EXPECT_EQ(f.store.FindExecution("a", "snapshot", std::nullopt), std::nullopt);
}

TEST(Membership, JoinAtTheParent_DoesNotReachJobsOfTheChild) {
  JobsFixture f;
  f.CreateJob("down", {f.GroupArn("h")}, At(0), kContinuous);
  f.Join("a", "g", At(1));
  EXPECT_THAT(f.store.Pending("a", 10), IsEmpty());
}

TEST(Membership, JoinOfWhoIsATargetAlready_GivesNothing) {
  JobsFixture f;
  f.AddGroup("other");
  f.CreateJob("c", {f.ThingArn("a"), f.GroupArn("g"), f.GroupArn("other")}, At(0), kContinuous);
  ASSERT_TRUE(f.Update("a", "c", "SUCCEEDED", At(1)).ok());
  f.Join("a", "g", At(2));
  EXPECT_EQ(f.Latest("a", "c").number, 1);
  f.Join("b", "g", At(3));
  f.Join("b", "other", At(4));
  EXPECT_EQ(f.Latest("b", "c").number, 1);
}

TEST(Membership, Leave_RemovesQueuedAndRunningOnes) {
  JobsFixture f;
  f.CreateJob("c1", {f.GroupArn("g")}, At(0), kContinuous);
  f.CreateJob("c2", {f.GroupArn("g")}, At(0), kContinuous);
  f.Join("a", "h", At(1));
  ASSERT_TRUE(f.executions.StartNext("a", {}, At(2)).ok());
  f.TakeOutbox();
  f.Leave("a", "h", At(3));
  EXPECT_EQ(f.StatusOf("a", "c1"), ExecutionStatus::kRemoved);
  EXPECT_EQ(f.StatusOf("a", "c2"), ExecutionStatus::kRemoved);
  EXPECT_EQ(f.Latest("a", "c1").version, 3);
  EXPECT_THAT(f.TakeLines(), ElementsAre("a: notify 1 next c2#1", "execution c1@a removed",
                                         "a: notify 0 next none", "execution c2@a removed"));
  const auto refused = f.Update("a", "c1", "SUCCEEDED", At(4));
  EXPECT_EQ(CodeOf(refused), ErrorCode::kInvalidStateTransition);
  EXPECT_EQ(refused.error().state->status, ExecutionStatus::kRemoved);
}

TEST(Membership, LeaveOfWhoIsStillATarget_KeepsTheExecution) {
  JobsFixture f;
  f.AddGroup("other");
  f.CreateJob("c", {f.GroupArn("g"), f.GroupArn("other")}, At(0), kContinuous);
  f.Join("a", "g", At(1));
  f.Join("a", "other", At(2));
  f.Leave("a", "g", At(3));
  EXPECT_EQ(f.StatusOf("a", "c"), ExecutionStatus::kQueued);
  f.Leave("a", "other", At(4));
  EXPECT_EQ(f.StatusOf("a", "c"), ExecutionStatus::kRemoved);
}

TEST(Membership, LeaveOfASnapshotOrOfWhoIsDone_ChangesNothing) {
  JobsFixture f;
  f.AddMember("a", "g");
  f.CreateJob("s", {f.GroupArn("g")}, At(0));
  f.CreateJob("c", {f.GroupArn("g")}, At(0), kContinuous);
  ASSERT_TRUE(f.Update("a", "c", "SUCCEEDED", At(1)).ok());
  f.TakeOutbox();
  f.Leave("a", "g", At(2));
  EXPECT_EQ(f.StatusOf("a", "s"), ExecutionStatus::kQueued);
  EXPECT_EQ(f.StatusOf("a", "c"), ExecutionStatus::kSucceeded);
  EXPECT_THAT(f.TakeLines(), IsEmpty());
}

TEST(Membership, JoinAgain_GetsTheNextNumberAtTheEndOfTheQueue) {
  JobsFixture f;
  f.CreateJob("c", {f.GroupArn("g")}, At(0), kContinuous);
  f.Join("a", "g", At(1));
  ASSERT_TRUE(f.Update("a", "c", "SUCCEEDED", At(2)).ok());
  f.CreateJob("s", {f.ThingArn("a")}, At(3));
  f.Leave("a", "g", At(4));
  f.Join("a", "g", At(5));
  const Execution again = f.Latest("a", "c");
  EXPECT_EQ(again.number, 2);
  EXPECT_EQ(again.version, 1);
  EXPECT_EQ(f.store.Pending("a", 10).back().job, "c");
  const JobCounts counts = f.store.Counts("c");
  EXPECT_EQ(counts[ExecutionStatus::kQueued], 1);
  EXPECT_EQ(counts[ExecutionStatus::kSucceeded], 0);
}

TEST(Membership, CanceledJob_ReachesNobodyAndLosesNobody) {
  JobsFixture f;
  f.CreateJob("c", {f.GroupArn("g")}, At(0), kContinuous);
  f.Join("a", "g", At(1));
  ASSERT_TRUE(f.executions.StartNext("a", {}, At(2)).ok());
  ASSERT_TRUE(f.jobs.Cancel("c", {}, At(3)).ok());
  f.Join("b", "g", At(4));
  EXPECT_EQ(f.store.FindExecution("b", "c", std::nullopt), std::nullopt);
  f.Leave("a", "g", At(5));
  EXPECT_EQ(f.StatusOf("a", "c"), ExecutionStatus::kInProgress);
}

TEST(Membership, AssociatedAgain_OnlyWhoWasRemovedGetsAnotherOne) {
  JobsFixture f;
  f.CreateJob("c", {f.GroupArn("g")}, At(0), kContinuous);
  f.Join("a", "g", At(1));
  f.Join("b", "g", At(1));
  ASSERT_TRUE(f.Update("a", "c", "SUCCEEDED", At(2)).ok());
  f.Leave("a", "g", At(3));
  f.Leave("b", "g", At(3));
  ASSERT_TRUE(f.jobs.AssociateTargets("c", {f.ThingArn("a"), f.ThingArn("b")}, "", At(4)).ok());
  EXPECT_EQ(f.Latest("a", "c").number, 1);
  EXPECT_EQ(f.Latest("b", "c").number, 2);
  EXPECT_EQ(f.StatusOf("b", "c"), ExecutionStatus::kQueued);
}

TEST(ThingRemoved, EverythingPending_IsRemovedAndJobsCompleteByThat) {
  JobsFixture f;
  f.CreateJob("j", {f.ThingArn("a"), f.ThingArn("b")}, At(0));
  f.CreateJob("k", {f.ThingArn("a")}, At(0));
  ASSERT_TRUE(f.Update("b", "j", "SUCCEEDED", At(1)).ok());
  ASSERT_TRUE(f.executions.StartNext("a", {}, At(2)).ok());
  f.TakeOutbox();
  f.RemoveThing("a", At(3));
  EXPECT_THAT(f.TakeLines(),
              ElementsAre("a: notify 1 next k#1", "execution j@a removed", "job j completed",
                          "a: notify 0 next none", "execution k@a removed", "job k completed"));
  EXPECT_EQ(f.StatusOf("a", "j"), ExecutionStatus::kRemoved);
  EXPECT_EQ(f.store.Counts("j")[ExecutionStatus::kRemoved], 1);
}

}  // namespace
}  // namespace fieldwork::domain
