// What happens to requests without a reply: sent again on the same connection, given up, and
// sent again on the next connection.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "device/mqtt/session.h"
#include "sim/mqtt_bytes.h"
#include "sim/session_driver.h"

namespace fieldwork::mqtt {
namespace {

using sim::AckPacket;
using sim::Cat;
using sim::kConnackPacket;
using sim::kConnackWithSession;
using sim::kDisconnectPacket;
using sim::Packet;
using sim::PublishPacket;
using sim::Raw;
using sim::SessionDriver;
using sim::SubackPacket;
using testing::ElementsAre;
using testing::IsEmpty;

const Connect kOptions{.client_id = "i", .clean_session = false};
const Packet kConnectPacket = Raw("10 0D 0004 'MQTT' 04 00 0000 0001 'i'");

class SessionRedeliveryTest : public testing::Test {
 protected:
  SessionRedeliveryTest() : driver_(kOptions) { driver_.Establish(); }

  Session& session() { return driver_.session(); }
  void PublishNow(std::string_view topic, Qos qos = Qos::kAtLeastOnce) {
    Publish publish;
    publish.topic = topic;
    publish.qos = qos;
    ASSERT_TRUE(session().Publish(publish).ok());
    driver_.Settle();
  }
  void SubscribeNow(std::string_view filter) {
    const Subscription subscription{filter, Qos::kAtLeastOnce};
    ASSERT_TRUE(session().Subscribe({&subscription, 1}).ok());
    driver_.Settle();
  }
  static Packet First(std::string_view topic, unsigned id) {
    return PublishPacket(0x32, topic, id, "");
  }
  static Packet Again(std::string_view topic, unsigned id) {
    return PublishPacket(0x3A, topic, id, "");
  }

  SessionDriver driver_;
};

// [MQTT-3.3.1-1], [MQTT-2.3.1-3]
TEST_F(SessionRedeliveryTest, NoPuback_SendsTheSameIdWithDupAfterFiveSeconds) {
  PublishNow("t");
  EXPECT_EQ(driver_.TakeSent(), First("t", 1));
  driver_.Advance(Millis{4'999});
  EXPECT_THAT(driver_.TakeSent(), IsEmpty());
  driver_.Advance(Millis{1});
  EXPECT_EQ(driver_.TakeSent(), Again("t", 1));
  driver_.Receive(AckPacket(0x40, 1));
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("published #1"));
  driver_.Advance(Seconds(60));
  EXPECT_THAT(driver_.TakeSent(), IsEmpty());
}

// [MQTT-2.3.1-3]
TEST_F(SessionRedeliveryTest, NoSuback_SendsTheSamePacketAgain) {
  SubscribeNow("a");
  const Packet subscribe = Raw("82 06 0001 0001 'a' 01");
  EXPECT_EQ(driver_.TakeSent(), subscribe);
  driver_.Advance(Seconds(5));
  EXPECT_EQ(driver_.TakeSent(), subscribe);
  driver_.Receive(SubackPacket(1, {1}));
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("subscribed #1 1"));
}

TEST_F(SessionRedeliveryTest, NoReplyForFifteenSeconds_Closes) {
  PublishNow("t");
  driver_.Advance(Millis{14'999});
  EXPECT_EQ(driver_.TakeSent(), Cat({First("t", 1), Again("t", 1), Again("t", 1)}));
  EXPECT_THAT(driver_.TakeEvents(), IsEmpty());
  driver_.Advance(Millis{1});
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("close: no acknowledgement"));
  EXPECT_THAT(driver_.TakeSent(), IsEmpty());
}

TEST_F(SessionRedeliveryTest, SecondReplyToACopy_IsCountedAndToldOnce) {
  PublishNow("t");
  driver_.Advance(Seconds(5));
  driver_.Receive(Cat({AckPacket(0x40, 1), AckPacket(0x40, 1)}));
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("published #1"));
  EXPECT_EQ(session().counters().stray_acks, 1);
}

// [MQTT-4.4.0-1], [MQTT-4.6.0-1], [MQTT-3.1.2-4], [MQTT-4.1.0-1]
TEST_F(SessionRedeliveryTest, Reconnect_ResendsUnacknowledgedInOrderAndBeforeNewOnes) {
  for (const char* topic : {"a", "b", "c"}) PublishNow(topic);
  driver_.Receive(AckPacket(0x40, 2));
  driver_.LoseTransport();
  driver_.TakeSent();
  ASSERT_EQ(driver_.Connect(), Status::kOk);
  EXPECT_EQ(driver_.TakeSent(), kConnectPacket);  // And nothing before CONNACK.
  driver_.Receive(kConnackWithSession);
  PublishNow("d");
  EXPECT_EQ(driver_.TakeSent(), Cat({Again("a", 1), Again("c", 3), First("d", 4)}));
}

// [MQTT-4.4.0-1]: the broker forgot us; what it has not acknowledged it may never have had.
TEST_F(SessionRedeliveryTest, ReconnectWithoutASession_StillDeliversWhatWasAccepted) {
  PublishNow("a");
  driver_.LoseTransport();
  driver_.Establish(kConnackPacket);
  driver_.Advance(Seconds(5));
  EXPECT_EQ(driver_.TakeSent(), Again("a", 1));
  driver_.Receive(AckPacket(0x40, 1));
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("published #1"));
}

// [MQTT-2.3.1-2]: an id is in use across connections too.
TEST_F(SessionRedeliveryTest, AfterAReconnect_NewRequestsDoNotTakeTheIdsThatAreWaiting) {
  PublishNow("a");
  driver_.LoseTransport();
  driver_.Establish(kConnackWithSession);
  for (unsigned i = 0; i < 65'534; ++i) {
    PublishNow("b");
    driver_.Receive(AckPacket(0x40, i + 2));
  }
  driver_.TakeSent();
  PublishNow("c");
  EXPECT_EQ(driver_.TakeSent(), First("c", 2));
}

TEST_F(SessionRedeliveryTest, NeverSentBeforeTheTransportWasLost_IsNoDuplicate) {
  driver_.TransportTakes(0);
  PublishNow("a");
  driver_.LoseTransport();
  driver_.TransportTakes(SessionDriver::kAll);
  ASSERT_EQ(driver_.Connect(), Status::kOk);
  driver_.Receive(kConnackWithSession);
  EXPECT_EQ(driver_.TakeSent(), Cat({kConnectPacket, First("a", 1)}));
}

TEST_F(SessionRedeliveryTest, HalfSentWhenTheTransportWasLost_StartsFromItsFirstByte) {
  driver_.TransportTakes(4);
  PublishNow("a");
  driver_.TakeSent();
  driver_.LoseTransport();
  driver_.TransportTakes(SessionDriver::kAll);
  ASSERT_EQ(driver_.Connect(), Status::kOk);
  driver_.Receive(kConnackWithSession);
  EXPECT_EQ(driver_.TakeSent(), Cat({kConnectPacket, Again("a", 1)}));
}

TEST_F(SessionRedeliveryTest, Reconnect_DropsWhatWasMeantForTheOldConnection) {
  driver_.TransportTakes(0);
  SubscribeNow("a");
  PublishNow("q0", Qos::kAtMostOnce);
  driver_.Receive(PublishPacket(0x32, "t", 5, ""));  // Its PUBACK waits.
  driver_.LoseTransport();
  driver_.TransportTakes(SessionDriver::kAll);
  ASSERT_EQ(driver_.Connect(), Status::kOk);
  driver_.Receive(kConnackWithSession);
  EXPECT_EQ(driver_.TakeSent(), kConnectPacket);
}

// [MQTT-3.1.2-6]
TEST(SessionRedelivery, CleanSession_ForgetsTheSessionBefore) {
  const Connect options{.client_id = "i", .clean_session = true};
  SessionDriver driver(options);
  driver.Establish();
  Publish publish;
  publish.topic = "a";
  publish.qos = Qos::kAtLeastOnce;
  ASSERT_TRUE(driver.session().Publish(publish).ok());
  driver.Receive(PublishPacket(0x34, "t", 7, "x"));
  driver.LoseTransport();
  driver.Establish();
  driver.Advance(Seconds(30));
  EXPECT_THAT(driver.TakeSent(), IsEmpty());
  driver.Receive(PublishPacket(0x34, "t", 7, "y"));
  EXPECT_THAT(driver.TakeEvents(), ElementsAre("message q2 #7 t 'y'"));
}

// [MQTT-3.14.4-2]: a copy that is due again while another packet is half sent.
TEST_F(SessionRedeliveryTest, DisconnectWhileACopyIsDue_IsStillTheLastPacket) {
  PublishNow("a");
  driver_.Advance(Millis{4'900});
  driver_.TakeSent();
  driver_.TransportTakes(2);
  PublishNow("b");
  driver_.Advance(Millis{100});
  ASSERT_EQ(session().Disconnect(), Status::kOk);
  driver_.TransportTakes(SessionDriver::kAll);
  EXPECT_EQ(driver_.TakeSent(), Cat({First("b", 2), Again("a", 1), kDisconnectPacket}));
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("close: requested"));
}

// [MQTT-3.1.0-1]: the reserve is for exactly this.
TEST_F(SessionRedeliveryTest, QueueFullOfUnacknowledged_StillConnectsAndAnswers) {
  for (int i = 0; i < 7; ++i) PublishNow("full");
  Publish publish;
  publish.topic = "more";
  publish.qos = Qos::kAtLeastOnce;
  EXPECT_EQ(session().Publish(publish).status(), Status::kNoSpace);
  driver_.LoseTransport();
  driver_.Establish(kConnackWithSession);
  driver_.Receive(PublishPacket(0x32, "t", 5, ""));
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("message q1 #5 t ''"));
  EXPECT_EQ(driver_.TakeSent(), AckPacket(0x40, 5));
}

}  // namespace
}  // namespace fieldwork::mqtt
