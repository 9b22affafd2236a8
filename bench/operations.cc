#include "bench/operations.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "device/jobs/messages.h"
#include "device/jobs/topics.h"
#include "device/json/reader.h"
#include "device/mqtt/decode.h"
#include "device/mqtt/encode.h"
#include "device/mqtt/session.h"

namespace fieldwork::bench {
namespace {

constexpr std::string_view kTopic = "$aws/things/wm_demo_1/jobs/start-next/accepted";
constexpr mqtt::Connect kBareConnect{
    .client_id = "wm_demo_1", .keep_alive_s = 60, .clean_session = false};
constexpr mqtt::Connect kConnect{
    .client_id = "wm_demo_1",
    .user_name = "?SDK=Fieldwork&Version=0.1.0&Platform=W800&MQTTLib=fieldwork",
    .keep_alive_s = 60,
    .clean_session = false};
constexpr mqtt::Subscription kSubscriptions[] = {
    {"$aws/things/wm_demo_1/jobs/notify-next", mqtt::Qos::kAtLeastOnce},
    {"$aws/things/wm_demo_1/jobs/start-next/+", mqtt::Qos::kAtLeastOnce}};

std::string payload;                // 1,836 bytes: a job with a presigned URL.
std::vector<std::uint8_t> publish;  // The whole PUBLISH, QoS 1, that carries it.
Bytes publish_body;
mqtt::Publish job_message{
    .topic = kTopic, .payload = {}, .packet_id = 1, .qos = mqtt::Qos::kAtLeastOnce};
std::vector<std::uint8_t> connect;
std::vector<std::uint8_t> subscribe;
std::array<std::uint8_t, 4096> out;
std::array<std::uint8_t, 4096> receive_buffer;
std::array<std::uint8_t, 1024> send_buffer;
std::array<mqtt::SendRecord, 8> records;
mqtt::Session session(kConnect, {receive_buffer, send_buffer, records});

/// A measured operation that fails would be measured for nothing.
void Require(bool ok) {
  if (ok) return;
  std::fputs("bench: an operation failed\n", stderr);
  std::abort();
}

void EncodeBareConnect() { Require(mqtt::EncodeConnect(kBareConnect, out).ok()); }
void EncodeConnect() { Require(mqtt::EncodeConnect(kConnect, out).ok()); }
void DecodeConnect() {
  const auto header = mqtt::DecodeFixedHeader(connect);
  mqtt::Will will;
  Require(mqtt::DecodeConnect(Bytes(connect).subspan(header->size), will).ok());
}
void EncodeSubscribe() { Require(mqtt::EncodeSubscribe(1, kSubscriptions, out).ok()); }
void DecodeSubscribe() {
  const auto header = mqtt::DecodeFixedHeader(subscribe);
  mqtt::FilterReader reader(Bytes(subscribe).subspan(header->size), mqtt::PacketType::kSubscribe);
  while (reader.Next()) {
  }
  Require(reader.status() == Status::kOk);
}
void EncodePublishHeader() { Require(mqtt::EncodePublishHeader(job_message, out).ok()); }
void EncodePublish() { Require(mqtt::EncodePublish(job_message, out).ok()); }
void DecodeFixedHeader() { Require(mqtt::DecodeFixedHeader(publish).ok()); }
void DecodePublish() { Require(mqtt::DecodePublish(0x02, publish_body).ok()); }
void EncodePuback() { Require(mqtt::EncodeAck(mqtt::PacketType::kPuback, 1, out).ok()); }

/// Brings `bytes` to the session as the transport would; the copy is the transport's work,
/// and is done beforehand where it counts.
void Feed(Bytes bytes) {
  const MutableBytes space = session.ReceiveSpace();
  std::copy(bytes.begin(), bytes.end(), space.begin());
  session.OnReceived(Instant{1}, bytes.size());
}
void Send() {
  for (Bytes bytes = session.BytesToSend(); !bytes.empty(); bytes = session.BytesToSend()) {
    session.OnSent(Instant{1}, bytes.size());
  }
}

void ReceiveAndAcknowledge() {
  // The bytes are in the receive buffer from the last time: a transport that reads into
  // it costs no copy of ours.
  static_cast<void>(session.ReceiveSpace());
  session.OnReceived(Instant{1}, publish.size());
  const auto event = session.NextEvent(Instant{1});
  const auto* message = std::get_if<mqtt::event::Message>(&*event);
  Require(message != nullptr);
  Require(session.Acknowledge(message->publish.qos, message->publish.packet_id) == Status::kOk);
  Require(!session.NextEvent(Instant{1}));
  Send();
}

void FindInPayload() {
  json::Query queries[] = {{.path = "execution.jobId"}, {.path = "execution.jobDocument"}};
  Require(json::Find(payload, queries) == Status::kOk && queries[0].found && queries[1].found);
}
void DecodeExecution() { Require(jobs::DecodeExecution(payload).ok()); }
void EncodeUpdate() {
  std::array<char, 256> text;
  Require(
      jobs::Encode(jobs::UpdateRequest{.status = jobs::ExecutionStatus::kSucceeded}, text).ok());
}
void FormatUpdateTopic() {
  std::array<char, jobs::kMaxTopic> text;
  Require(jobs::FormatTopic(jobs::Topic::kUpdate, "wm_demo_1", "AFR_OTA-3", text).ok());
}
void ParseReplyTopic() { Require(jobs::ParseTopic(kTopic, "wm_demo_1").ok()); }

constexpr Operation kOperations[] = {
    {"mqtt: encode CONNECT", EncodeBareConnect, 154, 154},
    {"mqtt: encode CONNECT with a user name", EncodeConnect, 0, 0},
    {"mqtt: decode CONNECT with a user name", DecodeConnect, 0, 0},
    {"mqtt: encode SUBSCRIBE, 2 filters", EncodeSubscribe, 196, 0},
    {"mqtt: decode SUBSCRIBE, 2 filters", DecodeSubscribe, 0, 0},
    {"mqtt: encode PUBLISH header, QoS 1", EncodePublishHeader, 198, 198},
    {"mqtt: encode PUBLISH, 1836 bytes", EncodePublish, 399, 0},
    {"mqtt: decode fixed header", DecodeFixedHeader, 0, 0},
    {"mqtt: decode PUBLISH, 1836 bytes", DecodePublish, 181, 181},
    {"mqtt: encode PUBACK", EncodePuback, 42, 42},
    {"mqtt: receive that PUBLISH, acknowledge it", ReceiveAndAcknowledge, 837, 837},
    {"json: validate 1836 bytes, find 2 paths", FindInPayload, 115845, 20000},
    {"jobs: decode that start-next reply", DecodeExecution, 143214, 0},
    {"jobs: encode update", EncodeUpdate, 1264, 0},
    {"jobs: format update topic", FormatUpdateTopic, 870, 0},
    {"jobs: parse reply topic", ParseReplyTopic, 770, 0},
};

std::vector<std::uint8_t> Encoded(Result<std::size_t> size) {
  Require(size.ok());
  return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(*size)};
}

}  // namespace

void Prepare() {
  std::ifstream file(FIELDWORK_SOURCE_DIR "/spec/jobs/start_next_accepted_afr_ota.json",
                     std::ios::binary);
  payload.assign(std::istreambuf_iterator<char>(file), {});
  Require(payload.size() == 1836);
  job_message.payload = AsBytes(payload);
  connect = Encoded(mqtt::EncodeConnect(kConnect, out));
  subscribe = Encoded(mqtt::EncodeSubscribe(1, kSubscriptions, out));
  publish = Encoded(mqtt::EncodePublish(job_message, out));
  publish_body = Bytes(publish).subspan(mqtt::DecodeFixedHeader(publish)->size);
  Require(session.Connect(Instant{1}) == Status::kOk);
  Send();
  Feed(std::array<std::uint8_t, 4>{0x20, 2, 0, 0});
  Require(session.NextEvent(Instant{1}).has_value());
  Require(!session.NextEvent(Instant{1}).has_value());
  std::copy(publish.begin(), publish.end(), session.ReceiveSpace().begin());
}

std::span<const Operation> Operations() { return kOperations; }

}  // namespace fieldwork::bench
