// The reboot job: announced, remembered, done once, reported only after the boot that
// proves it; with the power cut wherever it may be.
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
constexpr const char* kDocument =
    R"({"version":"1.0","steps":[{"action":{"name":"Reboot","type":"runHandler"}}]})";

std::string RebootJob(const SentMessage& request, int number = 1, int queued_at = 100) {
  return R"({"clientToken":")" + request.token() + R"(","timestamp":1,"execution":{"jobId":"rb",)" +
         R"("status":"IN_PROGRESS","queuedAt":)" + std::to_string(queued_at) +
         R"(,"versionNumber":2,"executionNumber":)" + std::to_string(number) +
         R"(,"jobDocument":)" + kDocument + "}}";
}

std::string Accepted(const SentMessage& request) {
  return R"({"clientToken":")" + request.token() + R"(","timestamp":1})";
}

class Reboot : public testing::Test {
 protected:
  std::unique_ptr<AgentDriver> Boot(std::uint32_t count, BootReason reason) {
    AgentDriver::Setup setup;
    setup.boot = {count, reason};
    setup.seed = 100 + count;
    return std::make_unique<AgentDriver>(flash, setup);
  }
  /// Up to the point where the agent has announced the reboot and waits.
  SentMessage Announce(AgentDriver& driver) {
    driver.Start();
    driver.Connect();
    driver.Deliver(kTopics + "start-next/accepted", RebootJob(driver.SentOne()));
    return driver.SentOne();
  }
  /// After a boot: connected, and the cloud says that the execution is still open; what leaves
  /// then, a report or the next thing about it.
  SentMessage LookAgain(AgentDriver& driver) {
    driver.Start();
    driver.Connect();
    const SentMessage question = driver.SentOne();
    EXPECT_EQ(question.topic, kTopics + "rb/get");
    driver.Deliver(kTopics + "rb/get/accepted", RebootJob(question));
    return driver.SentOne();
  }
  /// The whole way to event::Reboot.
  void UntilReboot(AgentDriver& driver) {
    driver.Deliver(kTopics + "rb/update/accepted", Accepted(Announce(driver)));
    driver.TransportDown("");
  }

  RamFlash flash;
};

TEST_F(Reboot, Job_IsAnnouncedFirst) {
  auto driver = Boot(1, BootReason::kPowerOn);
  const SentMessage update = Announce(*driver);
  EXPECT_EQ(update.topic, kTopics + "rb/update");
  EXPECT_THAT(update.payload, HasSubstr(R"("status":"IN_PROGRESS")"));
  EXPECT_THAT(update.payload, HasSubstr(R"("statusDetails":{"step":"Reboot","attempt":"1"})"));
  EXPECT_THAT(driver->Notes(), Not(Contains("REBOOT rb")));
}

TEST_F(Reboot, NotAccepted_DoesNotReboot) {
  auto driver = Boot(1, BootReason::kPowerOn);
  Announce(*driver);
  driver->AcknowledgeAll();
  driver->Notes();
  driver->Advance(Seconds(50));
  EXPECT_THAT(driver->Notes(), Not(Contains("REBOOT rb"))) << "PUBACK proves nothing";
}

TEST_F(Reboot, Accepted_LeavesInOrderThenReboots) {
  auto driver = Boot(1, BootReason::kPowerOn);
  const SentMessage update = Announce(*driver);
  driver->Notes();
  driver->PacketTypes();
  driver->Deliver(kTopics + "rb/update/accepted", Accepted(update));
  EXPECT_THAT(driver->Notes(), ElementsAre("reported rb IN_PROGRESS", "close"));
  EXPECT_THAT(driver->PacketTypes(), ElementsAre(4, 14)) << "PUBACK, DISCONNECT";
  driver->TransportDown("");
  EXPECT_THAT(driver->Notes(), ElementsAre("disconnected: requested", "REBOOT rb"));
}

TEST_F(Reboot, TransportThatNeverCloses_DoesNotHoldTheReboot) {
  auto driver = Boot(1, BootReason::kPowerOn);
  driver->Deliver(kTopics + "rb/update/accepted", Accepted(Announce(*driver)));
  driver->Notes();
  driver->Advance(Agent::kLeaveTimeout);
  EXPECT_THAT(driver->Notes(), ElementsAre("REBOOT rb"));
}

TEST_F(Reboot, BootThatWasAskedFor_IsReportedAsSucceeded) {
  UntilReboot(*Boot(1, BootReason::kPowerOn));
  auto driver = Boot(2, BootReason::kReboot);
  EXPECT_TRUE(driver->agent().has_unfinished_job());
  const SentMessage update = LookAgain(*driver);
  EXPECT_THAT(driver->Notes(), ElementsAre("resumed rb rebooted", "open", "connected",
                                           "subscribing", "reporting rb"));
  EXPECT_THAT(update.payload, HasSubstr(R"("status":"SUCCEEDED")"));
  EXPECT_THAT(update.payload,
              HasSubstr(R"("statusDetails":{"reason":"rebooted","bootReason":"4"})"));
  driver->Deliver(kTopics + "rb/update/accepted", Accepted(update));
  EXPECT_THAT(driver->Notes(), ElementsAre("reported rb SUCCEEDED", "asking first"));
  EXPECT_FALSE(driver->agent().has_unfinished_job());
}

TEST_F(Reboot, OtherBootReasons_AreReportedAsFailed) {
  for (const BootReason reason :
       {BootReason::kPowerOn, BootReason::kStandby, BootReason::kException, BootReason::kWatchdog,
        BootReason::kUpdate}) {
    flash = RamFlash();
    UntilReboot(*Boot(1, BootReason::kPowerOn));
    auto driver = Boot(2, reason);
    const SentMessage update = LookAgain(*driver);
    EXPECT_THAT(update.payload, HasSubstr(R"("status":"FAILED")"));
    EXPECT_THAT(update.payload, HasSubstr(R"("reason":"unexpected-boot","bootReason":")" +
                                          std::to_string(static_cast<int>(reason)) + "\""));
    EXPECT_THAT(driver->Notes(), Not(Contains("REBOOT rb")));
  }
}

TEST_F(Reboot, VerdictOfTheFirstBoot_OutlivesFurtherBoots) {
  UntilReboot(*Boot(1, BootReason::kPowerOn));
  Boot(2, BootReason::kReboot);  // Came up, and the power went before it could report.
  auto driver = Boot(3, BootReason::kPowerOn);
  EXPECT_THAT(LookAgain(*driver).payload, HasSubstr(R"("status":"SUCCEEDED")"));
}

TEST_F(Reboot, PowerCutBeforeTheReboot_BeginsAnew) {
  Announce(*Boot(1, BootReason::kPowerOn));
  auto driver = Boot(2, BootReason::kPowerOn);
  EXPECT_TRUE(driver->agent().has_unfinished_job());
  const SentMessage update = LookAgain(*driver);
  EXPECT_THAT(driver->Notes(), Contains("resumed rb none"));
  EXPECT_THAT(update.payload, HasSubstr("IN_PROGRESS"));
  driver->Deliver(kTopics + "rb/update/accepted", Accepted(update));
  driver->TransportDown("");
  EXPECT_THAT(driver->Notes(), Contains("REBOOT rb"));
}

TEST_F(Reboot, RebootThatNeverComes_IsTriedThreeTimesThenFails) {
  for (int attempt = 1; attempt <= 3; ++attempt) {
    auto driver = Boot(1, BootReason::kPowerOn);  // The same boot: only the program restarted.
    const SentMessage update = attempt == 1 ? Announce(*driver) : LookAgain(*driver);
    EXPECT_THAT(update.payload, HasSubstr(R"("attempt":")" + std::to_string(attempt) + "\""));
    driver->Deliver(kTopics + "rb/update/accepted", Accepted(update));
    driver->TransportDown("");
    EXPECT_THAT(driver->Notes(), Contains("REBOOT rb"));
  }
  auto driver = Boot(1, BootReason::kPowerOn);
  const SentMessage update = LookAgain(*driver);
  EXPECT_THAT(update.payload, HasSubstr(R"("status":"FAILED")"));
  EXPECT_THAT(update.payload, HasSubstr("reboot-did-not-come"));
}

TEST_F(Reboot, SameExecutionOfferedAgain_IsReportedAndNotDoneTwice) {
  UntilReboot(*Boot(1, BootReason::kPowerOn));
  auto driver = Boot(2, BootReason::kReboot);
  driver->Deliver(kTopics + "rb/update/accepted", Accepted(LookAgain(*driver)));
  driver->Notes();
  driver->Deliver(kTopics + "start-next/accepted", RebootJob(driver->SentOne()));
  EXPECT_THAT(driver->Notes(), ElementsAre("taken rb", "reporting rb"));
  EXPECT_THAT(driver->SentOne().payload, HasSubstr("SUCCEEDED"));
}

TEST_F(Reboot, NextExecutionOfTheSameJob_IsDone) {
  UntilReboot(*Boot(1, BootReason::kPowerOn));
  auto driver = Boot(2, BootReason::kReboot);
  driver->Deliver(kTopics + "rb/update/accepted", Accepted(LookAgain(*driver)));
  driver->Deliver(kTopics + "start-next/accepted", RebootJob(driver->SentOne(), 2));
  EXPECT_THAT(driver->SentOne().payload, HasSubstr("IN_PROGRESS"));
}

TEST_F(Reboot, ReplyHeldByTheBrokerOverTheReboot_IsNotANewJob) {
  auto driver = Boot(1, BootReason::kPowerOn);
  driver->Start();
  driver->Connect();
  const std::string held = RebootJob(driver->SentOne());
  auto later = Boot(2, BootReason::kPowerOn);
  later->Start();
  later->Connect();
  later->Notes();
  later->Deliver(kTopics + "start-next/accepted", held);
  EXPECT_THAT(later->Notes(), ElementsAre("ignored " + kTopics + "start-next/accepted"));
}

TEST_F(Reboot, CanceledWhileAnnouncing_DoesNotReboot) {
  auto driver = Boot(1, BootReason::kPowerOn);
  const SentMessage update = Announce(*driver);
  driver->Notes();
  driver->Deliver(kTopics + "rb/update/rejected",
                  R"({"code":"InvalidStateTransition","clientToken":")" + update.token() +
                      R"(","executionState":{"status":"CANCELED","versionNumber":4}})");
  EXPECT_THAT(driver->Notes(), ElementsAre("refused InvalidStateTransition: give up", "lost rb"));
  EXPECT_FALSE(driver->agent().has_unfinished_job());
  EXPECT_FALSE(Boot(2, BootReason::kPowerOn)->agent().has_unfinished_job());
}

TEST_F(Reboot, GivenUpBeforeItsEffect_IsNotTakenForDoneWhenOfferedAgain) {
  auto driver = Boot(1, BootReason::kPowerOn);
  const SentMessage update = Announce(*driver);
  driver->AcknowledgeAll();
  driver->Deliver(kTopics + "rb/update/rejected",
                  R"({"code":"ResourceNotFound","clientToken":")" + update.token() + "\"}");
  driver->Advance(Seconds(3));
  driver->Deliver(kTopics + "start-next/accepted", RebootJob(driver->SentOne()));
  const SentMessage again = driver->SentOne();
  EXPECT_THAT(again.payload,
              HasSubstr(R"("status":"FAILED","statusDetails":{"reason":"canceled"})"));
  EXPECT_THAT(driver->Notes(), Not(Contains("REBOOT rb")));
}

TEST_F(Reboot, GivenUpBeforeItsEffect_LeavesTheLastDoneJobInTheJournal) {
  UntilReboot(*Boot(1, BootReason::kPowerOn));
  auto driver = Boot(2, BootReason::kReboot);
  driver->Deliver(kTopics + "rb/update/accepted", Accepted(LookAgain(*driver)));
  driver->Deliver(kTopics + "start-next/accepted", RebootJob(driver->SentOne(), 2));
  driver->Deliver(kTopics + "rb/update/rejected", R"({"code":"ResourceNotFound","clientToken":")" +
                                                      driver->SentOne().token() + "\"}");
  auto later = Boot(3, BootReason::kPowerOn);
  EXPECT_FALSE(later->agent().has_unfinished_job());
  later->Start();
  later->Connect();
  later->Deliver(kTopics + "start-next/accepted", RebootJob(later->SentOne()));
  EXPECT_THAT(later->SentOne().payload, HasSubstr("SUCCEEDED")) << "execution 1 was done";
}

TEST_F(Reboot, JournalThatCannotBeWritten_FailsTheJobInsteadOfRebooting) {
  auto driver = Boot(1, BootReason::kPowerOn);
  driver->Start();
  driver->Connect();
  flash.CutPowerAfter(0);
  driver->Deliver(kTopics + "start-next/accepted", RebootJob(driver->SentOne()));
  const SentMessage update = driver->SentOne();
  EXPECT_THAT(update.payload, HasSubstr(R"("status":"FAILED")"));
  EXPECT_THAT(update.payload, HasSubstr("journal-failed"));
  EXPECT_THAT(driver->Notes(), Contains("journal: the journal cannot be written"));
}

TEST_F(Reboot, DamagedJournal_IsToldAndTheAgentWorks) {
  std::fill(flash.bytes().begin(), flash.bytes().end(), 0x12);
  auto driver = Boot(1, BootReason::kPowerOn);
  driver->Start();
  EXPECT_THAT(driver->Notes(),
              ElementsAre("journal: the journal is damaged; what is left counts", "open"));
}

TEST_F(Reboot, JobMadeAnewUnderTheSameId_IsNotGivenTheOldStatus) {
  UntilReboot(*Boot(1, BootReason::kPowerOn));
  auto driver = Boot(2, BootReason::kReboot);
  driver->Start();
  driver->Connect();
  driver->Deliver(kTopics + "rb/get/accepted", RebootJob(driver->SentOne(), 1, 200));
  EXPECT_THAT(driver->Sent(), IsEmpty());
  driver->AcknowledgeAll();
  driver->Advance(Seconds(3));
  EXPECT_EQ(driver->SentOne().topic, kTopics + "start-next");
}

TEST_F(Reboot, StatusThatTheCloudHasAlready_CountsAsAccepted) {
  UntilReboot(*Boot(1, BootReason::kPowerOn));
  auto driver = Boot(2, BootReason::kReboot);
  driver->Start();
  driver->Connect();
  driver->Deliver(kTopics + "rb/get/rejected", R"({"code":"TerminalStateReached","clientToken":")" +
                                                   driver->SentOne().token() + "\"}");
  const SentMessage update = driver->SentOne();
  EXPECT_THAT(update.payload, HasSubstr(R"("status":"SUCCEEDED")"));
  EXPECT_THAT(update.payload, HasSubstr(R"("expectedVersion":2147483647)"))
      << "it must not change a job that was made anew meanwhile";
  driver->Deliver(kTopics + "rb/update/rejected",
                  R"({"code":"InvalidStateTransition","clientToken":")" + update.token() +
                      R"(","executionState":{"status":"SUCCEEDED","versionNumber":4}})");
  Ended ended;
  ASSERT_EQ(driver->agent().journal().At(0, ended), Status::kOk);
  EXPECT_EQ(ended.delivery, Delivery::kAccepted);
}

// The device loses its power at flash write number `cut` of the whole story, and is then
// left alone. Whatever the instant: it reboots for the job at most once more, ends in one
// final status, and never reports SUCCEEDED without the boot.
TEST_F(Reboot, PowerCutAtEveryWrite_EndsInOneTrueStatus) {
  for (std::size_t cut = 0; cut < 12; ++cut) {
    flash = RamFlash();
    flash.CutPowerAfter(cut);
    bool rebooted = false;
    std::uint32_t boot = 1;
    BootReason reason = BootReason::kPowerOn;
    std::string final_status;
    for (int guard = 0; guard < 6 && final_status.empty(); ++guard, ++boot) {
      auto driver = Boot(boot, reason);
      reason = BootReason::kPowerOn;
      driver->Start();
      driver->Connect();
      for (int step = 0; step < 6 && final_status.empty(); ++step) {
        if (!flash.has_power()) break;
        const SentMessage sent = driver->SentOne();
        if (sent.topic == kTopics + "start-next") {
          driver->Deliver(kTopics + "start-next/accepted", RebootJob(sent));
          continue;
        }
        if (sent.topic == kTopics + "rb/get") {
          driver->Deliver(kTopics + "rb/get/accepted", RebootJob(sent));
          continue;
        }
        if (sent.topic != kTopics + "rb/update") break;
        for (const char* status : {"SUCCEEDED", "FAILED"}) {
          if (sent.payload.find(status) != std::string::npos) final_status = status;
        }
        driver->Deliver(kTopics + "rb/update/accepted", Accepted(sent));
        if (!flash.has_power()) break;
        driver->TransportDown("");
        const auto notes = driver->Notes();
        if (std::find(notes.begin(), notes.end(), "REBOOT rb") != notes.end()) {
          rebooted = true;
          reason = BootReason::kReboot;
          break;
        }
      }
      flash.RestorePower();
    }
    EXPECT_FALSE(final_status.empty()) << "cut " << cut;
    EXPECT_TRUE(rebooted || final_status != "SUCCEEDED") << "cut " << cut;
  }
}

}  // namespace
}  // namespace fieldwork::agent
