// Decides how addresses and prefixes are read and compared; see ip_range.h.
#include "cloud/policy/ip_range.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace fieldwork::policy {
namespace {

struct Address {
  std::array<std::uint8_t, 16> bytes{};
  bool v4 = false;  // As it was written.
};

std::optional<Address> ParseAddress(std::string_view text) {
  if (text.size() > INET6_ADDRSTRLEN) return std::nullopt;
  const std::string terminated(text);
  Address address;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  address = {};
  address.v4 = true;
  address.bytes[10] = address.bytes[11] = 0xFF;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data() + 12) == 1) return address;
  return std::nullopt;
}

}  // namespace

std::optional<IpRange> IpRange::Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::optional<Address> address = ParseAddress(text.substr(0, slash));
  if (!address) return std::nullopt;
  IpRange range;
  range.bytes_ = address->bytes;
  if (slash == std::string_view::npos) return range;
  const std::string_view prefix = text.substr(slash + 1);
  const unsigned max = address->v4 ? 32 : 128;
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(prefix.data(), prefix.data() + prefix.size(), bits);
  if (error != std::errc{} || end != prefix.data() + prefix.size() || bits > max) {
    return std::nullopt;
  }
  range.prefix_bits_ = bits + (128 - max);
  return range;
}

bool IpRange::Contains(std::string_view address) const {
  const std::optional<Address> other = ParseAddress(address);
  if (!other) return false;
  const auto whole = static_cast<std::ptrdiff_t>(prefix_bits_ / 8);
  if (!std::equal(bytes_.begin(), bytes_.begin() + whole, other->bytes.begin())) return false;
  const unsigned rest = prefix_bits_ % 8;
  if (rest == 0) return true;
  const auto i = static_cast<std::size_t>(whole);
  return ((bytes_[i] ^ other->bytes[i]) >> (8 - rest)) == 0;
}

}  // namespace fieldwork::policy
