// Checks which documents are malformed, and what is said of them.
#include <gtest/gtest.h>

#include <string>

#include "cloud/policy/policy.h"

namespace fieldwork::policy {
namespace {

// Empty if the document is well-formed.
std::string Why(std::string_view json) {
  const auto parsed = Document::Parse(json);
  const auto* why = std::get_if<std::string>(&parsed);
  return why == nullptr ? "" : *why;
}

std::string Statement(const std::string& members) {
  return R"({"Version":"2012-10-17","Statement":{)" + members + "}}";
}

const std::string kGood = R"("Effect":"Allow","Action":"iot:Connect","Resource":"*")";

struct Case {
  std::string json;
  std::string part;  // Of the sentence.
};

void ExpectAll(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    const std::string why = Why(each.json);
    EXPECT_NE(why, "") << each.json;
    EXPECT_NE(why.find(each.part), std::string::npos) << each.json << "\n" << why;
  }
}

TEST(Parser, WellFormed_InEachWriting) {
  EXPECT_EQ(Why(Statement(kGood)), "");
  EXPECT_EQ(Why(Statement(R"("Sid":"one",)" + kGood)), "");
  EXPECT_EQ(Why(Statement(kGood + R"(,"Condition":{})")), "");
  EXPECT_EQ(
      Why(R"({"Version":"2012-10-17","Id":"x","Statement":[{)" + kGood + "},{" + kGood + "}]}"),
      "");
  EXPECT_EQ(Why(R"( {"Version":"2008-10-17","Statement":[{"Effect":"Deny",
      "Action":["iot:Pub*","iotjobsdata:*"],"Resource":["*","arn:aws:iot:*:*:topic/a"]}]} )"),
            "");
  EXPECT_EQ(
      Why(Statement(kGood + R"(,"Condition":{"Bool":{"iot:Connection.Thing.IsAttached":[true]},
      "NumericLessThan":{"iot:Connection.Thing.Attributes[n]":5},
      "ForAllValues:StringEquals":{"iot:ConnectAttributes":[]}})")),
      "");
}

TEST(Parser, NotJson_NamesTheByte) {
  ExpectAll({{"", "JSON"},
             {"{", "JSON"},
             {Statement(kGood) + "x", "byte"},
             {Statement(kGood) + "{}", "JSON"},
             {"{\"Version\":\"\xFF\"}", "JSON"},
             {"{'Version':1}", "byte 2"},
             {"[]", "not a JSON object"},
             {"null", "not a JSON object"}});
}

TEST(Parser, MemberTwice_IsMalformed) {
  ExpectAll({{Statement(kGood + R"(,"Effect":"Deny")"), "'Effect' stands twice"},
             {R"({"Version":"2012-10-17","Version":"2012-10-17","Statement":[]})", "'Version'"},
             {Statement(kGood + R"(,"Condition":{"Bool":{},"Bool":{}})"), "'Bool'"}});
}

TEST(Parser, TooDeep_IsMalformed) {
  const std::string deep = std::string(17, '[') + std::string(17, ']');
  ExpectAll({{deep, "16 levels"},
             {Statement(kGood + ",\"Condition\":" + std::string(100'000, '[')), "16 levels"}});
  EXPECT_EQ(Why(std::string(16, '[') + std::string(16, ']')).find("16 levels"), std::string::npos);
}

TEST(Parser, Document_Elements) {
  ExpectAll({{R"({"Statement":[]})", "'Version' is missing"},
             {R"({"Version":"2024-01-01","Statement":[]})", "2024-01-01"},
             {R"({"Version":2012,"Statement":[]})", "Version must be a string"},
             {R"({"Version":"2012-10-17"})", "'Statement' is missing"},
             {R"({"Version":"2012-10-17","Statement":[]})", "Statement is empty"},
             {R"({"Version":"2012-10-17","Statement":["x"]})", "statement 1: it must be an object"},
             {R"({"Version":"2012-10-17","Statement":[],"Owner":1})", "'Owner'"},
             {R"({"Version":"2012-10-17","Id":7,"Statement":[]})", "Id must be a string"},
             {R"({"version":"2012-10-17","Statement":[]})", "'version'"}});
}

TEST(Parser, Statement_Elements) {
  ExpectAll({{Statement(R"("Action":"iot:Connect","Resource":"*")"), "'Effect' is missing"},
             {Statement(R"("Effect":"Allow","Resource":"*")"), "'Action' is missing"},
             {Statement(R"("Effect":"Allow","Action":"iot:Connect")"), "'Resource' is missing"},
             {Statement(R"("Effect":"allow","Action":"iot:Connect","Resource":"*")"), "allow"},
             {Statement(R"("Effect":true,"Action":"iot:Connect","Resource":"*")"), "Effect"},
             {Statement(kGood + R"(,"Sid":1)"), "Sid"},
             {Statement(kGood + R"(,"NotAction":"iot:Connect")"), "NotAction"},
             {Statement(kGood + R"(,"NotResource":"*")"), "NotResource"},
             {Statement(kGood + R"(,"Principal":"*")"), "no Principal"},
             {Statement(kGood + R"(,"NotPrincipal":"*")"), "no NotPrincipal"},
             {Statement(kGood + R"(,"Colour":"red")"), "'Colour'"}});
}

TEST(Parser, TheStatementAtFault_IsNumbered) {
  const std::string why =
      Why(R"({"Version":"2012-10-17","Statement":[{)" + kGood + R"(},{"Effect":"Allow"}]})");
  EXPECT_EQ(why.substr(0, 12), "statement 2:");
}

TEST(Parser, Actions_AndResources) {
  const auto with = [](const std::string& action, const std::string& resource) {
    return Statement(R"("Effect":"Allow","Action":)" + action + R"(,"Resource":)" + resource);
  };
  ExpectAll({{with(R"("iot:Fly")", R"("*")"), "iot:Fly"},
             {with(R"(["iot:Connect","s3:GetObject"])", R"("*")"), "s3:GetObject"},
             {with(R"("iot:CreateThing")", R"("*")"), "iot:CreateThing"},
             {with("[]", R"("*")"), "Action is empty"},
             {with("7", R"("*")"), "Action must be"},
             {with(R"([7])", R"("*")"), "each Action"},
             {with(R"("iot:Connect")", "[]"), "Resource is empty"},
             {with(R"("iot:Connect")", R"("client/c")"), "client/c"},
             {with(R"("iot:Connect")", R"("")"), "neither"},
             {with(R"("iot:Connect")", R"("arn:aws:iot:r:a:client/${x}")"), "'x'"},
             {with(R"("iot:Connect")", R"({"a":1})"), "Resource must be"}});
}

TEST(Parser, Conditions) {
  const auto with = [](const std::string& block) {
    return Statement(kGood + ",\"Condition\":" + block);
  };
  ExpectAll({{with("[]"), "Condition must be an object"},
             {with(R"({"StringEquals":"x"})"), "Condition.StringEquals"},
             {with(R"({"StringEquals":{}})"), "Condition.StringEquals"},
             {with(R"({"StringEquals":{"iot:ClientId":null}})"), "iot:ClientId"},
             {with(R"({"StringEquals":{"iot:ClientId":[{}]}})"), "iot:ClientId"},
             {with(R"({"NumericEquals":{"iot:ClientId":1.5}})"), "iot:ClientId"},
             {with(R"({"DateEquals":{"aws:CurrentTime":"x"}})"), "DateEquals"},
             {with(R"({"StringEquals":{"aws:PrincipalTag/x":"x"}})"), "aws:PrincipalTag/x"}});
}

TEST(Parser, VariablesInAnOldVersion_AreMalformed) {
  ExpectAll({{R"({"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"iot:Connect",
              "Resource":"arn:aws:iot:r:a:client/${iot:ClientId}"}})",
              "2012-10-17"}});
}

}  // namespace
}  // namespace fieldwork::policy
