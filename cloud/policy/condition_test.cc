// Checks every operator, and what several values or none mean.
#include "cloud/policy/condition.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "cloud/policy/malformed.h"

namespace fieldwork::policy {
namespace {

using Known = std::map<std::string, std::string, std::less<>>;
using Texts = std::vector<std::string>;

constexpr const char* kClient = "iot:ClientId";
constexpr const char* kLevel = "iot:Connection.Thing.Attributes[level]";
constexpr const char* kAttached = "iot:Connection.Thing.IsAttached";
constexpr const char* kWants = "iot:ConnectAttributes";
constexpr const char* kNames = "iot:Certificate.Subject.CommonName.List";

bool Holds(std::string_view op, std::string_view key, const Texts& wanted, const Known& known) {
  const Variables variables = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = known.find(name);
    if (found == known.end()) return std::nullopt;
    return found->second;
  };
  Values values(variables);
  return Condition::Parse(ParseOperator(op), key, wanted, true).Holds(values);
}

std::string WhyMalformed(std::string_view op, std::string_view key, const Texts& wanted) {
  try {
    Condition::Parse(ParseOperator(op), key, wanted, true);
  } catch (const Malformed& malformed) {
    return malformed.why;
  }
  return "";
}

TEST(Condition, StringEquals_IsExact) {
  EXPECT_TRUE(Holds("StringEquals", kClient, {"a", "b"}, {{kClient, "b"}}));
  EXPECT_FALSE(Holds("StringEquals", kClient, {"a", "b"}, {{kClient, "B"}}));
  EXPECT_FALSE(Holds("StringEquals", kClient, {"*"}, {{kClient, "b"}}));
}

TEST(Condition, StringNotEquals_IsNoneOfThem) {
  EXPECT_TRUE(Holds("StringNotEquals", kClient, {"a", "b"}, {{kClient, "c"}}));
  EXPECT_FALSE(Holds("StringNotEquals", kClient, {"a", "b"}, {{kClient, "b"}}));
}

TEST(Condition, StringIgnoreCase_BothWays) {
  EXPECT_TRUE(Holds("StringEqualsIgnoreCase", kClient, {"ABC"}, {{kClient, "abc"}}));
  EXPECT_FALSE(Holds("StringNotEqualsIgnoreCase", kClient, {"ABC"}, {{kClient, "abc"}}));
  EXPECT_TRUE(Holds("StringNotEqualsIgnoreCase", kClient, {"ABC"}, {{kClient, "abd"}}));
}

TEST(Condition, StringLike_HasWildcardsAndVariables) {
  const Known known{{kClient, "pump-north"}, {"iot:Connection.Thing.Attributes[site]", "north"}};
  EXPECT_TRUE(Holds("StringLike", kClient, {"pump-*"}, known));
  EXPECT_TRUE(Holds("StringLike", kClient, {"*${iot:Connection.Thing.Attributes[site]}"}, known));
  EXPECT_FALSE(Holds("StringLike", kClient, {"*${iot:CertificateId}"}, known));
  EXPECT_FALSE(Holds("StringNotLike", kClient, {"pump-*"}, known));
  EXPECT_TRUE(Holds("StringNotLike", kClient, {"fan-*"}, known));
}

TEST(Condition, Numeric_EachOperator) {
  const Known ten{{kLevel, "10"}};
  EXPECT_TRUE(Holds("NumericEquals", kLevel, {"10.0"}, ten));
  EXPECT_FALSE(Holds("NumericNotEquals", kLevel, {"10.0"}, ten));
  EXPECT_TRUE(Holds("NumericLessThan", kLevel, {"11"}, ten));
  EXPECT_FALSE(Holds("NumericLessThan", kLevel, {"10"}, ten));
  EXPECT_TRUE(Holds("NumericLessThanEquals", kLevel, {"10"}, ten));
  EXPECT_FALSE(Holds("NumericLessThanEquals", kLevel, {"9"}, ten));
  EXPECT_TRUE(Holds("NumericGreaterThan", kLevel, {"9"}, ten));
  EXPECT_FALSE(Holds("NumericGreaterThan", kLevel, {"10"}, ten));
  EXPECT_TRUE(Holds("NumericGreaterThanEquals", kLevel, {"10"}, ten));
  EXPECT_FALSE(Holds("NumericGreaterThanEquals", kLevel, {"11"}, ten));
}

TEST(Condition, Numeric_OfATextThatIsNoNumber_IsDifferent) {
  EXPECT_FALSE(Holds("NumericGreaterThan", kLevel, {"0"}, {{kLevel, "high"}}));
  EXPECT_TRUE(Holds("NumericNotEquals", kLevel, {"0"}, {{kLevel, "high"}}));
}

TEST(Condition, Bool_OfIsAttached) {
  EXPECT_TRUE(Holds("Bool", kAttached, {"true"}, {{kAttached, "true"}}));
  EXPECT_FALSE(Holds("Bool", kAttached, {"true"}, {{kAttached, "false"}}));
  EXPECT_TRUE(Holds("Bool", kAttached, {"False"}, {{kAttached, "false"}}));
  EXPECT_FALSE(Holds("Bool", kAttached, {"true"}, {}));
  EXPECT_FALSE(Holds("Bool", kAttached, {"false"}, {{kAttached, "maybe"}}));
}

TEST(Condition, IpAddress_BothWays) {
  const Known known{{"aws:SourceIp", "192.0.2.7"}};
  EXPECT_TRUE(Holds("IpAddress", "aws:SourceIp", {"10.0.0.0/8", "192.0.2.0/24"}, known));
  EXPECT_FALSE(Holds("IpAddress", "aws:SourceIp", {"10.0.0.0/8"}, known));
  EXPECT_TRUE(Holds("NotIpAddress", "aws:SourceIp", {"10.0.0.0/8"}, known));
  EXPECT_FALSE(Holds("NotIpAddress", "aws:SourceIp", {"192.0.2.7"}, known));
  EXPECT_FALSE(Holds("IpAddress", "aws:SourceIp", {"0.0.0.0/0"}, {}));
}

TEST(Condition, Null_AsksWhetherThereIsAValue) {
  EXPECT_TRUE(Holds("Null", kClient, {"true"}, {}));
  EXPECT_FALSE(Holds("Null", kClient, {"true"}, {{kClient, ""}}));
  EXPECT_TRUE(Holds("Null", kClient, {"false"}, {{kClient, "a"}}));
  EXPECT_FALSE(Holds("Null", kClient, {"false"}, {}));
  EXPECT_TRUE(Holds("Null", kNames, {"true"}, {}));
  EXPECT_TRUE(Holds("Null", kWants, {"true"}, {{kWants, ""}}));
  EXPECT_TRUE(Holds("Null", kWants, {"false"}, {{kWants, "LastWill"}}));
}

TEST(Condition, MissingKey_OnlyDifferencesHold) {
  for (const char* op : {"StringEquals", "StringEqualsIgnoreCase", "StringLike"}) {
    EXPECT_FALSE(Holds(op, kClient, {"a"}, {})) << op;
  }
  for (const char* op : {"StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike"}) {
    EXPECT_TRUE(Holds(op, kClient, {"a"}, {})) << op;
  }
  EXPECT_FALSE(Holds("NumericLessThan", kLevel, {"1"}, {}));
  EXPECT_TRUE(Holds("NumericNotEquals", kLevel, {"1"}, {}));
  EXPECT_TRUE(Holds("NotIpAddress", "aws:SourceIp", {"10.0.0.0/8"}, {}));
}

TEST(Condition, IfExists_HoldsWithoutTheKey) {
  EXPECT_TRUE(Holds("StringEqualsIfExists", kClient, {"a"}, {}));
  EXPECT_FALSE(Holds("StringEqualsIfExists", kClient, {"a"}, {{kClient, "b"}}));
  EXPECT_TRUE(Holds("BoolIfExists", kAttached, {"true"}, {}));
  EXPECT_TRUE(Holds("ForAnyValue:StringEqualsIfExists", kNames, {"a"}, {}));
}

// The policies of "Connect policy examples" in the AWS IoT developer guide.
TEST(Condition, ConnectAttributes_AsInTheExamplesOfAws) {
  const auto wants = [](const char* text) { return Known{{kWants, text}}; };
  const Texts persistent{"PersistentConnect"};
  for (const char* text : {"", "PersistentConnect"}) {
    EXPECT_TRUE(Holds("ForAllValues:StringEquals", kWants, persistent, wants(text))) << text;
  }
  EXPECT_FALSE(Holds("ForAllValues:StringEquals", kWants, persistent, wants("LastWill")));
  EXPECT_TRUE(Holds("ForAllValues:StringNotEquals", kWants, persistent, wants("LastWill")));
  EXPECT_FALSE(Holds("ForAllValues:StringNotEquals", kWants, persistent,
                     wants("LastWill,PersistentConnect")));
  EXPECT_TRUE(
      Holds("ForAnyValue:StringEquals", kWants, persistent, wants("LastWill,PersistentConnect")));
  EXPECT_FALSE(Holds("ForAnyValue:StringEquals", kWants, persistent, wants("")));
  EXPECT_TRUE(Holds("ForAllValues:StringEquals", kWants, {}, wants("")));
  EXPECT_FALSE(Holds("ForAllValues:StringEquals", kWants, {}, wants("LastWill")));
  EXPECT_TRUE(Holds("StringEquals", kWants, {"LastWill"}, wants("")));
  EXPECT_TRUE(Holds("StringEquals", kWants, {"LastWill"}, wants("LastWill")));
  EXPECT_FALSE(Holds("StringEquals", kWants, {"LastWill"}, wants("LastWill,PersistentConnect")));
}

TEST(Condition, ConnectAttributes_OfAnotherRequest_AreMissing) {
  EXPECT_FALSE(Holds("StringEquals", kWants, {"LastWill"}, {}));
  EXPECT_TRUE(Holds("ForAllValues:StringEquals", kWants, {"LastWill"}, {}));
  EXPECT_FALSE(Holds("ForAnyValue:StringEquals", kWants, {"LastWill"}, {}));
}

TEST(Condition, CertificateList_LooksAtAtMostFiveValues) {
  const std::string name = "iot:Certificate.Subject.CommonName";
  Known known{{name, "a"},        {name + ".1", "b"}, {name + ".2", "c"},
              {name + ".3", "d"}, {name + ".4", "e"}, {name + ".5", "f"}};
  EXPECT_TRUE(Holds("ForAnyValue:StringEquals", kNames, {"a"}, known));
  EXPECT_TRUE(Holds("ForAnyValue:StringEquals", kNames, {"e"}, known));
  EXPECT_FALSE(Holds("ForAnyValue:StringEquals", kNames, {"f"}, known));
  EXPECT_TRUE(Holds("ForAllValues:StringLike", kNames, {"?"}, known));
  EXPECT_FALSE(Holds("ForAllValues:StringEquals", kNames, {"a", "b"}, known));
  EXPECT_TRUE(Holds("StringEquals", name + ".2", {"c"}, known));
  EXPECT_FALSE(Holds("StringEquals", name + ".9", {"c"}, known));
}

TEST(Condition, NoValues_PositiveNeverNegatedAlways) {
  EXPECT_FALSE(Holds("StringEquals", kClient, {}, {{kClient, "a"}}));
  EXPECT_TRUE(Holds("StringNotEquals", kClient, {}, {{kClient, "a"}}));
}

TEST(Condition, Malformed_NamesWhatIsWrong) {
  const auto why = [](std::string_view op, std::string_view key, const Texts& wanted,
                      std::string_view part) {
    const std::string sentence = WhyMalformed(op, key, wanted);
    EXPECT_NE(sentence.find(part), std::string::npos) << op << ": " << sentence;
  };
  why("DateLessThan", kClient, {"2024-01-01T00:00:00Z"}, "without a clock");
  why("ArnEquals", kClient, {"arn:aws:iot:::x"}, "StringLike");
  why("BinaryEquals", kClient, {"x"}, "BinaryEquals");
  why("stringEquals", kClient, {"x"}, "stringEquals");
  why("ForSomeValues:StringEquals", kClient, {"x"}, "ForSomeValues");
  why("NullIfExists", kClient, {"true"}, "Null stands alone");
  why("ForAnyValue:Null", kClient, {"true"}, "Null stands alone");
  why("StringEquals", "aws:CurrentTime", {"x"}, "clock");
  why("StringEquals", "iot:DomainName", {"x"}, "iot:DomainName");
  why("StringEquals", "iot:LastWillTopic", {"x"}, "iot:Publish");
  why("StringEquals", "iot:Certificate.AvailableKeys", {"x"}, "Null");
  why("StringEquals", "aws:username", {"x"}, "aws:username");
  why("StringEquals", kNames, {"x"}, "ForAnyValue");
  why("IpAddress", kClient, {"10.0.0.0/8"}, "aws:SourceIp");
  why("IpAddress", "aws:SourceIp", {"10.0.0.0/40"}, "10.0.0.0/40");
  why("NumericEquals", kLevel, {"ten"}, "ten");
  why("NumericEquals", kLevel, {"${iot:ClientId}"}, "number");
  why("Bool", kAttached, {"yes"}, "yes");
  why("StringEquals", kClient, {"${nothing}"}, "nothing");
}

}  // namespace
}  // namespace fieldwork::policy
