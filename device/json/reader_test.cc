// What is found, what makes a path ambiguous, and what values say.
#include "device/json/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace fieldwork::json {
namespace {

Value ValueOf(Kind kind, std::string_view raw) { return {kind, raw}; }
Value StringValue(std::string_view raw) { return {Kind::kString, raw}; }

// The raw text of one path; "-" when it is not there, the status when the text is refused.
std::string Look(std::string_view text, std::string_view path) {
  Query query{.path = path};
  const Status status = Find(text, {&query, 1});
  if (status != Status::kOk) return StatusName(status);
  return query.found ? std::string(query.value.raw) : "-";
}

std::string ReadFile(const std::string& name) {
  std::ifstream file(std::string(FIELDWORK_SOURCE_DIR) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Find, KeysAndElements_AreFound) {
  constexpr std::string_view kText =
      R"( {"a" : 1, "b":{"c":[10,{"d":"x"},[true,null]],"e":{}}, "f":[]} )";
  EXPECT_EQ(Look(kText, "a"), "1");
  EXPECT_EQ(Look(kText, "b.c"), R"([10,{"d":"x"},[true,null]])");
  EXPECT_EQ(Look(kText, "b.c[0]"), "10");
  EXPECT_EQ(Look(kText, "b.c[1]"), R"({"d":"x"})");
  EXPECT_EQ(Look(kText, "b.c[1].d"), R"("x")");
  EXPECT_EQ(Look(kText, "b.c[2][1]"), "null");
  EXPECT_EQ(Look(kText, "b.e"), "{}");
  EXPECT_EQ(Look(kText, "f"), "[]");
}

TEST(Find, WhatIsNotThere_IsNotAnError) {
  constexpr std::string_view kText = R"({"a":{"b":1},"abc":2,"l":[1]})";
  for (const char* path : {"ab", "abcd", "a.b.c", "a.c", "b", "l[1]", "l[0][0]", "a[0]", "l.0"}) {
    EXPECT_EQ(Look(kText, path), "-") << path;
  }
}

TEST(Find, PathOfAnotherForm_NamesNothing) {
  constexpr std::string_view kText = R"({"a":{"":1,"b":{"":2}},"":3,"l":[4],"x.y":5,"x[0]":6})";
  for (const char* path : {".", ".a", "a.", "a..b", "a.b.", "l[", "l[]", "l[0", "l[x]", "l[0]]",
                           "l[-1]", "[0]", "x.y", "x[0]", "l[4294967296]"}) {
    EXPECT_EQ(Look(kText, path), "-") << path;
  }
}

TEST(Find, EmptyPath_IsTheWholeText) {
  EXPECT_EQ(Look(" [1, 2] ", ""), "[1, 2]");
  EXPECT_EQ(Look("17", ""), "17");
  EXPECT_EQ(Look(R"("")", ""), R"("")");
}

TEST(Find, OutermostArray_TakesAnIndexFirst) {
  EXPECT_EQ(Look(R"([{"a":1},{"a":2}])", "[1].a"), "2");
  EXPECT_EQ(Look("[[1,2],[3,4]]", "[1][0]"), "3");
}

TEST(Find, SiblingsBeforeTheMatch_DoNotDisturbIt) {
  EXPECT_EQ(Look(R"({"x":{"a":{"b":1}},"a":{"x":{"b":2},"b":3}})", "a.b"), "3");
  EXPECT_EQ(Look(R"([[9,9,9],[1,[8,8],2]])", "[1][2]"), "2");
}

TEST(Find, EscapedKey_EqualsThePlainName) {
  EXPECT_EQ(Look(R"({"\u006aobId":1})", "jobId"), "1");
  EXPECT_EQ(Look(R"({"job\u0049d":1})", "jobId"), "1");
  EXPECT_EQ(Look(R"({"\ud83d\ude00":{"\/":2}})", "\xF0\x9F\x98\x80./"), "2");
  EXPECT_EQ(Look(R"({"jobI\u0064\u0000":1})", "jobId"), "-");
  EXPECT_EQ(Look(R"({"a\u002eb":1,"a":{"b":2}})", "a.b"), "2");
}

TEST(Find, ManyQueries_AllInOnePass) {
  std::array<Query, 5> queries{
      {{.path = "e.id"}, {.path = "e"}, {.path = "t"}, {.path = "e.no"}, {.path = "e.id"}}};
  ASSERT_EQ(Find(R"({"t":5,"e":{"id":"j","doc":{"id":"k"}}})", queries), Status::kOk);
  EXPECT_EQ(queries[0].value.raw, R"("j")");
  EXPECT_EQ(queries[0].value.kind, Kind::kString);
  EXPECT_EQ(queries[1].value.raw, R"({"id":"j","doc":{"id":"k"}})");
  EXPECT_EQ(queries[1].value.kind, Kind::kObject);
  EXPECT_EQ(queries[2].value.kind, Kind::kNumber);
  EXPECT_FALSE(queries[3].found);
  EXPECT_EQ(queries[4].value.raw, R"("j")");
}

TEST(Find, QueryUsedAgain_ForgetsTheLastAnswer) {
  Query query{.path = "a.b"};
  ASSERT_EQ(Find(R"({"a":{"b":1}})", {&query, 1}), Status::kOk);
  ASSERT_EQ(Find(R"({"a":{"c":1}})", {&query, 1}), Status::kOk);
  EXPECT_FALSE(query.found);
  EXPECT_TRUE(query.value.raw.empty());
}

TEST(Find, QueriedPathTwice_IsMalformed) {
  EXPECT_EQ(Look(R"({"a":1,"a":1})", "a"), "malformed");
  EXPECT_EQ(Look(R"({"a":1,"\u0061":1})", "a"), "malformed");
  EXPECT_EQ(Look(R"({"x":{"a":1,"a":{}}})", "x.a"), "malformed");
}

TEST(Find, ContainerOnTheWayTwice_IsMalformed) {
  EXPECT_EQ(Look(R"({"a":{"x":1},"a":{"y":2}})", "a.x"), "malformed");
  EXPECT_EQ(Look(R"({"a":0,"a":{"x":1}})", "a.x"), "malformed");
  EXPECT_EQ(Look(R"({"a":[{"b":1},{"b":{},"b":{}}]})", "a[1].b.c"), "malformed");
}

TEST(Find, DuplicateNobodyAskedFor_IsAccepted) {
  EXPECT_EQ(Look(R"({"b":1,"b":2,"a":3})", "a"), "3");
  EXPECT_EQ(Look(R"({"a":{"b":1},"c":{"b":1}})", "a.b"), "1");
  EXPECT_EQ(Look(R"([{"b":1},{"b":2}])", "[1].b"), "2");
}

TEST(Find, ErrorAfterTheMatch_FindsNothing) {
  Query query{.path = "a"};
  EXPECT_EQ(Find(R"({"a":1)", {&query, 1}), Status::kMalformed);
  EXPECT_FALSE(query.found);
}

TEST(Find, Depth_IsBounded) {
  const std::string deepest = std::string(kMaxDepth, '[') + "7" + std::string(kMaxDepth, ']');
  EXPECT_EQ(Validate(deepest), Status::kOk);
  EXPECT_EQ(Validate("[" + deepest + "]"), Status::kTooLarge);
  std::string path;
  for (std::size_t i = 0; i < kMaxDepth; ++i) path += "[0]";
  EXPECT_EQ(Look(deepest, path), "7");
  EXPECT_EQ(Look(deepest, path + "[0]"), "-");
  EXPECT_EQ(Validate(std::string(100'000, '[')), Status::kTooLarge);
}

TEST(Find, PathTooLong_IsBadArgument) {
  const std::string key(kMaxPathSize, 'k');
  const std::string text = "{\"" + key + "\":1,\"" + key + "k\":2}";
  EXPECT_EQ(Look(text, key), "1");
  EXPECT_EQ(Look(text, key + "k"), "bad-argument");
  const std::string too_long = key + "k";
  std::array<Query, 2> queries{{{.path = too_long}, {.path = key, .found = true}}};
  EXPECT_EQ(Find(text, queries), Status::kBadArgument);
  EXPECT_FALSE(queries[1].found);
}

TEST(Find, ThousandsOfMembers_AreFine) {
  std::string text = "{";
  for (int i = 0; i < 5000; ++i) {
    const std::string n = std::to_string(i);
    text.append("\"k").append(n).append("\":").append(n).append(",");
  }
  text += "\"last\":{}}";
  EXPECT_EQ(Look(text, "k4999"), "4999");
  EXPECT_EQ(Look(text, "last"), "{}");
}

TEST(Find, ElementFarBehind_IsFoundOnce) {
  std::string text = "[0";
  for (int i = 1; i <= 65'540; ++i) text += "," + std::to_string(i % 10);
  text += "]";
  EXPECT_EQ(Look(text, "[0]"), "0");
  EXPECT_EQ(Look(text, "[65536]"), "6");
  EXPECT_EQ(Look(text, "[65540]"), "0");
  EXPECT_EQ(Look(text, "[65541]"), "-");
}

TEST(Find, ExecutionFromAws_GivesIdAndDocument) {
  const std::string text = ReadFile("spec/jobs/start_next_accepted_afr_ota.json");
  ASSERT_EQ(text.size(), 1836u);
  std::array<Query, 3> queries{
      {{.path = "execution.jobId"},
       {.path = "execution.jobDocument"},
       {.path = "execution.jobDocument.afr_ota.files[0].update_data_url"}}};
  ASSERT_EQ(Find(text, queries), Status::kOk);
  EXPECT_TRUE(Equals(queries[0].value, "AFR_OTA-w800-app-1-4-2"));
  EXPECT_EQ(queries[1].value.kind, Kind::kObject);
  EXPECT_TRUE(queries[1].value.raw.ends_with("}]}}"));
  EXPECT_TRUE(queries[2].value.raw.starts_with("\"https://"));
}

TEST(Children, OfAnObject_GiveKeysAndValues) {
  Children children(ValueOf(Kind::kObject, R"({ "a" : [1,"]"] , "b\"":{"c":{}} , "d":-1.5e3 })"));
  ASSERT_TRUE(children.Next());
  EXPECT_EQ(children.key(), R"("a")");
  EXPECT_EQ(children.value().raw, R"([1,"]"])");
  EXPECT_EQ(children.value().kind, Kind::kArray);
  ASSERT_TRUE(children.Next());
  EXPECT_TRUE(Equals(StringValue(children.key()), "b\""));
  EXPECT_EQ(children.value().raw, R"({"c":{}})");
  ASSERT_TRUE(children.Next());
  EXPECT_EQ(children.value().raw, "-1.5e3");
  EXPECT_EQ(children.value().kind, Kind::kNumber);
  EXPECT_FALSE(children.Next());
  EXPECT_FALSE(children.Next());
}

TEST(Children, OfAnArray_HaveNoKeys) {
  Children children(ValueOf(Kind::kArray, "[true , false,null,\n0,\"s\"]"));
  std::vector<Kind> kinds;
  while (children.Next()) {
    EXPECT_TRUE(children.key().empty());
    kinds.push_back(children.value().kind);
  }
  EXPECT_THAT(kinds, testing::ElementsAre(Kind::kTrue, Kind::kFalse, Kind::kNull, Kind::kNumber,
                                          Kind::kString));
}

TEST(Children, OfAnythingElse_AreNone) {
  EXPECT_FALSE(Children(ValueOf(Kind::kNumber, "12")).Next());
  EXPECT_FALSE(Children(StringValue(R"("[1]")")).Next());
  EXPECT_FALSE(Children(ValueOf(Kind::kArray, "[ ]")).Next());
  EXPECT_FALSE(Children(ValueOf(Kind::kObject, "{}")).Next());
  EXPECT_FALSE(Children(Value{}).Next());
}

TEST(Children, OfUnvalidatedText_EndEarly) {
  for (const char* raw : {"{1}", "{\"a}", "{\"a\"}", "{\"a\":}", "{\"a\":}}", "{\"a\":[}"}) {
    EXPECT_FALSE(Children(ValueOf(Kind::kObject, raw)).Next()) << raw;
  }
}

TEST(Equals, ComparesWhatTheStringSays) {
  EXPECT_TRUE(Equals(StringValue(R"("SUCCEEDED")"), "SUCCEEDED"));
  EXPECT_TRUE(Equals(StringValue(R"("\u00e9\n")"), "\xC3\xA9\n"));
  EXPECT_TRUE(Equals(StringValue(R"("a\u0000b")"), std::string_view("a\0b", 3)));
  EXPECT_TRUE(Equals(StringValue(R"("")"), ""));
  EXPECT_FALSE(Equals(StringValue(R"("abc")"), "ab"));
  EXPECT_FALSE(Equals(StringValue(R"("ab")"), "abc"));
  EXPECT_FALSE(Equals(StringValue(R"("AB")"), "ab"));
}

TEST(Equals, AnotherKind_IsNeverEqual) {
  EXPECT_FALSE(Equals(ValueOf(Kind::kNumber, "12"), "12"));
  EXPECT_FALSE(Equals(ValueOf(Kind::kNull, "null"), ""));
  EXPECT_FALSE(Equals(Value{}, ""));
}

TEST(Unescape, EveryEscape_IsResolved) {
  std::array<char, 64> out;
  const auto text =
      Unescape(StringValue(R"("\"\\\/\b\f\n\r\t\u0041\u00E9\u20aC\uD83D\uDE00")"), out);
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(*text, "\"\\/\b\f\n\r\tA\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(text->data(), out.data());
}

TEST(Unescape, EdgesOfUtf8Lengths_AreExact) {
  std::array<char, 64> out;
  const auto text =
      Unescape(StringValue(R"("\u007f\u0080\u07ff\u0800\uffff\ud800\udc00\udbff\udfff")"), out);
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(*text, "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
}

TEST(Unescape, ShortMemory_IsNoSpace) {
  std::array<char, 3> out;
  EXPECT_EQ(*Unescape(StringValue(R"("abc")"), out), "abc");
  EXPECT_EQ(Unescape(StringValue(R"("abcd")"), out).status(), Status::kNoSpace);
  EXPECT_EQ(Unescape(StringValue(R"("\ud83d\ude00")"), out).status(), Status::kNoSpace);
  EXPECT_EQ(*Unescape(StringValue(R"("")"), {}), "");
}

TEST(Unescape, NotAString_IsBadArgument) {
  std::array<char, 8> out;
  EXPECT_EQ(Unescape(ValueOf(Kind::kNumber, "1"), out).status(), Status::kBadArgument);
  EXPECT_EQ(Unescape(Value{}, out).status(), Status::kBadArgument);
  EXPECT_EQ(Unescape(StringValue("\""), out).status(), Status::kBadArgument);
}

TEST(ToInt64, WholeNumbers_AreRead) {
  EXPECT_EQ(*ToInt64(ValueOf(Kind::kNumber, "0")), 0);
  EXPECT_EQ(*ToInt64(ValueOf(Kind::kNumber, "-0")), 0);
  EXPECT_EQ(*ToInt64(ValueOf(Kind::kNumber, "-42")), -42);
  EXPECT_EQ(*ToInt64(ValueOf(Kind::kNumber, "1714555842")), 1714555842);
  EXPECT_EQ(*ToInt64(ValueOf(Kind::kNumber, "9223372036854775807")), INT64_MAX);
  EXPECT_EQ(*ToInt64(ValueOf(Kind::kNumber, "-9223372036854775808")), INT64_MIN);
}

TEST(ToInt64, WhatDoesNotFit_IsNotFound) {
  for (const char* raw : {"1.0", "1e3", "9223372036854775808", "-9223372036854775809",
                          "18446744073709551616", "99999999999999999999", "-", ""}) {
    EXPECT_EQ(ToInt64(ValueOf(Kind::kNumber, raw)).status(), Status::kNotFound) << raw;
  }
}

TEST(ToInt64, NotANumber_IsBadArgument) {
  EXPECT_EQ(ToInt64(StringValue(R"("1")")).status(), Status::kBadArgument);
  EXPECT_EQ(ToInt64(Value{}).status(), Status::kBadArgument);
}

}  // namespace
}  // namespace fieldwork::json
