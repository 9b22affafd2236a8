// The lines of steps: what they tell, and what they must not.
#include "apps/device/agent_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/device/testing/captured_output.h"

namespace fieldwork::board {
namespace {

namespace event = agent::event;

std::string LineOf(const agent::Event& event, LogLevel level = LogLevel::kInfo) {
  CapturedOutput captured;
  Output output(captured.fd());
  Log log(
      output, level, [] { return Instant{7}; }, Instant{0});
  LogAgentEvent(log, event);
  return captured.Take();
}

event::StepEnded Ended(handlers::StepEnd end, std::int32_t code, std::string_view reason) {
  return {"fw-7", 2, end, code, reason};
}

TEST(StepNameText, OfAJsonString_IsWhatItSays) {
  EXPECT_EQ(StepNameText(R"("Download\u002dFile")"), "Download-File");
  EXPECT_EQ(StepNameText(R"("a\u001b[2J")"), "a?[2J");
  EXPECT_EQ(StepNameText("\"" + std::string(100, 'x') + "\""), std::string(64, 'x'));
  EXPECT_EQ(StepNameText("plain"), "plain");
  EXPECT_EQ(StepNameText(""), "");
}

TEST(AgentLog, StepBegun_HasNumberCountAndName) {
  EXPECT_EQ(LineOf(event::StepBegun{"fw-7", 1, 3, "Download-File"}),
            "[I] (7) aws: step 1/3 Download-File\r\n");
}

TEST(AgentLog, StepBegun_HidesTheQueryOfAUrlAndControlCharacters) {
  EXPECT_EQ(LineOf(event::StepBegun{"fw-7", 1, 3, "https://h/f?X-Amz-Signature=s ok\x1b"}),
            "[I] (7) aws: step 1/3 https://h/f?... ok?\r\n");
}

TEST(AgentLog, StepEnded_TellsHow) {
  using handlers::StepEnd;
  EXPECT_EQ(LineOf(Ended(StepEnd::kSucceeded, 0, "")), "[I] (7) aws: step 2 succeeded\r\n");
  EXPECT_EQ(LineOf(Ended(StepEnd::kExited, 3, "exit-code")),
            "[W] (7) aws: step 2 ended with exit code 3: exit-code\r\n");
  EXPECT_EQ(LineOf(Ended(StepEnd::kSignaled, 9, "")),
            "[W] (7) aws: step 2 was ended by signal 9\r\n");
  EXPECT_EQ(LineOf(Ended(StepEnd::kFailed, 0, "user-unknown")),
            "[W] (7) aws: step 2 failed: user-unknown\r\n");
}

TEST(AgentLog, StepStoppingAndJobLost_NameTheJob) {
  EXPECT_EQ(LineOf(event::StepStopping{"fw-7", "canceled"}),
            "[I] (7) aws: job fw-7: the step is asked to stop: canceled\r\n");
  EXPECT_EQ(LineOf(event::JobLost{"fw-7"}),
            "[W] (7) aws: job fw-7 is over at the cloud: nothing is reported for it\r\n");
}

TEST(AgentLog, Report_IsForDebuggingOnly) {
  // It may carry what a step has written.
  const event::Reporting report{"fw-7", "{\"statusDetails\":{\"stdout\":\"secret\"}}"};
  EXPECT_EQ(LineOf(report), "");
  EXPECT_THAT(LineOf(report, LogLevel::kDebug), testing::HasSubstr("secret"));
}

}  // namespace
}  // namespace fieldwork::board
