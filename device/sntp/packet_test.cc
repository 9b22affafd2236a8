// Bytes on the wire, each reason to refuse a reply, and the eras of NTP.
#include "device/sntp/packet.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

namespace fieldwork::sntp {
namespace {

constexpr std::uint64_t kNonce = 0x0123'4567'89AB'CDEF;
/// 2025-02-10 01:48:35 UTC.
constexpr Timestamp kFeb2025 = std::uint64_t{1'739'152'115 + 2'208'988'800} << 32;

Reply GoodReply() {
  Reply reply;
  reply.leap = 0;
  reply.version = 4;
  reply.mode = 4;
  reply.stratum = 2;
  reply.root_delay = 0x0000'0800;
  reply.root_dispersion = 0x0000'1000;
  reply.originate = kNonce;
  reply.receive = kFeb2025;
  reply.transmit = kFeb2025 + 1;
  return reply;
}

Reply Kiss(std::uint32_t code) {
  Reply reply = GoodReply();
  reply.stratum = 0;
  reply.leap = 3;
  reply.reference_id = code;
  return reply;
}

TEST(EncodeRequest, IsVersion4ClientWithTheNonceAndNothingElse) {
  const Packet packet = EncodeRequest(kNonce);
  Packet expected{};
  expected[0] = 0x23;
  constexpr std::array<std::uint8_t, 8> kBytes{0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF};
  std::copy(kBytes.begin(), kBytes.end(), expected.begin() + 40);
  EXPECT_EQ(packet, expected);
}

TEST(DecodeReply, EveryField_IsAtItsPlace) {
  std::array<std::uint8_t, kPacketBytes> in{};
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<std::uint8_t>(i);
  in[0] = 0xDC;  // 11 011 100
  const Result<Reply> reply = DecodeReply(in);
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->leap, 3);
  EXPECT_EQ(reply->version, 3);
  EXPECT_EQ(reply->mode, 4);
  EXPECT_EQ(reply->stratum, 1);
  EXPECT_EQ(reply->root_delay, 0x0405'0607u);
  EXPECT_EQ(reply->root_dispersion, 0x0809'0A0Bu);
  EXPECT_EQ(reply->reference_id, 0x0C0D'0E0Fu);
  EXPECT_EQ(reply->originate, 0x1819'1A1B'1C1D'1E1Fu);
  EXPECT_EQ(reply->receive, 0x2021'2223'2425'2627u);
  EXPECT_EQ(reply->transmit, 0x2829'2A2B'2C2D'2E2Fu);
}

TEST(DecodeReply, EveryShorterLength_IsMalformed) {
  const std::vector<std::uint8_t> in(kPacketBytes, 0x24);
  for (std::size_t n = 0; n < kPacketBytes; ++n) {
    EXPECT_EQ(DecodeReply(Bytes(in).first(n)).status(), Status::kMalformed) << n;
  }
}

TEST(DecodeReply, WithADigestBehind_IsRead) {
  const std::vector<std::uint8_t> in(kPacketBytes + 20, 0x24);
  EXPECT_TRUE(DecodeReply(in).ok());
}

TEST(Judge, AGoodReply_IsGood) { EXPECT_EQ(Judge(GoodReply(), kNonce), Verdict::kGood); }

TEST(Judge, LeapSecondToday_IsGood) {
  for (const std::uint8_t leap : {1, 2}) {
    Reply reply = GoodReply();
    reply.leap = leap;
    EXPECT_EQ(Judge(reply, kNonce), Verdict::kGood);
  }
}

TEST(Judge, OtherOriginate_IsNotOurs) {
  Reply reply = GoodReply();
  reply.originate ^= 1;
  EXPECT_EQ(Judge(reply, kNonce), Verdict::kNotOurs);
  reply.originate = 0;
  EXPECT_EQ(Judge(reply, kNonce), Verdict::kNotOurs);
}

TEST(Judge, ForgedKiss_IsNotOurs) {
  Reply reply = Kiss(0x44454E59);
  reply.originate ^= 1;
  EXPECT_EQ(Judge(reply, kNonce), Verdict::kNotOurs);
}

TEST(Judge, EveryModeButServer_IsMalformed) {
  for (std::uint8_t mode = 0; mode < 8; ++mode) {
    Reply reply = GoodReply();
    reply.mode = mode;
    EXPECT_EQ(Judge(reply, kNonce), mode == 4 ? Verdict::kGood : Verdict::kMalformed) << int{mode};
  }
}

TEST(Judge, EveryVersionBut3And4_IsMalformed) {
  for (std::uint8_t version = 0; version < 8; ++version) {
    Reply reply = GoodReply();
    reply.version = version;
    const bool known = version == 3 || version == 4;
    EXPECT_EQ(Judge(reply, kNonce), known ? Verdict::kGood : Verdict::kMalformed) << int{version};
  }
}

TEST(Judge, LeapUnknown_IsUnsynchronised) {
  Reply reply = GoodReply();
  reply.leap = 3;
  EXPECT_EQ(Judge(reply, kNonce), Verdict::kUnsynchronised);
}

TEST(Judge, Stratum_IsGoodFrom1To15) {
  for (int stratum = 1; stratum < 256; ++stratum) {
    Reply reply = GoodReply();
    reply.stratum = static_cast<std::uint8_t>(stratum);
    EXPECT_EQ(Judge(reply, kNonce), stratum < 16 ? Verdict::kGood : Verdict::kUnsynchronised);
  }
}

TEST(Judge, KissOfDeath_IsToldByItsCode) {
  EXPECT_EQ(Judge(Kiss(0x52415445), kNonce), Verdict::kRateLimited);     // RATE
  EXPECT_EQ(Judge(Kiss(0x44454E59), kNonce), Verdict::kDenied);          // DENY
  EXPECT_EQ(Judge(Kiss(0x52535452), kNonce), Verdict::kDenied);          // RSTR
  EXPECT_EQ(Judge(Kiss(0x494E4954), kNonce), Verdict::kUnsynchronised);  // INIT
  EXPECT_EQ(Judge(Kiss(0), kNonce), Verdict::kUnsynchronised);
}

TEST(Judge, StratumZeroWithATime_IsNeverGood) {
  Reply reply = Kiss(0x47505300);
  reply.leap = 0;
  EXPECT_EQ(Judge(reply, kNonce), Verdict::kUnsynchronised);
}

TEST(Judge, RootDistanceOf16Seconds_IsUnsynchronised) {
  Reply reply = GoodReply();
  reply.root_dispersion = 16u << 16;
  EXPECT_EQ(Judge(reply, kNonce), Verdict::kUnsynchronised);
  reply = GoodReply();
  reply.root_delay = 16u << 16;
  EXPECT_EQ(Judge(reply, kNonce), Verdict::kUnsynchronised);
  reply.root_delay = 0xFFFF'FFFF;
  EXPECT_EQ(Judge(reply, kNonce), Verdict::kUnsynchronised);
  reply.root_delay = (16u << 16) - 1;
  EXPECT_EQ(Judge(reply, kNonce), Verdict::kGood);
}

TEST(Judge, ZeroTimestamps_AreMalformed) {
  Reply reply = GoodReply();
  reply.transmit = 0;
  EXPECT_EQ(Judge(reply, kNonce), Verdict::kMalformed);
  reply = GoodReply();
  reply.receive = 0;
  EXPECT_EQ(Judge(reply, kNonce), Verdict::kMalformed);
}

TEST(UnixMs, KnownTimestamp_IsItsInstant) {
  EXPECT_EQ(UnixMs(kFeb2025), 1'739'152'115'000);
  EXPECT_EQ(UnixMs(kFeb2025 | 0x8000'0000u), 1'739'152'115'500);
}

TEST(UnixMs, Fraction_IsRoundedAndMayCarry) {
  EXPECT_EQ(UnixMs(kFeb2025 | 0x0020'0000u), 1'739'152'115'000);  // 0.49 ms
  EXPECT_EQ(UnixMs(kFeb2025 | 0x0021'0000u), 1'739'152'115'001);  // 0.50 ms
  EXPECT_EQ(UnixMs(kFeb2025 | 0xFFFF'FFFFu), 1'739'152'116'000);
}

TEST(UnixMs, AcrossTheEraOf2036_GoesOn) {
  // 2036-02-07 06:28:15 and 06:28:16 UTC.
  EXPECT_EQ(UnixMs(0xFFFF'FFFFull << 32), 2'085'978'495'000);
  EXPECT_EQ(UnixMs(0x8000'0000ull), 2'085'978'496'500);
  EXPECT_EQ(UnixMs(1ull << 32), 2'085'978'497'000);
}

TEST(UnixMs, Range_BeginsIn2020AndEndsIn2156) {
  constexpr Timestamp k2020 = std::uint64_t{1'577'836'800 + 2'208'988'800} << 32;
  EXPECT_EQ(UnixMs(k2020), 1'577'836'800'000);
  EXPECT_EQ(UnixMs(k2020 - (1ull << 32)), 1'577'836'799'000 + (1ll << 32) * 1000);
}

TEST(Between, Spans_AreSignedAndRounded) {
  EXPECT_EQ(Between(kFeb2025, kFeb2025), Millis{0});
  EXPECT_EQ(Between(kFeb2025, kFeb2025 + (3ull << 31)), Millis{1500});
  EXPECT_EQ(Between(kFeb2025 + (3ull << 31), kFeb2025), Millis{-1500});
  EXPECT_EQ(Between(kFeb2025, kFeb2025 + 0x0010'0000), Millis{0});
}

TEST(Between, AcrossTheEraOf2036_IsShort) {
  EXPECT_EQ(Between(0xFFFF'FFFFull << 32, 1ull << 32), Seconds(2));
  EXPECT_EQ(Between(1ull << 32, 0xFFFF'FFFFull << 32), Seconds(-2));
}

}  // namespace
}  // namespace fieldwork::sntp
