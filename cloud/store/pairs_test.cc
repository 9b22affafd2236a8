#include "cloud/store/pairs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud/store/paging.h"

namespace fieldwork::store {
namespace {

using namespace std::string_literals;

TEST(Pairs, WhateverTheTextsHold_ComesBackInItsOrder) {
  const Pairs pairs{{"b", "1"}, {"", ""}, {"a", "\0:5:\n\x1f\xc3\xa9\xff"s}, {"b", "1"}};
  EXPECT_EQ(DecodePairs(EncodePairs(pairs)), pairs);
  EXPECT_EQ(EncodePairs(Pairs{{"key", "value"}}), "3:key5:value");
  EXPECT_EQ(EncodePairs(Pairs{}), "");
  EXPECT_EQ(DecodePairs(""), Pairs{});
}

TEST(Pairs, TextThatIsNoList_IsRefused) {
  for (const char* text : {"x", "3", "3:", "3:ke", "3:key", "3:key6:value", "-1:", ":a",
                           "99999999999999999999:a", "18446744073709551615:a0:", "1:a1:b1"}) {
    EXPECT_FALSE(DecodePairs(text).has_value()) << text;
  }
}

TEST(Place, HoldsTheKeyOfItsListAlone) {
  const std::string place = PlaceOf("jobs", "a/b\0c"s);
  EXPECT_THAT(place, testing::MatchesRegex("[0-9a-f]+"));
  EXPECT_EQ(KeyIn("jobs", place), "a/b\0c"s);
  EXPECT_EQ(KeyIn("job", place), "");
  EXPECT_EQ(KeyIn("jobs", place.substr(1)), "");
  EXPECT_EQ(KeyIn("jobs", "no digits"), "");
  EXPECT_EQ(KeyIn("jobs", ""), "");
}

TEST(Place, OfNumbers_IsANumberOrNone) {
  EXPECT_EQ(NumberIn("jobs", PlaceOf("jobs", "42")), 42);
  EXPECT_FALSE(NumberIn("jobs", PlaceOf("jobs", "42x")).has_value());
  EXPECT_FALSE(NumberIn("jobs", PlaceOf("jobs", "99999999999999999999")).has_value());
  EXPECT_FALSE(NumberIn("jobs", "").has_value());
}

}  // namespace
}  // namespace fieldwork::store
