// Flash in memory, with the rules of NOR flash, that can lose its power, or fail, at any call.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "device/agent/flash.h"

namespace fieldwork::sim {

/// How a write ends that the power cut hit.
struct Tear {
  double fraction = 0.5;   ///< Of its bytes, that many landed: 0 none, 1 all.
  std::uint32_t bits = 0;  ///< Which bits of the next four bytes landed as well.
};

class RamFlash final : public agent::Flash {
 public:
  explicit RamFlash(std::uint32_t sectors = 4, std::uint32_t sector_bytes = 1024)
      : bytes_(std::size_t{sectors} * sector_bytes, 0xFF),
        sector_bytes_(sector_bytes),
        erase_counts_(sectors) {}

  /// After so many more Program and Erase calls the power goes: the next one is torn, and all
  /// that follow fail with kIo, until RestorePower(). A torn erase leaves the old bytes behind
  /// those that are erased.
  void CutPowerAfter(std::size_t writes, Tear tear = {}) {
    writes_left_ = writes;
    tear_ = tear;
  }
  /// The same, counted in bytes that are programmed or erased.
  void CutPowerAfterBytes(std::size_t bytes) { bytes_left_ = bytes; }
  void RestorePower() {
    writes_left_ = bytes_left_ = SIZE_MAX;
    cut_ = false;
  }
  bool has_power() const { return !cut_; }

  /// The call after so many more, reads too, fails with kIo and does nothing; SIZE_MAX: none.
  void FailCallAfter(std::size_t calls) { calls_left_ = calls; }
  bool has_failed() const { return calls_left_ == SIZE_MAX; }
  /// The next Program call says kOk and does nothing, as worn flash may.
  void LoseNextProgram() { lose_next_ = true; }
  /// From now on this sector can be neither programmed nor erased; kIo.
  void WearOut(std::uint32_t sector) { worn_out_ = sector; }

  /// Program and Erase calls that the power was there for.
  std::size_t writes() const { return writes_; }
  std::size_t bytes_written() const { return bytes_written_; }
  const std::vector<std::size_t>& erase_counts() const { return erase_counts_; }

  std::vector<std::uint8_t>& bytes() { return bytes_; }

  std::uint32_t sector_bytes() const override { return sector_bytes_; }
  std::uint32_t sector_count() const override {
    return static_cast<std::uint32_t>(bytes_.size()) / sector_bytes_;
  }

  Status Read(std::uint32_t offset, MutableBytes out) override {
    if (IsOutside(offset, out.size())) return Status::kBadArgument;
    if (Fails()) return Status::kIo;
    std::copy_n(bytes_.begin() + offset, out.size(), out.begin());
    return Status::kOk;
  }

  Status Program(std::uint32_t offset, Bytes data) override {
    if (IsOutside(offset, data.size())) return Status::kBadArgument;
    for (std::size_t i = 0; i < data.size(); ++i) {
      if ((data[i] & ~bytes_[offset + i]) != 0) return Status::kBadArgument;  // 0 to 1
    }
    if (Fails() || offset / sector_bytes_ == worn_out_) return Status::kIo;
    if (std::exchange(lose_next_, false)) return Status::kOk;
    return Write(offset, data);
  }

  Status Erase(std::uint32_t sector) override {
    if (sector >= sector_count()) return Status::kBadArgument;
    if (Fails() || sector == worn_out_) return Status::kIo;
    if (!cut_) ++erase_counts_[sector];
    return Write(sector * sector_bytes_, std::vector<std::uint8_t>(sector_bytes_, 0xFF));
  }

 private:
  bool IsOutside(std::size_t offset, std::size_t size) const {
    return offset > bytes_.size() || size > bytes_.size() - offset;
  }
  bool Fails() {
    if (calls_left_ == SIZE_MAX) return false;
    return calls_left_-- == 0;  // And is SIZE_MAX then: only this one.
  }

  Status Write(std::size_t offset, Bytes data) {
    if (cut_) return Status::kIo;
    ++writes_;
    const std::size_t landed = Budget(data.size());
    bytes_written_ += landed;
    std::copy_n(data.begin(), landed, bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
    if (!cut_) return Status::kOk;
    for (std::size_t i = 0; i < 4 && landed + i < data.size(); ++i) {
      const auto mask = static_cast<std::uint8_t>(tear_.bits >> (8 * i));
      std::uint8_t& byte = bytes_[offset + landed + i];
      byte = static_cast<std::uint8_t>((byte & ~mask) | (data[landed + i] & mask));
    }
    return Status::kIo;
  }

  /// How many of the `size` bytes of a write happen.
  std::size_t Budget(std::size_t size) {
    if (writes_left_ == 0) {
      cut_ = true;
      return static_cast<std::size_t>(static_cast<double>(size) * tear_.fraction);
    }
    if (writes_left_ != SIZE_MAX) --writes_left_;
    if (bytes_left_ < size) {
      cut_ = true;
      return bytes_left_;
    }
    if (bytes_left_ != SIZE_MAX) bytes_left_ -= size;
    return size;
  }

  std::vector<std::uint8_t> bytes_;
  std::uint32_t sector_bytes_;
  std::vector<std::size_t> erase_counts_;
  std::size_t writes_left_ = SIZE_MAX;
  std::size_t bytes_left_ = SIZE_MAX;
  std::size_t calls_left_ = SIZE_MAX;
  std::uint32_t worn_out_ = UINT32_MAX;
  Tear tear_;
  std::size_t writes_ = 0;
  std::size_t bytes_written_ = 0;
  bool cut_ = false;
  bool lose_next_ = false;
};

}  // namespace fieldwork::sim
