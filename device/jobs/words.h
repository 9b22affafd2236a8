// Decides how the words of AWS are kept: each behind its size, one after another. A list of
// them takes no pointers and no padding. Inside of device/jobs.
//
// Pointers and sizes are passed here, where a string_view would travel through memory.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace fieldwork::jobs {

inline constexpr char kEndOfWords = '\x7F';  // In place of a size; so no word is that long.

template <std::size_t... kSizes>
consteval auto PackWords(const char (&... words)[kSizes]) {
  std::array<char, (kSizes + ...) + 1> packed{};  // Each NUL makes room for a size.
  char* p = packed.data();
  const auto add = [&p](const char* word, std::size_t size) {
    *p++ = static_cast<char>(size);
    for (std::size_t i = 0; i < size; ++i) *p++ = word[i];
  };
  (add(words, kSizes - 1), ...);
  *p = kEndOfWords;
  return packed;
}

/// One word of a list.
inline std::string_view Word(const char* packed) {
  return {packed + 1, static_cast<std::size_t>(*packed)};
}
/// REQUIRES: there are more than `index` words.
const char* SkipWords(const char* packed, std::size_t index);

/// Where a text is in the list; 0 when it is not: the first word stands for all others.
std::size_t FindWord(const char* packed, const char* text, std::size_t size);

}  // namespace fieldwork::jobs
