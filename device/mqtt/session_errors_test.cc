// Packets that no broker may send. Whatever is wrong with one, the session closes with
// kProtocolError, delivers nothing of it or after it, and answers nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "device/mqtt/session.h"
#include "sim/mqtt_bytes.h"
#include "sim/session_driver.h"

namespace fieldwork::mqtt {
namespace {

using sim::Cat;
using sim::Framed;
using sim::kConnackPacket;
using sim::kConnackWithSession;
using sim::Packet;
using sim::PublishPacket;
using sim::Raw;
using sim::SessionDriver;
using sim::SubackPacket;
using testing::ElementsAre;
using testing::IsEmpty;

const Connect kOptions{.client_id = "i", .clean_session = false};
constexpr char kClosed[] = "close: the broker broke the protocol";

/// The receive buffer has 128 bytes, and good messages follow the bad packet.
void ExpectProtocolError(const Packet& bad, bool connected) {
  const Packet after = Cat({PublishPacket(0x32, "t", 9, "x"), PublishPacket(0x30, "t", 0, "")});
  for (const std::size_t cut : {std::size_t{1}, std::size_t{3}, SessionDriver::kAll}) {
    SessionDriver driver(kOptions, {.receive = 128, .send = 256, .records = 8});
    if (connected) {
      driver.Establish();
    } else {
      ASSERT_EQ(driver.Connect(), Status::kOk);
      driver.TakeSent();
    }
    driver.Receive(Cat({bad, after}), cut);
    EXPECT_THAT(driver.TakeEvents(), ElementsAre(kClosed)) << sim::ToHex(bad) << " cut " << cut;
    EXPECT_THAT(driver.TakeSent(), IsEmpty()) << sim::ToHex(bad);
    EXPECT_FALSE(driver.session().connected());
    driver.Advance(Seconds(600));
    EXPECT_THAT(driver.TakeEvents(), IsEmpty());
    EXPECT_THAT(driver.TakeSent(), IsEmpty());
  }
}

// ---- Bodies that are wrong, behind a first byte and a length that are right --------------

struct BadBody {
  const char* why;
  unsigned first_byte;
  const char* body;
};

void PrintTo(const BadBody& bad, std::ostream* out) {
  *out << bad.why << ": " << std::hex << bad.first_byte << " " << bad.body;
}

constexpr BadBody kBadBodies[] = {
    // PUBLISH without all of its fields [MQTT-3.3.2-1], [MQTT-2.3.1-1]
    {"no topic", 0x30, ""},
    {"half a topic length", 0x30, "00"},
    {"topic longer than the packet", 0x30, "0002 'a'"},
    {"topic much longer than the packet", 0x30, "FFFF 'abc'"},
    {"no topic", 0x32, ""},
    {"half a topic length", 0x32, "00"},
    {"topic longer than the packet", 0x32, "0003 'a' 0001"},
    {"no packet id", 0x32, "0001 'a'"},
    {"half a packet id", 0x32, "0001 'a' 00"},
    {"packet id 0", 0x32, "0001 'a' 0000"},
    {"packet id 0", 0x32, "0001 'a' 0000 'payload'"},
    {"packet id 0 in a copy", 0x3A, "0001 'a' 0000"},
    {"no topic", 0x34, ""},
    {"no packet id", 0x34, "0001 'a'"},
    {"half a packet id", 0x34, "0001 'a' 01"},
    {"packet id 0", 0x34, "0001 'a' 0000"},
    {"packet id 0 in a copy", 0x3C, "0001 'a' 0000"},
    // DUP of what is sent once only [MQTT-3.3.1-2]
    {"copy of QoS 0", 0x38, "0001 'a'"},
    {"retained copy of QoS 0", 0x39, "0001 'a' 'x'"},
    // Topics that are no names [MQTT-3.3.2-2], [MQTT-4.7.1-1], [MQTT-4.7.3-1]
    {"empty", 0x30, "0000"},
    {"empty", 0x30, "0000 'payload'"},
    {"empty", 0x32, "0000 0001"},
    {"empty", 0x34, "0000 0001 'payload'"},
    {"wildcard alone", 0x30, "0001 '+'"},
    {"wildcard alone", 0x30, "0001 '#'"},
    {"wildcard last", 0x30, "0003 'a/+'"},
    {"wildcard last", 0x32, "0003 'a/#' 0001"},
    {"wildcard first", 0x34, "0003 '+/a' 0001"},
    {"wildcard inside", 0x30, "0005 'a/+/b'"},
    {"wildcard inside", 0x32, "0005 'a/#/b' 0001"},
    {"plus within a level", 0x30, "0002 'a+'"},
    {"hash within a level", 0x30, "0002 '#a'"},
    {"wildcard far behind", 0x30, "0014 '$aws/things/x/jobs/+'"},
    {"wildcard beside a letter beyond ASCII", 0x30, "0004 C3A9 '/+'"},
    // U+0000 [MQTT-1.5.3-2], [MQTT-4.7.3-2]
    {"NUL alone", 0x30, "0001 00"},
    {"NUL first", 0x30, "0002 00 'a'"},
    {"NUL last", 0x32, "0002 'a' 00 0001"},
    {"NUL inside", 0x34, "0003 'a' 00 'b' 0001"},
    {"NUL in the eighth byte", 0x30, "0008 'abcdefg' 00"},
    {"NUL in the ninth byte", 0x30, "0009 'abcdefgh' 00"},
    {"NUL beside a letter beyond ASCII", 0x30, "0003 C3A9 00"},
    // Ill-formed UTF-8 [MQTT-1.5.3-1]
    {"stray tail, lowest", 0x30, "0001 80"},
    {"stray tail, highest", 0x30, "0001 BF"},
    {"overlong NUL", 0x30, "0002 C080"},
    {"overlong pair", 0x30, "0002 C1BF"},
    {"pair cut short", 0x30, "0001 C3"},
    {"pair without its tail", 0x30, "0002 C3 'a'"},
    {"pair with two leads", 0x30, "0002 C3C3"},
    {"overlong triple, lowest", 0x30, "0003 E08080"},
    {"overlong triple, highest", 0x30, "0003 E09FBF"},
    {"first surrogate", 0x30, "0003 EDA080"},
    {"last high surrogate", 0x32, "0003 EDAFBF 0001"},
    {"first low surrogate", 0x34, "0003 EDB080 0001"},
    {"last surrogate", 0x30, "0003 EDBFBF"},
    {"pair of surrogates", 0x30, "0006 EDA0BD EDB880"},
    {"triple cut short", 0x30, "0002 E282"},
    {"triple without its last tail", 0x30, "0003 E282 'a'"},
    {"triple without its tails", 0x30, "0003 E2 'ab'"},
    {"overlong quadruple, lowest", 0x30, "0004 F0808080"},
    {"overlong quadruple, highest", 0x30, "0004 F08FBFBF"},
    {"first beyond the last plane", 0x30, "0004 F4908080"},
    {"far beyond the last plane", 0x30, "0004 F7BFBFBF"},
    {"lead F5", 0x30, "0004 F5808080"},
    {"five bytes", 0x30, "0005 F888808080"},
    {"six bytes", 0x30, "0006 FC8480808080"},
    {"quadruple cut short", 0x32, "0003 F09F98 0001"},
    {"quadruple without its last tail", 0x30, "0004 F09F98 'a'"},
    {"quadruple whose tail would be the payload", 0x30, "0003 F09F98 80"},
    {"FE", 0x30, "0001 FE"},
    {"FF", 0x30, "0001 FF"},
    {"UTF-16 with its mark", 0x30, "0004 FEFF 0061"},
    {"Latin-1", 0x30, "0003 'a' E9 'b'"},
    {"fault behind a whole word", 0x30, "000A 'abcdefghi' C3"},
    {"fault before a whole word", 0x30, "000A E9 'abcdefghi'"},
    // Acknowledgements of a wrong size, and of id 0 [MQTT-2.3.1-1], [MQTT-2.3.1-6]
    {"PUBACK without id", 0x40, ""},
    {"PUBACK with half an id", 0x40, "01"},
    {"PUBACK with a byte more", 0x40, "0001 00"},
    {"PUBACK of MQTT 5", 0x40, "0001 10 00"},
    {"PUBACK of id 0", 0x40, "0000"},
    {"PUBREC without id", 0x50, ""},
    {"PUBREC with half an id", 0x50, "01"},
    {"PUBREC with a byte more", 0x50, "0001 00"},
    {"PUBREC of MQTT 5", 0x50, "0001 10 00"},
    {"PUBREC of id 0", 0x50, "0000"},
    {"PUBREL without id", 0x62, ""},
    {"PUBREL with half an id", 0x62, "01"},
    {"PUBREL with a byte more", 0x62, "0001 00"},
    {"PUBREL of MQTT 5", 0x62, "0001 92 00"},
    {"PUBREL of id 0", 0x62, "0000"},
    {"PUBCOMP without id", 0x70, ""},
    {"PUBCOMP with half an id", 0x70, "01"},
    {"PUBCOMP with a byte more", 0x70, "0001 00"},
    {"PUBCOMP of MQTT 5", 0x70, "0001 92 00"},
    {"PUBCOMP of id 0", 0x70, "0000"},
    // [MQTT-2.3.1-7]
    {"UNSUBACK without id", 0xB0, ""},
    {"UNSUBACK with half an id", 0xB0, "01"},
    {"UNSUBACK with a code", 0xB0, "0001 00"},
    {"UNSUBACK of MQTT 5", 0xB0, "0001 00 11"},
    {"UNSUBACK of id 0", 0xB0, "0000"},
    // SUBACK [MQTT-3.9.3-2], [MQTT-3.8.4-5], [MQTT-2.3.1-7]
    {"SUBACK without id", 0x90, ""},
    {"SUBACK with half an id", 0x90, "01"},
    {"SUBACK without codes", 0x90, "0001"},
    {"SUBACK of id 0", 0x90, "0000 00"},
    {"SUBACK, first reserved code", 0x90, "0001 03"},
    {"SUBACK, code 4", 0x90, "0001 04"},
    {"SUBACK, code 10", 0x90, "0001 10"},
    {"SUBACK, code 40", 0x90, "0001 40"},
    {"SUBACK, last code before failure", 0x90, "0001 7F"},
    {"SUBACK, first code after failure", 0x90, "0001 81"},
    {"SUBACK, not authorized in MQTT 5", 0x90, "0001 87"},
    {"SUBACK, code FF", 0x90, "0001 FF"},
    {"SUBACK, second code reserved", 0x90, "0001 00 03"},
    {"SUBACK, last of many codes reserved", 0x90, "0001 00 01 02 80 82"},
    {"SUBACK, first of many codes reserved", 0x90, "0001 83 01 02 80 00"},
    // PINGRESP has no body
    {"PINGRESP with a byte", 0xD0, "00"},
    {"PINGRESP with an id", 0xD0, "0001"},
    {"PINGRESP with text", 0xD0, "'pong'"},
    // CONNACK comes once
    {"CONNACK again", 0x20, "0000"},
    {"CONNACK again, with a session", 0x20, "0100"},
    {"CONNACK again, refusing", 0x20, "0005"},
    {"CONNACK again, malformed", 0x20, "00"},
    // Packets that only a client sends
    {"CONNECT", 0x10, "0004 'MQTT' 04 02 0000 0001 'i'"},
    {"CONNECT of MQTT 3.1", 0x10, "0006 'MQIsdp' 03 02 0000 0001 'i'"},
    {"CONNECT, empty", 0x10, ""},
    {"SUBSCRIBE", 0x82, "0001 0001 'a' 00"},
    {"SUBSCRIBE, empty", 0x82, ""},
    {"UNSUBSCRIBE", 0xA2, "0001 0001 'a'"},
    {"UNSUBSCRIBE, empty", 0xA2, ""},
    {"PINGREQ", 0xC0, ""},
    {"PINGREQ with a byte", 0xC0, "00"},
    {"DISCONNECT", 0xE0, ""},
    {"DISCONNECT of MQTT 5", 0xE0, "8B 00"},
};

class SessionBadBody : public testing::TestWithParam<BadBody> {};

// [MQTT-4.8.0-1]
TEST_P(SessionBadBody, OnceConnected_ClosesAndDeliversNothing) {
  ExpectProtocolError(Framed(GetParam().first_byte, Raw(GetParam().body)), true);
}

INSTANTIATE_TEST_SUITE_P(All, SessionBadBody, testing::ValuesIn(kBadBodies));

// ---- Headers that are wrong --------------------------------------------------------------

constexpr const char* kBadHeaders[] = {
    // Types that do not exist
    "00 00",
    "01 00",
    "0F 00",
    "00 02 0001",
    "F0 00",
    "F0 02 1800",
    "F2 00",
    "FF 00",
    "FF FF FF 7F",
    // QoS 3 [MQTT-3.3.1-4]
    "36 05 0001 'a' 0001",
    "37 05 0001 'a' 0001",
    "3E 05 0001 'a' 0001",
    "3F 05 0001 'a' 0001",
    "36 03 0001 'a'",
    "36 00",
    // A fifth byte of length
    "30 80 80 80 80 01",
    "30 FF FF FF FF 7F",
    "32 80 80 80 80 00",
    "D0 80 80 80 80 00",
    "40 82 80 80 80 00 0001",
    "90 83 80 80 80 00 0001 00",
    // Lengths with padding
    "D0 80 00",
    "D0 80 80 00",
    "D0 80 80 80 00",
    "40 82 00 0001",
    "40 82 80 00 0001",
    "30 83 00 0001 'a'",
    "32 85 80 80 00 0001 'a' 0001",
    "90 83 00 0001 00",
    "B0 82 00 0001",
    // Far too long for what they say they are
    "40 80 01 0001",
    "50 FF 7F 0001",
    "62 80 80 01 0001",
    "70 FF FF FF 7F 0001",
    "90 FF FF FF 7F 0001 00",
    "B0 80 02 0001",
    "D0 FF FF FF 7F",
    "20 FF FF FF 7F 0000",
    "10 FF FF FF 7F 0004 'MQTT'",
    "82 FF FF FF 7F 0001",
    "A2 80 02 0001",
    "C0 80 02",
    "E0 80 02",
    // PUBLISH too long for the buffer, and wrong where it can be seen
    "30 80 02 0000",
    "30 80 02 0001 '+'",
    "30 80 02 0003 'a/#'",
    "30 80 02 0001 00",
    "30 80 02 0002 C080",
    "30 80 02 FFFF",
    "30 80 02 00FF",
    "32 80 02 0001 'a' 0000",
    "32 80 02 00FD",
    "34 80 02 0001 'a' 0000",
    "38 80 02 0001 'a'",
    "36 80 02 0001 'a' 0001",
};

class SessionBadHeader : public testing::TestWithParam<const char*> {};

// [MQTT-4.8.0-1]
TEST_P(SessionBadHeader, OnceConnected_ClosesAndDeliversNothing) {
  ExpectProtocolError(Raw(GetParam()), true);
}

INSTANTIATE_TEST_SUITE_P(All, SessionBadHeader, testing::ValuesIn(kBadHeaders));

// [MQTT-2.2.2-1], [MQTT-2.2.2-2], [MQTT-3.6.1-1]: each reserved bit of each packet that a
// server sends, 120 packets in all.
TEST(SessionErrors, ReservedFlags_Close) {
  int packets = 0;
  for (const Packet& good :
       {Raw("20 02 0000"), Raw("40 02 0001"), Raw("50 02 0001"), Raw("62 02 0001"),
        Raw("70 02 0001"), Raw("90 03 0001 00"), Raw("B0 02 0001"), Raw("D0 00")}) {
    for (unsigned flags = 0; flags < 16; ++flags) {
      Packet bad = good;
      bad[0] = static_cast<std::uint8_t>(good[0] / 16 * 16 + flags);
      if (bad[0] == good[0]) continue;
      ExpectProtocolError(bad, true);
      ++packets;
    }
  }
  EXPECT_EQ(packets, 120);
}

// ---- Before CONNACK ----------------------------------------------------------------------

constexpr const char* kBadFirstPackets[] = {
    // Anything but CONNACK
    "30 03 0001 'a'",
    "32 05 0001 'a' 0001",
    "34 05 0001 'a' 0001",
    "40 02 0001",
    "50 02 0001",
    "62 02 0001",
    "70 02 0001",
    "90 03 0001 00",
    "B0 02 0001",
    "D0 00",
    "C0 00",
    "E0 00",
    "10 0D 0004 'MQTT' 04 02 0000 0001 'i'",
    "82 06 0001 0001 'a' 00",
    "A2 05 0001 0001 'a'",
    "00 00",
    "F0 00",
    "'HTTP/1.1 400 Bad Request'",
    "'220 mail.example ESMTP, good morning to whoever that may be'",
    "15 0303 0002 0228",
    // PUBLISH too long for the buffer, with a topic that fits and with one that does not
    "30 80 02 0001 'a'",
    "32 80 02 0001 'a' 0001",
    "30 80 02 00F0",
    // CONNACK of a wrong size, with reserved bits, and with a session in spite of a refusal
    "20 00",
    "20 01 00",
    "20 03 0000 00",
    "20 04 0000 0000",
    "20 82 00 0000",
    "20 80 80 80 80",
    "20 02 0200",
    "20 02 0300",
    "20 02 0400",
    "20 02 0800",
    "20 02 1000",
    "20 02 2000",
    "20 02 4000",
    "20 02 8000",
    "20 02 FE00",
    "20 02 FF00",
    "20 02 0205",
    "20 02 0101",
    "20 02 0102",
    "20 02 0103",
    "20 02 0104",
    "20 02 0105",
    "20 02 0106",
    "20 02 01FF",
    "21 02 0000",
    "22 02 0000",
    "24 02 0000",
    "28 02 0000",
};

class SessionBadFirstPacket : public testing::TestWithParam<const char*> {};

// [MQTT-3.2.0-1], [MQTT-3.2.2-4], [MQTT-4.8.0-1]
TEST_P(SessionBadFirstPacket, BeforeConnack_ClosesAndDeliversNothing) {
  ExpectProtocolError(Raw(GetParam()), false);
}

INSTANTIATE_TEST_SUITE_P(All, SessionBadFirstPacket, testing::ValuesIn(kBadFirstPackets));

// [MQTT-3.2.2-1]
TEST(SessionErrors, SessionPresentAfterCleanSession_Closes) {
  const Connect options{.client_id = "i", .clean_session = true};
  SessionDriver driver(options);
  ASSERT_EQ(driver.Connect(), Status::kOk);
  driver.Receive(kConnackWithSession);
  EXPECT_THAT(driver.TakeEvents(), ElementsAre(kClosed));
}

// [MQTT-3.1.0-1]: or what waits for the connection would leave before CONNECT.
TEST(SessionErrors, ConnackBeforeConnectHasLeft_Closes) {
  SessionDriver driver(kOptions);
  driver.TransportTakes(3);
  ASSERT_EQ(driver.Connect(), Status::kOk);
  driver.Receive(kConnackPacket);
  EXPECT_THAT(driver.TakeEvents(), ElementsAre(kClosed));
}

// [MQTT-3.8.4-5]
TEST(SessionErrors, SubackWithMoreOrFewerCodesThanFilters_Closes) {
  const std::vector<Subscription> subscriptions = {{"a", Qos::kAtMostOnce},
                                                   {"b", Qos::kAtLeastOnce}};
  for (const Packet& codes : {Packet{0}, Packet{0, 1, 0}}) {
    SessionDriver driver(kOptions);
    driver.Establish();
    ASSERT_TRUE(driver.session().Subscribe(subscriptions).ok());
    driver.Settle();
    driver.Receive(SubackPacket(1, codes));
    EXPECT_THAT(driver.TakeEvents(), ElementsAre(kClosed));
  }
}

// [MQTT-4.8.0-1]: what was read before the fault counts, what follows does not.
TEST(SessionErrors, GoodPacketsBeforeTheBadOne_AreDelivered) {
  SessionDriver driver(kOptions);
  driver.Establish();
  driver.AcknowledgeAtOnce(false);
  driver.Receive(Cat(
      {PublishPacket(0x30, "t", 0, "good"), Raw("F0 00"), PublishPacket(0x30, "t", 0, "late")}));
  EXPECT_THAT(driver.TakeEvents(), ElementsAre("message q0 t 'good'", kClosed));
}

// [MQTT-4.8.0-2]: every close is final for its connection, and the next one is as new.
TEST(SessionErrors, AfterTheClose_OnlyANewConnectionHelps) {
  SessionDriver driver(kOptions);
  driver.Establish();
  driver.Receive(Raw("F0 00"));
  EXPECT_THAT(driver.TakeEvents(), ElementsAre(kClosed));
  EXPECT_EQ(driver.Connect(), Status::kWrongState);
  EXPECT_EQ(driver.session().Disconnect(), Status::kWrongState);
  EXPECT_EQ(driver.session().Publish({}).status(), Status::kWrongState);
  driver.LoseTransport();
  driver.Establish();
  driver.Receive(PublishPacket(0x30, "t", 0, "good"));
  EXPECT_THAT(driver.TakeEvents(), ElementsAre("message q0 t 'good'"));
}

}  // namespace
}  // namespace fieldwork::mqtt
