// Stand-ins for what a board brings, in functions that the linker cannot see through: what
// they would cost is not the core's.
#pragma once

#include <cstddef>
#include <cstdint>

#include "device/base/bytes.h"
#include "device/base/time.h"

namespace fieldwork {

[[gnu::noinline]] inline std::size_t TransportRead(MutableBytes out) {
  asm volatile("" : : "r"(out.data()) : "memory");
  return out.size();
}

[[gnu::noinline]] inline std::size_t TransportWrite(Bytes bytes) {
  asm volatile("" : : "r"(bytes.data()) : "memory");
  return bytes.size();
}

[[gnu::noinline]] inline Instant Now() {
  static std::uint32_t ms;
  asm volatile("" : "+m"(ms));
  return Instant{ms};
}

}  // namespace fieldwork
