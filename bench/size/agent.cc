// The whole agent, linked as a product would link it: connection, journal, reboot job,
// every refusal and retry. Transport, clock and flash are stubs whose functions the linker
// cannot see through.
#include "device/agent/agent.h"

#include <cstdint>
#include <new>

#include "bench/size/stubs.h"

namespace fieldwork {
namespace {

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

std::uint8_t receive_buffer[4096];
std::uint8_t send_buffer[2048];
StubFlash flash;
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
  }
}

}  // namespace
}  // namespace fieldwork

int main() {
  using namespace fieldwork;
  static constexpr agent::Options kOptions{.thing = "wm_demo_1"};
  Drive(*new (agent_memory) agent::Agent(kOptions, receive_buffer, send_buffer, flash,
                                         agent::Boot{1, agent::BootReason::kPowerOn}, 1));
}
