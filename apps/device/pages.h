// Memory straight from the kernel: pages that were never touched cost nothing, and none of it
// is cleared or moved by an allocator.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <new>

#include "device/base/bytes.h"

namespace fieldwork::board {

class Pages {
 public:
  /// All zero. Throws std::bad_alloc.
  explicit Pages(std::size_t bytes)
      : at_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
        bytes_(bytes) {
    if (at_ == MAP_FAILED) throw std::bad_alloc();
  }
  ~Pages() { munmap(at_, bytes_); }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  MutableBytes bytes() const { return {static_cast<std::uint8_t*>(at_), bytes_}; }

 private:
  void* at_;
  std::size_t bytes_;
};

}  // namespace fieldwork::board
