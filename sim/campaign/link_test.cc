// The campaign's link keeps the order of bytes and loses what a broken connection loses.
#include "sim/campaign/link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fieldwork::sim {
namespace {

const Packet kConnect = Raw("10 0d 0004 'MQTT' 04 00 003c 0001 't'");

class CampaignLink : public testing::Test {
 protected:
  CampaignLink() {
    broker.on_message = [](const std::string&, const std::string&) {};
    link.to_device = [this](const Packet& bytes) {
      received.insert(received.end(), bytes.begin(), bytes.end());
    };
    link.on_opened = [this](bool is_up) { (is_up ? ups : fails) += 1; };
    link.on_broken = [this] { ++breaks; };
  }
  void PassTime() {
    while (timeline.next() != kNever) timeline.Step();
  }

  Timeline timeline;
  Trace trace{timeline, false};
  Faults faults;
  Broker broker{timeline, Dice(1), trace, faults};
  Link link{timeline, Dice(2), trace, faults, broker};
  Packet received;
  int ups = 0;
  int fails = 0;
  int breaks = 0;
};

TEST_F(CampaignLink, Open_CarriesBothWaysInOrder) {
  link.Open();
  PassTime();
  EXPECT_EQ(ups, 1);
  link.Send(Packet(kConnect.begin(), kConnect.begin() + 5));
  link.Send(Packet(kConnect.begin() + 5, kConnect.end()));
  link.Send(kPingreqPacket);
  PassTime();
  EXPECT_EQ(received, Cat({kConnackPacket, kPingrespPacket}));
}

TEST_F(CampaignLink, Break_LosesWhatIsOnItsWay) {
  link.Open();
  PassTime();
  link.Send(kConnect);
  link.Break();
  PassTime();
  EXPECT_EQ(received, Packet());
  EXPECT_EQ(breaks, 1);
}

TEST_F(CampaignLink, OrderlyClose_StillDelivers) {
  int requests = 0;
  broker.on_message = [&](const std::string&, const std::string&) { ++requests; };
  link.Open();
  PassTime();
  link.Send(kConnect);
  link.Send(PublishPacket(0x32, "a", 1, "x"));
  link.Close();
  PassTime();
  EXPECT_EQ(requests, 1);
  EXPECT_EQ(breaks, 0);
  EXPECT_EQ(received, Packet());
}

TEST_F(CampaignLink, WithoutNetwork_NothingOpens) {
  link.SetNetwork(false);
  link.Open();
  PassTime();
  EXPECT_EQ(fails, 1);
  link.SetNetwork(true);
  link.Open();
  PassTime();
  EXPECT_EQ(ups, 1);
}

TEST_F(CampaignLink, DeadLink_SwallowsInSilence) {
  faults.dead_link = 1000;
  link.Open();
  PassTime();
  link.Send(kConnect);
  PassTime();
  EXPECT_EQ(received, Packet());
  EXPECT_EQ(breaks, 0);
}

}  // namespace
}  // namespace fieldwork::sim
