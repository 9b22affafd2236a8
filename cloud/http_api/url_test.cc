// Decides that targets are read as they were meant, and that what is not well-formed is not read.
#include "cloud/http_api/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fieldwork::http_api {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(SplitTarget, PathAndQuery_AreCutAtTheFirstQuestionMark) {
  const auto target = SplitTarget("/a/b?c=d?e");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a/b");
  EXPECT_EQ(target->query, "c=d?e");
  EXPECT_EQ(SplitTarget("/a")->query, "");
}

TEST(SplitTarget, OtherForms_AreNotRead) {
  EXPECT_FALSE(SplitTarget("*"));
  EXPECT_FALSE(SplitTarget("http://a/b"));
  EXPECT_FALSE(SplitTarget(""));
}

TEST(PercentDecode, Escapes_BecomeBytesAndPlusStays) {
  EXPECT_EQ(PercentDecode("a%20b+c%2f%C3%BC"), "a b+c/\xC3\xBC");
  EXPECT_EQ(PercentDecode(""), "");
}

TEST(PercentDecode, BadEscapesAndBadUtf8_AreNotRead) {
  EXPECT_FALSE(PercentDecode("%"));
  EXPECT_FALSE(PercentDecode("%4"));
  EXPECT_FALSE(PercentDecode("%G0"));
  EXPECT_FALSE(PercentDecode("a%FFb"));
  EXPECT_FALSE(PercentDecode("%C3"));
}

TEST(PercentEncode, WhatItWrites_IsReadBack) {
  std::string all;
  for (char c = 1; c < 127; ++c) all.push_back(c);
  all += "\xE2\x82\xAC";
  EXPECT_EQ(PercentDecode(PercentEncode(all)), all);
  EXPECT_EQ(PercentEncode("a/b~-_.*"), "a%2Fb~-_.%2A");
  EXPECT_EQ(PercentEncode("a/b%", true), "a/b%25");
}

TEST(SplitPath, EncodedSlash_DoesNotSplit) {
  EXPECT_THAT(SplitPath("/a%2Fb//c/"), ElementsAre("a%2Fb", "", "c", ""));
  EXPECT_THAT(SplitPath("/"), ElementsAre(""));
}

TEST(ParseQuery, Pairs_KeepOrderAndRepetition) {
  const auto query = ParseQuery("a=1&b&a=&c=%3D%26&&d=x=y");
  ASSERT_TRUE(query);
  EXPECT_THAT(*query, ElementsAre(Pair("a", "1"), Pair("b", ""), Pair("a", ""), Pair("c", "=&"),
                                  Pair("d", "x=y")));
  EXPECT_TRUE(ParseQuery("")->empty());
}

TEST(ParseQuery, OneBadEscape_RefusesTheWhole) {
  EXPECT_FALSE(ParseQuery("a=1&b=%zz&c=2"));
  EXPECT_FALSE(ParseQuery("%=1"));
}

TEST(IsUtf8, ValidForms_Pass) {
  EXPECT_TRUE(IsUtf8("plain"));
  EXPECT_TRUE(IsUtf8("\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF"));
}

TEST(IsUtf8, OverlongSurrogatesAndBeyond_Fail) {
  EXPECT_FALSE(IsUtf8("\xC0\xAF"));
  EXPECT_FALSE(IsUtf8("\xE0\x80\xAF"));
  EXPECT_FALSE(IsUtf8("\xED\xA0\x80"));
  EXPECT_FALSE(IsUtf8("\xF4\x90\x80\x80"));
  EXPECT_FALSE(IsUtf8("\x80"));
  EXPECT_FALSE(IsUtf8("\xE2\x82"));
  EXPECT_FALSE(IsUtf8("\xF8\x88\x80\x80\x80"));
}

TEST(LowerCase, OnlyAsciiLetters_Change) { EXPECT_EQ(LowerCase("X-Amz\xC3\x9C"), "x-amz\xC3\x9C"); }

}  // namespace
}  // namespace fieldwork::http_api
