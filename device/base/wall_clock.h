// What time it is for people and certificates: the monotonic clock plus an offset that
// somebody trusted has set (SNTP, or a host whose clock is right).
//
// Setting it moves no timer: timers run on Instant, which never steps.
#pragma once

#include <cstdint>

#include "device/base/check.h"
#include "device/base/time.h"

namespace fieldwork {

class WallClock {
 public:
  /// False until the first Set(): then nobody may judge a date.
  constexpr bool is_set() const { return is_set_; }

  /// At the instant `now` it is `unix_ms`, milliseconds since 1970-01-01 UTC without leap
  /// seconds. A later call replaces the former one; the time may step either way.
  constexpr void Set(Instant now, std::int64_t unix_ms) {
    offset_ms_ = unix_ms - now.ms;
    is_set_ = true;
  }

  /// Milliseconds since 1970-01-01 UTC. REQUIRES: is_set().
  constexpr std::int64_t UnixMs(Instant now) const {
    FIELDWORK_DCHECK(is_set_);
    return now.ms + offset_ms_;
  }

 private:
  std::int64_t offset_ms_ = 0;
  bool is_set_ = false;
};

}  // namespace fieldwork
