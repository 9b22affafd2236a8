// One client's side of MQTT 3.1.1: what to send, what arrived, when to act, and when a
// connection is of no use any more.
//
// Sans-IO. The port drives it by one law:
//   1. one mutation: Connect, Publish, Subscribe, ..., OnReceived, OnSent, OnTime;
//   2. then NextEvent() until it is empty, and BytesToSend()/OnSent() until that is empty
//      or the transport takes no more; again, until both are empty;
//   3. then sleep until Deadline() or until the transport can be read or written.
//
// Every message with QoS 1 or 2 must be acknowledged by the caller, when it has done with
// it what must not be lost; the broker sends unacknowledged ones again.
//
// Spec:    OASIS MQTT 3.1.1; docs/mqtt-conformance.md lists each statement and its test.
// Memory:  the caller's buffers and this object (docs/budgets.md).
// Threads: one owner; calls must not overlap.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "device/base/bytes.h"
#include "device/base/result.h"
#include "device/base/time.h"
#include "device/mqtt/keep_alive.h"
#include "device/mqtt/packet.h"
#include "device/mqtt/receive_buffer.h"
#include "device/mqtt/send_queue.h"

namespace fieldwork::mqtt {

/// Why the session wants its transport closed.
enum class CloseReason : std::uint8_t {
  kRequested,       ///< Disconnect() was called and DISCONNECT is sent.
  kRefused,         ///< CONNACK said no.
  kConnectTimeout,  ///< No CONNACK within Session::kConnectTimeout.
  kProtocolError,   ///< The broker sent what the standard forbids [MQTT-4.8.0-1].
  kLinkDead,        ///< No answer to PINGREQ.
  kUnacknowledged,  ///< A packet got no reply, though it was sent three times.
};
/// "requested", "refused", ... for logs; never null.
const char* CloseReasonName(CloseReason reason);

/// What NextEvent() tells. Views are valid until the next call of NextEvent(),
/// ReceiveSpace(), OnReceived() or Connect().
namespace event {

/// CONNACK accepted the connection.
struct Connected {
  bool session_present = false;
};
/// Close the transport, then call OnTransportClosed(). Nothing follows this event.
struct Close {
  CloseReason reason = CloseReason::kRequested;
  ConnectCode code = ConnectCode::kAccepted;  ///< With kRefused: what CONNACK said.
};
/// Acknowledge() it unless its QoS is 0. The same message may come again.
struct Message {
  Publish publish;
};
/// A PUBLISH that the receive buffer can never hold; its payload is skipped. Acknowledge()
/// it, or the broker sends it again on the next connection.
struct Oversize {
  std::string_view topic;  ///< Empty when even the topic is too long; then packet_id is 0.
  std::uint32_t payload_bytes = 0;
  PacketId packet_id = 0;
  Qos qos = Qos::kAtMostOnce;
};
/// PUBACK: the broker has the message. It proves nothing about whoever should get it.
struct Published {
  PacketId packet_id = 0;
};
/// SUBACK, with as many codes as the SUBSCRIBE had filters.
struct Subscribed {
  Suback suback;
};
struct Unsubscribed {
  PacketId packet_id = 0;
};

}  // namespace event

using Event = std::variant<event::Connected, event::Close, event::Message, event::Oversize,
                           event::Published, event::Subscribed, event::Unsubscribed>;

class Session {
 public:
  static constexpr Millis kConnectTimeout = Seconds(10);
  /// QoS 2 messages that may be between PUBREC and PUBREL at one time.
  static constexpr std::size_t kMaxExactlyOnce = 4;

  struct Memory {
    /// The largest packet that can be received whole; at least 128 bytes.
    MutableBytes receive;
    /// Packets not sent or not acknowledged yet; at least CONNECT and one packet more.
    MutableBytes send;
    /// How many of them; at least 2.
    std::span<SendRecord> records;
  };

  /// `options` (its texts included) and `memory` outlive the session.
  /// keep_alive_s of the options counts from CONNACK.
  Session(const Connect& options, const Memory& memory);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // ---- The transport ------------------------------------------------------------------

  /// The transport is up: asks for the connection. kWrongState: one is there already.
  /// kBadArgument: the options break the standard. kNoSpace: CONNECT does not fit Memory::send.
  Status Connect(Instant now);
  /// The transport is gone, for whatever reason. Unacknowledged QoS 1 messages stay, and
  /// are sent again after the next Connect(). Harmless when nothing was open.
  void OnTransportClosed();

  /// Read from the transport into this. Empty: drain the events first.
  MutableBytes ReceiveSpace() { return receive_.Space(); }
  void OnReceived(Instant now, std::size_t count);

  /// Valid until the next call. Empty without a connection, and once it is of no use.
  Bytes BytesToSend() const { return is_open() ? send_.Unsent() : Bytes{}; }
  void OnSent(Instant now, std::size_t count);

  /// Call at or after Deadline(); earlier calls are harmless.
  void OnTime(Instant now);
  /// When OnTime() next matters, or kNever. Changes after every other call.
  Instant Deadline() const;

  std::optional<Event> NextEvent(Instant now);

  // ---- Requests, once Connected was reported ------------------------------------------
  // kWrongState: not connected. kNoSpace: drain, and call again later. kTooLarge: never
  // fits Memory::send. kBadArgument: see encode.h.

  /// `publish.packet_id` and `dup` are ignored. QoS 0 returns id 0. QoS 2 is kBadArgument:
  /// AWS IoT has none, and this client does not send it.
  Result<PacketId> Publish(mqtt::Publish publish);
  Result<PacketId> Subscribe(std::span<const Subscription> subscriptions);
  Result<PacketId> Unsubscribe(std::span<const std::string_view> filters);
  /// The message with this id is safe: PUBACK or PUBREC leaves. QoS 0 needs none (kOk).
  /// Call it in the order the messages came [MQTT-4.6.0-2], [MQTT-4.6.0-3].
  /// kNoSpace with QoS 2 also when kMaxExactlyOnce are under way.
  Status Acknowledge(Qos qos, PacketId packet_id);
  /// Takes leave: the will is not published [MQTT-3.14.4-3]. event::Close follows when all
  /// that was queued before is sent.
  Status Disconnect();

  bool connected() const { return state_ == State::kConnected; }

  /// Since construction; they wrap.
  struct Counters {
    std::uint16_t stray_acks = 0;  ///< Replies to nothing: a copy's, or a broker's mistake.
    std::uint16_t oversize = 0;
  };
  const Counters& counters() const { return counters_; }

 private:
  // The last three are those with a connection.
  enum class State : std::uint8_t {
    kClosed,      // No transport.
    kFailed,      // event::Close is due.
    kOver,        // It was told; waits for OnTransportClosed().
    kConnecting,  // CONNECT is queued or sent; CONNACK must come next [MQTT-3.2.0-1].
    kConnected,
    kLeaving,  // DISCONNECT is the last packet that will be sent [MQTT-3.14.4-2].
  };

  bool is_open() const { return state_ >= State::kConnecting; }
  // What receive_ has at hand. False: the standard forbids it.
  bool OnPacket(std::optional<Event>& event, Instant now);
  bool OnConnack(std::optional<Event>& event, Instant now);
  bool OnPublish(std::optional<Event>& event);
  bool OnOversize(std::optional<Event>& event);
  bool OnPubrel();
  bool OnReply(std::optional<Event>& event);
  void Fail(CloseReason reason, ConnectCode code = ConnectCode::kAccepted);

  Result<PacketId> Request(PacketType type, PacketId packet_id, Result<std::size_t> size);
  Status Enqueue(PacketType type, PacketId packet_id, Result<std::size_t> size);
  Status EnqueueAck(PacketType type, PacketId packet_id);
  PacketId NewPacketId();
  PacketId* FindExactlyOnce(PacketId packet_id);

  const mqtt::Connect& options_;
  ReceiveBuffer receive_;
  SendQueue send_;
  KeepAlive keep_alive_;
  Instant connect_deadline_;  // With kConnecting.
  // Ids of QoS 2 messages that PUBREC was sent for, until PUBREL; 0: free.
  std::array<PacketId, kMaxExactlyOnce> exactly_once_{};
  Counters counters_;
  PacketId last_id_ = 0;
  State state_ = State::kClosed;
  event::Close close_;
};

}  // namespace fieldwork::mqtt
