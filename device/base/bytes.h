// Views over bytes and text that somebody else owns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace fieldwork {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

/// The same memory under the other name; nothing is copied or checked.
inline Bytes AsBytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view AsText(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Those below are loops of a few instructions; those of the C library are made for speed, and
// bring a board 100 to 250 bytes of code each.

/// `text` up to its NUL; not null.
[[gnu::noinline]] inline std::string_view UpToNul(const char* text) {
  std::size_t size = 0;
  // Volatile: otherwise the compiler sees strlen in it, and calls that.
  for (const volatile char* p = text; *p != '\0'; ++p) ++size;
  return {text, size};
}

/// True when both have the same `size` bytes.
[[gnu::noinline]] inline bool AreEqual(const char* a, const char* b, std::size_t size) {
  for (; size > 0; --size) {
    if (*a++ != *b++) return false;
  }
  return true;
}
[[gnu::noinline]] inline bool AreEqual(std::string_view a, std::string_view b) {
  return a.size() == b.size() && AreEqual(a.data(), b.data(), a.size());
}

/// Whether `part` stands somewhere in `text`.
[[gnu::noinline]] inline bool Contains(std::string_view text, std::string_view part) {
  for (; text.size() >= part.size(); text.remove_prefix(1)) {
    if (AreEqual(text.data(), part.data(), part.size())) return true;
  }
  return false;
}

/// The bytes of `text` go to `to`, which has room for them and is no part of it.
[[gnu::noinline]] inline void CopyText(char* to, std::string_view text) {
  for (const char c : text) *to++ = c;
}

/// The `count` bytes that begin `distance` behind `to` go to `to`.
[[gnu::noinline]] inline void MoveDown(std::uint8_t* to, std::size_t distance, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) to[i] = to[i + distance];
}

}  // namespace fieldwork
