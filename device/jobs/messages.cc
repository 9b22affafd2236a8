// Names the states of an execution as AWS does.
#include "device/jobs/messages.h"

#include "device/jobs/words.h"

namespace fieldwork::jobs {
namespace {

/// In the order of ExecutionStatus.
constexpr auto kStatuses = PackWords("UNKNOWN", "QUEUED", "IN_PROGRESS", "SUCCEEDED", "FAILED",
                                     "TIMED_OUT", "REJECTED", "REMOVED", "CANCELED");

}  // namespace

std::string_view StatusText(ExecutionStatus status) {
  return Word(SkipWords(kStatuses.data(), static_cast<std::size_t>(status)));
}

ExecutionStatus ParseStatus(std::string_view text) {
  return static_cast<ExecutionStatus>(FindWord(kStatuses.data(), text.data(), text.size()));
}

bool IsTerminal(ExecutionStatus status) { return status >= ExecutionStatus::kSucceeded; }

}  // namespace fieldwork::jobs
