// The offset between the two clocks: set once, kept, replaced.
#include "device/base/wall_clock.h"

#include <gtest/gtest.h>

namespace fieldwork {
namespace {

TEST(WallClock, New_IsNotSet) {
  const WallClock clock;
  EXPECT_FALSE(clock.is_set());
}

TEST(WallClock, AfterSet_RunsWithTheMonotonicClock) {
  WallClock clock;
  clock.Set(Instant{5000}, 1'739'152'115'000);
  EXPECT_TRUE(clock.is_set());
  EXPECT_EQ(clock.UnixMs(Instant{5000}), 1'739'152'115'000);
  EXPECT_EQ(clock.UnixMs(Instant{5000} + Seconds(60)), 1'739'152'175'000);
}

TEST(WallClock, AnInstantBeforeSet_IsEarlierByTheSameSpan) {
  WallClock clock;
  clock.Set(Instant{5000}, 1'739'152'115'000);
  EXPECT_EQ(clock.UnixMs(Instant{4000}), 1'739'152'114'000);
}

TEST(WallClock, SetAgain_StepsEitherWay) {
  WallClock clock;
  clock.Set(Instant{1000}, 2'000'000'000'000);
  clock.Set(Instant{2000}, 1'900'000'000'000);
  EXPECT_EQ(clock.UnixMs(Instant{2001}), 1'900'000'000'001);
  clock.Set(Instant{3000}, 2'100'000'000'000);
  EXPECT_EQ(clock.UnixMs(Instant{3000}), 2'100'000'000'000);
}

TEST(WallClock, SetBefore1970_IsKept) {
  WallClock clock;
  clock.Set(Instant{10'000}, -1);
  EXPECT_TRUE(clock.is_set());
  EXPECT_EQ(clock.UnixMs(Instant{10'002}), 1);
}

#ifndef NDEBUG
TEST(WallClockDeathTest, ReadBeforeSet_IsABug) {
  const WallClock clock;
  EXPECT_DEATH(static_cast<void>(clock.UnixMs(Instant{1})), "check failed: is_set_");
}
#endif

}  // namespace
}  // namespace fieldwork
