// Decides how decimal numbers are read and ordered; see decimal.h.
#include "cloud/policy/decimal.h"

#include <algorithm>

namespace fieldwork::policy {
namespace {

bool AreDigits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<Decimal> Decimal::Parse(std::string_view text) {
  Decimal number;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    number.negative_ = text[0] == '-';
    text.remove_prefix(1);
  }
  const std::size_t point = text.find('.');
  std::string_view whole = text.substr(0, point);
  if (!AreDigits(whole)) return std::nullopt;
  whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));
  number.whole_ = whole;
  if (point != std::string_view::npos) {
    std::string_view fraction = text.substr(point + 1);
    if (!AreDigits(fraction)) return std::nullopt;
    // npos + 1 is 0: nothing but zeros leaves nothing.
    number.fraction_ = fraction.substr(0, fraction.find_last_not_of('0') + 1);
  }
  if (number.whole_.empty() && number.fraction_.empty()) number.negative_ = false;
  return number;
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  if (a.negative_ != b.negative_) return b.negative_ <=> a.negative_;
  auto order = a.whole_.size() <=> b.whole_.size();
  if (order == 0) order = a.whole_ <=> b.whole_;
  if (order == 0) order = a.fraction_ <=> b.fraction_;
  return a.negative_ ? 0 <=> order : order;
}

}  // namespace fieldwork::policy
