// Decides how long to wait before the next try of something that failed.
//
// 1 s + U(0, min(cap, 1 s * 2^n)): never at once, never in step with the rest of a fleet.
#pragma once

#include <cstdint>

#include "device/base/random.h"
#include "device/base/time.h"

namespace fieldwork::agent {

class Backoff {
 public:
  explicit constexpr Backoff(Millis cap) : cap_(cap) {}

  /// The wait after one more failure.
  constexpr Millis Next(Random& random) {
    constexpr std::uint8_t kMaxDoublings = 20;  // 2^20 s is longer than any cap.
    Millis span = Seconds(std::int64_t{1} << failures_);
    if (span > cap_) span = cap_;
    if (failures_ < kMaxDoublings) ++failures_;
    return Seconds(1) + random.Upto(span);
  }

  /// It worked: the next failure is the first again.
  constexpr void Reset() { failures_ = 0; }

 private:
  Millis cap_;
  std::uint8_t failures_ = 0;
};

}  // namespace fieldwork::agent
