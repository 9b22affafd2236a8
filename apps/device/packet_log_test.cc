// The packets of the board's log, written again byte for byte, give the board's lines.
#include "apps/device/packet_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "apps/device/testing/captured_output.h"
#include "device/mqtt/encode.h"

namespace fieldwork::board {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class PacketLogTest : public testing::Test {
 protected:
  // What was logged since the last call, each line as "L tag: message".
  std::vector<std::string> Lines() {
    const std::string text = captured_.Take();
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find("\r\n", at);
      lines.push_back(text.substr(at + 1, 1) + text.substr(at + 7, end - at - 7));
      at = end + 2;
    }
    return lines;
  }

  Bytes Encoded(Result<std::size_t> size) {
    EXPECT_TRUE(size.ok());
    return Bytes(packet_).first(size.ok() ? *size : 0);
  }
  Bytes Publish(std::string_view topic, std::size_t payload_bytes, mqtt::Qos qos, mqtt::PacketId id,
                bool dup = false) {
    payload_.assign(payload_bytes, 'x');
    return Encoded(mqtt::EncodePublish(
        {.topic = topic, .payload = AsBytes(payload_), .packet_id = id, .qos = qos, .dup = dup},
        packet_));
  }

  std::vector<std::uint8_t> packet_ = std::vector<std::uint8_t>(4096);
  std::string payload_;
  CapturedOutput captured_;
  Output output_{captured_.fd()};
  Log log_{output_, LogLevel::kDebug, [] { return Instant{1}; }, Instant{0}};
  PacketLog packets_{log_};
};

TEST_F(PacketLogTest, Connect_HasTheLengthsOfTheBoard) {
  const std::string user(68, 'u');
  packets_.OnSent(Encoded(mqtt::EncodeConnect(
      {.client_id = "testclient", .user_name = user, .keep_alive_s = 60, .clean_session = false},
      packet_)));
  EXPECT_THAT(Lines(), ElementsAre("D MQTT: Encoded size for length 92 is 1 bytes.",
                                   "D MQTT: CONNECT packet remaining length=92 and packet size=94.",
                                   "D MQTT: CONNECT packet size is 94 and remaining length is 92.",
                                   "D MQTT: sendMessageVector: Bytes Sent=94, Bytes Remaining=0"));
}

TEST_F(PacketLogTest, Connack_ReadsAsOnTheBoard) {
  packets_.OnReceived(Encoded(mqtt::EncodeConnack({}, packet_)));
  EXPECT_THAT(Lines(), ElementsAre("D MQTT: Encoded size for length 2 is 1 bytes.",
                                   "D MQTT: Packet received. ReceivedBytes=2.",
                                   "D MQTT: CONNACK session present bit not set.",
                                   "D MQTT: Connection accepted.",
                                   "D MQTT: Received MQTT CONNACK successfully from broker.",
                                   "I MQTT: MQTT connection established with the broker."));
  packets_.OnReceived(Encoded(mqtt::EncodeConnack({.session_present = true}, packet_)));
  EXPECT_THAT(Lines(), Contains("D MQTT: CONNACK session present bit set."));
}

TEST_F(PacketLogTest, Subscribe_ReadsAsOnTheBoard) {
  const mqtt::Subscription filters[] = {
      {"$aws/things/wm_demo_1/jobs/notify-next", mqtt::Qos::kAtLeastOnce}};
  packets_.OnSent(Encoded(mqtt::EncodeSubscribe(1, filters, packet_)));
  EXPECT_THAT(
      Lines(),
      ElementsAre("D MQTT: Encoded size for length 43 is 1 bytes.",
                  "D MQTT: Subscription packet remaining length=43 and packet size=45.",
                  "D MQTT: SUBSCRIBE packet size is 45 and remaining length is 43.",
                  "D MQTT: sendMessageVector: Bytes Sent=45, Bytes Remaining=0",
                  "D aws: SUBSCRIBE topic $aws/things/wm_demo_1/jobs/notify-next to broker."));
}

TEST_F(PacketLogTest, Suback_ReadsAsOnTheBoard) {
  const std::uint8_t codes[] = {1, 0x80};
  packets_.OnReceived(Encoded(mqtt::EncodeSuback({1, Bytes(codes).first(1)}, packet_)));
  EXPECT_THAT(Lines(),
              ElementsAre("D MQTT: Encoded size for length 3 is 1 bytes.",
                          "D MQTT: Received packet of type 90.", "D MQTT: Packet identifier 1.",
                          "D MQTT: Topic filter 0 accepted, max QoS 1.",
                          "D aws: MQTT Packet type SUBACK received."));
  packets_.OnReceived(Encoded(mqtt::EncodeSuback({2, codes}, packet_)));
  EXPECT_THAT(Lines(), Contains("D MQTT: Topic filter 1 refused."));
}

TEST_F(PacketLogTest, SentPublish_ReadsAsOnTheBoard) {
  packets_.OnSent(Publish("$aws/things/wm_demo_1/jobs/start-next", 0, mqtt::Qos::kAtLeastOnce, 2));
  EXPECT_THAT(
      Lines(),
      ElementsAre("D MQTT: Encoded size for length 41 is 1 bytes.",
                  "D MQTT: PUBLISH packet remaining length=41 and packet size=43.",
                  "D MQTT: Adding QoS as QoS1 in PUBLISH flags.",
                  "D MQTT: sendMessageVector: Bytes Sent=43, Bytes Remaining=0",
                  "D aws: PUBLISH sent for topic $aws/things/wm_demo_1/jobs/start-next to broker "
                  "with packet ID 2."));
}

TEST_F(PacketLogTest, Puback_ReadsAsOnTheBoard) {
  packets_.OnReceived(Encoded(mqtt::EncodeAck(mqtt::PacketType::kPuback, 2, packet_)));
  EXPECT_THAT(Lines(),
              ElementsAre("D MQTT: Encoded size for length 2 is 1 bytes.",
                          "D MQTT: Received packet of type 40.", "D MQTT: Packet identifier 2.",
                          "I MQTT: Ack packet deserialized with result: MQTTSuccess.",
                          "I MQTT: State record updated. New state=MQTTPublishDone.",
                          "D aws: PUBACK received for packet id 2.",
                          "D aws: Cleaned up outgoing publish packet with packet id 2."));
}

TEST_F(PacketLogTest, LongReceivedPublishInAnyCuts_ReadsAsOnTheBoard) {
  const std::string topic = "$aws/things/wm_demo_1/jobs/start-next/accepted";
  for (std::size_t step : {1u, 2u, 7u, 100u, 4096u}) {
    Bytes packet = Publish(topic, 1836, mqtt::Qos::kAtMostOnce, 0);
    while (!packet.empty()) {
      const std::size_t n = std::min(step, packet.size());
      packets_.OnReceived(packet.first(n));
      packet = packet.subspan(n);
    }
    EXPECT_THAT(Lines(),
                ElementsAre("D MQTT: Encoded size for length 1884 is 2 bytes.", "D MQTT: QoS is 0.",
                            "D MQTT: Retain bit is 0.", "D MQTT: DUP bit is 0.",
                            "D MQTT: Topic name length: 46.", "D MQTT: Payload length 1836.",
                            "I MQTT: De-serialized incoming PUBLISH packet: "
                            "DeserializerResult=MQTTSuccess.",
                            "I MQTT: State record updated. New state=MQTTPublishDone."))
        << step;
  }
}

TEST_F(PacketLogTest, ReceivedQos1Publish_HasItsIdentifier) {
  packets_.OnReceived(
      Publish("$aws/things/wm_demo_1/jobs/notify-next", 24, mqtt::Qos::kAtLeastOnce, 1, true));
  const auto lines = Lines();
  EXPECT_EQ(lines.at(0), "D MQTT: Encoded size for length 66 is 1 bytes.");
  EXPECT_EQ(lines.at(1), "D MQTT: QoS is 1.");
  EXPECT_EQ(lines.at(3), "D MQTT: DUP bit is 1.");
  EXPECT_EQ(lines.at(4), "D MQTT: Topic name length: 38.");
  EXPECT_EQ(lines.at(5), "D MQTT: Packet identifier 1.");
  EXPECT_EQ(lines.at(6), "D MQTT: Payload length 24.");
  EXPECT_EQ(lines.at(8), "I MQTT: State record updated. New state=MQTTPubAckSend.");
}

TEST_F(PacketLogTest, Ping_ReadsAsOnTheBoard) {
  packets_.OnSent(Encoded(mqtt::EncodeEmpty(mqtt::PacketType::kPingreq, packet_)));
  packets_.OnReceived(Encoded(mqtt::EncodeEmpty(mqtt::PacketType::kPingresp, packet_)));
  EXPECT_THAT(Lines(), ElementsAre("D MQTT: MQTT PINGREQ packet size is 2.",
                                   "D MQTT: sendBuffer: Bytes Sent=2, Bytes Remaining=0",
                                   "D MQTT: Sent 2 bytes of PINGREQ packet.",
                                   "D MQTT: Encoded size for length 0 is 1 bytes.",
                                   "D MQTT: Received packet of type d0."));
}

TEST_F(PacketLogTest, SeveralPacketsInOnePiece_AreToldOneByOne) {
  std::vector<std::uint8_t> stream;
  for (mqtt::PacketId id : {7, 8}) {
    const Bytes ack = Encoded(mqtt::EncodeAck(mqtt::PacketType::kPuback, id, packet_));
    stream.insert(stream.end(), ack.begin(), ack.end());
  }
  packets_.OnReceived(stream);
  const auto lines = Lines();
  EXPECT_THAT(lines, Contains("D aws: PUBACK received for packet id 7."));
  EXPECT_THAT(lines, Contains("D aws: PUBACK received for packet id 8."));
}

TEST_F(PacketLogTest, Payload_IsNeverTold) {
  packets_.OnReceived(Publish("t", 100, mqtt::Qos::kAtMostOnce, 0));
  EXPECT_THAT(Lines(), Not(Contains(HasSubstr("xxx"))));
}

TEST_F(PacketLogTest, BelowDebug_NothingIsToldAndTheStreamIsStillFollowed) {
  log_.set_level(LogLevel::kInfo);
  const Bytes packet = Publish("t", 3000, mqtt::Qos::kAtMostOnce, 0);
  packets_.OnReceived(packet);
  packets_.OnReceived(packet.first(1500));
  EXPECT_THAT(Lines(), IsEmpty());
  log_.set_level(LogLevel::kDebug);
  packets_.OnReceived(packet.subspan(1500));
  EXPECT_THAT(Lines(), Contains("D MQTT: Payload length 3000."));
}

TEST_F(PacketLogTest, Garbage_IsIgnoredUntilTheNextConnection) {
  const std::uint8_t garbage[] = {0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01};
  packets_.OnReceived(garbage);
  packets_.OnReceived(Encoded(mqtt::EncodeConnack({}, packet_)));
  EXPECT_THAT(Lines(), IsEmpty());
  packets_.Reset();
  packets_.OnReceived(Encoded(mqtt::EncodeConnack({}, packet_)));
  EXPECT_THAT(Lines(), Contains("D MQTT: Connection accepted."));
}

}  // namespace
}  // namespace fieldwork::board
