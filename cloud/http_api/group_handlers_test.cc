// Groups, their properties, and who is in them.
#include <gtest/gtest.h>

#include "cloud/http_api/handlers.h"
#include "cloud/http_api/testing/api_fixture.h"

namespace fieldwork::http_api {
namespace {

using std::chrono::milliseconds;
using testing::At;
using testing::ErrorCode;
using testing::ExpectJson;
using testing::Query;

struct GroupsApi : testing::ApiFixture, ::testing::Test {
  GroupsApi() { AddThing("t"); }
  std::string NamesOf(const Json& reply) {
    std::string text;
    for (const Json& group : reply["thingGroups"]) {
      text += group["groupName"].get<std::string>() + " ";
    }
    return text;
  }
};

TEST_F(GroupsApi, CreateGroup_KeepsEverythingForDescribe) {
  AddGroup("root");
  AddGroup("g", "root");
  const Json properties = {{"thingGroupDescription", "lamps"},
                           {"attributePayload", {{"attributes", {{"k", "v"}}}}}};
  ExpectJson(Call(CreateThingGroup,
                  Ask({"h"}, {{"parentGroupName", "g"}, {"thingGroupProperties", properties}}),
                  At(0) + milliseconds(897)),
             R"({"thingGroupName": "h",
    "thingGroupArn": "arn:aws:iot:us-east-1:000000000000:thinggroup/h",
    "thingGroupId": "00000000-0000-4000-8000-000000000004"})");
  ExpectJson(Call(DescribeThingGroup, Ask({"h"})), R"({
    "thingGroupName": "h", "thingGroupId": "00000000-0000-4000-8000-000000000004",
    "thingGroupArn": "arn:aws:iot:us-east-1:000000000000:thinggroup/h", "version": 1,
    "thingGroupProperties": {"thingGroupDescription": "lamps",
      "attributePayload": {"attributes": {"k": "v"}}},
    "thingGroupMetadata": {"parentGroupName": "g", "creationDate": 1704067200.897,
      "rootToParentThingGroups": [
        {"groupName": "root", "groupArn": "arn:aws:iot:us-east-1:000000000000:thinggroup/root"},
        {"groupName": "g", "groupArn": "arn:aws:iot:us-east-1:000000000000:thinggroup/g"}]}})");
}

TEST_F(GroupsApi, PlainGroup_HasEmptyPropertiesAndNoParent) {
  Call(CreateThingGroup, Ask({"g"}));
  const Json group = Call(DescribeThingGroup, Ask({"g"}));
  ExpectJson(group["thingGroupProperties"], "{}");
  ExpectJson(group["thingGroupMetadata"],
             R"({"rootToParentThingGroups": [], "creationDate": 1704067200.0})");
}

TEST_F(GroupsApi, CreateGroup_RefusesBadMembers) {
  const std::pair<Json, const char*> kRefused[] = {
      {{{"parentGroupName", "a b"}},
       "parentGroupName must be 1 to 128 characters long, of [a-zA-Z0-9:_-]."},
      {{{"thingGroupProperties", 1}}, "thingGroupProperties must be an object."},
      {{{"thingGroupProperties", {{"thingGroupDescription", "a\nb"}}}},
       "thingGroupProperties.thingGroupDescription must be at most 2028 characters long, of "
       "anything "
       "but control characters."},
      {{{"tags", 1}}, "tags must be a list of objects with Key and Value."},
  };
  for (const auto& [body, message] : kRefused) {
    EXPECT_EQ(Invalid(CreateThingGroup, Ask({"g"}, body)), message);
  }
  Call(CreateThingGroup, Ask({"g"}));
  const Json other = {{"thingGroupProperties", {{"thingGroupDescription", "x"}}}};
  EXPECT_EQ(CodeOf(CreateThingGroup, Ask({"g"}, other)), ErrorCode::kAlreadyExists);
  EXPECT_EQ(CodeOf(DescribeThingGroup, Ask({"nobody"})), ErrorCode::kNotFound);
}

TEST_F(GroupsApi, UpdateGroup_AnswersTheNewVersion) {
  Call(CreateThingGroup, Ask({"g"}));
  const Json body = {{"thingGroupProperties", {{"thingGroupDescription", "x"}}},
                     {"expectedVersion", 1}};
  ExpectJson(Call(UpdateThingGroup, Ask({"g"}, body)), R"({"version": 2})");
  EXPECT_EQ(CodeOf(UpdateThingGroup, Ask({"g"}, body)), ErrorCode::kVersionConflict);
  EXPECT_EQ(Invalid(UpdateThingGroup, Ask({"g"})), "thingGroupProperties is required.");
}

TEST_F(GroupsApi, DeleteGroup_SucceedsTwiceAndChecksTheVersion) {
  AddGroup("g");
  EXPECT_EQ(CodeOf(DeleteThingGroup, Ask({"g"}, Json::object(), {{"expectedVersion", "5"}})),
            ErrorCode::kVersionConflict);
  ExpectJson(Call(DeleteThingGroup, Ask({"g"})), "{}");
  ExpectJson(Call(DeleteThingGroup, Ask({"g"})), "{}");
}

TEST_F(GroupsApi, ListGroups_GoesDownUnlessToldNotTo) {
  AddGroup("a");
  AddGroup("b", "a");
  AddGroup("c", "b");
  const auto names = [this](Query query) {
    return NamesOf(Call(ListThingGroups, Ask({}, Json::object(), std::move(query))));
  };
  EXPECT_EQ(names({}), "a b c ");
  EXPECT_EQ(names({{"recursive", "false"}}), "a ");
  EXPECT_EQ(names({{"parentGroup", "a"}}), "b c ");
  EXPECT_EQ(names({{"parentGroup", "a"}, {"recursive", "false"}}), "b ");
  EXPECT_EQ(names({{"namePrefixFilter", "c"}}), "c ");
  EXPECT_EQ(Invalid(ListThingGroups, Ask({}, Json::object(), {{"recursive", "all"}})),
            "recursive must be true or false.");
}

TEST_F(GroupsApi, Membership_TakesNamesOrArns) {
  AddGroup("g");
  ExpectJson(
      Call(AddThingToThingGroup,
           Ask({}, {{"thingName", "t"}, {"thingGroupName", "g"}, {"overrideDynamicGroups", true}})),
      "{}");
  ExpectJson(Call(ListThingsInThingGroup, Ask({"g"})), R"({"things": ["t"]})");
  Call(RemoveThingFromThingGroup,
       Ask({}, {{"thingArn", ThingArn("t")}, {"thingGroupArn", GroupArn("g")}}));
  ExpectJson(Call(ListThingsInThingGroup, Ask({"g"})), R"({"things": []})");
  Call(
      AddThingToThingGroup,
      Ask({}, {{"thingName", "t"}, {"thingArn", ThingArn("t")}, {"thingGroupArn", GroupArn("g")}}));
  ExpectJson(Call(ListThingsInThingGroup, Ask({"g"})), R"({"things": ["t"]})");
}

TEST_F(GroupsApi, Membership_RefusesWhatDoesNotNameOneThingAndOneGroup) {
  AddGroup("g");
  const std::pair<Json, std::string> kRefused[] = {
      {{{"thingGroupName", "g"}}, "thingName or thingArn is required."},
      {{{"thingName", "t"}}, "thingGroupName or thingGroupArn is required."},
      {{{"thingArn", GroupArn("g")}, {"thingGroupName", "g"}},
       "thingArn is not the ARN of a thing of this account and region."},
      {{{"thingName", "t"}, {"thingGroupArn", ThingArn("t")}},
       "thingGroupArn is not the ARN of a thinggroup of this account and region."},
      {{{"thingName", "t"}, {"thingArn", ThingArn("u")}, {"thingGroupName", "g"}},
       "thingName and thingArn differ."},
      {{{"thingArn", ThingArn("a/b")}, {"thingGroupName", "g"}},
       "thingArn must be 1 to 128 characters long, of [a-zA-Z0-9:_-]."},
      {{{"thingName", "t"}, {"thingGroupName", "g"}, {"overrideDynamicGroups", 1}},
       "overrideDynamicGroups must be true or false."},
  };
  for (const auto& [body, message] : kRefused) {
    EXPECT_EQ(Invalid(AddThingToThingGroup, Ask({}, body)), message);
    EXPECT_EQ(Invalid(RemoveThingFromThingGroup, Ask({}, body)), message);
  }
  EXPECT_EQ(CodeOf(AddThingToThingGroup, Ask({}, {{"thingName", "t"}, {"thingGroupName", "x"}})),
            ErrorCode::kNotFound);
}

TEST_F(GroupsApi, UpdateGroupsForThing_AddsAndRemoves) {
  for (const char* group : {"a", "b", "c"}) AddGroup(group);
  AddMember("t", "a");
  ExpectJson(Call(UpdateThingGroupsForThing, Ask({}, {{"thingName", "t"},
                                                      {"thingGroupsToAdd", {"b", "c"}},
                                                      {"thingGroupsToRemove", {"a"}}})),
             "{}");
  EXPECT_EQ(NamesOf(Call(ListThingGroupsForThing, Ask({"t"}))), "b c ");
  EXPECT_EQ(Invalid(UpdateThingGroupsForThing, Ask({})), "thingName is required.");
  EXPECT_EQ(
      Invalid(UpdateThingGroupsForThing, Ask({}, {{"thingName", "t"}, {"thingGroupsToAdd", "b"}})),
      "thingGroupsToAdd must be a list of strings.");
}

TEST_F(GroupsApi, JoiningAGroup_BringsItsContinuousJobs) {
  AddGroup("g");
  Call(CreateJob,
       Ask({"j"},
           {{"targets", {GroupArn("g")}}, {"document", "{}"}, {"targetSelection", "CONTINUOUS"}}));
  Call(AddThingToThingGroup, Ask({}, {{"thingName", "t"}, {"thingGroupName", "g"}}), At(9));
  const Json execution = Call(DescribeJobExecution, Ask({"t", "j"}))["execution"];
  EXPECT_EQ(execution["queuedAt"], 1704067209.0);
}

TEST_F(GroupsApi, Members_OfChildGroupsOnlyWhenAsked) {
  AddGroup("g");
  AddGroup("h", "g");
  AddMember("t", "h");
  ExpectJson(Call(ListThingsInThingGroup, Ask({"g"})), R"({"things": []})");
  ExpectJson(Call(ListThingsInThingGroup, Ask({"g"}, Json::object(), {{"recursive", "true"}})),
             R"({"things": ["t"]})");
  EXPECT_EQ(CodeOf(ListThingsInThingGroup, Ask({"nobody"})), ErrorCode::kNotFound);
}

TEST_F(GroupsApi, GroupsOfThing_GoThroughPages) {
  for (const char* group : {"a", "b", "c"}) {
    AddGroup(group);
    AddMember("t", group);
  }
  const Json first =
      Call(ListThingGroupsForThing, Ask({"t"}, Json::object(), {{"maxResults", "2"}}));
  EXPECT_EQ(NamesOf(first), "a b ");
  const Query next = {{"nextToken", first.at("nextToken").get<std::string>()}};
  const Json second = Call(ListThingGroupsForThing, Ask({"t"}, Json::object(), next));
  EXPECT_EQ(NamesOf(second), "c ");
  EXPECT_FALSE(second.contains("nextToken"));
  EXPECT_EQ(CodeOf(ListThingGroupsForThing, Ask({"nobody"})), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace fieldwork::http_api
