// The client against a port and servers made of a few lines, in virtual time.
#include "device/sntp/client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "device/base/wall_clock.h"

namespace fieldwork::sntp {
namespace {

constexpr std::int64_t kServerUnixMs = 1'739'152'115'000;
constexpr std::uint32_t kRate = 0x52415445;
constexpr std::uint32_t kDeny = 0x44454E59;
constexpr Instant kStart{1'000'000};

Timestamp ToTimestamp(std::int64_t unix_ms) {
  const auto ms_since_1900 = static_cast<std::uint64_t>(unix_ms + 2'208'988'800'000);
  return (ms_since_1900 / 1000) << 32 | ((ms_since_1900 % 1000) << 32) / 1000;
}

void Put64(Packet* packet, std::size_t at, std::uint64_t value) {
  for (std::size_t i = 0; i < 8; ++i) {
    (*packet)[at + i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
  }
}

/// The answer of a healthy server to a request that it had from `receive_ms` to `transmit_ms`.
Packet Answer(const Packet& request, std::int64_t receive_ms, std::int64_t transmit_ms) {
  Packet reply{};
  reply[0] = 0x24;
  reply[1] = 2;
  std::copy(request.begin() + 40, request.end(), reply.begin() + 24);
  Put64(&reply, 32, ToTimestamp(receive_ms));
  Put64(&reply, 40, ToTimestamp(transmit_ms));
  return reply;
}

Packet Answer(const Packet& request) { return Answer(request, kServerUnixMs, kServerUnixMs); }

Packet KissAnswer(const Packet& request, std::uint32_t code) {
  Packet reply = Answer(request);
  reply[0] = 0xE4;
  reply[1] = 0;
  for (std::size_t i = 0; i < 4; ++i)
    reply[12 + i] = static_cast<std::uint8_t>(code >> (24 - 8 * i));
  return reply;
}

/// Owns the client and the virtual clock; keeps what the client said last.
class ClientTest : public ::testing::Test {
 protected:
  static Options Servers(std::uint8_t count) {
    Options options;
    options.server_count = count;
    return options;
  }

  void Make(const Options& options, std::uint32_t seed = 1) { client_.emplace(options, seed); }

  void Start(const Options& options) {
    Make(options);
    ASSERT_EQ(client_->Start(now_), Status::kOk);
    Drain();
  }

  /// Events as text, for order; the last of each kind, for content.
  void Drain() {
    said_.clear();
    while (const auto event = client_->NextEvent()) {
      if (const auto* send = std::get_if<event::SendRequest>(&*event)) {
        said_ += "send" + std::to_string(send->server) + ' ';
        asked_.push_back({now_, send->server});
      } else if (const auto* failed = std::get_if<event::ServerFailed>(&*event)) {
        said_ += "failed" + std::to_string(failed->server) + ' ';
        failure_ = failed->why;
      } else if (const auto* synchronised = std::get_if<event::Synchronised>(&*event)) {
        said_ += "synchronised" + std::to_string(synchronised->server) + ' ';
        synchronised_ = *synchronised;
      } else if (const auto* waiting = std::get_if<event::Waiting>(&*event)) {
        said_ += "waiting ";
        waiting_ = *waiting;
      }
    }
  }

  Packet Request() {
    const Result<Packet> request = client_->Request(now_, ++nonce_ * 0x9E37'79B9'7F4A'7C15);
    EXPECT_TRUE(request.ok());
    return *request;
  }
  void Reply(std::size_t server, Bytes bytes) {
    client_->OnReply(now_, server, bytes);
    Drain();
  }
  void Unreachable(std::size_t server) {
    client_->OnUnreachable(now_, server);
    Drain();
  }
  void Advance(Millis span) {
    now_ = now_ + span;
    client_->OnTime(now_);
    Drain();
  }
  void AdvanceToDeadline() { Advance(client_->Deadline() - now_); }

  /// Lets every server stay silent for as long as `span`.
  void Silence(Millis span) {
    const Instant end = now_ + span;
    while (client_->Deadline() <= end) {
      AdvanceToDeadline();
      static_cast<void>(client_->Request(now_, ++nonce_));
    }
  }

  struct Asked {
    Instant at;
    std::uint8_t server;
  };

  std::optional<Client> client_;
  Instant now_ = kStart;
  std::uint64_t nonce_ = 0;
  std::string said_;
  Failure failure_{};
  event::Synchronised synchronised_;
  event::Waiting waiting_;
  std::vector<Asked> asked_;
};

TEST_F(ClientTest, BeforeStart_NothingIsDue) {
  Make(Servers(1));
  EXPECT_FALSE(client_->started());
  EXPECT_EQ(client_->Deadline(), kNever);
  EXPECT_FALSE(client_->NextEvent().has_value());
}

TEST_F(ClientTest, Start_AsksTheFirstServerAtOnce) {
  Start(Servers(3));
  EXPECT_EQ(said_, "send0 ");
  EXPECT_TRUE(client_->started());
  EXPECT_EQ(client_->Deadline(), kStart + Seconds(10));
}

TEST_F(ClientTest, StartTwice_IsWrongState) {
  Start(Servers(1));
  EXPECT_EQ(client_->Start(now_), Status::kWrongState);
}

TEST_F(ClientTest, OptionsOutOfRange_AreRefused) {
  std::vector<Options> bad(8, Servers(1));
  bad[0].server_count = 0;
  bad[1].server_count = kServersMax + 1;
  bad[2].poll_interval = kPollMin - Millis{1};
  bad[3].reply_timeout = Millis{0};
  bad[4].send_timeout = Millis{0};
  bad[5].backoff_base = Millis{-1};
  bad[6].backoff_base = bad[6].backoff_cap + Millis{1};
  bad[7].reply_timeout = Seconds(-1);
  for (const Options& options : bad) {
    Make(options);
    EXPECT_EQ(client_->Start(now_), Status::kBadArgument);
    EXPECT_FALSE(client_->started());
    EXPECT_EQ(client_->Deadline(), kNever);
  }
}

TEST_F(ClientTest, GoodReply_GivesTheTimePlusHalfTheWayBack) {
  Start(Servers(1));
  Advance(Seconds(2));  // The name took two seconds; that is no part of the round trip.
  const Packet request = Request();
  now_ = now_ + Millis{140};
  // The server kept it for 40 ms, so 100 ms were spent on the network.
  Reply(0, Answer(request, kServerUnixMs, kServerUnixMs + 40));
  EXPECT_EQ(said_, "synchronised0 ");
  EXPECT_EQ(synchronised_.at, now_);
  EXPECT_EQ(synchronised_.round_trip, Millis{100});
  EXPECT_EQ(synchronised_.unix_ms, kServerUnixMs + 40 + 50);
}

TEST_F(ClientTest, InstantReply_HasNoRoundTrip) {
  Start(Servers(1));
  Reply(0, Answer(Request(), kServerUnixMs, kServerUnixMs + 2));
  EXPECT_EQ(synchronised_.round_trip, Millis{0});
  EXPECT_EQ(synchronised_.unix_ms, kServerUnixMs + 2);
}

TEST_F(ClientTest, ServerThatKeptTheRequestLongerThanWeWaited_IsMalformed) {
  Start(Servers(1));
  const Packet request = Request();
  now_ = now_ + Millis{100};
  Reply(0, Answer(request, kServerUnixMs, kServerUnixMs + 103));
  EXPECT_EQ(said_, "failed0 waiting ");
  EXPECT_EQ(failure_, Failure::kMalformed);
}

TEST_F(ClientTest, ServerThatAnsweredBeforeItWasAsked_IsMalformed) {
  Start(Servers(1));
  const Packet request = Request();
  now_ = now_ + Millis{100};
  Reply(0, Answer(request, kServerUnixMs, kServerUnixMs - 1));
  EXPECT_EQ(failure_, Failure::kMalformed);
}

TEST_F(ClientTest, ReplyAcrossTheEraOf2036_IsGood) {
  constexpr std::int64_t kRollover = 2'085'978'496'000;
  Start(Servers(1));
  const Packet request = Request();
  now_ = now_ + Millis{60};
  Reply(0, Answer(request, kRollover - 10, kRollover + 10));
  EXPECT_EQ(said_, "synchronised0 ");
  EXPECT_EQ(synchronised_.unix_ms, kRollover + 10 + 20);
}

TEST_F(ClientTest, NoncesOfTheCaller_AreWhatIsSent) {
  Start(Servers(1));
  const Result<Packet> request = client_->Request(now_, 0xA1A2'A3A4'A5A6'A7A8);
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(*request, EncodeRequest(0xA1A2'A3A4'A5A6'A7A8));
}

TEST_F(ClientTest, NonceOfZero_IsNotSent) {
  Start(Servers(1));
  const Result<Packet> request = client_->Request(now_, 0);
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(*request, EncodeRequest(1));
}

TEST_F(ClientTest, RequestWhenNoneIsWanted_IsWrongState) {
  Make(Servers(1));
  EXPECT_EQ(client_->Request(now_, 1).status(), Status::kWrongState);
  ASSERT_EQ(client_->Start(now_), Status::kOk);
  Reply(0, Answer(Request()));
  EXPECT_EQ(client_->Request(now_, 1).status(), Status::kWrongState);
}

TEST_F(ClientTest, ForgedReply_IsIgnoredAndTheRealOneTaken) {
  Start(Servers(1));
  const Packet request = Request();
  Packet forged = Answer(request);
  forged[31] ^= 1;
  Reply(0, forged);
  EXPECT_EQ(said_, "");
  EXPECT_EQ(client_->ignored_replies(), 1u);
  Reply(0, Answer(request));
  EXPECT_EQ(said_, "synchronised0 ");
}

TEST_F(ClientTest, ForgedKissAndShortReply_TurnNobodyAway) {
  Start(Servers(2));
  const Packet request = Request();
  Packet kiss = KissAnswer(request, kDeny);
  kiss[24] ^= 0x80;
  Reply(0, kiss);
  Reply(0, Bytes(Answer(request)).first(47));
  Reply(0, {});
  EXPECT_EQ(said_, "");
  EXPECT_EQ(client_->ignored_replies(), 3u);
}

TEST_F(ClientTest, SecondAnswerToOneRequest_IsIgnored) {
  Start(Servers(1));
  const Packet request = Request();
  Reply(0, Answer(request));
  Reply(0, Answer(request));
  EXPECT_EQ(said_, "");
  EXPECT_EQ(client_->ignored_replies(), 1u);
}

TEST_F(ClientTest, LateReplyOfAFormerServer_IsIgnored) {
  Start(Servers(2));
  const Packet first = Request();
  Advance(Seconds(3));
  ASSERT_EQ(said_, "failed0 send1 ");
  const Packet second = Request();
  Reply(0, Answer(first));
  Reply(0, Answer(second));  // Right nonce, wrong server.
  EXPECT_EQ(said_, "");
  Reply(1, Answer(second));
  EXPECT_EQ(said_, "synchronised1 ");
}

TEST_F(ClientTest, RequestToASecondAddress_MakesTheFirstStale) {
  Start(Servers(1));
  const Packet first = Request();
  now_ = now_ + Seconds(1);
  const Packet second = Request();
  EXPECT_EQ(client_->Deadline(), now_ + Seconds(3));
  Reply(0, Answer(first));
  EXPECT_EQ(said_, "");
  Reply(0, Answer(second));
  EXPECT_EQ(said_, "synchronised0 ");
}

TEST_F(ClientTest, EveryRefusal_NamesItselfAndAsksTheNext) {
  const auto refuse = [this](auto change, Failure expected) {
    now_ = now_ + Seconds(100'000);
    Start(Servers(2));
    const Packet request = Request();
    Packet reply = Answer(request);
    change(reply);
    Reply(0, reply);
    EXPECT_EQ(said_, "failed0 send1 ");
    EXPECT_EQ(failure_, expected) << FailureName(failure_);
    Reply(1, Answer(Request()));
    EXPECT_EQ(said_, "synchronised1 ");
  };
  refuse([](Packet& reply) { reply[0] = 0x23; }, Failure::kMalformed);       // Mode client.
  refuse([](Packet& reply) { reply[0] = 0x2C; }, Failure::kMalformed);       // Version 5.
  refuse([](Packet& reply) { reply[0] = 0xE4; }, Failure::kUnsynchronised);  // Leap unknown.
  refuse([](Packet& reply) { reply[1] = 16; }, Failure::kUnsynchronised);
  refuse([](Packet& reply) { reply[1] = 0; }, Failure::kUnsynchronised);
  refuse([](Packet& reply) { Put64(&reply, 40, 0); }, Failure::kMalformed);
  refuse([](Packet& reply) { Put64(&reply, 32, 0); }, Failure::kMalformed);
  refuse([](Packet& reply) { reply[9] = 16; }, Failure::kUnsynchronised);  // Root dispersion.
}

TEST_F(ClientTest, NoAnswer_FailsAfterTheTimeoutNotBefore) {
  Start(Servers(2));
  Request();
  Advance(Millis{2999});
  EXPECT_EQ(said_, "");
  Advance(Millis{1});
  EXPECT_EQ(said_, "failed0 send1 ");
  EXPECT_EQ(failure_, Failure::kTimeout);
}

TEST_F(ClientTest, PortThatSendsNothing_FailsAfterItsOwnTimeout) {
  Start(Servers(2));
  Advance(Seconds(10));
  EXPECT_EQ(said_, "failed0 send1 ");
  EXPECT_EQ(failure_, Failure::kNotSent);
}

TEST_F(ClientTest, Unreachable_FailsBeforeAndAfterTheRequest) {
  Start(Servers(3));
  Unreachable(0);
  EXPECT_EQ(said_, "failed0 send1 ");
  EXPECT_EQ(failure_, Failure::kUnreachable);
  Request();
  Unreachable(1);
  EXPECT_EQ(said_, "failed1 send2 ");
}

TEST_F(ClientTest, UnreachableOfAnotherServer_IsIgnored) {
  Start(Servers(2));
  Unreachable(1);
  EXPECT_EQ(said_, "");
  Reply(0, Answer(Request()));
  Unreachable(0);
  EXPECT_EQ(said_, "");
}

TEST_F(ClientTest, AfterAllFailed_WaitsAndBeginsAgainWithTheFirst) {
  Start(Servers(3));
  Unreachable(0);
  Unreachable(1);
  Unreachable(2);
  EXPECT_EQ(said_, "failed2 waiting ");
  EXPECT_EQ(client_->Deadline(), now_ + waiting_.delay);
  AdvanceToDeadline();
  EXPECT_EQ(said_, "send0 ");
}

TEST_F(ClientTest, WaitAfterRounds_DoublesUpToTheCapWithinItsBounds) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    now_ = kStart;
    Make(Servers(1), seed);
    ASSERT_EQ(client_->Start(now_), Status::kOk);
    Drain();
    for (int round = 0; round < 40; ++round) {
      Unreachable(0);
      ASSERT_EQ(said_, "failed0 waiting ");
      const Millis span = std::min(Millis{4000LL << std::min(round, 20)}, Seconds(1024));
      ASSERT_GE(waiting_.delay, kPollMin + Seconds(1));
      ASSERT_LE(waiting_.delay, kPollMin + Seconds(1) + span);
      AdvanceToDeadline();
      ASSERT_EQ(said_, "send0 ");
    }
  }
}

TEST_F(ClientTest, WaitOfAFleet_IsSpread) {
  Millis low = Seconds(10'000);
  Millis high{0};
  for (std::uint32_t seed = 1; seed <= 500; ++seed) {
    Make(Servers(1), seed * 2'654'435'761u);
    ASSERT_EQ(client_->Start(kStart), Status::kOk);
    Drain();
    Unreachable(0);
    low = std::min(low, waiting_.delay);
    high = std::max(high, waiting_.delay);
  }
  EXPECT_GT(high - low, Millis{3500});
}

TEST_F(ClientTest, Success_BringsTheShortWaitBack) {
  Start(Servers(1));
  for (int round = 0; round < 10; ++round) {
    Unreachable(0);
    AdvanceToDeadline();
  }
  Reply(0, Answer(Request()));
  AdvanceToDeadline();
  Unreachable(0);
  EXPECT_LE(waiting_.delay, kPollMin + Seconds(1) + Seconds(4));
}

TEST_F(ClientTest, NoServerIsAskedTwiceWithin15Seconds) {
  for (std::uint8_t count = 1; count <= kServersMax; ++count) {
    asked_.clear();
    Start(Servers(count));
    Silence(Seconds(600));
    std::vector<Instant> last(count, Instant{0});
    for (const Asked& asked : asked_) {
      ASSERT_GE(asked.at - last[asked.server], kPollMin) << int{count};
      last[asked.server] = asked.at;
    }
    ASSERT_GT(asked_.size(), std::size_t{count});
  }
}

TEST_F(ClientTest, StopAndStart_DoNotAskTheSameServerAgainTooSoon) {
  Start(Servers(2));
  Reply(0, Answer(Request()));
  client_->Stop();
  now_ = now_ + Seconds(5);
  ASSERT_EQ(client_->Start(now_), Status::kOk);
  Drain();
  EXPECT_EQ(said_, "send1 ");
  Unreachable(1);
  EXPECT_EQ(said_, "failed1 waiting ");
}

TEST_F(ClientTest, StopAndStartOfTheOnlyServer_WaitsJustLongEnough) {
  Start(Servers(1));
  Reply(0, Answer(Request()));
  client_->Stop();
  now_ = now_ + Seconds(5);
  ASSERT_EQ(client_->Start(now_), Status::kOk);
  Drain();
  EXPECT_EQ(said_, "waiting ");
  EXPECT_EQ(waiting_.delay, Seconds(10));
  AdvanceToDeadline();
  EXPECT_EQ(said_, "send0 ");
}

TEST_F(ClientTest, Denied_IsLeftAloneForADay) {
  Start(Servers(2));
  Reply(0, KissAnswer(Request(), kDeny));
  EXPECT_EQ(said_, "failed0 send1 ");
  EXPECT_EQ(failure_, Failure::kDenied);
  const Instant denied = now_;
  asked_.clear();
  Silence(Seconds(24 * 3600 + 2000));
  ASSERT_FALSE(asked_.empty());
  bool asked_again = false;
  for (const Asked& asked : asked_) {
    if (asked.server != 0) continue;
    asked_again = true;
    ASSERT_GE(asked.at - denied, Seconds(24 * 3600));
  }
  EXPECT_TRUE(asked_again);
}

TEST_F(ClientTest, DeniedByTheOnlyServer_StaysDeniedAcrossAStart) {
  Start(Servers(1));
  Reply(0, KissAnswer(Request(), kDeny));
  EXPECT_EQ(said_, "failed0 waiting ");
  EXPECT_GE(waiting_.delay, Seconds(24 * 3600));
  client_->Stop();
  ASSERT_EQ(client_->Start(now_), Status::kOk);
  Drain();
  EXPECT_EQ(said_, "waiting ");
  EXPECT_EQ(waiting_.delay, Seconds(24 * 3600));
}

TEST_F(ClientTest, RateLimited_IsLeftAloneTwiceAsLongEachTime) {
  Start(Servers(1));
  for (int round = 0; round < 10; ++round) {
    Reply(0, KissAnswer(Request(), kRate));
    ASSERT_EQ(failure_, Failure::kRateLimited);
    const Millis hold = Seconds(64LL << std::min(round, 6));
    ASSERT_GE(waiting_.delay, hold + Seconds(1));
    ASSERT_LE(waiting_.delay, hold + Seconds(1) + Seconds(1024));
    AdvanceToDeadline();
  }
  Reply(0, Answer(Request()));
  AdvanceToDeadline();
  Reply(0, KissAnswer(Request(), kRate));
  EXPECT_LE(waiting_.delay, Seconds(64 + 1 + 4));
}

TEST_F(ClientTest, AfterSuccess_PollsAgainAfterTheIntervalWithJitter) {
  Start(Servers(1));
  Reply(0, Answer(Request()));
  EXPECT_GE(client_->Deadline(), now_ + Seconds(3600));
  EXPECT_LE(client_->Deadline(), now_ + Seconds(3600 + 225));
  Advance(Seconds(3599));
  EXPECT_EQ(said_, "");
  AdvanceToDeadline();
  EXPECT_EQ(said_, "send0 ");
}

TEST_F(ClientTest, NextPoll_AsksTheServerThatAnsweredAndThenTheOthers) {
  Start(Servers(3));
  Unreachable(0);
  Reply(1, Answer(Request()));
  AdvanceToDeadline();
  EXPECT_EQ(said_, "send1 ");
  Unreachable(1);
  EXPECT_EQ(said_, "failed1 send2 ");
  Unreachable(2);
  EXPECT_EQ(said_, "failed2 send0 ");
  Unreachable(0);
  EXPECT_EQ(said_, "failed0 waiting ");
}

TEST_F(ClientTest, SettingTheClock_MovesNoTimer) {
  WallClock clock;
  clock.Set(now_, 0);
  Start(Servers(1));
  Reply(0, Answer(Request()));
  const Instant deadline = client_->Deadline();
  clock.Set(synchronised_.at, synchronised_.unix_ms);
  EXPECT_EQ(client_->Deadline(), deadline);
  clock.Set(now_, 0);
  EXPECT_EQ(client_->Deadline(), deadline);
  Advance(Seconds(60));
  EXPECT_EQ(said_, "");
}

TEST_F(ClientTest, Synchronised_SetsAWallClock) {
  Start(Servers(1));
  const Packet request = Request();
  now_ = now_ + Millis{20};
  Reply(0, Answer(request));
  WallClock clock;
  clock.Set(synchronised_.at, synchronised_.unix_ms);
  EXPECT_EQ(clock.UnixMs(now_ + Seconds(1)), kServerUnixMs + 10 + 1000);
}

TEST_F(ClientTest, Stop_ForgetsTheRequestAndItsEvents) {
  Make(Servers(1));
  ASSERT_EQ(client_->Start(now_), Status::kOk);
  const Packet request = Request();
  client_->Stop();
  EXPECT_EQ(client_->Deadline(), kNever);
  Drain();
  EXPECT_EQ(said_, "");
  Reply(0, Answer(request));
  EXPECT_EQ(said_, "");
  Advance(Seconds(100'000));
  EXPECT_EQ(said_, "");
  client_->Stop();
}

TEST_F(ClientTest, OnTimeTooEarlyAndTwice_IsHarmless) {
  Start(Servers(2));
  Request();
  client_->OnTime(now_);
  Drain();
  EXPECT_EQ(said_, "");
  Advance(Seconds(3));
  EXPECT_EQ(said_, "failed0 send1 ");
  client_->OnTime(now_);
  Drain();
  EXPECT_EQ(said_, "");
}

TEST(FailureName, EveryFailure_HasAText) {
  EXPECT_STREQ(FailureName(Failure::kTimeout), "no answer");
  EXPECT_STREQ(FailureName(Failure::kDenied), "access denied");
  EXPECT_STREQ(FailureName(static_cast<Failure>(99)), "unknown");
}

}  // namespace
}  // namespace fieldwork::sntp
