// Decides that each action is asked with its own resource, and what each variable is worth.
#include "cloud/broker/permissions.h"

#include <gtest/gtest.h>

namespace fieldwork::broker {
namespace {

std::string Statement(const std::string& effect, const std::string& action,
                      const std::string& resource, const std::string& condition = "") {
  return R"({"Effect":")" + effect + R"(","Action":")" + action +
         R"(","Resource":"arn:aws:iot:eu-west-1:123456789012:)" + resource + '"' +
         (condition.empty() ? "" : R"(,"Condition":)" + condition) + "}";
}

/// One certificate with one policy, attached to the things "T" (attribute site=9) and "U".
class PermissionsTest : public ::testing::Test {
 protected:
  /// Takes the place of the policies that were there.
  void SetPolicy(Policies& policies, const std::string& statements) {
    auto parsed =
        policy::Document::Parse(R"({"Version":"2012-10-17","Statement":[)" + statements + "]}");
    ASSERT_EQ(parsed.index(), 0u) << std::get<1>(parsed);
    documents_.push_back(std::make_unique<policy::Document>(std::move(std::get<0>(parsed))));
    policies = {documents_.back().get()};
  }
  void Policy(const std::string& statements) { SetPolicy(principal_.policies, statements); }
  void PolicyOfTheGroupsOfT(const std::string& statements) {
    SetPolicy(principal_.things[0].policies, statements);
  }
  void Allow(const std::string& action, const std::string& resource,
             const std::string& condition = "") {
    Policy(Statement("Allow", action, resource, condition));
  }
  Caller As(std::string_view client_id) const {
    return {client_id, certificate_, principal_, connection_};
  }
  bool Connects(std::string_view client_id, ConnectAttributes attributes = {}) const {
    return permissions_.MayConnect(As(client_id), attributes);
  }

  CertificateId certificate_{0xAB};
  Principal principal_{true, {{"T", {{"site", "9"}}, {}}, {"U", {}, {}}}, {}};
  policy::Variables connection_ = [](std::string_view name) -> std::optional<std::string> {
    if (name == "aws:SourceIp") return "192.0.2.7";
    return std::nullopt;
  };
  std::vector<std::unique_ptr<policy::Document>> documents_;
  Permissions permissions_{"eu-west-1", "123456789012"};
};

TEST_F(PermissionsTest, WithoutAPolicy_NothingIsAllowed) {
  EXPECT_FALSE(Connects("T"));
  EXPECT_FALSE(permissions_.MayPublish(As("T"), "a", false));
}

TEST_F(PermissionsTest, Inactive_IsNeverAllowed) {
  Allow("iot:*", "*");
  EXPECT_TRUE(Connects("T"));
  principal_.active = false;
  EXPECT_FALSE(Connects("T"));
  EXPECT_FALSE(permissions_.MayReceive(As("T"), "a"));
}

TEST_F(PermissionsTest, Actions_HaveTheirOwnResources) {
  Allow("iot:*", "topic/a/b");
  EXPECT_TRUE(permissions_.MayPublish(As("T"), "a/b", false));
  EXPECT_TRUE(permissions_.MayReceive(As("T"), "a/b"));
  EXPECT_FALSE(permissions_.MaySubscribe(As("T"), "a/b"));
  EXPECT_FALSE(permissions_.MayPublish(As("T"), "a/c", false));
  EXPECT_FALSE(Connects("T"));
  Allow("iot:Subscribe", "topicfilter/a/#");
  EXPECT_TRUE(permissions_.MaySubscribe(As("T"), "a/#"));
  EXPECT_FALSE(permissions_.MaySubscribe(As("T"), "a/b")) << "'#' is a plain character";
}

TEST_F(PermissionsTest, AnotherRegion_IsAnotherResource) {
  Policy(R"({"Effect":"Allow","Action":"iot:Connect",
             "Resource":"arn:aws:iot:us-east-1:123456789012:client/T"})");
  EXPECT_FALSE(Connects("T"));
}

TEST_F(PermissionsTest, Retained_NeedsAnActionOfItsOwn) {
  Allow("iot:Publish", "topic/a");
  EXPECT_TRUE(permissions_.MayPublish(As("T"), "a", false));
  EXPECT_FALSE(permissions_.MayPublish(As("T"), "a", true));
  Allow("iot:*", "topic/a");
  EXPECT_TRUE(permissions_.MayPublish(As("T"), "a", true));
}

TEST_F(PermissionsTest, ThingName_IsWorthTheClientIdOfAnAttachedThing) {
  Allow("iot:Connect", "client/${iot:Connection.Thing.ThingName}");
  EXPECT_TRUE(Connects("T"));
  EXPECT_TRUE(Connects("U"));
  EXPECT_FALSE(Connects("V"));
}

TEST_F(PermissionsTest, OtherVariables_AreWorthTheirConnection) {
  Allow("iot:Connect", "client/${iot:ClientId}");
  EXPECT_TRUE(Connects("anything"));
  Allow("iot:Publish", "topic/${iot:Connection.Thing.Attributes[site]}");
  EXPECT_TRUE(permissions_.MayPublish(As("T"), "9", false));
  EXPECT_FALSE(permissions_.MayPublish(As("U"), "9", false));
  Allow("iot:Publish", "topic/${iot:CertificateId}");
  EXPECT_TRUE(permissions_.MayPublish(As("T"), ToHex(certificate_), false));
  Allow("iot:Connect", "*", R"({"Bool":{"iot:Connection.Thing.IsAttached":"true"}})");
  EXPECT_TRUE(Connects("T"));
  EXPECT_FALSE(Connects("V"));
  Allow("iot:Connect", "*", R"({"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}})");
  EXPECT_TRUE(Connects("T"));
  Allow("iot:Connect", "*", R"({"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}})");
  EXPECT_FALSE(Connects("T"));
}

TEST_F(PermissionsTest, ConnectAttributes_AreThoseAskedFor) {
  Allow("iot:Connect", "*",
        R"({"ForAllValues:StringEquals":{"iot:ConnectAttributes":["PersistentConnect"]}})");
  EXPECT_TRUE(Connects("T"));
  EXPECT_TRUE(Connects("T", {.persistent = true}));
  EXPECT_FALSE(Connects("T", {.last_will = true}));
  EXPECT_FALSE(Connects("T", {.persistent = true, .last_will = true}));
}

TEST_F(PermissionsTest, PoliciesOfGroups_CountForTheClientWithTheNameOfTheThingAlone) {
  PolicyOfTheGroupsOfT(Statement("Allow", "iot:*", "*"));
  EXPECT_TRUE(Connects("T"));
  EXPECT_TRUE(permissions_.MayPublish(As("T"), "a", true));
  EXPECT_TRUE(permissions_.MaySubscribe(As("T"), "a"));
  EXPECT_TRUE(permissions_.MayReceive(As("T"), "a"));
  for (const char* const other : {"U", "V", "t", ""}) {
    EXPECT_FALSE(Connects(other)) << other;
    EXPECT_FALSE(permissions_.MayPublish(As(other), "a", false)) << other;
    EXPECT_FALSE(permissions_.MaySubscribe(As(other), "a")) << other;
    EXPECT_FALSE(permissions_.MayReceive(As(other), "a")) << other;
  }
}

TEST_F(PermissionsTest, PoliciesOfGroups_CountBesideThoseOfTheCertificate) {
  Policy(Statement("Allow", "iot:Connect", "client/*"));
  PolicyOfTheGroupsOfT(Statement("Allow", "iot:Publish",
                                 "topic/${iot:ClientId}/${iot:Connection."
                                 "Thing.Attributes[site]}"));
  EXPECT_TRUE(Connects("T"));
  EXPECT_TRUE(Connects("V"));
  EXPECT_TRUE(permissions_.MayPublish(As("T"), "T/9", false));
  EXPECT_FALSE(permissions_.MayPublish(As("T"), "T/8", false));
  EXPECT_FALSE(permissions_.MayPublish(As("V"), "V/9", false));
}

TEST_F(PermissionsTest, ADenyOnEitherSide_Wins) {
  const std::string allow = Statement("Allow", "iot:Connect", "client/*");
  const std::string deny = Statement("Deny", "iot:Connect", "client/*");
  Policy(allow);
  PolicyOfTheGroupsOfT(deny);
  EXPECT_FALSE(Connects("T"));
  EXPECT_TRUE(Connects("U")) << "it is not in that group";
  EXPECT_TRUE(Connects("V"));
  Policy(deny);
  PolicyOfTheGroupsOfT(allow);
  EXPECT_FALSE(Connects("T"));
}

TEST_F(PermissionsTest, Inactive_IsNotAllowedByAGroupEither) {
  PolicyOfTheGroupsOfT(Statement("Allow", "iot:*", "*"));
  principal_.active = false;
  EXPECT_FALSE(Connects("T"));
}

}  // namespace
}  // namespace fieldwork::broker
