// Everything that one run is made of, put together: who does what when, and what is checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "sim/campaign/broker.h"
#include "sim/campaign/jobs_cloud.h"
#include "sim/campaign/ledger.h"
#include "sim/campaign/link.h"
#include "sim/campaign/machine.h"
#include "sim/campaign/scenario.h"

namespace fieldwork::sim {

class World {
 public:
  explicit World(const RunSetup& setup);

  void Play();
  RunResult Result();

 private:
  // Setting up.
  static MachineSetup MakeMachineSetup(const RunSetup& setup, Dice& dice);
  void Connect();
  void PlanKind(Kind kind);
  void PlanRandomly();
  void PlanFaults(Instant end);
  void PlanMishap(Instant at);

  // Jobs, and what people do to them.
  const Plan& AddPlan(Kind kind);
  void CreateAt(Instant at, const Plan& plan, const std::string& job_id);
  void Do(const Plan& plan, Moment moment, Millis later);
  void DoNow(const Plan& plan);
  /// Something that must have happened before all is settled.
  void Task(Instant at, std::function<void()> action);

  // Time.
  void RunUntil(Instant end, const std::function<bool()>& stop);
  bool is_settled() const;
  void Settle();
  void PlayFreshJobs();

  // Checks.
  void Every(Millis span, std::function<void()> check);
  void CheckCancel();
  void CheckTraffic();
  void CheckEnd();
  void CheckHistory();
  void OnAcknowledged(const std::string& payload);

  const RunSetup setup_;
  Dice dice_;
  Timeline timeline_;
  Trace trace_;
  Faults faults_;
  JobsCloud cloud_;
  Broker broker_;
  Link link_;
  Ledger ledger_;
  Machine machine_;

  std::deque<Plan> plans_;
  std::set<int> deeds_done_;
  int open_tasks_ = 0;
  Instant good_since_{0};
  Instant fault_end_{0};
  std::uint64_t publishes_seen_ = 0;
  std::map<std::string, std::vector<const Execution*>> over_tokens_;
};

}  // namespace fieldwork::sim
