// When a ping is due, and when the link is dead; all in virtual time.
#include "device/mqtt/keep_alive.h"

#include <gtest/gtest.h>

namespace fieldwork::mqtt {
namespace {

using Action = KeepAlive::Action;

constexpr Instant kStart{5'000};
constexpr Instant At(std::int64_t ms) { return kStart + Millis{ms}; }

KeepAlive Started(std::uint16_t interval_s) {
  KeepAlive keep_alive;
  keep_alive.Start(kStart, interval_s);
  return keep_alive;
}

// [MQTT-3.1.2-23]: a sixteenth early, so that it leaves within the interval.
TEST(KeepAlive, NothingSent_AsksForAPingWithinTheInterval) {
  KeepAlive keep_alive = Started(60);
  EXPECT_EQ(keep_alive.Deadline(), At(56'250));
  EXPECT_EQ(keep_alive.OnTime(At(56'249)), Action::kNone);
  EXPECT_EQ(keep_alive.OnTime(At(56'250)), Action::kSendPing);
}

// [MQTT-3.1.2-23]
TEST(KeepAlive, AnyIntervalWeCanName_IsKept) {
  for (unsigned interval_s = 1; interval_s <= 65535; interval_s += 97) {
    const KeepAlive keep_alive = Started(static_cast<std::uint16_t>(interval_s));
    EXPECT_LT(keep_alive.Deadline(), kStart + Seconds(interval_s));
    EXPECT_GE(keep_alive.Deadline(), kStart + Millis{interval_s * 900});
  }
}

TEST(KeepAlive, PacketSent_PutsThePingOff) {
  KeepAlive keep_alive = Started(60);
  keep_alive.OnSent(At(30'000));
  keep_alive.OnReceived(At(30'000));
  EXPECT_EQ(keep_alive.OnTime(At(56'250)), Action::kNone);
  EXPECT_EQ(keep_alive.Deadline(), At(86'250));
}

TEST(KeepAlive, SendingWithoutReceiving_StillAsksForAPing) {
  KeepAlive keep_alive = Started(60);
  keep_alive.OnSent(At(50'000));
  EXPECT_EQ(keep_alive.OnTime(At(56'250)), Action::kSendPing);
  EXPECT_EQ(keep_alive.OnTime(At(66'250)), Action::kLinkDead);
}

TEST(KeepAlive, ReceivingWithoutSending_StillAsksForAPing) {
  KeepAlive keep_alive = Started(60);
  keep_alive.OnReceived(At(50'000));
  EXPECT_EQ(keep_alive.OnTime(At(56'250)), Action::kSendPing);
}

TEST(KeepAlive, TwoCallsAtOneInstant_AskForOnePing) {
  KeepAlive keep_alive = Started(60);
  EXPECT_EQ(keep_alive.OnTime(At(56'250)), Action::kSendPing);
  EXPECT_EQ(keep_alive.OnTime(At(56'250)), Action::kNone);
  keep_alive.OnReceived(At(56'250));  // The ping itself has not left yet.
  EXPECT_EQ(keep_alive.OnTime(At(56'250)), Action::kNone);
}

TEST(KeepAlive, NoAnswerForTenSeconds_LinkIsDead) {
  KeepAlive keep_alive = Started(60);
  ASSERT_EQ(keep_alive.OnTime(At(56'250)), Action::kSendPing);
  keep_alive.OnSent(At(56'251));
  keep_alive.OnSent(At(60'000));  // Sending more does not put the verdict off.
  EXPECT_EQ(keep_alive.Deadline(), At(66'250));
  EXPECT_EQ(keep_alive.OnTime(At(66'249)), Action::kNone);
  EXPECT_EQ(keep_alive.OnTime(At(66'250)), Action::kLinkDead);
}

TEST(KeepAlive, AnyByteReceived_IsAnAnswer) {
  KeepAlive keep_alive = Started(60);
  ASSERT_EQ(keep_alive.OnTime(At(56'250)), Action::kSendPing);
  keep_alive.OnReceived(At(66'249));
  EXPECT_EQ(keep_alive.OnTime(At(66'250)), Action::kNone);
  EXPECT_EQ(keep_alive.Deadline(), At(56'250 + 56'250));
}

TEST(KeepAlive, SilentLink_IsGivenUpWithinOneAndAHalfIntervals) {
  for (const std::uint16_t interval_s : {1, 2, 5, 19, 20, 21, 30, 60, 1200, 65535}) {
    KeepAlive keep_alive = Started(interval_s);
    ASSERT_EQ(keep_alive.OnTime(keep_alive.Deadline()), Action::kSendPing);
    EXPECT_LE(keep_alive.Deadline(), kStart + Millis{interval_s * 1500}) << interval_s;
    EXPECT_EQ(keep_alive.OnTime(keep_alive.Deadline()), Action::kLinkDead);
  }
}

TEST(KeepAlive, CalledHoursLate_FirstAsksThePeer) {
  KeepAlive keep_alive = Started(60);
  EXPECT_EQ(keep_alive.OnTime(At(9'000'000)), Action::kSendPing);
  EXPECT_EQ(keep_alive.Deadline(), At(9'010'000));
}

TEST(KeepAlive, IntervalZero_TurnsItOff) {
  KeepAlive keep_alive = Started(0);
  EXPECT_EQ(keep_alive.Deadline(), kNever);
  EXPECT_EQ(keep_alive.OnTime(At(1'000'000'000)), Action::kNone);
}

TEST(KeepAlive, Stopped_HasNoDeadlineUntilStartedAgain) {
  KeepAlive keep_alive = Started(60);
  ASSERT_EQ(keep_alive.OnTime(At(56'250)), Action::kSendPing);
  keep_alive.Stop();
  EXPECT_EQ(keep_alive.Deadline(), kNever);
  keep_alive.Start(At(100'000), 60);
  EXPECT_EQ(keep_alive.Deadline(), At(156'250));
}

}  // namespace
}  // namespace fieldwork::mqtt
