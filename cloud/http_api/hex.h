// Decides how bytes are written where AWS wants digits: two of 0-9a-f for each.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace fieldwork::http_api {

inline std::string Hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text.push_back(kDigits[byte >> 4U]);
    text.push_back(kDigits[byte & 0x0FU]);
  }
  return text;
}

}  // namespace fieldwork::http_api
