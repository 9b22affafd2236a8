// Endpoints, tags and event settings.
#include <gtest/gtest.h>

#include "cloud/http_api/handlers.h"
#include "cloud/http_api/testing/api_fixture.h"

namespace fieldwork::http_api {
namespace {

using testing::At;
using testing::ErrorCode;
using testing::ExpectJson;

struct AccountApi : testing::ApiFixture, ::testing::Test {
  AccountApi() {
    AddThing("t");
    AddGroup("g");
  }
  ApiRequest Endpoint(const char* type) const {
    return Ask({}, Json::object(), {{"endpointType", type}});
  }
  Json TagsOf(const std::string& arn) {
    return Call(ListTagsForResource, Ask({}, Json::object(), {{"resourceArn", arn}}));
  }
};

TEST_F(AccountApi, Endpoint_IsOfTheBrokerOrOfTheJobsPlane) {
  const std::string broker = R"({"endpointAddress": "127.0.0.1:18883"})";
  ExpectJson(Call(DescribeEndpoint, Ask({})), broker);
  ExpectJson(Call(DescribeEndpoint, Endpoint("iot:Data")), broker);
  ExpectJson(Call(DescribeEndpoint, Endpoint("iot:Data-ATS")), broker);
  ExpectJson(Call(DescribeEndpoint, Endpoint("iot:Jobs")),
             R"({"endpointAddress": "127.0.0.1:8443"})");
}

TEST_F(AccountApi, EndpointThatIsNotHere_IsRefused) {
  EXPECT_NE(Invalid(DescribeEndpoint, Endpoint("iot:CredentialProvider")).find("not supported"),
            std::string::npos);
  EXPECT_EQ(Invalid(DescribeEndpoint, Endpoint("iot:data")),
            "endpointType must be iot:Data-ATS, iot:Data or iot:Jobs.");
  EXPECT_EQ(Invalid(DescribeEndpoint, Endpoint(std::string(129, 'x').c_str())),
            "endpointType must be at most 128 characters long.");
}

TEST_F(AccountApi, Tags_AreSetListedAndTakenAway) {
  ExpectJson(
      Call(TagResource,
           Ask({}, {{"resourceArn", GroupArn("g")},
                    {"tags", {{{"Key", "b"}, {"Value", "2"}}, {{"Key", "a"}, {"Value", ""}}}}})),
      "{}");
  ExpectJson(TagsOf(GroupArn("g")),
             R"({"tags": [{"Key": "a", "Value": ""}, {"Key": "b", "Value": "2"}]})");
  ExpectJson(
      Call(UntagResource, Ask({}, {{"resourceArn", GroupArn("g")}, {"tagKeys", {"b", "c"}}})),
      "{}");
  ExpectJson(TagsOf(GroupArn("g")), R"({"tags": [{"Key": "a", "Value": ""}]})");
}

TEST_F(AccountApi, Tags_RefuseWhatIsMissingAndUnknown) {
  const std::string arn = GroupArn("g");
  EXPECT_EQ(Invalid(TagResource, Ask({}, {{"resourceArn", arn}})), "tags is required.");
  EXPECT_EQ(Invalid(TagResource, Ask({}, {{"tags", Json::array()}})), "resourceArn is required.");
  EXPECT_EQ(Invalid(UntagResource, Ask({}, {{"resourceArn", arn}})), "tagKeys is required.");
  EXPECT_EQ(Invalid(UntagResource, Ask({}, {{"resourceArn", arn}, {"tagKeys", {""}}})),
            "tagKeys must be 1 to 128 characters long.");
  EXPECT_EQ(Invalid(ListTagsForResource, Ask({})), "resourceArn is required.");
  EXPECT_EQ(Invalid(ListTagsForResource,
                    Ask({}, Json::object(), {{"resourceArn", arn}, {"nextToken", "x"}})),
            "nextToken is not a token of this list: all tags are on its first page.");
  EXPECT_EQ(
      CodeOf(ListTagsForResource, Ask({}, Json::object(), {{"resourceArn", GroupArn("nobody")}})),
      ErrorCode::kNotFound);
}

TEST_F(AccountApi, Events_AreOffUntilTheyAreEnabled) {
  ExpectJson(Call(DescribeEventConfigurations, Ask({})), R"({"eventConfigurations": {
    "CA_CERTIFICATE": {"Enabled": false}, "CERTIFICATE": {"Enabled": false},
    "JOB": {"Enabled": false}, "JOB_EXECUTION": {"Enabled": false},
    "POLICY": {"Enabled": false}, "THING": {"Enabled": false},
    "THING_GROUP": {"Enabled": false}, "THING_GROUP_HIERARCHY": {"Enabled": false},
    "THING_GROUP_MEMBERSHIP": {"Enabled": false}, "THING_TYPE": {"Enabled": false},
    "THING_TYPE_ASSOCIATION": {"Enabled": false}}})");
  ExpectJson(Call(UpdateEventConfigurations, Ask({}, Json::parse(R"({"eventConfigurations": {
                    "JOB": {"Enabled": true}, "THING": {"Enabled": false}}})")),
                  At(3)),
             "{}");
  const Json reply = Call(DescribeEventConfigurations, Ask({}));
  EXPECT_EQ(reply["eventConfigurations"]["JOB"]["Enabled"], true);
  EXPECT_EQ(reply["eventConfigurations"]["JOB_EXECUTION"]["Enabled"], false);
  EXPECT_EQ(reply["creationDate"], 1704067203.0);
  EXPECT_EQ(reply["lastModifiedDate"], 1704067203.0);
}

TEST_F(AccountApi, EventsThatAreNotSent_CannotBeEnabled) {
  const std::pair<const char*, const char*> kRefused[] = {
      {R"({"THING": {"Enabled": true}})",
       "eventConfigurations.THING is not supported by this service: only JOB and JOB_EXECUTION "
       "events are sent."},
      {R"({"WEATHER": {"Enabled": false}})", "eventConfigurations cannot be 'WEATHER'."},
      {R"({"JOB": {"Enabled": "true"}})", "eventConfigurations.JOB.Enabled must be true or false."},
      {R"({"JOB": true})", "eventConfigurations.JOB must be an object."},
      {R"([])", "eventConfigurations must be an object."},
  };
  for (const auto& [types, message] : kRefused) {
    EXPECT_EQ(
        Invalid(UpdateEventConfigurations, Ask({}, {{"eventConfigurations", Json::parse(types)}})),
        message);
  }
}

}  // namespace
}  // namespace fieldwork::http_api
