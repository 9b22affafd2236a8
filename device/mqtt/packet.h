// The control packets of MQTT 3.1.1 as plain values: what the encoder takes and the
// decoder gives. Views point into memory of whoever made the value.
//
// Spec: OASIS MQTT 3.1.1, chapters 2 and 3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "device/base/bytes.h"

namespace fieldwork::mqtt {

/// The numbers are those on the wire (table 2.1).
enum class PacketType : std::uint8_t {
  kConnect = 1,
  kConnack = 2,
  kPublish = 3,
  kPuback = 4,
  kPubrec = 5,
  kPubrel = 6,
  kPubcomp = 7,
  kSubscribe = 8,
  kSuback = 9,
  kUnsubscribe = 10,
  kUnsuback = 11,
  kPingreq = 12,
  kPingresp = 13,
  kDisconnect = 14,
};

enum class Qos : std::uint8_t { kAtMostOnce = 0, kAtLeastOnce = 1, kExactlyOnce = 2 };

/// 1 to 65535; 0 means "none", as in a QoS 0 PUBLISH.
using PacketId = std::uint16_t;

/// What four bytes of remaining length can say (section 2.2.3).
inline constexpr std::uint32_t kMaxRemainingLength = 268'435'455;
/// Type, flags, and up to four bytes of length.
inline constexpr std::size_t kMaxFixedHeader = 5;

struct FixedHeader {
  PacketType type = PacketType::kConnect;
  std::uint8_t flags = 0;
  std::uint8_t size = 0;  ///< Bytes of this header itself, 2 to 5.
  std::uint32_t remaining_length = 0;
};

struct Will {
  std::string_view topic;
  Bytes message;
  Qos qos = Qos::kAtMostOnce;
  bool retain = false;
};

/// Absent strings are views with a null data(); an empty user name is `""`.
struct Connect {
  std::string_view client_id;
  std::string_view user_name = {};
  Bytes password = {};
  const Will* will = nullptr;
  std::uint16_t keep_alive_s = 0;  ///< 0 turns keep alive off.
  bool clean_session = true;
};

/// Table 3.1; AWS IoT also uses 7.
enum class ConnectCode : std::uint8_t {
  kAccepted = 0,
  kUnacceptableProtocol = 1,
  kIdentifierRejected = 2,
  kServerUnavailable = 3,
  kBadUserOrPassword = 4,
  kNotAuthorized = 5,
};

struct Connack {
  ConnectCode code = ConnectCode::kAccepted;
  bool session_present = false;
};

struct Publish {
  std::string_view topic;
  Bytes payload;
  PacketId packet_id = 0;
  Qos qos = Qos::kAtMostOnce;
  bool retain = false;
  bool dup = false;
};

/// Whether the standard allows it: a packet id and DUP exactly where they belong
/// [MQTT-2.3.1-1], [MQTT-2.3.1-5], [MQTT-3.3.1-2], and a topic name.
bool IsValidPublish(const Publish& publish);

struct Subscription {
  std::string_view filter;
  Qos qos = Qos::kAtMostOnce;
};

/// SUBACK return code for "refused" (section 3.9.3); otherwise the granted QoS, 0 to 2.
inline constexpr std::uint8_t kSubscribeFailed = 0x80;
/// All others are reserved [MQTT-3.9.3-2].
constexpr bool IsSubackCode(std::uint8_t code) { return code <= 2 || code == kSubscribeFailed; }

struct Suback {
  PacketId packet_id = 0;
  Bytes codes;  ///< One for each filter, in the order of the SUBSCRIBE.
};

}  // namespace fieldwork::mqtt
