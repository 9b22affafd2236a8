// Virtual time of one run, and what is to happen when.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "device/base/time.h"

namespace fieldwork::sim {

/// Things at the same instant happen in the order they were asked for.
class Timeline {
 public:
  using Action = std::function<void()>;

  Instant now() const { return now_; }
  /// A past instant is now.
  void At(Instant at, Action action) {
    actions_.emplace(std::pair(at < now_ ? now_ : at, ++count_), std::move(action));
  }
  void After(Millis span, Action action) { At(now_ + span, std::move(action)); }

  /// When the next action is due, or kNever.
  Instant next() const { return actions_.empty() ? kNever : actions_.begin()->first.first; }
  /// Moves the clock without an action. REQUIRES: next() is not before `at`.
  void MoveTo(Instant at) {
    if (at > now_) now_ = at;
  }
  /// Moves the clock to next() and does that action. REQUIRES: there is one.
  void Step() {
    auto first = actions_.extract(actions_.begin());
    now_ = first.key().first;
    first.mapped()();
  }

 private:
  Instant now_{0};
  std::uint64_t count_ = 0;
  std::map<std::pair<Instant, std::uint64_t>, Action> actions_;
};

}  // namespace fieldwork::sim
