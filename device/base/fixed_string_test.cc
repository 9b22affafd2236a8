// Text of bounded length: what fits, what does not, and that it owns its bytes.
#include "device/base/fixed_string.h"

#include <gtest/gtest.h>

#include <string>

namespace fieldwork {
namespace {

TEST(FixedString, New_IsEmpty) {
  FixedString<8> text;
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(text.view(), "");
}

TEST(FixedString, Assign_OwnsACopy) {
  FixedString<8> text;
  std::string source = "job-1";
  ASSERT_EQ(text.Assign(source), Status::kOk);
  source = "XXXXX";
  EXPECT_EQ(text.view(), "job-1");
  EXPECT_FALSE(text.empty());
}

TEST(FixedString, ExactlyTheCapacity_Fits) {
  FixedString<4> text;
  EXPECT_EQ(text.Assign("abcd"), Status::kOk);
  EXPECT_EQ(text.view(), "abcd");
}

TEST(FixedString, TooLong_IsRefusedAndUnchanged) {
  FixedString<4> text;
  ASSERT_EQ(text.Assign("old"), Status::kOk);
  EXPECT_EQ(text.Assign("abcde"), Status::kTooLarge);
  EXPECT_EQ(text.view(), "old");
}

TEST(FixedString, ShorterText_ReplacesAllOfTheLonger) {
  FixedString<8> text;
  ASSERT_EQ(text.Assign("longer"), Status::kOk);
  ASSERT_EQ(text.Assign("s"), Status::kOk);
  EXPECT_EQ(text.view(), "s");
}

TEST(FixedString, AssignTruncated_KeepsTheHead) {
  FixedString<4> text;
  text.AssignTruncated("abcdefg");
  EXPECT_EQ(text.view(), "abcd");
  text.AssignTruncated("xy");
  EXPECT_EQ(text.view(), "xy");
}

TEST(FixedString, BytesOfZero_AreText) {
  FixedString<4> text;
  ASSERT_EQ(text.Assign(std::string_view("a\0b", 3)), Status::kOk);
  EXPECT_EQ(text.view().size(), 3u);
}

TEST(FixedString, Clear_Empties) {
  FixedString<4> text;
  ASSERT_EQ(text.Assign("abc"), Status::kOk);
  text.Clear();
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(text.view(), "");
}

TEST(FixedString, Copies_AreIndependent) {
  FixedString<4> one;
  ASSERT_EQ(one.Assign("one"), Status::kOk);
  FixedString<4> two = one;
  ASSERT_EQ(two.Assign("two"), Status::kOk);
  EXPECT_EQ(one.view(), "one");
}

}  // namespace
}  // namespace fieldwork
