// Chooses the clocks of the system.
#include "ports/posix/clock.h"

#include <time.h>

namespace fieldwork::posix {
namespace {

#ifdef CLOCK_BOOTTIME
constexpr clockid_t kSteadyClock = CLOCK_BOOTTIME;
#else
constexpr clockid_t kSteadyClock = CLOCK_MONOTONIC;
#endif

std::int64_t ReadMs(clockid_t clock) {
  timespec now{};
  // Fails for an unknown clock only, and both are in every kernel that runs this.
  static_cast<void>(clock_gettime(clock, &now));
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

Instant MonotonicNow() { return Instant{ReadMs(kSteadyClock)}; }

std::int64_t HostUnixMs() { return ReadMs(CLOCK_REALTIME); }

}  // namespace fieldwork::posix
