// Drives a poll-driven object in a test until something is so, with a limit in real time.
#pragma once

#include <poll.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "device/base/time.h"

namespace fieldwork::posix::testing {

inline std::int64_t RealMs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

/// Polls `io` until `done()`; true when it is. `now` moves on by the real time that passes.
template <class Io, class Done>
bool PollUntil(Io& io, Instant& now, Done done, std::int64_t limit_ms = 20000) {
  const std::int64_t start = RealMs();
  const Instant begin = now;
  std::vector<pollfd> fds;
  while (!done()) {
    const std::int64_t left = start + limit_ms - RealMs();
    if (left <= 0) return false;
    fds.clear();
    io.AddPollFds(fds);
    const std::int64_t until_deadline =
        io.Deadline() == kNever ? left : std::max<std::int64_t>(0, (io.Deadline() - now).count);
    poll(fds.data(), fds.size(), static_cast<int>(std::min(left, until_deadline)));
    now = begin + Millis{RealMs() - start};
    io.OnPoll(now, fds);
    if (now >= io.Deadline()) io.OnTime(now);
  }
  return true;
}

}  // namespace fieldwork::posix::testing
