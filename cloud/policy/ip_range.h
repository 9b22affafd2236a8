// Decides which addresses an IpAddress condition means: one, or those that share a prefix.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace fieldwork::policy {

/// An IPv4 address or an IPv6 address that stands for one (::ffff:1.2.3.4) is one and the same.
class IpRange {
 public:
  /// "192.0.2.0/24", "2001:db8::/32" or a single address. Empty if it is neither.
  static std::optional<IpRange> Parse(std::string_view text);

  /// `address`: text without prefix; what is no address is in no range.
  bool Contains(std::string_view address) const;

 private:
  std::array<std::uint8_t, 16> bytes_{};  // IPv4 as ::ffff:a.b.c.d.
  unsigned prefix_bits_ = 128;            // Of the 128.
};

}  // namespace fieldwork::policy
