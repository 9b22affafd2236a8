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

/// The `count` bytes that begin `distance` behind `to` go to `to`. In this direction a plain
/// loop does it; std::memmove, which goes both ways, is 250 bytes of code on a board.
[[gnu::noinline]] inline void MoveDown(std::uint8_t* to, std::size_t distance, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) to[i] = to[i + distance];
}

}  // namespace fieldwork
