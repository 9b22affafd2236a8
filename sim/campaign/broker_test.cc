// The campaign's broker keeps the rules of MQTT 3.1.1 and of AWS IoT.
#include "sim/campaign/broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fieldwork::sim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// CONNECT of client "t", keep alive 60 s, without a clean session.
const Packet kConnect = Raw("10 0d 0004 'MQTT' 04 00 003c 0001 't'");

Packet Subscribe(unsigned id, std::string_view filter) {
  return Framed(0x82, Cat({Bytes16(id), Field(filter), {1}}));
}

class CampaignBroker : public testing::Test {
 protected:
  CampaignBroker() {
    broker.send = [this](const Packet& packet) { sent.push_back(packet); };
    broker.close = [this] { closed = true; };
    broker.on_message = [this](const std::string& topic, const std::string& payload) {
      messages.push_back(topic + " " + payload);
    };
    broker.on_acknowledged = [this](const std::string& topic, const std::string&) {
      acknowledged.push_back(topic);
    };
  }
  void Connect() {
    broker.Open();
    broker.Receive(kConnect);
  }
  void PassTime() {
    while (timeline.next() != kNever) timeline.Step();
  }

  Timeline timeline;
  Trace trace{timeline, false};
  Faults faults;
  Broker broker{timeline, Dice(1), trace, faults};
  std::vector<Packet> sent;
  std::vector<std::string> messages;
  std::vector<std::string> acknowledged;
  bool closed = false;
};

TEST_F(CampaignBroker, SecondConnect_FindsTheSession) {
  Connect();
  EXPECT_THAT(sent, ElementsAre(kConnackPacket));
  broker.Gone();
  sent.clear();
  Connect();
  EXPECT_THAT(sent, ElementsAre(kConnackWithSession));
}

TEST_F(CampaignBroker, LostSession_IsSaidSo) {
  Connect();
  broker.Receive(Subscribe(1, "a/notify"));
  broker.Gone();
  faults.session_lost = 1000;
  sent.clear();
  Connect();
  broker.Publish("a/notify", "1");
  EXPECT_THAT(sent, ElementsAre(kConnackPacket));
}

TEST_F(CampaignBroker, PublishInPieces_IsAcknowledgedAndHandedOn) {
  Connect();
  sent.clear();
  for (const std::uint8_t byte : PublishPacket(0x32, "a", 9, "x")) broker.Receive({byte});
  EXPECT_THAT(sent, ElementsAre(AckPacket(0x40, 9)));
  EXPECT_THAT(messages, IsEmpty());
  PassTime();
  EXPECT_THAT(messages, ElementsAre("a x"));
}

TEST_F(CampaignBroker, LostRequest_IsAcknowledgedAllTheSame) {
  Connect();
  sent.clear();
  faults.request_lost = 1000;
  broker.Receive(PublishPacket(0x32, "a", 9, "x"));
  PassTime();
  EXPECT_THAT(sent, ElementsAre(AckPacket(0x40, 9)));
  EXPECT_THAT(messages, IsEmpty());
}

TEST_F(CampaignBroker, Unacknowledged_ComesAgainOnTheNextConnection) {
  Connect();
  broker.Receive(Subscribe(1, "a/notify"));
  sent.clear();
  broker.Publish("a/notify", "1");
  EXPECT_THAT(sent, ElementsAre(PublishPacket(0x32, "a/notify", 1, "1")));
  broker.Gone();
  broker.Publish("a/notify", "2");
  sent.clear();
  Connect();
  EXPECT_THAT(sent, ElementsAre(kConnackWithSession, PublishPacket(0x3A, "a/notify", 1, "1"),
                                PublishPacket(0x3A, "a/notify", 2, "2")));
  broker.Receive(AckPacket(0x40, 1));
  EXPECT_THAT(acknowledged, ElementsAre("a/notify"));
  broker.Gone();
  sent.clear();
  Connect();
  EXPECT_THAT(sent.size(), 2u);
}

TEST_F(CampaignBroker, NoticesNeedASubscription_RepliesDoNot) {
  Connect();
  sent.clear();
  broker.Publish("a/notify", "1");
  EXPECT_THAT(sent, IsEmpty());
  broker.Publish("a/accepted", "1");
  EXPECT_THAT(sent.size(), 1u);
}

TEST_F(CampaignBroker, RefusedConnect_IsClosed) {
  faults.refused = 1000;
  Connect();
  EXPECT_THAT(sent, ElementsAre(Packet{0x20, 2, 0, 3}));
  EXPECT_TRUE(closed);
}

TEST_F(CampaignBroker, DuplicatedAndLostMessages_AreSo) {
  Connect();
  sent.clear();
  faults.duplicated = 1000;
  broker.Publish("a/accepted", "1");
  EXPECT_THAT(sent.size(), 2u);
  faults.reply_lost = 1000;
  broker.Publish("a/accepted", "1");
  EXPECT_THAT(sent.size(), 2u);
}

}  // namespace
}  // namespace fieldwork::sim
