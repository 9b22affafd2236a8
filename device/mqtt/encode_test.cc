// Every packet against its bytes written out by hand, every refusal, and every size of memory
// that is too small.
#include "device/mqtt/encode.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "sim/mqtt_bytes.h"

namespace fieldwork::mqtt {
namespace {

using sim::Cat;
using sim::Field;
using sim::Packet;
using sim::Raw;
using sim::ToHex;

using Encoder = std::function<Result<std::size_t>(MutableBytes)>;

/// What the encoder writes. Also holds it to its contract for all memory that is too small:
/// kNoSpace, and (with AddressSanitizer) not a byte beyond.
std::string Written(const Encoder& encode) {
  std::vector<std::uint8_t> large(1024);
  const auto size = encode(large);
  if (!size.ok()) return StatusName(size.status());
  for (std::size_t small = 0; small < *size; ++small) {
    std::vector<std::uint8_t> memory(small);
    EXPECT_EQ(encode(memory).status(), Status::kNoSpace) << small << " of " << *size;
  }
  std::vector<std::uint8_t> exact(*size);
  EXPECT_TRUE(encode(exact).ok());
  return ToHex(exact);
}

std::string Written(const Connect& connect) {
  return Written([&](MutableBytes out) { return EncodeConnect(connect, out); });
}

std::string Written(const Publish& publish) {
  return Written([&](MutableBytes out) { return EncodePublish(publish, out); });
}

Publish MakePublish(std::string_view topic, std::string_view payload, Qos qos = Qos::kAtMostOnce,
                    PacketId id = 0) {
  Publish publish;
  publish.topic = topic;
  publish.payload = AsBytes(payload);
  publish.qos = qos;
  publish.packet_id = id;
  return publish;
}

// [MQTT-3.1.3-3], [MQTT-3.1.2-11], [MQTT-3.1.2-13], [MQTT-3.1.2-15], [MQTT-3.1.2-18],
// [MQTT-3.1.2-20], [MQTT-3.1.2-22], [MQTT-2.2.2-1]: all other flags are 0, and the id is all
// there is in the payload.
TEST(EncodeConnect, IdAlone_HasNoOtherFlagAndNoOtherField) {
  Connect connect{.client_id = "thing-1"};
  connect.keep_alive_s = 60;
  EXPECT_EQ(Written(connect), ToHex(Raw("10 13 0004 'MQTT' 04 02 003C 0007 'thing-1'")));
  connect.clean_session = false;
  connect.keep_alive_s = 65535;
  EXPECT_EQ(Written(connect), ToHex(Raw("10 13 0004 'MQTT' 04 00 FFFF 0007 'thing-1'")));
}

// [MQTT-3.1.3-1], [MQTT-3.1.2-9], [MQTT-3.1.2-19], [MQTT-3.1.2-21]
TEST(EncodeConnect, AllFields_StandInTheOrderOfTheStandard) {
  const Will will{"w/t", AsBytes("bye"), Qos::kAtLeastOnce, true};
  Connect connect{.client_id = "id"};
  connect.user_name = "user";
  connect.password = AsBytes("pw");
  connect.will = &will;
  EXPECT_EQ(Written(connect), ToHex(Raw("10 22 0004 'MQTT' 04 EE 0000"
                                        "0002 'id' 0003 'w/t' 0003 'bye' 0004 'user' 0002 'pw'")));
}

// [MQTT-3.1.2-14]
TEST(EncodeConnect, WillQos_IsTwoBitsAndNeverThree) {
  Will will{"w", {}, Qos::kAtMostOnce, false};
  Connect connect{.client_id = "i"};
  connect.will = &will;
  EXPECT_EQ(Written(connect), ToHex(Raw("10 12 0004 'MQTT' 04 06 0000 0001 'i' 0001 'w' 0000")));
  will.qos = Qos::kExactlyOnce;
  EXPECT_EQ(Written(connect), ToHex(Raw("10 12 0004 'MQTT' 04 16 0000 0001 'i' 0001 'w' 0000")));
  will.qos = static_cast<Qos>(3);
  EXPECT_EQ(Written(connect), "bad-argument");
}

// [MQTT-3.1.2-19], [MQTT-3.1.2-21]: empty is not absent.
TEST(EncodeConnect, EmptyUserNameAndPassword_ArePresent) {
  Connect connect{.client_id = "i"};
  connect.user_name = "";
  EXPECT_EQ(Written(connect), ToHex(Raw("10 0F 0004 'MQTT' 04 82 0000 0001 'i' 0000")));
  connect.password = AsBytes("");
  EXPECT_EQ(Written(connect), ToHex(Raw("10 11 0004 'MQTT' 04 C2 0000 0001 'i' 0000 0000")));
}

// [MQTT-3.1.3-7]
TEST(EncodeConnect, EmptyId_NeedsACleanSession) {
  Connect connect;
  EXPECT_EQ(Written(connect), ToHex(Raw("10 0C 0004 'MQTT' 04 02 0000 0000")));
  connect.clean_session = false;
  EXPECT_EQ(Written(connect), "bad-argument");
}

// [MQTT-3.1.2-22]
TEST(EncodeConnect, PasswordWithoutUserName_IsRefused) {
  Connect connect{.client_id = "i"};
  connect.password = AsBytes("pw");
  EXPECT_EQ(Written(connect), "bad-argument");
}

// [MQTT-3.1.3-4], [MQTT-3.1.3-10], [MQTT-3.1.3-11], [MQTT-1.5.3-1], [MQTT-1.5.3-2],
// [MQTT-4.7.1-1]
TEST(EncodeConnect, TextsThatBreakTheStandard_AreRefused) {
  const std::string bad_texts[] = {"\xC3", "a\xED\xA0\x80", std::string("a\0b", 3),
                                   std::string(65536, 'a')};
  for (const std::string& bad : bad_texts) {
    Connect connect{.client_id = bad};
    EXPECT_EQ(Written(connect), "bad-argument");
    connect.client_id = "i";
    connect.user_name = bad;
    EXPECT_EQ(Written(connect), "bad-argument");
    connect.user_name = {};
    Will will{bad, {}, Qos::kAtMostOnce, false};
    connect.will = &will;
    EXPECT_EQ(Written(connect), "bad-argument");
    will.topic = "a/#";
    EXPECT_EQ(Written(connect), "bad-argument");
  }
}

TEST(EncodeConnect, FieldsLongerThanTwoLengthBytesCanSay_AreRefused) {
  const std::vector<std::uint8_t> long_bytes(65536);
  Connect connect{.client_id = "i"};
  connect.user_name = "u";
  connect.password = long_bytes;
  EXPECT_EQ(Written(connect), "bad-argument");
  connect.password = {};
  const Will will{"w", long_bytes, Qos::kAtMostOnce, false};
  connect.will = &will;
  EXPECT_EQ(Written(connect), "bad-argument");
}

// [MQTT-2.3.1-5], [MQTT-4.3.1-1], [MQTT-3.3.1-2], [MQTT-3.3.2-1]
TEST(EncodePublish, Qos0_HasTopicFirstAndNoPacketId) {
  EXPECT_EQ(Written(MakePublish("a/b", "hi")), ToHex(Raw("30 07 0003 'a/b' 'hi'")));
  EXPECT_EQ(Written(MakePublish("a", "")), ToHex(Raw("30 03 0001 'a'")));
}

// [MQTT-2.3.1-1], [MQTT-3.3.2-1]
TEST(EncodePublish, Qos1And2_HaveThePacketIdAfterTheTopic) {
  Publish publish = MakePublish("a/b", "hi", Qos::kAtLeastOnce, 0x1234);
  EXPECT_EQ(Written(publish), ToHex(Raw("32 09 0003 'a/b' 1234 'hi'")));
  publish.retain = true;
  publish.dup = true;
  EXPECT_EQ(Written(publish), ToHex(Raw("3B 09 0003 'a/b' 1234 'hi'")));
  publish = MakePublish("a/b", "hi", Qos::kExactlyOnce, 65535);
  EXPECT_EQ(Written(publish), ToHex(Raw("34 09 0003 'a/b' FFFF 'hi'")));
}

// [MQTT-2.3.1-1], [MQTT-2.3.1-5], [MQTT-3.3.1-2], [MQTT-3.3.1-4]
TEST(EncodePublish, IdAndFlagsThatContradictTheQos_AreRefused) {
  EXPECT_EQ(Written(MakePublish("a", "", Qos::kAtLeastOnce, 0)), "bad-argument");
  EXPECT_EQ(Written(MakePublish("a", "", Qos::kExactlyOnce, 0)), "bad-argument");
  EXPECT_EQ(Written(MakePublish("a", "", Qos::kAtMostOnce, 1)), "bad-argument");
  EXPECT_EQ(Written(MakePublish("a", "", static_cast<Qos>(3), 1)), "bad-argument");
  Publish publish = MakePublish("a", "");
  publish.dup = true;
  EXPECT_EQ(Written(publish), "bad-argument");
}

// [MQTT-3.3.2-2], [MQTT-4.7.1-1], [MQTT-4.7.3-1], [MQTT-4.7.3-2], [MQTT-4.7.3-3]
TEST(EncodePublish, TopicsThatAreNoNames_AreRefused) {
  const std::string bad_topics[] = {
      "", "a/+", "#", "a/\xFF", std::string("\0", 1), std::string(65536, 'a')};
  for (const std::string& bad : bad_topics) {
    EXPECT_EQ(Written(MakePublish(bad, "x")), "bad-argument");
  }
}

TEST(EncodePublishHeader, RemainingLength_HasTheFewestBytesForIt) {
  struct Case {
    std::size_t remaining;
    const char* bytes;
  };
  for (const Case& c : {Case{127, "30 7F"}, Case{128, "30 8001"}, Case{16'383, "30 FF7F"},
                        Case{16'384, "30 808001"}, Case{2'097'151, "30 FFFF7F"},
                        Case{2'097'152, "30 80808001"}, Case{268'435'455, "30 FFFFFF7F"}}) {
    // Nobody reads the payload here: its length is all that matters.
    static constexpr std::uint8_t kByte = 0;
    Publish publish = MakePublish("a", "");
    publish.payload = Bytes(&kByte, c.remaining - 3);
    EXPECT_EQ(Written([&](MutableBytes out) { return EncodePublishHeader(publish, out); }),
              ToHex(Cat({Raw(c.bytes), Field("a")})));
    publish.payload = Bytes(&kByte, 268'435'456 - 3);
    EXPECT_EQ(Written([&](MutableBytes out) { return EncodePublishHeader(publish, out); }),
              "too-large");
  }
}

TEST(MarkDuplicate, Publish_DiffersInOneBitOnly) {
  Packet packet = Raw("33 05 0001 'a' 0001");
  MarkDuplicate(packet);
  EXPECT_EQ(ToHex(packet), ToHex(Raw("3B 05 0001 'a' 0001")));
}

// [MQTT-3.8.1-1], [MQTT-2.3.1-1], [MQTT-2.2.2-1]
TEST(EncodeSubscribe, Filters_FollowThePacketIdEachWithItsQos) {
  const Subscription subscriptions[] = {
      {"a/+", Qos::kAtLeastOnce}, {"#", Qos::kAtMostOnce}, {"c", Qos::kExactlyOnce}};
  EXPECT_EQ(Written([&](MutableBytes out) { return EncodeSubscribe(0x0102, subscriptions, out); }),
            ToHex(Raw("82 10 0102 0003 'a/+' 01 0001 '#' 00 0001 'c' 02")));
}

// [MQTT-3.8.3-1], [MQTT-3.8.3-3], [MQTT-3.8.3-4], [MQTT-2.3.1-1], [MQTT-4.7.1-2],
// [MQTT-4.7.1-3], [MQTT-4.7.3-1], [MQTT-4.7.3-2]
TEST(EncodeSubscribe, WhatTheStandardForbids_IsRefused) {
  const auto written = [](PacketId id, std::vector<Subscription> list) {
    return Written([&](MutableBytes out) { return EncodeSubscribe(id, list, out); });
  };
  EXPECT_EQ(written(1, {}), "bad-argument");
  EXPECT_EQ(written(0, {{"a", Qos::kAtMostOnce}}), "bad-argument");
  EXPECT_EQ(written(1, {{"a", static_cast<Qos>(3)}}), "bad-argument");
  const std::string_view bad_filters[] = {"", "a#", "b+/c", "\xC3", {"\0", 1}};
  for (const std::string_view bad : bad_filters) {
    EXPECT_EQ(written(1, {{"good", Qos::kAtMostOnce}, {bad, Qos::kAtMostOnce}}), "bad-argument");
  }
}

// [MQTT-3.10.1-1], [MQTT-3.10.3-1], [MQTT-2.3.1-1]
TEST(EncodeUnsubscribe, Filters_FollowThePacketIdWithoutGaps) {
  const std::string_view filters[] = {"a/b", "c/#"};
  EXPECT_EQ(Written([&](MutableBytes out) { return EncodeUnsubscribe(9, filters, out); }),
            ToHex(Raw("A2 0C 0009 0003 'a/b' 0003 'c/#'")));
}

// [MQTT-3.10.3-1], [MQTT-3.10.3-2]
TEST(EncodeUnsubscribe, WhatTheStandardForbids_IsRefused) {
  const auto written = [](PacketId id, std::vector<std::string_view> list) {
    return Written([&](MutableBytes out) { return EncodeUnsubscribe(id, list, out); });
  };
  EXPECT_EQ(written(1, {}), "bad-argument");
  EXPECT_EQ(written(0, {"a"}), "bad-argument");
  EXPECT_EQ(written(1, {"a", "#/b"}), "bad-argument");
  EXPECT_EQ(written(1, {"a", "\xFE"}), "bad-argument");
}

// [MQTT-3.6.1-1], [MQTT-2.2.2-1]
TEST(EncodeAck, EachType_HasItsFlagsAndTheId) {
  const auto written = [](PacketType type, PacketId id) {
    return Written([&](MutableBytes out) { return EncodeAck(type, id, out); });
  };
  EXPECT_EQ(written(PacketType::kPuback, 1), "40 02 00 01");
  EXPECT_EQ(written(PacketType::kPubrec, 0x0203), "50 02 02 03");
  EXPECT_EQ(written(PacketType::kPubrel, 0xFFFF), "62 02 ff ff");
  EXPECT_EQ(written(PacketType::kPubcomp, 256), "70 02 01 00");
  EXPECT_EQ(written(PacketType::kUnsuback, 7), "b0 02 00 07");
  EXPECT_EQ(written(PacketType::kPuback, 0), "bad-argument");
}

// [MQTT-2.2.2-1], [MQTT-3.14.1-1]
TEST(EncodeEmpty, EachType_IsTwoBytesWithoutFlags) {
  const auto written = [](PacketType type) {
    return Written([&](MutableBytes out) { return EncodeEmpty(type, out); });
  };
  EXPECT_EQ(written(PacketType::kPingreq), "c0 00");
  EXPECT_EQ(written(PacketType::kPingresp), "d0 00");
  EXPECT_EQ(written(PacketType::kDisconnect), "e0 00");
}

TEST(EncodeConnack, RefusalWithASession_IsRefused) {
  const auto written = [](const Connack& connack) {
    return Written([&](MutableBytes out) { return EncodeConnack(connack, out); });
  };
  EXPECT_EQ(written({ConnectCode::kAccepted, false}), "20 02 00 00");
  EXPECT_EQ(written({ConnectCode::kAccepted, true}), "20 02 01 00");
  EXPECT_EQ(written({ConnectCode::kNotAuthorized, false}), "20 02 00 05");
  EXPECT_EQ(written({ConnectCode::kNotAuthorized, true}), "bad-argument");
}

TEST(EncodeSuback, ReservedCodes_AreRefused) {
  const auto written = [](PacketId id, const Packet& codes) {
    return Written([&](MutableBytes out) { return EncodeSuback({id, codes}, out); });
  };
  EXPECT_EQ(written(3, {0, 1, 2, 0x80}), "90 06 00 03 00 01 02 80");
  EXPECT_EQ(written(0, {0}), "bad-argument");
  EXPECT_EQ(written(3, {}), "bad-argument");
  EXPECT_EQ(written(3, {0, 3}), "bad-argument");
}

}  // namespace
}  // namespace fieldwork::mqtt
