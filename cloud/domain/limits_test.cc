// Decides that every limit holds on both of its sides.
#include "cloud/domain/limits.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fieldwork::domain {
namespace {

std::string Times(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) {
    all += text;
  }
  return all;
}

TEST(Limits, Names_HaveTheirCharactersAndLengths) {
  EXPECT_TRUE(IsThingName("aZ0:_-"));
  EXPECT_TRUE(IsThingName(Times("x", 128)));
  EXPECT_FALSE(IsThingName(Times("x", 129)));
  EXPECT_FALSE(IsThingName(""));
  EXPECT_FALSE(IsThingName("a/b"));
  EXPECT_FALSE(IsThingName("ä"));
  EXPECT_TRUE(IsGroupName("site:1"));
  EXPECT_FALSE(IsGroupName("site 1"));
  EXPECT_TRUE(IsJobId(Times("j", 64)));
  EXPECT_FALSE(IsJobId(Times("j", 65)));
  EXPECT_FALSE(IsJobId("a:b"));
  EXPECT_FALSE(IsJobId("$next"));
  EXPECT_TRUE(IsPolicyName("p_+=,.@-"));
  EXPECT_FALSE(IsPolicyName("p:q"));
  EXPECT_TRUE(IsCertificateId(Times("0aF9", 16)));
  EXPECT_FALSE(IsCertificateId(Times("0aF9", 15) + "0ag9"));
  EXPECT_FALSE(IsCertificateId(Times("a", 63)));
  EXPECT_TRUE(IsReasonCode("BAD_FIRMWARE_2"));
  EXPECT_FALSE(IsReasonCode("bad"));
  EXPECT_FALSE(IsReasonCode(Times("A", 129)));
}

TEST(Limits, Characters_AreCountedNotBytes) {
  EXPECT_EQ(CountCharacters(""), 0U);
  EXPECT_EQ(CountCharacters("abc"), 3U);
  EXPECT_EQ(CountCharacters("ä€😀"), 3U);
}

TEST(Limits, BrokenUtf8_CountsAByteEach) {
  EXPECT_EQ(CountCharacters("\xC3"), 1U);
  EXPECT_EQ(CountCharacters("\xE2\x82"), 2U);
  EXPECT_EQ(CountCharacters("\x80\x80"), 2U);
  EXPECT_EQ(CountCharacters("\xC0\x80"), 2U);
  EXPECT_EQ(CountCharacters("\xE2\x82z"), 3U);
  EXPECT_EQ(CountCharacters("\xFFz"), 2U);
}

TEST(Limits, Text_IsShortEnoughAndHasNoControlCharacter) {
  EXPECT_TRUE(CheckText("comment", Times("é", 5), 5).ok());
  EXPECT_FALSE(CheckText("comment", Times("é", 6), 5).ok());
  EXPECT_FALSE(CheckText("comment", "a\nb", 5).ok());
  EXPECT_FALSE(CheckText("comment", "\x7F", 5).ok());
  EXPECT_FALSE(CheckText("comment", "\xC2\x85", 5).ok());
  EXPECT_TRUE(CheckText("comment", "\xC2\xA0", 5).ok());
  EXPECT_NE(CheckText("comment", "a\nb", 5).error().message.find("comment"), std::string::npos);
}

TEST(Limits, PageSize_Is1To250) {
  EXPECT_FALSE(CheckPageSize(0).ok());
  EXPECT_TRUE(CheckPageSize(1).ok());
  EXPECT_TRUE(CheckPageSize(250).ok());
  EXPECT_FALSE(CheckPageSize(251).ok());
}

TEST(Details, AtTheirLimits_AreAccepted) {
  StatusDetails details;
  for (int i = 0; i < 9; ++i) {
    details.emplace_back("key" + std::to_string(i), "a\n");
  }
  details.emplace_back(Times("k", 128), Times("€", 1024));
  EXPECT_TRUE(CheckDetails(details).ok());
  EXPECT_TRUE(CheckDetails({}).ok());
  details.emplace_back("one-more", "v");
  EXPECT_FALSE(CheckDetails(details).ok());
}

TEST(Details, EachFault_IsRefusedNamingTheKey) {
  const StatusDetails faults[] = {
      {{"bad key", "v"}},       {{"empty", ""}}, {{"long", Times("v", 1025)}},
      {{Times("k", 129), "v"}}, {{"", "v"}},     {{"twice", "a"}, {"twice", "b"}}};
  for (const StatusDetails& details : faults) {
    const Status status = CheckDetails(details);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidRequest);
    EXPECT_NE(status.error().message.find(details.back().first.substr(0, 64)), std::string::npos);
  }
}

TEST(Details, KeyWithUnprintableBytes_IsNotQuotedRaw) {
  const Status status = CheckDetails({{"a\x01\xC3\xA4", "v"}});
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("\"a???\""), std::string::npos);
}

TEST(Attributes, CountNamesAndValues_AreChecked) {
  EXPECT_TRUE(CheckAttributes({{"a.b/c", "v:1#"}, {"x", ""}, {"y", Times("v", 800)}}, 3).ok());
  EXPECT_FALSE(CheckAttributes({{"a", "1"}, {"b", "2"}}, 1).ok());
  EXPECT_FALSE(CheckAttributes({{"a b", "1"}}, 3).ok());
  EXPECT_FALSE(CheckAttributes({{Times("a", 129), "1"}}, 3).ok());
  EXPECT_FALSE(CheckAttributes({{"a", "1 2"}}, 3).ok());
  EXPECT_FALSE(CheckAttributes({{"a", Times("v", 801)}}, 3).ok());
}

TEST(Tags, KeysAndValues_AreChecked) {
  EXPECT_TRUE(CheckTags({{"team", ""}, {"größe", "ça va: 1+1=2"}}).ok());
  EXPECT_TRUE(CheckTags({{Times("é", 128), Times("é", 256)}}).ok());
  EXPECT_FALSE(CheckTags({{Times("é", 129), "v"}}).ok());
  EXPECT_FALSE(CheckTags({{"k", Times("v", 257)}}).ok());
  EXPECT_FALSE(CheckTags({{"", "v"}}).ok());
  EXPECT_FALSE(CheckTags({{"a;b", "v"}}).ok());
  EXPECT_FALSE(CheckTags({{"k", "a\tb"}}).ok());
  EXPECT_FALSE(CheckTags({{"aws:k", "v"}}).ok());
  EXPECT_FALSE(CheckTags({{"k", "1"}, {"k", "2"}}).ok());
}

TEST(Tags, FiftyOneTags_AreTooMany) {
  std::vector<Tag> tags;
  for (int i = 0; i < 50; ++i) {
    tags.push_back({"k" + std::to_string(i), "v"});
  }
  EXPECT_TRUE(CheckTags(tags).ok());
  tags.push_back({"k50", "v"});
  EXPECT_FALSE(CheckTags(tags).ok());
}

}  // namespace
}  // namespace fieldwork::domain
