#include "apps/device/packet_log.h"

#include <algorithm>
#include <cstdio>

#include "device/mqtt/decode.h"

namespace fieldwork::board {
namespace {

constexpr std::string_view kMqtt = "MQTT";
constexpr std::string_view kAws = "aws";

}  // namespace

void PacketLog::Reset() {
  for (Stream* stream : {&sent_, &received_}) {
    stream->head_size = 0;
    stream->seen = 0;
    stream->total = 0;
    stream->broken = false;
  }
}

bool PacketLog::Take(Stream& stream, Bytes& bytes) {
  while (!bytes.empty() && !stream.broken) {
    std::size_t step = 1;  // Byte by byte until the length is known.
    if (stream.total != 0) {
      step = static_cast<std::size_t>(
          std::min<std::uint64_t>(bytes.size(), stream.total - stream.seen));
    }
    const std::size_t kept = std::min(step, kHeadBytes - stream.head_size);
    std::copy_n(bytes.begin(), kept,
                stream.head.begin() + static_cast<std::ptrdiff_t>(stream.head_size));
    stream.head_size += kept;
    stream.seen += step;
    bytes = bytes.subspan(step);
    if (stream.total == 0) {
      const auto header = mqtt::DecodeFixedHeader(Bytes(stream.head).first(stream.head_size));
      stream.broken = !header.ok() && header.status() != Status::kNeedMore;
      if (!header.ok()) continue;
      stream.header = *header;
      stream.total = std::uint64_t{header->size} + header->remaining_length;
    }
    if (stream.seen == stream.total) return true;
  }
  return false;
}

Bytes PacketLog::Body(const Stream& stream) {
  return Bytes(stream.head).first(stream.head_size).subspan(stream.header.size);
}

void PacketLog::OnSent(Bytes bytes) {
  while (Take(sent_, bytes)) {
    if (log_.Enabled(LogLevel::kDebug)) TellSent(sent_);
    sent_.head_size = 0;
    sent_.seen = sent_.total = 0;
  }
}

void PacketLog::OnReceived(Bytes bytes) {
  while (Take(received_, bytes)) {
    if (log_.Enabled(LogLevel::kDebug)) TellReceived(received_);
    received_.head_size = 0;
    received_.seen = received_.total = 0;
  }
}

void PacketLog::TellSize(const Stream& stream) {
  log_.Debug(kMqtt, {"Encoded size for length ", stream.header.remaining_length, " is ",
                     stream.header.size - 1, " bytes."});
}

void PacketLog::TellBytesSent(const char* how, std::uint64_t count) {
  log_.Debug(kMqtt, {how, ": Bytes Sent=", count, ", Bytes Remaining=0"});
}

void PacketLog::TellSent(const Stream& stream) {
  switch (stream.header.type) {
    case mqtt::PacketType::kConnect: return TellSentConnect(stream);
    case mqtt::PacketType::kSubscribe: return TellSentSubscribe(stream);
    case mqtt::PacketType::kPublish: return TellSentPublish(stream);
    case mqtt::PacketType::kPingreq:
      log_.Debug(kMqtt, {"MQTT PINGREQ packet size is ", stream.total, "."});
      TellBytesSent("sendBuffer", stream.total);
      log_.Debug(kMqtt, {"Sent ", stream.total, " bytes of PINGREQ packet."});
      return;
    case mqtt::PacketType::kDisconnect:
      log_.Debug(kMqtt, {"MQTT DISCONNECT packet size is ", stream.total, "."});
      return TellBytesSent("sendBuffer", stream.total);
    default: return TellBytesSent("sendBuffer", stream.total);
  }
}

void PacketLog::TellSentConnect(const Stream& stream) {
  const auto remaining = stream.header.remaining_length;
  TellSize(stream);
  log_.Debug(kMqtt, {"CONNECT packet remaining length=", remaining,
                     " and packet size=", stream.total, "."});
  log_.Debug(kMqtt, {"CONNECT packet size is ", stream.total, " and remaining length is ",
                     remaining, "."});
  TellBytesSent("sendMessageVector", stream.total);
}

void PacketLog::TellSentSubscribe(const Stream& stream) {
  const auto remaining = stream.header.remaining_length;
  TellSize(stream);
  log_.Debug(kMqtt, {"Subscription packet remaining length=", remaining,
                     " and packet size=", stream.total, "."});
  log_.Debug(kMqtt, {"SUBSCRIBE packet size is ", stream.total, " and remaining length is ",
                     remaining, "."});
  TellBytesSent("sendMessageVector", stream.total);
  mqtt::FilterReader reader(Body(stream), mqtt::PacketType::kSubscribe);
  while (reader.Next()) {
    log_.Debug(kAws, {"SUBSCRIBE topic ", reader.subscription().filter, " to broker."});
  }
}

void PacketLog::TellSentPublish(const Stream& stream) {
  const auto publish = mqtt::DecodePublish(stream.header.flags, Body(stream));
  if (!publish.ok()) return;
  TellSize(stream);
  log_.Debug(kMqtt, {"PUBLISH packet remaining length=", stream.header.remaining_length,
                     " and packet size=", stream.total, "."});
  if (publish->qos == mqtt::Qos::kAtLeastOnce) {
    log_.Debug(kMqtt, {"Adding QoS as QoS1 in PUBLISH flags."});
  }
  if (publish->dup) log_.Debug(kMqtt, {"Adding DUP bit in PUBLISH flags."});
  TellBytesSent("sendMessageVector", stream.total);
  log_.Debug(kAws, {"PUBLISH sent for topic ", publish->topic, " to broker with packet ID ",
                    publish->packet_id, "."});
}

void PacketLog::TellReceived(const Stream& stream) {
  TellSize(stream);
  if (stream.header.type == mqtt::PacketType::kConnack) return TellConnack(stream);
  if (stream.header.type == mqtt::PacketType::kPublish) return TellPublish(stream);
  char type[8];
  std::snprintf(type, sizeof type, "%02x", static_cast<unsigned>(stream.head[0] & 0xF0));
  log_.Debug(kMqtt, {"Received packet of type ", type, "."});
  if (stream.header.type == mqtt::PacketType::kSuback) return TellSuback(stream);
  if (stream.header.type == mqtt::PacketType::kPuback) return TellPuback(stream);
}

void PacketLog::TellConnack(const Stream& stream) {
  const auto connack = mqtt::DecodeConnack(Body(stream));
  if (!connack.ok()) return;
  const auto remaining = stream.header.remaining_length;
  log_.Debug(kMqtt, {"Packet received. ReceivedBytes=", remaining, "."});
  if (connack->code != mqtt::ConnectCode::kAccepted) {
    log_.Debug(kMqtt, {"Connection refused, return code ", static_cast<int>(connack->code), "."});
    return;
  }
  log_.Debug(kMqtt,
             {"CONNACK session present bit ", connack->session_present ? "" : "not ", "set."});
  log_.Debug(kMqtt, {"Connection accepted."});
  log_.Debug(kMqtt, {"Received MQTT CONNACK successfully from broker."});
  log_.Info(kMqtt, {"MQTT connection established with the broker."});
}

void PacketLog::TellSuback(const Stream& stream) {
  const auto suback = mqtt::DecodeSuback(Body(stream));
  if (!suback.ok()) return;
  log_.Debug(kMqtt, {"Packet identifier ", suback->packet_id, "."});
  std::size_t index = 0;
  for (const std::uint8_t code : suback->codes) {
    if (code == mqtt::kSubscribeFailed) {
      log_.Debug(kMqtt, {"Topic filter ", index, " refused."});
    } else {
      log_.Debug(kMqtt, {"Topic filter ", index, " accepted, max QoS ", code, "."});
    }
    ++index;
  }
  log_.Debug(kAws, {"MQTT Packet type SUBACK received."});
}

void PacketLog::TellPuback(const Stream& stream) {
  const auto packet_id = mqtt::DecodeAck(Body(stream));
  if (!packet_id.ok()) return;
  log_.Debug(kMqtt, {"Packet identifier ", *packet_id, "."});
  log_.Info(kMqtt, {"Ack packet deserialized with result: MQTTSuccess."});
  log_.Info(kMqtt, {"State record updated. New state=MQTTPublishDone."});
  log_.Debug(kAws, {"PUBACK received for packet id ", *packet_id, "."});
  log_.Debug(kAws, {"Cleaned up outgoing publish packet with packet id ", *packet_id, "."});
}

void PacketLog::TellPublish(const Stream& stream) {
  const Bytes body = Body(stream);
  const auto publish = mqtt::DecodePublish(stream.header.flags, body);
  if (!publish.ok()) return;
  // Of a long payload only the beginning is in the body.
  const std::size_t payload_bytes =
      stream.header.remaining_length - (body.size() - publish->payload.size());
  const bool acknowledged = publish->qos != mqtt::Qos::kAtMostOnce;
  log_.Debug(kMqtt, {"QoS is ", static_cast<int>(publish->qos), "."});
  log_.Debug(kMqtt, {"Retain bit is ", publish->retain ? 1 : 0, "."});
  log_.Debug(kMqtt, {"DUP bit is ", publish->dup ? 1 : 0, "."});
  log_.Debug(kMqtt, {"Topic name length: ", publish->topic.size(), "."});
  if (acknowledged) log_.Debug(kMqtt, {"Packet identifier ", publish->packet_id, "."});
  log_.Debug(kMqtt, {"Payload length ", payload_bytes, "."});
  log_.Info(kMqtt, {"De-serialized incoming PUBLISH packet: DeserializerResult=MQTTSuccess."});
  log_.Info(kMqtt, {"State record updated. New state=",
                    acknowledged ? "MQTTPubAckSend." : "MQTTPublishDone."});
}

}  // namespace fieldwork::board
