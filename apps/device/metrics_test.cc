// The names that a scraper relies on, and the numbers behind them.
#include "apps/device/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fieldwork::board {
namespace {

using testing::Contains;

agent::Counters Numbered() {
  agent::Counters counters;
  std::uint32_t next = 1;
  for (std::uint32_t* value :
       {&counters.connections, &counters.jobs_taken, &counters.jobs_succeeded,
        &counters.jobs_failed, &counters.jobs_rejected, &counters.jobs_lost, &counters.steps_begun,
        &counters.steps_failed, &counters.steps_stopped, &counters.updates_sent,
        &counters.updates_accepted, &counters.requests_refused, &counters.replies_missed}) {
    *value = next++;
  }
  return counters;
}

TEST(MetricLines, EveryCounter_HasItsNameAndNumber) {
  const auto lines = MetricLines(Numbered(), {true, false, 14});
  int number = 1;
  for (const char* name :
       {"connections", "jobs_taken", "jobs_succeeded", "jobs_failed", "jobs_rejected", "jobs_lost",
        "steps_begun", "steps_failed", "steps_stopped", "updates_sent", "updates_accepted",
        "requests_refused", "replies_missed", "flash_sector_erases"}) {
    const std::string full = std::string("fieldwork_device_") + name + "_total";
    EXPECT_THAT(lines, Contains(full + " " + std::to_string(number++)));
    EXPECT_THAT(lines, Contains("# TYPE " + full + " counter"));
    EXPECT_THAT(lines, Contains(testing::StartsWith("# HELP " + full + " ")));
  }
  EXPECT_THAT(lines, Contains("fieldwork_device_connected 1"));
  EXPECT_THAT(lines, Contains("# TYPE fieldwork_device_connected gauge"));
  EXPECT_THAT(lines, Contains("fieldwork_device_job_running 0"));
}

TEST(MetricLines, NoCounterOfTheAgent_IsMissing) {
  // Three lines for each, and three other metrics.
  EXPECT_EQ(MetricLines({}, {}).size(), 3 * (sizeof(agent::Counters) / sizeof(std::uint32_t) + 3));
}

TEST(CounterLines, TellThemInWords) {
  EXPECT_THAT(
      CounterLines(Numbered()),
      testing::ElementsAre("jobs: 2 taken, 3 succeeded, 4 failed, 5 rejected, 6 lost",
                           "steps: 7 begun, 8 failed, 9 stopped", "updates: 10 sent, 11 accepted",
                           "requests: 12 refused, 13 without a reply", "connections: 1"));
}

}  // namespace
}  // namespace fieldwork::board
