// Things: made twice, changed by half, deleted twice.
#include <gtest/gtest.h>

#include "cloud/http_api/handlers.h"
#include "cloud/http_api/testing/api_fixture.h"

namespace fieldwork::http_api {
namespace {

using testing::At;
using testing::ErrorCode;
using testing::ExpectJson;
using testing::Query;

Json Payload(Json attributes, bool merge = false) {
  return {{"attributePayload", {{"attributes", std::move(attributes)}, {"merge", merge}}}};
}

struct ThingsApi : testing::ApiFixture, ::testing::Test {};

TEST_F(ThingsApi, CreateThing_AnswersNameArnAndId) {
  ExpectJson(Call(CreateThing, Ask({"t:1"}, Payload({{"b", "2"}, {"a", "1"}}))), R"({
    "thingName": "t:1", "thingArn": "arn:aws:iot:us-east-1:000000000000:thing/t:1",
    "thingId": "00000000-0000-4000-8000-000000000001"})");
  ExpectJson(Call(DescribeThing, Ask({"t:1"})), R"({
    "defaultClientId": "t:1", "thingName": "t:1",
    "thingId": "00000000-0000-4000-8000-000000000001",
    "thingArn": "arn:aws:iot:us-east-1:000000000000:thing/t:1",
    "attributes": {"a": "1", "b": "2"}, "version": 1})");
}

TEST_F(ThingsApi, CreateThingAgain_IsFineOnlyWhenItIsTheSame) {
  const Json first = Call(CreateThing, Ask({"t"}, Payload({{"a", "1"}})));
  EXPECT_EQ(Call(CreateThing, Ask({"t"}, Payload({{"a", "1"}}))), first);
  const domain::Error other = Refusal(CreateThing, Ask({"t"}));
  EXPECT_EQ(other.code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(other.resource_arn, ThingArn("t"));
}

TEST_F(ThingsApi, CreateThing_RefusesBadMembers) {
  EXPECT_EQ(Invalid(CreateThing, Ask({"a b"})),
            "thingName must be 1 to 128 characters long, of [a-zA-Z0-9:_-].");
  const std::pair<Json, const char*> kRefused[] = {
      {{{"attributePayload", 1}}, "attributePayload must be an object."},
      {{{"attributePayload", {{"attributes", "x"}}}},
       "attributePayload.attributes must be an object whose values are strings."},
      {{{"attributePayload", {{"merge", 1}}}}, "attributePayload.merge must be true or false."},
      {{{"thingTypeName", "x"}},
       "thingTypeName is not supported by this service: leave it out; things have no types here."},
      {{{"billingGroupName", "x"}},
       "billingGroupName is not supported by this service: leave it out; there are no billing "
       "groups here."},
  };
  for (const auto& [body, message] : kRefused) {
    EXPECT_EQ(Invalid(CreateThing, Ask({"t"}, body)), message);
  }
  EXPECT_EQ(CodeOf(CreateThing, Ask({"t"}, Payload({{"a b", "1"}}))), ErrorCode::kInvalidRequest);
  EXPECT_EQ(store.FindThing("t"), std::nullopt);
}

TEST_F(ThingsApi, UpdateThing_ReplacesOrMerges) {
  AddThing("t", {{"a", "1"}, {"b", "2"}});
  ExpectJson(Call(UpdateThing, Ask({"t"}, Payload({{"a", ""}, {"c", "3"}}, true))), "{}");
  ExpectJson(Call(DescribeThing, Ask({"t"}))["attributes"], R"({"b": "2", "c": "3"})");
  Call(UpdateThing, Ask({"t"}, Payload({{"d", "4"}})));
  ExpectJson(Call(DescribeThing, Ask({"t"}))["attributes"], R"({"d": "4"})");
}

TEST_F(ThingsApi, UpdateThing_RefusesAnotherVersionTypesAndNobody) {
  AddThing("t");
  Json body = Payload({{"a", "1"}});
  body["expectedVersion"] = 7;
  EXPECT_EQ(CodeOf(UpdateThing, Ask({"t"}, body)), ErrorCode::kVersionConflict);
  EXPECT_EQ(CodeOf(UpdateThing, Ask({"nobody"}, Payload({{"a", "1"}}))), ErrorCode::kNotFound);
  EXPECT_EQ(Invalid(UpdateThing, Ask({"t"}, {{"removeThingType", true}})),
            "removeThingType is not supported by this service: leave it out; things have no types "
            "here.");
  EXPECT_EQ(Invalid(UpdateThing, Ask({"t"}, {{"expectedVersion", 1.5}})),
            "expectedVersion must be an integer of at least 0.");
}

TEST_F(ThingsApi, DeleteThing_SucceedsForNobodyAndChecksTheVersion) {
  AddThing("t");
  EXPECT_EQ(CodeOf(DeleteThing, Ask({"t"}, Json::object(), {{"expectedVersion", "7"}})),
            ErrorCode::kVersionConflict);
  EXPECT_EQ(Invalid(DeleteThing, Ask({"t"}, Json::object(), {{"expectedVersion", "x"}})),
            "expectedVersion must be an integer of at least 0.");
  ExpectJson(Call(DeleteThing, Ask({"t"}, Json::object(), {{"expectedVersion", "1"}})), "{}");
  ExpectJson(Call(DeleteThing, Ask({"t"})), "{}");
  EXPECT_EQ(CodeOf(DescribeThing, Ask({"t"})), ErrorCode::kNotFound);
}

TEST_F(ThingsApi, ListThings_HasAllOfThem) {
  AddThing("b", {{"k", "v"}});
  AddThing("a");
  ExpectJson(Call(ListThings, Ask({})), R"({"things": [
    {"thingName": "a", "thingArn": "arn:aws:iot:us-east-1:000000000000:thing/a",
     "attributes": {}, "version": 1},
    {"thingName": "b", "thingArn": "arn:aws:iot:us-east-1:000000000000:thing/b",
     "attributes": {"k": "v"}, "version": 1}]})");
}

TEST_F(ThingsApi, ListThings_FiltersByAttribute) {
  AddThing("a", {{"wattage", "75"}});
  AddThing("b", {{"wattage", "7"}});
  AddThing("c");
  const auto names = [this](Query query) {
    std::string text;
    const Json reply = Call(ListThings, Ask({}, Json::object(), std::move(query)));
    for (const Json& thing : reply["things"]) text += thing["thingName"].get<std::string>();
    return text;
  };
  EXPECT_EQ(names({{"attributeName", "wattage"}, {"attributeValue", "7"}}), "b");
  EXPECT_EQ(names({{"attributeName", "wattage"},
                   {"attributeValue", "7"},
                   {"usePrefixAttributeValue", "true"}}),
            "ab");
}

TEST_F(ThingsApi, ListThings_RefusesHalfAFilterAndTypes) {
  const std::pair<Query, const char*> kRefused[] = {
      {{{"attributeName", "a"}}, "attributeName needs attributeValue."},
      {{{"attributeValue", "a"}}, "attributeValue needs attributeName."},
      {{{"attributeName", "a b"}, {"attributeValue", "a"}},
       "attributeName must be 1 to 128 characters long, of [a-zA-Z0-9_.,@/:#-]."},
      {{{"thingTypeName", "x"}},
       "thingTypeName is not supported by this service: leave it out; things have no types here."},
      {{{"maxResults", "0"}}, "maxResults must be an integer from 1 to 250."},
  };
  for (const auto& [query, message] : kRefused) {
    EXPECT_EQ(Invalid(ListThings, Ask({}, Json::object(), query)), message);
  }
}

TEST_F(ThingsApi, ListThings_GoesThroughPages) {
  for (const char* name : {"a", "b", "c"}) AddThing(name);
  const Json first = Call(ListThings, Ask({}, Json::object(), {{"maxResults", "2"}}));
  const Json second =
      Call(ListThings,
           Ask({}, Json::object(), {{"nextToken", first.at("nextToken").get<std::string>()}}));
  ASSERT_EQ(second["things"].size(), 1U);
  EXPECT_EQ(second["things"][0]["thingName"], "c");
  EXPECT_FALSE(second.contains("nextToken"));
}

}  // namespace
}  // namespace fieldwork::http_api
