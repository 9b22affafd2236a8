// Which replies of a time server may be believed, and what time they tell.
//
// Spec:    RFC 4330 sections 3, 4, 5 and 8. Where section 5 refuses leap indicator 0 it means
//          3 (section 4: "alarm condition"): 0 is what every healthy server sends. RFC 5905
//          section 7.2 for the root distance that counts as infinite.
// Memory:  none of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "device/base/bytes.h"
#include "device/base/result.h"
#include "device/base/time.h"

namespace fieldwork::sntp {

/// Requests are exactly this long; replies may be longer (a key and a digest we do not use).
inline constexpr std::size_t kPacketBytes = 48;
using Packet = std::array<std::uint8_t, kPacketBytes>;

/// Seconds since 1900 in the upper 32 bits, fraction in the lower. The seconds wrap every 136
/// years; UnixMs() picks the era.
using Timestamp = std::uint64_t;

struct Reply {
  std::uint8_t leap = 0;              ///< 3: the server's own clock is not set.
  std::uint8_t version = 0;           ///< 0 to 7.
  std::uint8_t mode = 0;              ///< 4: server.
  std::uint8_t stratum = 0;           ///< 0: kiss-o'-death, and `reference_id` holds its code.
  std::uint32_t root_delay = 0;       ///< Seconds, 16.16.
  std::uint32_t root_dispersion = 0;  ///< Seconds, 16.16.
  std::uint32_t reference_id = 0;     ///< Four characters, the first in the upper byte.
  Timestamp originate = 0;            ///< Our transmit timestamp, given back.
  Timestamp receive = 0;              ///< When the request reached the server.
  Timestamp transmit = 0;             ///< When the reply left it.
};

/// What to do with a reply.
enum class Verdict : std::uint8_t {
  kGood,            ///< `transmit` is the time.
  kNotOurs,         ///< No answer to this request: late, or forged. Go on waiting.
  kMalformed,       ///< An answer that breaks the format. Ask another server.
  kUnsynchronised,  ///< The server does not know the time. Ask another.
  kRateLimited,     ///< Kiss RATE: ask this server less often.
  kDenied,          ///< Kiss DENY or RSTR: this server does not want us.
};

/// A client request of version 4. Its transmit timestamp is `nonce`: a server gives back whatever
/// is there, so a number that nobody can guess tells its replies from forged ones and gives
/// away nothing about our clock. REQUIRES: `nonce` is not 0, which means "no timestamp".
Packet EncodeRequest(std::uint64_t nonce);

/// kMalformed when shorter than kPacketBytes. Judges nothing else.
Result<Reply> DecodeReply(Bytes in);

/// `nonce` is the one of the request that waits for an answer.
Verdict Judge(const Reply& reply, std::uint64_t nonce);

/// Milliseconds since 1970 UTC, rounded. Of all the instants a timestamp may mean the one
/// between 2020-01-01 and 2156-02-07: the number passes 0 in February 2036.
std::int64_t UnixMs(Timestamp timestamp);

/// `later - earlier`, rounded; right across the wrap of 2036 for spans below 68 years.
Millis Between(Timestamp earlier, Timestamp later);

}  // namespace fieldwork::sntp
