// Decides how numbers in conditions compare: exactly, however many digits they have.
//
// A certificate's serial number has up to 49 digits: two of them may be one and the same `double`.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace fieldwork::policy {

/// -12.50: an optional sign, digits, optionally a point and digits. No exponent.
class Decimal {
 public:
  /// Empty if the text is not such a number.
  static std::optional<Decimal> Parse(std::string_view text);

  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) = default;

 private:
  bool negative_ = false;  // Never of zero.
  std::string whole_;      // Without leading zeros; empty for 0.
  std::string fraction_;   // Without trailing zeros.
};

}  // namespace fieldwork::policy
