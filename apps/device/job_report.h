// Decides how a job is told to a person: the one at hand, and those that are over.
//
// Pure: from the agent's records to lines of text without line ends. Times are UTC.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/agent/journal.h"

namespace fieldwork::board {

/// What the agent knows besides its journal. Views live as long as the call.
struct StepView {
  bool runs = false;
  std::string_view name = {};  ///< As a terminal may show it; may be empty.
  std::optional<std::uint8_t> percent = std::nullopt;
};

/// The execution at hand and what waits for its report; "no job" when there is neither.
std::vector<std::string> TellJobAtHand(const agent::Running& running, const StepView& step,
                                       const agent::Ended* pending);

/// All that is known of an execution, one fact a line.
std::vector<std::string> TellRunning(const agent::Running& running, const StepView& step);
std::vector<std::string> TellEnded(const agent::Ended& ended);

/// The same in one line: id, execution, status, delivery, reason or "-", end or "-".
std::string HistoryLine(const agent::Ended& ended);

/// "waiting", "accepted", "gone", "refused". Never null.
const char* DeliveryText(agent::Delivery delivery);

/// "2026-11-24T06:20:37Z"; "-" for 0, which is "not known".
std::string TimeText(std::int64_t unix_s);

}  // namespace fieldwork::board
