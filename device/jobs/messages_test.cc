// The words for the states of an execution.
#include "device/jobs/messages.h"

#include <gtest/gtest.h>

namespace fieldwork::jobs {
namespace {

struct Row {
  ExecutionStatus status;
  std::string_view text;
  bool is_terminal;
};
constexpr Row kRows[] = {
    {ExecutionStatus::kUnknown, "UNKNOWN", false},
    {ExecutionStatus::kQueued, "QUEUED", false},
    {ExecutionStatus::kInProgress, "IN_PROGRESS", false},
    {ExecutionStatus::kSucceeded, "SUCCEEDED", true},
    {ExecutionStatus::kFailed, "FAILED", true},
    {ExecutionStatus::kTimedOut, "TIMED_OUT", true},
    {ExecutionStatus::kRejected, "REJECTED", true},
    {ExecutionStatus::kRemoved, "REMOVED", true},
    {ExecutionStatus::kCanceled, "CANCELED", true},
};

TEST(ExecutionStatus, EveryStatus_HasAwsWord) {
  for (const Row& row : kRows) {
    EXPECT_EQ(StatusText(row.status), row.text);
    EXPECT_EQ(ParseStatus(row.text), row.status);
    EXPECT_EQ(IsTerminal(row.status), row.is_terminal) << row.text;
  }
}

TEST(ExecutionStatus, OtherWords_AreUnknown) {
  for (const std::string_view text : {"", "queued", "QUEUE", "QUEUED ", "CANCELLED"}) {
    EXPECT_EQ(ParseStatus(text), ExecutionStatus::kUnknown) << text;
  }
}

}  // namespace
}  // namespace fieldwork::jobs
