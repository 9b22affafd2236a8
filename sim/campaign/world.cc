#include "sim/campaign/world.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sim/campaign/machine_limits.h"
#include "sim/campaign/text.h"

namespace fieldwork::sim {
namespace {

constexpr const char* kThing = "thing";
/// After that long with a good link and good power all is settled, or never will be.
constexpr Millis kPatience = Seconds(30 * 3600);
/// A device that is told nothing finds out itself in that time that a job is over.
constexpr Millis kReconcilePatience = Seconds(45 * 60);
/// A device that is told at once stops its step in that time.
constexpr Millis kStopPatience = Seconds(45);
/// PUBLISH packets of the device in an hour.
constexpr std::uint64_t kMostPublishes = 700;
/// Steps of the simulation without which no run is that long.
constexpr std::size_t kMostSteps = 400'000;
constexpr std::size_t kMostWakesAtOnce = 200;

Faults RandomFaults(Dice& dice) {
  const auto some = [&dice](unsigned most) {
    return dice.Chance(400) ? static_cast<unsigned>(dice.Below(most + 1)) : 0;
  };
  Faults faults;
  faults.open_fails = some(500);
  faults.refused = some(200);
  faults.session_lost = some(400);
  faults.dead_link = some(300);
  faults.cut = some(60);
  faults.puback_lost = some(150);
  faults.filter_refused = some(100);
  faults.request_lost = some(300);
  faults.reply_lost = some(300);
  faults.notice_lost = some(700);
  faults.duplicated = some(300);
  faults.delayed = some(400);
  faults.internal_error = some(200);
  faults.throttled = some(200);
  faults.stale = some(200);
  return faults;
}

}  // namespace

RunResult Run(const RunSetup& setup) {
  World world(setup);
  world.Play();
  return world.Result();
}

World::World(const RunSetup& setup)
    : setup_(setup),
      dice_(setup.seed),
      trace_(timeline_, setup.print),
      cloud_(timeline_, Dice(dice_.Next()), trace_, faults_, kThing, setup.past.epoch),
      broker_(timeline_, Dice(dice_.Next()), trace_, faults_),
      link_(timeline_, Dice(dice_.Next()), trace_, faults_, broker_),
      ledger_(cloud_, trace_),
      machine_(MakeMachineSetup(setup, dice_), timeline_, Dice(dice_.Next()), trace_, link_,
               ledger_) {
  if (!setup.past.flash.empty()) machine_.flash_bytes() = setup.past.flash;
  machine_.set_boots(setup.past.boots);
  Connect();
}

MachineSetup World::MakeMachineSetup(const RunSetup& setup, Dice& dice) {
  MachineSetup machine;
  machine.cuts = setup.cuts;
  agent::Options& options = machine.options;
  options.thing = kThing;
  options.step_limit = kStepLimit;
  options.reconcile = dice.Chance(500) ? Seconds(900) : Seconds(dice.Between(300, 900));
  options.keep_alive_s = static_cast<std::uint16_t>(dice.Between(30, 300));
  options.subscribe_replies = dice.Chance(700);
  if (setup.kind == Kind::kLong || (setup.faults && dice.Chance(400))) {
    options.step_timeout_minutes = kStepTimerMinutes;
  }
  if (setup.faults && dice.Chance(500)) {
    machine.reboot_fails = static_cast<unsigned>(dice.Below(500));
  }
  return machine;
}

void World::Connect() {
  cloud_.set_publish([this](const std::string& topic, const std::string& payload) {
    broker_.Publish(topic, payload);
  });
  cloud_.on_accepted = [this](Execution& execution, const std::string& status) {
    ledger_.Judge(execution, status);
    if (status != "IN_PROGRESS") Do(*execution.plan, Moment::kOver, Seconds(3));
  };
  cloud_.on_contradiction = [this](Execution& execution, const std::string& status) {
    trace_.Break(Invariant::kStatusIsTheFirst, execution.job_id + " is " + execution.status +
                                                   ", and then " + status + " was reported");
  };
  cloud_.on_over_told = [this](const Execution& execution, const std::string& token) {
    over_tokens_[token].push_back(&execution);
  };
  broker_.on_message = [this](const std::string& topic, const std::string& payload) {
    cloud_.OnMessage(topic, payload);
  };
  broker_.on_acknowledged = [this](const std::string&, const std::string& payload) {
    OnAcknowledged(payload);
  };
  machine_.on_begun = [this](const Execution& execution, std::size_t step) {
    if (step == 1) Do(*execution.plan, Moment::kRunning, Seconds(2));
  };
  machine_.on_rebooting = [this](const Execution& execution) {
    Do(*execution.plan, Moment::kRebooting, Millis{10});
  };
  machine_.on_down = [this] { over_tokens_.clear(); };
}

// A rejection counts as known only while the request that it answers is the agent's own: tokens
// of an earlier life mean nothing to it.
void World::OnAcknowledged(const std::string& payload) {
  const auto told = over_tokens_.find(TextOf(payload, "clientToken"));
  if (told == over_tokens_.end() || payload.find("\"code\":") == std::string::npos) return;
  for (const Execution* execution : told->second) ledger_.OnKnownOver(*execution);
}

// ---- Jobs -----------------------------------------------------------------------------------

const Plan& World::AddPlan(Kind kind) {
  const int serial = static_cast<int>(plans_.size()) + 1;
  return plans_.emplace_back(MakePlan(kind, serial, dice_));
}

void World::Task(Instant at, std::function<void()> action) {
  ++open_tasks_;
  timeline_.At(at, [this, action = std::move(action)] {
    --open_tasks_;
    action();
  });
}

void World::CreateAt(Instant at, const Plan& plan, const std::string& job_id) {
  Task(at, [this, &plan, job_id] {
    cloud_.Create(job_id, plan);
    Do(plan, Moment::kQueued, Seconds(2));
  });
}

void World::Do(const Plan& plan, Moment moment, Millis later) {
  if (plan.deed == Deed::kNone || plan.moment != moment) return;
  if (!deeds_done_.insert(plan.serial).second) return;
  Task(timeline_.now() + later, [this, &plan] { DoNow(plan); });
}

void World::DoNow(const Plan& plan) {
  Execution* const execution = ledger_.Find(plan.serial, 1);
  if (execution == nullptr) return;
  if (plan.deed == Deed::kOfferAgain) return cloud_.OfferAgain();
  if (plan.deed == Deed::kCancel) return cloud_.Cancel(*execution);
  cloud_.Delete(*execution);
  if (plan.deed == Deed::kDelete) return;
  const Kind kind = plan.moment == Moment::kRebooting ? Kind::kRebootMiddle : Kind::kManySteps;
  CreateAt(timeline_.now() + Seconds(2), AddPlan(kind), execution->job_id);
}

void World::PlanKind(Kind kind) {
  Instant at{dice_.Between(0, 4000)};
  if (kind == Kind::kCancelQueued || kind == Kind::kTwoJobs) {
    const Plan& first = AddPlan(Kind::kManySteps);
    CreateAt(at, first, "j" + std::to_string(first.serial));
    at = at + Millis{1000};
  }
  const Plan& plan = AddPlan(kind);
  CreateAt(at, plan, "j" + std::to_string(plan.serial));
  const Instant on = kind == Kind::kOffline ? Instant{30'000} : Instant{1000};
  Task(on, [this] { machine_.PowerOn(); });
}

void World::PlanRandomly() {
  const Instant end{dice_.Between(60, 3600) * 1000};
  const std::size_t count = 1 + dice_.Below(6);
  for (std::size_t i = 0; i < count; ++i) {
    const Plan& plan = AddPlan(static_cast<Kind>(dice_.Below(kKinds)));
    CreateAt(Instant{dice_.Between(0, end.ms)}, plan, "j" + std::to_string(plan.serial));
  }
  Task(Instant{dice_.Between(0, 60'000)}, [this] { machine_.PowerOn(); });
  if (setup_.faults) PlanFaults(end);
}

void World::PlanFaults(Instant end) {
  fault_end_ = end;
  faults_ = RandomFaults(dice_);
  Task(end, [this] {
    trace_.Say("world", "everything is well from now on");
    faults_ = Faults();
    link_.SetNetwork(true);
  });
  const std::size_t mishaps = dice_.Below(7);
  for (std::size_t i = 0; i < mishaps; ++i) PlanMishap(Instant{dice_.Between(0, end.ms)});
}

void World::PlanMishap(Instant at) {
  switch (dice_.Below(7)) {
    case 0:
    case 1: return Task(at, [this] { machine_.CutPower(dice_.Span(Seconds(1), Seconds(300))); });
    case 2: return Task(at, [this] { machine_.Kill(); });
    case 3: return Task(at, [this] { machine_.RestartInOrder(); });
    case 4: return Task(at, [this] { machine_.GiveUpJob(); });
    case 5: return Task(at, [this] { link_.Break(); });
    default:
      Task(at, [this] { link_.SetNetwork(false); });
      return Task(at + dice_.Span(Seconds(1), Seconds(1200)), [this] {
        link_.SetNetwork(true);
        machine_.NetworkBack();
      });
  }
}

// ---- Time -----------------------------------------------------------------------------------

void World::RunUntil(Instant end, const std::function<bool()>& stop) {
  std::size_t steps = 0;
  std::size_t wakes = 0;
  while (!trace_.broken() && !stop()) {
    const Instant due = machine_.Deadline();
    const Instant next = Earlier(timeline_.next(), due);
    if (next > end) return timeline_.MoveTo(end);
    if (next > timeline_.now()) wakes = 0;
    if (due < timeline_.next()) {
      timeline_.MoveTo(due);
      machine_.Wake();
      ++wakes;
    } else {
      timeline_.Step();
    }
    if (++steps > kMostSteps || wakes > kMostWakesAtOnce) {
      trace_.Break(Invariant::kNoLoop,
                   "the agent wakes up without end, in state " + machine_.state());
    }
  }
}

bool World::is_settled() const {
  return open_tasks_ == 0 && !cloud_.has_pending() && machine_.is_idle();
}

void World::Settle() {
  RunUntil(fault_end_, [] { return false; });
  good_since_ = timeline_.now();
  RunUntil(timeline_.now() + kPatience, [this] { return is_settled(); });
  if (trace_.broken() || is_settled()) return;
  for (const Execution& execution : cloud_.executions()) {
    if (execution.is_pending() && execution.status == "IN_PROGRESS") {
      return trace_.Break(Invariant::kNoStatusLost, execution.job_id + " stays IN_PROGRESS");
    }
  }
  trace_.Break(Invariant::kDeviceGoesIdle,
               "the device is '" + machine_.state() +
                   (cloud_.has_pending() ? "' and jobs are queued" : "' and nothing is queued"));
}

void World::PlayFreshJobs() {
  for (std::size_t i = 0; i < setup_.fresh_jobs && !trace_.broken(); ++i) {
    RunUntil(timeline_.now() + Seconds(60), [] { return false; });
    const Plan& plan = AddPlan(Kind::kOneStep);
    cloud_.Create("j" + std::to_string(plan.serial), plan);
    RunUntil(timeline_.now() + Seconds(3600), [this] { return is_settled(); });
    if (trace_.broken()) return;
    const Execution& fresh = *ledger_.Find(plan.serial, 1);
    // A cut that came so late; there are not many.
    if (ledger_.RecordOf(fresh).disturbed && fresh.status == "FAILED") {
      --i;
    } else if (fresh.status != "SUCCEEDED") {
      trace_.Break(Invariant::kDeviceGoesIdle, "a fresh job is " + fresh.status + " in the end");
    }
  }
}

void World::Play() {
  Every(Seconds(20), [this] { CheckCancel(); });
  Every(Seconds(3600), [this] { CheckTraffic(); });
  if (setup_.kind) {
    PlanKind(*setup_.kind);
  } else {
    PlanRandomly();
  }
  Settle();
  PlayFreshJobs();
  if (!trace_.broken()) CheckEnd();
}

// ---- Checks ---------------------------------------------------------------------------------

void World::Every(Millis span, std::function<void()> check) {
  timeline_.After(span, [this, span, check = std::move(check)] {
    check();
    Every(span, check);
  });
}

void World::CheckCancel() {
  const Execution* const execution = machine_.running();
  if (execution == nullptr || execution->is_pending() || timeline_.now() < fault_end_) return;
  const Instant good = std::max(fault_end_, machine_.on_since());
  // Told at once, unless it was away then.
  const bool told = !setup_.faults && execution->over_at > good + Seconds(60);
  const Instant since = std::max(good, execution->over_at);
  if (timeline_.now() - since > (told ? kStopPatience : kReconcilePatience)) {
    trace_.Break(Invariant::kCancelStopsTheStep,
                 "a step of " + execution->job_id + " still runs, which is over at the cloud");
  }
}

void World::CheckTraffic() {
  const std::uint64_t count =
      broker_.publishes() - std::exchange(publishes_seen_, broker_.publishes());
  if (count > kMostPublishes) {
    trace_.Break(Invariant::kNoLoop, std::to_string(count) + " messages in an hour");
  }
}

void World::CheckEnd() {
  for (const Execution& execution : cloud_.executions()) {
    const auto terminal = std::count_if(execution.accepted.begin(), execution.accepted.end(),
                                        [](const std::string& s) { return s != "IN_PROGRESS"; });
    if (terminal > 1) {
      trace_.Break(Invariant::kStatusIsTheFirst, execution.job_id + " has two final statuses");
    }
  }
  CheckHistory();
}

// What the device says was accepted is what the cloud has.
void World::CheckHistory() {
  static constexpr std::array<const char*, 9> kStatus = {"",          "QUEUED",  "IN_PROGRESS",
                                                         "SUCCEEDED", "FAILED",  "TIMED_OUT",
                                                         "REJECTED",  "REMOVED", "CANCELED"};
  agent::Ended ended;
  for (std::size_t i = 0; machine_.agent()->journal().At(i, ended) == Status::kOk; ++i) {
    for (const Execution& execution : cloud_.executions()) {
      if (execution.job_id != ended.key.job_id.view() || execution.number != ended.key.number ||
          execution.queued_at != ended.key.queued_at) {
        continue;
      }
      const std::string status = kStatus[static_cast<std::size_t>(ended.status)];
      if (ended.delivery == agent::Delivery::kAccepted && execution.status != status) {
        trace_.Break(Invariant::kJournalConsistent, "the history says that " + execution.job_id +
                                                        " was accepted as " + status + "; it is " +
                                                        execution.status);
      }
    }
  }
}

RunResult World::Result() {
  RunResult result;
  result.invariant = trace_.name();
  result.reason = trace_.reason();
  result.trace.assign(trace_.lines().begin(), trace_.lines().end());
  result.writes = machine_.writes();
  result.points = machine_.points();
  result.cuts = machine_.cuts_done();
  result.virtual_hours = static_cast<double>(timeline_.now().ms) / 3'600'000.0;
  result.past = {machine_.flash_bytes(), machine_.boots(), cloud_.SecondsNow() + 1000};
  return result;
}

}  // namespace fieldwork::sim
