#include "sim/campaign/machine.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "sim/agent_news.h"
#include "sim/campaign/machine_limits.h"

namespace fieldwork::sim {
namespace {

constexpr std::size_t kSendBytes = 2048;
constexpr std::size_t kPayloadBytes = 1024;
// An input leads to so many rounds of events and bytes at most; more is a loop.
constexpr int kMostRounds = 200;

std::string_view Unquoted(std::string_view raw) {
  return raw.size() >= 2 ? raw.substr(1, raw.size() - 2) : raw;
}

}  // namespace

Machine::Machine(const MachineSetup& setup, Timeline& timeline, Dice dice, Trace& trace, Link& link,
                 Ledger& ledger)
    : timeline_(timeline),
      dice_(dice),
      trace_(trace),
      link_(link),
      ledger_(ledger),
      setup_(setup),
      flash_(setup.sectors, setup.sector_bytes, Dice(dice_.Next())) {
  flash_.before_write = [this] { return BeforeWrite(); };
  flash_.after_write = [this] { AfterWrite(); };
  flash_.set_powered(false);
  link_.to_device = [this](const Packet& bytes) { Receive(bytes); };
  link_.on_opened = [this](bool up) {
    Mutate([this, up](agent::Agent& agent) {
      if (up) {
        agent.OnTransportUp(Now());
      } else {
        agent.OnTransportDown(Now(), "no route");
      }
    });
  };
  link_.on_broken = [this] {
    Mutate([this](agent::Agent& agent) { agent.OnTransportDown(Now(), "reset by peer"); });
  };
}

Machine::~Machine() = default;

// ---- Power ----------------------------------------------------------------------------------

void Machine::PowerOn(agent::BootReason reason) {
  if (!agent_) Boot(reason);
}

void Machine::Boot(agent::BootReason reason) {
  boot_ = {boot_.count + 1, reason};
  trace_.Say("DEVICE", "boot " + std::to_string(boot_.count) + ", reason " +
                           std::to_string(static_cast<int>(reason)));
  if (asked_ && reason == agent::BootReason::kReboot) {
    ledger_.OnRebootProven(*asked_->execution, asked_->step);
  }
  asked_.reset();
  RunAgent();
}

void Machine::RunAgent() {
  const auto garbage = [this](std::vector<std::uint8_t>& bytes, std::size_t size) {
    bytes.assign(size, static_cast<std::uint8_t>(dice_.Next()));
  };
  garbage(receive_, kReceiveBytes);
  garbage(send_, kSendBytes);
  garbage(document_, kDocumentBytes);
  garbage(payload_, kPayloadBytes);
  ++life_;
  dying_ = closing_ = stopping_ = rebooting_ = false;
  flash_.set_powered(true);
  on_since_ = timeline_.now();
  agent_ = std::make_unique<agent::Agent>(
      setup_.options, agent::Memory{receive_, send_, document_, payload_}, flash_, boot_,
      static_cast<handlers::Executor&>(*this), static_cast<std::uint32_t>(dice_.Next()));
  Mutate([this](agent::Agent& agent) { agent.Start(Now()); });
}

void Machine::CutPower(Millis off) {
  if (!agent_) return;
  trace_.Say("DEVICE", "power is cut");
  Fall();
  BootLater(off, agent::BootReason::kPowerOn, true);
}

void Machine::Kill() {
  if (!agent_) return;
  trace_.Say("DEVICE", "program is killed");
  Fall();
  BootLater(Seconds(2), agent::BootReason::kPowerOn, false);
}

void Machine::RestartInOrder() {
  if (!agent_ || stopping_) return;
  trace_.Say("DEVICE", "program is stopped");
  ledger_.OnDisturbance();
  stopping_ = true;
  Mutate([this](agent::Agent& agent) { agent.Stop(Now()); });
}

void Machine::GiveUpJob() {
  Mutate([this](agent::Agent& agent) {
    const std::string job(agent.job_id());
    if (job.empty()) return;
    trace_.Say("DEVICE", "a person gives up " + job);
    ledger_.OnDisturbance();
    static_cast<void>(agent.GiveUpJob(Now(), job));
  });
}

void Machine::NetworkBack() {
  Mutate([this](agent::Agent& agent) { agent.OnNetworkBack(Now()); });
}

// Everything that is not on flash is gone.
void Machine::LetGo() {
  agent_.reset();
  step_.reset();
  ++step_run_;
  ++life_;
  flash_.set_powered(false);
  dying_ = false;
  link_.Vanish();
}

void Machine::Fall() {
  if (on_down) on_down();
  ledger_.OnDisturbance();
  LetGo();
}

void Machine::BootLater(Millis off, agent::BootReason reason, bool counts) {
  timeline_.After(off, [this, reason, counts, life = life_] {
    if (life != life_) return;
    if (counts) return Boot(reason);
    trace_.Say("DEVICE", "program starts again");
    RunAgent();
  });
}

// ---- Where the power goes -------------------------------------------------------------------

void Machine::Die(const char* where) {
  trace_.Say("DEVICE", std::string("power goes: ") + where);
  ++next_cut_;
  writes_ = points_ = 0;
  dying_ = true;
  flash_.set_powered(false);
}

bool Machine::Point(const char* what) {
  if (dying_) return true;
  ++points_;
  ++all_points_;
  if (next_cut_ < setup_.cuts.size()) {
    const Cut& cut = setup_.cuts[next_cut_];
    if (cut.at == Cut::At::kPoint && cut.count == points_) Die(what);
  }
  return dying_;
}

PowerFlash::Fate Machine::BeforeWrite() {
  ++writes_;
  ++all_writes_;
  if (next_cut_ >= setup_.cuts.size()) return PowerFlash::Fate::kDone;
  const Cut& cut = setup_.cuts[next_cut_];
  if (cut.at != Cut::At::kTornWrite || cut.count != writes_) return PowerFlash::Fate::kDone;
  Die("a write is torn");
  return PowerFlash::Fate::kTorn;
}

void Machine::AfterWrite() {
  if (next_cut_ >= setup_.cuts.size()) return;
  const Cut& cut = setup_.cuts[next_cut_];
  if (cut.at == Cut::At::kAfterWrite && cut.count == writes_) Die("after a write");
}

// ---- Driving the agent ----------------------------------------------------------------------

template <class Mutation>
void Machine::Mutate(const Mutation& mutation) {
  if (!agent_ || rebooting_) return;
  if (!dying_) {
    mutation(*agent_);
  }
  Drain();
}

void Machine::Drain() {
  int rounds = 0;
  while (!dying_ && !rebooting_ && DrainOnce()) {
    if (++rounds > kMostRounds) {
      return trace_.Break(Invariant::kNoLoop, "events and bytes without end");
    }
  }
  if (dying_) {
    Fall();
    static constexpr agent::BootReason kReasons[] = {
        agent::BootReason::kPowerOn, agent::BootReason::kPowerOn, agent::BootReason::kPowerOn,
        agent::BootReason::kWatchdog, agent::BootReason::kException};
    return BootLater(dice_.Span(Seconds(1), Seconds(90)), kReasons[dice_.Below(5)], true);
  }
  CheckJournal();
  if (rebooting_) return OnReboot();
  CloseWhenAsked();
  if (stopping_ && agent_->stopped()) {
    Fall();
    BootLater(Seconds(1), boot_.reason, false);
  }
}

bool Machine::DrainOnce() {
  bool moved = false;
  while (!dying_ && !rebooting_) {
    const auto event = agent_->NextEvent(Now());
    if (!event || dying_) break;
    moved = true;
    OnEvent(*event);
  }
  while (!dying_ && !rebooting_ && !agent_->BytesToSend().empty()) {
    SendBytes();
    moved = true;
  }
  return moved;
}

void Machine::SendBytes() {
  if (Point("before bytes leave")) return;
  const Bytes bytes = agent_->BytesToSend();
  const Packet packet(bytes.begin(), bytes.end());
  link_.Send(packet);
  if (Point("after bytes left")) return;
  agent_->OnSent(Now(), packet.size());
}

void Machine::OnEvent(const agent::Event& event) {
  trace_.Say("agent", NewsText(event));
  if (std::holds_alternative<agent::event::OpenTransport>(event)) link_.Open();
  if (std::holds_alternative<agent::event::CloseTransport>(event)) closing_ = true;
  if (const auto* reboot = std::get_if<agent::event::Reboot>(&event)) {
    const agent::Running& running = agent_->running();
    for (Execution& execution : ledger_.executions()) {
      if (execution.job_id == reboot->job_id && execution.number == running.key.number &&
          execution.queued_at == running.key.queued_at) {
        asked_ = AskedReboot{&execution, running.step};
      }
    }
    if (!asked_) return trace_.Break(Invariant::kNoLoop, "a reboot for a job that is not known");
    ledger_.OnRebootAsked(*asked_->execution, asked_->step);
    rebooting_ = true;
  }
}

// The port's part of event::CloseTransport.
void Machine::CloseWhenAsked() {
  if (!std::exchange(closing_, false)) return;
  link_.Close();
  timeline_.After(Millis{1}, [this, life = life_] {
    if (life != life_) return;
    Mutate([this](agent::Agent& agent) { agent.OnTransportDown(Now(), ""); });
  });
}

void Machine::OnReboot() {
  const Execution& execution = *asked_->execution;
  const bool power_goes = Point("while it reboots");
  const bool disturbed = power_goes || dice_.Chance(setup_.reboot_fails);
  const bool never_comes = !power_goes && disturbed && dice_.Chance(500);
  LetGo();
  if (on_down) on_down();
  if (disturbed) ledger_.OnDisturbance();
  const Millis off = dice_.Span(Seconds(3), Seconds(9));
  if (never_comes) {
    trace_.Say("DEVICE", "the reboot does not come");
    asked_.reset();
    BootLater(off, boot_.reason, false);
  } else {
    BootLater(off, disturbed ? agent::BootReason::kPowerOn : agent::BootReason::kReboot, true);
  }
  if (on_rebooting) on_rebooting(execution);
}

void Machine::Receive(const Packet& bytes) {
  std::size_t at = 0;
  while (at < bytes.size() && agent_ && !rebooting_ && !trace_.broken()) {
    const std::uint64_t life = life_;
    const MutableBytes space = agent_->ReceiveSpace();
    const std::size_t count = std::min(space.size(), bytes.size() - at);
    if (count == 0) return trace_.Break(Invariant::kNoLoop, "no space to receive into");
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), count, space.begin());
    at += count;
    Point("bytes arrive");
    Mutate([this, count](agent::Agent& agent) { agent.OnReceived(Now(), count); });
    if (life != life_) return;
  }
}

Instant Machine::Deadline() const {
  if (!agent_ || rebooting_) return kNever;
  const Instant due = agent_->Deadline();
  if (due == kNever) return kNever;
  return std::max(timeline_.now(), Instant{due.ms - 1000 + on_since_.ms});
}

void Machine::Wake() {
  Mutate([this](agent::Agent& agent) { agent.OnTime(Now()); });
}

bool Machine::is_idle() const {
  return agent_ && !step_ && !agent_->has_unfinished_job() && state() == "idle";
}

// ---- Steps ----------------------------------------------------------------------------------

const char* Machine::WhyNot(const handlers::Step& step) {
  return ParseStepName(Unquoted(step.name.raw)) ? nullptr : "unknown-handler";
}

std::optional<handlers::StepResult> Machine::Start(const handlers::Step& step,
                                                   const handlers::StepContext& context) {
  if (Point("before a step begins")) return std::nullopt;
  const auto name = ParseStepName(Unquoted(step.name.raw));
  const Execution* const execution =
      name ? ledger_.Find(name->serial, context.execution_number) : nullptr;
  if (step_ || execution == nullptr || execution->job_id != context.job_id ||
      name->step >= execution->plan->steps.size()) {
    trace_.Break(Invariant::kNoEffectTwice, "a step begins that may not");
    return handlers::StepResult{handlers::StepEnd::kFailed, 0, "campaign"};
  }
  const StepPlan& plan = execution->plan->steps[name->step];
  trace_.Say("step", execution->job_id + " step " + std::to_string(name->step + 1) + " begins");
  ledger_.OnBegin(*name, execution->number);
  step_ = RunningStep{execution, &plan, *name};
  const std::uint64_t run = ++step_run_;
  if (on_begun) on_begun(*execution, name->step);
  if (plan.instant) {
    if (!Effect()) return std::nullopt;
    step_.reset();
    if (plan.fails) return handlers::StepResult{handlers::StepEnd::kExited, 3};
    ledger_.OnEndedWell(*name, execution->number);
    return handlers::StepResult{};
  }
  const Millis effect = dice_.Span(Millis{0}, plan.lasts);
  timeline_.After(effect, [this, run] { StepEffect(run); });
  timeline_.After(plan.lasts, [this, run, fails = plan.fails] {
    EndStep(run,
            fails ? handlers::StepResult{handlers::StepEnd::kExited, 3} : handlers::StepResult{});
  });
  return std::nullopt;
}

// The effect of the step that runs, with the power going before or after it. True: it goes on.
bool Machine::Effect() {
  if (Point("before an effect")) return false;
  trace_.Say("step", step_->execution->job_id + " step " + std::to_string(step_->name.step + 1) +
                         " has its effect");
  ledger_.OnEffect(step_->name, step_->execution->number);
  return !Point("after an effect");
}

void Machine::StepEffect(std::uint64_t run) {
  if (run != step_run_ || !step_ || step_->stopping) return;
  if (!Effect()) return Drain();
  Mutate([this](agent::Agent& agent) {
    agent.OnStepProgress(Now(), static_cast<std::uint8_t>(dice_.Below(101)));
  });
}

void Machine::EndStep(std::uint64_t run, handlers::StepResult result) {
  if (run != step_run_ || !step_) return;
  const RunningStep step = *std::exchange(step_, std::nullopt);
  ++step_run_;
  trace_.Say("step",
             step.execution->job_id + " step " + std::to_string(step.name.step + 1) + " ends");
  if (Point("before the agent knows the end")) return Drain();
  if (result.end == handlers::StepEnd::kSucceeded) {
    ledger_.OnEndedWell(step.name, step.execution->number);
  }
  Mutate([this, &result](agent::Agent& agent) { agent.OnStepEnd(Now(), result); });
}

void Machine::Stop(bool force) {
  if (!step_ || dying_) return;
  trace_.Say("step", force ? "is killed" : "is asked to stop");
  if (!force && step_->plan->stubborn) return;
  step_->stopping = true;
  const Millis wait = force ? Millis{20} : dice_.Span(Millis{1}, Seconds(3));
  timeline_.After(wait, [this, run = step_run_, force] {
    EndStep(run, {handlers::StepEnd::kSignaled, force ? 9 : 15});
  });
}

// ---- The journal ----------------------------------------------------------------------------

// What the agent believes is what a fresh look at the flash says.
void Machine::CheckJournal() {
  if (std::exchange(checked_writes_, all_writes_) == all_writes_) return;
  RamFlash copy(setup_.sectors, setup_.sector_bytes);
  copy.bytes() = flash_.bytes();
  agent::Journal fresh(copy);
  const Status opened = fresh.Open();
  const agent::Journal& own = agent_->journal();
  const auto fail = [this](const char* what) { trace_.Break(Invariant::kJournalConsistent, what); };
  // Blank: the first erase of all was torn.
  if (opened != Status::kOk && opened != Status::kNotFound) return fail("it cannot be read again");
  if (fresh.was_damaged()) return fail("it looks damaged, but power went only");
  const agent::Running& a = fresh.running();
  const agent::Running& b = own.running();
  if (a.phase != b.phase) return fail("phase differs");
  if (a.phase != agent::Phase::kNone &&
      !(a.key == b.key && a.step == b.step && a.step_count == b.step_count &&
        a.attempts == b.attempts && a.boot_count == b.boot_count)) {
    return fail("the execution at hand differs");
  }
  if ((fresh.pending() == nullptr) != (own.pending() == nullptr)) return fail("pending differs");
  if (own.pending() != nullptr && b.phase != agent::Phase::kNone) {
    return fail("an execution is at hand and a status pending");
  }
  if (own.pending() != nullptr && !(fresh.pending()->key == own.pending()->key &&
                                    fresh.pending()->status == own.pending()->status)) {
    return fail("the pending status differs");
  }
}

}  // namespace fieldwork::sim
