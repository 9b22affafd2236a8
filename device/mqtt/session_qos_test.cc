// Messages that arrive: each QoS, its acknowledgements and their order, and messages that are
// too large.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "device/mqtt/session.h"
#include "sim/mqtt_bytes.h"
#include "sim/session_driver.h"

namespace fieldwork::mqtt {
namespace {

using sim::AckPacket;
using sim::Cat;
using sim::kConnackPacket;
using sim::kConnackWithSession;
using sim::Packet;
using sim::PublishPacket;
using sim::SessionDriver;
using testing::ElementsAre;
using testing::IsEmpty;

const Connect kOptions{.client_id = "thing-1", .clean_session = false};

class SessionQosTest : public testing::Test {
 protected:
  SessionQosTest() : driver_(kOptions, {.receive = 128, .send = 256, .records = 8}) {
    driver_.Establish();
  }
  Session& session() { return driver_.session(); }

  SessionDriver driver_;
};

// [MQTT-3.3.4-1]
TEST_F(SessionQosTest, Qos0_IsToldAndNotAnswered) {
  driver_.Receive(PublishPacket(0x31, "a/b", 0, "hello"));
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("message q0 retain a/b 'hello'"));
  EXPECT_THAT(driver_.TakeSent(), IsEmpty());
  EXPECT_EQ(session().Acknowledge(Qos::kAtMostOnce, 0), Status::kOk);
  driver_.Settle();
  EXPECT_THAT(driver_.TakeSent(), IsEmpty());
}

// [MQTT-3.3.4-1], [MQTT-4.3.2-2], [MQTT-2.3.1-6], [MQTT-4.5.0-2]
TEST_F(SessionQosTest, Qos1_IsAnsweredWithPubackOfItsId) {
  driver_.Receive(PublishPacket(0x32, "a/b", 0x1234, "hello"), 1);
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("message q1 #4660 a/b 'hello'"));
  EXPECT_EQ(driver_.TakeSent(), AckPacket(0x40, 0x1234));
}

// [MQTT-4.3.2-2]: the caller decides when it owns the message.
TEST_F(SessionQosTest, Qos1_IsNotAnsweredBeforeTheCallerSaysSo) {
  driver_.AcknowledgeAtOnce(false);
  driver_.Receive(PublishPacket(0x32, "t", 5, ""));
  EXPECT_THAT(driver_.TakeSent(), IsEmpty());
  EXPECT_EQ(session().Acknowledge(Qos::kAtLeastOnce, 5), Status::kOk);
  driver_.Settle();
  EXPECT_EQ(driver_.TakeSent(), AckPacket(0x40, 5));
}

// [MQTT-4.3.2-2]: after PUBACK the same id is a new message, whatever DUP says.
TEST_F(SessionQosTest, Qos1WithAnIdAlreadyAcknowledged_IsAMessageAgain) {
  driver_.Receive(Cat({PublishPacket(0x32, "t", 5, "one"), PublishPacket(0x3A, "t", 5, "two")}));
  EXPECT_THAT(driver_.TakeEvents(),
              ElementsAre("message q1 #5 t 'one'", "message q1 #5 dup t 'two'"));
  EXPECT_EQ(driver_.TakeSent(), Cat({AckPacket(0x40, 5), AckPacket(0x40, 5)}));
}

// [MQTT-4.6.0-2], [MQTT-4.6.0-3]
TEST_F(SessionQosTest, ManyInOneRead_AreAnsweredInTheirOrder) {
  driver_.Receive(Cat({PublishPacket(0x32, "t", 9, ""), PublishPacket(0x34, "t", 3, ""),
                       PublishPacket(0x32, "t", 1, ""), PublishPacket(0x34, "t", 2, "")}));
  EXPECT_EQ(driver_.TakeSent(),
            Cat({AckPacket(0x40, 9), AckPacket(0x50, 3), AckPacket(0x40, 1), AckPacket(0x50, 2)}));
}

// [MQTT-4.6.0-2], [MQTT-4.5.0-2]: a transport that takes nothing for a while.
TEST_F(SessionQosTest, NoRoomForAnswers_MessagesWaitAndNoneIsLost) {
  driver_.TransportTakes(0);
  Packet stream;
  Packet answers;
  for (unsigned id = 1; id <= 12; ++id) {
    stream = Cat({stream, PublishPacket(0x32, "t", id, "")});
    answers = Cat({answers, AckPacket(0x40, id)});
  }
  driver_.Receive(stream);
  EXPECT_EQ(driver_.TakeEvents().size(), 8u);  // As many as there are records.
  driver_.TransportTakes(SessionDriver::kAll);
  EXPECT_EQ(driver_.TakeEvents().size(), 4u);
  EXPECT_EQ(driver_.TakeSent(), answers);
}

TEST_F(SessionQosTest, BadIdInAcknowledge_IsRefused) {
  EXPECT_EQ(session().Acknowledge(Qos::kAtLeastOnce, 0), Status::kBadArgument);
  EXPECT_EQ(session().Acknowledge(Qos::kExactlyOnce, 0), Status::kBadArgument);
}

TEST_F(SessionQosTest, NoRoomToAcknowledge_IsNoSpaceAndWorksLater) {
  driver_.AcknowledgeAtOnce(false);
  driver_.TransportTakes(0);
  for (PacketId id = 1; id <= 8; ++id) {
    EXPECT_EQ(session().Acknowledge(Qos::kAtLeastOnce, id), Status::kOk);
  }
  EXPECT_EQ(session().Acknowledge(Qos::kAtLeastOnce, 9), Status::kNoSpace);
  driver_.TransportTakes(SessionDriver::kAll);
  EXPECT_EQ(session().Acknowledge(Qos::kAtLeastOnce, 9), Status::kOk);
}

// ---- QoS 2 -------------------------------------------------------------------------------

// [MQTT-3.3.4-1], [MQTT-4.3.3-2], [MQTT-2.3.1-6]
TEST_F(SessionQosTest, Qos2_IsToldOnceAndGoesThroughItsFourSteps) {
  driver_.Receive(PublishPacket(0x34, "t", 7, "x"));
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("message q2 #7 t 'x'"));
  EXPECT_EQ(driver_.TakeSent(), AckPacket(0x50, 7));
  driver_.Receive(AckPacket(0x62, 7));
  EXPECT_EQ(driver_.TakeSent(), AckPacket(0x70, 7));
  EXPECT_THAT(driver_.TakeEvents(), IsEmpty());
}

// [MQTT-4.3.3-2], [MQTT-4.1.0-2]
TEST_F(SessionQosTest, Qos2RepeatedBeforePubrel_IsAnsweredAndNotToldAgain) {
  driver_.Receive(PublishPacket(0x34, "t", 7, "x"));
  driver_.TakeEvents();
  driver_.TakeSent();
  driver_.Receive(PublishPacket(0x3C, "t", 7, "x"));
  EXPECT_THAT(driver_.TakeEvents(), IsEmpty());
  EXPECT_EQ(driver_.TakeSent(), AckPacket(0x50, 7));
}

// [MQTT-4.3.3-2]
TEST_F(SessionQosTest, Qos2AfterPubcomp_IsANewMessage) {
  driver_.Receive(Cat({PublishPacket(0x34, "t", 7, "x"), AckPacket(0x62, 7)}));
  driver_.TakeEvents();
  driver_.Receive(PublishPacket(0x34, "t", 7, "y"));
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("message q2 #7 t 'y'"));
}

// [MQTT-4.3.3-2]: the PUBCOMP before may have been lost.
TEST_F(SessionQosTest, PubrelForAnUnknownId_IsAnsweredAllTheSame) {
  driver_.Receive(Cat({AckPacket(0x62, 99), AckPacket(0x62, 99)}));
  EXPECT_EQ(driver_.TakeSent(), Cat({AckPacket(0x70, 99), AckPacket(0x70, 99)}));
}

// [MQTT-4.3.3-2], [MQTT-4.1.0-1], [MQTT-3.1.2-4]
TEST_F(SessionQosTest, Qos2AcrossAReconnectWithASession_IsNotToldAgain) {
  driver_.Receive(PublishPacket(0x34, "t", 7, "x"));
  driver_.LoseTransport();
  driver_.Establish(kConnackWithSession);
  driver_.Receive(PublishPacket(0x3C, "t", 7, "x"));
  EXPECT_THAT(driver_.TakeEvents(), IsEmpty());
  EXPECT_EQ(driver_.TakeSent(), AckPacket(0x50, 7));
}

TEST_F(SessionQosTest, Qos2AcrossAReconnectWithoutASession_IsANewMessage) {
  driver_.Receive(PublishPacket(0x34, "t", 7, "x"));
  driver_.LoseTransport();
  driver_.Establish(kConnackPacket);
  driver_.Receive(PublishPacket(0x34, "t", 7, "another"));
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("message q2 #7 t 'another'"));
}

TEST_F(SessionQosTest, Qos2BeyondTheTable_WaitsForAPubrel) {
  for (unsigned id = 1; id <= 5; ++id) driver_.Receive(PublishPacket(0x34, "t", id, ""));
  EXPECT_EQ(driver_.TakeSent(),
            Cat({AckPacket(0x50, 1), AckPacket(0x50, 2), AckPacket(0x50, 3), AckPacket(0x50, 4)}));
  EXPECT_EQ(session().Acknowledge(Qos::kExactlyOnce, 5), Status::kNoSpace);
  driver_.Receive(AckPacket(0x62, 2));
  EXPECT_EQ(session().Acknowledge(Qos::kExactlyOnce, 5), Status::kOk);
  driver_.Settle();
  EXPECT_EQ(driver_.TakeSent(), Cat({AckPacket(0x70, 2), AckPacket(0x50, 5)}));
}

// [MQTT-4.3.3-2]: or the second entry would outlive the PUBREL and swallow the next message.
TEST_F(SessionQosTest, Qos2AcknowledgedTwice_IsRememberedOnce) {
  driver_.Receive(PublishPacket(0x34, "t", 7, "x"));
  EXPECT_EQ(session().Acknowledge(Qos::kExactlyOnce, 7), Status::kOk);
  driver_.Receive(AckPacket(0x62, 7));
  driver_.TakeEvents();
  driver_.Receive(PublishPacket(0x34, "t", 7, "y"));
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("message q2 #7 t 'y'"));
}

// ---- Too large for the receive buffer ----------------------------------------------------

TEST_F(SessionQosTest, MessageTooLarge_IsAnnouncedSkippedAndAcknowledged) {
  const Packet large = PublishPacket(0x32, "big", 3, std::string(100'000, 'x'));
  const Packet next = PublishPacket(0x30, "t", 0, "next");
  for (const std::size_t cut : {1u, 5u, 100u, 1'000u, 200'000u}) {
    driver_.Receive(Cat({large, next}), cut);
    EXPECT_THAT(driver_.TakeEvents(),
                ElementsAre("oversize q1 #3 'big' 100000", "message q0 t 'next'"));
    EXPECT_EQ(driver_.TakeSent(), AckPacket(0x40, 3));
  }
  EXPECT_EQ(session().counters().oversize, 5);
}

TEST_F(SessionQosTest, TopicTooLarge_IsAnnouncedWithoutIt) {
  const Packet large = PublishPacket(0x32, std::string(500, 'x'), 3, "payload");
  driver_.Receive(Cat({large, PublishPacket(0x30, "t", 0, "next")}), 9);
  EXPECT_THAT(driver_.TakeEvents(), ElementsAre("oversize q0 '' 511", "message q0 t 'next'"));
  EXPECT_THAT(driver_.TakeSent(), IsEmpty());
}

}  // namespace
}  // namespace fieldwork::mqtt
