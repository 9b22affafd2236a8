// What happened in one run, line by line, and the invariants that it broke.
#pragma once

#include <cstddef>
#include <cstdio>
#include <deque>
#include <string>
#include <string_view>

#include "sim/campaign/timeline.h"

namespace fieldwork::sim {

/// The promises, each with the name that a failure prints.
enum class Invariant : unsigned char {
  kNoEffectTwice,
  kNoStatusLost,
  kNoStatusForWorkNotDone,
  kStatusIsTheFirst,
  kNoFailureWithoutCause,
  kCancelStopsTheStep,
  kNoLoop,
  kJournalConsistent,
  kDeviceGoesIdle,
};
inline const char* InvariantName(Invariant invariant) {
  static constexpr const char* kNames[] = {
      "NoEffectTwice",    "NoStatusLost",          "NoStatusForWorkNotDone",
      "StatusIsTheFirst", "NoFailureWithoutCause", "CancelStopsTheStep",
      "NoLoop",           "JournalConsistent",     "DeviceGoesIdle"};
  return kNames[static_cast<std::size_t>(invariant)];
}

class Trace {
 public:
  static constexpr std::size_t kKept = 60;

  /// With `print`, lines go to standard output at once as well.
  Trace(const Timeline& timeline, bool print) : timeline_(timeline), print_(print) {}

  /// `who` is one word; the columns are time in seconds, who, what.
  void Say(std::string_view who, std::string_view what) {
    char head[48];
    const auto ms = static_cast<long long>(timeline_.now().ms);
    std::snprintf(head, sizeof head, "%10lld.%03lld %-7.*s ", ms / 1000, ms % 1000,
                  static_cast<int>(who.size()), who.data());
    std::string line = head;
    line += what.substr(0, kLongest);
    if (print_) std::printf("%s\n", line.c_str());
    lines_.push_back(std::move(line));
    if (lines_.size() > kKept) lines_.pop_front();
  }
  /// The first one counts: what follows may be its consequence.
  void Break(Invariant invariant, std::string_view what) {
    if (broken()) return;
    name_ = InvariantName(invariant);
    reason_ = what;
    Say("BROKEN", name_ + ": " + reason_);
  }

  bool broken() const { return !name_.empty(); }
  /// The invariant's name; empty while none is broken.
  const std::string& name() const { return name_; }
  const std::string& reason() const { return reason_; }
  const std::deque<std::string>& lines() const { return lines_; }

 private:
  static constexpr std::size_t kLongest = 400;

  const Timeline& timeline_;
  const bool print_;
  std::deque<std::string> lines_;
  std::string name_;
  std::string reason_;
};

}  // namespace fieldwork::sim
