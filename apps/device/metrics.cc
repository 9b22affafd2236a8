#include "apps/device/metrics.h"

#include <string_view>

namespace fieldwork::board {
namespace {

struct Metric {
  std::uint32_t agent::Counters::*value;
  const char* name;
  const char* help;
};

constexpr Metric kMetrics[] = {
    {&agent::Counters::connections, "connections", "Connections that the broker accepted."},
    {&agent::Counters::jobs_taken, "jobs_taken", "Job executions taken."},
    {&agent::Counters::jobs_succeeded, "jobs_succeeded", "Executions that succeeded."},
    {&agent::Counters::jobs_failed, "jobs_failed", "Executions that failed."},
    {&agent::Counters::jobs_rejected, "jobs_rejected", "Executions that were rejected."},
    {&agent::Counters::jobs_lost, "jobs_lost",
     "Executions cancelled, timed out or removed at the cloud."},
    {&agent::Counters::steps_begun, "steps_begun", "Steps begun."},
    {&agent::Counters::steps_failed, "steps_failed", "Steps that failed."},
    {&agent::Counters::steps_stopped, "steps_stopped", "Steps that were stopped."},
    {&agent::Counters::updates_sent, "updates_sent", "Status updates sent, with repetitions."},
    {&agent::Counters::updates_accepted, "updates_accepted", "Status updates accepted."},
    {&agent::Counters::requests_refused, "requests_refused", "Requests that the cloud refused."},
    {&agent::Counters::replies_missed, "replies_missed", "Replies that did not come in time."},
};

void Add(std::string_view name, std::string_view type, std::string_view help, std::uint32_t value,
         std::vector<std::string>& lines) {
  const std::string full = "fieldwork_device_" + std::string(name);
  lines.push_back("# HELP " + full + " " + std::string(help));
  lines.push_back("# TYPE " + full + " " + std::string(type));
  lines.push_back(full + " " + std::to_string(value));
}

}  // namespace

std::vector<std::string> MetricLines(const agent::Counters& counters, const Gauges& gauges) {
  std::vector<std::string> lines;
  for (const Metric& metric : kMetrics) {
    Add(std::string(metric.name) + "_total", "counter", metric.help, counters.*metric.value, lines);
  }
  Add("flash_sector_erases_total", "counter", "Flash sectors that the journal erased.",
      gauges.flash_erases, lines);
  Add("connected", "gauge", "1 while the broker has accepted the connection.",
      gauges.connected ? 1 : 0, lines);
  Add("job_running", "gauge", "1 while a job execution is at hand.", gauges.job_running ? 1 : 0,
      lines);
  return lines;
}

std::vector<std::string> CounterLines(const agent::Counters& c) {
  const auto number = [](std::uint32_t value) { return std::to_string(value); };
  return {
      "jobs: " + number(c.jobs_taken) + " taken, " + number(c.jobs_succeeded) + " succeeded, " +
          number(c.jobs_failed) + " failed, " + number(c.jobs_rejected) + " rejected, " +
          number(c.jobs_lost) + " lost",
      "steps: " + number(c.steps_begun) + " begun, " + number(c.steps_failed) + " failed, " +
          number(c.steps_stopped) + " stopped",
      "updates: " + number(c.updates_sent) + " sent, " + number(c.updates_accepted) + " accepted",
      "requests: " + number(c.requests_refused) + " refused, " + number(c.replies_missed) +
          " without a reply",
      "connections: " + number(c.connections),
  };
}

}  // namespace fieldwork::board
