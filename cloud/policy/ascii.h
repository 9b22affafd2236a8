// Decides what "without regard to case" means in a policy: of the letters A to Z only.
#pragma once

#include <cstddef>
#include <string_view>

namespace fieldwork::policy {

constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

constexpr bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (Lower(a[i]) != Lower(b[i])) return false;
  }
  return true;
}

}  // namespace fieldwork::policy
