// Checks the rules of certificates and of what they are attached to.
#include "cloud/domain/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "cloud/domain/testing/fixture.h"

namespace fieldwork::domain {
namespace {

using testing::At;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

const std::string kId(64, 'c');

class AccessTest : public ::testing::Test, public testing::Fixture {
 protected:
  std::string Arn(const std::string& id = kId) { return context.names.CertificateArn(id); }

  Access access_{context};
};

TEST_F(AccessTest, RegisterCertificate_IsDescribedAsItWasGiven) {
  Certificate certificate;
  certificate.id = kId;
  certificate.pem = "PEM";
  certificate.without_ca = true;
  ASSERT_TRUE(access_.RegisterCertificate(certificate).ok());
  EXPECT_THAT(TakeChanged(), ElementsAre(kId));
  const auto described = access_.DescribeCertificate(kId);
  EXPECT_EQ(described.value().pem, "PEM");
  EXPECT_TRUE(described.value().without_ca);
  EXPECT_EQ(described.value().status, CertificateStatus::kInactive);
}

TEST_F(AccessTest, RegisterCertificate_Twice_NamesTheFirst) {
  const Certificate certificate = AddCertificate('c');
  const auto again = access_.RegisterCertificate(certificate);
  EXPECT_EQ(again.error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(again.error().resource_id, kId);
  EXPECT_EQ(again.error().resource_arn, Arn());
  EXPECT_THAT(TakeChanged(), IsEmpty());
}

TEST_F(AccessTest, DescribeCertificate_UnknownOrNoId) {
  EXPECT_EQ(access_.DescribeCertificate(kId).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(access_.DescribeCertificate("c").error().code, ErrorCode::kInvalidRequest);
}

TEST_F(AccessTest, UpdateCertificate_OnlyANewStatusIsAChange) {
  AddCertificate('c');
  ASSERT_TRUE(access_.UpdateCertificate(kId, CertificateStatus::kActive, At(5)).ok());
  EXPECT_THAT(TakeChanged(), IsEmpty());
  EXPECT_EQ(store.FindCertificate(kId)->modified_at, At(0));
  ASSERT_TRUE(access_.UpdateCertificate(kId, CertificateStatus::kRevoked, At(5)).ok());
  EXPECT_THAT(TakeChanged(), ElementsAre(kId));
  EXPECT_EQ(store.FindCertificate(kId)->status, CertificateStatus::kRevoked);
  EXPECT_EQ(store.FindCertificate(kId)->modified_at, At(5));
}

TEST_F(AccessTest, DeleteCertificate_ActiveFirst_ThenAttachments) {
  AddThing("t");
  AddCertificate('c', "t");
  AddPolicy("p", "{}", Arn());
  EXPECT_EQ(access_.DeleteCertificate(kId, true).error().code, ErrorCode::kCertificateState);
  ASSERT_TRUE(access_.UpdateCertificate(kId, CertificateStatus::kInactive, At(0)).ok());
  EXPECT_EQ(access_.DeleteCertificate(kId, true).error().code, ErrorCode::kDeleteConflict);
  ASSERT_TRUE(access_.DetachThingPrincipal("t", Arn()).ok());
  EXPECT_EQ(access_.DeleteCertificate(kId, false).error().code, ErrorCode::kDeleteConflict);
  TakeOutbox();
  ASSERT_TRUE(access_.DeleteCertificate(kId, true).ok());
  EXPECT_THAT(TakeChanged(), ElementsAre(kId));
  EXPECT_FALSE(store.FindCertificate(kId).has_value());
  EXPECT_THAT(store.TargetsOf("p", {}).items, IsEmpty());
  EXPECT_EQ(access_.DeleteCertificate(kId, true).error().code, ErrorCode::kNotFound);
}

TEST_F(AccessTest, ListCertificates_InBothOrders) {
  AddCertificate('a');
  AddCertificate('b');
  EXPECT_EQ(access_.ListCertificates(true, {}).value().items[0].id, std::string(64, 'a'));
  EXPECT_EQ(access_.ListCertificates(false, {}).value().items[0].id, std::string(64, 'b'));
  EXPECT_EQ(access_.ListCertificates(true, {0, ""}).error().code, ErrorCode::kInvalidRequest);
}

TEST_F(AccessTest, AttachThingPrincipal_TwiceIsOneChange) {
  AddThing("t");
  AddCertificate('c');
  ASSERT_TRUE(access_.AttachThingPrincipal("t", Arn()).ok());
  ASSERT_TRUE(access_.AttachThingPrincipal("t", Arn()).ok());
  EXPECT_THAT(TakeChanged(), ElementsAre(kId));
  EXPECT_THAT(access_.PrincipalsOfThing("t", {}).value().items, ElementsAre(Arn()));
  EXPECT_THAT(access_.ThingsOfPrincipal(Arn(), {}).value().items, ElementsAre("t"));
}

TEST_F(AccessTest, AttachThingPrincipal_WhatIsNotThere) {
  AddThing("t");
  EXPECT_EQ(access_.AttachThingPrincipal("t", Arn()).error().code, ErrorCode::kNotFound);
  AddCertificate('c');
  EXPECT_EQ(access_.AttachThingPrincipal("u", Arn()).error().code, ErrorCode::kNotFound);
  for (const std::string& arn : {context.names.ThingArn("t"), context.names.CertificateArn("short"),
                                 kId, "arn:aws:iot:eu-west-1:000000000000:cert/" + kId}) {
    EXPECT_EQ(access_.AttachThingPrincipal("t", arn).error().code, ErrorCode::kInvalidRequest);
  }
}

TEST_F(AccessTest, DetachThingPrincipal_OnlyWhatWasAttachedIsAChange) {
  AddThing("t");
  AddCertificate('c', "t");
  ASSERT_TRUE(access_.DetachThingPrincipal("t", Arn()).ok());
  EXPECT_THAT(TakeChanged(), ElementsAre(kId));
  ASSERT_TRUE(access_.DetachThingPrincipal("t", Arn()).ok());
  EXPECT_THAT(TakeChanged(), IsEmpty());
  EXPECT_EQ(access_.DetachThingPrincipal("u", Arn()).error().code, ErrorCode::kNotFound);
}

TEST_F(AccessTest, Lists_OfUnknownNames_AreNotFound) {
  EXPECT_EQ(access_.PrincipalsOfThing("t", {}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(access_.ThingsOfPrincipal(Arn(), {}).error().code, ErrorCode::kNotFound);
}

std::vector<std::string> NamesOf(const std::vector<Policy>& policies) {
  std::vector<std::string> names;
  for (const Policy& policy : policies) names.push_back(policy.name);
  return names;
}

// The certificate has policy "own"; its thing is in the leaf of root > leaf and in "beside". Leaf
// and root have one policy each, "of-root" stands at "beside" as well, and "own" at the root.
TEST_F(AccessTest, FindPrincipal_HasItsPoliciesAndThoseOfTheGroupsOfEachThing_NoneTwice) {
  AddThing("t", {{"site", "north"}});
  AddCertificate('c', "t");
  AddGroup("root");
  AddGroup("leaf", "root");
  AddGroup("beside");
  AddMember("t", "leaf");
  AddMember("t", "beside");
  AddPolicy("own", "{}", Arn());
  AddPolicy("of-leaf", "{}", context.names.GroupArn("leaf"));
  AddPolicy("of-root", "{}", context.names.GroupArn("root"));
  AddPolicy("of-nobody", "{}");
  store.AttachPolicy("own", context.names.GroupArn("root"));
  store.AttachPolicy("of-root", context.names.GroupArn("beside"));
  const auto principal = access_.FindPrincipal(kId);
  ASSERT_TRUE(principal.has_value());
  EXPECT_EQ(principal->certificate.id, kId);
  ASSERT_EQ(principal->things.size(), 1u);
  EXPECT_EQ(principal->things[0].thing.attributes.at("site"), "north");
  EXPECT_THAT(NamesOf(principal->policies), ElementsAre("own"));
  EXPECT_THAT(NamesOf(principal->things[0].policies),
              UnorderedElementsAre("of-leaf", "of-root", "own"));
}

TEST_F(AccessTest, FindPrincipal_OfSeveralThings_GivesEachThePoliciesOfItsOwnGroups) {
  AddThing("t");
  AddThing("u");
  AddThing("v");
  AddCertificate('c', "t");
  for (const char* const thing : {"u", "v"}) store.AttachToThing(kId, thing);
  AddGroup("root");
  AddGroup("left", "root");
  AddGroup("right", "root");
  AddMember("t", "left");
  AddMember("u", "right");
  AddPolicy("of-root", "{}", context.names.GroupArn("root"));
  AddPolicy("of-left", "{}", context.names.GroupArn("left"));
  AddPolicy("of-right", "{}", context.names.GroupArn("right"));
  const auto principal = access_.FindPrincipal(kId);
  ASSERT_TRUE(principal.has_value());
  EXPECT_THAT(principal->policies, IsEmpty());
  std::map<std::string, std::vector<std::string>> of;
  for (const PrincipalThing& each : principal->things) of[each.thing.name] = NamesOf(each.policies);
  EXPECT_THAT(of, ElementsAre(Pair("t", UnorderedElementsAre("of-left", "of-root")),
                              Pair("u", UnorderedElementsAre("of-right", "of-root")),
                              Pair("v", IsEmpty())));
}

TEST_F(AccessTest, FindPrincipal_Unknown_IsEmpty) {
  EXPECT_FALSE(access_.FindPrincipal(kId).has_value());
}

TEST_F(AccessTest, MembershipChanged_ReachesEveryCertificateOfTheThing) {
  AddThing("t");
  AddCertificate('a', "t");
  AddCertificate('b', "t");
  AddCertificate('c');
  access_.MembershipChanged("t");
  EXPECT_THAT(TakeChanged(), ElementsAre(std::string(64, 'a'), std::string(64, 'b')));
}

}  // namespace
}  // namespace fieldwork::domain
