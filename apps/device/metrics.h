// Decides what the agent's counters are called: for Prometheus, and for a person.
#pragma once

#include <string>
#include <vector>

#include "device/agent/agent.h"

namespace fieldwork::board {

struct Gauges {
  bool connected = false;
  bool job_running = false;
  std::uint32_t flash_erases = 0;  ///< Of the journal's sectors, since the program started.
};

/// Prometheus' text format, version 0.0.4: lines without line ends.
std::vector<std::string> MetricLines(const agent::Counters& counters, const Gauges& gauges);

/// "jobs: 3 taken, 2 succeeded, ..." and the like, a few lines.
std::vector<std::string> CounterLines(const agent::Counters& counters);

}  // namespace fieldwork::board
