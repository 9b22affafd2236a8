#include "device/mqtt/encode.h"

#include <cstdint>
#include <cstring>

#include "device/mqtt/text.h"

namespace fieldwork::mqtt {
namespace {

constexpr std::uint8_t kProtocol[] = {0, 4, 'M', 'Q', 'T', 'T', 4};
constexpr std::size_t kConnectFixedPart = sizeof kProtocol + 3;  // Flags and keep alive follow.

/// Of the fixed header with this length in it; 0 when the standard has no such length.
constexpr std::size_t HeaderSize(std::size_t remaining) {
  if (remaining < 128) return 2;
  if (remaining < 16'384) return 3;
  if (remaining < 2'097'152) return 4;
  return remaining <= kMaxRemainingLength ? 5 : 0;
}

// The writers return where the next byte goes. The size of the memory was checked before:
// every encoder first sums up its packet, then asks CheckSize() once.

std::uint8_t* WriteByte(std::uint8_t* at, unsigned value) {
  *at = static_cast<std::uint8_t>(value);
  return at + 1;
}

std::uint8_t* WriteShort(std::uint8_t* at, unsigned value) {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
  return at + 2;
}

std::uint8_t* WriteRaw(std::uint8_t* at, const void* bytes, std::size_t size) {
  if (size != 0) [[likely]]
    std::memcpy(at, bytes, size);
  return at + size;
}

std::uint8_t* WriteText(std::uint8_t* at, std::string_view text) {
  at = WriteShort(at, static_cast<unsigned>(text.size()));
  return WriteRaw(at, text.data(), text.size());
}

/// Type, flags and length.
std::uint8_t* WriteHeader(std::uint8_t* at, PacketType type, unsigned flags,
                          std::size_t remaining) {
  at = WriteByte(at, static_cast<unsigned>(type) << 4 | flags);
  for (; remaining >= 128; remaining >>= 7) {
    at = WriteByte(at, static_cast<unsigned>(remaining) | 0x80u);
  }
  return WriteByte(at, static_cast<unsigned>(remaining));
}

/// Size of what we write of a packet: its header, which announces `remaining` bytes, and
/// `ours` of those. An error when that fits not the standard or not `out`.
Result<std::size_t> CheckSize(std::size_t remaining, std::size_t ours, MutableBytes out) {
  const std::size_t header = HeaderSize(remaining);
  if (header == 0) [[unlikely]]
    return Status::kTooLarge;
  const std::size_t size = header + ours;
  if (size > out.size()) [[unlikely]]
    return Status::kNoSpace;
  return size;
}

bool IsValidWill(const Will& will) {
  return IsValidTopicName(will.topic) && will.message.size() <= 65535 &&
         will.qos <= Qos::kExactlyOnce;
}

bool IsValidConnect(const Connect& connect) {
  if (!IsValidText(connect.client_id)) return false;
  // A client without an id has no session that could be kept [MQTT-3.1.3-7].
  if (connect.client_id.empty() && !connect.clean_session) return false;
  if (connect.will != nullptr && !IsValidWill(*connect.will)) return false;
  // A password needs a user name [MQTT-3.1.2-22].
  if (connect.user_name.data() == nullptr) return connect.password.data() == nullptr;
  return IsValidText(connect.user_name) && connect.password.size() <= 65535;
}

/// What follows from which fields there are.
struct ConnectShape {
  unsigned flags;
  std::size_t remaining;
};

inline ConnectShape ShapeOf(const Connect& connect) {
  ConnectShape shape{connect.clean_session ? 0x02u : 0u,
                     kConnectFixedPart + 2 + connect.client_id.size()};
  if (const Will* will = connect.will; will != nullptr) {
    shape.flags |= 0x04u | static_cast<unsigned>(will->qos) << 3 | (will->retain ? 0x20u : 0u);
    shape.remaining += 4 + will->topic.size() + will->message.size();
  }
  if (connect.user_name.data() != nullptr) {
    shape.flags |= 0x80u;
    shape.remaining += 2 + connect.user_name.size();
  }
  if (connect.password.data() != nullptr) {
    shape.flags |= 0x40u;
    shape.remaining += 2 + connect.password.size();
  }
  return shape;
}

std::string_view FilterOf(const Subscription& subscription) { return subscription.filter; }
std::string_view FilterOf(std::string_view filter) { return filter; }

/// SUBSCRIBE and UNSUBSCRIBE differ in the type and in a byte after each filter.
template <class Item>
Result<std::size_t> EncodeFilters(PacketType type, PacketId packet_id, std::span<const Item> items,
                                  MutableBytes out) {
  if (packet_id == 0 || items.empty()) return Status::kBadArgument;
  std::size_t remaining = 2;
  for (const Item& item : items) {
    if (!IsValidTopicFilter(FilterOf(item))) return Status::kBadArgument;
    remaining += 2 + FilterOf(item).size();
    if constexpr (requires { item.qos; }) {
      if (item.qos > Qos::kExactlyOnce) return Status::kBadArgument;
      ++remaining;
    }
  }
  const auto size = CheckSize(remaining, remaining, out);
  if (!size.ok()) return size;
  std::uint8_t* at = WriteHeader(out.data(), type, 0x02, remaining);
  at = WriteShort(at, packet_id);
  for (const Item& item : items) {
    at = WriteText(at, FilterOf(item));
    if constexpr (requires { item.qos; }) at = WriteByte(at, static_cast<unsigned>(item.qos));
  }
  return size;
}

}  // namespace

std::size_t MaxConnectSize(const Connect& connect) {
  return kMaxFixedHeader + ShapeOf(connect).remaining;
}

Result<std::size_t> EncodeConnect(const Connect& connect, MutableBytes out) {
  if (!IsValidConnect(connect)) return Status::kBadArgument;
  const ConnectShape shape = ShapeOf(connect);
  const auto size = CheckSize(shape.remaining, shape.remaining, out);
  if (!size.ok()) return size;
  std::uint8_t* at = WriteHeader(out.data(), PacketType::kConnect, 0, shape.remaining);
  at = WriteRaw(at, kProtocol, sizeof kProtocol);
  at = WriteByte(at, shape.flags);
  at = WriteShort(at, connect.keep_alive_s);
  at = WriteText(at, connect.client_id);
  if (connect.will != nullptr) {
    at = WriteText(at, connect.will->topic);
    at = WriteText(at, AsText(connect.will->message));
  }
  if (connect.user_name.data() != nullptr) at = WriteText(at, connect.user_name);
  if (connect.password.data() != nullptr) WriteText(at, AsText(connect.password));
  return size;
}

Result<std::size_t> EncodePublishHeader(const Publish& publish, MutableBytes out) {
  if (!IsValidPublish(publish)) [[unlikely]]
    return Status::kBadArgument;
  const std::size_t ours = 2 + publish.topic.size() + (publish.packet_id != 0 ? 2 : 0);
  const std::size_t remaining = ours + publish.payload.size();
  const auto size = CheckSize(remaining, ours, out);
  if (!size.ok()) return size;
  const unsigned flags =
      publish.dup * 8u + static_cast<unsigned>(publish.qos) * 2u + publish.retain;
  std::uint8_t* at = WriteHeader(out.data(), PacketType::kPublish, flags, remaining);
  at = WriteText(at, publish.topic);
  if (publish.packet_id != 0) [[likely]]
    WriteShort(at, publish.packet_id);
  return size;
}

Result<std::size_t> EncodePublish(const Publish& publish, MutableBytes out) {
  const auto header = EncodePublishHeader(publish, out);
  if (!header.ok()) return header;
  const std::size_t payload = publish.payload.size();
  if (payload > out.size() - *header) return Status::kNoSpace;
  WriteRaw(out.data() + *header, publish.payload.data(), payload);
  return *header + payload;
}

Result<std::size_t> EncodeSubscribe(PacketId packet_id, std::span<const Subscription> subscriptions,
                                    MutableBytes out) {
  return EncodeFilters(PacketType::kSubscribe, packet_id, subscriptions, out);
}

Result<std::size_t> EncodeUnsubscribe(PacketId packet_id, std::span<const std::string_view> filters,
                                      MutableBytes out) {
  return EncodeFilters(PacketType::kUnsubscribe, packet_id, filters, out);
}

Result<std::size_t> EncodeAck(PacketType type, PacketId packet_id, MutableBytes out) {
  if (packet_id == 0) [[unlikely]]
    return Status::kBadArgument;
  if (out.size() < 4) [[unlikely]]
    return Status::kNoSpace;
  std::uint8_t* at = WriteHeader(out.data(), type, type == PacketType::kPubrel ? 0x02 : 0, 2);
  WriteShort(at, packet_id);
  return std::size_t{4};
}

Result<std::size_t> EncodeEmpty(PacketType type, MutableBytes out) {
  if (out.size() < 2) return Status::kNoSpace;
  WriteHeader(out.data(), type, 0, 0);
  return std::size_t{2};
}

Result<std::size_t> EncodeConnack(const Connack& connack, MutableBytes out) {
  // A refusal never promises a session [MQTT-3.2.2-4].
  if (connack.session_present && connack.code != ConnectCode::kAccepted)
    return Status::kBadArgument;
  if (out.size() < 4) return Status::kNoSpace;
  std::uint8_t* at = WriteHeader(out.data(), PacketType::kConnack, 0, 2);
  at = WriteByte(at, connack.session_present ? 1 : 0);
  WriteByte(at, static_cast<unsigned>(connack.code));
  return std::size_t{4};
}

Result<std::size_t> EncodeSuback(const Suback& suback, MutableBytes out) {
  if (suback.packet_id == 0 || suback.codes.empty()) return Status::kBadArgument;
  for (const std::uint8_t code : suback.codes) {
    if (!IsSubackCode(code)) return Status::kBadArgument;
  }
  const std::size_t remaining = 2 + suback.codes.size();
  const auto size = CheckSize(remaining, remaining, out);
  if (!size.ok()) return size;
  std::uint8_t* at = WriteHeader(out.data(), PacketType::kSuback, 0, remaining);
  at = WriteShort(at, suback.packet_id);
  WriteRaw(at, suback.codes.data(), suback.codes.size());
  return size;
}

}  // namespace fieldwork::mqtt
