// Checks decisions: the union of documents, Deny over Allow, and the examples that people start
// from.
#include "cloud/policy/policy.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace fieldwork::policy {
namespace {

using Known = std::map<std::string, std::string, std::less<>>;

const std::string kArn = "arn:aws:iot:us-east-1:000000000000:";

Document Parse(std::string_view json) {
  auto parsed = Document::Parse(json);
  if (const auto* why = std::get_if<std::string>(&parsed)) throw std::runtime_error(*why);
  return std::move(std::get<Document>(parsed));
}

Document One(const std::string& effect, const std::string& action, const std::string& resource,
             const std::string& more = "") {
  return Parse(R"({"Version":"2012-10-17","Statement":{"Effect":")" + effect + R"(","Action":")" +
               action + R"(","Resource":")" + resource + "\"" + more + "}}");
}

Decision Decide(const std::vector<const Document*>& documents, std::string_view action,
                const std::string& resource, const Known& known = {}) {
  return Evaluate(documents, {action, kArn + resource},
                  [&](std::string_view name) -> std::optional<std::string> {
                    const auto found = known.find(name);
                    if (found == known.end()) return std::nullopt;
                    return found->second;
                  });
}

TEST(Policy, NoDocument_NothingIsAllowed) {
  EXPECT_EQ(Decide({}, "iot:Connect", "client/c"), Decision::kNotAllowed);
}

TEST(Policy, ActionAndResource_BothHaveToMatch) {
  const Document document = One("Allow", "iot:Pub*", kArn + "topic/a/*");
  EXPECT_EQ(Decide({&document}, "iot:Publish", "topic/a/b"), Decision::kAllowed);
  EXPECT_EQ(Decide({&document}, "iot:Publish", "topic/b"), Decision::kNotAllowed);
  EXPECT_EQ(Decide({&document}, "iot:Receive", "topic/a/b"), Decision::kNotAllowed);
  EXPECT_EQ(Decide({&document}, "iot:RetainPublish", "topic/a/b"), Decision::kNotAllowed);
}

TEST(Policy, UnknownAction_IsNeverAllowed) {
  const Document document = One("Allow", "*", "*");
  EXPECT_EQ(Decide({&document}, "iot:Publish", "topic/a"), Decision::kAllowed);
  EXPECT_EQ(Decide({&document}, "iot:Fly", "topic/a"), Decision::kNotAllowed);
  EXPECT_EQ(Decide({&document}, "", "topic/a"), Decision::kNotAllowed);
}

TEST(Policy, Deny_WinsInWhateverOrderAndDocument) {
  const Document allow = One("Allow", "iot:*", "*");
  const Document deny = One("Deny", "iot:Publish", kArn + "topic/secret/*");
  for (const auto& documents :
       {std::vector<const Document*>{&allow, &deny}, std::vector<const Document*>{&deny, &allow}}) {
    EXPECT_EQ(Decide(documents, "iot:Publish", "topic/secret/a"), Decision::kDenied);
    EXPECT_EQ(Decide(documents, "iot:Publish", "topic/open"), Decision::kAllowed);
  }
  EXPECT_EQ(Decide({&deny}, "iot:Publish", "topic/open"), Decision::kNotAllowed);
}

TEST(Policy, Deny_InTheSameDocument) {
  const Document document = Parse(R"({"Version":"2012-10-17","Statement":[
    {"Effect":"Deny","Action":"iot:Connect","Resource":"arn:aws:iot:us-east-1:000000000000:client/a"},
    {"Effect":"Allow","Action":"iot:Connect","Resource":"*"}]})");
  EXPECT_EQ(Decide({&document}, "iot:Connect", "client/a"), Decision::kDenied);
  EXPECT_EQ(Decide({&document}, "iot:Connect", "client/b"), Decision::kAllowed);
}

TEST(Policy, Documents_AreAUnion) {
  const Document connect = One("Allow", "iot:Connect", "*");
  const Document publish = One("Allow", "iot:Publish", kArn + "topic/a");
  EXPECT_EQ(Decide({&connect, &publish}, "iot:Connect", "client/c"), Decision::kAllowed);
  EXPECT_EQ(Decide({&connect, &publish}, "iot:Publish", "topic/a"), Decision::kAllowed);
  EXPECT_EQ(Decide({&connect}, "iot:Publish", "topic/a"), Decision::kNotAllowed);
}

TEST(Policy, Conditions_AllHaveToHold) {
  const Document document = One("Allow", "iot:Connect", "*",
                                R"(,"Condition":{"Bool":{"iot:Connection.Thing.IsAttached":"true"},
          "StringEquals":{"iot:Connection.Thing.Attributes[site]":["north","south"]}})");
  const std::string attached = "iot:Connection.Thing.IsAttached";
  const std::string site = "iot:Connection.Thing.Attributes[site]";
  EXPECT_EQ(Decide({&document}, "iot:Connect", "client/c", {{attached, "true"}, {site, "south"}}),
            Decision::kAllowed);
  EXPECT_EQ(Decide({&document}, "iot:Connect", "client/c", {{attached, "true"}}),
            Decision::kNotAllowed);
  EXPECT_EQ(Decide({&document}, "iot:Connect", "client/c", {{site, "south"}}),
            Decision::kNotAllowed);
}

// The policy that AWS proposes for a device that does jobs.
class JobsPolicy : public ::testing::Test {
 protected:
  Document document_ = Parse(R"({"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"iot:Connect",
     "Resource":"arn:aws:iot:us-east-1:000000000000:client/${iot:Connection.Thing.ThingName}"},
    {"Effect":"Allow","Action":["iot:Publish","iot:Receive"],
     "Resource":"arn:aws:iot:us-east-1:000000000000:topic/$aws/things/${iot:Connection.Thing.ThingName}/jobs/*"},
    {"Effect":"Allow","Action":"iot:Subscribe",
     "Resource":"arn:aws:iot:us-east-1:000000000000:topicfilter/$aws/things/${iot:Connection.Thing.ThingName}/jobs/*"}]})");
  Known pump_{{"iot:Connection.Thing.ThingName", "pump"}};
};

TEST_F(JobsPolicy, TheThingItself_MayDoItsJobs) {
  EXPECT_EQ(Decide({&document_}, "iot:Connect", "client/pump", pump_), Decision::kAllowed);
  EXPECT_EQ(Decide({&document_}, "iot:Publish", "topic/$aws/things/pump/jobs/start-next", pump_),
            Decision::kAllowed);
  EXPECT_EQ(Decide({&document_}, "iot:Receive", "topic/$aws/things/pump/jobs/notify-next", pump_),
            Decision::kAllowed);
  EXPECT_EQ(Decide({&document_}, "iot:Subscribe", "topicfilter/$aws/things/pump/jobs/#", pump_),
            Decision::kAllowed);
}

TEST_F(JobsPolicy, OthersAndOtherTopics_AreOutOfReach) {
  EXPECT_EQ(Decide({&document_}, "iot:Connect", "client/fan", pump_), Decision::kNotAllowed);
  EXPECT_EQ(Decide({&document_}, "iot:Publish", "topic/$aws/things/fan/jobs/start-next", pump_),
            Decision::kNotAllowed);
  EXPECT_EQ(Decide({&document_}, "iot:Subscribe", "topicfilter/$aws/things/+/jobs/#", pump_),
            Decision::kNotAllowed);
  EXPECT_EQ(Decide({&document_}, "iot:Subscribe", "topic/$aws/things/pump/jobs/#", pump_),
            Decision::kNotAllowed);
}

TEST_F(JobsPolicy, WithoutAThing_NothingIsAllowed) {
  EXPECT_EQ(Decide({&document_}, "iot:Connect", "client/pump"), Decision::kNotAllowed);
  EXPECT_EQ(Decide({&document_}, "iot:Connect", "client/"), Decision::kNotAllowed);
}

TEST(Policy, DenyWithNotEquals_HoldsForAKeyWithoutValue) {
  const Document allow = One("Allow", "iot:*", "*");
  const Document deny =
      One("Deny", "iot:*", "*",
          R"(,"Condition":{"StringNotEquals":{"iot:Certificate.Subject.Organization":"Acme"}})");
  const std::string organization = "iot:Certificate.Subject.Organization";
  EXPECT_EQ(Decide({&allow, &deny}, "iot:Connect", "client/c"), Decision::kDenied);
  EXPECT_EQ(Decide({&allow, &deny}, "iot:Connect", "client/c", {{organization, "Acme"}}),
            Decision::kAllowed);
}

TEST(Policy, Variables_AreAskedForOnceAndOnlyIfNeeded) {
  const Document document = Parse(R"({"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"iot:Publish","Resource":[
      "arn:aws:iot:us-east-1:000000000000:topic/a/${iot:ClientId}",
      "arn:aws:iot:us-east-1:000000000000:topic/b/${iot:ClientId}",
      "arn:aws:iot:us-east-1:000000000000:topic/b/${iot:ClientId}/x"]},
    {"Effect":"Allow","Action":"iot:Connect","Resource":"*"}]})");
  int asked = 0;
  const Variables count = [&](std::string_view) -> std::optional<std::string> {
    ++asked;
    return "c";
  };
  const Document* const documents[] = {&document};
  EXPECT_EQ(Evaluate(documents, {"iot:Publish", kArn + "topic/b/c/x"}, count), Decision::kAllowed);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(Evaluate(documents, {"iot:Connect", kArn + "client/c"}, count), Decision::kAllowed);
  EXPECT_EQ(asked, 1);
}

TEST(Policy, EmptyVariables_AreNoVariables) {
  const Document document = One("Allow", "iot:Connect", kArn + "client/${iot:ClientId}");
  const Document* const documents[] = {&document};
  EXPECT_EQ(Evaluate(documents, {"iot:Connect", kArn + "client/c"}, Variables()),
            Decision::kNotAllowed);
}

}  // namespace
}  // namespace fieldwork::policy
