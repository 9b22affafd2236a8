#include "device/agent/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace fieldwork::agent {
namespace {

TEST(Backoff, EveryWait_IsOneSecondAndAtMostTheDoubledSpan) {
  for (std::uint32_t seed = 1; seed <= 1000; ++seed) {
    Random random(seed);
    Backoff backoff(Seconds(180));
    for (int n = 0; n < 30; ++n) {
      const std::int64_t span = std::min<std::int64_t>(180'000, 1000LL << std::min(n, 20));
      const Millis wait = backoff.Next(random);
      ASSERT_GE(wait, Seconds(1)) << "seed " << seed << ", failure " << n;
      ASSERT_LE(wait.count, 1000 + span) << "seed " << seed << ", failure " << n;
    }
  }
}

TEST(Backoff, ManySeeds_SpreadOverTheWholeSpan) {
  std::vector<int> tenths(10, 0);
  for (std::uint32_t seed = 1; seed <= 10'000; ++seed) {
    Random random(seed * 2654435761u);
    Backoff backoff(Seconds(100));
    for (int n = 0; n < 10; ++n) static_cast<void>(backoff.Next(random));
    const Millis wait = backoff.Next(random);
    ++tenths[static_cast<std::size_t>(std::min<std::int64_t>(9, (wait.count - 1000) / 10'000))];
  }
  for (const int count : tenths) EXPECT_NEAR(count, 1000, 150);
}

TEST(Backoff, AfterReset_StartsOver) {
  Random random(3);
  Backoff backoff(Seconds(180));
  for (int n = 0; n < 10; ++n) static_cast<void>(backoff.Next(random));
  backoff.Reset();
  EXPECT_LE(backoff.Next(random), Seconds(2));
}

}  // namespace
}  // namespace fieldwork::agent
