#include "device/mqtt/session.h"

#include "device/base/check.h"
#include "device/mqtt/decode.h"
#include "device/mqtt/encode.h"

namespace fieldwork::mqtt {
namespace {

constexpr std::size_t kAckSize = 4;

/// Room for CONNECT, so that a queue full of unacknowledged messages cannot block it.
std::size_t ReservedBytes(const Connect& options) {
  std::size_t size = kMaxFixedHeader + 12 + options.client_id.size() + options.user_name.size() +
                     options.password.size() + 4;
  if (options.will != nullptr) {
    size += 4 + options.will->topic.size() + options.will->message.size();
  }
  return size;
}

std::size_t CountFilters(Bytes subscribe) {
  const auto header = DecodeFixedHeader(subscribe);
  FilterReader reader(subscribe.subspan(header->size), PacketType::kSubscribe);
  std::size_t count = 0;
  while (reader.Next()) ++count;
  return count;
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
      send_(memory.send, memory.records, ReservedBytes(options)) {
  FIELDWORK_DCHECK(memory.receive.size() >= 128);
}

Status Session::Connect(Instant now) {
  if (state_ != State::kClosed) return Status::kWrongState;
  const auto size = EncodeConnect(options_, send_.ReservedRoom());
  if (!size.ok()) return size.status();
  send_.Commit(PacketType::kConnect, 0, *size);
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
  close_due_ = false;
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
    case KeepAlive::Action::kSendPing: EnqueuePing(); break;
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
  // A packet may want an answer; without room for one it waits until something is sent.
  while (!close_due_ && (state_ == State::kConnecting || state_ == State::kConnected) &&
         send_.ReservedRoom().size() >= kAckSize) {
    const auto next = receive_.Advance();
    if (next == ReceiveBuffer::Next::kNothing) break;
    std::optional<Event> event;
    if (next == ReceiveBuffer::Next::kPacket) event = OnPacket(now);
    if (next == ReceiveBuffer::Next::kOversize) event = OnOversize();
    if (next == ReceiveBuffer::Next::kMalformed) Fail(CloseReason::kProtocolError);
    if (event) return event;
  }
  if (!close_due_) return std::nullopt;
  close_due_ = false;
  return close_;
}

std::optional<Event> Session::OnPacket(Instant now) {
  const PacketType type = receive_.header().type;
  const Bytes body = receive_.body();
  if ((state_ == State::kConnecting) != (type == PacketType::kConnack)) {
    return Fail(CloseReason::kProtocolError);  // [MQTT-3.2.0-1]
  }
  switch (type) {
    case PacketType::kConnack: return OnConnack(now, body);
    case PacketType::kPublish: return OnPublish(body);
    case PacketType::kSuback: return OnSuback(body);
    case PacketType::kPuback:
    case PacketType::kPubrec:
    case PacketType::kPubrel:
    case PacketType::kPubcomp:
    case PacketType::kUnsuback: return OnAck(type, body);
    case PacketType::kPingresp:
      return body.empty() ? std::nullopt : Fail(CloseReason::kProtocolError);
    default: return Fail(CloseReason::kProtocolError);  // Packets only a client sends.
  }
}

std::optional<Event> Session::OnConnack(Instant now, Bytes body) {
  const auto connack = DecodeConnack(body);
  // Nobody can answer a CONNECT that has not left yet, and nothing may leave before it.
  if (!connack.ok() || !send_.Unsent().empty()) return Fail(CloseReason::kProtocolError);
  if (connack->code != ConnectCode::kAccepted) return Fail(CloseReason::kRefused, connack->code);
  if (connack->session_present && options_.clean_session) {  // [MQTT-3.2.2-1]
    return Fail(CloseReason::kProtocolError);
  }
  if (!connack->session_present) exactly_once_ = {};
  send_.ReleaseAll();
  keep_alive_.Start(now, options_.keep_alive_s);
  state_ = State::kConnected;
  return event::Connected{connack->session_present};
}

std::optional<Event> Session::OnPublish(Bytes body) {
  const auto publish = DecodePublish(receive_.header().flags, body);
  if (!publish.ok()) return Fail(CloseReason::kProtocolError);
  if (publish->qos == Qos::kExactlyOnce && FindExactlyOnce(publish->packet_id) != nullptr) {
    // The caller had it already; PUBREC was lost [MQTT-4.3.3-2].
    static_cast<void>(EnqueueAck(PacketType::kPubrec, publish->packet_id));
    return std::nullopt;
  }
  return event::Message{*publish};
}

std::optional<Event> Session::OnOversize() {
  if (state_ != State::kConnected) return Fail(CloseReason::kProtocolError);  // [MQTT-3.2.0-1]
  ++counters_.oversize;
  event::Oversize oversize;
  const std::uint32_t remaining = receive_.header().remaining_length;
  if (receive_.body().empty()) {
    oversize.payload_bytes = remaining;
    return oversize;
  }
  // The payload that is there already is a view too short, but all before it is whole.
  const auto publish = DecodePublish(receive_.header().flags, receive_.body());
  if (!publish.ok()) return Fail(CloseReason::kProtocolError);
  const std::size_t head = receive_.body().size() - publish->payload.size();
  oversize.topic = publish->topic;
  oversize.payload_bytes = remaining - static_cast<std::uint32_t>(head);
  oversize.packet_id = publish->packet_id;
  oversize.qos = publish->qos;
  return oversize;
}

std::optional<Event> Session::OnSuback(Bytes body) {
  const auto suback = DecodeSuback(body);
  if (!suback.ok()) return Fail(CloseReason::kProtocolError);
  const Bytes subscribe = send_.Find(PacketType::kSubscribe, suback->packet_id);
  if (!subscribe.empty() && CountFilters(subscribe) != suback->codes.size()) {
    return Fail(CloseReason::kProtocolError);  // [MQTT-3.8.4-5]
  }
  if (send_.Remove(PacketType::kSubscribe, suback->packet_id)) return event::Subscribed{*suback};
  ++counters_.stray_acks;
  return std::nullopt;
}

std::optional<Event> Session::OnAck(PacketType type, Bytes body) {
  const auto packet_id = DecodeAck(body);
  if (!packet_id.ok()) return Fail(CloseReason::kProtocolError);
  if (type == PacketType::kPubrel) {
    OnPubrel(*packet_id);
    return std::nullopt;
  }
  if (type == PacketType::kPuback && send_.Remove(PacketType::kPublish, *packet_id)) {
    return event::Published{*packet_id};
  }
  if (type == PacketType::kUnsuback && send_.Remove(PacketType::kUnsubscribe, *packet_id)) {
    return event::Unsubscribed{*packet_id};
  }
  ++counters_.stray_acks;
  return std::nullopt;
}

/// Also for an id that is not known: its PUBCOMP was lost [MQTT-4.3.3-2].
void Session::OnPubrel(PacketId packet_id) {
  if (PacketId* slot = FindExactlyOnce(packet_id)) *slot = 0;
  static_cast<void>(EnqueueAck(PacketType::kPubcomp, packet_id));
}

std::optional<Event> Session::Fail(CloseReason reason, ConnectCode code) {
  state_ = State::kFailed;
  close_ = event::Close{reason, code};
  close_due_ = true;
  return std::nullopt;
}

template <class Encode>
Result<PacketId> Session::Enqueue(PacketType type, bool reply_expected, const Encode& encode) {
  if (state_ != State::kConnected) return Status::kWrongState;
  const PacketId id = reply_expected ? NewPacketId() : PacketId{0};
  const MutableBytes room = send_.Room();
  const Result<std::size_t> size = encode(id, room);
  if (size.ok()) {
    send_.Commit(type, id, *size);
    return id;
  }
  // Whether it will ever fit is known when it does not fit an empty queue.
  const bool never = size.status() == Status::kNoSpace && room.size() == send_.capacity();
  return never ? Status::kTooLarge : size.status();
}

Result<PacketId> Session::Publish(mqtt::Publish publish) {
  if (publish.qos > Qos::kAtLeastOnce) return Status::kBadArgument;
  publish.dup = false;
  return Enqueue(PacketType::kPublish, publish.qos == Qos::kAtLeastOnce,
                 [&publish](PacketId id, MutableBytes room) {
                   publish.packet_id = id;
                   return EncodePublish(publish, room);
                 });
}

Result<PacketId> Session::Subscribe(std::span<const Subscription> subscriptions) {
  return Enqueue(PacketType::kSubscribe, true, [subscriptions](PacketId id, MutableBytes room) {
    return EncodeSubscribe(id, subscriptions, room);
  });
}

Result<PacketId> Session::Unsubscribe(std::span<const std::string_view> filters) {
  return Enqueue(PacketType::kUnsubscribe, true, [filters](PacketId id, MutableBytes room) {
    return EncodeUnsubscribe(id, filters, room);
  });
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
  const auto size = EncodeEmpty(PacketType::kDisconnect, send_.ReservedRoom());
  if (!size.ok()) return size.status();
  send_.Commit(PacketType::kDisconnect, 0, *size);
  state_ = State::kLeaving;
  return Status::kOk;
}

Status Session::EnqueueAck(PacketType type, PacketId packet_id) {
  const auto size = EncodeAck(type, packet_id, send_.ReservedRoom());
  if (!size.ok()) return size.status();
  send_.Commit(type, 0, *size);
  return Status::kOk;
}

/// No room means that the transport took nothing for a whole interval: then the ping is
/// as good as unanswered, and the reply timeout decides.
void Session::EnqueuePing() {
  const auto size = EncodeEmpty(PacketType::kPingreq, send_.ReservedRoom());
  if (size.ok()) send_.Commit(PacketType::kPingreq, 0, *size);
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
