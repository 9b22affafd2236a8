// Writes MQTT 3.1.1 control packets into the caller's memory.
//
// Every function returns the packet's size, or
//   kBadArgument  a field breaks the standard: nothing was written;
//   kNoSpace      `out` is too small: nothing usable was written;
//   kTooLarge     the packet would pass 268,435,455 bytes of remaining length.
//
// Packets of both directions are here: a test's broker needs the server's. What a program
// does not call is not linked.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "device/base/bytes.h"
#include "device/base/result.h"
#include "device/mqtt/packet.h"

namespace fieldwork::mqtt {

// ---- Sent by a client -----------------------------------------------------------------

Result<std::size_t> EncodeConnect(const Connect& connect, MutableBytes out);
/// At least the size of that packet, and close to it.
std::size_t MaxConnectSize(const Connect& connect);

/// Everything of a PUBLISH but its payload, whose bytes follow as they are.
Result<std::size_t> EncodePublishHeader(const Publish& publish, MutableBytes out);
/// The whole packet.
Result<std::size_t> EncodePublish(const Publish& publish, MutableBytes out);

/// At least one filter [MQTT-3.8.3-3], packet id not 0.
Result<std::size_t> EncodeSubscribe(PacketId packet_id, std::span<const Subscription> subscriptions,
                                    MutableBytes out);
Result<std::size_t> EncodeUnsubscribe(PacketId packet_id, std::span<const std::string_view> filters,
                                      MutableBytes out);

/// PUBACK, PUBREC, PUBREL, PUBCOMP, UNSUBACK: four bytes, a type and a packet id.
Result<std::size_t> EncodeAck(PacketType type, PacketId packet_id, MutableBytes out);
/// PINGREQ, PINGRESP, DISCONNECT: two bytes.
Result<std::size_t> EncodeEmpty(PacketType type, MutableBytes out);

// ---- Sent by a server -----------------------------------------------------------------

Result<std::size_t> EncodeConnack(const Connack& connack, MutableBytes out);
Result<std::size_t> EncodeSuback(const Suback& suback, MutableBytes out);

/// Sets the DUP flag of an encoded PUBLISH. REQUIRES: `packet` begins with one.
inline void MarkDuplicate(MutableBytes packet) { packet[0] |= 0x08; }

}  // namespace fieldwork::mqtt
