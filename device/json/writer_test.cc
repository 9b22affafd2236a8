// Commas, escapes, numbers, and memory that runs out.
#include "device/json/writer.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "device/json/reader.h"

namespace fieldwork::json {
namespace {

template <class Write>
std::string Written(Write write) {
  std::array<char, 512> memory;
  Writer writer(memory);
  write(writer);
  const auto text = writer.Finish();
  if (!text.ok()) return StatusName(text.status());
  EXPECT_EQ(Validate(*text), Status::kOk) << *text;
  return std::string(*text);
}

std::string WrittenString(std::string_view text) {
  return Written([&](Writer& writer) { writer.String(text); });
}

void WriteSample(Writer& writer) {
  writer.BeginObject();
  writer.Key("status");
  writer.String("SUCCEEDED");
  writer.Key("n");
  writer.Int(-7);
  writer.Key("list");
  writer.BeginArray();
  writer.Bool(true);
  writer.BeginObject();
  writer.EndObject();
  writer.Null();
  writer.BeginArray();
  writer.EndArray();
  writer.Bool(false);
  writer.EndArray();
  writer.Key("raw");
  writer.Raw(R"({"a":1})");
  writer.EndObject();
}
constexpr std::string_view kSample =
    R"({"status":"SUCCEEDED","n":-7,"list":[true,{},null,[],false],"raw":{"a":1}})";

TEST(Writer, NestedValues_GetCommasWhereNeeded) { EXPECT_EQ(Written(WriteSample), kSample); }

TEST(Writer, EmptyContainers_HaveNoCommas) {
  EXPECT_EQ(Written([](Writer& writer) {
              writer.BeginArray();
              writer.EndArray();
            }),
            "[]");
}

TEST(Writer, Integers_AreExact) {
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{9}, std::int64_t{10}, std::int64_t{-1}, std::int64_t{65536},
        std::int64_t{4294967295}, std::int64_t{4294967296}, std::int64_t{1714555842000},
        std::int64_t{999999999999999999}, INT64_MAX, INT64_MIN, INT64_MIN + 1}) {
    EXPECT_EQ(Written([&](Writer& writer) { writer.Int(value); }), std::to_string(value));
  }
}

TEST(Writer, WhatJsonRequires_IsEscaped) {
  EXPECT_EQ(WrittenString("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(WrittenString(std::string_view("\0\x01\x1F", 3)), R"("\u0000\u0001\u001F")");
  EXPECT_EQ(WrittenString("plain / text \x7F"), "\"plain / text \x7F\"");
}

TEST(Writer, Utf8_IsCopied) {
  EXPECT_EQ(WrittenString("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"),
            "\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\"");
}

TEST(Writer, EachIllFormedByte_BecomesTheReplacementCharacter) {
  EXPECT_EQ(WrittenString("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(WrittenString("\xE2\x82"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(WrittenString("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(WrittenString("\xED\xA0\x80").size(), 2 + 3 * 3u);
}

TEST(Writer, Keys_AreEscapedToo) {
  EXPECT_EQ(Written([](Writer& writer) {
              writer.BeginObject();
              writer.Key("a\"b");
              writer.Null();
              writer.EndObject();
            }),
            R"({"a\"b":null})");
}

TEST(Writer, PlainKey_IsWrittenAsItIs) {
  EXPECT_EQ(Written([](Writer& writer) {
              writer.BeginObject();
              writer.PlainKey("status");
              writer.Null();
              writer.PlainKey("n");
              writer.Int(1);
              writer.EndObject();
            }),
            R"({"status":null,"n":1})");
}

TEST(Writer, StringInPieces_IsOneString) {
  EXPECT_EQ(Written([](Writer& writer) {
              writer.BeginArray();
              writer.BeginString();
              writer.Characters("a\"");
              writer.Characters("");
              writer.Characters("\xC3\xA9");
              writer.EndString();
              writer.BeginString();
              writer.EndString();
              writer.EndArray();
            }),
            "[\"a\\\"\xC3\xA9\",\"\"]");
}

TEST(TextWriter, ShortMemory_IsNoSpaceForGood) {
  std::string memory(4, '#');
  TextWriter writer(std::span<char>(memory.data(), 3));
  writer.Append("ab");
  EXPECT_EQ(*writer.Finish(), "ab");
  writer.Append("cd");
  EXPECT_EQ(writer.Finish().status(), Status::kNoSpace);
  writer.Append("");
  writer.Put('c');
  EXPECT_EQ(writer.Finish().status(), Status::kNoSpace);
  EXPECT_EQ(memory, "ab##");
}

TEST(Writer, AnyMemoryTooSmall_IsNoSpaceAndStaysInside) {
  for (std::size_t size = 0; size < kSample.size(); ++size) {
    std::string memory(kSample.size(), '#');
    Writer writer(std::span<char>(memory.data(), size));
    WriteSample(writer);
    EXPECT_EQ(writer.Finish().status(), Status::kNoSpace) << size;
    EXPECT_EQ(memory.substr(size), std::string(kSample.size() - size, '#')) << size;
  }
}

TEST(Writer, MemoryThatJustFits_IsEnough) {
  std::array<char, kSample.size()> memory;
  Writer writer(memory);
  WriteSample(writer);
  EXPECT_EQ(*writer.Finish(), kSample);
}

TEST(Writer, AfterOverflow_ShorterValuesAreNotWrittenEither) {
  std::string memory(4, '#');
  Writer writer(memory);
  writer.BeginArray();
  writer.String("too long");
  writer.Int(1);
  writer.EndArray();
  EXPECT_EQ(writer.Finish().status(), Status::kNoSpace);
  EXPECT_EQ(memory, "[\"to");
}

TEST(Writer, WhatWasWritten_ReadsBackTheSame) {
  const std::string_view text("q\" b\\ n\n \0 \xC3\xA9 end", 18);
  std::array<char, 64> memory;
  std::array<char, 64> out;
  Writer writer(memory);
  writer.String(text);
  EXPECT_EQ(*Unescape({Kind::kString, *writer.Finish()}, out), text);
}

#ifndef NDEBUG
TEST(WriterDeathTest, UnbalancedNesting_StopsADebugBuild) {
  std::array<char, 8> memory;
  EXPECT_DEATH(Writer(memory).EndObject(), "depth_ > 0");
  Writer open(memory);
  open.BeginArray();
  EXPECT_DEATH(static_cast<void>(open.Finish()), "depth_ == 0");
}
#endif

}  // namespace
}  // namespace fieldwork::json
