// UTF-8 against an encoder of our own over every code point, topics and filters by table, and
// every place in a machine word where a bad byte can hide.
#include "device/mqtt/text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace fieldwork::mqtt {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

/// The definition of UTF-8, written the other way round: from code point to bytes.
std::string Utf8(std::uint32_t code) {
  const auto tail = [code](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xC0 | code >> 6), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xE0 | code >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | code >> 18), tail(12), tail(6), tail(0)};
}

bool IsSurrogate(std::uint32_t code) { return code >= 0xD800 && code <= 0xDFFF; }

// [MQTT-1.5.3-1], [MQTT-1.5.3-2]
TEST(Text, EveryCodePoint_IsTextUnlessNulOrSurrogate) {
  for (std::uint32_t code = 0; code <= 0x10FFFF; ++code) {
    ASSERT_EQ(IsValidText(Utf8(code)), code != 0 && !IsSurrogate(code)) << std::hex << code;
  }
}

// [MQTT-1.5.3-1]: counts what is accepted, so that nothing is beside what the test above
// generates: no overlong form, no stray tail, no sequence cut short.
TEST(Text, SequencesOfTwoAndThreeBytes_AreTextOnlyAsUtf8DefinesThem) {
  std::size_t pairs = 0;
  std::size_t triples = 0;
  for (unsigned a = 0x80; a <= 0xFF; ++a) {
    for (unsigned b = 0; b <= 0xFF; ++b) {
      std::string text{static_cast<char>(a), static_cast<char>(b)};
      if (IsValidText(text)) ++pairs;
      if (a < 0xE0) continue;
      text.push_back(0);
      for (unsigned c = 0; c <= 0xFF; ++c) {
        text[2] = static_cast<char>(c);
        if (IsValidText(text)) ++triples;
      }
    }
  }
  EXPECT_EQ(pairs, 0x800u - 0x80u);
  EXPECT_EQ(triples, 0x10000u - 0x800u - 0x800u);
}

// [MQTT-1.5.3-1]
TEST(Text, SequencesOfFourBytes_EndAtTheLastPlane) {
  EXPECT_TRUE(IsValidText("\xF0\x90\x80\x80"));
  EXPECT_TRUE(IsValidText("\xF4\x8F\xBF\xBF"));
  for (const std::string_view bad :
       {"\xF0\x8F\xBF\xBF"sv, "\xF4\x90\x80\x80"sv, "\xF5\x80\x80\x80"sv, "\xF0\x90\x80"sv,
        "\xF0\x90\x80\x41"sv, "\xF0\x90\x41\x80"sv, "\xF0\x41\x80\x80"sv, "\xFF\xBF\xBF\xBF"sv}) {
    EXPECT_FALSE(IsValidText(bad)) << testing::PrintToString(std::string(bad));
  }
}

// [MQTT-1.5.3-2], [MQTT-4.7.3-2]
TEST(Text, NulAnywhere_IsRefused) {
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'a');
      text[at] = '\0';
      EXPECT_FALSE(IsValidText(text)) << size << " " << at;
      EXPECT_FALSE(IsValidTopicName(text)) << size << " " << at;
      EXPECT_FALSE(IsValidTopicFilter(text)) << size << " " << at;
    }
  }
}

TEST(Text, EveryLengthOfPlainText_IsAccepted) {
  EXPECT_TRUE(IsValidText({}));
  for (std::size_t size = 1; size <= 40; ++size) {
    EXPECT_TRUE(IsValidText(std::string(size, '\x7F'))) << size;
    EXPECT_TRUE(IsValidText(std::string(size, '\x01'))) << size;
    EXPECT_TRUE(IsValidTopicName(std::string(size, '~'))) << size;
  }
}

TEST(Text, LetterBeyondAsciiAnywhere_IsAccepted) {
  for (std::size_t size = 0; size <= 24; ++size) {
    for (std::size_t at = 0; at <= size; ++at) {
      const std::string text = std::string(at, 'a') + "\u00E9" + std::string(size - at, 'b');
      EXPECT_TRUE(IsValidText(text)) << size << " " << at;
      EXPECT_TRUE(IsValidTopicName(text)) << size << " " << at;
      EXPECT_FALSE(IsValidTopicName(text + "/#")) << size << " " << at;
    }
  }
}

// [MQTT-4.7.3-3]
TEST(Text, LongerThanTwoLengthBytesCanSay_IsRefused) {
  const std::string longest(65535, 'x');
  EXPECT_TRUE(IsValidText(longest));
  EXPECT_TRUE(IsValidTopicName(longest));
  EXPECT_TRUE(IsValidTopicFilter(longest));
  EXPECT_FALSE(IsValidText(longest + "x"));
  EXPECT_FALSE(IsValidTopicName(longest + "x"));
  EXPECT_FALSE(IsValidTopicFilter(longest + "x"));
}

// [MQTT-1.5.3-3]
TEST(Text, ByteOrderMark_IsACharacterLikeAnyOther) {
  EXPECT_TRUE(IsValidText("\xEF\xBB\xBF"));
  EXPECT_TRUE(IsValidTopicName("\xEF\xBB\xBF"));
  EXPECT_FALSE(Matches("a", "\xEF\xBB\xBF"s + "a"));
  EXPECT_TRUE(Matches("\xEF\xBB\xBF/+", "\xEF\xBB\xBF/a"));
}

// [MQTT-3.3.2-2], [MQTT-4.7.1-1]
TEST(TopicName, WildcardAnywhere_IsRefused) {
  for (std::size_t size = 1; size <= 24; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string name(size, '/');
      name[at] = '+';
      EXPECT_FALSE(IsValidTopicName(name)) << size << " " << at;
      name[at] = '#';
      EXPECT_FALSE(IsValidTopicName(name)) << size << " " << at;
    }
  }
}

// [MQTT-4.7.3-1]
TEST(TopicName, Empty_IsRefused) {
  EXPECT_FALSE(IsValidTopicName(""));
  EXPECT_FALSE(IsValidTopicFilter(""));
  EXPECT_TRUE(IsValidTopicName("/"));
  EXPECT_TRUE(IsValidTopicFilter("/"));
}

TEST(TopicName, OrdinaryNames_AreAccepted) {
  for (const char* name : {"a", "/a", "a/", "a//b", "a b/c", "$aws/things/x/jobs/notify-next"}) {
    EXPECT_TRUE(IsValidTopicName(name)) << name;
  }
}

TEST(TopicName, EveryOtherAsciiCharacterAnywhere_IsAccepted) {
  for (char c = 1; c < 0x7F; ++c) {
    for (std::size_t size = 1; size <= 20; ++size) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string name(size, 'n');
        name[at] = c;
        ASSERT_EQ(IsValidTopicName(name), c != '+' && c != '#') << int{c} << " at " << at;
        ASSERT_TRUE(IsValidText(name)) << int{c} << " at " << at;
      }
    }
  }
}

// Behind plain text, where nobody looks closely until the wildcard.
TEST(TopicFilter, WildcardBehindALongName_IsJudgedByItsLevel) {
  for (std::size_t size = 1; size <= 20; ++size) {
    const std::string name(size, 'n');
    EXPECT_TRUE(IsValidTopicFilter(name + "/+")) << size;
    EXPECT_TRUE(IsValidTopicFilter(name + "/#")) << size;
    EXPECT_TRUE(IsValidTopicFilter(name + "/+/" + name)) << size;
    EXPECT_FALSE(IsValidTopicFilter(name + "+")) << size;
    EXPECT_FALSE(IsValidTopicFilter(name + "/+n")) << size;
    EXPECT_FALSE(IsValidTopicFilter(name + "/#/" + name)) << size;
  }
}

// [MQTT-4.7.1-2]
TEST(TopicFilter, ManyLevelsWildcard_StandsAloneAndLast) {
  for (const char* good : {"#", "/#", "a/#", "a/b/#", "+/#", "/+/#"}) {
    EXPECT_TRUE(IsValidTopicFilter(good)) << good;
  }
  for (const char* bad : {"a#", "#a", "a/b#", "#/a", "a/#/b", "##", "#/", "a/#/", "+#", "#+"}) {
    EXPECT_FALSE(IsValidTopicFilter(bad)) << bad;
  }
}

// [MQTT-4.7.1-3]
TEST(TopicFilter, OneLevelWildcard_FillsItsLevel) {
  for (const char* good : {"+", "+/", "/+", "a/+/b", "+/+/+", "$aws/+/x", "//+"}) {
    EXPECT_TRUE(IsValidTopicFilter(good)) << good;
  }
  for (const char* bad : {"a+", "+a", "a/+b", "a+/b", "++", "a/++", "+a/#"}) {
    EXPECT_FALSE(IsValidTopicFilter(bad)) << bad;
  }
}

// [MQTT-1.5.3-1]
TEST(TopicFilter, IllFormedText_IsRefused) {
  EXPECT_FALSE(IsValidTopicFilter("a/\xC0\x80"));
  EXPECT_FALSE(IsValidTopicName("a/\xED\xA0\x80"));
}

TEST(Matches, PlainFilter_CoversItsOwnNameOnly) {
  EXPECT_TRUE(Matches("a/b", "a/b"));
  EXPECT_TRUE(Matches("/", "/"));
  for (const char* name : {"a", "a/c", "A/b", "a/b/", "/a/b", "a/b/c", "a/bb"}) {
    EXPECT_FALSE(Matches("a/b", name)) << name;
  }
}

TEST(Matches, OneLevelWildcard_CoversExactlyOneLevel) {
  EXPECT_TRUE(Matches("+", "a"));
  EXPECT_TRUE(Matches("a/+", "a/b"));
  EXPECT_TRUE(Matches("a/+", "a/"));
  EXPECT_TRUE(Matches("+/+", "/a"));
  EXPECT_TRUE(Matches("/+", "/a"));
  EXPECT_TRUE(Matches("a/+/c", "a//c"));
  EXPECT_FALSE(Matches("+", "/a"));
  EXPECT_FALSE(Matches("a/+", "a"));
  EXPECT_FALSE(Matches("a/+", "a/b/c"));
  EXPECT_FALSE(Matches("a/+/c", "a/b/d"));
}

TEST(Matches, ManyLevelsWildcard_CoversParentAndAllBelow) {
  for (const char* name : {"a", "a/", "a/b", "a/b/c"}) EXPECT_TRUE(Matches("a/#", name)) << name;
  EXPECT_TRUE(Matches("#", "a/b"));
  EXPECT_TRUE(Matches("#", "/"));
  EXPECT_TRUE(Matches("+/b/#", "a/b"));
  EXPECT_FALSE(Matches("a/#", "b"));
  EXPECT_FALSE(Matches("a/#", "ab"));
  EXPECT_FALSE(Matches("a/b/#", "a"));
}

// [MQTT-4.7.2-1]
TEST(Matches, WildcardAtTheStart_DoesNotCoverReservedNames) {
  EXPECT_FALSE(Matches("#", "$aws/things"));
  EXPECT_FALSE(Matches("+/things", "$aws/things"));
  EXPECT_TRUE(Matches("$aws/#", "$aws/things"));
  EXPECT_TRUE(Matches("$aws/+", "$aws/things"));
  EXPECT_TRUE(Matches("+/$x", "a/$x"));
}

// [MQTT-4.7.3-4]
TEST(Matches, EquivalentSpellings_AreDifferentNames) {
  EXPECT_FALSE(Matches("\u00E9", "e\u0301"));
  EXPECT_FALSE(Matches("ACCOUNTS", "Accounts"));
}

}  // namespace
}  // namespace fieldwork::mqtt
