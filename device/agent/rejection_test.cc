#include "device/agent/rejection.h"

#include <gtest/gtest.h>

namespace fieldwork::agent {
namespace {

using event::Verdict;
using jobs::ErrorCode;
using jobs::ExecutionStatus;

jobs::Rejection Rejection(ErrorCode code, ExecutionStatus at_cloud = ExecutionStatus::kUnknown) {
  jobs::Rejection rejection;
  rejection.code = code;
  rejection.state.status = at_cloud;
  return rejection;
}

TEST(JudgeUpdate, TransientFaults_AreRetried) {
  for (const ErrorCode code :
       {ErrorCode::kInternalError, ErrorCode::kRequestThrottled, ErrorCode::kUnknown}) {
    EXPECT_EQ(JudgeUpdate(Rejection(code), ExecutionStatus::kFailed), Verdict::kRetry);
  }
}

TEST(JudgeUpdate, OurOwnMistakes_AreNotRepeated) {
  for (const ErrorCode code :
       {ErrorCode::kInvalidJson, ErrorCode::kInvalidRequest, ErrorCode::kInvalidTopic}) {
    EXPECT_EQ(JudgeUpdate(Rejection(code), ExecutionStatus::kFailed), Verdict::kGiveUp);
  }
}

TEST(JudgeUpdate, WantedStatusAlreadyThere_IsAsGoodAsAccepted) {
  for (const ErrorCode code : {ErrorCode::kInvalidStateTransition, ErrorCode::kVersionMismatch}) {
    EXPECT_EQ(
        JudgeUpdate(Rejection(code, ExecutionStatus::kSucceeded), ExecutionStatus::kSucceeded),
        Verdict::kAlreadyThere);
    EXPECT_EQ(JudgeUpdate(Rejection(code, ExecutionStatus::kCanceled), ExecutionStatus::kSucceeded),
              Verdict::kGiveUp);
  }
}

TEST(JudgeUpdate, OtherVersionWhileOpen_IsLookedAt) {
  EXPECT_EQ(JudgeUpdate(Rejection(ErrorCode::kVersionMismatch, ExecutionStatus::kInProgress),
                        ExecutionStatus::kSucceeded),
            Verdict::kDescribe);
  // Progress is no proof that this very update arrived.
  EXPECT_EQ(JudgeUpdate(Rejection(ErrorCode::kVersionMismatch, ExecutionStatus::kInProgress),
                        ExecutionStatus::kInProgress),
            Verdict::kDescribe);
}

TEST(JudgeQuestion, OnlyAnExecutionThatIsOver_IsFinal) {
  EXPECT_EQ(JudgeQuestion(ErrorCode::kResourceNotFound), Verdict::kGiveUp);
  EXPECT_EQ(JudgeQuestion(ErrorCode::kTerminalStateReached), Verdict::kGiveUp);
  EXPECT_EQ(JudgeQuestion(ErrorCode::kRequestThrottled), Verdict::kRetry);
  EXPECT_EQ(JudgeQuestion(ErrorCode::kInvalidRequest), Verdict::kRetry);
  EXPECT_EQ(JudgeQuestion(ErrorCode::kUnknown), Verdict::kRetry);
}

}  // namespace
}  // namespace fieldwork::agent
