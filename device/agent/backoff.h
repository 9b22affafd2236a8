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
  [[gnu::noinline]] constexpr Millis Next(Random& random) {
    const Millis span = span_ < cap_ ? span_ : cap_;
    span_ = span + span;
    return kLeast + random.Upto(span);
  }

  /// It worked: the next failure is the first again.
  constexpr void Reset() { span_ = kLeast; }

 private:
  static constexpr Millis kLeast = Seconds(1);

  Millis cap_;
  Millis span_ = kLeast;
};

}  // namespace fieldwork::agent
