#include "device/mqtt/decode.h"

#include "device/mqtt/text.h"

namespace fieldwork::mqtt {
namespace {

constexpr std::size_t Short(Bytes bytes) {
  return static_cast<std::size_t>(bytes[0] << 8 | bytes[1]);
}

/// For each type the flags that it may have, as a set of bits (table 2.2): none, for most.
/// PUBLISH has all but those with QoS 3 [MQTT-3.3.1-4].
constexpr std::uint16_t kLegalFlags[16] = {0,      1 << 0, 1 << 0, 0x3F3F, 1 << 0, 1 << 0,
                                           1 << 2, 1 << 0, 1 << 2, 1 << 0, 1 << 2, 1 << 0,
                                           1 << 0, 1 << 0, 1 << 0, 0};

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

Status DecodeFixedHeader(Bytes bytes, FixedHeader& header) {
  if (bytes.size() < 2) return Status::kNeedMore;
  const unsigned type = bytes[0] >> 4;
  const unsigned flags = bytes[0] & 0x0Fu;
  if ((kLegalFlags[type] >> flags & 1) == 0) return Status::kMalformed;
  std::uint32_t length = 0;
  for (std::size_t i = 1; i < kMaxFixedHeader; ++i) {
    if (i == bytes.size()) return Status::kNeedMore;
    const std::uint32_t digit = bytes[i];
    length |= (digit & 0x7Fu) << (7 * (i - 1));
    if (digit >= 0x80) continue;
    // A length has one spelling: no padding by a last byte of 0.
    if (digit == 0 && i > 1) return Status::kMalformed;
    header = {static_cast<PacketType>(type), static_cast<std::uint8_t>(flags),
              static_cast<std::uint8_t>(i + 1), length};
    return Status::kOk;
  }
  return Status::kMalformed;
}

Status DecodeConnack(Bytes body, Connack& connack) {
  if (body.size() != 2 || body[0] > 1) return Status::kMalformed;
  connack = {static_cast<ConnectCode>(body[1]), body[0] == 1};
  // Session present goes with "accepted" alone [MQTT-3.2.2-4].
  const bool legal = connack.code == ConnectCode::kAccepted || !connack.session_present;
  return legal ? Status::kOk : Status::kMalformed;
}

Status DecodePublish(std::uint8_t flags, Bytes body, Publish& publish) {
  if (body.size() < 2) return Status::kMalformed;
  publish.qos = static_cast<Qos>(flags >> 1 & 0x03u);
  publish.retain = (flags & 0x01u) != 0;
  publish.dup = (flags & 0x08u) != 0;
  const bool has_id = publish.qos != Qos::kAtMostOnce;
  const std::size_t topic_end = 2 + Short(body);
  const std::size_t header_end = topic_end + (has_id ? 2 : 0);
  if (body.size() < header_end) return Status::kMalformed;
  publish.topic = AsText(body.first(topic_end).subspan(2));
  publish.packet_id = has_id ? static_cast<PacketId>(Short(body.subspan(topic_end))) : PacketId{0};
  publish.payload = body.subspan(header_end);
  return IsValidPublish(publish) ? Status::kOk : Status::kMalformed;
}

Status DecodeReply(PacketType type, Bytes body, Suback& reply) {
  if (body.size() < 2) return Status::kMalformed;
  reply.packet_id = static_cast<PacketId>(Short(body));
  reply.codes = body.subspan(2);
  for (const std::uint8_t code : reply.codes) {
    if (!IsSubackCode(code)) return Status::kMalformed;
  }
  const bool has_codes = !reply.codes.empty();
  const bool wants_codes = type == PacketType::kSuback;
  return reply.packet_id != 0 && has_codes == wants_codes ? Status::kOk : Status::kMalformed;
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
