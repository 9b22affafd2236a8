// Drives one mqtt::Session in virtual time by the law in device/mqtt/session.h, and notes
// what it told and what it sent.
//
// The transport takes everything at once unless a test limits it. Events are noted as short
// texts, e.g. "message q1 #7 a/b 'hello'", which makes a test read like a transcript.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "device/base/bytes.h"
#include "device/base/check.h"
#include "device/base/time.h"
#include "device/mqtt/session.h"
#include "sim/mqtt_bytes.h"

namespace fieldwork::sim {

class SessionDriver {
 public:
  struct Sizes {
    std::size_t receive = 512;
    std::size_t send = 512;
    std::size_t records = 8;
  };
  static constexpr std::size_t kAll = SIZE_MAX;

  explicit SessionDriver(const mqtt::Connect& options) : SessionDriver(options, Sizes{}) {}
  SessionDriver(const mqtt::Connect& options, const Sizes& sizes)
      : receive_(sizes.receive),
        send_(sizes.send),
        records_(sizes.records),
        session_(options, {receive_, send_, records_}) {}

  mqtt::Session& session() { return session_; }
  Instant now() const { return now_; }

  // ---- What a test does ----------------------------------------------------------------

  /// Messages are acknowledged as they come; on by default.
  void AcknowledgeAtOnce(bool on) { acknowledge_ = on; }
  /// How many bytes the transport takes until it is told again.
  void TransportTakes(std::size_t bytes) {
    room_ = bytes;
    Settle();
  }

  Status Connect() {
    const Status status = session_.Connect(now_);
    Settle();
    return status;
  }
  /// Connect() and a CONNACK; forgets what was noted so far.
  void Establish(const Packet& connack = kConnackPacket) {
    CheckOk(Connect());
    Receive(connack);
    TakeEvents();
    TakeSent();
  }
  void LoseTransport() { session_.OnTransportClosed(); }

  /// The broker's bytes arrive, at most `cut` at a time.
  void Receive(const Packet& bytes, std::size_t cut = kAll) {
    std::size_t at = 0;
    while (at < bytes.size()) {
      const std::size_t taken = Feed(Bytes(bytes).subspan(at, std::min(cut, bytes.size() - at)));
      Settle();
      if (taken == 0) return;  // Full, and nothing moves: the transport has to wait.
      at += taken;
    }
  }
  /// Only puts bytes in, without the rest of the law. Returns how many there was room for.
  std::size_t Feed(Bytes bytes) {
    const MutableBytes space = session_.ReceiveSpace();
    const std::size_t taken = std::min(space.size(), bytes.size());
    std::copy_n(bytes.begin(), taken, space.begin());
    if (taken != 0) session_.OnReceived(now_, taken);
    return taken;
  }

  /// Time passes; every deadline on the way is kept.
  void Advance(Millis span) {
    const Instant until = now_ + span;
    while (session_.Deadline() <= until) {
      now_ = std::max(now_, session_.Deadline());
      session_.OnTime(now_);
      Settle();
    }
    now_ = until;
    Settle();
  }

  /// Step 2 of the law.
  void Settle() {
    bool moved = true;
    while (moved) {
      moved = false;
      while (const auto event = session_.NextEvent(now_)) {
        Note(*event);
        moved = true;
      }
      const Bytes bytes = session_.BytesToSend();
      const std::size_t count = std::min(bytes.size(), room_);
      if (count == 0) continue;
      sent_.insert(sent_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
      if (room_ != kAll) room_ -= count;
      session_.OnSent(now_, count);
      moved = true;
    }
  }

  // ---- What a test looks at ------------------------------------------------------------

  std::vector<std::string> TakeEvents() { return std::exchange(events_, {}); }
  Packet TakeSent() { return std::exchange(sent_, {}); }

 private:
  static void CheckOk(Status status) { Check(status == Status::kOk, "session is not connected"); }
  static void Check(bool condition, const char* what) {
    if (!condition) CheckFailed(what, __FILE__, __LINE__);
  }

  /// A view that an event gives must lie in the receive buffer.
  void CheckView(std::string_view view) const {
    if (view.empty()) return;
    const auto* const begin = reinterpret_cast<const char*>(receive_.data());
    Check(view.data() >= begin && view.data() + view.size() <= begin + receive_.size(),
          "view outside of the receive buffer");
  }

  void Note(const mqtt::Event& event) {
    std::visit([this](const auto& e) { events_.push_back(Text(e)); }, event);
    if (const auto* message = std::get_if<mqtt::event::Message>(&event)) {
      Acknowledge(message->publish.qos, message->publish.packet_id);
    }
    if (const auto* oversize = std::get_if<mqtt::event::Oversize>(&event)) {
      if (oversize->packet_id != 0) Acknowledge(oversize->qos, oversize->packet_id);
    }
  }
  void Acknowledge(mqtt::Qos qos, mqtt::PacketId id) {
    if (!acknowledge_) return;
    const Status status = session_.Acknowledge(qos, id);
    Check(status == Status::kOk || qos == mqtt::Qos::kExactlyOnce, "no room to acknowledge");
  }

  static std::string QosAndId(mqtt::Qos qos, mqtt::PacketId id) {
    std::string text = " q" + std::to_string(static_cast<int>(qos));
    return id != 0 ? text + " #" + std::to_string(id) : text;
  }
  std::string Text(const mqtt::event::Connected& e) {
    return e.session_present ? "connected with session" : "connected";
  }
  std::string Text(const mqtt::event::Close& e) {
    const std::string code = std::to_string(static_cast<int>(e.code));
    const std::string suffix = e.reason == mqtt::CloseReason::kRefused ? " " + code : "";
    return std::string("close: ") + mqtt::CloseReasonName(e.reason) + suffix;
  }
  std::string Text(const mqtt::event::Message& e) {
    CheckView(e.publish.topic);
    CheckView(AsText(e.publish.payload));
    std::string text = "message" + QosAndId(e.publish.qos, e.publish.packet_id);
    if (e.publish.dup) text += " dup";
    if (e.publish.retain) text += " retain";
    return text + " " + std::string(e.publish.topic) + " '" +
           std::string(AsText(e.publish.payload)) + "'";
  }
  std::string Text(const mqtt::event::Oversize& e) {
    CheckView(e.topic);
    return "oversize" + QosAndId(e.qos, e.packet_id) + " '" + std::string(e.topic) + "' " +
           std::to_string(e.payload_bytes);
  }
  std::string Text(const mqtt::event::Published& e) {
    return "published #" + std::to_string(e.packet_id);
  }
  std::string Text(const mqtt::event::Subscribed& e) {
    CheckView(AsText(e.suback.codes));
    std::string text = "subscribed #" + std::to_string(e.suback.packet_id);
    for (const std::uint8_t code : e.suback.codes) text += " " + std::to_string(code);
    return text;
  }
  std::string Text(const mqtt::event::Unsubscribed& e) {
    return "unsubscribed #" + std::to_string(e.packet_id);
  }

  std::vector<std::uint8_t> receive_;
  std::vector<std::uint8_t> send_;
  std::vector<mqtt::SendRecord> records_;
  mqtt::Session session_;
  std::vector<std::string> events_;
  Packet sent_;
  Instant now_{1'000'000};
  std::size_t room_ = kAll;
  bool acknowledge_ = true;
};

}  // namespace fieldwork::sim
