#include "cloud/store/paging.h"

#include <charconv>
#include <system_error>

namespace fieldwork::store {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

/// "": these are not digits of whole bytes.
std::string FromHex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const std::size_t high = kDigits.find(digits[i]);
    const std::size_t low = i + 1 < digits.size() ? kDigits.find(digits[i + 1]) : kDigits.npos;
    if (high == kDigits.npos || low == kDigits.npos) {
      return "";
    }
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

}  // namespace

std::string PlaceOf(std::string_view list, std::string_view key) {
  std::string place;
  const std::string bytes = std::string(list).append("/").append(key);
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    place.push_back(kDigits[value / 16]);
    place.push_back(kDigits[value % 16]);
  }
  return place;
}

std::string KeyIn(std::string_view list, std::string_view place) {
  const std::string bytes = FromHex(place);
  const std::string prefix = std::string(list).append("/");
  return bytes.starts_with(prefix) ? bytes.substr(prefix.size()) : "";
}

std::optional<std::int64_t> NumberIn(std::string_view list, std::string_view place) {
  const std::string key = KeyIn(list, place);
  std::int64_t number = 0;
  const char* const end = key.data() + key.size();
  const auto [stop, error] = std::from_chars(key.data(), end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

}  // namespace fieldwork::store
