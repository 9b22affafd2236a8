// Reads MQTT 3.1.1 control packets. All views in the results point into the bytes given.
//
// What the standard forbids is kMalformed, and a peer that sends it must be disconnected
// [MQTT-4.8.0-1]: reserved flags, wrong lengths, ill-formed text, illegal topics, packet
// id 0. No function reads past `body`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "device/base/bytes.h"
#include "device/base/result.h"
#include "device/mqtt/packet.h"

namespace fieldwork::mqtt {

/// kNeedMore: the header itself is not whole yet. Reserved flag bits are checked here
/// [MQTT-2.2.2-2]. The rest of the packet need not be there.
Result<FixedHeader> DecodeFixedHeader(Bytes bytes);
/// The same into the caller's memory, which is only good when this is kOk. (Others have such
/// a form too; it spares the copy.)
Status DecodeFixedHeader(Bytes bytes, FixedHeader& header);

// In all that follow `body` is the packet without its fixed header: exactly
// header.remaining_length bytes.

// ---- Received by a client -------------------------------------------------------------

Result<Connack> DecodeConnack(Bytes body);
Status DecodeConnack(Bytes body, Connack& connack);
/// `flags` of the fixed header.
Result<Publish> DecodePublish(std::uint8_t flags, Bytes body);
Status DecodePublish(std::uint8_t flags, Bytes body, Publish& publish);
/// PUBACK, PUBREC, PUBREL, PUBCOMP, UNSUBACK.
Result<PacketId> DecodeAck(Bytes body);
Result<Suback> DecodeSuback(Bytes body);
/// Any of those and SUBACK, which alone has codes.
Status DecodeReply(PacketType type, Bytes body, Suback& reply);

// ---- Received by a server -------------------------------------------------------------

/// `will` has the memory for the will, if there is one. A protocol name other than "MQTT"
/// or level other than 4 is kMalformed.
Result<Connect> DecodeConnect(Bytes body, Will& will);

/// Steps over the payload of a SUBSCRIBE or UNSUBSCRIBE.
///
///   FilterReader reader(body, PacketType::kSubscribe);
///   while (reader.Next()) Use(reader.subscription());
///   if (reader.status() != Status::kOk) ... // malformed, or without any filter
class FilterReader {
 public:
  FilterReader(Bytes body, PacketType type);

  /// False at the end and at the first fault.
  bool Next();
  /// `qos` is kAtMostOnce for UNSUBSCRIBE.
  const Subscription& subscription() const { return subscription_; }
  PacketId packet_id() const { return packet_id_; }
  /// kOk or kMalformed; meaningful after Next() returned false.
  Status status() const { return status_; }

 private:
  Bytes rest_;
  Subscription subscription_;
  PacketId packet_id_ = 0;
  PacketType type_;
  Status status_ = Status::kOk;
  bool any_ = false;
};

// ---- The forms that return the value ---------------------------------------------------

inline Result<FixedHeader> DecodeFixedHeader(Bytes bytes) {
  FixedHeader header;
  FIELDWORK_TRY(DecodeFixedHeader(bytes, header));
  return header;
}
inline Result<Connack> DecodeConnack(Bytes body) {
  Connack connack;
  FIELDWORK_TRY(DecodeConnack(body, connack));
  return connack;
}
inline Result<Publish> DecodePublish(std::uint8_t flags, Bytes body) {
  Publish publish;
  FIELDWORK_TRY(DecodePublish(flags, body, publish));
  return publish;
}
inline Result<PacketId> DecodeAck(Bytes body) {
  Suback reply;
  FIELDWORK_TRY(DecodeReply(PacketType::kPuback, body, reply));
  return reply.packet_id;
}
inline Result<Suback> DecodeSuback(Bytes body) {
  Suback reply;
  FIELDWORK_TRY(DecodeReply(PacketType::kSuback, body, reply));
  return reply;
}

}  // namespace fieldwork::mqtt
