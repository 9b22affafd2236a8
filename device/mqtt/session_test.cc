// A connection from CONNECT to DISCONNECT: what leaves, what is told, and when.
#include "device/mqtt/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "sim/mqtt_bytes.h"
#include "sim/session_driver.h"

namespace fieldwork::mqtt {
namespace {

using sim::AckPacket;
using sim::Cat;
using sim::kConnackPacket;
using sim::kConnackWithSession;
using sim::kDisconnectPacket;
using sim::kPingreqPacket;
using sim::kPingrespPacket;
using sim::Packet;
using sim::PublishPacket;
using sim::Raw;
using sim::SessionDriver;
using sim::SubackPacket;
using testing::ElementsAre;
using testing::IsEmpty;

const Connect kOptions{.client_id = "thing-1", .keep_alive_s = 60, .clean_session = false};
const Packet kConnectPacket = Raw("10 13 0004 'MQTT' 04 00 003C 0007 'thing-1'");

Publish MakePublish(std::string_view topic, std::string_view payload, Qos qos) {
  Publish publish;
  publish.topic = topic;
  publish.payload = AsBytes(payload);
  publish.qos = qos;
  return publish;
}

class SessionTest : public testing::Test {
 protected:
  SessionTest() : driver_(kOptions) {}

  Session& session() { return driver_.session(); }
  /// Settles, so that it is on the wire; 0 when it was refused.
  PacketId PublishNow(std::string_view topic, std::string_view payload, Qos qos) {
    const auto id = session().Publish(MakePublish(topic, payload, qos));
    EXPECT_TRUE(id.ok()) << StatusName(id.status());
    driver_.Settle();
    return id.ok() ? *id : PacketId{0};
  }
  PacketId SubscribeNow(const std::vector<Subscription>& subscriptions) {
    const auto id = session().Subscribe(subscriptions);
    EXPECT_TRUE(id.ok()) << StatusName(id.status());
    driver_.Settle();
    return id.ok() ? *id : PacketId{0};
  }

  SessionDriver driver_;
};

// ---- Connecting --------------------------------------------------------------------------

// [MQTT-3.1.0-1], [MQTT-3.1.3-2], [MQTT-7.1.2-1]
TEST_F(SessionTest, TransportUp_ConnectIsTheFirstPacketAndTheOnlyOne) {
  EXPECT_TRUE(session().BytesToSend().empty());
  EXPECT_EQ(driver_.Connect(), Status::kOk);
  EXPECT_EQ(driver_.TakeSent(), kConnectPacket);
  EXPECT_FALSE(session().connected());
  driver_.Receive(kConnackPacket, 1);
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("connected"));
  EXPECT_TRUE(session().connected());
  EXPECT_THAT(driver_.TakeSent(), IsEmpty());
}

// [MQTT-3.1.0-2]
TEST_F(SessionTest, ConnectTwice_IsRefusedAndSendsNothing) {
  ASSERT_EQ(driver_.Connect(), Status::kOk);
  EXPECT_EQ(driver_.Connect(), Status::kWrongState);
  driver_.Receive(kConnackPacket);
  EXPECT_EQ(driver_.Connect(), Status::kWrongState);
  EXPECT_EQ(driver_.TakeSent(), kConnectPacket);
}

// [MQTT-3.1.0-1]
TEST_F(SessionTest, BeforeConnack_RequestsAreRefused) {
  const Publish publish = MakePublish("t", "x", Qos::kAtMostOnce);
  const std::vector<Subscription> subscriptions = {{"a", Qos::kAtMostOnce}};
  const std::vector<std::string_view> filters = {"a"};
  const auto expect_refused = [&] {
    EXPECT_EQ(session().Publish(publish).status(), Status::kWrongState);
    EXPECT_EQ(session().Subscribe(subscriptions).status(), Status::kWrongState);
    EXPECT_EQ(session().Unsubscribe(filters).status(), Status::kWrongState);
    EXPECT_EQ(session().Acknowledge(Qos::kAtLeastOnce, 1), Status::kWrongState);
    EXPECT_EQ(session().Disconnect(), Status::kWrongState);
  };
  expect_refused();
  ASSERT_EQ(driver_.Connect(), Status::kOk);
  expect_refused();
  EXPECT_EQ(driver_.TakeSent(), kConnectPacket);
}

TEST_F(SessionTest, BrokerKnowsUs_SaysSoInConnected) {
  ASSERT_EQ(driver_.Connect(), Status::kOk);
  driver_.Receive(kConnackWithSession);
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("connected with session"));
}

// [MQTT-3.2.2-5]: the client does not wait for the server to close either.
TEST_F(SessionTest, EveryRefusal_ClosesAndTellsTheCode) {
  for (unsigned code = 1; code <= 255; ++code) {
    SessionDriver driver(kOptions);
    ASSERT_EQ(driver.Connect(), Status::kOk);
    driver.Receive({0x20, 2, 0, static_cast<std::uint8_t>(code)});
    EXPECT_THAT(driver.TakeEvents(),
                ElementsAre("close: refused by the broker " + std::to_string(code)));
    EXPECT_FALSE(driver.session().connected());
    EXPECT_EQ(driver.session().Deadline(), kNever);
  }
}

TEST_F(SessionTest, NoConnackForTenSeconds_Closes) {
  ASSERT_EQ(driver_.Connect(), Status::kOk);
  driver_.Advance(Millis{9'999});
  EXPECT_THAT(driver_.TakeEvents(), IsEmpty());
  driver_.Advance(Millis{1});
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("close: no CONNACK"));
}

TEST_F(SessionTest, GivenUpWhileConnectIsHalfSent_TheRestStaysHere) {
  driver_.TransportTakes(5);
  ASSERT_EQ(driver_.Connect(), Status::kOk);
  driver_.Advance(Seconds(10));
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("close: no CONNACK"));
  driver_.TransportTakes(SessionDriver::kAll);
  EXPECT_EQ(driver_.TakeSent().size(), 5u);
}

TEST(Session, OptionsThatBreakTheStandard_AreRefused) {
  const Connect options{.client_id = "", .clean_session = false};
  SessionDriver driver(options);
  EXPECT_EQ(driver.Connect(), Status::kBadArgument);
  EXPECT_THAT(driver.TakeSent(), IsEmpty());
}

// [MQTT-3.1.2-8], [MQTT-3.1.2-9]: the will is the broker's; the client only states it.
TEST(Session, WillUserAndPassword_AreInConnect) {
  const Will will{"w", AsBytes("gone"), Qos::kAtLeastOnce, false};
  Connect options{.client_id = "i"};
  options.user_name = "u";
  options.password = AsBytes("p");
  options.will = &will;
  SessionDriver driver(options);
  ASSERT_EQ(driver.Connect(), Status::kOk);
  EXPECT_EQ(driver.TakeSent(), Raw("10 1C 0004 'MQTT' 04 CE 0000 0001 'i' 0001 'w' 0004 'gone' "
                                   "0001 'u' 0001 'p'"));
}

TEST_F(SessionTest, TransportLost_ConnectStartsOver) {
  driver_.Establish();
  driver_.LoseTransport();
  EXPECT_FALSE(session().connected());
  EXPECT_EQ(session().Deadline(), kNever);
  EXPECT_TRUE(session().BytesToSend().empty());
  ASSERT_EQ(driver_.Connect(), Status::kOk);
  EXPECT_EQ(driver_.TakeSent(), kConnectPacket);
}

TEST_F(SessionTest, HalfAPacketBeforeTheTransportWasLost_IsForgotten) {
  driver_.Establish();
  driver_.Receive(Raw("30 20 0003 'a"));
  driver_.LoseTransport();
  driver_.Establish();
  driver_.Receive(PublishPacket(0x30, "t", 0, "whole"));
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("message q0 t 'whole'"));
}

// ---- Publishing --------------------------------------------------------------------------

// [MQTT-4.3.1-1], [MQTT-2.3.1-5], [MQTT-3.3.1-2]
TEST_F(SessionTest, PublishQos0_LeavesOnceWithoutIdAndDup) {
  driver_.Establish();
  EXPECT_EQ(PublishNow("a/b", "hi", Qos::kAtMostOnce), 0);
  EXPECT_EQ(driver_.TakeSent(), Raw("30 07 0003 'a/b' 'hi'"));
  driver_.Advance(Seconds(30));
  EXPECT_THAT(driver_.TakeSent(), IsEmpty());
}

// [MQTT-4.3.2-1], [MQTT-2.3.1-1]
TEST_F(SessionTest, PublishQos1_CarriesAnIdAndIsToldWhenAcknowledged) {
  driver_.Establish();
  EXPECT_EQ(PublishNow("a/b", "hi", Qos::kAtLeastOnce), 1);
  EXPECT_EQ(driver_.TakeSent(), Raw("32 09 0003 'a/b' 0001 'hi'"));
  EXPECT_THAT(driver_.TakeEvents(), IsEmpty());
  driver_.Receive(AckPacket(0x40, 1));
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("published #1"));
}

// [MQTT-3.3.1-3], [MQTT-4.3.2-1]: neither DUP nor an id of the caller gets through.
TEST_F(SessionTest, PublishAsReceived_StartsWithDup0AndANewId) {
  driver_.Establish();
  Publish publish = MakePublish("t", "x", Qos::kAtLeastOnce);
  publish.dup = true;
  publish.retain = true;
  publish.packet_id = 77;
  ASSERT_TRUE(session().Publish(publish).ok());
  driver_.Settle();
  EXPECT_EQ(driver_.TakeSent(), PublishPacket(0x33, "t", 1, "x"));
}

// [MQTT-4.3.3-1], [MQTT-4.6.0-4]: QoS 2 is not offered, so there is no PUBREL to send.
TEST_F(SessionTest, PublishQos2_IsRefused) {
  driver_.Establish();
  EXPECT_EQ(session().Publish(MakePublish("t", "", Qos::kExactlyOnce)).status(),
            Status::kBadArgument);
  driver_.Receive(AckPacket(0x50, 1));
  driver_.Receive(AckPacket(0x70, 1));
  EXPECT_THAT(driver_.TakeSent(), IsEmpty());
  EXPECT_EQ(session().counters().stray_acks, 2);
}

// [MQTT-2.3.1-2]
TEST_F(SessionTest, ManyPublishes_NeverUseAnIdThatIsInUse) {
  driver_.Establish();
  ASSERT_EQ(PublishNow("held", "", Qos::kAtLeastOnce), 1);
  PacketId last = 1;
  for (int i = 0; i < 70'000; ++i) {
    const auto id = session().Publish(MakePublish("t", "", Qos::kAtLeastOnce));
    ASSERT_TRUE(id.ok());
    ASSERT_EQ(*id, last == 65535 ? 2 : last + 1) << i;
    last = *id;
    driver_.Settle();
    driver_.Receive(AckPacket(0x40, last));
  }
}

// [MQTT-2.3.1-2]: SUBSCRIBE and UNSUBSCRIBE draw from the same ids.
TEST_F(SessionTest, EveryKindOfRequest_GetsAnIdOfItsOwn) {
  driver_.Establish();
  EXPECT_EQ(PublishNow("t", "", Qos::kAtLeastOnce), 1);
  EXPECT_EQ(SubscribeNow({{"a", Qos::kAtMostOnce}}), 2);
  const std::vector<std::string_view> filters = {"a"};
  EXPECT_EQ(*session().Unsubscribe(filters), 3);
  EXPECT_EQ(PublishNow("t", "", Qos::kAtLeastOnce), 4);
}

TEST_F(SessionTest, PublishBadTopic_IsRefusedAndSendsNothing) {
  driver_.Establish();
  for (const char* bad : {"", "a/+", "#", "\xC0"}) {
    EXPECT_EQ(session().Publish(MakePublish(bad, "", Qos::kAtLeastOnce)).status(),
              Status::kBadArgument);
  }
  driver_.Settle();
  EXPECT_THAT(driver_.TakeSent(), IsEmpty());
}

TEST(Session, PublishThatNeverFits_IsTooLargeAndOneThatFitsLaterIsNoSpace) {
  SessionDriver driver(kOptions, {.receive = 128, .send = 200, .records = 8});
  driver.Establish();
  const std::string large(200, 'x');
  const std::string half(90, 'x');
  EXPECT_EQ(driver.session().Publish(MakePublish("t", large, Qos::kAtLeastOnce)).status(),
            Status::kTooLarge);
  EXPECT_TRUE(driver.session().Publish(MakePublish("t", half, Qos::kAtLeastOnce)).ok());
  EXPECT_EQ(driver.session().Publish(MakePublish("t", half, Qos::kAtLeastOnce)).status(),
            Status::kNoSpace);
  driver.Settle();
  driver.Receive(AckPacket(0x40, 2));
  EXPECT_THAT(driver.TakeEvents(), ElementsAre("published #2"));
  EXPECT_TRUE(driver.session().Publish(MakePublish("t", half, Qos::kAtLeastOnce)).ok());
}

// ---- Subscribing -------------------------------------------------------------------------

// [MQTT-3.8.4-2], [MQTT-2.3.1-7], [MQTT-3.9.3-1]
TEST_F(SessionTest, Subscribe_IsToldTheCodesInTheOrderOfItsFilters) {
  driver_.Establish();
  EXPECT_EQ(SubscribeNow({{"a/+", Qos::kAtLeastOnce}, {"b", Qos::kAtMostOnce}}), 1);
  EXPECT_EQ(driver_.TakeSent(), Raw("82 0C 0001 0003 'a/+' 01 0001 'b' 00"));
  driver_.Receive(SubackPacket(1, {0x80, 0}));
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("subscribed #1 128 0"));
}

// [MQTT-3.8.3-3], [MQTT-3.8.3-1], [MQTT-3.10.3-2], [MQTT-3.10.3-1]
TEST_F(SessionTest, NoFilterOrABadOne_IsRefusedAndSendsNothing) {
  driver_.Establish();
  const std::vector<Subscription> bad = {{"a", Qos::kAtMostOnce}, {"a#", Qos::kAtMostOnce}};
  const std::vector<std::string_view> bad_filters = {"\xFF"};
  EXPECT_EQ(session().Subscribe({}).status(), Status::kBadArgument);
  EXPECT_EQ(session().Subscribe(bad).status(), Status::kBadArgument);
  EXPECT_EQ(session().Unsubscribe({}).status(), Status::kBadArgument);
  EXPECT_EQ(session().Unsubscribe(bad_filters).status(), Status::kBadArgument);
  driver_.Settle();
  EXPECT_THAT(driver_.TakeSent(), IsEmpty());
}

// [MQTT-2.3.1-7], [MQTT-3.10.4-4]
TEST_F(SessionTest, Unsubscribe_IsToldWhenAcknowledged) {
  driver_.Establish();
  const std::vector<std::string_view> filters = {"a/b", "c"};
  EXPECT_EQ(*session().Unsubscribe(filters), 1);
  driver_.Settle();
  EXPECT_EQ(driver_.TakeSent(), Raw("A2 0A 0001 0003 'a/b' 0001 'c'"));
  driver_.Receive(AckPacket(0xB0, 1));
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("unsubscribed #1"));
}

// [MQTT-2.3.1-6], [MQTT-2.3.1-7]: a reply counts only with the id and the type it answers.
TEST_F(SessionTest, RepliesToNothing_AreCountedAndIgnored) {
  driver_.Establish();
  ASSERT_EQ(PublishNow("t", "", Qos::kAtLeastOnce), 1);
  ASSERT_EQ(SubscribeNow({{"a", Qos::kAtMostOnce}}), 2);
  driver_.Receive(Cat({AckPacket(0x40, 2), AckPacket(0x40, 9), SubackPacket(1, {0}),
                       AckPacket(0xB0, 2), AckPacket(0x50, 1), AckPacket(0x70, 1)}));
  EXPECT_THAT(driver_.TakeEvents(), IsEmpty());
  EXPECT_EQ(session().counters().stray_acks, 6);
  driver_.Receive(Cat({AckPacket(0x40, 1), SubackPacket(2, {0})}));
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("published #1", "subscribed #2 0"));
}

// ---- Keep alive --------------------------------------------------------------------------

// [MQTT-3.1.2-23], [MQTT-3.12.4-1]
TEST_F(SessionTest, Idle_PingsWithinTheIntervalForEver) {
  driver_.Establish();
  for (int i = 0; i < 5; ++i) {
    const Instant before = driver_.now();
    driver_.Advance(session().Deadline() - before);
    EXPECT_LT(driver_.now(), before + Seconds(60));
    EXPECT_EQ(driver_.TakeSent(), kPingreqPacket);
    driver_.Receive(kPingrespPacket);
  }
  EXPECT_THAT(driver_.TakeEvents(), IsEmpty());
}

TEST_F(SessionTest, PingUnanswered_ClosesWithinOneAndAHalfIntervals) {
  driver_.Establish();
  driver_.Advance(Seconds(90));
  EXPECT_EQ(driver_.TakeSent(), kPingreqPacket);
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("close: no answer to PINGREQ"));
}

TEST_F(SessionTest, DeadLinkWhileSending_IsNoticedTheSame) {
  driver_.Establish();
  for (int second = 0; second < 90; ++second) {
    session().Publish(MakePublish("t", "tick", Qos::kAtMostOnce)).ok();
    driver_.Settle();
    driver_.Advance(Seconds(1));
  }
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("close: no answer to PINGREQ"));
}

TEST_F(SessionTest, TransportStuckWithDataComingIn_PingsDoNotPileUp) {
  driver_.Establish();
  driver_.TransportTakes(0);
  for (int second = 0; second < 120; ++second) {
    driver_.Advance(Seconds(1));
    driver_.Receive(PublishPacket(0x30, "t", 0, ""));
  }
  driver_.TransportTakes(SessionDriver::kAll);
  EXPECT_LE(driver_.TakeSent().size(), 2 * kPingreqPacket.size());
}

TEST(Session, KeepAliveZero_HasNoDeadline) {
  const Connect options{.client_id = "i"};
  SessionDriver driver(options);
  driver.Establish();
  EXPECT_EQ(driver.session().Deadline(), kNever);
}

// ---- Leaving -----------------------------------------------------------------------------

// [MQTT-3.14.4-1], [MQTT-3.14.4-2], [MQTT-3.14.1-1], [MQTT-3.14.4-3]
TEST_F(SessionTest, Disconnect_IsTheLastPacketAndThenTheTransportIsClosed) {
  driver_.Establish();
  ASSERT_TRUE(session().Publish(MakePublish("t", "", Qos::kAtLeastOnce)).ok());
  EXPECT_EQ(session().Disconnect(), Status::kOk);
  EXPECT_EQ(session().Publish(MakePublish("t", "", Qos::kAtMostOnce)).status(),
            Status::kWrongState);
  EXPECT_EQ(session().Acknowledge(Qos::kAtLeastOnce, 1), Status::kWrongState);
  EXPECT_EQ(session().Disconnect(), Status::kWrongState);
  driver_.Settle();
  EXPECT_EQ(driver_.TakeSent(), Cat({PublishPacket(0x32, "t", 1, ""), kDisconnectPacket}));
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("close: requested"));
  driver_.Receive(PublishPacket(0x32, "t", 3, "late"));
  driver_.Advance(Seconds(1000));
  EXPECT_THAT(driver_.TakeEvents(), IsEmpty());
  EXPECT_THAT(driver_.TakeSent(), IsEmpty());
}

// [MQTT-3.14.4-2]
TEST_F(SessionTest, DisconnectWithASlowTransport_ClosesWhenAllIsSent) {
  driver_.Establish();
  driver_.TransportTakes(3);
  ASSERT_TRUE(session().Publish(MakePublish("t", "", Qos::kAtMostOnce)).ok());
  ASSERT_EQ(session().Disconnect(), Status::kOk);
  driver_.Settle();
  EXPECT_THAT(driver_.TakeEvents(), IsEmpty());
  session().OnTime(driver_.now() + Seconds(1'000));  // No ping comes behind DISCONNECT.
  driver_.TransportTakes(3);
  EXPECT_THAT(driver_.TakeEvents(), IsEmpty());
  driver_.TransportTakes(1);
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("close: requested"));
  EXPECT_EQ(driver_.TakeSent(), Cat({PublishPacket(0x30, "t", 0, ""), kDisconnectPacket}));
}

TEST_F(SessionTest, TransportLostWhileLeaving_TellsNothingMore) {
  driver_.Establish();
  driver_.TransportTakes(0);
  ASSERT_EQ(session().Disconnect(), Status::kOk);
  driver_.LoseTransport();
  driver_.TransportTakes(SessionDriver::kAll);
  EXPECT_THAT(driver_.TakeEvents(), IsEmpty());
  EXPECT_THAT(driver_.TakeSent(), IsEmpty());
}

TEST(Session, CloseReasons_HaveNames) {
  EXPECT_STREQ(CloseReasonName(CloseReason::kRequested), "requested");
  EXPECT_STREQ(CloseReasonName(static_cast<CloseReason>(99)), "unknown");
}

}  // namespace
}  // namespace fieldwork::mqtt
