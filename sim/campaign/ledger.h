// What the steps of all executions did to the world: the campaign's own account, which no power
// cut erases, and the invariants that can be read off it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/campaign/jobs_cloud.h"
#include "sim/campaign/plan.h"
#include "sim/campaign/trace.h"

namespace fieldwork::sim {

struct StepRecord {
  int begun = 0;
  int effects = 0;
  int reboots_asked = 0;
  int reboots_proven = 0;   ///< The device started because it had asked for it.
  bool ended_well = false;  ///< The agent was told so.
};

/// One execution.
struct WorkRecord {
  std::vector<StepRecord> steps;
  /// Something happened that may make it fail: power, a crash, a person at the device.
  bool disturbed = false;
  /// The device has acknowledged that this execution is over or gone at the cloud.
  bool known_over = false;

  bool untouched() const;
};

class Ledger {
 public:
  /// All arguments outlive it.
  Ledger(JobsCloud& cloud, Trace& trace) : cloud_(cloud), trace_(trace) {}

  // ---- The device -------------------------------------------------------------------------

  void OnBegin(const StepName& step, std::int64_t number);
  void OnEffect(const StepName& step, std::int64_t number);
  void OnEndedWell(const StepName& step, std::int64_t number);
  void OnRebootAsked(const Execution& execution, std::size_t step);
  void OnRebootProven(const Execution& execution, std::size_t step);
  /// Every execution that is not over may fail for it.
  void OnDisturbance();
  void OnKnownOver(const Execution& execution);

  // ---- The cloud --------------------------------------------------------------------------

  /// A status was accepted: is it true?
  void Judge(const Execution& execution, const std::string& status);

  Execution* Find(int serial, std::int64_t number);
  WorkRecord& RecordOf(const Execution& execution);
  std::deque<Execution>& executions() { return cloud_.executions(); }

 private:
  StepRecord* Look(const StepName& step, std::int64_t number, const char* what);
  /// Whether step `step` may have its turn now.
  void CheckTurn(const Execution& execution, std::size_t step);
  void JudgeSuccess(const Execution& execution);

  JobsCloud& cloud_;
  Trace& trace_;
  std::map<std::pair<int, std::int64_t>, WorkRecord> records_;
};

}  // namespace fieldwork::sim
