// Checks the rules of policies: versions, attachments, and whom a change reaches.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud/domain/access.h"
#include "cloud/domain/limits.h"
#include "cloud/domain/testing/fixture.h"

namespace fieldwork::domain {
namespace {

using testing::At;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kId(64, 'c');

class PoliciesTest : public ::testing::Test, public testing::Fixture {
 protected:
  std::string Arn(const std::string& id = kId) { return context.names.CertificateArn(id); }
  static std::vector<std::string> NamesOf(const Page<Policy>& page) {
    std::vector<std::string> names;
    for (const Policy& policy : page.items) names.push_back(policy.name);
    return names;
  }

  Access access_{context};
};

TEST_F(PoliciesTest, CreatePolicy_VersionOneIsTheDefault) {
  const auto policy = access_.CreatePolicy("p", "{\"a\": 1}", {{"k", "v"}}, At(3));
  ASSERT_TRUE(policy.ok());
  EXPECT_EQ(policy.value().default_version, 1);
  ASSERT_EQ(policy.value().versions.size(), 1u);
  EXPECT_EQ(policy.value().versions[0].document, "{\"a\": 1}");
  EXPECT_EQ(policy.value().created_at, At(3));
  EXPECT_EQ(store.TagsOf(context.names.PolicyArn("p")).size(), 1u);
  EXPECT_EQ(access_.FindPolicy("p").value().name, "p");
}

TEST_F(PoliciesTest, CreatePolicy_SameNameAgain_IsRefusedEvenIfAllIsTheSame) {
  ASSERT_TRUE(access_.CreatePolicy("p", "{}", {}, At(0)).ok());
  const auto again = access_.CreatePolicy("p", "{}", {}, At(0));
  EXPECT_EQ(again.error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(again.error().resource_id, "p");
  EXPECT_EQ(again.error().resource_arn, context.names.PolicyArn("p"));
}

TEST_F(PoliciesTest, CreatePolicy_BadNameTagsOrSize_AreRefused) {
  EXPECT_EQ(access_.CreatePolicy("a b", "{}", {}, At(0)).error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(access_.CreatePolicy("p", "{}", {{"aws:x", ""}}, At(0)).error().code,
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(access_.CreatePolicy("p", std::string(2049, 'x'), {}, At(0)).error().code,
            ErrorCode::kMalformedPolicy);
  EXPECT_TRUE(
      access_.CreatePolicy("p", std::string(2048, 'x') + std::string(500, ' '), {}, At(0)).ok());
  EXPECT_EQ(access_.FindPolicy("q").error().code, ErrorCode::kNotFound);
}

TEST_F(PoliciesTest, CreatePolicyVersion_NumbersAreNotUsedAgain) {
  AddPolicy("p", "{}");
  EXPECT_EQ(access_.CreatePolicyVersion("p", "{}", false, At(1)).value().id, 2);
  ASSERT_TRUE(access_.DeletePolicyVersion("p", 2).ok());
  EXPECT_EQ(access_.CreatePolicyVersion("p", "{}", true, At(1)).value().id, 3);
  EXPECT_EQ(store.FindPolicy("p")->default_version, 3);
  EXPECT_EQ(access_.CreatePolicyVersion("q", "{}", true, At(1)).error().code, ErrorCode::kNotFound);
}

TEST_F(PoliciesTest, CreatePolicyVersion_TheSixth_IsRefused) {
  AddPolicy("p", "{}");
  for (int i = 2; i <= 5; ++i) {
    ASSERT_TRUE(access_.CreatePolicyVersion("p", "{}", false, At(0)).ok());
  }
  EXPECT_EQ(access_.CreatePolicyVersion("p", "{}", false, At(0)).error().code,
            ErrorCode::kVersionsLimitExceeded);
}

TEST_F(PoliciesTest, DefaultVersion_OnlyItsChangeReachesCertificates) {
  AddCertificate('c');
  AddPolicy("p", "{}", Arn());
  ASSERT_TRUE(access_.CreatePolicyVersion("p", "{}", false, At(0)).ok());
  EXPECT_THAT(TakeChanged(), IsEmpty());
  ASSERT_TRUE(access_.SetDefaultVersion("p", 2).ok());
  EXPECT_THAT(TakeChanged(), ElementsAre(kId));
  ASSERT_TRUE(access_.SetDefaultVersion("p", 2).ok());
  EXPECT_THAT(TakeChanged(), IsEmpty());
  ASSERT_TRUE(access_.CreatePolicyVersion("p", "{}", true, At(0)).ok());
  EXPECT_THAT(TakeChanged(), ElementsAre(kId));
  EXPECT_EQ(access_.SetDefaultVersion("p", 9).error().code, ErrorCode::kNotFound);
}

TEST_F(PoliciesTest, DeletePolicyVersion_TheDefaultStays) {
  AddPolicy("p", "{}");
  EXPECT_EQ(access_.DeletePolicyVersion("p", 1).error().code, ErrorCode::kDeleteConflict);
  EXPECT_EQ(access_.DeletePolicyVersion("p", 2).error().code, ErrorCode::kNotFound);
}

TEST_F(PoliciesTest, DeletePolicy_VersionsAndAttachmentsFirst) {
  AddCertificate('c');
  AddPolicy("p", "{}", Arn());
  store.SaveTag(context.names.PolicyArn("p"), {"k", "v"});
  ASSERT_TRUE(access_.CreatePolicyVersion("p", "{}", false, At(0)).ok());
  EXPECT_EQ(access_.DeletePolicy("p").error().code, ErrorCode::kDeleteConflict);
  ASSERT_TRUE(access_.DeletePolicyVersion("p", 2).ok());
  EXPECT_EQ(access_.DeletePolicy("p").error().code, ErrorCode::kDeleteConflict);
  ASSERT_TRUE(access_.DetachPolicy("p", Arn()).ok());
  ASSERT_TRUE(access_.DeletePolicy("p").ok());
  EXPECT_THAT(store.TagsOf(context.names.PolicyArn("p")), IsEmpty());
  EXPECT_EQ(access_.DeletePolicy("p").error().code, ErrorCode::kNotFound);
}

TEST_F(PoliciesTest, AttachPolicy_TwiceIsOneChange) {
  AddCertificate('c');
  AddPolicy("p", "{}");
  ASSERT_TRUE(access_.AttachPolicy("p", Arn()).ok());
  ASSERT_TRUE(access_.AttachPolicy("p", Arn()).ok());
  EXPECT_THAT(TakeChanged(), ElementsAre(kId));
  EXPECT_THAT(access_.TargetsOf("p", {}).value().items, ElementsAre(Arn()));
  ASSERT_TRUE(access_.DetachPolicy("p", Arn()).ok());
  EXPECT_THAT(TakeChanged(), ElementsAre(kId));
  ASSERT_TRUE(access_.DetachPolicy("p", Arn()).ok());
  EXPECT_THAT(TakeChanged(), IsEmpty());
}

// t1 is in the group, t2 in a group below it; both have certificate a, t2 has b too.
TEST_F(PoliciesTest, AttachPolicy_ToAGroup_ReachesThingsBelowIt_EachCertificateOnce) {
  AddGroup("root");
  AddGroup("leaf", "root");
  AddThing("t1");
  AddThing("t2");
  AddThing("outside");
  AddMember("t1", "root");
  AddMember("t2", "leaf");
  AddCertificate('a', "t1");
  store.AttachToThing(std::string(64, 'a'), "t2");
  AddCertificate('b', "t2");
  AddCertificate('d', "outside");
  AddPolicy("p", "{}");
  ASSERT_TRUE(access_.AttachPolicy("p", context.names.GroupArn("root")).ok());
  EXPECT_THAT(TakeChanged(), ElementsAre(std::string(64, 'a'), std::string(64, 'b')));
  ASSERT_TRUE(access_.AttachPolicy("p", Arn(std::string(64, 'a'))).ok());
  TakeOutbox();
  ASSERT_TRUE(access_.CreatePolicyVersion("p", "{}", true, At(0)).ok());
  EXPECT_THAT(TakeChanged(), ElementsAre(std::string(64, 'a'), std::string(64, 'b')));
}

TEST_F(PoliciesTest, AttachPolicy_EleventhOfACertificateAndThirdOfAGroup_AreRefused) {
  AddCertificate('c');
  AddGroup("g");
  for (int i = 0; i < 11; ++i) AddPolicy("p" + std::to_string(i), "{}");
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(access_.AttachPolicy("p" + std::to_string(i), Arn()).ok());
  }
  EXPECT_EQ(access_.AttachPolicy("p10", Arn()).error().code, ErrorCode::kLimitExceeded);
  EXPECT_TRUE(access_.AttachPolicy("p9", Arn()).ok());
  const std::string group = context.names.GroupArn("g");
  ASSERT_TRUE(access_.AttachPolicy("p0", group).ok());
  ASSERT_TRUE(access_.AttachPolicy("p1", group).ok());
  EXPECT_EQ(access_.AttachPolicy("p2", group).error().code, ErrorCode::kLimitExceeded);
}

TEST_F(PoliciesTest, AttachPolicy_WhatIsNotThere) {
  AddPolicy("p", "{}");
  AddThing("t");
  EXPECT_EQ(access_.AttachPolicy("q", Arn()).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(access_.AttachPolicy("p", Arn()).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(access_.AttachPolicy("p", context.names.GroupArn("g")).error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(access_.AttachPolicy("p", context.names.ThingArn("t")).error().code,
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(access_.DetachPolicy("p", "nonsense").error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(access_.TargetsOf("q", {}).error().code, ErrorCode::kNotFound);
}

TEST_F(PoliciesTest, PoliciesOf_RecursiveHasThoseAbove_InPages) {
  AddGroup("root");
  AddGroup("leaf", "root");
  AddPolicy("c", "{}", context.names.GroupArn("leaf"));
  AddPolicy("b", "{}", context.names.GroupArn("root"));
  AddPolicy("a", "{}", context.names.GroupArn("root"));
  store.AttachPolicy("c", context.names.GroupArn("root"));
  const std::string leaf = context.names.GroupArn("leaf");
  EXPECT_THAT(NamesOf(access_.PoliciesOf(leaf, false, {}).value()), ElementsAre("c"));
  EXPECT_THAT(NamesOf(access_.PoliciesOf(leaf, true, {}).value()), ElementsAre("c", "a", "b"));
  const auto first = access_.PoliciesOf(leaf, true, {2, ""});
  EXPECT_THAT(NamesOf(first.value()), ElementsAre("c", "a"));
  const auto second = access_.PoliciesOf(leaf, true, {2, first.value().next});
  EXPECT_THAT(NamesOf(second.value()), ElementsAre("b"));
  EXPECT_EQ(second.value().next, "");
}

TEST_F(PoliciesTest, PoliciesOf_ACertificate) {
  AddCertificate('c');
  AddPolicy("p", "{}", Arn());
  EXPECT_THAT(NamesOf(access_.PoliciesOf(Arn(), true, {}).value()), ElementsAre("p"));
  EXPECT_EQ(access_.PoliciesOf(Arn(std::string(64, 'd')), false, {}).error().code,
            ErrorCode::kNotFound);
}

TEST_F(PoliciesTest, ListPolicies_ByCreation) {
  AddPolicy("z", "{}");
  AddPolicy("a", "{}");
  EXPECT_THAT(NamesOf(access_.ListPolicies(true, {}).value()), ElementsAre("z", "a"));
  EXPECT_THAT(NamesOf(access_.ListPolicies(false, {}).value()), ElementsAre("a", "z"));
}

}  // namespace
}  // namespace fieldwork::domain
