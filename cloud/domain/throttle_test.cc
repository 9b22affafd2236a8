// Decides that so many requests pass as were allowed, whatever the clock does.
#include "cloud/domain/throttle.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

namespace fieldwork::domain {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr Time kStart = FromMillis(1'700'000'000'000);

/// How many of `count` requests at one instant pass.
int Passed(Throttle& throttle, Time now, int count) {
  int passed = 0;
  for (int i = 0; i < count; ++i) {
    passed += throttle.Take(now) ? 1 : 0;
  }
  return passed;
}

TEST(Throttle, NoLimit_LetsEverythingPass) {
  Throttle throttle(0);
  EXPECT_EQ(Passed(throttle, kStart, 10'000), 10'000);
  EXPECT_EQ(Passed(throttle, kStart - hours(1), 10'000), 10'000);
}

TEST(Throttle, AtOnce_ASecondsWorthPasses) {
  for (const int per_second : {1, 5, 999, 4000}) {
    Throttle throttle(per_second);
    EXPECT_EQ(Passed(throttle, kStart, 5000), per_second);
    EXPECT_EQ(Passed(throttle, kStart, 100), 0) << "still the same instant";
  }
}

TEST(Throttle, LargestLimit_PassesAsManyAndNoMore) {
  Throttle throttle(kRequestsPerSecondMax);
  EXPECT_EQ(Passed(throttle, kStart, 1'000'001), 1'000'000);
  EXPECT_EQ(Passed(throttle, kStart + milliseconds(1), 1'001), 1'000);
}

TEST(Throttle, Emptied_LetsTheNextPassWhenItIsEarnedAndNotAMillisecondBefore) {
  Throttle throttle(3);  // One in 333 1/3 ms.
  Passed(throttle, kStart, 3);
  EXPECT_FALSE(throttle.Take(kStart + milliseconds(333)));
  EXPECT_TRUE(throttle.Take(kStart + milliseconds(334)));
  EXPECT_FALSE(throttle.Take(kStart + milliseconds(666)));
  EXPECT_TRUE(throttle.Take(kStart + milliseconds(667)));
  EXPECT_TRUE(throttle.Take(kStart + milliseconds(1000))) << "a third of a ms was kept, twice";
  EXPECT_FALSE(throttle.Take(kStart + milliseconds(1000)));
}

TEST(Throttle, AskedEachMillisecond_LosesNothingToRounding) {
  Throttle throttle(7);
  Passed(throttle, kStart, 7);
  int passed = 0;
  for (int ms = 1; ms <= 60'000; ++ms) {
    passed += throttle.Take(kStart + milliseconds(ms)) ? 1 : 0;
  }
  EXPECT_EQ(passed, 7 * 60);
}

TEST(Throttle, Refused_CostsNothing) {
  Throttle throttle(1);
  EXPECT_EQ(Passed(throttle, kStart, 1000), 1);
  EXPECT_TRUE(throttle.Take(kStart + milliseconds(1000)));
}

TEST(Throttle, LongPause_EarnsNoMoreThanASecondsWorth) {
  Throttle throttle(5);
  Passed(throttle, kStart, 3);
  EXPECT_EQ(Passed(throttle, kStart + hours(24 * 365 * 100), 20), 5);
}

TEST(Throttle, ClockSetBack_EarnsNothingAndGoesOnFromThere) {
  Throttle throttle(10);
  EXPECT_EQ(Passed(throttle, kStart, 8), 8);
  const Time back = kStart - hours(1);
  EXPECT_EQ(Passed(throttle, back, 20), 2) << "what was left is left";
  EXPECT_FALSE(throttle.Take(back + milliseconds(99)));
  EXPECT_TRUE(throttle.Take(back + milliseconds(100))) << "nobody waits for the hour to pass";
}

TEST(Throttle, ClockBeforeItsEpoch_FindsItFull) {
  Throttle throttle(2);
  EXPECT_EQ(Passed(throttle, FromMillis(-5'000), 3), 2);
  EXPECT_EQ(Passed(throttle, FromMillis(-4'500), 3), 1);
}

TEST(Throttle, RandomTimes_NeverPassMoreThanTheLimitAllows) {
  std::mt19937 random(7);
  for (int run = 0; run < 100; ++run) {
    const int per_second = 1 + static_cast<int>(random() % 50);
    Throttle throttle(per_second);
    std::int64_t ms = 0;
    std::int64_t passed = 0;
    for (int step = 0; step < 200; ++step) {
      ms += static_cast<std::int64_t>(random() % 100);
      passed += Passed(throttle, kStart + milliseconds(ms), static_cast<int>(random() % 8));
      EXPECT_LE(passed * 1000, per_second * (1000 + ms)) << "run " << run << " at " << ms << " ms";
    }
  }
}

}  // namespace
}  // namespace fieldwork::domain
