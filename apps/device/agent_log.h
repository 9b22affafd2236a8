// Tells what the agent does, in the words of the board's log.
#pragma once

#include <string>
#include <string_view>

#include "apps/device/log.h"
#include "device/agent/agent.h"

namespace fieldwork::board {

/// One event, in one or two lines; nothing for those that the packets tell already.
void LogAgentEvent(Log& log, const agent::Event& event);

/// The name of a step as it may be shown: of a JSON string with its quotes its characters, without
/// control characters; at most 64 bytes.
std::string StepNameText(std::string_view name);

/// What a broker means by refusing CONNECT. Never null.
const char* ConnectRefusalText(std::uint8_t code);

}  // namespace fieldwork::board
