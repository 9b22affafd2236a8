// Checks the rules of things, tags and event settings.
#include "cloud/domain/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud/domain/limits.h"
#include "cloud/domain/testing/fixture.h"

namespace fieldwork::domain {
namespace {

using testing::At;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RegistryTest : public ::testing::Test, public testing::Fixture {
 protected:
  Jobs jobs_{context};
  Access access_{context};
  Registry registry_{context, jobs_, access_};
};

TEST_F(RegistryTest, CreateThing_HasVersionOneAndAnId) {
  const auto thing = registry_.CreateThing("pump:1", {{"site", "north"}}, At(5));
  ASSERT_TRUE(thing.ok());
  EXPECT_EQ(thing.value().version, 1);
  EXPECT_EQ(thing.value().id, "00000000-0000-4000-8000-000000000001");
  EXPECT_EQ(thing.value().created_at, At(5));
  EXPECT_EQ(registry_.DescribeThing("pump:1").value().attributes.at("site"), "north");
}

TEST_F(RegistryTest, CreateThing_SameAgain_IsAnsweredAsTheFirstTime) {
  const auto first = registry_.CreateThing("t", {{"a", "1"}}, At(0));
  const auto second = registry_.CreateThing("t", {{"a", "1"}}, At(9));
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second.value().id, first.value().id);
  EXPECT_EQ(second.value().created_at, At(0));
}

TEST_F(RegistryTest, CreateThing_OtherAttributes_NamesTheExistingOne) {
  ASSERT_TRUE(registry_.CreateThing("t", {{"a", "1"}}, At(0)).ok());
  const auto again = registry_.CreateThing("t", {}, At(0));
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(again.error().resource_id, "t");
  EXPECT_EQ(again.error().resource_arn, "arn:aws:iot:us-east-1:000000000000:thing/t");
}

TEST_F(RegistryTest, CreateThing_BadNameOrAttributes_AreRefused) {
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a/b"), std::string(129, 'a')}) {
    EXPECT_EQ(registry_.CreateThing(name, {}, At(0)).error().code, ErrorCode::kInvalidRequest);
  }
  const Attributes four{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}};
  EXPECT_EQ(registry_.CreateThing("t", four, At(0)).error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(registry_.CreateThing("t", {{"a b", "1"}}, At(0)).error().code,
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(registry_.CreateThing("t", {{"a", std::string(801, 'x')}}, At(0)).error().code,
            ErrorCode::kInvalidRequest);
  EXPECT_FALSE(store.HasThing("t"));
}

TEST_F(RegistryTest, DescribeThing_Unknown_IsNotFound) {
  EXPECT_EQ(registry_.DescribeThing("t").error().code, ErrorCode::kNotFound);
}

TEST_F(RegistryTest, UpdateThing_WithoutMerge_ReplacesAllAttributes) {
  AddThing("t", {{"a", "1"}, {"b", "2"}});
  ASSERT_TRUE(registry_.UpdateThing("t", AttributeChange{{{"c", "3"}}, false}, 1).ok());
  const Thing thing = *store.FindThing("t");
  EXPECT_EQ(thing.attributes, (Attributes{{"c", "3"}}));
  EXPECT_EQ(thing.version, 2);
}

TEST_F(RegistryTest, UpdateThing_Merge_KeepsOthersAndAnEmptyValueTakesAway) {
  AddThing("t", {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  ASSERT_TRUE(registry_.UpdateThing("t", AttributeChange{{{"a", ""}, {"d", "4"}}, true}, {}).ok());
  EXPECT_EQ(store.FindThing("t")->attributes, (Attributes{{"b", "2"}, {"c", "3"}, {"d", "4"}}));
}

TEST_F(RegistryTest, UpdateThing_MergeBeyondThree_IsRefusedAndChangesNothing) {
  AddThing("t", {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  const auto status = registry_.UpdateThing("t", AttributeChange{{{"d", "4"}}, true}, {});
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(store.FindThing("t")->version, 1);
}

TEST_F(RegistryTest, UpdateThing_WithoutChange_KeepsTheVersion) {
  AddThing("t");
  ASSERT_TRUE(registry_.UpdateThing("t", {}, {}).ok());
  EXPECT_EQ(store.FindThing("t")->version, 1);
}

TEST_F(RegistryTest, UpdateThing_OtherExpectedVersion_IsAConflict) {
  AddThing("t");
  const auto status = registry_.UpdateThing("t", AttributeChange{{{"a", "1"}}, false}, 7);
  EXPECT_EQ(status.error().code, ErrorCode::kVersionConflict);
  EXPECT_EQ(registry_.UpdateThing("u", {}, {}).error().code, ErrorCode::kNotFound);
}

TEST_F(RegistryTest, UpdateThing_OnlyChangedAttributesReachItsCertificates) {
  AddThing("t", {{"a", "1"}});
  AddCertificate('c', "t");
  AddCertificate('d');
  ASSERT_TRUE(registry_.UpdateThing("t", AttributeChange{{{"a", "1"}}, true}, {}).ok());
  EXPECT_THAT(TakeChanged(), IsEmpty());
  ASSERT_TRUE(registry_.UpdateThing("t", AttributeChange{{{"a", "2"}}, true}, {}).ok());
  EXPECT_THAT(TakeChanged(), ElementsAre(std::string(64, 'c')));
}

TEST_F(RegistryTest, DeleteThing_WithACertificate_IsRefused) {
  AddThing("t");
  AddCertificate('c', "t");
  const auto status = registry_.DeleteThing("t", {}, At(0));
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidRequest);
  EXPECT_THAT(status.error().message, HasSubstr("detach them first"));
  EXPECT_TRUE(store.HasThing("t"));
}

TEST_F(RegistryTest, DeleteThing_ChecksTheVersion_AndUnknownIsFine) {
  AddThing("t");
  EXPECT_EQ(registry_.DeleteThing("t", 2, At(0)).error().code, ErrorCode::kVersionConflict);
  EXPECT_TRUE(registry_.DeleteThing("t", 1, At(0)).ok());
  EXPECT_FALSE(store.HasThing("t"));
  EXPECT_TRUE(registry_.DeleteThing("t", 1, At(0)).ok());
  EXPECT_EQ(registry_.DeleteThing("a b", {}, At(0)).error().code, ErrorCode::kInvalidRequest);
}

TEST_F(RegistryTest, DeleteThing_ItsPendingExecutionsBecomeRemoved) {
  AddThing("t");
  CreateJobRequest job;
  job.id = "j";
  job.targets = {context.names.ThingArn("t")};
  job.document = "{}";
  ASSERT_TRUE(jobs_.Create(job, At(0)).ok());
  ASSERT_THAT(store.Pending("t", 10), ::testing::SizeIs(1));
  ASSERT_TRUE(registry_.DeleteThing("t", {}, At(1)).ok());
  EXPECT_THAT(store.Pending("t", 10), IsEmpty());
  EXPECT_EQ(store.Counts("j")[ExecutionStatus::kRemoved], 1);
}

TEST_F(RegistryTest, ListThings_FiltersByAttribute) {
  AddThing("a", {{"site", "north"}});
  AddThing("b", {{"site", "northwest"}});
  AddThing("c");
  const auto names = [](const Page<Thing>& page) {
    std::vector<std::string> all;
    for (const Thing& thing : page.items) all.push_back(thing.name);
    return all;
  };
  EXPECT_THAT(names(registry_.ListThings("", "", false, {}).value()), ElementsAre("a", "b", "c"));
  EXPECT_THAT(names(registry_.ListThings("site", "north", false, {}).value()), ElementsAre("a"));
  EXPECT_THAT(names(registry_.ListThings("site", "north", true, {}).value()),
              ElementsAre("a", "b"));
  EXPECT_EQ(registry_.ListThings("", "north", false, {}).error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(registry_.ListThings("", "", false, {0, ""}).error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(registry_.ListThings("", "", false, {251, ""}).error().code,
            ErrorCode::kInvalidRequest);
}

TEST_F(RegistryTest, ListThings_GoesOnWhereThePageEnded) {
  for (const char* name : {"a", "b", "c"}) AddThing(name);
  const auto first = registry_.ListThings("", "", false, {2, ""});
  ASSERT_EQ(first.value().items.size(), 2u);
  const auto second = registry_.ListThings("", "", false, {2, first.value().next});
  ASSERT_EQ(second.value().items.size(), 1u);
  EXPECT_EQ(second.value().items[0].name, "c");
  EXPECT_EQ(second.value().next, "");
}

TEST_F(RegistryTest, TagResource_AddsAndReplaces_UntagTakesAway) {
  AddGroup("g");
  const std::string arn = context.names.GroupArn("g");
  ASSERT_TRUE(registry_.TagResource(arn, {{"a", "1"}, {"b", "2"}}).ok());
  ASSERT_TRUE(registry_.TagResource(arn, {{"b", "3"}}).ok());
  ASSERT_TRUE(registry_.UntagResource(arn, {"a", "unknown"}).ok());
  const auto tags = registry_.TagsOf(arn);
  ASSERT_EQ(tags.value().size(), 1u);
  EXPECT_EQ(tags.value()[0].key, "b");
  EXPECT_EQ(tags.value()[0].value, "3");
}

TEST_F(RegistryTest, TagResource_OfPoliciesAndJobs) {
  AddPolicy("p", "{}");
  AddThing("t");
  CreateJobRequest job;
  job.id = "j";
  job.targets = {context.names.ThingArn("t")};
  job.document = "{}";
  ASSERT_TRUE(jobs_.Create(job, At(0)).ok());
  EXPECT_TRUE(registry_.TagResource(context.names.PolicyArn("p"), {{"a", "1"}}).ok());
  EXPECT_TRUE(registry_.TagResource(context.names.JobArn("j"), {{"a", "1"}}).ok());
}

TEST_F(RegistryTest, TagResource_WhatCannotHaveTags_IsRefused) {
  AddThing("t");
  AddCertificate('c');
  for (const std::string& arn :
       {context.names.ThingArn("t"), context.names.CertificateArn(std::string(64, 'c')),
        std::string("arn:aws:iot:us-east-1:999999999999:thinggroup/g"), std::string("g")}) {
    EXPECT_EQ(registry_.TagResource(arn, {{"a", "1"}}).error().code, ErrorCode::kInvalidRequest);
    EXPECT_EQ(registry_.TagsOf(arn).error().code, ErrorCode::kInvalidRequest);
  }
  for (const std::string& arn :
       {context.names.GroupArn("g"), context.names.JobArn("j"), context.names.PolicyArn("p")}) {
    EXPECT_EQ(registry_.TagResource(arn, {{"a", "1"}}).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(registry_.UntagResource(arn, {"a"}).error().code, ErrorCode::kNotFound);
  }
}

TEST_F(RegistryTest, TagResource_TheFiftyFirst_IsRefused) {
  AddGroup("g");
  const std::string arn = context.names.GroupArn("g");
  std::vector<Tag> tags;
  for (std::size_t i = 0; i < kTagsMax; ++i) tags.push_back({"k" + std::to_string(i), "v"});
  ASSERT_TRUE(registry_.TagResource(arn, tags).ok());
  EXPECT_TRUE(registry_.TagResource(arn, {{"k0", "w"}}).ok());
  EXPECT_EQ(registry_.TagResource(arn, {{"more", ""}}).error().code, ErrorCode::kLimitExceeded);
  EXPECT_EQ(registry_.TagResource(arn, {{"aws:x", ""}}).error().code, ErrorCode::kInvalidRequest);
}

TEST_F(RegistryTest, EventSettings_AllTypesAreThere_DisabledAtFirst) {
  const EventSettings settings = registry_.DescribeEventSettings();
  EXPECT_EQ(settings.enabled.size(), 11u);
  for (const auto& [name, enabled] : settings.enabled) EXPECT_FALSE(enabled) << name;
  EXPECT_FALSE(settings.created_at.has_value());
}

TEST_F(RegistryTest, EventSettings_UpdateChangesOnlyWhatItNames) {
  ASSERT_TRUE(registry_.UpdateEventSettings({{"JOB", true}, {"THING", false}}, At(1)).ok());
  ASSERT_TRUE(registry_.UpdateEventSettings({{"JOB_EXECUTION", true}}, At(2)).ok());
  const EventSettings settings = registry_.DescribeEventSettings();
  EXPECT_TRUE(settings.enabled.at("JOB"));
  EXPECT_TRUE(settings.enabled.at("JOB_EXECUTION"));
  EXPECT_FALSE(settings.enabled.at("THING"));
  EXPECT_EQ(settings.created_at, At(1));
  EXPECT_EQ(settings.modified_at, At(2));
}

TEST_F(RegistryTest, EventSettings_WhatIsNotSent_CannotBeEnabled) {
  const auto status = registry_.UpdateEventSettings({{"JOB", true}, {"THING", true}}, At(1));
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidRequest);
  EXPECT_THAT(status.error().message, HasSubstr("THING"));
  EXPECT_EQ(registry_.UpdateEventSettings({{"WEATHER", false}}, At(1)).error().code,
            ErrorCode::kInvalidRequest);
  EXPECT_FALSE(registry_.DescribeEventSettings().enabled.at("JOB"));
}

}  // namespace
}  // namespace fieldwork::domain
