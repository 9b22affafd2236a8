#include "device/mqtt/decode.h"

#include "device/mqtt/text.h"

namespace fieldwork::mqtt {
namespace {

constexpr std::size_t Short(Bytes bytes) {
  return static_cast<std::size_t>(bytes[0] << 8 | bytes[1]);
}

/// The flag bits that the standard fixes for each type (table 2.2); PUBLISH uses its own.
bool HasLegalFlags(PacketType type, unsigned flags) {
  switch (type) {
    case PacketType::kPublish: return (flags & 0x06u) != 0x06u;  // QoS 3 [MQTT-3.3.1-4].
    case PacketType::kPubrel:
    case PacketType::kSubscribe:
    case PacketType::kUnsubscribe: return flags == 0x02;
    default: return flags == 0x00;
  }
}

/// Cuts `size` bytes off the front of `rest` into `taken`; false if there are not so many.
bool Take(Bytes& rest, std::size_t size, Bytes& taken) {
  if (rest.size() < size) return false;
  taken = rest.first(size);
  rest = rest.subspan(size);
  return true;
}

/// A length of two bytes and that many bytes (section 1.5.3).
bool TakeField(Bytes& rest, Bytes& field) {
  Bytes length;
  return Take(rest, 2, length) && Take(rest, Short(length), field);
}

bool TakeText(Bytes& rest, std::string_view& text) {
  Bytes field;
  if (!TakeField(rest, field)) return false;
  text = AsText(field);
  return IsValidText(text);
}

bool TakeWill(Bytes& rest, unsigned flags, Will& will) {
  will.qos = static_cast<Qos>(flags >> 3 & 0x03u);
  will.retain = (flags & 0x20u) != 0;
  return will.qos <= Qos::kExactlyOnce && TakeText(rest, will.topic) &&
         IsValidTopicName(will.topic) && TakeField(rest, will.message);
}

}  // namespace

Result<FixedHeader> DecodeFixedHeader(Bytes bytes) {
  if (bytes.size() < 2) return Status::kNeedMore;
  FixedHeader header;
  header.type = static_cast<PacketType>(bytes[0] >> 4);
  header.flags = bytes[0] & 0x0Fu;
  if (header.type < PacketType::kConnect || header.type > PacketType::kDisconnect ||
      !HasLegalFlags(header.type, header.flags)) {
    return Status::kMalformed;
  }
  for (std::size_t i = 1;; ++i) {
    if (i == kMaxFixedHeader) return Status::kMalformed;
    if (i == bytes.size()) return Status::kNeedMore;
    header.remaining_length |= static_cast<std::uint32_t>(bytes[i] & 0x7Fu) << (7 * (i - 1));
    if (bytes[i] < 0x80) {
      // A length has one spelling: no padding by a last byte of 0.
      if (bytes[i] == 0 && i > 1) return Status::kMalformed;
      header.size = static_cast<std::uint8_t>(i + 1);
      return header;
    }
  }
}

Result<Connack> DecodeConnack(Bytes body) {
  if (body.size() != 2 || body[0] > 1) return Status::kMalformed;
  const Connack connack{static_cast<ConnectCode>(body[1]), body[0] == 1};
  // Session present goes with "accepted" alone [MQTT-3.2.2-4].
  if (connack.session_present && connack.code != ConnectCode::kAccepted) return Status::kMalformed;
  return connack;
}

Result<Publish> DecodePublish(std::uint8_t flags, Bytes body) {
  if (body.size() < 2) return Status::kMalformed;
  const std::size_t topic_size = Short(body);
  const auto qos = static_cast<Qos>(flags >> 1 & 0x03u);
  const std::size_t id_size = qos == Qos::kAtMostOnce ? 0 : 2;
  const std::size_t header_size = 2 + topic_size + id_size;
  if (body.size() < header_size || qos > Qos::kExactlyOnce) return Status::kMalformed;

  Publish publish;
  publish.topic = AsText(body.subspan(2, topic_size));
  publish.payload = body.subspan(header_size);
  publish.qos = qos;
  publish.retain = (flags & 0x01u) != 0;
  publish.dup = (flags & 0x08u) != 0;
  if (id_size != 0) {
    publish.packet_id = static_cast<PacketId>(Short(body.subspan(2 + topic_size)));
    if (publish.packet_id == 0) return Status::kMalformed;
  } else if (publish.dup) {
    return Status::kMalformed;  // [MQTT-3.3.1-2]
  }
  if (!IsValidTopicName(publish.topic)) return Status::kMalformed;
  return publish;
}

Result<PacketId> DecodeAck(Bytes body) {
  if (body.size() != 2 || Short(body) == 0) return Status::kMalformed;
  return static_cast<PacketId>(Short(body));
}

Result<Suback> DecodeSuback(Bytes body) {
  if (body.size() < 3 || Short(body) == 0) return Status::kMalformed;
  const Suback suback{static_cast<PacketId>(Short(body)), body.subspan(2)};
  for (const std::uint8_t code : suback.codes) {
    if (!IsSubackCode(code)) return Status::kMalformed;
  }
  return suback;
}

Result<Connect> DecodeConnect(Bytes body, Will& will) {
  Bytes name;
  Bytes rest = body;
  Bytes head;
  if (!TakeField(rest, name) || AsText(name) != "MQTT" || !Take(rest, 4, head) || head[0] != 4) {
    return Status::kMalformed;
  }
  const unsigned flags = head[1];
  const bool has_will = (flags & 0x04u) != 0;
  const bool has_password = (flags & 0x40u) != 0;
  const bool has_user_name = (flags & 0x80u) != 0;
  if ((flags & 0x01u) != 0 || (!has_will && (flags & 0x38u) != 0) ||
      (has_password && !has_user_name)) {
    return Status::kMalformed;
  }
  Connect connect;
  connect.clean_session = (flags & 0x02u) != 0;
  connect.keep_alive_s = static_cast<std::uint16_t>(Short(head.subspan(2)));
  if (!TakeText(rest, connect.client_id) || (connect.client_id.empty() && !connect.clean_session) ||
      (has_will && !TakeWill(rest, flags, will)) ||
      (has_user_name && !TakeText(rest, connect.user_name)) ||
      (has_password && !TakeField(rest, connect.password)) || !rest.empty()) {
    return Status::kMalformed;
  }
  connect.will = has_will ? &will : nullptr;
  return connect;
}

FilterReader::FilterReader(Bytes body, PacketType type) : rest_(body), type_(type) {
  Bytes id;
  if (!Take(rest_, 2, id) || Short(id) == 0) {
    status_ = Status::kMalformed;
    return;
  }
  packet_id_ = static_cast<PacketId>(Short(id));
}

bool FilterReader::Next() {
  if (status_ != Status::kOk) return false;
  if (rest_.empty()) {
    if (!any_) status_ = Status::kMalformed;  // [MQTT-3.8.3-3], [MQTT-3.10.3-2]
    return false;
  }
  any_ = true;
  subscription_ = {};
  Bytes qos;
  bool legal = TakeText(rest_, subscription_.filter) && IsValidTopicFilter(subscription_.filter);
  if (legal && type_ == PacketType::kSubscribe) {
    legal = Take(rest_, 1, qos) && qos[0] <= 2;  // [MQTT-3.8.3-4]
    if (legal) subscription_.qos = static_cast<Qos>(qos[0]);
  }
  if (!legal) status_ = Status::kMalformed;
  return legal;
}

}  // namespace fieldwork::mqtt
