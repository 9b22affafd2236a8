// Names the states of an execution as AWS does.
#include "device/jobs/messages.h"

#include <iterator>

namespace fieldwork::jobs {
namespace {

/// In the order of ExecutionStatus.
constexpr std::string_view kStatusTexts[] = {
    "UNKNOWN",   "QUEUED",   "IN_PROGRESS", "SUCCEEDED", "FAILED",
    "TIMED_OUT", "REJECTED", "REMOVED",     "CANCELED",
};
static_assert(std::size(kStatusTexts) == static_cast<std::size_t>(ExecutionStatus::kCanceled) + 1);

}  // namespace

std::string_view StatusText(ExecutionStatus status) {
  return kStatusTexts[static_cast<std::size_t>(status)];
}

ExecutionStatus ParseStatus(std::string_view text) {
  for (std::size_t i = 0; i < std::size(kStatusTexts); ++i) {
    if (kStatusTexts[i] == text) return static_cast<ExecutionStatus>(i);
  }
  return ExecutionStatus::kUnknown;
}

bool IsTerminal(ExecutionStatus status) { return status >= ExecutionStatus::kSucceeded; }

}  // namespace fieldwork::jobs
