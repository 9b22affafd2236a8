// Decides that the control plane's hold on single executions is AWS's table of cancel and delete.
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

struct ControlFixture : JobsFixture {
  ControlFixture() {
    CreateJob("j", {ThingArn("a")}, At(0));
    TakeOutbox();
  }
  void Start() { ASSERT_TRUE(executions.StartNext("a", {}, At(1)).ok()); }
};

TEST(DescribeExecution, EveryStatus_IsDescribed) {
  ControlFixture f;
  ASSERT_TRUE(f.Update("a", "j", "SUCCEEDED", At(1)).ok());
  const auto described = f.jobs.DescribeExecution("a", "j", std::nullopt);
  ASSERT_TRUE(described.ok());
  EXPECT_EQ(described.value().status, ExecutionStatus::kSucceeded);
  EXPECT_EQ(CodeOf(f.jobs.DescribeExecution("a", "j", 2)), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(f.jobs.DescribeExecution("b", "j", 1)), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(f.jobs.DescribeExecution("b", "j j", 1)), ErrorCode::kInvalidRequest);
}

TEST(CancelExecution, Queued_IsCancelledAndTheJobIsDone) {
  ControlFixture f;
  CancelExecutionRequest request;
  request.details = StatusDetails{{"by", "operator"}};
  ASSERT_TRUE(f.jobs.CancelExecution("a", "j", request, At(3)).ok());
  const Execution stored = f.Latest("a", "j");
  EXPECT_EQ(stored.status, ExecutionStatus::kCanceled);
  EXPECT_EQ(stored.version, 2);
  EXPECT_EQ(stored.details, *request.details);
  EXPECT_EQ(stored.started_at, std::nullopt);
  EXPECT_FALSE(stored.force_canceled);
  EXPECT_THAT(f.TakeLines(),
              ElementsAre("a: notify 0 next none", "execution j@a canceled", "job j completed"));
}

TEST(CancelExecution, InProgress_WantsForce) {
  ControlFixture f;
  f.Start();
  EXPECT_EQ(CodeOf(f.jobs.CancelExecution("a", "j", {}, At(2))),
            ErrorCode::kInvalidStateTransition);
  CancelExecutionRequest request;
  request.force = true;
  ASSERT_TRUE(f.jobs.CancelExecution("a", "j", request, At(3)).ok());
  EXPECT_TRUE(f.Latest("a", "j").force_canceled);
  const auto refused = f.Update("a", "j", "SUCCEEDED", At(4));
  EXPECT_EQ(CodeOf(refused), ErrorCode::kInvalidStateTransition);
  EXPECT_EQ(refused.error().state->status, ExecutionStatus::kCanceled);
}

TEST(CancelExecution, Over_IsRefusedEvenWithForce) {
  ControlFixture f;
  ASSERT_TRUE(f.Update("a", "j", "FAILED", At(1)).ok());
  CancelExecutionRequest request;
  request.force = true;
  request.expected_version = 99;
  EXPECT_EQ(CodeOf(f.jobs.CancelExecution("a", "j", request, At(2))),
            ErrorCode::kInvalidStateTransition);
}

TEST(CancelExecution, WrongVersion_IsAConflict) {
  ControlFixture f;
  CancelExecutionRequest request;
  request.expected_version = 2;
  EXPECT_EQ(CodeOf(f.jobs.CancelExecution("a", "j", request, At(2))), ErrorCode::kVersionConflict);
  EXPECT_EQ(f.StatusOf("a", "j"), ExecutionStatus::kQueued);
  request.expected_version = 1;
  EXPECT_TRUE(f.jobs.CancelExecution("a", "j", request, At(2)).ok());
}

TEST(CancelExecution, BadFieldsOrNoExecution_AreRefused) {
  ControlFixture f;
  CancelExecutionRequest request;
  request.details = StatusDetails{{"", "v"}};
  EXPECT_EQ(CodeOf(f.jobs.CancelExecution("b", "j", request, At(2))), ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(f.jobs.CancelExecution("b", "j", {}, At(2))), ErrorCode::kNotFound);
}

TEST(DeleteExecution, Queued_GoesWithoutForce) {
  ControlFixture f;
  ASSERT_TRUE(f.jobs.DeleteExecution("a", "j", 1, false, At(2)).ok());
  EXPECT_EQ(f.store.FindExecution("a", "j", std::nullopt), std::nullopt);
  EXPECT_EQ(f.store.Counts("j")[ExecutionStatus::kQueued], 0);
  EXPECT_THAT(f.TakeLines(),
              ElementsAre("a: notify 0 next none", "execution j@a deleted", "job j completed"));
  EXPECT_EQ(CodeOf(f.Update("a", "j", "SUCCEEDED", At(3))), ErrorCode::kNotFound);
}

TEST(DeleteExecution, InProgress_WantsForce) {
  ControlFixture f;
  f.Start();
  EXPECT_EQ(CodeOf(f.jobs.DeleteExecution("a", "j", 1, false, At(2))),
            ErrorCode::kInvalidStateTransition);
  EXPECT_TRUE(f.jobs.DeleteExecution("a", "j", 1, true, At(2)).ok());
  EXPECT_EQ(CodeOf(f.jobs.DeleteExecution("a", "j", 1, true, At(2))), ErrorCode::kNotFound);
}

TEST(DeleteExecution, Over_LeavesQuietly) {
  ControlFixture f;
  ASSERT_TRUE(f.Update("a", "j", "SUCCEEDED", At(1)).ok());
  f.TakeOutbox();
  ASSERT_TRUE(f.jobs.DeleteExecution("a", "j", 1, false, At(2)).ok());
  EXPECT_THAT(f.TakeLines(), ElementsAre("execution j@a deleted"));
  EXPECT_EQ(f.store.Counts("j")[ExecutionStatus::kSucceeded], 0);
}

// Thing "a" has the executions 1 (REMOVED) and 2 (QUEUED) of a CONTINUOUS job.
struct TwoNumbersFixture : JobsFixture {
  TwoNumbersFixture() {
    CreateJob("c", {GroupArn("g")}, At(0), TargetSelection::kContinuous);
    Join("a", "g", At(1));
    Leave("a", "g", At(2));
    Join("a", "g", At(3));
    TakeOutbox();
  }
};

TEST(DeleteExecution, LatestGoes_TheOneBeforeItCounts) {
  TwoNumbersFixture f;
  ASSERT_TRUE(f.jobs.DeleteExecution("a", "c", 2, false, At(4)).ok());
  EXPECT_EQ(f.store.Counts("c")[ExecutionStatus::kQueued], 0);
  EXPECT_EQ(f.store.Counts("c")[ExecutionStatus::kRemoved], 1);
  EXPECT_EQ(f.Latest("a", "c").number, 1);
}

TEST(DeleteExecution, OlderOneGoes_TheCountsStay) {
  TwoNumbersFixture f;
  ASSERT_TRUE(f.jobs.DeleteExecution("a", "c", 1, false, At(4)).ok());
  EXPECT_EQ(f.store.Counts("c")[ExecutionStatus::kQueued], 1);
  EXPECT_EQ(f.store.Counts("c")[ExecutionStatus::kRemoved], 0);
  EXPECT_THAT(f.TakeLines(), ElementsAre("execution c@a deleted"));
}

TEST(DeleteExecution, NumberOfADeletedLatest_IsGivenAgain) {
  TwoNumbersFixture f;
  ASSERT_TRUE(f.jobs.DeleteExecution("a", "c", 2, false, At(4)).ok());
  f.Leave("a", "g", At(5));
  f.Join("a", "g", At(6));
  EXPECT_EQ(f.Latest("a", "c").number, 2);
  EXPECT_EQ(f.Latest("a", "c").version, 1);
}

TEST(ListExecutions, OfAJobAndOfAThing_WithFilters) {
  JobsFixture f;
  f.CreateJob("j1", {f.ThingArn("a"), f.ThingArn("b")}, At(0));
  f.CreateJob("j2", {f.ThingArn("a")}, At(1));
  ASSERT_TRUE(f.Update("a", "j1", "FAILED", At(2)).ok());
  ExecutionFilter failed;
  failed.status = ExecutionStatus::kFailed;
  auto page = f.jobs.ListExecutionsOfJob("j1", failed, {});
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page.value().items.size(), 1U);
  EXPECT_EQ(page.value().items[0].thing, "a");
  page = f.jobs.ListExecutionsOfThing("a", {}, {});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page.value().items.size(), 2U);
  page = f.jobs.ListExecutionsOfThing("a", {std::nullopt, "j2"}, {});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page.value().items.size(), 1U);
}

TEST(ListExecutions, UnknownOrMalformed_IsRefused) {
  JobsFixture f;
  EXPECT_EQ(CodeOf(f.jobs.ListExecutionsOfJob("none", {}, {})), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(f.jobs.ListExecutionsOfJob("no ne", {}, {})), ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(f.jobs.ListExecutionsOfThing("none", {}, {})), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(f.jobs.ListExecutionsOfThing("a", {std::nullopt, "no ne"}, {})),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(f.jobs.ListExecutionsOfThing("a", {}, {251, ""})), ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(f.jobs.ListExecutionsOfJob("j", {}, {0, ""})), ErrorCode::kInvalidRequest);
}

}  // namespace
}  // namespace fieldwork::domain
