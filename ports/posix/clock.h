// The two clocks of the host: the one that timers run on, and the one that may be trusted
// instead of SNTP ([ntp] clock = "host").
#pragma once

#include <cstdint>

#include "device/base/time.h"

namespace fieldwork::posix {

/// Milliseconds since the host started. Where the system can (Linux: CLOCK_BOOTTIME) a suspend
/// counts, so that a wall clock built on it is still right after one. Never steps.
Instant MonotonicNow();

/// Milliseconds since 1970 UTC by the host's clock, right or wrong.
std::int64_t HostUnixMs();

}  // namespace fieldwork::posix
