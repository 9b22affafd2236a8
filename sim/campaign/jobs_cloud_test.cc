// The campaign's cloud keeps AWS's rules: a campaign proves nothing against a wrong one.
#include "sim/campaign/jobs_cloud.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fieldwork::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class CampaignCloud : public testing::Test {
 protected:
  CampaignCloud() {
    cloud.set_publish([this](const std::string& topic, const std::string& payload) {
      topics.push_back(topic.substr(topic.find("jobs/") + 5));
      payloads.push_back(payload);
    });
  }
  void Send(const std::string& rest, const std::string& payload) {
    topics.clear();
    payloads.clear();
    cloud.OnMessage("$aws/things/t/jobs/" + rest, payload);
  }
  std::string Reply() { return payloads.empty() ? "" : payloads[0]; }

  Timeline timeline;
  Trace trace{timeline, false};
  Faults faults;
  JobsCloud cloud{timeline, Dice(1), trace, faults, "t", 1'700'000'000};
  Dice dice{5};
  Plan plan = MakePlan(Kind::kOneStep, 1, dice);
  std::vector<std::string> topics;
  std::vector<std::string> payloads;
};

TEST_F(CampaignCloud, Create_NotifiesListAndHead) {
  cloud.Create("a", plan);
  EXPECT_THAT(topics, ElementsAre("notify", "notify-next"));
  EXPECT_THAT(payloads[1], HasSubstr(R"("jobId":"a","status":"QUEUED")"));
  topics.clear();
  cloud.Create("b", plan);
  EXPECT_THAT(topics, ElementsAre("notify"));
}

TEST_F(CampaignCloud, StartNext_BeginsTheHeadAndKeepsReturningIt) {
  cloud.Create("a", plan);
  cloud.Create("b", plan);
  Send("start-next", R"({"clientToken":"x"})");
  EXPECT_THAT(topics, ElementsAre("start-next/accepted"));
  EXPECT_THAT(Reply(), HasSubstr(R"("clientToken":"x")"));
  EXPECT_THAT(Reply(), HasSubstr(R"("jobId":"a","status":"IN_PROGRESS")"));
  EXPECT_THAT(Reply(), HasSubstr(R"("versionNumber":2)"));
  EXPECT_THAT(Reply(), HasSubstr(plan.document));
  Send("start-next", "{}");
  EXPECT_THAT(Reply(), HasSubstr(R"("jobId":"a")"));
  EXPECT_THAT(Reply(), HasSubstr(R"("versionNumber":2)"));
}

TEST_F(CampaignCloud, StartNextWithoutJobs_HasNoExecution) {
  Send("start-next", "{}");
  EXPECT_THAT(Reply(), Not(HasSubstr("execution")));
}

TEST_F(CampaignCloud, FinalUpdate_IsAcceptedOnceAndOffersTheNext) {
  Execution& a = cloud.Create("a", plan);
  cloud.Create("b", plan);
  Send("start-next", "{}");
  Send("a/update", R"({"status":"SUCCEEDED","statusDetails":{"k":"}"},"executionNumber":1})");
  EXPECT_THAT(topics, ElementsAre("a/update/accepted", "notify", "notify-next"));
  EXPECT_EQ(a.details, R"({"k":"}"})");
  EXPECT_THAT(a.accepted, ElementsAre("SUCCEEDED"));
  Send("a/update", R"({"status":"SUCCEEDED"})");
  EXPECT_THAT(topics, ElementsAre("a/update/rejected"));
  EXPECT_THAT(Reply(), HasSubstr(R"("code":"InvalidStateTransition")"));
  EXPECT_THAT(Reply(), HasSubstr(R"("executionState":{"status":"SUCCEEDED","versionNumber":3})"));
}

TEST_F(CampaignCloud, AnotherFinalStatus_IsAContradiction) {
  std::vector<std::string> contradictions;
  cloud.on_contradiction = [&](Execution&, const std::string& s) { contradictions.push_back(s); };
  cloud.Create("a", plan);
  Send("a/update", R"({"status":"FAILED"})");
  Send("a/update", R"({"status":"FAILED"})");
  Send("a/update", R"({"status":"IN_PROGRESS"})");
  EXPECT_THAT(contradictions, IsEmpty());
  Send("a/update", R"({"status":"SUCCEEDED"})");
  EXPECT_THAT(contradictions, ElementsAre("SUCCEEDED"));
}

TEST_F(CampaignCloud, WrongVersion_IsAMismatch) {
  cloud.Create("a", plan);
  Send("a/update", R"({"status":"IN_PROGRESS","expectedVersion":7})");
  EXPECT_THAT(Reply(), HasSubstr(R"("code":"VersionMismatch")"));
  Send("a/update", R"({"status":"IN_PROGRESS","expectedVersion":1})");
  EXPECT_THAT(topics[0], "a/update/accepted");
}

TEST_F(CampaignCloud, CancelledAndDeleted_AreRefusedEachInItsWay) {
  Execution& a = cloud.Create("a", plan);
  cloud.Cancel(a);
  Send("a/update", R"({"status":"SUCCEEDED"})");
  EXPECT_THAT(Reply(), HasSubstr(R"("status":"CANCELED")"));
  Send("a/get", "{}");
  EXPECT_THAT(Reply(), HasSubstr("TerminalStateReached"));
  cloud.Delete(a);
  Send("a/update", R"({"status":"SUCCEEDED"})");
  EXPECT_THAT(Reply(), HasSubstr("ResourceNotFound"));
}

TEST_F(CampaignCloud, MadeAnew_IsAnotherExecution) {
  Execution& old = cloud.Create("a", plan);
  cloud.Delete(old);
  timeline.MoveTo(Instant{5000});
  Execution& anew = cloud.Create("a", plan);
  EXPECT_NE(old.queued_at, anew.queued_at);
  Send("a/update", R"({"status":"SUCCEEDED"})");
  EXPECT_EQ(old.status, "QUEUED");
  EXPECT_EQ(anew.status, "SUCCEEDED");
}

TEST_F(CampaignCloud, Timers_EndTheExecution) {
  plan.timeout_minutes = 10;
  Execution& a = cloud.Create("a", plan);
  Send("start-next", R"({"stepTimeoutInMinutes":2})");
  EXPECT_THAT(Reply(), HasSubstr(R"("approximateSecondsBeforeTimedOut":120)"));
  timeline.MoveTo(Instant{60'000});
  Send("a/update", R"({"status":"IN_PROGRESS","stepTimeoutInMinutes":2})");
  timeline.Step();
  EXPECT_EQ(a.status, "IN_PROGRESS") << "the timer was kept alive";
  timeline.Step();
  EXPECT_EQ(a.status, "TIMED_OUT");
  EXPECT_EQ(timeline.now(), Instant{180'000});
}

TEST_F(CampaignCloud, FailureWithRetries_QueuesTheNextNumber) {
  plan.retries = 1;
  cloud.Create("a", plan);
  Send("a/update", R"({"status":"FAILED"})");
  Send("start-next", "{}");
  EXPECT_THAT(Reply(), HasSubstr(R"("executionNumber":2)"));
  Send("a/update", R"({"status":"FAILED","executionNumber":2})");
  EXPECT_FALSE(cloud.has_pending());
}

TEST_F(CampaignCloud, FaultyCloud_SaysSo) {
  faults.throttled = 1000;
  Send("start-next", R"({"clientToken":"x"})");
  EXPECT_THAT(topics, ElementsAre("start-next/rejected"));
  EXPECT_THAT(Reply(), HasSubstr(R"("code":"RequestThrottled")"));
}

TEST_F(CampaignCloud, StaleReplica_OffersWhatIsOver) {
  cloud.Create("a", plan);
  Send("a/update", R"({"status":"SUCCEEDED"})");
  faults.stale = 1000;
  Send("start-next", "{}");
  EXPECT_THAT(Reply(), HasSubstr(R"("jobId":"a","status":"IN_PROGRESS")"));
}

}  // namespace
}  // namespace fieldwork::sim
