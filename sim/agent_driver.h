// Drives one agent::Agent in virtual time, plays its broker and its Jobs service by hand,
// and notes what it told and what it sent as short texts, so that a test reads like a
// transcript. Packets are built and taken apart without device/mqtt.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "device/agent/agent.h"
#include "device/handlers/step.h"
#include "sim/agent_news.h"
#include "sim/mqtt_bytes.h"
#include "sim/ram_flash.h"

namespace fieldwork::sim {

/// A PUBLISH that left the agent.
struct SentMessage {
  std::string topic;
  std::string payload;
  unsigned packet_id = 0;
  bool dup = false;

  /// The value of clientToken, or empty.
  std::string token() const {
    constexpr std::string_view kKey = "\"clientToken\":\"";
    const std::size_t at = payload.find(kKey);
    if (at == std::string::npos) return {};
    const std::size_t begin = at + kKey.size();
    return payload.substr(begin, payload.find('"', begin) - begin);
  }
};

/// Does no step: notes what it was asked to do, and answers what the test says.
class NotingExecutor final : public handlers::Executor {
 public:
  explicit NotingExecutor(std::vector<std::string>& notes) : notes_(notes) {}

  /// Answer to WhyNot(), for steps of the name `unknown`, or for all when that is empty.
  const char* why_not = nullptr;
  std::string unknown;
  /// What Start() returns; empty: the step runs until AgentDriver::EndStep().
  std::optional<handlers::StepResult> result;

  const char* WhyNot(const handlers::Step& step) override {
    return unknown.empty() || NameOf(step) == unknown ? why_not : nullptr;
  }
  std::optional<handlers::StepResult> Start(const handlers::Step& step,
                                            const handlers::StepContext& context) override {
    notes_.push_back("START " + NameOf(step) + " " + std::to_string(context.number) + "/" +
                     std::to_string(context.count));
    return result;
  }
  void Stop(bool force) override { notes_.push_back(force ? "KILL" : "STOP"); }

 private:
  static std::string NameOf(const handlers::Step& step) {
    const std::string_view raw = step.name.raw;
    return std::string(raw.size() >= 2 ? raw.substr(1, raw.size() - 2) : raw);
  }

  std::vector<std::string>& notes_;
};

class AgentDriver {
 public:
  struct Setup {
    agent::Options options{.thing = "board"};
    std::size_t receive = 4096;
    std::size_t send = 2048;
    std::size_t document = 2048;
    std::size_t payload = 1024;
    agent::Boot boot{1, agent::BootReason::kPowerOn};
    std::uint32_t seed = 7;
  };

  explicit AgentDriver(RamFlash& flash) : AgentDriver(flash, Setup()) {}
  AgentDriver(RamFlash& flash, const Setup& setup)
      : receive_(setup.receive),
        send_(setup.send),
        document_(setup.document),
        payload_(setup.payload),
        agent_(std::make_unique<agent::Agent>(setup.options,
                                              agent::Memory{receive_, send_, document_, payload_},
                                              flash, setup.boot, executor_, setup.seed)) {}

  agent::Agent& agent() { return *agent_; }
  /// Its calls are among the notes.
  NotingExecutor& executor() { return executor_; }
  Instant now() const { return now_; }

  // ---- The port -------------------------------------------------------------------------

  void Start() {
    agent_->Start(now_);
    Drain();
  }
  void Stop() {
    agent_->Stop(now_);
    Drain();
  }
  /// TCP and TLS are up; afterwards CONNECT is among the packets.
  void TransportUp() {
    agent_->OnTransportUp(now_);
    Drain();
  }
  void TransportDown(const char* why = "reset by peer") {
    agent_->OnTransportDown(now_, why);
    Drain();
  }
  /// The step that runs is over.
  void EndStep(const handlers::StepResult& result = {}) {
    agent_->OnStepEnd(now_, result);
    Drain();
  }
  void Progress(std::uint8_t percent) {
    agent_->OnStepProgress(now_, percent);
    Drain();
  }
  /// Time passes; every deadline on the way is met exactly.
  void Advance(Millis span) {
    const Instant end = now_ + span;
    while (agent_->Deadline() <= end) {
      now_ = agent_->Deadline() < now_ ? now_ : agent_->Deadline();
      agent_->OnTime(now_);
      Drain();
    }
    now_ = end;
  }

  // ---- The broker and the service ---------------------------------------------------------

  void Receive(const Packet& packet) {
    std::size_t at = 0;
    while (at < packet.size()) {
      const MutableBytes space = agent_->ReceiveSpace();
      const std::size_t count = std::min(space.size(), packet.size() - at);
      std::copy_n(packet.begin() + static_cast<std::ptrdiff_t>(at), count, space.begin());
      agent_->OnReceived(now_, count);
      at += count;
      Drain();
    }
  }
  /// A message of the service, QoS 1 with an id of its own.
  void Deliver(std::string_view topic, std::string_view payload) {
    Receive(PublishPacket(0x32, topic, ++delivered_, payload));
  }
  /// Acknowledges every PUBLISH and SUBSCRIBE that left and was not acknowledged.
  void AcknowledgeAll() {
    for (const SentMessage& message : std::exchange(unacknowledged_, {})) {
      Receive(AckPacket(0x40, message.packet_id));
    }
    for (const auto& [id, filters] : std::exchange(subscribes_, {})) {
      Receive(SubackPacket(id, Packet(filters, 1)));
    }
  }
  /// From nothing to the first question.
  void Connect(bool session_present = false) {
    TransportUp();
    Receive(session_present ? kConnackWithSession : kConnackPacket);
    AcknowledgeAll();
  }

  // ---- What was noted ---------------------------------------------------------------------

  /// Takes the notes since the last call.
  std::vector<std::string> Notes() { return std::exchange(notes_, {}); }
  std::vector<SentMessage> Sent() { return std::exchange(sent_, {}); }
  /// The one message that left since the last call, or an empty one.
  SentMessage SentOne() {
    auto sent = Sent();
    return sent.size() == 1 ? sent[0] : SentMessage{};
  }
  /// Filters of the last SUBSCRIBE.
  const std::vector<std::string>& filters() const { return filters_; }
  /// Types of all packets that left since the last call, as the first byte's upper half.
  std::vector<unsigned> PacketTypes() { return std::exchange(types_, {}); }
  Packet TakeConnect() { return std::exchange(connect_, {}); }

 private:
  void Drain() {
    for (;;) {
      bool moved = false;
      while (const auto event = agent_->NextEvent(now_)) {
        notes_.push_back(NewsText(*event));
        moved = true;
      }
      for (;;) {
        const Bytes bytes = agent_->BytesToSend();
        if (bytes.empty()) break;
        wire_.insert(wire_.end(), bytes.begin(), bytes.end());
        agent_->OnSent(now_, bytes.size());
        moved = true;
      }
      TakePackets();
      if (!moved) return;
    }
  }

  void TakePackets() {
    for (;;) {
      if (wire_.size() < 2) return;
      std::size_t length = 0;
      std::size_t at = 1;
      for (unsigned shift = 0;; shift += 7) {
        length |= static_cast<std::size_t>(wire_[at] & 0x7F) << shift;
        if (wire_[at++] < 0x80) break;
      }
      if (wire_.size() < at + length) return;
      const Packet packet(wire_.begin(), wire_.begin() + static_cast<std::ptrdiff_t>(at + length));
      TakePacket(packet, at);
      wire_.erase(wire_.begin(), wire_.begin() + static_cast<std::ptrdiff_t>(at + length));
    }
  }

  void TakePacket(const Packet& packet, std::size_t at) {
    const unsigned type = packet[0] / 16u;
    types_.push_back(type);
    const auto number = [&packet](std::size_t i) { return packet[i] * 256u + packet[i + 1]; };
    const auto text = [&packet](std::size_t begin, std::size_t size) {
      return std::string(packet.begin() + static_cast<std::ptrdiff_t>(begin),
                         packet.begin() + static_cast<std::ptrdiff_t>(begin + size));
    };
    if (type == 1) connect_ = packet;
    if (type == 8) {
      filters_.clear();
      for (std::size_t i = at + 2; i < packet.size(); i += 3 + number(i)) {
        filters_.push_back(text(i + 2, number(i)));
      }
      subscribes_.emplace_back(number(at), filters_.size());
    }
    if (type == 3) {
      const std::size_t topic_size = number(at);
      const std::size_t payload = at + 2 + topic_size + 2;
      SentMessage message{text(at + 2, topic_size), text(payload, packet.size() - payload),
                          number(payload - 2), (packet[0] & 8) != 0};
      sent_.push_back(message);
      unacknowledged_.push_back(message);
    }
  }

  std::vector<std::string> notes_;
  NotingExecutor executor_{notes_};
  std::vector<std::uint8_t> receive_;
  std::vector<std::uint8_t> send_;
  std::vector<std::uint8_t> document_;
  std::vector<std::uint8_t> payload_;
  std::unique_ptr<agent::Agent> agent_;
  Instant now_{1'000'000};
  Packet wire_;
  Packet connect_;
  std::vector<SentMessage> sent_;
  std::vector<SentMessage> unacknowledged_;
  std::vector<std::pair<unsigned, std::size_t>> subscribes_;
  std::vector<std::string> filters_;
  std::vector<unsigned> types_;
  unsigned delivered_ = 0;
};

}  // namespace fieldwork::sim
