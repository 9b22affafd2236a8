// Flash in memory, with the rules of NOR flash, that can lose its power at any write.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "device/agent/flash.h"

namespace fieldwork::sim {

class RamFlash final : public agent::Flash {
 public:
  explicit RamFlash(std::uint32_t sectors = 2, std::uint32_t sector_bytes = 256)
      : bytes_(sectors * sector_bytes, 0xFF), sector_bytes_(sector_bytes) {}

  /// After so many more Program and Erase calls the power goes: the next one is done by
  /// half, and all that follow fail with kIo, until RestorePower().
  void CutPowerAfter(std::size_t writes) { writes_left_ = writes; }
  void RestorePower() { writes_left_ = SIZE_MAX; }
  bool has_power() const { return writes_left_ != 0 || !cut_; }
  std::size_t writes() const { return writes_; }

  std::vector<std::uint8_t>& bytes() { return bytes_; }

  std::uint32_t sector_bytes() const override { return sector_bytes_; }
  std::uint32_t sector_count() const override {
    return static_cast<std::uint32_t>(bytes_.size()) / sector_bytes_;
  }

  Status Read(std::uint32_t offset, MutableBytes out) override {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset) return Status::kBadArgument;
    std::copy_n(bytes_.begin() + offset, out.size(), out.begin());
    return Status::kOk;
  }

  Status Program(std::uint32_t offset, Bytes data) override {
    if (offset > bytes_.size() || data.size() > bytes_.size() - offset) return Status::kBadArgument;
    for (std::size_t i = 0; i < data.size(); ++i) {
      if ((data[i] & ~bytes_[offset + i]) != 0) return Status::kBadArgument;  // 0 to 1
    }
    const std::size_t done = Budget(data.size());
    std::copy_n(data.begin(), done, bytes_.begin() + offset);
    return done == data.size() ? Status::kOk : Status::kIo;
  }

  Status Erase(std::uint32_t sector) override {
    if (sector >= sector_count()) return Status::kBadArgument;
    const std::size_t done = Budget(sector_bytes_);
    std::fill_n(bytes_.begin() + static_cast<std::ptrdiff_t>(sector * sector_bytes_), done, 0xFF);
    return done == sector_bytes_ ? Status::kOk : Status::kIo;
  }

 private:
  /// How much of a write of `size` bytes happens.
  std::size_t Budget(std::size_t size) {
    if (cut_ && writes_left_ == 0) return 0;
    ++writes_;
    if (writes_left_ == SIZE_MAX) {
      cut_ = false;
      return size;
    }
    if (writes_left_ > 0) {
      --writes_left_;
      return size;
    }
    cut_ = true;
    return size / 2;
  }

  std::vector<std::uint8_t> bytes_;
  std::uint32_t sector_bytes_;
  std::size_t writes_left_ = SIZE_MAX;
  std::size_t writes_ = 0;
  bool cut_ = false;
};

}  // namespace fieldwork::sim
