// Whole answers of the operations on jobs, and each of their refusals.
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

struct JobsApi : testing::ApiFixture, ::testing::Test {
  JobsApi() {
    AddThing("a");
    AddThing("b");
    AddGroup("g");
  }
  // A request for CreateJob that is right, but for `more`.
  ApiRequest Creation(Json more = Json::object()) const {
    Json body = {{"targets", {ThingArn("a")}}, {"document", "{}"}};
    body.update(more);
    return Ask({"j"}, body);
  }
};

TEST_F(JobsApi, CreateJob_AnswersArnIdAndDescription) {
  ExpectJson(Call(CreateJob, Creation({{"description", "first"}})), R"({
    "jobArn": "arn:aws:iot:us-east-1:000000000000:job/j", "jobId": "j", "description": "first"})");
}

TEST_F(JobsApi, CreateJob_KeepsEverythingForDescribeJob) {
  Call(CreateJob,
       Creation({{"targets", {ThingArn("a"), ThingArn("b")}},
                 {"description", "first"},
                 {"timeoutConfig", {{"inProgressTimeoutInMinutes", 5}}},
                 {"tags", {{{"Key", "k"}, {"Value", "v"}}}}}),
       At(0) + milliseconds(609));
  ExpectJson(Call(DescribeJob, Ask({"j"})), R"({"job": {
    "jobArn": "arn:aws:iot:us-east-1:000000000000:job/j", "jobId": "j",
    "targetSelection": "SNAPSHOT", "status": "IN_PROGRESS",
    "targets": ["arn:aws:iot:us-east-1:000000000000:thing/a",
                "arn:aws:iot:us-east-1:000000000000:thing/b"],
    "description": "first",
    "presignedUrlConfig": {}, "jobExecutionsRolloutConfig": {},
    "createdAt": 1704067200.609, "lastUpdatedAt": 1704067200.609,
    "jobProcessDetails": {
      "numberOfCanceledThings": 0, "numberOfSucceededThings": 0, "numberOfFailedThings": 0,
      "numberOfRejectedThings": 0, "numberOfQueuedThings": 2, "numberOfInProgressThings": 0,
      "numberOfRemovedThings": 0, "numberOfTimedOutThings": 0},
    "timeoutConfig": {"inProgressTimeoutInMinutes": 5},
    "isConcurrent": false}})");
  ExpectJson(Call(ListTagsForResource,
                  Ask({}, Json::object(), {{"resourceArn", context.names.JobArn("j")}})),
             R"({"tags": [{"Key": "k", "Value": "v"}]})");
}

TEST_F(JobsApi, DescribeJob_CountsEachStatusAndTellsTheEnd) {
  for (const char* thing : {"c", "d", "e"}) AddThing(thing);
  AddJob("j", {"a", "b", "c", "d", "e"}, At(0));
  Report("a", "j", "SUCCEEDED", At(1));
  Report("b", "j", "FAILED", At(1));
  Report("c", "j", "REJECTED", At(1));
  Report("d", "j", "IN_PROGRESS", At(1));
  Json job = Call(DescribeJob, Ask({"j"}, Json::object(), {{"beforeSubstitution", "true"}}))["job"];
  ExpectJson(job["jobProcessDetails"], R"({
    "numberOfCanceledThings": 0, "numberOfSucceededThings": 1, "numberOfFailedThings": 1,
    "numberOfRejectedThings": 1, "numberOfQueuedThings": 1, "numberOfInProgressThings": 1,
    "numberOfRemovedThings": 0, "numberOfTimedOutThings": 0})");
  EXPECT_FALSE(job.contains("completedAt"));
  Report("d", "j", "SUCCEEDED", At(2));
  Report("e", "j", "SUCCEEDED", At(3));
  job = Call(DescribeJob, Ask({"j"}))["job"];
  EXPECT_EQ(job["status"], "COMPLETED");
  EXPECT_EQ(job["completedAt"], 1704067203.0);
}

TEST_F(JobsApi, JobThatIsStillRolledOut_NamesItsTargets) {
  AddJob("j", {"a"}, At(0));
  domain::Job job = *store.FindJob("j");
  job.work = domain::JobWork::kRollout;
  store.SaveJob(job);
  const Json described = Call(DescribeJob, Ask({"j"}))["job"];
  EXPECT_EQ(described["isConcurrent"], true);
  ExpectJson(described["jobProcessDetails"]["processingTargets"],
             R"(["arn:aws:iot:us-east-1:000000000000:thing/a"])");
}

TEST_F(JobsApi, GetJobDocument_GivesTheTextAsItCame) {
  const std::string document = "{ \"operation\" : \"reboot\",\n\"b\":1, \"a\":1.50 }";
  Call(CreateJob, Creation({{"document", document}}));
  EXPECT_EQ(Call(GetJobDocument, Ask({"j"}))["document"], document);
}

TEST_F(JobsApi, CreateJob_RefusesWhatIsMissingOrOfTheWrongForm) {
  const std::pair<Json, const char*> kRefused[] = {
      {{{"document", nullptr}}, "document is required."},
      {{{"document", 1}}, "document must be a string."},
      {{{"document", "{"}}, "document is not valid JSON in UTF-8: see character 2."},
      {{{"targets", nullptr}}, "targets is required and not to be empty."},
      {{{"targets", Json::array()}}, "targets is required and not to be empty."},
      {{{"targets", "a"}}, "targets must be a list of strings."},
      {{{"description", ""}},
       "description must be 1 to 2028 characters long, of anything but control characters."},
      {{{"description", std::string(2029, 'x')}},
       "description must be 1 to 2028 characters long, of anything but control characters."},
      {{{"targetSelection", "SOME"}}, "targetSelection cannot be 'SOME'."},
      {{{"timeoutConfig", 5}}, "timeoutConfig must be an object."},
      {{{"timeoutConfig", {{"inProgressTimeoutInMinutes", 10081}}}},
       "timeoutConfig.inProgressTimeoutInMinutes must be an integer from 1 to 10080."},
      {{{"timeoutConfig", {{"inProgressTimeoutInMinutes", 5.0}}}},
       "timeoutConfig.inProgressTimeoutInMinutes must be an integer from 1 to 10080."},
      {{{"tags", "k=v"}}, "tags must be a list of objects with Key and Value."},
  };
  for (const auto& [more, message] : kRefused) {
    EXPECT_EQ(Invalid(CreateJob, Creation(more)), message);
  }
  ApiRequest bad_id = Creation();
  bad_id.labels = {"bad id!"};
  EXPECT_EQ(Invalid(CreateJob, bad_id), "jobId must be 1 to 64 characters long, of [a-zA-Z0-9_-].");
}

TEST_F(JobsApi, CreateJob_RefusesWhatIsNotHereYet) {
  const std::pair<const char*, Json> kMembers[] = {
      {"documentSource", "https://s3.amazonaws.com/b/k"},
      {"presignedUrlConfig", {{"expiresInSec", 60}}},
      {"jobExecutionsRolloutConfig", {{"maximumPerMinute", 50}}},
      {"abortConfig", {{"criteriaList", {1}}}},
      {"jobExecutionsRetryConfig", {{"criteriaList", {1}}}},
      {"schedulingConfig", {{"startTime", "2030-01-01 00:00"}}},
      {"jobTemplateArn", "arn:aws:iot:us-east-1::jobtemplate/AWS-Reboot:1.0"},
      {"documentParameters", {{"a", "b"}}},
      {"destinationPackageVersions", {"arn:x"}},
      {"namespaceId", "ns"},
  };
  for (const auto& [member, value] : kMembers) {
    const std::string message = Invalid(CreateJob, Creation({{member, value}}));
    EXPECT_TRUE(message.starts_with(std::string(member) + " is not supported by this service: "))
        << message;
  }
  EXPECT_EQ(store.FindJob("j"), std::nullopt);
}

TEST_F(JobsApi, CreateJob_PassesOnWhatTheRulesRefuse) {
  EXPECT_EQ(CodeOf(CreateJob, Creation({{"targets", {ThingArn("nobody")}}})), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(CreateJob, Creation({{"targets", {"arn:aws:s3:::b"}}})),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(CreateJob, Creation({{"targets", std::vector(101, ThingArn("a"))}})),
            ErrorCode::kLimitExceeded);
  Call(CreateJob, Creation());
  const domain::Error twice = Refusal(CreateJob, Creation());
  EXPECT_EQ(twice.code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(twice.resource_id, "j");
  EXPECT_EQ(twice.resource_arn, "arn:aws:iot:us-east-1:000000000000:job/j");
}

TEST_F(JobsApi, UnknownJob_IsNotFound) {
  const ApiRequest nobody = Ask({"nobody"}, {{"targets", {ThingArn("a")}}});
  for (const Handler handler :
       {DescribeJob, GetJobDocument, UpdateJob, AssociateTargetsWithJob, CancelJob, DeleteJob}) {
    EXPECT_EQ(CodeOf(handler, nobody), ErrorCode::kNotFound);
  }
}

TEST_F(JobsApi, UpdateJob_ChangesDescriptionAndTimeout) {
  Call(CreateJob, Creation());
  ExpectJson(Call(UpdateJob,
                  Ask({"j"}, {{"description", "second"},
                              {"timeoutConfig", {{"inProgressTimeoutInMinutes", 7}}}}),
                  At(4)),
             "{}");
  const Json job = Call(DescribeJob, Ask({"j"}))["job"];
  EXPECT_EQ(job["description"], "second");
  EXPECT_EQ(job["timeoutConfig"]["inProgressTimeoutInMinutes"], 7);
  EXPECT_EQ(job["lastUpdatedAt"], 1704067204.0);
  EXPECT_TRUE(Invalid(UpdateJob, Ask({"j"}, {{"abortConfig", {{"criteriaList", {1}}}}}))
                  .starts_with("abortConfig is not supported"));
  EXPECT_TRUE(Invalid(UpdateJob, Ask({"j"}, Json::object(), {{"namespaceId", "n"}}))
                  .starts_with("namespaceId is not supported"));
}

TEST_F(JobsApi, AssociateTargets_AddsToAContinuousJob) {
  Call(CreateJob, Creation({{"targetSelection", "CONTINUOUS"}}));
  ExpectJson(Call(AssociateTargetsWithJob,
                  Ask({"j"}, {{"targets", {GroupArn("g")}}, {"comment", "more"}})),
             R"({"jobArn": "arn:aws:iot:us-east-1:000000000000:job/j", "jobId": "j"})");
  const Json job = Call(DescribeJob, Ask({"j"}))["job"];
  EXPECT_EQ(job["targets"].size(), 2U);
  EXPECT_EQ(job["comment"], "more");
  EXPECT_EQ(Invalid(AssociateTargetsWithJob, Ask({"j"})),
            "targets is required and not to be empty.");
}

TEST_F(JobsApi, CancelJob_TakesReasonCommentAndForce) {
  AddJob("j", {"a"}, At(0));
  Report("a", "j", "IN_PROGRESS", At(1));
  ExpectJson(
      Call(CancelJob,
           Ask({"j"}, {{"reasonCode", "TOO_SLOW"}, {"comment", "stop"}}, {{"force", "true"}}),
           At(2)),
      R"({"jobArn": "arn:aws:iot:us-east-1:000000000000:job/j", "jobId": "j"})");
  const Json job = Call(DescribeJob, Ask({"j"}))["job"];
  EXPECT_EQ(job["status"], "CANCELED");
  EXPECT_EQ(job["forceCanceled"], true);
  EXPECT_EQ(job["reasonCode"], "TOO_SLOW");
  EXPECT_EQ(job["comment"], "stop");
  EXPECT_EQ(job["jobProcessDetails"]["numberOfCanceledThings"], 1);
}

TEST_F(JobsApi, CancelJob_RefusesABadReasonAndABadFlag) {
  AddJob("j", {"a"}, At(0));
  EXPECT_EQ(Invalid(CancelJob, Ask({"j"}, {{"reasonCode", "too slow"}})),
            "reasonCode must be 1 to 128 characters long, of [A-Z0-9_].");
  EXPECT_EQ(Invalid(CancelJob, Ask({"j"}, Json::object(), {{"force", "yes"}})),
            "force must be true or false.");
}

TEST_F(JobsApi, DeleteJob_NeedsForceWhileItRuns) {
  AddJob("j", {"a"}, At(0));
  EXPECT_EQ(CodeOf(DeleteJob, Ask({"j"})), ErrorCode::kInvalidStateTransition);
  ExpectJson(Call(DeleteJob, Ask({"j"}, Json::object(), {{"force", "true"}})), "{}");
  EXPECT_EQ(CodeOf(DescribeJob, Ask({"j"})), ErrorCode::kNotFound);
}

TEST_F(JobsApi, ListJobs_GivesSummariesNewestFirst) {
  AddJob("old", {"a"}, At(0));
  AddJob("new", {"a"}, At(1), {{"targetSelection", "CONTINUOUS"}});
  ExpectJson(Call(ListJobs, Ask({})), R"({"jobs": [
    {"jobArn": "arn:aws:iot:us-east-1:000000000000:job/new", "jobId": "new",
     "targetSelection": "CONTINUOUS", "status": "IN_PROGRESS", "isConcurrent": false,
     "createdAt": 1704067201.0, "lastUpdatedAt": 1704067201.0},
    {"jobArn": "arn:aws:iot:us-east-1:000000000000:job/old", "jobId": "old",
     "targetSelection": "SNAPSHOT", "status": "IN_PROGRESS", "isConcurrent": false,
     "createdAt": 1704067200.0, "lastUpdatedAt": 1704067200.0}]})");
}

TEST_F(JobsApi, ListJobs_FiltersByStatusSelectionAndGroup) {
  AddJob("done", {"a"}, At(0));
  Report("a", "done", "SUCCEEDED", At(1));
  AddJob("open", {"a"}, At(2), {{"targetSelection", "CONTINUOUS"}});
  Call(CreateJob, Creation({{"targets", {GroupArn("g")}}, {"targetSelection", "CONTINUOUS"}}));
  const auto ids = [this](Query query) {
    std::string text;
    const Json reply = Call(ListJobs, Ask({}, Json::object(), std::move(query)));
    for (const Json& job : reply["jobs"]) {
      text += job["jobId"].get<std::string>() + " ";
    }
    return text;
  };
  EXPECT_EQ(ids({{"status", "COMPLETED"}}), "done ");
  EXPECT_EQ(ids({{"status", "SCHEDULED"}}), "");
  EXPECT_EQ(ids({{"targetSelection", "SNAPSHOT"}}), "done ");
  EXPECT_EQ(ids({{"thingGroupName", "g"}}), "j ");
  EXPECT_EQ(ids({{"thingGroupName", "g"}, {"status", "CANCELED"}}), "");
}

TEST_F(JobsApi, ListJobs_GoesThroughPages) {
  for (const char* id : {"1", "2", "3"}) AddJob(id, {"a"}, At(0));
  const Json first = Call(ListJobs, Ask({}, Json::object(), {{"maxResults", "2"}}));
  EXPECT_EQ(first["jobs"].size(), 2U);
  const Query next = {{"maxResults", "2"}, {"nextToken", first.at("nextToken").get<std::string>()}};
  const Json second = Call(ListJobs, Ask({}, Json::object(), next));
  ASSERT_EQ(second["jobs"].size(), 1U);
  EXPECT_EQ(second["jobs"][0]["jobId"], "1");
  EXPECT_FALSE(second.contains("nextToken"));
}

TEST_F(JobsApi, ListJobs_RefusesWhatItCannotFilterBy) {
  const std::pair<Query, std::string> kRefused[] = {
      {{{"status", "FOO"}}, "status cannot be 'FOO'."},
      {{{"maxResults", "500"}}, "maxResults must be an integer from 1 to 250."},
      {{{"thingGroupId", "x"}},
       "thingGroupId is not supported by this service: use thingGroupName."},
      {{{"namespaceId", "x"}},
       "namespaceId is not supported by this service: leave it out; it is for IoT Greengrass."},
  };
  for (const auto& [query, message] : kRefused) {
    EXPECT_EQ(Invalid(ListJobs, Ask({}, Json::object(), query)), message);
  }
  EXPECT_EQ(CodeOf(ListJobs, Ask({}, Json::object(), {{"thingGroupName", "none"}})),
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace fieldwork::http_api
