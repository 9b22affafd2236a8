// Every way to be refused, to be connected, and to lose it again, in virtual time.
#include "apps/device/station.h"

#include <gtest/gtest.h>

namespace fieldwork::board {
namespace {

using Kind = Station::Event::Kind;
using Reason = Station::Reason;
using State = Station::State;

constexpr MacAddress kMac{0x28, 0x6d, 0xce, 0x8d, 0x2d, 0xda};

AccessPoint Point(const char* ssid, std::optional<std::string> password, int rssi = -50) {
  AccessPoint point;
  point.ssid = ssid;
  point.password = std::move(password);
  point.bssid = {0x94, 0x83, 0xC4, 0x3A, 0xBA, 0x9E};
  point.channel = 6;
  point.rssi = rssi;
  return point;
}

class StationTest : public testing::Test {
 protected:
  // Runs until nothing is due any more.
  void Run() {
    while (station_.Deadline() != kNever) {
      now_ = std::max(now_, station_.Deadline());
      station_.OnTime(now_);
    }
  }
  Station::Event Next() {
    const auto event = station_.NextEvent();
    EXPECT_TRUE(event.has_value());
    return event.value_or(Station::Event{});
  }
  // Joins and expects to be refused for `reason`.
  void ExpectRefusal(const char* ssid, const char* password, Reason reason) {
    ASSERT_TRUE(station_.Join(now_, ssid, password));
    Run();
    const Station::Event event = Next();
    EXPECT_EQ(event.kind, Kind::kFailed);
    EXPECT_EQ(event.reason, reason);
    EXPECT_FALSE(station_.NextEvent().has_value());
    EXPECT_EQ(station_.state(), State::kIdle);
  }
  void GetUp() {
    ASSERT_TRUE(station_.Init());
    ASSERT_TRUE(station_.Join(now_, "61test", "12345678"));
    Run();
    ASSERT_TRUE(station_.has_address());
    while (station_.NextEvent()) {
    }
  }

  Instant now_{1000};
  Station station_{kMac,
                   Millis{700},
                   {Point("61test", "12345678"), Point("open", std::nullopt),
                    Point("far", "12345678", kWeakestUsableRssi - 1)}};
};

TEST_F(StationTest, BeforeInit_NothingCanBeJoined) {
  EXPECT_FALSE(station_.Join(now_, "61test", "12345678"));
  EXPECT_FALSE(station_.Leave());
  EXPECT_FALSE(station_.Deinit());
  EXPECT_EQ(station_.Deadline(), kNever);
}

TEST_F(StationTest, RightPassword_GetsTheLinesOfTheBoardInOrder) {
  ASSERT_TRUE(station_.Init());
  EXPECT_FALSE(station_.Init());
  ASSERT_TRUE(station_.Join(now_, "61test", "12345678"));
  EXPECT_EQ(station_.Deadline(), Instant{1700});
  station_.OnTime(Instant{1699});
  EXPECT_FALSE(station_.NextEvent().has_value());
  station_.OnTime(Instant{1700});
  const Station::Event joined = Next();
  EXPECT_EQ(joined.kind, Kind::kJoined);
  EXPECT_EQ(MacText(joined.bssid, true), "94:83:C4:3A:BA:9E");
  EXPECT_EQ(joined.channel, 6);
  EXPECT_EQ(joined.auth_mode, AuthMode::kWpa2Psk);
  EXPECT_FALSE(station_.has_address());
  Run();
  const Station::Event ip = Next();
  EXPECT_EQ(ip.kind, Kind::kGotIp);
  EXPECT_EQ(ip.address, "192.168.159.220");
  const Station::Event ip6 = Next();
  EXPECT_EQ(ip6.kind, Kind::kGotIp6);
  EXPECT_EQ(ip6.address, "FE80::2A6D:CEFF:FE8D:2DDA");
  EXPECT_TRUE(station_.has_address());
  EXPECT_EQ(station_.Deadline(), kNever);
}

TEST_F(StationTest, OpenNetwork_NeedsNoPassword) {
  ASSERT_TRUE(station_.Init());
  ASSERT_TRUE(station_.Join(now_, "open", ""));
  Run();
  const Station::Event joined = Next();
  EXPECT_EQ(joined.kind, Kind::kJoined);
  EXPECT_EQ(joined.auth_mode, AuthMode::kOpen);
  EXPECT_TRUE(station_.has_address());
}

TEST_F(StationTest, Refusals_SayWhy) {
  ASSERT_TRUE(station_.Init());
  ExpectRefusal("nowhere", "12345678", Reason::kNotFound);
  ExpectRefusal("61test", "87654321", Reason::kWrongPassword);
  ExpectRefusal("61test", "", Reason::kWrongPassword);
  ExpectRefusal("far", "12345678", Reason::kWeakSignal);
}

TEST_F(StationTest, AccessPointThatIsDown_IsNotFound) {
  AccessPoint point = Point("61test", "12345678");
  point.up = false;
  station_.SetAccessPoints(now_, {point});
  ASSERT_TRUE(station_.Init());
  ExpectRefusal("61test", "12345678", Reason::kNotFound);
}

TEST_F(StationTest, TwoOfOneName_TheStrongerIsJoined) {
  AccessPoint near = Point("61test", "12345678", -30);
  near.channel = 11;
  station_.SetAccessPoints(now_, {Point("61test", "12345678"), near});
  ASSERT_TRUE(station_.Init());
  ASSERT_TRUE(station_.Join(now_, "61test", "12345678"));
  Run();
  EXPECT_EQ(Next().channel, 11);
}

TEST_F(StationTest, SignalLost_JoinsAgainWhenItIsBack) {
  GetUp();
  station_.SetAccessPoints(now_, {});
  const Station::Event lost = Next();
  EXPECT_EQ(lost.kind, Kind::kLost);
  EXPECT_EQ(lost.reason, Reason::kSignalLost);
  EXPECT_FALSE(station_.has_address());
  EXPECT_EQ(station_.state(), State::kOutOfRange);
  EXPECT_EQ(station_.Deadline(), kNever) << "an absent network must not wake the board";

  station_.SetAccessPoints(now_, {Point("61test", "12345678")});
  Run();
  EXPECT_EQ(Next().kind, Kind::kJoined);
  EXPECT_EQ(Next().kind, Kind::kGotIp);
  EXPECT_TRUE(station_.has_address());
}

TEST_F(StationTest, SignalFadesBelowTheLimit_IsLostToo) {
  GetUp();
  station_.SetAccessPoints(now_, {Point("61test", "12345678", kWeakestUsableRssi)});
  EXPECT_TRUE(station_.has_address());
  station_.SetAccessPoints(now_, {Point("61test", "12345678", kWeakestUsableRssi - 1)});
  EXPECT_EQ(Next().reason, Reason::kSignalLost);
  Run();
  EXPECT_FALSE(station_.NextEvent().has_value()) << "too weak to come back: no second report";
  EXPECT_EQ(station_.state(), State::kOutOfRange);
}

TEST_F(StationTest, PasswordChangedWhileAway_StopsAndSaysSo) {
  GetUp();
  station_.SetAccessPoints(now_, {});
  EXPECT_EQ(Next().kind, Kind::kLost);
  station_.SetAccessPoints(now_, {Point("61test", "other password")});
  Run();
  const Station::Event failed = Next();
  EXPECT_EQ(failed.kind, Kind::kFailed);
  EXPECT_EQ(failed.reason, Reason::kWrongPassword);
  EXPECT_EQ(station_.state(), State::kIdle);
}

TEST_F(StationTest, PatientJoin_TellsOnceAndJoinsWhenTheNetworkComes) {
  ASSERT_TRUE(station_.Init());
  ASSERT_TRUE(station_.Join(now_, "later", "12345678", Station::Patience::kForEver));
  Run();
  EXPECT_EQ(Next().reason, Reason::kNotFound);
  EXPECT_EQ(station_.state(), State::kOutOfRange);
  station_.SetAccessPoints(now_, {Point("later", "12345678", kWeakestUsableRssi - 1)});
  Run();
  EXPECT_FALSE(station_.NextEvent().has_value());
  station_.SetAccessPoints(now_, {Point("later", "12345678")});
  Run();
  EXPECT_EQ(Next().kind, Kind::kJoined);
  EXPECT_TRUE(station_.has_address());
}

TEST_F(StationTest, PatientJoinWithWrongPassword_Ends) {
  ASSERT_TRUE(station_.Init());
  ASSERT_TRUE(station_.Join(now_, "61test", "wrong password", Station::Patience::kForEver));
  Run();
  EXPECT_EQ(Next().reason, Reason::kWrongPassword);
  EXPECT_EQ(station_.state(), State::kIdle);
}

TEST_F(StationTest, Disconnect_LosesTheAddressAndStaysAway) {
  GetUp();
  EXPECT_TRUE(station_.Leave());
  EXPECT_EQ(Next().reason, Reason::kAsked);
  EXPECT_FALSE(station_.Leave());
  station_.SetAccessPoints(now_, {Point("61test", "12345678")});
  EXPECT_EQ(station_.Deadline(), kNever);
}

TEST_F(StationTest, Deinit_LosesTheAddress) {
  GetUp();
  EXPECT_TRUE(station_.Deinit());
  EXPECT_EQ(Next().kind, Kind::kLost);
  EXPECT_EQ(station_.state(), State::kOff);
}

TEST_F(StationTest, ConnectWhileConnected_LeavesTheFirstNetwork) {
  GetUp();
  ASSERT_TRUE(station_.Join(now_, "open", ""));
  EXPECT_EQ(Next().kind, Kind::kLost);
  Run();
  EXPECT_EQ(Next().kind, Kind::kJoined);
  EXPECT_EQ(station_.ssid(), "open");
}

TEST_F(StationTest, Scan_ListsWhatIsHeardStrongestFirst) {
  AccessPoint down = Point("down", std::nullopt);
  down.up = false;
  station_.SetAccessPoints(now_,
                           {Point("a", std::nullopt, -80), down, Point("b", "12345678", -40)});
  const auto all = station_.Scan("");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].ssid, "b");
  EXPECT_EQ(all[1].ssid, "a");
  ASSERT_EQ(station_.Scan("a").size(), 1u);
  EXPECT_TRUE(station_.Scan("down").empty());
}

}  // namespace
}  // namespace fieldwork::board
