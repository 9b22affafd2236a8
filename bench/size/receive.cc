// Receives a PUBLISH of 1,836 bytes with QoS 1 and acknowledges it, between two marks that
// tools/arm_instructions finds in the emulator's trace. The same work as operations.cc's
// "receive that PUBLISH, acknowledge it".
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "device/base/bytes.h"
#include "device/base/time.h"
#include "device/mqtt/encode.h"
#include "device/mqtt/session.h"

extern "C" {
[[gnu::noinline]] void BeginCount() { asm volatile("" ::: "memory"); }
[[gnu::noinline]] void EndCount() { asm volatile("" ::: "memory"); }
}

namespace fieldwork {
namespace {

constexpr Instant kNow{1};
constexpr std::uint8_t kConnack[] = {0x20, 2, 0, 0};
constexpr mqtt::Connect kOptions{
    .client_id = "wm_demo_1", .keep_alive_s = 60, .clean_session = false};

std::uint8_t payload[1836];
std::uint8_t receive_buffer[4096];
std::uint8_t send_buffer[512];
mqtt::SendRecord records[3];
constinit std::optional<mqtt::Session> no_session;

void Send(mqtt::Session& session) {
  for (Bytes bytes; !(bytes = session.BytesToSend()).empty();) session.OnSent(kNow, bytes.size());
}

bool Connect(mqtt::Session& session) {
  if (session.Connect(kNow) != Status::kOk) return false;
  Send(session);
  std::copy_n(kConnack, sizeof kConnack, session.ReceiveSpace().data());
  session.OnReceived(kNow, sizeof kConnack);
  return session.NextEvent(kNow).has_value() && !session.NextEvent(kNow).has_value();
}

bool ReceiveAndAcknowledge(mqtt::Session& session, std::size_t size) {
  static_cast<void>(session.ReceiveSpace());
  session.OnReceived(kNow, size);
  const auto event = session.NextEvent(kNow);
  const auto* message = std::get_if<mqtt::event::Message>(&*event);
  if (message == nullptr) return false;
  const mqtt::Publish& publish = message->publish;
  if (session.Acknowledge(publish.qos, publish.packet_id) != Status::kOk) return false;
  if (session.NextEvent(kNow)) return false;
  Send(session);
  return true;
}

/// False: an operation failed, and nothing was measured.
bool Run() {
  auto& session =
      no_session.emplace(kOptions, mqtt::Session::Memory{receive_buffer, send_buffer, records});
  if (!Connect(session)) return false;
  // The transport reads into the receive buffer itself, so that the copy is not of ours.
  const auto size = mqtt::EncodePublish({.topic = "$aws/things/wm_demo_1/jobs/start-next/accepted",
                                         .payload = payload,
                                         .packet_id = 1,
                                         .qos = mqtt::Qos::kAtLeastOnce},
                                        session.ReceiveSpace());
  if (!size.ok()) return false;
  BeginCount();
  const bool done = ReceiveAndAcknowledge(session, *size);
  EndCount();
  return done;
}

/// Semihosting: ends the emulator, with status 0 or 1.
[[noreturn]] void Exit(bool well) {
  register std::uint32_t call asm("r0") = 0x18;
  register std::uint32_t reason asm("r1") = well ? 0x20026u : 0x20023u;
  asm volatile("bkpt 0xAB" : : "r"(call), "r"(reason) : "memory");
  while (true) {
  }
}

}  // namespace
}  // namespace fieldwork

int main() { fieldwork::Exit(fieldwork::Run()); }
