// Decides that a device gets what AWS documents for its four requests, and for its timers.
#include "cloud/domain/executions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "cloud/domain/testing/expect.h"

namespace fieldwork::domain {
namespace {

using testing::At;
using testing::CodeOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::JobsFixture;

// Job "j" for thing "a", with a timeout if one is given.
struct ExecutionsFixture : JobsFixture {
  explicit ExecutionsFixture(std::optional<std::int64_t> timeout_minutes = std::nullopt) {
    CreateJobRequest request = Request("j", {ThingArn("a")});
    request.in_progress_timeout_minutes = timeout_minutes;
    EXPECT_TRUE(jobs.Create(request, At(0)).ok());
    TakeOutbox();
  }
  Delivery MustStart(Time now, StartNextRequest request = {}) {
    auto started = executions.StartNext("a", request, now);
    EXPECT_TRUE(started.ok() && started.value().has_value());
    return started.ok() && started.value() ? *started.value() : Delivery{};
  }
};

UpdateRequest ToStatus(std::string_view status) {
  UpdateRequest request;
  request.status = status;
  return request;
}

TEST(GetPending, BothLists_InTheOrderOfTheQueueAndAtMostTen) {
  JobsFixture f;
  for (int i = 0; i < 12; ++i) {
    f.CreateJob("j" + std::to_string(i), {f.ThingArn("a")}, At(i));
  }
  ASSERT_TRUE(f.Update("a", "j11", "IN_PROGRESS", At(20)).ok());
  const auto lists = f.executions.GetPending("a");
  ASSERT_TRUE(lists.ok());
  ASSERT_EQ(lists.value().in_progress.size(), 1U);
  EXPECT_EQ(lists.value().in_progress[0].job, "j11");
  ASSERT_EQ(lists.value().queued.size(), 9U);
  EXPECT_EQ(lists.value().queued.front().job, "j0");
  EXPECT_EQ(lists.value().queued.back().job, "j8");
}

TEST(GetPending, NothingPending_EmptyListsForAThingAndNotFoundForNone) {
  JobsFixture f;
  const auto lists = f.executions.GetPending("a");
  ASSERT_TRUE(lists.ok());
  EXPECT_THAT(lists.value().in_progress, IsEmpty());
  EXPECT_THAT(lists.value().queued, IsEmpty());
  EXPECT_EQ(CodeOf(f.executions.GetPending("nobody")), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(f.executions.GetPending("no/body")), ErrorCode::kInvalidRequest);
}

TEST(StartNext, QueuedHead_BecomesInProgressWithTheNextVersion) {
  ExecutionsFixture f;
  StartNextRequest request;
  request.details = StatusDetails{{"step", "unpack"}};
  const Delivery delivery = f.MustStart(At(5), request);
  EXPECT_EQ(delivery.document, "{\"job\":\"j\"}");
  const Execution stored = f.Latest("a", "j");
  EXPECT_EQ(stored.status, ExecutionStatus::kInProgress);
  EXPECT_EQ(stored.version, 2);
  EXPECT_EQ(stored.number, 1);
  EXPECT_EQ(stored.queued_at, At(0));
  EXPECT_EQ(stored.started_at, At(5));
  EXPECT_EQ(stored.updated_at, At(5));
  EXPECT_EQ(stored.details, *request.details);
  EXPECT_EQ(delivery.execution.version, 2);
  EXPECT_EQ(f.store.Counts("j")[ExecutionStatus::kInProgress], 1);
  EXPECT_EQ(f.store.Counts("j")[ExecutionStatus::kQueued], 0);
}

TEST(StartNext, HeadInProgress_IsReturnedAsItIs) {
  ExecutionsFixture f;
  f.MustStart(At(5));
  StartNextRequest again;
  again.details = StatusDetails{{"ignored", "yes"}};
  const Delivery delivery = f.MustStart(At(9), again);
  EXPECT_EQ(delivery.execution.version, 2);
  EXPECT_EQ(delivery.execution.started_at, At(5));
  EXPECT_EQ(delivery.execution.updated_at, At(5));
  EXPECT_THAT(delivery.execution.details, IsEmpty());
  EXPECT_EQ(delivery.document, "{\"job\":\"j\"}");
}

TEST(StartNext, HeadInProgressWithAStepTimeout_TimerIsSetAnewAndNothingElse) {
  ExecutionsFixture f;
  StartNextRequest request;
  request.step_timeout_minutes = 1;
  f.MustStart(At(0), request);
  f.MustStart(At(30), request);
  EXPECT_EQ(f.Latest("a", "j").step_deadline, At(90));
  EXPECT_EQ(f.Latest("a", "j").version, 2);
  request.step_timeout_minutes = -1;
  f.MustStart(At(40), request);
  EXPECT_EQ(f.Latest("a", "j").step_deadline, std::nullopt);
}

TEST(StartNext, NothingPending_IsNoError) {
  JobsFixture f;
  const auto started = f.executions.StartNext("a", {}, At(0));
  ASSERT_TRUE(started.ok());
  EXPECT_FALSE(started.value().has_value());
  EXPECT_EQ(CodeOf(f.executions.StartNext("nobody", {}, At(0))), ErrorCode::kNotFound);
}

TEST(StartNext, BadFields_AreRefusedAndNothingStarts) {
  ExecutionsFixture f;
  StartNextRequest request;
  request.step_timeout_minutes = 0;
  EXPECT_EQ(CodeOf(f.executions.StartNext("a", request, At(1))), ErrorCode::kInvalidRequest);
  request.step_timeout_minutes = 10081;
  EXPECT_EQ(CodeOf(f.executions.StartNext("a", request, At(1))), ErrorCode::kInvalidRequest);
  request.step_timeout_minutes = 10080;
  request.details = StatusDetails{{"bad key", "v"}};
  EXPECT_EQ(CodeOf(f.executions.StartNext("a", request, At(1))), ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(f.executions.StartNext("", {}, At(1))), ErrorCode::kInvalidRequest);
  EXPECT_EQ(f.StatusOf("a", "j"), ExecutionStatus::kQueued);
}

TEST(Describe, Pending_WithAndWithoutItsDocument) {
  ExecutionsFixture f;
  auto described = f.executions.Describe("a", "j", {});
  ASSERT_TRUE(described.ok() && described.value());
  EXPECT_EQ(described.value()->execution.status, ExecutionStatus::kQueued);
  EXPECT_EQ(described.value()->document, "{\"job\":\"j\"}");
  DescribeRequest bare;
  bare.include_document = false;
  described = f.executions.Describe("a", "j", bare);
  ASSERT_TRUE(described.ok() && described.value());
  EXPECT_EQ(described.value()->document, std::nullopt);
}

TEST(Describe, Next_IsTheHeadAndIgnoresTheNumber) {
  ExecutionsFixture f;
  DescribeRequest request;
  request.number = 77;
  const auto described = f.executions.Describe("a", "$next", request);
  ASSERT_TRUE(described.ok() && described.value());
  EXPECT_EQ(described.value()->execution.job, "j");
  ASSERT_TRUE(f.Update("a", "j", "SUCCEEDED", At(1)).ok());
  const auto none = f.executions.Describe("a", "$next", {});
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none.value().has_value());
  EXPECT_EQ(CodeOf(f.executions.Describe("nobody", "$next", {})), ErrorCode::kNotFound);
}

TEST(Describe, OverOrUnknownOrMalformed_IsRefused) {
  ExecutionsFixture f;
  DescribeRequest second;
  second.number = 2;
  EXPECT_EQ(CodeOf(f.executions.Describe("a", "j", second)), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(f.executions.Describe("b", "j", {})), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(f.executions.Describe("a", "other", {})), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(f.executions.Describe("a", "bad id", {})), ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(f.executions.Describe("bad/thing", "j", {})), ErrorCode::kInvalidRequest);
  ASSERT_TRUE(f.Update("a", "j", "SUCCEEDED", At(1)).ok());
  EXPECT_EQ(CodeOf(f.executions.Describe("a", "j", {})), ErrorCode::kTerminalState);
}

TEST(Update, Progress_RaisesTheVersionEachTime) {
  ExecutionsFixture f;
  f.MustStart(At(1));
  ASSERT_TRUE(f.Update("a", "j", "IN_PROGRESS", At(2)).ok());
  ASSERT_TRUE(f.Update("a", "j", "IN_PROGRESS", At(3)).ok());
  const Execution stored = f.Latest("a", "j");
  EXPECT_EQ(stored.version, 4);
  EXPECT_EQ(stored.started_at, At(1));
  EXPECT_EQ(stored.updated_at, At(3));
}

TEST(Update, Details_ReplaceAllOrStay) {
  ExecutionsFixture f;
  UpdateRequest request = ToStatus("IN_PROGRESS");
  request.details = StatusDetails{{"b", "1"}, {"a", "2"}};
  ASSERT_TRUE(f.executions.Update("a", "j", request, At(1)).ok());
  ASSERT_TRUE(f.Update("a", "j", "IN_PROGRESS", At(2)).ok());
  EXPECT_EQ(f.Latest("a", "j").details, *request.details);
  request.details = StatusDetails{{"c", "3"}};
  ASSERT_TRUE(f.executions.Update("a", "j", request, At(3)).ok());
  EXPECT_EQ(f.Latest("a", "j").details, *request.details);
  request.details = StatusDetails{};
  ASSERT_TRUE(f.executions.Update("a", "j", request, At(4)).ok());
  EXPECT_THAT(f.Latest("a", "j").details, IsEmpty());
}

TEST(Update, QueuedToEveryEnd_StampsStartedAt) {
  for (const char* status : {"SUCCEEDED", "FAILED", "REJECTED"}) {
    ExecutionsFixture f;
    ASSERT_TRUE(f.Update("a", "j", status, At(7)).ok());
    const Execution stored = f.Latest("a", "j");
    EXPECT_EQ(NameOf(stored.status), status);
    EXPECT_EQ(stored.version, 2);
    EXPECT_EQ(stored.started_at, At(7));
    EXPECT_EQ(f.store.Counts("j")[stored.status], 1);
  }
}

TEST(Update, EveryEnd_IsAnEvent) {
  for (const auto& [status, operation] :
       {std::pair("SUCCEEDED", "succeeded"), std::pair("FAILED", "failed"),
        std::pair("REJECTED", "rejected")}) {
    ExecutionsFixture f;
    f.MustStart(At(1));
    EXPECT_THAT(f.TakeLines(), IsEmpty());
    ASSERT_TRUE(f.Update("a", "j", status, At(2)).ok());
    EXPECT_THAT(f.TakeLines(),
                ElementsAre("a: notify 0 next none", std::string("execution j@a ") + operation,
                            "job j completed"));
  }
}

TEST(Update, StatusesThatAreNotTheDevices_AreRefused) {
  ExecutionsFixture f;
  for (const char* status : {"", "QUEUED", "TIMED_OUT", "REMOVED", "CANCELED", "succeeded", "X"}) {
    EXPECT_EQ(CodeOf(f.Update("a", "j", status, At(1))), ErrorCode::kInvalidRequest) << status;
  }
  EXPECT_EQ(f.Latest("a", "j").version, 1);
}

TEST(Update, NextAsJob_IsRefused) {
  ExecutionsFixture f;
  EXPECT_EQ(CodeOf(f.Update("a", "$next", "SUCCEEDED", At(1))), ErrorCode::kInvalidRequest);
}

TEST(Update, OverAlready_IsRefusedWithTheState) {
  ExecutionsFixture f;
  UpdateRequest request = ToStatus("FAILED");
  request.details = StatusDetails{{"why", "disk"}};
  ASSERT_TRUE(f.executions.Update("a", "j", request, At(1)).ok());
  f.TakeOutbox();
  request = ToStatus("SUCCEEDED");
  request.expected_version = 99;
  const auto refused = f.executions.Update("a", "j", request, At(2));
  EXPECT_EQ(CodeOf(refused), ErrorCode::kInvalidStateTransition);
  ASSERT_TRUE(refused.error().state.has_value());
  EXPECT_EQ(refused.error().state->status, ExecutionStatus::kFailed);
  EXPECT_EQ(refused.error().state->version, 2);
  EXPECT_EQ(refused.error().state->details, (StatusDetails{{"why", "disk"}}));
  EXPECT_THAT(f.TakeLines(), IsEmpty());
}

TEST(Update, WrongVersion_IsRefusedWithTheStateAndChangesNothing) {
  ExecutionsFixture f;
  f.MustStart(At(1));
  UpdateRequest request = ToStatus("SUCCEEDED");
  request.expected_version = 1;
  const auto refused = f.executions.Update("a", "j", request, At(2));
  EXPECT_EQ(CodeOf(refused), ErrorCode::kVersionMismatch);
  ASSERT_TRUE(refused.error().state.has_value());
  EXPECT_EQ(refused.error().state->version, 2);
  EXPECT_EQ(f.StatusOf("a", "j"), ExecutionStatus::kInProgress);
  request.expected_version = 2;
  EXPECT_TRUE(f.executions.Update("a", "j", request, At(3)).ok());
}

TEST(Update, FieldsBeforeExistence_ExistenceBeforeVersion) {
  ExecutionsFixture f;
  EXPECT_EQ(CodeOf(f.Update("b", "j", "QUEUED", At(1))), ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(f.Update("a", "bad id", "FAILED", At(1))), ErrorCode::kInvalidRequest);
  UpdateRequest request = ToStatus("FAILED");
  request.expected_version = 99;
  EXPECT_EQ(CodeOf(f.executions.Update("b", "j", request, At(1))), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(f.executions.Update("nobody", "j", request, At(1))), ErrorCode::kNotFound);
  request.number = 2;
  EXPECT_EQ(CodeOf(f.executions.Update("a", "j", request, At(1))), ErrorCode::kNotFound);
  request.step_timeout_minutes = -2;
  EXPECT_EQ(CodeOf(f.executions.Update("a", "j", request, At(1))), ErrorCode::kInvalidRequest);
  request = ToStatus("FAILED");
  request.details = StatusDetails{{"k", ""}};
  EXPECT_EQ(CodeOf(f.executions.Update("a", "j", request, At(1))), ErrorCode::kInvalidRequest);
}

TEST(Update, StateAndDocument_ComeOnRequestOnly) {
  ExecutionsFixture f;
  auto reply = f.Update("a", "j", "IN_PROGRESS", At(1));
  ASSERT_TRUE(reply.ok());
  EXPECT_FALSE(reply.value().state.has_value());
  EXPECT_FALSE(reply.value().document.has_value());
  UpdateRequest request = ToStatus("IN_PROGRESS");
  request.number = 1;
  request.include_state = true;
  request.include_document = true;
  request.details = StatusDetails{{"p", "1"}};
  reply = f.executions.Update("a", "j", request, At(2));
  ASSERT_TRUE(reply.ok() && reply.value().state);
  EXPECT_EQ(reply.value().state->status, ExecutionStatus::kInProgress);
  EXPECT_EQ(reply.value().state->version, 3);
  EXPECT_EQ(reply.value().state->details, *request.details);
  EXPECT_EQ(reply.value().document, "{\"job\":\"j\"}");
}

TEST(Timers, JobTimer_StartsWithInProgressAndUpdatesDoNotMoveIt) {
  ExecutionsFixture f(10);
  EXPECT_EQ(f.store.NextDeadline(), std::nullopt);
  f.MustStart(At(60));
  ASSERT_TRUE(f.Update("a", "j", "IN_PROGRESS", At(120)).ok());
  EXPECT_EQ(f.Latest("a", "j").job_deadline, At(660));
  EXPECT_EQ(f.executions.ExpireDue(At(659), 10), 0);
  EXPECT_EQ(f.executions.ExpireDue(At(660), 10), 1);
  const Execution stored = f.Latest("a", "j");
  EXPECT_EQ(stored.status, ExecutionStatus::kTimedOut);
  EXPECT_EQ(stored.version, 4);
  EXPECT_EQ(stored.updated_at, At(660));
  EXPECT_EQ(DeadlineOf(stored), std::nullopt);
  EXPECT_THAT(f.TakeLines(),
              ElementsAre("a: notify 0 next none", "execution j@a timed_out", "job j completed"));
}

// The guide's example: a job timer of 20 minutes from 12:00, step timers at 12:05, 12:10, 12:13.
TEST(Timers, StepTimers_RestartFromNowAndTheJobTimerCapsThem) {
  ExecutionsFixture f(20);
  const auto step = [&](int minute, std::int64_t timeout) {
    UpdateRequest request = ToStatus("IN_PROGRESS");
    request.step_timeout_minutes = timeout;
    EXPECT_TRUE(f.executions.Update("a", "j", request, At(minute * 60)).ok());
    return DeadlineOf(f.Latest("a", "j"));
  };
  f.MustStart(At(0));
  EXPECT_EQ(step(5, 7), At(12 * 60));
  EXPECT_EQ(step(10, 5), At(15 * 60));
  EXPECT_EQ(step(13, 9), At(20 * 60));
  ASSERT_TRUE(f.Update("a", "j", "IN_PROGRESS", At(14 * 60)).ok());
  EXPECT_EQ(f.Latest("a", "j").step_deadline, At(22 * 60));
  EXPECT_EQ(step(15, -1), At(20 * 60));
  EXPECT_EQ(f.Latest("a", "j").step_deadline, std::nullopt);
}

TEST(Timers, End_StopsThem) {
  ExecutionsFixture f(1);
  StartNextRequest request;
  request.step_timeout_minutes = 1;
  f.MustStart(At(0), request);
  UpdateRequest end = ToStatus("SUCCEEDED");
  end.step_timeout_minutes = 5;
  ASSERT_TRUE(f.executions.Update("a", "j", end, At(1)).ok());
  EXPECT_EQ(f.store.NextDeadline(), std::nullopt);
  EXPECT_EQ(f.executions.ExpireDue(At(1000), 10), 0);
}

TEST(Timers, QueuedExecution_NeverTimesOut) {
  ExecutionsFixture f(1);
  EXPECT_EQ(f.executions.ExpireDue(At(100000), 10), 0);
  EXPECT_EQ(f.StatusOf("a", "j"), ExecutionStatus::kQueued);
}

TEST(Timers, Limit_IsKeptEarliestFirst) {
  JobsFixture f;
  StartNextRequest request;
  for (const char* thing : {"a", "b"}) {
    f.CreateJob(std::string("j") + thing, {f.ThingArn(thing)}, At(0));
    request.step_timeout_minutes = thing[0] == 'a' ? 2 : 1;
    ASSERT_TRUE(f.executions.StartNext(thing, request, At(0)).ok());
  }
  EXPECT_EQ(f.executions.ExpireDue(At(500), 1), 1);
  EXPECT_EQ(f.StatusOf("b", "jb"), ExecutionStatus::kTimedOut);
  EXPECT_EQ(f.StatusOf("a", "ja"), ExecutionStatus::kInProgress);
  EXPECT_EQ(f.executions.ExpireDue(At(500), 1), 1);
  EXPECT_EQ(f.executions.ExpireDue(At(500), 1), 0);
}

TEST(SecondsBeforeTimeout, TheBegunOneDoesNotCountAndItIsNeverNegative) {
  Execution execution;
  EXPECT_EQ(SecondsBeforeTimeout(execution, At(0)), std::nullopt);
  execution.job_deadline = At(600);
  EXPECT_EQ(SecondsBeforeTimeout(execution, At(0)), 599);
  EXPECT_EQ(SecondsBeforeTimeout(execution, At(0) + std::chrono::milliseconds(999)), 599);
  EXPECT_EQ(SecondsBeforeTimeout(execution, At(0) + std::chrono::milliseconds(1000)), 598);
  EXPECT_EQ(SecondsBeforeTimeout(execution, At(600)), 0);
  EXPECT_EQ(SecondsBeforeTimeout(execution, At(700)), 0);
}

}  // namespace
}  // namespace fieldwork::domain
