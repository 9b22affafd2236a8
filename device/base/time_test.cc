// Instants and spans: the arithmetic, and the order against "never".
#include "device/base/time.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace fieldwork {
namespace {

TEST(Millis, Seconds_AreThousands) {
  EXPECT_EQ(Seconds(3), Millis{3000});
  EXPECT_EQ(Seconds(-1), Millis{-1000});
}

TEST(Millis, SumAndDifference_AreSigned) {
  EXPECT_EQ(Millis{700} + Millis{500}, Millis{1200});
  EXPECT_EQ(Millis{500} - Millis{700}, Millis{-200});
}

TEST(Millis, Order_IsByLength) {
  EXPECT_LT(Millis{-1}, Millis{0});
  EXPECT_LT(Millis{999}, Seconds(1));
}

TEST(Millis, WholeSeconds_DropTheRest) {
  EXPECT_EQ(WholeSeconds(Millis{0}), 0);
  EXPECT_EQ(WholeSeconds(Millis{999}), 0);
  EXPECT_EQ(WholeSeconds(Millis{1000}), 1);
  constexpr std::int64_t kTop = std::int64_t{1} << 51;
  for (std::int64_t ms = 1; ms < kTop; ms = 3 * ms + 7) {
    EXPECT_EQ(WholeSeconds(Millis{ms}), ms / 1000) << ms;
  }
  EXPECT_EQ(WholeSeconds(Millis{kTop - 1}), (kTop - 1) / 1000);
}

TEST(Instant, MovedBySpans_GoesThereAndBack) {
  const Instant start{1000};
  EXPECT_EQ(start + Seconds(2), Instant{3000});
  EXPECT_EQ(start + Seconds(2) - Seconds(2), start);
}

TEST(Instant, Difference_IsTheSpanBetween) {
  EXPECT_EQ(Instant{3000} - Instant{1000}, Seconds(2));
  EXPECT_EQ(Instant{1000} - Instant{3000}, Seconds(-2));
}

TEST(Instant, AHundredYears_DoNotWrap) {
  const Instant start{0};
  const Instant end = start + Seconds(100LL * 366 * 86'400);
  EXPECT_LT(start, end);
  EXPECT_EQ(end - start, Seconds(100LL * 366 * 86'400));
}

TEST(Instant, Never_IsLaterThanAll) {
  EXPECT_LT(Instant{0} + Seconds(1'000'000'000), kNever);
  EXPECT_EQ(Earlier(kNever, Instant{5}), Instant{5});
  EXPECT_EQ(Earlier(Instant{5}, kNever), Instant{5});
  EXPECT_EQ(Earlier(kNever, kNever), kNever);
}

TEST(Instant, Earlier_TakesTheFirst) {
  EXPECT_EQ(Earlier(Instant{4}, Instant{9}), Instant{4});
  EXPECT_EQ(Earlier(Instant{9}, Instant{4}), Instant{4});
}

template <class A, class B>
concept Addable = requires(A a, B b) {
  a + b;
};

TEST(Instant, TwoInstants_CannotBeAdded) {
  static_assert(!Addable<Instant, Instant>);
  static_assert(Addable<Instant, Millis>);
  static_assert(!std::is_convertible_v<Millis, Instant>);
}

}  // namespace
}  // namespace fieldwork
