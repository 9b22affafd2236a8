#include "device/mqtt/session.h"

#include "device/base/check.h"
#include "device/mqtt/decode.h"
#include "device/mqtt/encode.h"

namespace fieldwork::mqtt {
namespace {

constexpr std::size_t kAckSize = 4;

/// The standard numbers each reply one above what it answers (table 2.1).
PacketType RequestOf(PacketType reply) {
  return static_cast<PacketType>(static_cast<unsigned>(reply) - 1);
}

/// Of a SUBSCRIBE that we encoded, so that nothing needs to be checked.
std::size_t CountFilters(Bytes subscribe) {
  std::size_t at = 1;
  while (subscribe[at] >= 0x80) ++at;
  at += 3;  // The last byte of the length, and the packet id.
  std::size_t count = 0;
  for (; at < subscribe.size(); ++count) {
    at += 3 + static_cast<std::size_t>(subscribe[at] << 8 | subscribe[at + 1]);
  }
  return count;
}

template <class T>
T& Emplace(std::optional<Event>& event) {
  return *std::get_if<T>(&event.emplace(T{}));
}

}  // namespace

const char* CloseReasonName(CloseReason reason) {
  switch (reason) {
    case CloseReason::kRequested: return "requested";
    case CloseReason::kRefused: return "refused by the broker";
    case CloseReason::kConnectTimeout: return "no CONNACK";
    case CloseReason::kProtocolError: return "the broker broke the protocol";
    case CloseReason::kLinkDead: return "no answer to PINGREQ";
    case CloseReason::kUnacknowledged: return "no acknowledgement";
  }
  return "unknown";
}

Session::Session(const mqtt::Connect& options, const Memory& memory)
    : options_(options),
      receive_(memory.receive),
      // So that a queue full of unacknowledged messages cannot block CONNECT.
      send_(memory.send, memory.records, MaxConnectSize(options)) {
  FIELDWORK_DCHECK(memory.receive.size() >= 128);
}

Status Session::Connect(Instant now) {
  if (state_ != State::kClosed) return Status::kWrongState;
  FIELDWORK_TRY(Enqueue(PacketType::kConnect, 0, EncodeConnect(options_, send_.ReservedRoom())));
  send_.HoldBack();
  receive_.Clear();
  state_ = State::kConnecting;
  connect_deadline_ = now + kConnectTimeout;
  return Status::kOk;
}

void Session::OnTransportClosed() {
  send_.OnConnectionLost();
  if (options_.clean_session) {  // Lasts as long as its connection [MQTT-3.1.2-6].
    send_.Clear();
    exactly_once_ = {};
  }
  keep_alive_.Stop();
  state_ = State::kClosed;
}

void Session::OnReceived(Instant now, std::size_t count) {
  receive_.Fill(count);
  keep_alive_.OnReceived(now);
}

void Session::OnSent(Instant now, std::size_t count) {
  if (send_.MarkSent(now, count) != 0) keep_alive_.OnSent(now);
  if (state_ == State::kLeaving && send_.Unsent().empty()) Fail(CloseReason::kRequested);
}

void Session::OnTime(Instant now) {
  if (state_ == State::kConnecting && now >= connect_deadline_) {
    Fail(CloseReason::kConnectTimeout);
  }
  if (state_ != State::kConnected) return;
  switch (keep_alive_.OnTime(now)) {
    case KeepAlive::Action::kNone: break;
    // No room means that the transport took nothing for a whole interval: then the ping is as
    // good as unanswered, and the reply timeout decides.
    case KeepAlive::Action::kSendPing:
      static_cast<void>(Enqueue(PacketType::kPingreq, 0,
                                EncodeEmpty(PacketType::kPingreq, send_.ReservedRoom())));
      break;
    case KeepAlive::Action::kLinkDead: Fail(CloseReason::kLinkDead); return;
  }
  if (!send_.OnTime(now)) Fail(CloseReason::kUnacknowledged);
}

Instant Session::Deadline() const {
  switch (state_) {
    case State::kConnecting: return connect_deadline_;
    case State::kConnected: return Earlier(keep_alive_.Deadline(), send_.Deadline());
    default: return kNever;
  }
}

std::optional<Event> Session::NextEvent(Instant now) {
  std::optional<Event> event;
  // A packet may want an answer; without room for one it waits until something is sent.
  while (!event && (state_ == State::kConnecting || state_ == State::kConnected) &&
         send_.HasReservedRoom(kAckSize)) {
    bool legal = false;
    switch (receive_.Advance()) {
      case ReceiveBuffer::Next::kNothing: return event;
      case ReceiveBuffer::Next::kPacket: legal = OnPacket(event, now); break;
      case ReceiveBuffer::Next::kOversize: legal = OnOversize(event); break;
      case ReceiveBuffer::Next::kMalformed: break;
    }
    if (!legal) Fail(CloseReason::kProtocolError);
  }
  if (state_ == State::kFailed) {
    event.emplace(close_);
    state_ = State::kOver;
  }
  return event;
}

bool Session::OnPacket(std::optional<Event>& event, Instant now) {
  const PacketType type = receive_.header().type;
  const bool connecting = state_ == State::kConnecting;
  if (type == PacketType::kConnack) return connecting && OnConnack(event, now);
  if (connecting) return false;  // [MQTT-3.2.0-1]
  switch (type) {
    case PacketType::kPublish: return OnPublish(event);
    case PacketType::kPubrel: return OnPubrel();
    case PacketType::kPuback:
    case PacketType::kPubrec:
    case PacketType::kPubcomp:
    case PacketType::kSuback:
    case PacketType::kUnsuback: return OnReply(event);
    case PacketType::kPingresp: return receive_.body().empty();
    default: return false;  // Packets only a client sends.
  }
}

bool Session::OnConnack(std::optional<Event>& event, Instant now) {
  Connack connack;
  if (DecodeConnack(receive_.body(), connack) != Status::kOk) return false;
  // Nobody can answer a CONNECT that has not left yet, and nothing may leave before it.
  if (!send_.Unsent().empty()) return false;
  if (connack.code != ConnectCode::kAccepted) {
    Fail(CloseReason::kRefused, connack.code);
    return true;
  }
  if (connack.session_present && options_.clean_session) return false;  // [MQTT-3.2.2-1]
  if (!connack.session_present) exactly_once_ = {};
  send_.ReleaseAll();
  keep_alive_.Start(now, options_.keep_alive_s);
  state_ = State::kConnected;
  event.emplace(event::Connected{connack.session_present});
  return true;
}

bool Session::OnPublish(std::optional<Event>& event) {
  mqtt::Publish& publish = Emplace<event::Message>(event).publish;
  if (DecodePublish(receive_.header().flags, receive_.body(), publish) != Status::kOk) return false;
  if (publish.qos == Qos::kExactlyOnce && FindExactlyOnce(publish.packet_id) != nullptr) {
    // The caller had it already; PUBREC was lost [MQTT-4.3.3-2].
    static_cast<void>(EnqueueAck(PacketType::kPubrec, publish.packet_id));
    event.reset();
  }
  return true;
}

bool Session::OnOversize(std::optional<Event>& event) {
  ++counters_.oversize;
  if (state_ != State::kConnected) return false;  // [MQTT-3.2.0-1]
  auto& oversize = Emplace<event::Oversize>(event);
  oversize.payload_bytes = receive_.header().remaining_length;
  const Bytes begun = receive_.body();
  if (begun.empty()) return true;
  // The payload that is there already is a view too short, but all before it is whole.
  mqtt::Publish publish;
  if (DecodePublish(receive_.header().flags, begun, publish) != Status::kOk) return false;
  oversize.topic = publish.topic;
  oversize.payload_bytes -= static_cast<std::uint32_t>(begun.size() - publish.payload.size());
  oversize.packet_id = publish.packet_id;
  oversize.qos = publish.qos;
  return true;
}

bool Session::OnPubrel() {
  const auto packet_id = DecodeAck(receive_.body());
  if (!packet_id.ok()) return false;
  // Also for an id that is not known: its PUBCOMP was lost [MQTT-4.3.3-2].
  if (PacketId* slot = FindExactlyOnce(*packet_id)) *slot = 0;
  static_cast<void>(EnqueueAck(PacketType::kPubcomp, *packet_id));
  return true;
}

bool Session::OnReply(std::optional<Event>& event) {
  const PacketType type = receive_.header().type;
  const PacketType request = RequestOf(type);
  Suback reply;
  if (DecodeReply(type, receive_.body(), reply) != Status::kOk) return false;
  if (type == PacketType::kSuback) {
    const Bytes subscribe = send_.Find(request, reply.packet_id);
    if (!subscribe.empty() && CountFilters(subscribe) != reply.codes.size()) {
      return false;  // [MQTT-3.8.4-5]
    }
  }
  // Nothing that we send is answered by PUBREC or PUBCOMP.
  if (!send_.Remove(request, reply.packet_id)) {
    ++counters_.stray_acks;
  } else if (type == PacketType::kPuback) {
    event.emplace(event::Published{reply.packet_id});
  } else if (type == PacketType::kSuback) {
    event.emplace(event::Subscribed{reply});
  } else {
    event.emplace(event::Unsubscribed{reply.packet_id});
  }
  return true;
}

void Session::Fail(CloseReason reason, ConnectCode code) {
  state_ = State::kFailed;
  close_ = event::Close{reason, code};
}

/// `size` is what the encoder said, with send_.Room() as its memory.
Result<PacketId> Session::Request(PacketType type, PacketId packet_id, Result<std::size_t> size) {
  if (state_ != State::kConnected) return Status::kWrongState;
  // What does not fit an empty queue never will.
  if (size.status() == Status::kNoSpace && send_.empty()) return Status::kTooLarge;
  FIELDWORK_TRY(Enqueue(type, packet_id, size));
  return packet_id;
}

Result<PacketId> Session::Publish(mqtt::Publish publish) {
  if (publish.qos > Qos::kAtLeastOnce) return Status::kBadArgument;
  publish.dup = false;
  publish.packet_id = publish.qos == Qos::kAtLeastOnce ? NewPacketId() : PacketId{0};
  return Request(PacketType::kPublish, publish.packet_id, EncodePublish(publish, send_.Room()));
}

Result<PacketId> Session::Subscribe(std::span<const Subscription> subscriptions) {
  const PacketId id = NewPacketId();
  return Request(PacketType::kSubscribe, id, EncodeSubscribe(id, subscriptions, send_.Room()));
}

Result<PacketId> Session::Unsubscribe(std::span<const std::string_view> filters) {
  const PacketId id = NewPacketId();
  return Request(PacketType::kUnsubscribe, id, EncodeUnsubscribe(id, filters, send_.Room()));
}

Status Session::Acknowledge(Qos qos, PacketId packet_id) {
  if (state_ != State::kConnected) return Status::kWrongState;
  if (qos == Qos::kAtMostOnce) return Status::kOk;
  if (qos == Qos::kAtLeastOnce) return EnqueueAck(PacketType::kPuback, packet_id);
  PacketId* slot = FindExactlyOnce(packet_id);
  if (slot == nullptr) slot = FindExactlyOnce(0);
  if (slot == nullptr) return Status::kNoSpace;
  FIELDWORK_TRY(EnqueueAck(PacketType::kPubrec, packet_id));
  *slot = packet_id;
  return Status::kOk;
}

Status Session::Disconnect() {
  if (state_ != State::kConnected) return Status::kWrongState;
  FIELDWORK_TRY(Enqueue(PacketType::kDisconnect, 0,
                        EncodeEmpty(PacketType::kDisconnect, send_.ReservedRoom())));
  state_ = State::kLeaving;
  return Status::kOk;
}

Status Session::EnqueueAck(PacketType type, PacketId packet_id) {
  return Enqueue(type, 0, EncodeAck(type, packet_id, send_.ReservedRoom()));
}

/// `size` is what the encoder said. `packet_id` 0: no reply is expected.
Status Session::Enqueue(PacketType type, PacketId packet_id, Result<std::size_t> size) {
  if (size.ok()) send_.Commit(type, packet_id, *size);
  return size.status();
}

PacketId Session::NewPacketId() {
  do {
    ++last_id_;
  } while (last_id_ == 0 || send_.IsUsed(last_id_));
  return last_id_;
}

PacketId* Session::FindExactlyOnce(PacketId packet_id) {
  for (PacketId& slot : exactly_once_) {
    if (slot == packet_id) return &slot;
  }
  return nullptr;
}

}  // namespace fieldwork::mqtt
