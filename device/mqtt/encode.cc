#include "device/mqtt/encode.h"

#include <cstdint>
#include <cstring>

#include "device/mqtt/text.h"

namespace fieldwork::mqtt {
namespace {

constexpr std::uint8_t kProtocol[] = {0, 4, 'M', 'Q', 'T', 'T', 4};
constexpr std::size_t kConnectFixedPart = sizeof kProtocol + 3;  // Flags and keep alive follow.

constexpr std::size_t LengthBytes(std::size_t remaining) {
  if (remaining < 128) return 1;
  if (remaining < 16'384) return 2;
  return remaining < 2'097'152 ? 3 : 4;
}

/// Writes into memory whose size was checked before: every encoder first sums up its
/// packet, then asks CheckSize() once.
class Cursor {
 public:
  explicit Cursor(std::uint8_t* at) : at_(at) {}

  void Byte(unsigned value) { *at_++ = static_cast<std::uint8_t>(value); }
  void Short(unsigned value) {
    Byte(value >> 8);
    Byte(value);
  }
  void Raw(const void* bytes, std::size_t size) {
    if (size != 0) std::memcpy(at_, bytes, size);
    at_ += size;
  }
  void Text(std::string_view text) {
    Short(static_cast<unsigned>(text.size()));
    Raw(text.data(), text.size());
  }
  void Length(std::size_t remaining) {
    for (; remaining >= 128; remaining >>= 7) Byte(static_cast<unsigned>(remaining) | 0x80u);
    Byte(static_cast<unsigned>(remaining));
  }

 private:
  std::uint8_t* at_;
};

/// Size of the whole packet when it fits the standard and `out`. `trailing` bytes are part
/// of the packet but written by somebody else.
Result<std::size_t> CheckSize(std::size_t remaining, MutableBytes out, std::size_t trailing = 0) {
  if (remaining > kMaxRemainingLength) return Status::kTooLarge;
  const std::size_t size = 1 + LengthBytes(remaining) + remaining - trailing;
  if (size > out.size()) return Status::kNoSpace;
  return size;
}

unsigned FirstByte(PacketType type, unsigned flags) {
  return static_cast<unsigned>(type) << 4 | flags;
}

bool IsValidWill(const Will& will) {
  return IsValidTopicName(will.topic) && will.message.size() <= 65535 &&
         will.qos <= Qos::kExactlyOnce;
}

bool IsValidConnect(const Connect& connect) {
  if (!IsValidText(connect.client_id) || !IsValidText(connect.user_name)) return false;
  // A client without an id has no session that could be kept [MQTT-3.1.3-7].
  if (connect.client_id.empty() && !connect.clean_session) return false;
  // A password needs a user name [MQTT-3.1.2-22].
  if (connect.password.data() != nullptr && connect.user_name.data() == nullptr) return false;
  return connect.password.size() <= 65535 &&
         (connect.will == nullptr || IsValidWill(*connect.will));
}

unsigned ConnectFlags(const Connect& connect) {
  unsigned flags = connect.clean_session ? 0x02u : 0u;
  if (connect.will != nullptr) {
    flags |= 0x04u | static_cast<unsigned>(connect.will->qos) << 3;
    if (connect.will->retain) flags |= 0x20u;
  }
  if (connect.password.data() != nullptr) flags |= 0x40u;
  if (connect.user_name.data() != nullptr) flags |= 0x80u;
  return flags;
}

std::size_t ConnectLength(const Connect& connect) {
  std::size_t remaining = kConnectFixedPart + 2 + connect.client_id.size();
  if (connect.will != nullptr) {
    remaining += 4 + connect.will->topic.size() + connect.will->message.size();
  }
  if (connect.user_name.data() != nullptr) remaining += 2 + connect.user_name.size();
  if (connect.password.data() != nullptr) remaining += 2 + connect.password.size();
  return remaining;
}

bool IsValidPublish(const Publish& publish) {
  // QoS 0 carries no packet id, the others must [MQTT-2.3.1-1], [MQTT-2.3.1-5]; DUP is for
  // those that can be sent twice [MQTT-3.3.1-2].
  const bool has_id = publish.packet_id != 0;
  const bool wants_id = publish.qos != Qos::kAtMostOnce;
  return has_id == wants_id && publish.qos <= Qos::kExactlyOnce && (wants_id || !publish.dup) &&
         IsValidTopicName(publish.topic);
}

/// SUBSCRIBE and UNSUBSCRIBE differ in the type and in a byte after each filter.
template <class Item, class FilterOf>
Result<std::size_t> EncodeFilters(PacketType type, PacketId packet_id, std::span<const Item> items,
                                  std::size_t extra, MutableBytes out, FilterOf filter_of) {
  if (packet_id == 0 || items.empty()) return Status::kBadArgument;
  std::size_t remaining = 2;
  for (const Item& item : items) {
    if (!IsValidTopicFilter(filter_of(item))) return Status::kBadArgument;
    remaining += 2 + filter_of(item).size() + extra;
  }
  const auto size = CheckSize(remaining, out);
  if (!size.ok()) return size;
  Cursor cursor(out.data());
  cursor.Byte(FirstByte(type, 0x02));
  cursor.Length(remaining);
  cursor.Short(packet_id);
  for (const Item& item : items) {
    cursor.Text(filter_of(item));
    if constexpr (requires { item.qos; }) cursor.Byte(static_cast<unsigned>(item.qos));
  }
  return size;
}

}  // namespace

Result<std::size_t> EncodeConnect(const Connect& connect, MutableBytes out) {
  if (!IsValidConnect(connect)) return Status::kBadArgument;
  const std::size_t remaining = ConnectLength(connect);
  const auto size = CheckSize(remaining, out);
  if (!size.ok()) return size;
  Cursor cursor(out.data());
  cursor.Byte(FirstByte(PacketType::kConnect, 0));
  cursor.Length(remaining);
  cursor.Raw(kProtocol, sizeof kProtocol);
  cursor.Byte(ConnectFlags(connect));
  cursor.Short(connect.keep_alive_s);
  cursor.Text(connect.client_id);
  if (connect.will != nullptr) {
    cursor.Text(connect.will->topic);
    cursor.Text(AsText(connect.will->message));
  }
  if (connect.user_name.data() != nullptr) cursor.Text(connect.user_name);
  if (connect.password.data() != nullptr) cursor.Text(AsText(connect.password));
  return size;
}

Result<std::size_t> EncodePublishHeader(const Publish& publish, MutableBytes out) {
  if (!IsValidPublish(publish)) return Status::kBadArgument;
  const std::size_t id_size = publish.packet_id != 0 ? 2 : 0;
  const std::size_t remaining = 2 + publish.topic.size() + id_size + publish.payload.size();
  const auto size = CheckSize(remaining, out, publish.payload.size());
  if (!size.ok()) return size;
  Cursor cursor(out.data());
  cursor.Byte(FirstByte(PacketType::kPublish, static_cast<unsigned>(publish.dup) << 3 |
                                                  static_cast<unsigned>(publish.qos) << 1 |
                                                  static_cast<unsigned>(publish.retain)));
  cursor.Length(remaining);
  cursor.Text(publish.topic);
  if (id_size != 0) cursor.Short(publish.packet_id);
  return size;
}

Result<std::size_t> EncodePublish(const Publish& publish, MutableBytes out) {
  const auto header = EncodePublishHeader(publish, out);
  if (!header.ok()) return header;
  const std::size_t payload = publish.payload.size();
  if (payload > out.size() - *header) return Status::kNoSpace;
  Cursor(out.data() + *header).Raw(publish.payload.data(), payload);
  return *header + payload;
}

Result<std::size_t> EncodeSubscribe(PacketId packet_id, std::span<const Subscription> subscriptions,
                                    MutableBytes out) {
  for (const Subscription& subscription : subscriptions) {
    if (subscription.qos > Qos::kExactlyOnce) return Status::kBadArgument;
  }
  return EncodeFilters(PacketType::kSubscribe, packet_id, subscriptions, 1, out,
                       [](const Subscription& subscription) { return subscription.filter; });
}

Result<std::size_t> EncodeUnsubscribe(PacketId packet_id, std::span<const std::string_view> filters,
                                      MutableBytes out) {
  return EncodeFilters(PacketType::kUnsubscribe, packet_id, filters, 0, out,
                       [](std::string_view filter) { return filter; });
}

Result<std::size_t> EncodeAck(PacketType type, PacketId packet_id, MutableBytes out) {
  if (packet_id == 0) return Status::kBadArgument;
  if (out.size() < 4) return Status::kNoSpace;
  Cursor cursor(out.data());
  cursor.Byte(FirstByte(type, type == PacketType::kPubrel ? 0x02 : 0x00));
  cursor.Byte(2);
  cursor.Short(packet_id);
  return std::size_t{4};
}

Result<std::size_t> EncodeEmpty(PacketType type, MutableBytes out) {
  if (out.size() < 2) return Status::kNoSpace;
  Cursor cursor(out.data());
  cursor.Byte(FirstByte(type, 0));
  cursor.Byte(0);
  return std::size_t{2};
}

Result<std::size_t> EncodeConnack(const Connack& connack, MutableBytes out) {
  // A refusal never promises a session [MQTT-3.2.2-4].
  if (connack.session_present && connack.code != ConnectCode::kAccepted)
    return Status::kBadArgument;
  if (out.size() < 4) return Status::kNoSpace;
  Cursor cursor(out.data());
  cursor.Byte(FirstByte(PacketType::kConnack, 0));
  cursor.Byte(2);
  cursor.Byte(connack.session_present ? 1 : 0);
  cursor.Byte(static_cast<unsigned>(connack.code));
  return std::size_t{4};
}

Result<std::size_t> EncodeSuback(const Suback& suback, MutableBytes out) {
  if (suback.packet_id == 0 || suback.codes.empty()) return Status::kBadArgument;
  for (const std::uint8_t code : suback.codes) {
    if (!IsSubackCode(code)) return Status::kBadArgument;
  }
  const std::size_t remaining = 2 + suback.codes.size();
  const auto size = CheckSize(remaining, out);
  if (!size.ok()) return size;
  Cursor cursor(out.data());
  cursor.Byte(FirstByte(PacketType::kSuback, 0));
  cursor.Length(remaining);
  cursor.Short(suback.packet_id);
  cursor.Raw(suback.codes.data(), suback.codes.size());
  return size;
}

}  // namespace fieldwork::mqtt
