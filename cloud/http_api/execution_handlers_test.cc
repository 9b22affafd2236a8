// Executions as the control plane shows them.
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

struct ExecutionsApi : testing::ApiFixture, ::testing::Test {
  ExecutionsApi() {
    AddThing("a");
    AddThing("b");
  }
  void CreateTimed() {
    AddJob("j", {"a"}, At(0) + milliseconds(636),
           {{"timeoutConfig", {{"inProgressTimeoutInMinutes", 10}}}});
  }
};

TEST_F(ExecutionsApi, QueuedExecution_HasNoStartAndEmptyDetails) {
  CreateTimed();
  ExpectJson(Call(DescribeJobExecution, Ask({"a", "j"})), R"({"execution": {
    "jobId": "j", "status": "QUEUED", "statusDetails": {},
    "thingArn": "arn:aws:iot:us-east-1:000000000000:thing/a",
    "queuedAt": 1704067200.636, "lastUpdatedAt": 1704067200.636,
    "executionNumber": 1, "versionNumber": 1}})");
}

TEST_F(ExecutionsApi, RunningExecution_HasNestedDetailsAndItsTimer) {
  CreateTimed();
  Call(DataUpdateJobExecution,
       Ask({"a", "j"}, {{"status", "IN_PROGRESS"}, {"statusDetails", {{"step", "1"}}}}), At(10));
  ExpectJson(Call(DescribeJobExecution, Ask({"a", "j"}, Json::object(), {{"executionNumber", "1"}}),
                  At(11)),
             R"({"execution": {
    "jobId": "j", "status": "IN_PROGRESS", "statusDetails": {"detailsMap": {"step": "1"}},
    "thingArn": "arn:aws:iot:us-east-1:000000000000:thing/a",
    "queuedAt": 1704067200.636, "startedAt": 1704067210.0, "lastUpdatedAt": 1704067210.0,
    "executionNumber": 1, "versionNumber": 2, "approximateSecondsBeforeTimedOut": 598}})");
}

TEST_F(ExecutionsApi, CancelExecution_WithForceStopsARunningOne) {
  CreateTimed();
  Report("a", "j", "IN_PROGRESS", At(1));
  EXPECT_EQ(CodeOf(CancelJobExecution, Ask({"a", "j"})), ErrorCode::kInvalidStateTransition);
  ExpectJson(Call(CancelJobExecution,
                  Ask({"a", "j"}, {{"expectedVersion", 2}, {"statusDetails", {{"why", "late"}}}},
                      {{"force", "true"}}),
                  At(2)),
             "{}");
  const Json execution = Call(DescribeJobExecution, Ask({"a", "j"}))["execution"];
  EXPECT_EQ(execution["status"], "CANCELED");
  EXPECT_EQ(execution["forceCanceled"], true);
  ExpectJson(execution["statusDetails"], R"({"detailsMap": {"why": "late"}})");
}

TEST_F(ExecutionsApi, CancelExecution_RefusesAnotherVersionAndBadMembers) {
  CreateTimed();
  EXPECT_EQ(CodeOf(CancelJobExecution, Ask({"a", "j"}, {{"expectedVersion", 7}})),
            ErrorCode::kVersionConflict);
  const std::pair<Json, const char*> kRefused[] = {
      {{{"expectedVersion", "1"}}, "expectedVersion must be an integer of at least 0."},
      {{{"statusDetails", "x"}}, "statusDetails must be an object whose values are strings."},
      {{{"statusDetails", {{"k", 1}}}}, "statusDetails: the value of 'k' must be a string."},
  };
  for (const auto& [body, message] : kRefused) {
    EXPECT_EQ(Invalid(CancelJobExecution, Ask({"a", "j"}, body)), message);
  }
  EXPECT_EQ(CodeOf(CancelJobExecution, Ask({"a", "j"}, {{"statusDetails", {{"a b", "x"}}}})),
            ErrorCode::kInvalidRequest);
}

TEST_F(ExecutionsApi, DeleteExecution_NeedsNumberAndForceWhileItRuns) {
  CreateTimed();
  Report("a", "j", "IN_PROGRESS", At(1));
  EXPECT_EQ(CodeOf(DeleteJobExecution, Ask({"a", "j", "1"})), ErrorCode::kInvalidStateTransition);
  EXPECT_EQ(CodeOf(DeleteJobExecution, Ask({"a", "j", "2"})), ErrorCode::kNotFound);
  EXPECT_EQ(Invalid(DeleteJobExecution, Ask({"a", "j", "one"})),
            "executionNumber must be an integer of at least 1.");
  EXPECT_EQ(
      Invalid(DeleteJobExecution, Ask({"a", "j", "1"}, Json::object(), {{"namespaceId", "n"}})),
      "namespaceId is not supported by this service: leave it out; it is for IoT Greengrass.");
  ExpectJson(Call(DeleteJobExecution, Ask({"a", "j", "1"}, Json::object(), {{"force", "true"}})),
             "{}");
  EXPECT_EQ(CodeOf(DescribeJobExecution, Ask({"a", "j"})), ErrorCode::kNotFound);
}

TEST_F(ExecutionsApi, WhatDoesNotExist_IsNotFound) {
  CreateTimed();
  EXPECT_EQ(CodeOf(DescribeJobExecution, Ask({"b", "j"})), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(DescribeJobExecution, Ask({"a", "other"})), ErrorCode::kNotFound);
  EXPECT_EQ(
      CodeOf(DescribeJobExecution, Ask({"a", "j"}, Json::object(), {{"executionNumber", "2"}})),
      ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(CancelJobExecution, Ask({"b", "j"})), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(ListJobExecutionsForJob, Ask({"other"})), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(ListJobExecutionsForThing, Ask({"nobody"})), ErrorCode::kNotFound);
}

TEST_F(ExecutionsApi, BadNames_AreRefused) {
  EXPECT_EQ(Invalid(DescribeJobExecution, Ask({"a b", "j"})),
            "thingName must be 1 to 128 characters long, of [a-zA-Z0-9:_-].");
  EXPECT_EQ(Invalid(DescribeJobExecution, Ask({"a", "$next"})),
            "jobId must be 1 to 64 characters long, of [a-zA-Z0-9_-].");
  EXPECT_EQ(
      Invalid(DescribeJobExecution, Ask({"a", "j"}, Json::object(), {{"executionNumber", "0"}})),
      "executionNumber must be an integer of at least 1.");
}

TEST_F(ExecutionsApi, ListForJob_HasThingsAndSummaries) {
  AddJob("j", {"a", "b"}, At(0));
  Report("b", "j", "IN_PROGRESS", At(5));
  ExpectJson(Call(ListJobExecutionsForJob, Ask({"j"})), R"({"executionSummaries": [
    {"thingArn": "arn:aws:iot:us-east-1:000000000000:thing/a", "jobExecutionSummary": {
      "status": "QUEUED", "queuedAt": 1704067200.0, "lastUpdatedAt": 1704067200.0,
      "executionNumber": 1}},
    {"thingArn": "arn:aws:iot:us-east-1:000000000000:thing/b", "jobExecutionSummary": {
      "status": "IN_PROGRESS", "queuedAt": 1704067200.0, "startedAt": 1704067205.0,
      "lastUpdatedAt": 1704067205.0, "executionNumber": 1}}]})");
  const Json queued =
      Call(ListJobExecutionsForJob, Ask({"j"}, Json::object(), {{"status", "QUEUED"}}));
  EXPECT_EQ(queued["executionSummaries"].size(), 1U);
  EXPECT_EQ(Invalid(ListJobExecutionsForJob, Ask({"j"}, Json::object(), {{"status", "FOO"}})),
            "status cannot be 'FOO'.");
}

TEST_F(ExecutionsApi, ListForThing_HasJobsAndFilters) {
  AddJob("1", {"a"}, At(0));
  AddJob("2", {"a"}, At(1));
  Report("a", "1", "SUCCEEDED", At(5));
  ExpectJson(Call(ListJobExecutionsForThing, Ask({"a"}, Json::object(), {{"status", "SUCCEEDED"}})),
             R"({"executionSummaries": [{"jobId": "1", "jobExecutionSummary": {
      "status": "SUCCEEDED", "queuedAt": 1704067200.0, "startedAt": 1704067205.0,
      "lastUpdatedAt": 1704067205.0, "executionNumber": 1}}]})");
  const Json of_job = Call(ListJobExecutionsForThing, Ask({"a"}, Json::object(), {{"jobId", "2"}}));
  ASSERT_EQ(of_job["executionSummaries"].size(), 1U);
  EXPECT_EQ(of_job["executionSummaries"][0]["jobId"], "2");
}

TEST_F(ExecutionsApi, Lists_GoThroughPagesAndRefuseEachOthersTokens) {
  AddJob("1", {"a", "b"}, At(0));
  AddJob("2", {"a"}, At(1));
  ApiRequest for_job = Ask({"1"}, Json::object(), {{"maxResults", "1"}});
  for_job.operation = "ListJobExecutionsForJob";
  ApiRequest for_thing = Ask({"a"}, Json::object(), {{"maxResults", "1"}});
  for_thing.operation = "ListJobExecutionsForThing";
  const Json job_page = Call(ListJobExecutionsForJob, for_job);
  const Json thing_page = Call(ListJobExecutionsForThing, for_thing);
  for_job.query["nextToken"] = job_page.at("nextToken").get<std::string>();
  for_thing.query["nextToken"] = thing_page.at("nextToken").get<std::string>();
  const Json job_rest = Call(ListJobExecutionsForJob, for_job);
  EXPECT_FALSE(job_rest.contains("nextToken"));
  EXPECT_NE(job_rest["executionSummaries"], job_page["executionSummaries"]);
  const Json thing_rest = Call(ListJobExecutionsForThing, for_thing);
  EXPECT_FALSE(thing_rest.contains("nextToken"));
  EXPECT_NE(thing_rest["executionSummaries"], thing_page["executionSummaries"]);
  std::swap(for_job.query, for_thing.query);
  EXPECT_EQ(CodeOf(ListJobExecutionsForJob, for_job), ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(ListJobExecutionsForThing, for_thing), ErrorCode::kInvalidRequest);
}

}  // namespace
}  // namespace fieldwork::http_api
