// What a person reads about jobs.
#include "apps/device/job_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fieldwork::board {
namespace {

using testing::ElementsAre;

agent::ExecutionKey Key(std::string_view id, std::int64_t number = 1) {
  agent::ExecutionKey key;
  key.number = number;
  key.queued_at = 1'700'000'000;
  EXPECT_EQ(key.job_id.Assign(id), Status::kOk);
  return key;
}

agent::Running Running(agent::Phase phase) {
  agent::Running running;
  running.key = Key("fw-7", 2);
  running.phase = phase;
  running.step = 1;
  running.step_count = 3;
  running.attempts = 2;
  return running;
}

agent::Ended Ended(agent::Delivery delivery = agent::Delivery::kPending) {
  agent::Ended ended;
  ended.key = Key("fw-6");
  ended.status = jobs::ExecutionStatus::kFailed;
  ended.delivery = delivery;
  ended.ended_at = 1'700'000'060;
  EXPECT_EQ(ended.reason.Assign("agent-stopped"), Status::kOk);
  return ended;
}

TEST(TellJobAtHand, Nothing_SaysSo) {
  EXPECT_THAT(TellJobAtHand({}, {}, nullptr), ElementsAre("no job"));
}

TEST(TellJobAtHand, StepThatRuns_HasNumberNameAndPercent) {
  EXPECT_THAT(TellJobAtHand(Running(agent::Phase::kStep), {true, "Download-File", 40}, nullptr),
              ElementsAre("job: fw-7", "execution: 2", "state: step 2/3 runs",
                          "step: Download-File", "percent: 40"));
}

TEST(TellJobAtHand, OtherPhases_AreToldApart) {
  EXPECT_THAT(TellJobAtHand(Running(agent::Phase::kBetween), {}, nullptr),
              ElementsAre("job: fw-7", "execution: 2", "state: step 2/3 comes next"));
  EXPECT_THAT(TellJobAtHand(Running(agent::Phase::kStep), {}, nullptr),
              testing::Contains("state: step 2/3 was begun, and does not run"));
  EXPECT_THAT(TellJobAtHand(Running(agent::Phase::kRebooting), {}, nullptr),
              testing::Contains("state: rebooting, step 2/3, attempt 2"));
}

TEST(TellJobAtHand, ReportThatWaits_IsTold) {
  const agent::Ended ended = Ended();
  EXPECT_THAT(TellJobAtHand({}, {}, &ended),
              ElementsAre("waits for its report: " + HistoryLine(ended)));
}

TEST(TellRunning, Facts_AreAllThere) {
  agent::Running running = Running(agent::Phase::kStep);
  running.deadline = 1'700'003'600;
  EXPECT_THAT(TellRunning(running, {true, "", std::nullopt}),
              ElementsAre("job: fw-7", "execution: 2", "queued at: 2023-11-14T22:13:20Z",
                          "status: IN_PROGRESS", "state: step 2/3 runs",
                          "has to end by: 2023-11-14T23:13:20Z"));
}

TEST(TellEnded, Facts_AreAllThere) {
  EXPECT_THAT(TellEnded(Ended()),
              ElementsAre("job: fw-6", "execution: 1", "queued at: 2023-11-14T22:13:20Z",
                          "status: FAILED", "report: waiting: the cloud has not got it yet",
                          "reason: agent-stopped", "ended at: 2023-11-14T22:14:20Z"));
}

TEST(TellEnded, Delivery_SaysWhatTheCloudSaid) {
  agent::Ended ended = Ended(agent::Delivery::kGone);
  ended.refusal = jobs::ErrorCode::kTerminalStateReached;
  ended.reason.Clear();
  ended.ended_at = 0;
  const auto lines = TellEnded(ended);
  EXPECT_THAT(lines, testing::Contains("report: none: the execution is over or gone at the cloud "
                                       "(TerminalStateReached)"));
  EXPECT_THAT(lines, testing::Contains("reason: none"));
  EXPECT_THAT(lines, testing::Contains("ended at: -"));
  EXPECT_THAT(TellEnded(Ended(agent::Delivery::kRefused)),
              testing::Contains("report: refused by the cloud"));
  EXPECT_THAT(TellEnded(Ended(agent::Delivery::kAccepted)),
              testing::Contains("report: accepted by the cloud"));
}

TEST(HistoryLine, Columns_StandStill) {
  EXPECT_EQ(HistoryLine(Ended()),
            "fw-6                        1  FAILED     waiting   agent-stopped             "
            "2023-11-14T22:14:20Z");
}

TEST(HistoryLine, LongestId_IsWhole) {
  agent::Ended ended = Ended();
  const std::string id(jobs::kMaxJobId, 'x');
  ended.key = Key(id);
  EXPECT_THAT(HistoryLine(ended), testing::StartsWith(id + "    1  FAILED"));
}

}  // namespace
}  // namespace fieldwork::board
