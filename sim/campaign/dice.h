// Random numbers of one run: all of them follow from its seed.
#pragma once

#include <cstdint>

#include "device/base/time.h"

namespace fieldwork::sim {

/// SplitMix64. Seeds that follow each other give runs that have nothing in common.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  /// Uniform in [0, count). REQUIRES: count > 0.
  std::uint64_t Below(std::uint64_t count) { return Next() % count; }
  /// Uniform in [low, high].
  std::int64_t Between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(Below(static_cast<std::uint64_t>(high - low) + 1));
  }
  Millis Span(Millis low, Millis high) { return Millis{Between(low.count, high.count)}; }
  /// True in `permille` of 1000 throws.
  bool Chance(unsigned permille) { return permille > 0 && Below(1000) < permille; }

 private:
  std::uint64_t state_;
};

}  // namespace fieldwork::sim
