// The host's clocks, against each other and against the C library.
#include "ports/posix/clock.h"

#include <gtest/gtest.h>
#include <time.h>

namespace fieldwork::posix {
namespace {

TEST(MonotonicNow, Reads_NeverGoBack) {
  Instant former = MonotonicNow();
  EXPECT_GT(former.ms, 0);
  for (int i = 0; i < 10'000; ++i) {
    const Instant now = MonotonicNow();
    ASSERT_GE(now, former);
    former = now;
  }
}

TEST(MonotonicNow, Units_AreMilliseconds) {
  // Each read of the host's clock lies between two of the other, however slow this machine is.
  const Instant before_first = MonotonicNow();
  const std::int64_t first = HostUnixMs();
  const Instant after_first = MonotonicNow();
  while (MonotonicNow() - after_first < Millis{20}) {
  }
  const Instant before_second = MonotonicNow();
  const std::int64_t second = HostUnixMs();
  const Instant after_second = MonotonicNow();
  EXPECT_GE(second - first, (before_second - after_first).count - 2);
  EXPECT_LE(second - first, (after_second - before_first).count + 2);
}

TEST(HostUnixMs, IsTheHostsTime) {
  const std::int64_t before = static_cast<std::int64_t>(time(nullptr)) * 1000;
  const std::int64_t now = HostUnixMs();
  // time() may run a tick behind.
  EXPECT_GE(now, before - 20);
  EXPECT_LE(now, before + 1500);
}

}  // namespace
}  // namespace fieldwork::posix
