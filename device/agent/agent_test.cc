// The agent's connection: opened, kept, lost, given up, left.
#include "device/agent/agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/agent_driver.h"

namespace fieldwork::agent {
namespace {

using sim::AgentDriver;
using sim::RamFlash;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kTopics = "$aws/things/board/jobs/";

class Connection : public testing::Test {
 protected:
  RamFlash flash;
  AgentDriver driver{flash};
};

TEST_F(Connection, Start_OpensTransportAtOnce) {
  driver.Start();
  EXPECT_THAT(driver.Notes(), ElementsAre("open"));
  EXPECT_THAT(driver.PacketTypes(), IsEmpty());
}

TEST_F(Connection, StartTwice_ChangesNothing) {
  driver.Start();
  driver.Notes();
  driver.Start();
  EXPECT_THAT(driver.Notes(), IsEmpty());
}

TEST_F(Connection, ConnectPacket_HasThingAsClientIdAndKeepsTheSession) {
  driver.Start();
  driver.TransportUp();
  EXPECT_EQ(sim::ToHex(driver.TakeConnect()),
            sim::ToHex(sim::Raw("10 11 0004 'MQTT' 04 00 003C 0005 'board'")));
}

TEST_F(Connection, UserName_IsSentWhenThereIsOne) {
  AgentDriver::Setup setup;
  setup.options.user_name = "?SDK=x";
  AgentDriver named(flash, setup);
  named.Start();
  named.TransportUp();
  EXPECT_EQ(sim::ToHex(named.TakeConnect()),
            sim::ToHex(sim::Raw("10 19 0004 'MQTT' 04 80 003C 0005 'board' 0006 '?SDK=x'")));
}

TEST_F(Connection, NewSession_SubscribesThenAsks) {
  driver.Start();
  driver.Connect();
  EXPECT_THAT(driver.Notes(), ElementsAre("open", "connected", "subscribing", "asking first"));
  EXPECT_THAT(driver.filters(),
              ElementsAre(kTopics + "notify-next", kTopics + "start-next/accepted",
                          kTopics + "start-next/rejected", kTopics + "+/get/accepted",
                          kTopics + "+/get/rejected", kTopics + "+/update/accepted",
                          kTopics + "+/update/rejected", kTopics + "notify"));
  EXPECT_EQ(driver.SentOne().topic, kTopics + "start-next");
}

TEST_F(Connection, WithoutReplySubscriptions_SubscribesToNotifyNextAlone) {
  AgentDriver::Setup setup;
  setup.options.subscribe_replies = false;
  AgentDriver frugal(flash, setup);
  frugal.Start();
  frugal.Connect();
  EXPECT_THAT(frugal.filters(), ElementsAre(kTopics + "notify-next"));
}

TEST_F(Connection, NothingIsAskedBeforeSuback) {
  driver.Start();
  driver.TransportUp();
  driver.Receive(sim::kConnackPacket);
  EXPECT_THAT(driver.Sent(), IsEmpty());
}

TEST_F(Connection, ResumedSession_AsksWithoutSubscribingAgain) {
  driver.Start();
  driver.Connect();
  driver.AcknowledgeAll();
  driver.TransportDown();
  driver.Advance(Seconds(3));
  driver.Notes();
  driver.PacketTypes();
  driver.Connect(true);
  EXPECT_THAT(driver.Notes(), ElementsAre("connected, session present", "asking first"));
  EXPECT_THAT(driver.PacketTypes(), ElementsAre(1, 3)) << "CONNECT and PUBLISH, no SUBSCRIBE";
}

TEST_F(Connection, LostSession_SubscribesAgain) {
  driver.Start();
  driver.Connect();
  driver.TransportDown();
  driver.Advance(Seconds(3));
  driver.Notes();
  driver.Connect(false);
  EXPECT_THAT(driver.Notes(), ElementsAre("connected", "subscribing", "asking first"));
}

TEST_F(Connection, SessionOfAnEarlierProgram_IsSubscribedToAnew) {
  driver.Start();
  driver.Connect(true);
  EXPECT_THAT(driver.Notes(), Contains("subscribing"));
}

TEST_F(Connection, Redelivery_UnacknowledgedRequestLeavesAgainAsDuplicateFirst) {
  driver.Start();
  driver.Connect();
  const auto first = driver.SentOne();
  driver.TransportDown();
  driver.Advance(Seconds(3));
  driver.Connect(true);
  const auto sent = driver.Sent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].packet_id, first.packet_id);
  EXPECT_TRUE(sent[0].dup);
  EXPECT_FALSE(sent[1].dup);
}

TEST_F(Connection, SubscribeRefused_ClosesAndTriesLater) {
  driver.Start();
  driver.TransportUp();
  driver.Receive(sim::kConnackPacket);
  driver.Receive(sim::SubackPacket(1, {0x80, 1, 1, 1, 1, 1, 1, 1}));
  EXPECT_THAT(driver.Notes(),
              ElementsAre("open", "connected", "subscribing", "subscribe refused", "close"));
  driver.TransportDown("");
  EXPECT_THAT(driver.Notes(), ElementsAre("disconnected: subscription refused", "waiting"));
  driver.Advance(Seconds(3));
  EXPECT_THAT(driver.Notes(), ElementsAre("open"));
}

TEST_F(Connection, RepliesRefused_GoesOnSinceAwsSendsThemAnyway) {
  driver.Start();
  driver.TransportUp();
  driver.Receive(sim::kConnackPacket);
  driver.Receive(sim::SubackPacket(1, {1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80}));
  EXPECT_THAT(driver.Notes(), Contains("asking first"));
}

TEST_F(Connection, ConnectRefused_IsToldWithItsCodeAndTriedLater) {
  driver.Start();
  driver.TransportUp();
  driver.Receive({0x20, 2, 0, 5});
  EXPECT_THAT(driver.Notes(), ElementsAre("open", "connect refused 5", "close"));
  driver.TransportDown("");
  EXPECT_THAT(driver.Notes(), ElementsAre("disconnected: refused by the broker", "waiting"));
}

TEST_F(Connection, NoConnack_IsGivenUpAfterTenSeconds) {
  driver.Start();
  driver.TransportUp();
  driver.Advance(Millis{9'999});
  EXPECT_THAT(driver.Notes(), ElementsAre("open"));
  driver.Advance(Millis{1});
  EXPECT_THAT(driver.Notes(), ElementsAre("close"));
}

TEST_F(Connection, TransportNeverOpens_EveryWaitIsAtLeastASecondAndTheyGrow) {
  driver.Start();
  Millis longest{0};
  for (int attempt = 0; attempt < 40; ++attempt) {
    driver.TransportDown("unreachable");
    const Millis wait = driver.agent().Deadline() - driver.now();
    EXPECT_GE(wait, Seconds(1));
    EXPECT_LE(wait, Seconds(181));
    longest = std::max(longest, wait);
    driver.Advance(wait);
  }
  EXPECT_GE(longest, Seconds(60));
}

TEST_F(Connection, DropRightAfterConnack_DoesNotResetTheWait) {
  driver.Start();
  Millis longest{0};
  for (int attempt = 0; attempt < 20; ++attempt) {
    driver.TransportUp();
    driver.Receive(sim::kConnackPacket);
    driver.TransportDown();
    const Millis wait = driver.agent().Deadline() - driver.now();
    longest = std::max(longest, wait);
    driver.Advance(wait);
  }
  EXPECT_GE(longest, Seconds(30));
}

TEST_F(Connection, StableForAMinute_TheNextWaitIsShortAgain) {
  driver.Start();
  for (int attempt = 0; attempt < 10; ++attempt) {
    driver.TransportDown("unreachable");
    driver.Advance(driver.agent().Deadline() - driver.now());
  }
  driver.Connect();
  const auto asked = driver.SentOne();
  driver.Deliver(kTopics + "start-next/accepted",
                 R"({"clientToken":")" + asked.token() + R"(","timestamp":1})");
  driver.AcknowledgeAll();
  driver.Advance(Seconds(59));
  driver.Receive(sim::kPingrespPacket);
  driver.Advance(Seconds(1));
  driver.TransportDown();
  EXPECT_LE(driver.agent().Deadline() - driver.now(), Seconds(2));
}

TEST_F(Connection, Idle_WakesForKeepAliveAlone) {
  driver.Start();
  driver.Connect();
  driver.Deliver(kTopics + "start-next/accepted",
                 R"({"clientToken":")" + driver.SentOne().token() + R"(","timestamp":1})");
  driver.AcknowledgeAll();
  EXPECT_LE(driver.agent().Deadline() - driver.now(), Seconds(60));
  EXPECT_GE(driver.agent().Deadline() - driver.now(), Seconds(55));
  driver.PacketTypes();
  driver.Advance(Seconds(60));
  EXPECT_THAT(driver.PacketTypes(), ElementsAre(12));
}

TEST_F(Connection, NoPingresp_ClosesTheTransport) {
  driver.Start();
  driver.Connect();
  driver.Deliver(kTopics + "start-next/accepted",
                 R"({"clientToken":")" + driver.SentOne().token() + R"(","timestamp":1})");
  driver.AcknowledgeAll();
  driver.Notes();
  driver.Advance(Seconds(71));
  EXPECT_THAT(driver.Notes(), ElementsAre("close"));
  driver.TransportDown("");
  EXPECT_THAT(driver.Notes(), ElementsAre("disconnected: no answer to PINGREQ", "waiting"));
}

TEST_F(Connection, Stop_SendsDisconnectThenCloses) {
  driver.Start();
  driver.Connect();
  driver.Notes();
  driver.PacketTypes();
  driver.Stop();
  EXPECT_THAT(driver.PacketTypes(), ElementsAre(14));
  EXPECT_THAT(driver.Notes(), ElementsAre("close"));
  driver.TransportDown("");
  EXPECT_TRUE(driver.agent().stopped());
  EXPECT_THAT(driver.Notes(), ElementsAre("disconnected: requested"));
  driver.Advance(Seconds(1000));
  EXPECT_THAT(driver.Notes(), IsEmpty());
}

TEST_F(Connection, NetworkBack_ShortensTheWaitButKeepsASecond) {
  driver.Start();
  for (int attempt = 0; attempt < 10; ++attempt) {
    driver.TransportDown("no network");
    driver.Advance(driver.agent().Deadline() - driver.now());
  }
  driver.TransportDown("no network");
  driver.agent().OnNetworkBack(driver.now());
  const Millis wait = driver.agent().Deadline() - driver.now();
  EXPECT_GE(wait, Seconds(1));
  EXPECT_LE(wait, Seconds(2));
}

TEST_F(Connection, NetworkBackWhileConnected_ChangesNothing) {
  driver.Start();
  driver.Connect();
  driver.Notes();
  driver.agent().OnNetworkBack(driver.now());
  driver.Advance(Millis{0});
  EXPECT_THAT(driver.Notes(), IsEmpty());
}

TEST_F(Connection, SubscribeLargerThanTheSendBuffer_IsToldAndTriedLater) {
  const std::string name(128, 't');
  AgentDriver::Setup setup;
  setup.options.thing = name;
  setup.send = 1024;
  AgentDriver small(flash, setup);
  small.Start();
  small.TransportUp();
  small.Notes();
  small.Receive(sim::kConnackPacket);
  EXPECT_THAT(small.Notes(), ElementsAre("connected", "subscribing", "close"));
  small.TransportDown("");
  EXPECT_THAT(small.Notes(),
              ElementsAre("disconnected: SUBSCRIBE does not fit the send buffer", "waiting"));
}

TEST_F(Connection, StopWhileWaiting_StopsAtOnce) {
  driver.Start();
  driver.TransportDown("unreachable");
  driver.Stop();
  EXPECT_TRUE(driver.agent().stopped());
  EXPECT_EQ(driver.agent().Deadline(), kNever);
}

TEST_F(Connection, StopWhileOpening_ClosesWhateverComes) {
  driver.Start();
  driver.Notes();
  driver.Stop();
  EXPECT_THAT(driver.Notes(), ElementsAre("close"));
  driver.TransportDown("");
  EXPECT_TRUE(driver.agent().stopped());
}

TEST_F(Connection, StopThenStart_ConnectsAgain) {
  driver.Start();
  driver.Connect();
  driver.Stop();
  driver.TransportDown("");
  driver.Notes();
  driver.Start();
  EXPECT_THAT(driver.Notes(), ElementsAre("open"));
}

TEST_F(Connection, BrokerBreaksTheProtocol_ClosesAndTriesLater) {
  driver.Start();
  driver.Connect();
  driver.Notes();
  driver.Receive({0xF0, 0});
  EXPECT_THAT(driver.Notes(), ElementsAre("close"));
  driver.TransportDown("");
  EXPECT_THAT(driver.Notes(),
              ElementsAre("disconnected: the broker broke the protocol", "waiting"));
}

}  // namespace
}  // namespace fieldwork::agent
