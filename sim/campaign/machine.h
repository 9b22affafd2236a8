// The device of the campaign: flash and a boot counter that outlive everything, an agent that is
// made anew at each boot and driven by the law of agent.h, and steps whose effects stay when the
// power goes. The power goes where the run says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/agent/agent.h"
#include "device/handlers/step.h"
#include "sim/campaign/ledger.h"
#include "sim/campaign/link.h"
#include "sim/campaign/power_flash.h"

namespace fieldwork::sim {

/// Where the power goes. `count` begins at 1, and anew after each cut.
struct Cut {
  enum class At : std::uint8_t {
    kTornWrite,   ///< The write is done in part.
    kAfterWrite,  ///< The write is the last thing that is done.
    kPoint,       ///< Around an effect, a packet, an event.
  };
  At at = At::kTornWrite;
  std::size_t count = 1;
};

struct MachineSetup {
  agent::Options options;
  std::uint32_t sectors = 4;
  std::uint32_t sector_bytes = 1024;
  std::vector<Cut> cuts;
  /// Of a thousand boots that were asked for: ends in another reason, or does not come.
  unsigned reboot_fails = 0;
};

class Machine final : private handlers::Executor {
 public:
  /// All references outlive it.
  Machine(const MachineSetup& setup, Timeline& timeline, Dice dice, Trace& trace, Link& link,
          Ledger& ledger);
  ~Machine();

  /// A step began, or a reboot was asked for.
  std::function<void(const Execution&, std::size_t step)> on_begun;
  std::function<void(const Execution&)> on_rebooting;
  /// The agent is no more; another one follows.
  std::function<void()> on_down;

  // ---- The world --------------------------------------------------------------------------

  void PowerOn(agent::BootReason reason = agent::BootReason::kPowerOn);
  /// Power is back after `off`.
  void CutPower(Millis off);
  /// The program dies, and is started again in the same boot.
  void Kill();
  /// The program is stopped in order, and started again in the same boot.
  void RestartInOrder();
  /// A person gives up the job at hand.
  void GiveUpJob();
  void NetworkBack();

  /// When Wake() is due, or kNever.
  Instant Deadline() const;
  void Wake();

  // ---- What can be seen -------------------------------------------------------------------

  bool is_on() const { return agent_ != nullptr; }
  bool is_idle() const;
  std::string state() const { return is_on() ? agent_->state_name() : "off"; }
  agent::Agent* agent() { return agent_.get(); }
  /// The execution whose step runs, or null.
  const Execution* running() const { return step_ ? step_->execution : nullptr; }
  Instant on_since() const { return on_since_; }
  std::size_t cuts_done() const { return next_cut_; }
  std::uint32_t boots() const { return boot_.count; }
  /// Of the whole run.
  std::size_t writes() const { return all_writes_; }
  std::size_t points() const { return all_points_; }

  std::vector<std::uint8_t>& flash_bytes() { return flash_.bytes(); }
  void set_boots(std::uint32_t count) { boot_.count = count; }

 private:
  struct RunningStep {
    const Execution* execution = nullptr;
    const StepPlan* plan = nullptr;
    StepName name;
    bool stopping = false;
  };
  struct AskedReboot {
    const Execution* execution = nullptr;
    std::size_t step = 0;
  };

  // handlers::Executor
  const char* WhyNot(const handlers::Step& step) override;
  std::optional<handlers::StepResult> Start(const handlers::Step& step,
                                            const handlers::StepContext& context) override;
  void Stop(bool force) override;

  Instant Now() const { return {1000 + (timeline_.now() - on_since_).count}; }
  template <class Mutation>
  void Mutate(const Mutation& mutation);
  void Drain();
  bool DrainOnce();
  void OnEvent(const agent::Event& event);
  void SendBytes();
  void CloseWhenAsked();
  void OnReboot();
  void RunAgent();
  void Receive(const Packet& bytes);

  PowerFlash::Fate BeforeWrite();
  void AfterWrite();
  /// True when the power goes here.
  bool Point(const char* what);
  void Die(const char* where);
  void Fall();
  void LetGo();
  void Boot(agent::BootReason reason);
  void BootLater(Millis off, agent::BootReason reason, bool counts);
  void CheckJournal();

  bool Effect();
  void StepEffect(std::uint64_t run);
  void EndStep(std::uint64_t run, handlers::StepResult result);

  Timeline& timeline_;
  Dice dice_;
  Trace& trace_;
  Link& link_;
  Ledger& ledger_;
  MachineSetup setup_;

  // Outlives power.
  PowerFlash flash_;
  agent::Boot boot_;
  std::size_t next_cut_ = 0;
  std::size_t writes_ = 0;  // Since the last cut.
  std::size_t points_ = 0;
  std::size_t all_writes_ = 0;
  std::size_t all_points_ = 0;

  // Lost with power.
  std::vector<std::uint8_t> receive_;
  std::vector<std::uint8_t> send_;
  std::vector<std::uint8_t> document_;
  std::vector<std::uint8_t> payload_;
  std::unique_ptr<agent::Agent> agent_;
  std::optional<RunningStep> step_;
  std::uint64_t step_run_ = 0;  // Changes with each step and each fall.
  std::uint64_t life_ = 0;      // Changes with each agent.
  Instant on_since_{0};
  bool dying_ = false;
  bool closing_ = false;
  bool stopping_ = false;
  bool rebooting_ = false;
  std::optional<AskedReboot> asked_;
  std::size_t checked_writes_ = 0;
};

}  // namespace fieldwork::sim
