// Jitter: repeatable for one seed, within bounds, and spread over them.
#include "device/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace fieldwork {
namespace {

TEST(Random, SameSeed_SameNumbers) {
  Random a(42);
  Random b(42);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(a.Next(), b.Next());
}

TEST(Random, OtherSeed_OtherNumbers) {
  Random a(42);
  Random b(43);
  EXPECT_NE(a.Next(), b.Next());
}

TEST(Random, SeedZero_DoesNotStick) {
  Random random(0);
  const std::uint32_t first = random.Next();
  EXPECT_NE(first, 0u);
  EXPECT_NE(random.Next(), first);
}

TEST(Random, KnownSeed_FollowsXorshift32) {
  // 1 -> 1^(1<<13)=8193 -> 8193^(8193>>17)=8193 -> 8193^(8193<<5)=270369.
  Random random(1);
  EXPECT_EQ(random.Next(), 270'369u);
}

TEST(Random, UptoZero_IsZero) {
  Random random(7);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(random.Upto(Millis{0}), Millis{0});
}

TEST(Random, Upto_StaysWithinAndReachesBothEnds) {
  Random random(7);
  Millis low{9};
  Millis high{0};
  for (int i = 0; i < 10'000; ++i) {
    const Millis value = random.Upto(Millis{3});
    low = std::min(low, value);
    high = std::max(high, value);
  }
  EXPECT_EQ(low, Millis{0});
  EXPECT_EQ(high, Millis{3});
}

TEST(Random, UptoTheLongestSpan_StaysWithin) {
  Random random(7);
  constexpr Millis kDay = Seconds(23 * 3600);
  for (int i = 0; i < 10'000; ++i) {
    const Millis value = random.Upto(kDay);
    ASSERT_GE(value, Millis{0});
    ASSERT_LE(value, kDay);
  }
}

TEST(Random, Upto_IsSpreadEvenly) {
  Random random(7);
  std::array<int, 10> buckets{};
  for (int i = 0; i < 100'000; ++i) {
    ++buckets[static_cast<std::size_t>(random.Upto(Millis{999}).count / 100)];
  }
  for (const int count : buckets) EXPECT_NEAR(count, 10'000, 500);
}

}  // namespace
}  // namespace fieldwork
