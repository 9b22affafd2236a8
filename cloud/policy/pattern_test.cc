// Checks wildcards and variables.
#include "cloud/policy/pattern.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "cloud/policy/malformed.h"

namespace fieldwork::policy {
namespace {

using Known = std::map<std::string, std::string, std::less<>>;

bool Match(std::string_view pattern, std::string_view text, const Known& known = {},
           const Pattern::Rules& rules = {}) {
  const Variables variables = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = known.find(name);
    if (found == known.end()) return std::nullopt;
    return found->second;
  };
  Values values(variables);
  return Pattern::Parse(pattern, rules).Matches(text, values);
}

std::string WhyMalformed(std::string_view pattern, const Pattern::Rules& rules = {}) {
  try {
    Pattern::Parse(pattern, rules);
  } catch (const Malformed& malformed) {
    return malformed.why;
  }
  return "";
}

TEST(Pattern, Literal_IsTheWholeText) {
  EXPECT_TRUE(Match("a/b", "a/b"));
  EXPECT_FALSE(Match("a/b", "a/bc"));
  EXPECT_FALSE(Match("a/b", "a/"));
  EXPECT_TRUE(Match("", ""));
  EXPECT_FALSE(Match("", "a"));
}

TEST(Pattern, Star_IsAnyTextWithSlashes) {
  EXPECT_TRUE(Match("*", ""));
  EXPECT_TRUE(Match("a/*", "a/"));
  EXPECT_TRUE(Match("a/*", "a/b/c"));
  EXPECT_TRUE(Match("a/*/d", "a/b/c/d"));
  EXPECT_FALSE(Match("a/*/d", "a/d"));
  EXPECT_TRUE(Match("*aab", "aaab"));
  EXPECT_TRUE(Match("*a*b**c*", "xaxbxcx"));
  EXPECT_FALSE(Match("*a*b*c", "xaxbxcx"));
}

TEST(Pattern, QuestionMark_IsOneCharacter) {
  EXPECT_TRUE(Match("a?c", "abc"));
  EXPECT_TRUE(Match("a?c", "a/c"));
  EXPECT_FALSE(Match("a?c", "ac"));
  EXPECT_TRUE(Match("a?c",
                    "a\xC3\xA9"
                    "c"));
  EXPECT_TRUE(Match("*?", "\xE2\x82\xAC"));
  EXPECT_FALSE(Match("*??", "\xE2\x82\xAC"));
  EXPECT_FALSE(Match("??", "\xE2\x82\xAC"));
}

TEST(Pattern, MqttWildcards_MeanThemselves) {
  EXPECT_TRUE(Match("a/+/#", "a/+/#"));
  EXPECT_FALSE(Match("a/+/b", "a/x/b"));
  EXPECT_FALSE(Match("a/#", "a/b"));
}

TEST(Pattern, ManyStars_DoNotTakeForever) {
  const std::string text(100'000, 'a');
  EXPECT_FALSE(Match("a*a*a*a*a*a*a*a*b", text));
  EXPECT_TRUE(Match("a*a*a*a*a*a*a*a*b", text + "b"));
  EXPECT_FALSE(Match("*?a*?a*?a*?a*b?", text));
}

TEST(Pattern, DollarAlone_MeansItself) {
  EXPECT_TRUE(Match("topic/$aws/things/t", "topic/$aws/things/t"));
  EXPECT_TRUE(Match("$", "$"));
}

TEST(Pattern, Escapes_AreNoWildcards) {
  EXPECT_TRUE(Match("a${*}b${?}c${$}", "a*b?c$"));
  EXPECT_FALSE(Match("a${*}", "abc"));
  EXPECT_FALSE(Match("a${?}", "ab"));
  EXPECT_TRUE(Match("${$}{iot:ClientId}", "${iot:ClientId}"));
}

TEST(Pattern, Variable_IsItsValue) {
  const Known known{{"iot:ClientId", "c1"}, {"iot:Connection.Thing.Attributes[site]", "north"}};
  EXPECT_TRUE(Match("client/${iot:ClientId}", "client/c1", known));
  EXPECT_TRUE(Match("*/${iot:ClientId}/*", "a/c2/c1/b", known));
  EXPECT_TRUE(Match("${iot:Connection.Thing.Attributes[site]}-${iot:ClientId}", "north-c1", known));
  EXPECT_FALSE(Match("client/${iot:ClientId}", "client/c10", known));
  EXPECT_TRUE(Match("client/${IOT:clientid}", "client/c1", known));
}

TEST(Pattern, WildcardsInAValue_AreLiteral) {
  EXPECT_FALSE(Match("topic/${iot:ClientId}", "topic/abc", {{"iot:ClientId", "*"}}));
  EXPECT_TRUE(Match("topic/${iot:ClientId}", "topic/*", {{"iot:ClientId", "*"}}));
  EXPECT_FALSE(Match("${iot:ClientId}", "x", {{"iot:ClientId", "?"}}));
  EXPECT_TRUE(Match("${iot:ClientId}", "${iot:CertificateId}",
                    {{"iot:ClientId", "${iot:CertificateId}"}, {"iot:CertificateId", "x"}}));
}

TEST(Pattern, UnresolvedVariable_MatchesNothing) {
  EXPECT_FALSE(Match("*${iot:ClientId}", "anything"));
  EXPECT_FALSE(Match("*${iot:ClientId}*", ""));
  EXPECT_FALSE(Match("*${iot:ClientId}", "${iot:ClientId}"));
}

TEST(Pattern, EmptyValue_IsAValue) {
  EXPECT_TRUE(Match("a${iot:ClientId}b", "ab", {{"iot:ClientId", ""}}));
  EXPECT_TRUE(Match("*${iot:ClientId}", "ab", {{"iot:ClientId", ""}}));
}

TEST(Pattern, CertificateTextWithAWildcardOrTooLong_IsNotInserted) {
  const std::string name = "iot:Certificate.Subject.CommonName";
  for (const char* value : {"*", "a+b", "#", "a?", "$aws"}) {
    EXPECT_FALSE(Match("${iot:Certificate.Subject.CommonName}", value, {{name, value}})) << value;
  }
  const std::string longest(1024, 'x');
  EXPECT_TRUE(Match("${iot:Certificate.Subject.CommonName}", longest, {{name, longest}}));
  EXPECT_FALSE(
      Match("${iot:Certificate.Subject.CommonName}", longest + "x", {{name, longest + "x"}}));
}

TEST(Pattern, IgnoreCase_IsForLettersOnly) {
  const Pattern::Rules rules{false, true, true};
  EXPECT_TRUE(Match("AbC-1", "aBc-1", {}, rules));
  EXPECT_FALSE(Match("a*", "abc", {}, rules));
  EXPECT_FALSE(Match("[", "{", {}, rules));
  EXPECT_TRUE(Match("x-${iot:ClientId}", "X-ABC", {{"iot:ClientId", "abc"}}, rules));
}

TEST(Pattern, WithoutWildcards_TheyMeanThemselves) {
  const Pattern::Rules rules{false, false, true};
  EXPECT_TRUE(Match("a*?", "a*?", {}, rules));
  EXPECT_FALSE(Match("a*?", "abc", {}, rules));
}

TEST(Pattern, Malformed_SaysWhy) {
  EXPECT_NE(WhyMalformed("a/${iot:ClientId").find("'}'"), std::string::npos);
  EXPECT_NE(WhyMalformed("${aws:username}").find("aws:username"), std::string::npos);
  EXPECT_NE(WhyMalformed("${}").find("''"), std::string::npos);
  EXPECT_NE(WhyMalformed("${iot:DomainName}").find("server name"), std::string::npos);
  EXPECT_NE(WhyMalformed("${iot:ConnectAttributes}").find("several"), std::string::npos);
  EXPECT_NE(WhyMalformed("${iot:Certificate.Subject.CommonName.List}").find("several"),
            std::string::npos);
  EXPECT_NE(WhyMalformed("${iot:ClientId}", {true, false, false}).find("2012-10-17"),
            std::string::npos);
  for (const char* name : {"iot:Connection.Thing.Attributes[]", "iot:Connection.Thing.Attributes[a",
                           "iot:Certificate.Subject.CommonName.0", "iot:Certificate.Subject.Shoe",
                           "iot:Certificate.Subject.CommonName.x", "iot:ClientId, 'x'"}) {
    EXPECT_NE(WhyMalformed("${" + std::string(name) + "}"), "") << name;
  }
}

}  // namespace
}  // namespace fieldwork::policy
