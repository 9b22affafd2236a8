// Jobs of several steps: in order, watched, stopped, taken up again after a boot.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "device/agent/agent.h"
#include "sim/agent_driver.h"

namespace fieldwork::agent {
namespace {

using handlers::StepEnd;
using handlers::StepResult;
using sim::AgentDriver;
using sim::RamFlash;
using sim::SentMessage;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kTopics = "$aws/things/board/jobs/";
constexpr const char* kTwoSteps =
    R"({"version":"1.0","steps":[)"
    R"({"action":{"name":"One","type":"runHandler","input":{"handler":"one.sh"}}},)"
    R"({"action":{"name":"Two","type":"runHandler","input":{"handler":"two.sh"}}}]})";
constexpr const char* kOneStep =
    R"({"steps":[{"action":{"name":"One","type":"runHandler","input":{"handler":"one.sh"}}}]})";
constexpr const char* kStepThenReboot =
    R"({"steps":[{"action":{"name":"One","type":"runHandler","input":{"handler":"one.sh"}}},)"
    R"({"action":{"name":"Reboot"}},)"
    R"({"action":{"name":"Two","type":"runHandler","input":{"handler":"two.sh"}}}]})";

class Steps : public testing::Test {
 protected:
  std::string Offer(const SentMessage& request, const std::string& document,
                    const std::string& more = "") {
    return R"({"clientToken":")" + request.token() + R"(","timestamp":1700000000,"execution":{)" +
           R"("jobId":"j","status":"IN_PROGRESS","queuedAt":100,"versionNumber":2,)" +
           R"("executionNumber":1)" + more + R"(,"jobDocument":)" + document + "}}";
  }
  static std::string Accepted(const SentMessage& request) {
    return R"({"clientToken":")" + request.token() + R"(","timestamp":1700000001})";
  }
  void Boot(std::uint32_t count = 1, BootReason reason = BootReason::kPowerOn) {
    setup.boot = {count, reason};
    setup.seed = 100 + count;
    driver = std::make_unique<AgentDriver>(flash, setup);
  }
  /// From nothing to the first question's answer.
  void Take(const std::string& document, const std::string& more = "") {
    driver->Start();
    driver->Connect();
    driver->Deliver(kTopics + "start-next/accepted", Offer(driver->SentOne(), document, more));
    driver->AcknowledgeAll();
  }
  /// After a boot, or a connection that was lost: the cloud says that it is still open.
  void TakeUp(const std::string& document, const char* timestamp = "1700000000") {
    driver->Start();
    driver->Connect();
    const SentMessage question = driver->SentOne();
    ASSERT_EQ(question.topic, kTopics + "j/get");
    std::string reply = Offer(question, document);
    reply.replace(reply.find("1700000000"), 10, timestamp);
    driver->Deliver(kTopics + "j/get/accepted", reply);
    driver->AcknowledgeAll();
  }
  /// The first step is done, the reboot behind it came, the third step is next.
  void RebootInTheMiddle() {
    Boot();
    Take(kStepThenReboot);
    driver->EndStep();
    driver->Deliver(kTopics + "j/update/accepted", Accepted(driver->SentOne()));
    driver->TransportDown("");
    Boot(2, BootReason::kReboot);
  }
  /// Time goes by on a connection that lives.
  void Pass(Millis span) {
    for (; span.count > 0; span = span - Seconds(5)) {
      driver->Advance(Earlier(Instant{span.count}, Instant{5000}) - Instant{0});
      driver->Receive(sim::kPingrespPacket);
      driver->AcknowledgeAll();
    }
  }
  static StepResult Exit(std::int32_t code) { return {.end = StepEnd::kExited, .code = code}; }

  RamFlash flash{2, 4096};
  AgentDriver::Setup setup;
  std::unique_ptr<AgentDriver> driver;
};

TEST_F(Steps, AreDoneInOrderThenReported) {
  Boot();
  Take(kTwoSteps);
  EXPECT_THAT(driver->Notes(), Contains("START One 1/2"));
  driver->EndStep();
  EXPECT_THAT(driver->Notes(), ElementsAre("step j 1 ended: succeeded", "START Two 2/2",
                                           "step j 2/2 begun: \"Two\""));
  EXPECT_THAT(driver->Sent(), IsEmpty());
  driver->EndStep();
  const SentMessage report = driver->SentOne();
  EXPECT_THAT(report.payload, HasSubstr(R"("status":"SUCCEEDED")"));
  EXPECT_THAT(report.payload, HasSubstr(R"("step":"Two","stepNumber":"2/2","exitCode":"0")"));
}

TEST_F(Steps, RecordOfTheStepIsOnFlashBeforeItBegins) {
  Boot();
  flash.CutPowerAfter(1);  // "Taken" fits, "step begun" does not.
  Take(kOneStep);
  EXPECT_THAT(driver->Notes(), Not(Contains("START One 1/1")));
  EXPECT_THAT(driver->SentOne().payload, HasSubstr("journal-failed"));
}

TEST_F(Steps, FailingStep_EndsTheJobWithItsCode) {
  Boot();
  Take(kTwoSteps);
  driver->EndStep({.end = StepEnd::kExited, .code = 7, .out = "seen", .err = "why\n"});
  const SentMessage report = driver->SentOne();
  EXPECT_THAT(report.payload, HasSubstr(R"("status":"FAILED")"));
  EXPECT_THAT(report.payload, HasSubstr(R"("reason":"step-failed","step":"One","stepNumber":"1/2",)"
                                        R"("exitCode":"7","stderr":"why ")"));
  EXPECT_THAT(report.payload, Not(HasSubstr("seen"))) << "includeStdOut was not asked for";
}

TEST_F(Steps, KilledStep_IsNoExit) {
  Boot();
  Take(kOneStep);
  driver->EndStep({.end = StepEnd::kSignaled, .code = 11});
  const SentMessage report = driver->SentOne();
  EXPECT_THAT(report.payload, HasSubstr(R"("reason":"step-killed")"));
  EXPECT_THAT(report.payload, HasSubstr(R"("signal":"11")"));
  EXPECT_THAT(report.payload, Not(HasSubstr("exitCode")));
}

TEST_F(Steps, IgnoredFailure_GoesOn) {
  Boot();
  Take(R"({"steps":[{"action":{"name":"One","type":"runHandler","ignoreStepFailure":"true",)"
       R"("input":{"handler":"a"}}},{"action":{"name":"Two","type":"runHandler",)"
       R"("input":{"handler":"b"}}}]})");
  driver->EndStep(Exit(1));
  EXPECT_THAT(driver->Notes(), Contains("START Two 2/2"));
  driver->EndStep();
  EXPECT_THAT(driver->SentOne().payload, HasSubstr("SUCCEEDED"));
}

TEST_F(Steps, LongOutput_KeepsItsEndAndFitsTheMemory) {
  setup.document = 600;
  Boot();
  Take(R"({"includeStdOut":true,"operation":"x"})");
  const std::string out = std::string(3000, 'a') + "THE END";
  driver->EndStep({.out = out});
  const SentMessage report = driver->SentOne();
  EXPECT_THAT(report.payload, HasSubstr("THE END"));
  EXPECT_LT(report.payload.size(), 600u + 200u);
}

TEST_F(Steps, OutputWrittenDownByAProgramWithMoreMemory_IsLeftOut) {
  setup.document = setup.payload = setup.send = 4096;
  Boot();
  Take(R"({"operation":"x"})");
  const std::string err(900, 'e');
  driver->TransportDown();
  driver->EndStep({.end = StepEnd::kExited, .code = 1, .err = err});
  setup.payload = 256;
  Boot(2);
  TakeUp("{}");
  const SentMessage report = driver->SentOne();
  EXPECT_THAT(report.payload, HasSubstr(R"("status":"FAILED")"));
  EXPECT_THAT(report.payload, Not(HasSubstr("eee")));
}

TEST_F(Steps, ResultsThatComeAtOnce_NeedNoFurtherInput) {
  Boot();
  driver->executor().result = StepResult{};
  Take(kTwoSteps);
  EXPECT_THAT(driver->SentOne().payload, HasSubstr("SUCCEEDED"));
}

TEST_F(Steps, ProgressIsSaidOnceInAnInterval) {
  Boot();
  Take(kTwoSteps);
  driver->Sent();
  for (int percent = 1; percent <= 40; ++percent) {
    driver->Progress(static_cast<std::uint8_t>(percent));
    Pass(Millis{100});
  }
  EXPECT_THAT(driver->Sent(), IsEmpty());
  Pass(Seconds(2));
  const SentMessage update = driver->SentOne();
  EXPECT_THAT(update.payload, HasSubstr(R"("status":"IN_PROGRESS")"));
  EXPECT_THAT(update.payload, HasSubstr(R"("step":"One","stepNumber":"1/2","percent":"40")"));
  driver->Deliver(kTopics + "j/update/accepted", Accepted(update));
  Pass(Seconds(100));
  EXPECT_THAT(driver->Sent(), IsEmpty()) << "nothing new";
}

TEST_F(Steps, OfflineWorkGoesOnAndIsReportedLater) {
  Boot();
  Take(kTwoSteps);
  driver->TransportDown();
  driver->Notes();
  driver->EndStep();
  EXPECT_THAT(driver->Notes(), Contains("START Two 2/2"));
  driver->EndStep();
  driver->Sent();
  driver->Advance(Seconds(3));
  driver->Connect(true);
  driver->Deliver(kTopics + "j/get/accepted", Offer(driver->SentOne(), "{}"));
  EXPECT_THAT(driver->SentOne().payload, HasSubstr("SUCCEEDED"));
}

TEST_F(Steps, FinishedWhileProgressIsOut_ReportsAtOnce) {
  Boot();
  Take(kOneStep);
  Pass(Seconds(5));
  EXPECT_THAT(driver->SentOne().payload, HasSubstr("IN_PROGRESS"));
  driver->EndStep();
  EXPECT_THAT(driver->SentOne().payload, HasSubstr("SUCCEEDED"));
}

// ---- stopped

TEST_F(Steps, StepLimit_AsksThenKillsThenFails) {
  setup.options.step_limit = Seconds(60);
  setup.options.progress_interval = Seconds(3600);
  Boot();
  Take(kOneStep);
  driver->Notes();
  Pass(Seconds(60));
  EXPECT_THAT(driver->Notes(), ElementsAre("STOP", "stopping j: step-time-limit"));
  Pass(Seconds(10));
  EXPECT_THAT(driver->Notes(), ElementsAre("KILL"));
  driver->EndStep({.end = StepEnd::kSignaled, .code = 9});
  EXPECT_THAT(driver->SentOne().payload,
              HasSubstr(R"("reason":"step-time-limit","step":"One","signal":"9")"));
}

TEST_F(Steps, StepLimitOfAnIgnoredStep_GoesOn) {
  setup.options.step_limit = Seconds(60);
  Boot();
  Take(R"({"steps":[{"action":{"name":"One","ignoreStepFailure":true}},)"
       R"({"action":{"name":"Two"}}]})");
  Pass(Seconds(60));
  driver->Notes();
  driver->EndStep({.end = StepEnd::kSignaled, .code = 15});
  EXPECT_THAT(driver->Notes(), Contains("START Two 2/2"));
}

TEST_F(Steps, TimeThatTheCloudLeaves_IsALimit) {
  setup.options.progress_interval = Seconds(3600);
  Boot();
  Take(kOneStep, R"(,"approximateSecondsBeforeTimedOut":120)");
  driver->Notes();
  Pass(Seconds(119));
  EXPECT_THAT(driver->Notes(), Not(Contains("STOP")));
  Pass(Seconds(1));
  EXPECT_THAT(driver->Notes(), Contains("stopping j: job-time-limit"));
}

TEST_F(Steps, StepTimer_IsAskedForAndKeptAlive) {
  setup.options.step_timeout_minutes = 2;
  setup.options.progress_interval = Seconds(1);
  setup.options.reconcile = Millis{0};
  Boot();
  driver->Start();
  driver->Connect();
  const SentMessage request = driver->SentOne();
  EXPECT_THAT(request.payload, HasSubstr(R"("stepTimeoutInMinutes":2)"));
  driver->Deliver(kTopics + "start-next/accepted",
                  Offer(request, kOneStep, R"(,"approximateSecondsBeforeTimedOut":119)"));
  driver->AcknowledgeAll();
  int updates = 0;
  for (int second = 0; second < 600; ++second) {
    Pass(Seconds(1));
    for (const SentMessage& sent : driver->Sent()) {
      EXPECT_THAT(sent.payload, HasSubstr(R"("stepTimeoutInMinutes":2)"));
      driver->Deliver(kTopics + "j/update/accepted", Accepted(sent));
      ++updates;
    }
  }
  EXPECT_GE(updates, 10);
  EXPECT_LE(updates, 12);
}

TEST_F(Steps, CancelLearntFromANotice_StopsTheStepAndReportsNothing) {
  Boot();
  Take(kOneStep);
  driver->Sent();
  driver->Notes();
  driver->Deliver(kTopics + "notify-next", R"({"timestamp":1})");
  const SentMessage check = driver->SentOne();
  EXPECT_EQ(check.topic, kTopics + "j/get");
  EXPECT_THAT(driver->Notes(), IsEmpty()) << "a notice is a hint";
  driver->Deliver(kTopics + "j/get/rejected",
                  R"({"code":"TerminalStateReached","clientToken":")" + check.token() + "\"}");
  EXPECT_THAT(driver->Notes(),
              ElementsAre("STOP", "refused TerminalStateReached: give up", "stopping j: canceled"));
  EXPECT_EQ(driver->agent().job_id(), "j");
  driver->EndStep({.end = StepEnd::kSignaled, .code = 15});
  EXPECT_THAT(driver->Notes(), Contains("lost j"));
  driver->AcknowledgeAll();
  driver->Advance(Seconds(3));
  EXPECT_EQ(driver->SentOne().topic, kTopics + "start-next");
  Boot(2);
  EXPECT_FALSE(driver->agent().has_unfinished_job());
}

TEST_F(Steps, CancelLearntFromAProgressUpdate_StopsTheStep) {
  Boot();
  Take(kOneStep);
  Pass(Seconds(5));
  const SentMessage update = driver->SentOne();
  driver->Notes();
  driver->Deliver(kTopics + "j/update/rejected",
                  R"({"code":"InvalidStateTransition","clientToken":")" + update.token() +
                      R"(","executionState":{"status":"CANCELED","versionNumber":4}})");
  EXPECT_THAT(driver->Notes(), Contains("STOP"));
}

TEST_F(Steps, NoticeAboutTheJobAtHand_AsksNothing) {
  Boot();
  Take(kOneStep);
  driver->Sent();
  driver->Deliver(kTopics + "notify-next", R"({"timestamp":1,"execution":{"jobId":"j"}})");
  driver->Deliver(
      kTopics + "notify",
      R"({"timestamp":1,"jobs":{"IN_PROGRESS":[{"jobId":"j"}],"QUEUED":[{"jobId":"k"}]}})");
  EXPECT_THAT(driver->Sent(), IsEmpty());
}

TEST_F(Steps, StillWanted_GoesOn) {
  Boot();
  Take(kOneStep);
  driver->Sent();
  driver->Deliver(kTopics + "notify", R"({"timestamp":1,"jobs":{}})");
  const SentMessage check = driver->SentOne();
  driver->Deliver(kTopics + "j/get/accepted", Offer(check, "{}"));
  EXPECT_STREQ(driver->agent().state_name(), "working");
  EXPECT_THAT(driver->Notes(), Not(Contains("STOP")));
}

TEST_F(Steps, NoNoticeComes_TheAgentLooksByItself) {
  setup.options.reconcile = Seconds(900);
  setup.options.progress_interval = Seconds(36'000);
  Boot();
  Take(kOneStep);
  driver->Sent();
  Pass(Seconds(900 + 225));
  const auto sent = driver->Sent();
  ASSERT_THAT(sent, Not(IsEmpty()));
  EXPECT_EQ(sent[0].topic, kTopics + "j/get");
}

TEST_F(Steps, IdleAgent_AsksByItself) {
  Boot();
  driver->Start();
  driver->Connect();
  driver->Deliver(kTopics + "start-next/accepted", Accepted(driver->SentOne()));
  driver->AcknowledgeAll();
  Pass(Seconds(899));
  EXPECT_THAT(driver->Sent(), IsEmpty());
  Pass(Seconds(227));
  const auto sent = driver->Sent();
  ASSERT_THAT(sent, Not(IsEmpty()));
  EXPECT_EQ(sent[0].topic, kTopics + "start-next");
}

TEST_F(Steps, GivenUpByAPerson_IsStoppedAndReportedAsFailed) {
  Boot();
  Take(kOneStep);
  EXPECT_EQ(driver->agent().GiveUpJob(driver->now(), "other"), Status::kNotFound);
  EXPECT_EQ(driver->agent().GiveUpJob(driver->now(), "j"), Status::kOk);
  driver->EndStep({.end = StepEnd::kSignaled, .code = 15});
  EXPECT_THAT(driver->SentOne().payload, HasSubstr(R"("reason":"canceled-on-device")"));
  EXPECT_EQ(driver->agent().GiveUpJob(driver->now(), "j"), Status::kNotFound);
}

TEST_F(Steps, AgentStoppedWhileAStepRuns_WaitsForItAndReportsNextTime) {
  Boot();
  Take(kOneStep);
  driver->Notes();
  driver->Stop();
  EXPECT_THAT(driver->Notes(), Contains("stopping j: agent-stopped"));
  driver->TransportDown("");
  EXPECT_FALSE(driver->agent().stopped());
  driver->Advance(Seconds(10));
  EXPECT_THAT(driver->Notes(), Contains("KILL"));
  driver->EndStep({.end = StepEnd::kSignaled, .code = 9});
  EXPECT_TRUE(driver->agent().stopped());
  Boot(1);
  TakeUp("{}");
  EXPECT_THAT(driver->SentOne().payload, HasSubstr("agent-stopped"));
}

// ---- boots

TEST_F(Steps, InterruptedStep_IsNotRepeated) {
  Boot();
  Take(kTwoSteps);
  Boot(2, BootReason::kWatchdog);
  TakeUp("{}");
  EXPECT_THAT(driver->Notes(), Contains("resumed j interrupted"));
  EXPECT_THAT(driver->SentOne().payload,
              HasSubstr(R"("status":"FAILED","statusDetails":{"reason":"interrupted",)"
                        R"("bootReason":"3","stepNumber":"1/2"})"));
}

TEST_F(Steps, InterruptedStepThatMayFail_IsPassedOver) {
  Boot();
  const std::string document =
      R"({"steps":[{"action":{"name":"One","ignoreStepFailure":true}},{"action":{"name":"Two"}}]})";
  Take(document);
  Boot(2);
  TakeUp(document);
  EXPECT_THAT(driver->Notes(), Contains("START Two 2/2"));
}

TEST_F(Steps, RebootInTheMiddle_GoesOnBehindIt) {
  Boot();
  Take(kStepThenReboot);
  driver->EndStep();
  const SentMessage announcement = driver->SentOne();
  EXPECT_THAT(announcement.payload, HasSubstr(R"("step":"Reboot","stepNumber":"2/3")"));
  driver->Deliver(kTopics + "j/update/accepted", Accepted(announcement));
  driver->TransportDown("");
  EXPECT_THAT(driver->Notes(), Contains("REBOOT j"));
  Boot(2, BootReason::kReboot);
  TakeUp(kStepThenReboot);
  EXPECT_THAT(driver->Notes(), Contains("START Two 3/3"));
  driver->EndStep();
  EXPECT_THAT(driver->SentOne().payload, HasSubstr("SUCCEEDED"));
}

TEST_F(Steps, RebootThatTheCloudCannotBeTold_ComesAllTheSame) {
  Boot();
  Take(kStepThenReboot);
  driver->TransportDown();
  driver->EndStep();
  driver->Notes();
  for (int second = 0; second < 59; ++second) {
    driver->Advance(Seconds(1));
    for (const std::string& note : driver->Notes()) {
      ASSERT_NE(note, "REBOOT j") << second;
      if (note == "open") driver->TransportDown("unreachable");
    }
  }
  driver->Advance(Seconds(1));
  const auto notes = driver->Notes();
  if (!testing::Value(notes, Contains("REBOOT j"))) driver->TransportDown("");
  Boot(2, BootReason::kReboot);
  EXPECT_EQ(driver->agent().running().step, 2);
}

TEST_F(Steps, AnotherDocumentUnderTheSameExecution_IsNotGoneOnWith) {
  RebootInTheMiddle();
  TakeUp(kTwoSteps);
  EXPECT_THAT(driver->SentOne().payload,
              HasSubstr(R"("status":"FAILED","statusDetails":{"reason":"document-changed")"));
}

TEST_F(Steps, OverAtTheCloudWhileTheDeviceWasAway_IsLost) {
  RebootInTheMiddle();
  driver->Start();
  driver->Connect();
  const SentMessage question = driver->SentOne();
  driver->Notes();
  driver->Deliver(kTopics + "j/get/rejected",
                  R"({"code":"ResourceNotFound","clientToken":")" + question.token() + "\"}");
  EXPECT_THAT(driver->Notes(), ElementsAre("refused ResourceNotFound: give up", "lost j"));
  EXPECT_FALSE(driver->agent().has_unfinished_job());
}

TEST_F(Steps, AskedToStop_IsNoSuccessWhateverItSays) {
  Boot();
  Take(kOneStep);
  EXPECT_EQ(driver->agent().GiveUpJob(driver->now(), "j"), Status::kOk);
  driver->EndStep();
  EXPECT_THAT(driver->SentOne().payload,
              HasSubstr(R"("status":"FAILED","statusDetails":{"reason":"canceled-on-device")"));
}

TEST_F(Steps, JobLimit_CountsOverBoots) {
  setup.options.job_limit = Seconds(600);
  RebootInTheMiddle();
  TakeUp(kStepThenReboot, "1700000700");
  EXPECT_THAT(driver->SentOne().payload, HasSubstr("job-time-limit"));
}

}  // namespace
}  // namespace fieldwork::agent
