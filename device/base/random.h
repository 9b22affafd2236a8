// Numbers for jitter. Not for secrets: anyone who knows the seed knows them all.
#pragma once

#include <cstdint>

#include "device/base/time.h"

namespace fieldwork {

/// xorshift32. The port seeds it from real entropy, so that a fleet does not move in step.
class Random {
 public:
  constexpr explicit Random(std::uint32_t seed) : state_(seed != 0 ? seed : 0x9E3779B9u) {}

  constexpr std::uint32_t Next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_;
  }

  /// Uniform in [0, span]; the slight bias of the multiplication is below 2^-9 for
  /// the spans used here (at most 23 hours).
  [[gnu::noinline]] constexpr Millis Upto(Millis span) {
    const auto wide =
        static_cast<std::uint64_t>(Next()) * static_cast<std::uint64_t>(span.count + 1);
    return Millis{static_cast<std::int64_t>(wide >> 32)};
  }

 private:
  std::uint32_t state_;
};

}  // namespace fieldwork
