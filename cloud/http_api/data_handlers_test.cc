// The same executions as a device gets them over HTTP.
#include <gtest/gtest.h>

#include "cloud/http_api/handlers.h"
#include "cloud/http_api/testing/api_fixture.h"

namespace fieldwork::http_api {
namespace {

using std::chrono::milliseconds;
using testing::At;
using testing::ErrorCode;
using testing::ExpectJson;

struct DataApi : testing::ApiFixture, ::testing::Test {
  DataApi() {
    AddThing("a");
    AddThing("b");
  }
};

TEST_F(DataApi, NothingPending_IsTwoEmptyListsOrNoExecution) {
  ExpectJson(Call(DataGetPendingJobExecutions, Ask({"a"})),
             R"({"inProgressJobs": [], "queuedJobs": []})");
  ExpectJson(Call(DataStartNextPendingJobExecution, Ask({"a"})), "{}");
  ExpectJson(Call(DataDescribeJobExecution, Ask({"a", "$next"})), "{}");
}

TEST_F(DataApi, GetPending_HasWholeSeconds) {
  AddJob("1", {"a"}, At(0) + milliseconds(999));
  AddJob("2", {"a"}, At(1));
  Call(DataStartNextPendingJobExecution, Ask({"a"}), At(5) + milliseconds(1));
  ExpectJson(Call(DataGetPendingJobExecutions, Ask({"a"})), R"({
    "inProgressJobs": [{"jobId": "1", "queuedAt": 1704067200, "startedAt": 1704067205,
      "lastUpdatedAt": 1704067205, "versionNumber": 2, "executionNumber": 1}],
    "queuedJobs": [{"jobId": "2", "queuedAt": 1704067201, "lastUpdatedAt": 1704067201,
      "versionNumber": 1, "executionNumber": 1}]})");
}

TEST_F(DataApi, StartNext_DeliversTheDocumentAsText) {
  AddJob("1", {"a"}, At(0));
  ExpectJson(
      Call(DataStartNextPendingJobExecution,
           Ask({"a"}, {{"statusDetails", {{"step", "1"}}}, {"stepTimeoutInMinutes", 2}}), At(5)),
      R"({"execution": {
    "jobId": "1", "thingName": "a", "status": "IN_PROGRESS", "statusDetails": {"step": "1"},
    "queuedAt": 1704067200, "startedAt": 1704067205, "lastUpdatedAt": 1704067205,
    "approximateSecondsBeforeTimedOut": 119, "versionNumber": 2, "executionNumber": 1,
    "jobDocument": "{\"job\":\"1\"}"}})");
}

TEST_F(DataApi, StepTimeout_IsMinusOneOrOneTo10080) {
  AddJob("1", {"a"}, At(0));
  for (const int minutes : {0, -2, 10081}) {
    for (const Handler handler : {DataStartNextPendingJobExecution, DataUpdateJobExecution}) {
      EXPECT_TRUE(Invalid(handler, Ask({"a", "1"}, {{"status", "IN_PROGRESS"},
                                                    {"stepTimeoutInMinutes", minutes}}))
                      .starts_with("stepTimeoutInMinutes must be"));
    }
  }
  Call(DataStartNextPendingJobExecution, Ask({"a"}, {{"stepTimeoutInMinutes", 10080}}));
  const Json none =
      Call(DataStartNextPendingJobExecution, Ask({"a"}, {{"stepTimeoutInMinutes", -1}}));
  EXPECT_FALSE(none["execution"].contains("approximateSecondsBeforeTimedOut"));
}

TEST_F(DataApi, Describe_OfNextIsTheHeadOfTheQueue) {
  AddJob("1", {"a"}, At(0));
  AddJob("2", {"a"}, At(1));
  ExpectJson(Call(DataDescribeJobExecution, Ask({"a", "$next"})), R"({"execution": {
    "jobId": "1", "thingName": "a", "status": "QUEUED", "queuedAt": 1704067200,
    "lastUpdatedAt": 1704067200, "versionNumber": 1, "executionNumber": 1,
    "jobDocument": "{\"job\":\"1\"}"}})");
}

TEST_F(DataApi, Describe_LeavesTheDocumentOutWhenAsked) {
  AddJob("1", {"a"}, At(0));
  const Json without = Call(
      DataDescribeJobExecution,
      Ask({"a", "1"}, Json::object(), {{"includeJobDocument", "false"}, {"executionNumber", "1"}}));
  EXPECT_FALSE(without["execution"].contains("jobDocument"));
  EXPECT_EQ(without["execution"]["jobId"], "1");
}

TEST_F(DataApi, Describe_RefusesWhatIsOverOrUnknownOrMalformed) {
  AddJob("1", {"a"}, At(0));
  Report("a", "1", "SUCCEEDED", At(1));
  EXPECT_EQ(CodeOf(DataDescribeJobExecution, Ask({"a", "1"})), ErrorCode::kTerminalState);
  EXPECT_EQ(CodeOf(DataDescribeJobExecution, Ask({"b", "1"})), ErrorCode::kNotFound);
  EXPECT_EQ(Invalid(DataDescribeJobExecution, Ask({"a", "$last"})),
            "jobId must be 1 to 64 characters long, of [a-zA-Z0-9_-], or $next.");
  EXPECT_EQ(Invalid(DataDescribeJobExecution,
                    Ask({"a", "1"}, Json::object(), {{"includeJobDocument", "no"}})),
            "includeJobDocument must be true or false.");
}

TEST_F(DataApi, UnknownThing_IsNotFound) {
  for (const Handler handler : {DataGetPendingJobExecutions, DataStartNextPendingJobExecution}) {
    EXPECT_EQ(CodeOf(handler, Ask({"nobody"})), ErrorCode::kNotFound);
    EXPECT_EQ(Invalid(handler, Ask({"no body"})),
              "thingName must be 1 to 128 characters long, of [a-zA-Z0-9:_-].");
  }
}

TEST_F(DataApi, Update_AnswersNothingUnlessAsked) {
  AddJob("1", {"a"}, At(0));
  ExpectJson(Call(DataUpdateJobExecution, Ask({"a", "1"}, {{"status", "IN_PROGRESS"}})), "{}");
  ExpectJson(Call(DataUpdateJobExecution, Ask({"a", "1"}, {{"status", "SUCCEEDED"},
                                                           {"statusDetails", {{"z", "1"}}},
                                                           {"expectedVersion", 2},
                                                           {"executionNumber", 1},
                                                           {"includeJobExecutionState", true},
                                                           {"includeJobDocument", true}})),
             R"({"executionState": {"status": "SUCCEEDED", "statusDetails": {"z": "1"},
                 "versionNumber": 3}, "jobDocument": "{\"job\":\"1\"}"})");
}

TEST_F(DataApi, UpdateAgainstTheState_CarriesTheState) {
  AddJob("1", {"a"}, At(0));
  const domain::Error version = Refusal(
      DataUpdateJobExecution, Ask({"a", "1"}, {{"status", "IN_PROGRESS"}, {"expectedVersion", 5}}));
  EXPECT_EQ(version.code, ErrorCode::kVersionMismatch);
  ASSERT_TRUE(version.state.has_value());
  EXPECT_EQ(version.state->version, 1);
  Report("a", "1", "SUCCEEDED", At(1));
  const domain::Error over =
      Refusal(DataUpdateJobExecution, Ask({"a", "1"}, {{"status", "FAILED"}}));
  EXPECT_EQ(over.code, ErrorCode::kInvalidStateTransition);
  ASSERT_TRUE(over.state.has_value());
  EXPECT_EQ(over.state->status, domain::ExecutionStatus::kSucceeded);
}

TEST_F(DataApi, Update_RefusesMembersOfTheWrongForm) {
  AddJob("1", {"a"}, At(0));
  const std::pair<Json, const char*> kRefused[] = {
      {Json::object(), "status is required."},
      {{{"status", 1}}, "status must be a string."},
      {{{"status", "FAILED"}, {"expectedVersion", "1"}},
       "expectedVersion must be an integer of at least 0."},
      {{{"status", "FAILED"}, {"executionNumber", 0}},
       "executionNumber must be an integer of at least 1."},
      {{{"status", "FAILED"}, {"includeJobDocument", "true"}},
       "includeJobDocument must be true or false."},
      {{{"status", "FAILED"}, {"statusDetails", Json::array()}},
       "statusDetails must be an object whose values are strings."},
  };
  for (const auto& [body, message] : kRefused) {
    EXPECT_EQ(Invalid(DataUpdateJobExecution, Ask({"a", "1"}, body)), message);
  }
  for (const char* status : {"DONE", "QUEUED", "CANCELED", ""}) {
    EXPECT_EQ(CodeOf(DataUpdateJobExecution, Ask({"a", "1"}, {{"status", status}})),
              ErrorCode::kInvalidRequest)
        << status;
  }
  EXPECT_EQ(Invalid(DataUpdateJobExecution, Ask({"a", "$next"}, {{"status", "FAILED"}})),
            "jobId must be 1 to 64 characters long, of [a-zA-Z0-9_-].");
}

}  // namespace
}  // namespace fieldwork::http_api
