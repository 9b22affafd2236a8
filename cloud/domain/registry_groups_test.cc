// Checks the rules of static thing groups and of membership in them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud/domain/registry.h"
#include "cloud/domain/testing/fixture.h"

namespace fieldwork::domain {
namespace {

using testing::At;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class GroupsTest : public ::testing::Test, public testing::Fixture {
 protected:
  Result<Group> Create(const std::string& name, const std::string& parent = "",
                       const std::vector<Tag>& tags = {}) {
    Group group;
    group.name = name;
    group.parent = parent;
    return registry_.CreateGroup(group, tags, At(0));
  }
  std::size_t CountAccessChanges() { return TakeChanged().size(); }
  void CreateContinuousJob(const std::string& group) {
    CreateJobRequest job;
    job.id = "j";
    job.targets = {context.names.GroupArn(group)};
    job.document = "{}";
    job.selection = TargetSelection::kContinuous;
    ASSERT_TRUE(jobs_.Create(job, At(0)).ok());
  }

  Jobs jobs_{context};
  Access access_{context};
  Registry registry_{context, jobs_, access_};
};

TEST_F(GroupsTest, CreateGroup_DescribeTellsTheWayFromTheRoot) {
  ASSERT_TRUE(Create("root").ok());
  ASSERT_TRUE(Create("middle", "root").ok());
  ASSERT_TRUE(Create("leaf", "middle").ok());
  const auto leaf = registry_.DescribeGroup("leaf");
  EXPECT_EQ(leaf.value().group.parent, "middle");
  EXPECT_EQ(leaf.value().group.version, 1);
  EXPECT_THAT(leaf.value().ancestors, ElementsAre("root", "middle"));
  EXPECT_THAT(registry_.DescribeGroup("root").value().ancestors, IsEmpty());
}

TEST_F(GroupsTest, CreateGroup_SameAgain_IsAnsweredAsTheFirstTime) {
  const auto first = Create("g", "", {{"b", "2"}, {"a", "1"}});
  const auto again = Create("g", "", {{"a", "1"}, {"b", "2"}});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again.value().id, first.value().id);
}

TEST_F(GroupsTest, CreateGroup_OtherProperties_NameTheExistingOne) {
  ASSERT_TRUE(Create("g").ok());
  ASSERT_TRUE(Create("h").ok());
  for (const auto& again : {Create("g", "h"), Create("g", "", {{"a", "1"}})}) {
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().code, ErrorCode::kAlreadyExists);
    EXPECT_EQ(again.error().resource_id, "g");
    EXPECT_EQ(again.error().resource_arn, context.names.GroupArn("g"));
  }
}

TEST_F(GroupsTest, CreateGroup_BadInput_IsRefused) {
  EXPECT_EQ(Create("a b").error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(Create("g", "nobody").error().code, ErrorCode::kInvalidRequest);
  Group long_description;
  long_description.name = "g";
  long_description.description = std::string(2029, 'x');
  EXPECT_EQ(registry_.CreateGroup(long_description, {}, At(0)).error().code,
            ErrorCode::kInvalidRequest);
}

TEST_F(GroupsTest, CreateGroup_EighthLevel_IsRefused) {
  ASSERT_TRUE(Create("level1").ok());
  for (int level = 2; level <= 7; ++level) {
    ASSERT_TRUE(Create("level" + std::to_string(level), "level" + std::to_string(level - 1)).ok());
  }
  EXPECT_EQ(Create("level8", "level7").error().code, ErrorCode::kInvalidRequest);
}

TEST_F(GroupsTest, CreateGroup_HundredAndFirstChild_IsRefused) {
  ASSERT_TRUE(Create("parent").ok());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Create("child" + std::to_string(i), "parent").ok());
  EXPECT_EQ(Create("child100", "parent").error().code, ErrorCode::kInvalidRequest);
}

TEST_F(GroupsTest, UpdateGroup_ReturnsTheNewVersion) {
  ASSERT_TRUE(Create("g").ok());
  EXPECT_EQ(registry_.UpdateGroup("g", "north", AttributeChange{{{"a", "1"}}, false}, 1).value(),
            2);
  EXPECT_EQ(registry_.UpdateGroup("g", {}, AttributeChange{{{"b", "2"}}, true}, {}).value(), 3);
  const Group group = *store.FindGroup("g");
  EXPECT_EQ(group.description, "north");
  EXPECT_EQ(group.attributes, (Attributes{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(registry_.UpdateGroup("g", {}, {}, 1).error().code, ErrorCode::kVersionConflict);
  EXPECT_EQ(registry_.UpdateGroup("h", {}, {}, {}).error().code, ErrorCode::kNotFound);
}

TEST_F(GroupsTest, DeleteGroup_WithChildren_IsRefused) {
  ASSERT_TRUE(Create("g").ok());
  ASSERT_TRUE(Create("child", "g").ok());
  EXPECT_EQ(registry_.DeleteGroup("g", {}, At(0)).error().code, ErrorCode::kInvalidRequest);
  EXPECT_TRUE(registry_.DeleteGroup("child", {}, At(0)).ok());
  EXPECT_EQ(registry_.DeleteGroup("g", 2, At(0)).error().code, ErrorCode::kVersionConflict);
  EXPECT_TRUE(registry_.DeleteGroup("g", 1, At(0)).ok());
  EXPECT_TRUE(registry_.DeleteGroup("g", {}, At(0)).ok());
}

TEST_F(GroupsTest, DeleteGroup_TakesMembershipPoliciesAndTagsWithIt) {
  ASSERT_TRUE(Create("g", "", {{"a", "1"}}).ok());
  AddThing("t");
  AddMember("t", "g");
  AddCertificate('c', "t");
  const std::string arn = context.names.GroupArn("g");
  AddPolicy("p", "{}", arn);
  ASSERT_TRUE(registry_.DeleteGroup("g", {}, At(0)).ok());
  EXPECT_THAT(store.GroupsOfThing("t"), IsEmpty());
  EXPECT_THAT(store.TagsOf(arn), IsEmpty());
  EXPECT_EQ(CountAccessChanges(), 1u);
  EXPECT_TRUE(access_.DeletePolicy("p").ok());
}

TEST_F(GroupsTest, DeleteGroup_TargetOfAJob_ItsThingsAreNotDoneAnyMore) {
  ASSERT_TRUE(Create("g").ok());
  AddThing("t");
  AddMember("t", "g");
  CreateContinuousJob("g");
  ASSERT_EQ(store.Pending("t", 10).size(), 1u);
  ASSERT_TRUE(registry_.DeleteGroup("g", {}, At(1)).ok());
  EXPECT_THAT(store.Pending("t", 10), IsEmpty());
}

TEST_F(GroupsTest, AddToGroup_JoinsContinuousJobs) {
  ASSERT_TRUE(Create("g").ok());
  ASSERT_TRUE(Create("child", "g").ok());
  AddThing("t");
  AddCertificate('c', "t");
  CreateContinuousJob("g");
  TakeOutbox();
  ASSERT_TRUE(registry_.AddToGroup("t", "child", At(1)).ok());
  EXPECT_EQ(store.Pending("t", 10).size(), 1u);
  EXPECT_EQ(CountAccessChanges(), 1u);
}

TEST_F(GroupsTest, AddToGroup_Twice_ChangesNothing) {
  ASSERT_TRUE(Create("g").ok());
  AddThing("t");
  AddCertificate('c', "t");
  ASSERT_TRUE(registry_.AddToGroup("t", "g", At(1)).ok());
  TakeOutbox();
  ASSERT_TRUE(registry_.AddToGroup("t", "g", At(2)).ok());
  EXPECT_THAT(TakeOutbox(), IsEmpty());
}

TEST_F(GroupsTest, RemoveFromGroup_OnlyAMemberLeaves) {
  ASSERT_TRUE(Create("g").ok());
  AddThing("t");
  AddCertificate('c', "t");
  ASSERT_TRUE(registry_.RemoveFromGroup("t", "g", At(1)).ok());
  EXPECT_THAT(TakeOutbox(), IsEmpty());
  AddMember("t", "g");
  ASSERT_TRUE(registry_.RemoveFromGroup("t", "g", At(1)).ok());
  EXPECT_EQ(CountAccessChanges(), 1u);
  EXPECT_THAT(registry_.GroupsOfThing("t").value(), IsEmpty());
}

TEST_F(GroupsTest, Membership_UnknownNames_AreNotFound) {
  ASSERT_TRUE(Create("g").ok());
  AddThing("t");
  EXPECT_EQ(registry_.AddToGroup("u", "g", At(0)).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(registry_.AddToGroup("t", "h", At(0)).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(registry_.RemoveFromGroup("t", "h", At(0)).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(registry_.ListMembers("h", false, {}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(registry_.GroupsOfThing("u").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(registry_.AddToGroup("a b", "g", At(0)).error().code, ErrorCode::kInvalidRequest);
}

TEST_F(GroupsTest, AddToGroup_SecondOfOneHierarchy_IsRefused) {
  ASSERT_TRUE(Create("root").ok());
  ASSERT_TRUE(Create("left", "root").ok());
  ASSERT_TRUE(Create("right", "root").ok());
  AddThing("t");
  ASSERT_TRUE(registry_.AddToGroup("t", "left", At(0)).ok());
  for (const char* other : {"right", "root"}) {
    const auto status = registry_.AddToGroup("t", other, At(0));
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidRequest);
    EXPECT_THAT(status.error().message, HasSubstr("one hierarchy"));
  }
  EXPECT_THAT(store.GroupsOfThing("t"), ElementsAre("left"));
}

TEST_F(GroupsTest, AddToGroup_Eleventh_IsRefused) {
  AddThing("t");
  for (int i = 0; i < 11; ++i) ASSERT_TRUE(Create("g" + std::to_string(i)).ok());
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(registry_.AddToGroup("t", "g" + std::to_string(i), At(0)).ok());
  }
  EXPECT_EQ(registry_.AddToGroup("t", "g10", At(0)).error().code, ErrorCode::kInvalidRequest);
}

TEST_F(GroupsTest, UpdateGroupsOfThing_MovesWithinAHierarchy) {
  ASSERT_TRUE(Create("root").ok());
  ASSERT_TRUE(Create("left", "root").ok());
  ASSERT_TRUE(Create("right", "root").ok());
  AddThing("t");
  AddMember("t", "left");
  ASSERT_TRUE(registry_.UpdateGroupsOfThing("t", {"right"}, {"left"}, At(0)).ok());
  EXPECT_THAT(store.GroupsOfThing("t"), ElementsAre("right"));
}

TEST_F(GroupsTest, UpdateGroupsOfThing_Refused_ChangesNothing) {
  ASSERT_TRUE(Create("a").ok());
  ASSERT_TRUE(Create("b").ok());
  AddThing("t");
  AddMember("t", "a");
  EXPECT_EQ(registry_.UpdateGroupsOfThing("t", {"b", "nobody"}, {"a"}, At(0)).error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(registry_.UpdateGroupsOfThing("t", {"b"}, {"b"}, At(0)).error().code,
            ErrorCode::kInvalidRequest);
  EXPECT_THAT(store.GroupsOfThing("t"), ElementsAre("a"));
}

TEST_F(GroupsTest, ListMembers_RecursiveHasThoseBelow) {
  ASSERT_TRUE(Create("root").ok());
  ASSERT_TRUE(Create("leaf", "root").ok());
  AddThing("a");
  AddThing("b");
  AddMember("a", "root");
  AddMember("b", "leaf");
  EXPECT_THAT(registry_.ListMembers("root", false, {}).value().items, ElementsAre("a"));
  EXPECT_THAT(registry_.ListMembers("root", true, {}).value().items, ElementsAre("a", "b"));
}

TEST_F(GroupsTest, ListGroups_ByParentAndPrefix) {
  ASSERT_TRUE(Create("a").ok());
  ASSERT_TRUE(Create("a-child", "a").ok());
  ASSERT_TRUE(Create("b").ok());
  const auto names = [&](const std::string& parent, bool recursive, const std::string& prefix) {
    std::vector<std::string> all;
    const auto page = registry_.ListGroups(parent, recursive, prefix, {});
    for (const Group& group : page.value().items) {
      all.push_back(group.name);
    }
    return all;
  };
  EXPECT_THAT(names("", false, ""), ElementsAre("a", "b"));
  EXPECT_THAT(names("", true, "a"), ElementsAre("a", "a-child"));
  EXPECT_THAT(names("a", false, ""), ElementsAre("a-child"));
  EXPECT_EQ(registry_.ListGroups("nobody", false, "", {}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(registry_.ListGroups("", false, "%", {}).error().code, ErrorCode::kInvalidRequest);
}

}  // namespace
}  // namespace fieldwork::domain
