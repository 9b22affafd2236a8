// Fixed headers of every first byte, each packet from bytes written out by hand, the same cut
// short at every place, and what the standard forbids in the packets that a server receives.
// What it forbids in those that a client receives is in session_errors_test.cc.
#include "device/mqtt/decode.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/mqtt_bytes.h"

namespace fieldwork::mqtt {
namespace {

using sim::Packet;
using sim::Raw;

std::string HeaderOf(const Packet& bytes) {
  const auto header = DecodeFixedHeader(bytes);
  if (!header.ok()) return StatusName(header.status());
  return std::to_string(static_cast<int>(header->type)) + "/" + std::to_string(header->flags) +
         " " + std::to_string(header->size) + "+" + std::to_string(header->remaining_length);
}

// [MQTT-2.2.2-1], [MQTT-2.2.2-2], [MQTT-3.3.1-4], [MQTT-3.6.1-1], [MQTT-3.8.1-1],
// [MQTT-3.10.1-1], [MQTT-3.14.1-1]: table 2.2, for each of the 256 first bytes.
TEST(DecodeFixedHeader, EveryFirstByte_IsLegalOnlyAsTheTableSays) {
  for (unsigned first = 0; first <= 0xFF; ++first) {
    const unsigned type = first / 16;
    const unsigned flags = first % 16;
    bool legal = type != 0 && type != 15;
    if (type == 3) {
      legal = flags != 6 && flags != 7 && flags != 14 && flags != 15;
    } else if (type == 6 || type == 8 || type == 10) {
      legal = legal && flags == 2;
    } else {
      legal = legal && flags == 0;
    }
    const auto header = DecodeFixedHeader(Packet{static_cast<std::uint8_t>(first), 0});
    EXPECT_EQ(header.ok(), legal) << std::hex << first;
    if (!header.ok()) {
      EXPECT_EQ(header.status(), Status::kMalformed);
      continue;
    }
    EXPECT_EQ(static_cast<unsigned>(header->type), type);
    EXPECT_EQ(header->flags, flags);
  }
}

TEST(DecodeFixedHeader, RemainingLength_IsUpToFourBytesOfSevenBits) {
  EXPECT_EQ(HeaderOf(Raw("30 00")), "3/0 2+0");
  EXPECT_EQ(HeaderOf(Raw("30 7F")), "3/0 2+127");
  EXPECT_EQ(HeaderOf(Raw("30 80 01")), "3/0 3+128");
  EXPECT_EQ(HeaderOf(Raw("30 FF 7F")), "3/0 3+16383");
  EXPECT_EQ(HeaderOf(Raw("30 80 80 01")), "3/0 4+16384");
  EXPECT_EQ(HeaderOf(Raw("30 FF FF 7F")), "3/0 4+2097151");
  EXPECT_EQ(HeaderOf(Raw("30 80 80 80 01")), "3/0 5+2097152");
  EXPECT_EQ(HeaderOf(Raw("3D FF FF FF 7F 99 99")), "3/13 5+268435455");
}

TEST(DecodeFixedHeader, FifthLengthByte_IsMalformed) {
  EXPECT_EQ(HeaderOf(Raw("30 80 80 80 80")), "malformed");
  EXPECT_EQ(HeaderOf(Raw("30 FF FF FF FF 01")), "malformed");
}

TEST(DecodeFixedHeader, PaddedLength_IsMalformed) {
  EXPECT_EQ(HeaderOf(Raw("30 80 00")), "malformed");
  EXPECT_EQ(HeaderOf(Raw("30 81 00")), "malformed");
  EXPECT_EQ(HeaderOf(Raw("30 FF FF FF 00")), "malformed");
}

TEST(DecodeFixedHeader, CutShort_NeedsMore) {
  for (const char* part : {"", "30", "30 80", "30 80 80", "30 80 80 80"}) {
    EXPECT_EQ(HeaderOf(Raw(part)), "need-more") << part;
  }
}

// [MQTT-3.2.2-4]
TEST(DecodeConnack, EveryPairOfBytes_IsLegalOnlyWithoutReservedBitsAndBrokenPromises) {
  for (unsigned flags = 0; flags <= 0xFF; ++flags) {
    for (unsigned code = 0; code <= 0xFF; ++code) {
      const Packet body{static_cast<std::uint8_t>(flags), static_cast<std::uint8_t>(code)};
      const auto connack = DecodeConnack(body);
      ASSERT_EQ(connack.ok(), flags == 0 || (flags == 1 && code == 0)) << flags << " " << code;
      if (!connack.ok()) continue;
      EXPECT_EQ(connack->session_present, flags == 1);
      EXPECT_EQ(static_cast<unsigned>(connack->code), code);
    }
  }
}

TEST(DecodePublish, Qos0_HasTopicAndPayload) {
  const Packet body = Raw("0003 'a/b' 'hello'");
  const auto publish = DecodePublish(0x01, body);
  ASSERT_TRUE(publish.ok());
  EXPECT_EQ(publish->topic, "a/b");
  EXPECT_EQ(AsText(publish->payload), "hello");
  EXPECT_EQ(publish->qos, Qos::kAtMostOnce);
  EXPECT_EQ(publish->packet_id, 0);
  EXPECT_TRUE(publish->retain);
  EXPECT_FALSE(publish->dup);
}

TEST(DecodePublish, Qos1And2_HaveAPacketId) {
  const Packet body = Raw("0001 'a' FFFE");
  const auto once = DecodePublish(0x0A, body);
  ASSERT_TRUE(once.ok());
  EXPECT_EQ(once->qos, Qos::kAtLeastOnce);
  EXPECT_EQ(once->packet_id, 0xFFFE);
  EXPECT_TRUE(once->dup);
  EXPECT_TRUE(once->payload.empty());
  const auto exactly = DecodePublish(0x04, body);
  ASSERT_TRUE(exactly.ok());
  EXPECT_EQ(exactly->qos, Qos::kExactlyOnce);
}

// [MQTT-3.3.1-4]: also without the check of the fixed header.
TEST(DecodePublish, Qos3_IsMalformed) {
  EXPECT_EQ(DecodePublish(0x06, Raw("0001 'a' 0001")).status(), Status::kMalformed);
}

TEST(DecodePublish, CutShortBeforeThePayload_IsMalformed) {
  const Packet body = Raw("0003 'a/b' 0102");
  for (std::size_t size = 0; size < body.size(); ++size) {
    const Packet part(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(DecodePublish(0x02, part).status(), Status::kMalformed) << size;
  }
  EXPECT_TRUE(DecodePublish(0x02, body).ok());
}

// [MQTT-2.3.1-1]
TEST(DecodeAck, AnythingButAnIdThatIsNotZero_IsMalformed) {
  EXPECT_EQ(*DecodeAck(Raw("0102")), 0x0102);
  EXPECT_EQ(*DecodeAck(Raw("FFFF")), 0xFFFF);
  for (const char* bad : {"", "01", "0000", "000100"}) {
    EXPECT_EQ(DecodeAck(Raw(bad)).status(), Status::kMalformed) << bad;
  }
}

// [MQTT-3.9.3-1], [MQTT-3.9.3-2]
TEST(DecodeSuback, Codes_StayInOrderAndReservedOnesAreMalformed) {
  const Packet body = Raw("0007 01 80 00 02");
  const auto suback = DecodeSuback(body);
  ASSERT_TRUE(suback.ok());
  EXPECT_EQ(suback->packet_id, 7);
  EXPECT_EQ(Packet(suback->codes.begin(), suback->codes.end()), Raw("01 80 00 02"));
  for (unsigned code = 0; code <= 0xFF; ++code) {
    const Packet one{0, 7, static_cast<std::uint8_t>(code)};
    EXPECT_EQ(DecodeSuback(one).ok(), code <= 2 || code == 0x80) << code;
  }
  for (const char* bad : {"", "00", "0007", "0000 00"}) {
    EXPECT_EQ(DecodeSuback(Raw(bad)).status(), Status::kMalformed) << bad;
  }
}

const char kFullConnect[] =
    "0004 'MQTT' 04 EE 003C 0002 'id' 0003 'w/t' 0003 'bye' 0004 'user' 0002 'pw'";

// [MQTT-3.1.3-1]
TEST(DecodeConnect, AllFields_AreRead) {
  const Packet body = Raw(kFullConnect);
  Will will;
  const auto connect = DecodeConnect(body, will);
  ASSERT_TRUE(connect.ok());
  EXPECT_EQ(connect->client_id, "id");
  EXPECT_EQ(connect->user_name, "user");
  EXPECT_EQ(AsText(connect->password), "pw");
  EXPECT_EQ(connect->keep_alive_s, 60);
  EXPECT_TRUE(connect->clean_session);
  ASSERT_EQ(connect->will, &will);
  EXPECT_EQ(will.topic, "w/t");
  EXPECT_EQ(AsText(will.message), "bye");
  EXPECT_EQ(will.qos, Qos::kAtLeastOnce);
  EXPECT_TRUE(will.retain);
}

TEST(DecodeConnect, FieldsNotThere_HaveNoData) {
  const Packet body = Raw("0004 'MQTT' 04 02 0000 0000");
  Will will;
  const auto connect = DecodeConnect(body, will);
  ASSERT_TRUE(connect.ok());
  EXPECT_EQ(connect->client_id, "");
  EXPECT_EQ(connect->user_name.data(), nullptr);
  EXPECT_EQ(connect->password.data(), nullptr);
  EXPECT_EQ(connect->will, nullptr);
}

TEST(DecodeConnect, CutShortAnywhere_IsMalformed) {
  const Packet body = Raw(kFullConnect);
  Will will;
  for (std::size_t size = 0; size < body.size(); ++size) {
    const Packet part(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(DecodeConnect(part, will).status(), Status::kMalformed) << size;
  }
}

// [MQTT-3.1.2-11], [MQTT-3.1.2-13], [MQTT-3.1.2-14], [MQTT-3.1.2-15], [MQTT-3.1.2-18],
// [MQTT-3.1.2-20], [MQTT-3.1.2-22], [MQTT-3.1.3-4], [MQTT-3.1.3-7], [MQTT-3.1.3-10],
// [MQTT-3.1.3-11]
TEST(DecodeConnect, WhatTheStandardForbids_IsMalformed) {
  for (const char* bad : {
           "0004 'MQTX' 04 02 0000 0000",                        // another name
           "0006 'MQIsdp' 03 02 0000 0000",                      // MQTT 3.1
           "0004 'MQTT' 05 02 0000 0000",                        // another level
           "0004 'MQTT' 04 03 0000 0000",                        // reserved flag
           "0004 'MQTT' 04 00 0000 0000",                        // no id, not a clean session
           "0004 'MQTT' 04 0A 0000 0001 'i'",                    // will QoS without a will
           "0004 'MQTT' 04 22 0000 0001 'i'",                    // will retain without a will
           "0004 'MQTT' 04 1E 0000 0001 'i' 0001 'w' 0000",      // will QoS 3
           "0004 'MQTT' 04 06 0000 0001 'i' 0001 '#' 0000",      // wildcard in the will topic
           "0004 'MQTT' 04 06 0000 0001 'i' 0001 C3 0000",       // will topic is not UTF-8
           "0004 'MQTT' 04 06 0000 0001 'i' 0000 0000",          // empty will topic
           "0004 'MQTT' 04 42 0000 0001 'i' 0001 'p'",           // password, no user name
           "0004 'MQTT' 04 02 0000 0001 'i' 0001 'u'",           // user name, but no flag
           "0004 'MQTT' 04 82 0000 0001 'i' 0001 'u' 0001 'p'",  // password, but no flag
           "0004 'MQTT' 04 82 0000 0001 'i' 0001 00",            // U+0000 in the user name
           "0004 'MQTT' 04 82 0000 0001 'i' 0001 FF",            // user name is not UTF-8
           "0004 'MQTT' 04 02 0000 0003 EDA080",                 // surrogate in the id
       }) {
    Will will;
    EXPECT_EQ(DecodeConnect(Raw(bad), will).status(), Status::kMalformed) << bad;
  }
}

std::string Read(const char* body_notation, PacketType type) {
  const Packet body = Raw(body_notation);
  FilterReader reader(body, type);
  std::string text;
  while (reader.Next()) {
    text += std::string(reader.subscription().filter) + ":" +
            std::to_string(static_cast<int>(reader.subscription().qos)) + " ";
  }
  if (reader.status() != Status::kOk) return text + StatusName(reader.status());
  return text + "#" + std::to_string(reader.packet_id());
}

TEST(FilterReader, Subscribe_GivesEachFilterWithItsQos) {
  EXPECT_EQ(Read("0102 0003 'a/b' 01 0001 '#' 00 0001 '+' 02", PacketType::kSubscribe),
            "a/b:1 #:0 +:2 #258");
}

TEST(FilterReader, Unsubscribe_GivesEachFilter) {
  EXPECT_EQ(Read("0009 0003 'a/b' 0003 'c/#'", PacketType::kUnsubscribe), "a/b:0 c/#:0 #9");
}

// [MQTT-3.8.3-1], [MQTT-3.8.3-3], [MQTT-3.8.3-4], [MQTT-2.3.1-1]
TEST(FilterReader, SubscribeThatTheStandardForbids_EndsInMalformed) {
  const auto read = [](const char* body) { return Read(body, PacketType::kSubscribe); };
  EXPECT_EQ(read(""), "malformed");
  EXPECT_EQ(read("00"), "malformed");
  EXPECT_EQ(read("0001"), "malformed");
  EXPECT_EQ(read("0000 0001 'a' 00"), "malformed");
  EXPECT_EQ(read("0001 0001 'a'"), "malformed");
  EXPECT_EQ(read("0001 0001 'a' 03"), "malformed");
  EXPECT_EQ(read("0001 0001 'a' 81"), "malformed");
  EXPECT_EQ(read("0001 0001 'a' 00 0002 'b'"), "a:0 malformed");
  EXPECT_EQ(read("0001 0001 'a' 00 0002 'b#' 00"), "a:0 malformed");
  EXPECT_EQ(read("0001 0001 FF 00"), "malformed");
}

// [MQTT-3.10.3-1], [MQTT-3.10.3-2]
TEST(FilterReader, UnsubscribeThatTheStandardForbids_EndsInMalformed) {
  const auto read = [](const char* body) { return Read(body, PacketType::kUnsubscribe); };
  EXPECT_EQ(read("0001"), "malformed");
  EXPECT_EQ(read("0000 0001 'a'"), "malformed");
  EXPECT_EQ(read("0001 0001 'a' 00"), "a:0 malformed");
  EXPECT_EQ(read("0001 0000"), "malformed");
}

}  // namespace
}  // namespace fieldwork::mqtt
