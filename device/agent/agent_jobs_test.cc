// What the agent does with jobs that are not carried out, with replies, and with refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "device/agent/agent.h"
#include "sim/agent_driver.h"

namespace fieldwork::agent {
namespace {

using sim::AgentDriver;
using sim::RamFlash;
using sim::SentMessage;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kTopics = "$aws/things/board/jobs/";

std::string Execution(const std::string& job, const std::string& document, int number = 1) {
  return R"({"jobId":")" + job + R"(","status":"IN_PROGRESS","queuedAt":100,"startedAt":101,)" +
         R"("lastUpdatedAt":101,"versionNumber":2,"executionNumber":)" + std::to_string(number) +
         (document.empty() ? "" : R"(,"jobDocument":)" + document) + "}";
}

std::string Reply(const SentMessage& request, const std::string& more = "") {
  return R"({"clientToken":")" + request.token() + R"(","timestamp":1)" + more + "}";
}

std::string Rejection(const SentMessage& request, const std::string& code,
                      const std::string& more = "") {
  return Reply(request, R"(,"code":")" + code + R"(","message":"no")" + more);
}

class Jobs : public testing::Test {
 protected:
  void Connect() {
    driver->Start();
    driver->Connect();
    request = driver->SentOne();
    driver->Notes();
  }
  /// start-next answers with this job; what leaves next is in `request`.
  void TakeJob(const std::string& document, const std::string& job = "j1", int number = 1) {
    driver->Deliver(kTopics + "start-next/accepted",
                    Reply(request, R"(,"execution":)" + Execution(job, document, number)));
    request = driver->SentOne();
  }
  void Use(const AgentDriver::Setup& setup) {
    driver = std::make_unique<AgentDriver>(flash, setup);
  }

  RamFlash flash;
  std::unique_ptr<AgentDriver> driver = std::make_unique<AgentDriver>(flash);
  SentMessage request;
};

TEST_F(Jobs, NoJob_GoesIdle) {
  Connect();
  driver->Deliver(kTopics + "start-next/accepted", Reply(request));
  EXPECT_THAT(driver->Notes(), ElementsAre("no job"));
  EXPECT_STREQ(driver->agent().state_name(), "idle");
}

TEST_F(Jobs, NotifyNextWithJob_Asks) {
  Connect();
  driver->Deliver(kTopics + "start-next/accepted", Reply(request));
  driver->Notes();
  driver->Deliver(kTopics + "notify-next",
                  R"({"timestamp":1,"execution":)" + Execution("j", "{}") + "}");
  EXPECT_THAT(driver->Notes(), ElementsAre("asking"));
  EXPECT_EQ(driver->SentOne().topic, kTopics + "start-next");
}

TEST_F(Jobs, EmptyNotifyNext_IsNewsAndNoError) {
  Connect();
  driver->Deliver(kTopics + "start-next/accepted", Reply(request));
  driver->Notes();
  driver->Deliver(kTopics + "notify-next", R"({"timestamp":1})");
  EXPECT_THAT(driver->Notes(), ElementsAre("no job"));
  EXPECT_THAT(driver->Sent(), IsEmpty());
}

TEST_F(Jobs, NotifiedWhileAsking_AsksOnceMoreAfterNoJob) {
  Connect();
  driver->Deliver(kTopics + "notify-next",
                  R"({"timestamp":1,"execution":)" + Execution("j", "{}") + "}");
  EXPECT_THAT(driver->Sent(), IsEmpty());
  driver->Deliver(kTopics + "start-next/accepted", Reply(request));
  EXPECT_THAT(driver->Notes(), ElementsAre("no job", "asking"));
}

TEST_F(Jobs, NothingToDo_IsRejectedWithTheReason) {
  Connect();
  driver->executor().why_not = "unknown-handler";
  TakeJob(R"({"operation":"dance"})");
  EXPECT_THAT(driver->Notes(),
              ElementsAre("taken j1", "not done: unknown-handler", "reporting j1"));
  EXPECT_EQ(request.topic, kTopics + "j1/update");
  EXPECT_THAT(request.payload, HasSubstr(R"("status":"REJECTED")"));
  EXPECT_THAT(request.payload,
              HasSubstr(R"("statusDetails":{"reason":"unknown-handler","name":"dance"})"));
  EXPECT_THAT(request.payload, HasSubstr(R"("executionNumber":1)"));
}

TEST_F(Jobs, NothingToDo_SucceedsWhenTheProductSaysSo) {
  AgentDriver::Setup setup;
  setup.options.no_action = NoAction::kSucceed;
  Use(setup);
  Connect();
  driver->executor().why_not = "unsupported-step";
  TakeJob(R"({"ota":{}})");
  EXPECT_THAT(driver->Notes(), Contains("not done: no-operation (succeed)"));
  EXPECT_THAT(request.payload, HasSubstr(R"("status":"SUCCEEDED")"));
}

TEST_F(Jobs, DamagedDocument_IsRejectedEvenThen) {
  AgentDriver::Setup setup;
  setup.options.no_action = NoAction::kSucceed;
  Use(setup);
  Connect();
  TakeJob("[1,2]");
  EXPECT_THAT(request.payload, HasSubstr(R"("status":"REJECTED")"));
  EXPECT_THAT(request.payload, HasSubstr("document-not-object"));
}

TEST_F(Jobs, ExecutionWithoutDocument_IsRejected) {
  Connect();
  TakeJob("");
  EXPECT_THAT(request.payload, HasSubstr("document-malformed"));
}

TEST_F(Jobs, ReportAccepted_AsksForTheNextJob) {
  Connect();
  TakeJob("{}");
  driver->Notes();
  driver->Deliver(kTopics + "j1/update/accepted", Reply(request));
  EXPECT_THAT(driver->Notes(), ElementsAre("reported j1 REJECTED", "asking"));
  EXPECT_EQ(driver->SentOne().topic, kTopics + "start-next");
}

TEST_F(Jobs, PubackAlone_ProvesNothing) {
  Connect();
  TakeJob("{}");
  driver->AcknowledgeAll();
  EXPECT_STREQ(driver->agent().state_name(), "reporting");
}

TEST_F(Jobs, NoReply_TheSameRequestLeavesAgainWithTheSameToken) {
  Connect();
  driver->AcknowledgeAll();
  driver->Advance(Agent::kReplyTimeout);
  EXPECT_THAT(driver->Notes(), ElementsAre("no reply", "asking"));
  const SentMessage again = driver->SentOne();
  EXPECT_EQ(again.token(), request.token());
  EXPECT_NE(again.packet_id, request.packet_id);
  // A reply to either copy counts.
  driver->Deliver(kTopics + "start-next/accepted", Reply(request));
  EXPECT_STREQ(driver->agent().state_name(), "idle");
}

TEST_F(Jobs, SilentService_IsAskedLessAndLessOften) {
  Connect();
  driver->AcknowledgeAll();
  driver->Notes();
  int asked = 0;
  for (int second = 0; second < 3600; ++second) {
    driver->Advance(Seconds(1));
    driver->Receive(sim::kPingrespPacket);
    driver->AcknowledgeAll();
    for (const std::string& note : driver->Notes()) asked += note == "asking" ? 1 : 0;
  }
  EXPECT_GE(asked, 25) << "never gives up";
  EXPECT_LE(asked, 120) << "about one in a minute";
}

TEST_F(Jobs, ForeignToken_IsIgnored) {
  Connect();
  driver->Deliver(
      kTopics + "start-next/accepted",
      R"({"clientToken":"other","timestamp":1,"execution":)" + Execution("j", "{}") + "}");
  EXPECT_THAT(driver->Notes(), ElementsAre("ignored " + kTopics + "start-next/accepted"));
  EXPECT_STREQ(driver->agent().state_name(), "asking for a job");
}

TEST_F(Jobs, ReplyToAnEarlierRequest_IsIgnored) {
  Connect();
  const SentMessage old = request;
  TakeJob("{}");
  driver->Notes();
  driver->Deliver(kTopics + "start-next/accepted",
                  Reply(old, R"(,"execution":)" + Execution("j9", "{}")));
  EXPECT_THAT(driver->Notes(), ElementsAre("ignored " + kTopics + "start-next/accepted"));
  EXPECT_EQ(driver->agent().job_id(), "j1");
}

TEST_F(Jobs, EveryMessageIsAcknowledged) {
  Connect();
  driver->PacketTypes();
  driver->Deliver(kTopics + "notify-next", "not json");
  driver->Deliver("other/topic", "x");
  driver->Deliver(kTopics + "j/update/accepted", R"({"timestamp":1})");
  int pubacks = 0;
  for (const unsigned type : driver->PacketTypes()) pubacks += type == 4 ? 1 : 0;
  EXPECT_EQ(pubacks, 3);
}

struct RejectCase {
  const char* code;
  const char* more;
  const char* verdict;
  bool retries;
};
class UpdateRejected : public Jobs, public testing::WithParamInterface<RejectCase> {};

TEST_P(UpdateRejected, IsDecidedUpon) {
  const RejectCase& c = GetParam();
  Connect();
  TakeJob("{}");
  driver->AcknowledgeAll();
  driver->Notes();
  driver->Deliver(kTopics + "j1/update/rejected", Rejection(request, c.code, c.more));
  const auto notes = driver->Notes();
  ASSERT_FALSE(notes.empty());
  EXPECT_EQ(notes[0], std::string("refused ") + c.code + ": " + c.verdict);
  driver->AcknowledgeAll();
  driver->Sent();
  driver->Advance(Seconds(5));
  driver->AcknowledgeAll();
  bool again = false;
  for (const SentMessage& sent : driver->Sent()) again |= sent.topic == kTopics + "j1/update";
  EXPECT_EQ(again, c.retries);
}

const RejectCase kRejections[] = {
    {"RequestThrottled", "", "retry", true},
    {"InternalError", "", "retry", true},
    {"SomethingNew", "", "retry", true},
    {"InvalidRequest", "", "retry", true},  // Once more, without the details.
    {"InvalidJson", "", "give up", false},
    {"InvalidTopic", "", "give up", false},
    {"ResourceNotFound", "", "give up", false},
    {"TerminalStateReached", "", "give up", false},
    {"InvalidStateTransition", "", "give up", false},
    {"InvalidStateTransition", R"(,"executionState":{"status":"CANCELED","versionNumber":3})",
     "give up", false},
    {"InvalidStateTransition", R"(,"executionState":{"status":"REJECTED","versionNumber":3})",
     "already there", false},
    {"VersionMismatch", R"(,"executionState":{"status":"REJECTED","versionNumber":3})",
     "already there", false},
    {"VersionMismatch", R"(,"executionState":{"status":"TIMED_OUT","versionNumber":3})", "give up",
     false},
};
INSTANTIATE_TEST_SUITE_P(Codes, UpdateRejected, testing::ValuesIn(kRejections));

TEST_F(Jobs, InvalidRequest_IsTriedOnceWithoutDetailsThenGivenUp) {
  Connect();
  TakeJob("{}");
  driver->Deliver(kTopics + "j1/update/rejected", Rejection(request, "InvalidRequest"));
  driver->AcknowledgeAll();
  driver->Advance(Seconds(3));
  const SentMessage plain = driver->SentOne();
  EXPECT_EQ(plain.topic, kTopics + "j1/update");
  EXPECT_THAT(plain.payload, Not(HasSubstr("statusDetails")));
  driver->Notes();
  driver->Deliver(kTopics + "j1/update/rejected", Rejection(plain, "InvalidRequest"));
  EXPECT_THAT(driver->Notes(), ElementsAre("refused InvalidRequest: give up"));
}

TEST_F(Jobs, VersionMismatch_LooksThenReportsAgain) {
  Connect();
  TakeJob("{}");
  driver->Deliver(kTopics + "j1/update/rejected",
                  Rejection(request, "VersionMismatch",
                            R"(,"executionState":{"status":"IN_PROGRESS","versionNumber":3})"));
  const SentMessage look = driver->SentOne();
  EXPECT_EQ(look.topic, kTopics + "j1/get");
  EXPECT_THAT(look.payload, HasSubstr(R"("includeJobDocument":false)"));
  driver->Deliver(kTopics + "j1/get/accepted",
                  Reply(look, R"(,"execution":)" + Execution("j1", "")));
  EXPECT_EQ(driver->SentOne().topic, kTopics + "j1/update");
}

TEST_F(Jobs, VersionMismatchAndGone_AsksForTheNextJob) {
  Connect();
  TakeJob("{}");
  driver->Deliver(kTopics + "j1/update/rejected", Rejection(request, "VersionMismatch"));
  const SentMessage look = driver->SentOne();
  driver->Deliver(kTopics + "j1/get/rejected", Rejection(look, "ResourceNotFound"));
  driver->AcknowledgeAll();
  driver->Advance(Seconds(3));
  EXPECT_EQ(driver->SentOne().topic, kTopics + "start-next");
}

TEST_F(Jobs, GivenUp_TheNextQuestionWaits) {
  Connect();
  TakeJob("{}");
  driver->AcknowledgeAll();
  driver->Deliver(kTopics + "j1/update/rejected", Rejection(request, "ResourceNotFound"));
  EXPECT_THAT(driver->Sent(), IsEmpty())
      << "at once would be a loop with a cloud that repeats itself";
  driver->Advance(Seconds(3));
  EXPECT_EQ(driver->SentOne().topic, kTopics + "start-next");
}

class QuestionRejected : public Jobs, public testing::WithParamInterface<const char*> {};

TEST_P(QuestionRejected, IsAskedAgainLater) {
  Connect();
  driver->AcknowledgeAll();
  driver->Deliver(kTopics + "start-next/rejected", Rejection(request, GetParam()));
  EXPECT_THAT(driver->Notes(), ElementsAre(std::string("refused ") + GetParam() + ": retry"));
  EXPECT_THAT(driver->Sent(), IsEmpty());
  driver->Advance(Seconds(5));
  EXPECT_EQ(driver->SentOne().topic, kTopics + "start-next");
}

INSTANTIATE_TEST_SUITE_P(Codes, QuestionRejected,
                         testing::Values("RequestThrottled", "InternalError", "ResourceNotFound",
                                         "InvalidJson", "InvalidRequest", "InvalidTopic",
                                         "InvalidStateTransition", "VersionMismatch",
                                         "TerminalStateReached", "Nonsense"));

TEST_F(Jobs, RejectionWithForeignToken_IsIgnored) {
  Connect();
  TakeJob("{}");
  driver->Notes();
  driver->Deliver(kTopics + "j1/update/rejected",
                  R"({"code":"ResourceNotFound","clientToken":"x"})");
  driver->Deliver(kTopics + "j1/update/rejected", R"({"code":"ResourceNotFound"})");
  driver->Deliver(kTopics + "j1/update/rejected", R"({"code":7,"clientToken":[]})");
  EXPECT_STREQ(driver->agent().state_name(), "reporting");
}

TEST_F(Jobs, ConnectionLostWhileReporting_ReportsOnTheNextOne) {
  Connect();
  TakeJob("{}");
  driver->AcknowledgeAll();
  driver->TransportDown();
  driver->Advance(Seconds(3));
  driver->Notes();
  driver->Connect();
  EXPECT_THAT(driver->Notes(), ElementsAre("connected", "subscribing"));
  const SentMessage question = driver->SentOne();
  EXPECT_EQ(question.topic, kTopics + "j1/get") << "is it the same that it was?";
  driver->Deliver(kTopics + "j1/get/accepted",
                  Reply(question, R"(,"execution":)" + Execution("j1", "")));
  EXPECT_THAT(driver->Notes(), ElementsAre("reporting j1"));
  const SentMessage again = driver->SentOne();
  EXPECT_EQ(again.topic, kTopics + "j1/update");
  driver->Deliver(kTopics + "j1/update/accepted", Reply(again));
  EXPECT_THAT(driver->Notes(), ElementsAre("reported j1 REJECTED", "asking first"));
}

TEST_F(Jobs, DocumentLargerThanTheBuffer_IsRejectedVisibly) {
  AgentDriver::Setup setup;
  setup.receive = 1024;
  Use(setup);
  Connect();
  TakeJob(R"({"x":")" + std::string(5000, 'x') + R"("})", "big");
  EXPECT_THAT(driver->Notes(), Contains(HasSubstr("too large:")));
  EXPECT_EQ(request.topic, kTopics + "$next/get");
  EXPECT_THAT(request.payload, HasSubstr(R"("includeJobDocument":false)"));
  driver->Deliver(kTopics + "$next/get/accepted",
                  Reply(request, R"(,"execution":)" + Execution("big", "", 3)));
  request = driver->SentOne();
  EXPECT_EQ(request.topic, kTopics + "big/get") << "is it this job that is too large?";
  EXPECT_THAT(request.payload, HasSubstr(R"("executionNumber":3)"));
  driver->Deliver(kTopics + "big/get/accepted", std::string(5000, ' '));
  EXPECT_THAT(driver->Notes(), Contains("not done: document-too-large"));
  request = driver->SentOne();
  EXPECT_EQ(request.topic, kTopics + "big/update");
  EXPECT_THAT(request.payload, HasSubstr(R"("status":"REJECTED")"));
  EXPECT_THAT(request.payload, HasSubstr(R"("reason":"document-too-large")"));
  EXPECT_THAT(request.payload, HasSubstr(R"("executionNumber":3)"));
}

TEST_F(Jobs, LargeReplyAboutAnEarlierJob_DoesNotRejectTheOneAtHand) {
  AgentDriver::Setup setup;
  setup.receive = 1024;
  Use(setup);
  Connect();
  driver->Deliver(kTopics + "start-next/accepted", std::string(5000, ' '));  // Kept by a broker.
  request = driver->SentOne();
  driver->Deliver(kTopics + "$next/get/accepted",
                  Reply(request, R"(,"execution":)" + Execution("small", "")));
  request = driver->SentOne();
  driver->Deliver(kTopics + "small/get/accepted",
                  Reply(request, R"(,"execution":)" + Execution("small", R"({"x":1})")));
  EXPECT_THAT(driver->SentOne().payload, HasSubstr("no-operation"));
}

TEST_F(Jobs, JobThatIsGoneWhenItsSizeIsConfirmed_IsForgotten) {
  AgentDriver::Setup setup;
  setup.receive = 1024;
  Use(setup);
  Connect();
  driver->Deliver(kTopics + "start-next/accepted", std::string(5000, ' '));
  request = driver->SentOne();
  driver->Deliver(kTopics + "$next/get/accepted",
                  Reply(request, R"(,"execution":)" + Execution("big", "")));
  request = driver->SentOne();
  driver->AcknowledgeAll();
  driver->Deliver(kTopics + "big/get/rejected", Rejection(request, "ResourceNotFound"));
  EXPECT_EQ(driver->agent().job_id(), "");
  driver->Advance(Seconds(3));
  EXPECT_EQ(driver->SentOne().topic, kTopics + "start-next");
}

TEST_F(Jobs, NoticeLargerThanTheBuffer_IsStillANotice) {
  AgentDriver::Setup setup;
  setup.receive = 1024;
  Use(setup);
  Connect();
  driver->Deliver(kTopics + "start-next/accepted", Reply(request));
  driver->Deliver(kTopics + "notify-next", std::string(3000, ' '));
  EXPECT_EQ(driver->SentOne().topic, kTopics + "start-next");
}

TEST_F(Jobs, DocumentOf32KiB_FitsAConfiguredBuffer) {
  AgentDriver::Setup setup;
  setup.receive = 36 * 1024;
  setup.document = 32 * 1024;
  Use(setup);
  Connect();
  TakeJob(R"({"operation":"x","pad":")" + std::string(32'700, 'p') + R"("})");
  EXPECT_THAT(driver->Notes(), Contains("START x 1/1"));
}

TEST_F(Jobs, DocumentLargerThanItsMemory_IsRejectedVisibly) {
  AgentDriver::Setup setup;
  setup.document = 256;
  Use(setup);
  Connect();
  TakeJob(R"({"operation":"x","pad":")" + std::string(300, 'p') + R"("})");
  EXPECT_THAT(request.payload, HasSubstr(R"("status":"REJECTED")"));
  EXPECT_THAT(request.payload, HasSubstr("document-too-large"));
}

TEST_F(Jobs, HundredDuplicateNotices_AskOnce) {
  Connect();
  driver->Deliver(kTopics + "start-next/accepted", Reply(request));
  driver->Sent();
  for (int i = 0; i < 100; ++i) {
    driver->Receive(sim::PublishPacket(0x3A, kTopics + "notify-next", 9,
                                       R"({"execution":)" + Execution("j", "{}") + "}"));
  }
  EXPECT_EQ(driver->Sent().size(), 1u);
}

}  // namespace
}  // namespace fieldwork::agent
