// NOR flash in memory whose power can be cut after any byte.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "device/agent/flash.h"

namespace fieldwork::board {

// NOR in memory whose power fails after a number of byte operations; the operation under
// way is left half done.
class MemoryFlash final : public agent::Flash {
 public:
  explicit MemoryFlash(std::uint32_t sectors = 2) : bytes_(sectors * kSectorBytes, 0xFF) {}

  std::uint32_t sector_bytes() const override { return kSectorBytes; }
  std::uint32_t sector_count() const override {
    return static_cast<std::uint32_t>(bytes_.size()) / kSectorBytes;
  }
  Status Read(std::uint32_t offset, MutableBytes out) override {
    if (offset + out.size() > bytes_.size()) return Status::kBadArgument;
    std::copy_n(bytes_.begin() + offset, out.size(), out.begin());
    return Status::kOk;
  }
  Status Program(std::uint32_t offset, Bytes data) override {
    if (offset + data.size() > bytes_.size()) return Status::kBadArgument;
    for (const std::uint8_t byte : data) {
      if (!Spend()) return Status::kIo;
      bytes_[offset++] &= byte;
    }
    return Status::kOk;
  }
  Status Erase(std::uint32_t sector) override {
    for (std::uint32_t i = 0; i < kSectorBytes; ++i) {
      if (!Spend()) return Status::kIo;
      bytes_[sector * kSectorBytes + i] = 0xFF;
    }
    return Status::kOk;
  }

  void CutAfter(std::size_t operations) { left_ = operations; }
  void PowerOn() { left_ = SIZE_MAX; }
  std::size_t used() const { return used_; }
  std::vector<std::uint8_t>& bytes() { return bytes_; }

 private:
  static constexpr std::uint32_t kSectorBytes = 256;
  bool Spend() {
    if (left_ == 0) return false;
    --left_;
    ++used_;
    return true;
  }
  std::vector<std::uint8_t> bytes_;
  std::size_t left_ = SIZE_MAX;
  std::size_t used_ = 0;
};

}  // namespace fieldwork::board
