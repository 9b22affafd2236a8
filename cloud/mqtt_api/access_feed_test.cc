// What the plugin is told, in which order.
#include "cloud/mqtt_api/access_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cloud/domain/testing/fixture.h"

namespace fieldwork::mqtt_api {
namespace {

using ::testing::ElementsAre;

class AccessFeedTest : public ::testing::Test {
 protected:
  std::vector<std::string> Sent() { return std::exchange(sent_, {}); }

  domain::testing::Fixture world_;
  domain::Access access_{world_.context};
  std::vector<std::string> sent_;
  AccessFeed feed_{access_, [this](std::string_view json) { sent_.emplace_back(json); }};
  const std::string a_ = std::string(64, 'a');
  const std::string b_ = std::string(64, 'b');
  const std::string at_0_ = std::to_string(domain::ToMillis(domain::testing::At(0)));
};

TEST_F(AccessFeedTest, NothingRegistered_IsAnEmptyPicture) {
  feed_.SendAll();
  EXPECT_THAT(Sent(), ElementsAre(R"({"op":"begin"})", R"({"op":"end"})"));
}

TEST_F(AccessFeedTest, WholePicture_HasEachPolicyOnceBeforeWhoNeedsIt) {
  world_.AddThing("T", {{"site", "a \"b\""}});
  world_.AddCertificate('a', "T");
  world_.AddCertificate('b');
  world_.AddPolicy("P", R"({ "Version": "2012-10-17" })", world_.context.names.CertificateArn(a_));
  world_.store.AttachPolicy("P", world_.context.names.CertificateArn(b_));
  feed_.SendAll();
  const std::string policy = "P:1:" + at_0_;
  EXPECT_THAT(
      Sent(),
      ElementsAre(
          R"({"op":"begin"})",
          R"({"op":"policy","id":")" + policy + R"(","document":{ "Version": "2012-10-17" }})",
          R"({"op":"principal","id":")" + a_ +
              R"(","active":true,"things":[{"name":"T","attributes":{"site":"a \"b\""},"policies":[]}],)"
              R"("policies":[")" +
              policy + R"("]})",
          R"({"op":"principal","id":")" + b_ + R"(","active":true,"things":[],"policies":[")" +
              policy + R"("]})",
          R"({"op":"end"})"));
}

TEST_F(AccessFeedTest, PoliciesOfGroups_StandAtTheThingThatIsInThem) {
  world_.AddThing("T");
  world_.AddThing("U");
  world_.AddCertificate('a', "T");
  world_.store.AttachToThing(a_, "U");
  world_.AddGroup("root");
  world_.AddGroup("leaf", "root");
  world_.AddMember("T", "leaf");
  world_.AddPolicy("own", "{}", world_.context.names.CertificateArn(a_));
  world_.AddPolicy("of-root", R"({"r":1})", world_.context.names.GroupArn("root"));
  world_.store.AttachPolicy("own", world_.context.names.GroupArn("leaf"));
  feed_.SendChange(a_);
  const std::string own = "\"own:1:" + at_0_ + '"';
  const std::string of_root = "\"of-root:1:" + at_0_ + '"';
  EXPECT_THAT(
      Sent(),
      ElementsAre(R"({"op":"policy","id":)" + own + R"(,"document":{}})",
                  R"({"op":"policy","id":)" + of_root + R"(,"document":{"r":1}})",
                  R"({"op":"principal","id":")" + a_ +
                      R"(","active":true,"things":[{"name":"T","attributes":{},"policies":[)" +
                      own + "," + of_root + R"(]},{"name":"U","attributes":{},"policies":[]}],)" +
                      R"("policies":[)" + own + "]}"));
}

TEST_F(AccessFeedTest, MoreThanAPageOfCertificates_AllOfThemAreSent) {
  for (int i = 0; i < 600; ++i) {
    domain::Certificate certificate = world_.AddCertificate('c');
    world_.store.DeleteCertificate(certificate.id);
    char id[65];
    std::snprintf(id, sizeof id, "%064d", i);
    certificate.id = id;
    world_.store.SaveCertificate(certificate);
  }
  feed_.SendAll();
  EXPECT_EQ(Sent().size(), 602u);
}

TEST_F(AccessFeedTest, Change_SendsOnlyPoliciesThatAreNew) {
  domain::Certificate certificate = world_.AddCertificate('a');
  world_.AddPolicy("P", "{}", world_.context.names.CertificateArn(a_));
  feed_.SendAll();
  Sent();
  certificate.status = domain::CertificateStatus::kInactive;
  world_.store.SaveCertificate(certificate);
  feed_.SendChange(a_);
  EXPECT_THAT(Sent(),
              ElementsAre(R"({"op":"principal","id":")" + a_ +
                          R"(","active":false,"things":[],"policies":["P:1:)" + at_0_ + R"("]})"));
  feed_.SendAll();  // The plugin may be a new one: everything again.
  EXPECT_EQ(Sent().size(), 4u);
}

TEST_F(AccessFeedTest, PolicyMadeAnewUnderItsOldName_IsSentAgain) {
  world_.AddCertificate('a');
  const std::string arn = world_.context.names.CertificateArn(a_);
  world_.AddPolicy("P", "{}", arn);
  feed_.SendAll();
  Sent();
  world_.store.DeletePolicy("P");
  world_.store.SavePolicy({"P", 1, 1, {{1, R"({"new":1})", domain::testing::At(5)}}, {}});
  world_.store.AttachPolicy("P", arn);
  feed_.SendChange(a_);
  const auto sent = Sent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_NE(sent[0].find(R"("document":{"new":1})"), std::string::npos);
}

TEST_F(AccessFeedTest, DefaultVersion_IsTheOneThatIsSent) {
  world_.AddCertificate('a');
  world_.store.SavePolicy({"P", 2, 3, {{1, "{}", {}}, {2, R"({"v":2})", {}}, {3, "{}", {}}}, {}});
  world_.store.AttachPolicy("P", world_.context.names.CertificateArn(a_));
  feed_.SendChange(a_);
  const auto sent = Sent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0], R"({"op":"policy","id":"P:2:0","document":{"v":2}})");
}

TEST_F(AccessFeedTest, CertificateThatIsGone_IsRemoved) {
  feed_.SendChange(a_);
  EXPECT_THAT(Sent(), ElementsAre(R"({"op":"remove","id":")" + a_ + R"("})"));
}

}  // namespace
}  // namespace fieldwork::mqtt_api
