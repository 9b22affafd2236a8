// How payloads are read: every request vector, and what is refused.
#include "cloud/mqtt_api/request_fields.h"

#include <gtest/gtest.h>

#include "cloud/domain/limits.h"
#include "cloud/mqtt_api/vectors_test.h"

namespace fieldwork::mqtt_api {
namespace {

using domain::StatusDetails;

RequestFields Parsed(std::string_view payload) {
  RequestFields fields;
  const RequestFields::Syntax syntax = fields.Parse(payload);
  EXPECT_TRUE(syntax.json && syntax.problem.empty()) << payload << ": " << syntax.problem;
  return fields;
}

std::string UpdateProblem(std::string_view payload) {
  const RequestFields fields = Parsed(payload);
  const auto token = fields.CheckToken();
  if (!token.ok()) return token.error().message;
  const auto update = fields.Update();
  return update.ok() ? "" : update.error().message;
}

TEST(RequestFields, TokenOfEachVector_IsRead) {
  const struct {
    const char* vector;
    std::optional<std::string> token;
  } cases[] = {
      {"jobs/get_pending_request.json", "gp-1"},     {"jobs/get_pending_request_empty.json", {}},
      {"jobs/start_next_request.json", "sn-1"},      {"jobs/start_next_request_empty.json", {}},
      {"jobs/start_next_request_full.json", "sn-2"}, {"jobs/describe_request.json", "ds-1"},
      {"jobs/describe_request_empty.json", {}},      {"jobs/describe_request_full.json", "ds-2"},
      {"jobs/update_request_board.json", {}},        {"jobs/update_request_progress.json", "up-1"},
      {"jobs/update_request_failed.json", {}},       {"jobs/update_request_rejected.json", {}},
      {"jobs/update_request_full.json", "up-2"},     {"jobs/update_request_version_text.json", {}},
  };
  for (const auto& [vector, token] : cases) {
    const RequestFields fields = Parsed(Vector(vector));
    EXPECT_EQ(fields.client_token(), token) << vector;
    EXPECT_TRUE(fields.CheckToken().ok()) << vector;
  }
}

TEST(RequestFields, StartNextVectors_AreUnderstood) {
  const auto bare = Parsed(Vector("jobs/start_next_request.json")).StartNext();
  ASSERT_TRUE(bare.ok());
  EXPECT_FALSE(bare.value().details);
  EXPECT_FALSE(bare.value().step_timeout_minutes);
  const auto full = Parsed(Vector("jobs/start_next_request_full.json")).StartNext();
  ASSERT_TRUE(full.ok());
  EXPECT_EQ(full.value().details, (StatusDetails{{"step", "claimed"}}));
  EXPECT_EQ(full.value().step_timeout_minutes, 30);
}

TEST(RequestFields, DescribeVectors_AreUnderstood) {
  const auto empty = Parsed(Vector("jobs/describe_request_empty.json")).Describe();
  ASSERT_TRUE(empty.ok());
  EXPECT_FALSE(empty.value().number);
  EXPECT_TRUE(empty.value().include_document);
  const auto full = Parsed(Vector("jobs/describe_request_full.json")).Describe();
  ASSERT_TRUE(full.ok());
  EXPECT_EQ(full.value().number, 2);
  EXPECT_FALSE(full.value().include_document);
}

TEST(RequestFields, UpdateVectors_AreUnderstood) {
  const auto board = Parsed(Vector("jobs/update_request_board.json")).Update();
  ASSERT_TRUE(board.ok());
  EXPECT_EQ(board.value().status, "SUCCEEDED");
  EXPECT_FALSE(board.value().details || board.value().expected_version || board.value().number ||
               board.value().step_timeout_minutes);
  EXPECT_FALSE(board.value().include_state || board.value().include_document);

  const auto full = Parsed(Vector("jobs/update_request_full.json")).Update();
  ASSERT_TRUE(full.ok());
  EXPECT_EQ(full.value().status, "IN_PROGRESS");
  EXPECT_EQ(full.value().details,
            (StatusDetails{{"self_test", "ready"}, {"updatedBy", "0x1000000"}}));
  EXPECT_EQ(full.value().expected_version, 3);
  EXPECT_EQ(full.value().number, 1);
  EXPECT_EQ(full.value().step_timeout_minutes, -1);
  EXPECT_TRUE(full.value().include_state && full.value().include_document);

  const auto failed = Parsed(Vector("jobs/update_request_failed.json")).Update();
  ASSERT_TRUE(failed.ok());
  EXPECT_EQ(failed.value().status, "FAILED");
  EXPECT_EQ(failed.value().details,
            (StatusDetails{{"reason", "exit code 1"}, {"stderr", "line 1 \"quoted\" \\ end"}}));

  const auto rejected = Parsed(Vector("jobs/update_request_rejected.json")).Update();
  ASSERT_TRUE(rejected.ok());
  EXPECT_EQ(rejected.value().status, "REJECTED");

  const auto progress = Parsed(Vector("jobs/update_request_progress.json")).Update();
  ASSERT_TRUE(progress.ok());
  EXPECT_EQ(progress.value().expected_version, 2);

  const auto text = Parsed(Vector("jobs/update_request_version_text.json")).Update();
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(text.value().expected_version, 1);
  EXPECT_EQ(text.value().details,
            (StatusDetails{{"reason", "accepted  v2.0.0"}, {"updatedBy", "  v1.0.0"}}));
}

TEST(RequestFields, NoBytes_AreAnEmptyObject) {
  EXPECT_TRUE(Parsed("").StartNext().ok());
  EXPECT_EQ(Parsed("").Update().value().status, "");
}

TEST(RequestFields, NullAndUnknownKeys_AreAsAbsent) {
  const RequestFields fields = Parsed(
      R"({"clientToken":null,"statusDetails":null,"stepTimeoutInMinutes":null,"jobId":["x",{"status":1}]})");
  EXPECT_FALSE(fields.client_token());
  EXPECT_TRUE(fields.CheckToken().ok());
  const auto request = fields.StartNext();
  ASSERT_TRUE(request.ok());
  EXPECT_FALSE(request.value().details || request.value().step_timeout_minutes);
}

TEST(RequestFields, KeyThatComesTwice_LastOneCounts) {
  const auto update = Parsed(R"({"status":1,"status":"FAILED","statusDetails":{"a":"1","a":"2"},)"
                             R"("statusDetails":{"b":"3","c":"4","b":"5"}})")
                          .Update();
  ASSERT_TRUE(update.ok());
  EXPECT_EQ(update.value().status, "FAILED");
  EXPECT_EQ(update.value().details, (StatusDetails{{"b", "5"}, {"c", "4"}}));
}

TEST(RequestFields, KeysBelowTheTop_AreNotFields) {
  const RequestFields fields = Parsed(
      R"({"x":{"clientToken":"no","status":"FAILED"},"statusDetails":{"status":"mine"},"y":[{"status":"FAILED"}]})");
  EXPECT_FALSE(fields.client_token());
  EXPECT_EQ(fields.Update().value().status, "");
  EXPECT_EQ(fields.Update().value().details, (StatusDetails{{"status", "mine"}}));
}

TEST(RequestFields, WrongTypes_AreRefusedWithTheirKey) {
  const struct {
    const char* payload;
    const char* problem;
  } cases[] = {
      {R"({"clientToken":7})", "clientToken must be a string."},
      {R"({"clientToken":{"a":1}})", "clientToken must be a string."},
      {R"({"status":true})", "status must be a string."},
      {R"({"expectedVersion":1.5})", "expectedVersion must be a whole number."},
      {R"({"expectedVersion":"1x"})", "expectedVersion must be a whole number."},
      {R"({"expectedVersion":""})", "expectedVersion must be a whole number."},
      {R"({"expectedVersion":99999999999999999999})", "expectedVersion must be a whole number."},
      {R"({"expectedVersion":9223372036854775808})", "expectedVersion must be a whole number."},
      {R"({"executionNumber":[1]})", "executionNumber must be a whole number."},
      {R"({"stepTimeoutInMinutes":false})", "stepTimeoutInMinutes must be a whole number."},
      {R"({"includeJobDocument":"true"})", "includeJobDocument must be true or false."},
      {R"({"includeJobExecutionState":1})", "includeJobExecutionState must be true or false."},
      {R"({"statusDetails":"x"})", "statusDetails must be an object."},
      {R"({"statusDetails":[{"a":"b"}]})", "statusDetails must be an object."},
      {R"({"statusDetails":{"a":"b","n":1}})",
       "statusDetails: the value of \"n\" must be a string."},
      {R"({"statusDetails":{"o":{"p":"q"}}})",
       "statusDetails: the value of \"o\" must be a string."},
      {R"({"statusDetails":{"z":null}})", "statusDetails: the value of \"z\" must be a string."},
  };
  for (const auto& [payload, problem] : cases) {
    EXPECT_EQ(UpdateProblem(payload), problem) << payload;
  }
}

TEST(RequestFields, NumbersAsText_AreTaken) {
  const auto update =
      Parsed(R"({"status":"FAILED","executionNumber":"2","stepTimeoutInMinutes":"-1"})").Update();
  ASSERT_TRUE(update.ok());
  EXPECT_EQ(update.value().number, 2);
  EXPECT_EQ(update.value().step_timeout_minutes, -1);
}

TEST(RequestFields, TokenOf64Bytes_IsEchoedAndALongerOneIsNot) {
  const std::string fits(domain::kClientTokenMax, 't');
  EXPECT_EQ(Parsed("{\"clientToken\":\"" + fits + "\"}").client_token(), fits);
  const RequestFields fields = Parsed("{\"clientToken\":\"" + fits + "t\"}");
  EXPECT_FALSE(fields.client_token());
  ASSERT_FALSE(fields.CheckToken().ok());
  EXPECT_EQ(fields.CheckToken().error().message, "clientToken must be at most 64 bytes.");
}

TEST(RequestFields, ElevenDetails_ReachTheRulesThatRefuseThem) {
  std::string payload = R"({"statusDetails":{)";
  for (int i = 0; i < 300; ++i) payload += "\"k" + std::to_string(i) + "\":\"v\",";
  payload.back() = '}';
  const auto request = Parsed(payload + "}").StartNext();
  ASSERT_TRUE(request.ok());
  EXPECT_FALSE(domain::CheckDetails(*request.value().details).ok());
}

TEST(RequestFields, WhatIsNotUtf8Json_IsSaidToBeNone) {
  const std::string nul(1, '\0');
  for (const std::string& payload :
       {std::string("{"), std::string("hello"), std::string(" "), std::string("{} {}"),
        std::string("{\"clientToken\":\"x\"}]"), std::string("{\"a\":\"\xFF\"}"),
        std::string("{\"a\":\"\xC0\xAF\"}"), std::string("{\"a\":\"\xED\xA0\x80\"}"),
        std::string("{\"a\":\"\\ud800\"}"), std::string("{\"a\":\"\n\"}"), std::string("{'a':1}"),
        std::string("{\"a\":01}"), std::string("[1,]"), std::string("[1] x"), "{}" + nul,
        "{}" + nul + "tail"}) {
    RequestFields fields;
    EXPECT_FALSE(fields.Parse(payload).json) << payload;
    EXPECT_FALSE(fields.client_token()) << payload;
  }
}

TEST(RequestFields, JsonThatIsNoObject_IsAProblemOfTheRequest) {
  for (const char* payload : {"[]", "1", "\"x\"", "null", "true", "[{\"clientToken\":\"x\"}]"}) {
    RequestFields fields;
    const auto syntax = fields.Parse(payload);
    EXPECT_TRUE(syntax.json) << payload;
    EXPECT_EQ(syntax.problem, "The payload must be a JSON object.") << payload;
    EXPECT_FALSE(fields.client_token()) << payload;
  }
}

TEST(RequestFields, DepthOf64_IsReadAndOneMoreIsRefused) {
  const auto nested = [](int levels) {
    return R"({"clientToken":"t","x":)" + std::string(levels - 1, '[') +
           std::string(levels - 1, ']') + "}";
  };
  EXPECT_EQ(Parsed(nested(kJsonDepthMax)).client_token(), "t");
  RequestFields fields;
  const auto syntax = fields.Parse(nested(kJsonDepthMax + 1));
  EXPECT_TRUE(syntax.json);
  EXPECT_EQ(syntax.problem, "The payload nests deeper than 64 levels.");
  EXPECT_EQ(fields.client_token(), "t");
  RequestFields().Parse(std::string(1'000'000, '['));
}

}  // namespace
}  // namespace fieldwork::mqtt_api
