// Tells what the agent does, in the words of the board's log.
#pragma once

#include "apps/device/log.h"
#include "device/agent/agent.h"

namespace fieldwork::board {

/// One event, in one or two lines; nothing for those that the packets tell already.
void LogAgentEvent(Log& log, const agent::Event& event);

/// What a broker means by refusing CONNECT. Never null.
const char* ConnectRefusalText(std::uint8_t code);

}  // namespace fieldwork::board
