// The same memory seen as bytes and as text.
#include "device/base/bytes.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace fieldwork {
namespace {

TEST(Bytes, OfText_AreTheSameMemory) {
  const std::string_view text = "abc";
  const Bytes bytes = AsBytes(text);
  ASSERT_EQ(bytes.size(), 3u);
  EXPECT_EQ(static_cast<const void*>(bytes.data()), static_cast<const void*>(text.data()));
  EXPECT_EQ(bytes[1], 'b');
}

TEST(Bytes, AsText_ComesBack) { EXPECT_EQ(AsText(AsBytes("thing/\xC3\xA4")), "thing/\xC3\xA4"); }

TEST(Bytes, HighBytes_StayUnsigned) {
  const Bytes bytes = AsBytes("\xFF");
  EXPECT_EQ(bytes[0], 255);
}

TEST(Bytes, Empty_IsEmptyBothWays) {
  EXPECT_TRUE(AsBytes("").empty());
  EXPECT_TRUE(AsText({}).empty());
}

TEST(Bytes, EmbeddedZero_IsKept) { EXPECT_EQ(AsBytes(std::string_view("a\0b", 3)).size(), 3u); }

TEST(MutableBytes, Converts_ToBytes) {
  std::array<std::uint8_t, 2> memory{1, 2};
  const MutableBytes writable = memory;
  const Bytes readable = writable;
  writable[0] = 9;
  EXPECT_EQ(readable[0], 9);
}

TEST(MoveDown, OverlappingBytes_ArriveWhole) {
  for (std::size_t distance = 1; distance <= 6; ++distance) {
    std::string text = "0123456789";
    const std::size_t count = text.size() - distance;
    MoveDown(reinterpret_cast<std::uint8_t*>(text.data()), distance, count);
    EXPECT_EQ(text.substr(0, count), std::string("0123456789").substr(distance)) << distance;
  }
}

TEST(MoveDown, NoBytes_ChangesNothing) {
  std::array<std::uint8_t, 2> memory{1, 2};
  MoveDown(memory.data(), 1, 0);
  EXPECT_EQ(memory[0], 1);
}

TEST(UpToNul, Text_EndsBeforeItsNul) {
  EXPECT_EQ(UpToNul("reason"), "reason");
  EXPECT_EQ(UpToNul(""), "");
}

TEST(AreEqual, Texts_ComparesSizeAndBytes) {
  EXPECT_TRUE(AreEqual("job", std::string_view("job")));
  EXPECT_TRUE(AreEqual(std::string_view(), std::string_view()));
  EXPECT_FALSE(AreEqual("job", std::string_view("jobs")));
  EXPECT_FALSE(AreEqual("job", std::string_view("jab")));
}

TEST(Contains, Part_IsFoundAnywhere) {
  EXPECT_TRUE(Contains("begin middle end", "begin"));
  EXPECT_TRUE(Contains("begin middle end", "middle"));
  EXPECT_TRUE(Contains("begin middle end", "end"));
  EXPECT_TRUE(Contains("aab", "ab"));
  EXPECT_TRUE(Contains("", ""));
  EXPECT_FALSE(Contains("begin", "begins"));
  EXPECT_FALSE(Contains("", "a"));
}

TEST(CopyText, Text_LeavesWhatIsBehindIt) {
  char to[] = "12345";
  CopyText(to, "ab");
  EXPECT_STREQ(to, "ab345");
}

}  // namespace
}  // namespace fieldwork
