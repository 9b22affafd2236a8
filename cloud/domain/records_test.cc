// Decides that the names of statuses are AWS's and that the earlier timer counts.
#include "cloud/domain/records.h"

#include <gtest/gtest.h>

#include "cloud/domain/testing/fixture.h"

namespace fieldwork::domain {
namespace {

using testing::At;

TEST(Records, ExecutionStatusNames_AreThoseOfTheApiAndReadBack) {
  const char* names[] = {"QUEUED",    "IN_PROGRESS", "SUCCEEDED", "FAILED",
                         "TIMED_OUT", "REJECTED",    "REMOVED",   "CANCELED"};
  for (std::size_t i = 0; i < kExecutionStatuses; ++i) {
    const auto status = static_cast<ExecutionStatus>(i);
    EXPECT_EQ(NameOf(status), names[i]);
    EXPECT_EQ(ExecutionStatusFrom(names[i]), status);
  }
  EXPECT_EQ(ExecutionStatusFrom("queued"), std::nullopt);
  EXPECT_EQ(ExecutionStatusFrom(""), std::nullopt);
}

TEST(Records, JobStatusNames_AreThoseOfTheApiAndReadBack) {
  EXPECT_EQ(NameOf(JobStatus::kInProgress), "IN_PROGRESS");
  EXPECT_EQ(NameOf(JobStatus::kCanceled), "CANCELED");
  EXPECT_EQ(NameOf(JobStatus::kCompleted), "COMPLETED");
  EXPECT_EQ(NameOf(JobStatus::kDeletionInProgress), "DELETION_IN_PROGRESS");
  EXPECT_EQ(JobStatusFrom("DELETION_IN_PROGRESS"), JobStatus::kDeletionInProgress);
  EXPECT_EQ(JobStatusFrom("SCHEDULED"), std::nullopt);
}

TEST(Records, OtherNames_ReadBack) {
  for (const auto selection : {TargetSelection::kSnapshot, TargetSelection::kContinuous}) {
    EXPECT_EQ(TargetSelectionFrom(NameOf(selection)), selection);
  }
  for (const auto status :
       {CertificateStatus::kActive, CertificateStatus::kInactive, CertificateStatus::kRevoked}) {
    EXPECT_EQ(CertificateStatusFrom(NameOf(status)), status);
  }
  EXPECT_EQ(NameOf(TargetSelection::kContinuous), "CONTINUOUS");
  EXPECT_EQ(NameOf(CertificateStatus::kRevoked), "REVOKED");
  EXPECT_EQ(CertificateStatusFrom("PENDING_TRANSFER"), std::nullopt);
}

TEST(Deadline, TwoTimers_TheEarlierCounts) {
  Execution execution;
  EXPECT_EQ(DeadlineOf(execution), std::nullopt);
  execution.job_deadline = At(20);
  EXPECT_EQ(DeadlineOf(execution), At(20));
  execution.step_deadline = At(15);
  EXPECT_EQ(DeadlineOf(execution), At(15));
  execution.step_deadline = At(25);
  EXPECT_EQ(DeadlineOf(execution), At(20));
  execution.job_deadline.reset();
  EXPECT_EQ(DeadlineOf(execution), At(25));
}

}  // namespace
}  // namespace fieldwork::domain
