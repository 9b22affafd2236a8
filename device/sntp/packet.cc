// Reads and writes the 48 bytes; the checks of Judge() stand in the order that keeps a forger out.
#include "device/sntp/packet.h"

#include "device/base/check.h"

namespace fieldwork::sntp {
namespace {

constexpr std::uint8_t kVersion = 4;
/// Servers of version 3 exist; their packet is the same.
constexpr std::uint8_t kVersionOldest = 3;
constexpr std::uint8_t kModeClient = 3;
constexpr std::uint8_t kModeServer = 4;
constexpr std::uint8_t kLeapUnknown = 3;
/// 16 and above: not synchronised, or reserved.
constexpr std::uint8_t kStratumLast = 15;
/// RFC 5905, MAXDISP, 16 s in 16.16. A negative delay is above it too, and as senseless.
constexpr std::uint32_t kRootDistanceInfinite = 16u << 16;

constexpr std::size_t kTransmitAt = 40;

constexpr std::int64_t kUnixEpochIn1900Seconds = 2'208'988'800;
/// 2020-01-01: nothing that runs this code has seen an earlier day.
constexpr std::int64_t kPivotIn1900Seconds = kUnixEpochIn1900Seconds + 1'577'836'800;
constexpr std::int64_t kEraSeconds = std::int64_t{1} << 32;

std::uint32_t Read32(Bytes in, std::size_t at) {
  return static_cast<std::uint32_t>(in[at]) << 24 | static_cast<std::uint32_t>(in[at + 1]) << 16 |
         static_cast<std::uint32_t>(in[at + 2]) << 8 | static_cast<std::uint32_t>(in[at + 3]);
}

std::uint64_t Read64(Bytes in, std::size_t at) {
  return static_cast<std::uint64_t>(Read32(in, at)) << 32 | Read32(in, at + 4);
}

constexpr std::uint32_t KissCode(const char (&text)[5]) {
  std::uint32_t code = 0;
  for (int i = 0; i < 4; ++i) code = code << 8 | static_cast<std::uint8_t>(text[i]);
  return code;
}

/// INIT, STEP and an empty code say that the server is not ready; the codes about keys answer
/// packets that we do not send. All of them: not a server to take the time from now.
Verdict JudgeKiss(std::uint32_t code) {
  if (code == KissCode("RATE")) return Verdict::kRateLimited;
  if (code == KissCode("DENY") || code == KissCode("RSTR")) return Verdict::kDenied;
  return Verdict::kUnsynchronised;
}

}  // namespace

Packet EncodeRequest(std::uint64_t nonce) {
  FIELDWORK_DCHECK(nonce != 0);
  Packet packet{};
  packet[0] = kVersion << 3 | kModeClient;
  for (std::size_t i = 0; i < 8; ++i) {
    packet[kTransmitAt + i] = static_cast<std::uint8_t>(nonce >> (56 - 8 * i));
  }
  return packet;
}

Result<Reply> DecodeReply(Bytes in) {
  if (in.size() < kPacketBytes) return Status::kMalformed;
  Reply reply;
  reply.leap = in[0] >> 6;
  reply.version = in[0] >> 3 & 7;
  reply.mode = in[0] & 7;
  reply.stratum = in[1];
  reply.root_delay = Read32(in, 4);
  reply.root_dispersion = Read32(in, 8);
  reply.reference_id = Read32(in, 12);
  reply.originate = Read64(in, 24);
  reply.receive = Read64(in, 32);
  reply.transmit = Read64(in, kTransmitAt);
  return reply;
}

Verdict Judge(const Reply& reply, std::uint64_t nonce) {
  // First, and before anything in the reply can harm us: only the server knows the nonce.
  if (reply.originate != nonce) return Verdict::kNotOurs;
  if (reply.mode != kModeServer) return Verdict::kMalformed;
  if (reply.version < kVersionOldest || reply.version > kVersion) return Verdict::kMalformed;
  // Before the leap indicator: a kiss often carries an unknown one as well.
  if (reply.stratum == 0) return JudgeKiss(reply.reference_id);
  if (reply.leap == kLeapUnknown || reply.stratum > kStratumLast) return Verdict::kUnsynchronised;
  if (reply.root_delay >= kRootDistanceInfinite) return Verdict::kUnsynchronised;
  if (reply.root_dispersion >= kRootDistanceInfinite) return Verdict::kUnsynchronised;
  if (reply.transmit == 0 || reply.receive == 0) return Verdict::kMalformed;
  return Verdict::kGood;
}

std::int64_t UnixMs(Timestamp timestamp) {
  auto seconds = static_cast<std::int64_t>(timestamp >> 32);
  if (seconds < kPivotIn1900Seconds) seconds += kEraSeconds;
  const std::uint64_t fraction_ms = ((timestamp & 0xFFFF'FFFFu) * 1000 + 0x8000'0000u) >> 32;
  return (seconds - kUnixEpochIn1900Seconds) * 1000 + static_cast<std::int64_t>(fraction_ms);
}

Millis Between(Timestamp earlier, Timestamp later) {
  const auto difference = static_cast<std::int64_t>(later - earlier);
  const std::int64_t seconds = difference >> 32;
  const std::int64_t fraction_ms = ((difference & 0xFFFF'FFFF) * 1000 + 0x8000'0000) >> 32;
  return Millis{seconds * 1000 + fraction_ms};
}

}  // namespace fieldwork::sntp
