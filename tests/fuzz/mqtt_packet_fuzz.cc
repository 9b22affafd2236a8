// Arbitrary bytes as one control packet: no decoder may read beyond them, and what decodes
// must encode to the same bytes again, for all fourteen types.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "device/base/check.h"
#include "device/mqtt/decode.h"
#include "device/mqtt/encode.h"
#include "device/mqtt/text.h"

namespace fieldwork::mqtt {
namespace {

void Require(bool condition, const char* what) {
  if (!condition) CheckFailed(what, __FILE__, __LINE__);
}

/// kNeedMore: there was nothing to encode, because nothing was decoded.
Result<std::size_t> EncodeFiltersAgain(PacketType type, Bytes body, MutableBytes out) {
  FilterReader reader(body, type);
  std::vector<Subscription> subscriptions;
  std::vector<std::string_view> filters;
  while (reader.Next()) {
    Require(IsValidTopicFilter(reader.subscription().filter), "filter");
    subscriptions.push_back(reader.subscription());
    filters.push_back(reader.subscription().filter);
  }
  Require(!reader.Next(), "a finished reader stays finished");
  if (reader.status() != Status::kOk) return Status::kNeedMore;
  return type == PacketType::kSubscribe ? EncodeSubscribe(reader.packet_id(), subscriptions, out)
                                        : EncodeUnsubscribe(reader.packet_id(), filters, out);
}

template <class Decoded, class Encode>
Result<std::size_t> Again(const Result<Decoded>& decoded, const Encode& encode) {
  if (!decoded.ok()) return Status::kNeedMore;
  return encode(*decoded);
}

Result<std::size_t> EncodeAgain(const FixedHeader& header, Bytes body, MutableBytes out) {
  switch (header.type) {
    case PacketType::kConnect: {
      Will will;
      return Again(DecodeConnect(body, will),
                   [&](const Connect& connect) { return EncodeConnect(connect, out); });
    }
    case PacketType::kConnack:
      return Again(DecodeConnack(body),
                   [&](const Connack& connack) { return EncodeConnack(connack, out); });
    case PacketType::kPublish:
      return Again(DecodePublish(header.flags, body),
                   [&](const Publish& publish) { return EncodePublish(publish, out); });
    case PacketType::kSubscribe:
    case PacketType::kUnsubscribe: return EncodeFiltersAgain(header.type, body, out);
    case PacketType::kSuback:
      return Again(DecodeSuback(body),
                   [&](const Suback& suback) { return EncodeSuback(suback, out); });
    case PacketType::kPingreq:
    case PacketType::kPingresp:
    case PacketType::kDisconnect:
      if (!body.empty()) return Status::kNeedMore;
      return EncodeEmpty(header.type, out);
    default:
      return Again(DecodeAck(body), [&](PacketId id) { return EncodeAck(header.type, id, out); });
  }
}

void TestPacket(Bytes input) {
  const auto header = DecodeFixedHeader(input);
  if (!header.ok()) {
    Require(input.size() >= kMaxFixedHeader ? header.status() == Status::kMalformed
                                            : header.status() != Status::kOk,
            "five bytes decide about a header");
    return;
  }
  if (header->remaining_length > input.size() - header->size) return;
  const std::size_t size = header->size + header->remaining_length;
  // Memory of exactly this size, so that a byte too far is seen.
  const std::vector<std::uint8_t> body(input.begin() + header->size,
                                       input.begin() + static_cast<std::ptrdiff_t>(size));
  std::vector<std::uint8_t> out(size);
  const auto encoded = EncodeAgain(*header, body, out);
  if (encoded.status() == Status::kNeedMore) return;
  Require(encoded.ok() && *encoded == size, "what decodes encodes to the same size");
  Require(std::equal(out.begin(), out.end(), input.begin()),
          "what decodes encodes to the same bytes");
  std::vector<std::uint8_t> small(size - 1);
  Require(EncodeAgain(*header, body, small).status() == Status::kNoSpace, "too small is no-space");
}

/// Every decoder on the same bytes, whatever a header would say about them.
void TestBodies(Bytes input) {
  const std::vector<std::uint8_t> body(input.begin(), input.end());
  std::vector<std::uint8_t> out(body.size() + kMaxFixedHeader);
  for (int type = 1; type <= 14; ++type) {
    FixedHeader header;
    header.type = static_cast<PacketType>(type);
    header.flags = body.empty() ? 0 : body[0] & 0x0Fu;
    EncodeAgain(header, body, out).ok();
  }
}

}  // namespace
}  // namespace fieldwork::mqtt

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fieldwork::mqtt::TestPacket({data, size});
  fieldwork::mqtt::TestBodies({data, size});
  return 0;
}
