// The whole agent, linked as a product would link it: connection, journal, every form of
// document, reboot jobs, a product's own action, cancel, every refusal and retry. Transport,
// clock, flash and the action are stubs whose functions the linker cannot see through.
#include "device/agent/agent.h"

#include <cstdint>
#include <new>

#include "bench/size/stubs.h"
#include "device/handlers/actions.h"

namespace fieldwork {
namespace {

[[gnu::noinline]] bool StepIsOver() {
  bool over = false;
  asm volatile("" : "+r"(over) : : "memory");
  return over;
}
[[gnu::noinline]] void Restart() { asm volatile("" : : : "memory"); }

class StubFlash final : public agent::Flash {
 public:
  std::uint32_t sector_bytes() const override { return 4096; }
  std::uint32_t sector_count() const override { return 2; }
  Status Read(std::uint32_t, MutableBytes out) override {
    asm volatile("" : : "r"(out.data()) : "memory");
    return Status::kOk;
  }
  Status Program(std::uint32_t, Bytes data) override {
    asm volatile("" : : "r"(data.data()) : "memory");
    return Status::kOk;
  }
  Status Erase(std::uint32_t) override { return Status::kOk; }
};

class StubAction final : public handlers::Action {
 public:
  std::string_view name() const override { return "Blink"; }
  std::optional<handlers::StepResult> Start(const handlers::Step& step,
                                            const handlers::StepContext&) override {
    asm volatile("" : : "r"(&step) : "memory");
    return std::nullopt;
  }
};

std::uint8_t receive_buffer[4096];
std::uint8_t send_buffer[2048];
std::uint8_t document_buffer[4096];
std::uint8_t payload_buffer[1024];
StubFlash flash;
StubAction action;
handlers::Action* const kActions[] = {&action};
constinit handlers::Actions actions(kActions);
alignas(agent::Agent) std::uint8_t agent_memory[sizeof(agent::Agent)];

void Drive(agent::Agent& agent) {
  agent.Start(Now());
  for (;;) {
    while (const auto event = agent.NextEvent(Now())) {
      if (std::holds_alternative<agent::event::OpenTransport>(*event)) agent.OnTransportUp(Now());
      if (std::holds_alternative<agent::event::CloseTransport>(*event)) {
        agent.OnTransportDown(Now(), "");
      }
      if (std::holds_alternative<agent::event::Reboot>(*event)) Restart();
    }
    for (Bytes bytes = agent.BytesToSend(); !bytes.empty(); bytes = agent.BytesToSend()) {
      agent.OnSent(Now(), TransportWrite(bytes));
    }
    agent.OnReceived(Now(), TransportRead(agent.ReceiveSpace()));
    if (Now() >= agent.Deadline()) agent.OnTime(Now());
    if (StepIsOver()) agent.OnStepEnd(Now(), {});
  }
}

}  // namespace
}  // namespace fieldwork

int main() {
  using namespace fieldwork;
  static constexpr agent::Options kOptions{.thing = "wm_demo_1"};
  Drive(*new (agent_memory)
            agent::Agent(kOptions, {receive_buffer, send_buffer, document_buffer, payload_buffer},
                         flash, agent::Boot{1, agent::BootReason::kPowerOn}, actions, 1));
}
