// The flash of a device whose power can go at any write: the write is done, done in part, or the
// last that is done.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "sim/campaign/dice.h"
#include "sim/ram_flash.h"

namespace fieldwork::sim {

class PowerFlash final : public agent::Flash {
 public:
  enum class Fate : std::uint8_t { kDone, kTorn };

  PowerFlash(std::uint32_t sectors, std::uint32_t sector_bytes, Dice dice)
      : ram_(sectors, sector_bytes), dice_(dice) {}

  /// Asked before each Program and Erase, and told after each that was done.
  std::function<Fate()> before_write;
  std::function<void()> after_write;

  /// Without power writes fail; what reads return does not matter then.
  void set_powered(bool powered) { powered_ = powered; }
  std::vector<std::uint8_t>& bytes() { return ram_.bytes(); }

  std::uint32_t sector_bytes() const override { return ram_.sector_bytes(); }
  std::uint32_t sector_count() const override { return ram_.sector_count(); }
  Status Read(std::uint32_t offset, MutableBytes out) override { return ram_.Read(offset, out); }

  Status Program(std::uint32_t offset, Bytes data) override {
    if (!powered_) return Status::kIo;
    if (before_write() == Fate::kTorn) {
      const std::size_t done = dice_.Below(data.size() + 1);
      if (const Status status = ram_.Program(offset, data.first(done)); status != Status::kOk) {
        return status;
      }
      // The byte that power went away at: some of its bits.
      if (done < data.size()) {
        ram_.bytes()[offset + done] &= static_cast<std::uint8_t>(data[done] | dice_.Next());
      }
      return Status::kIo;
    }
    const Status status = ram_.Program(offset, data);
    after_write();
    return status;
  }

  Status Erase(std::uint32_t sector) override {
    if (!powered_) return Status::kIo;
    if (before_write() == Fate::kTorn) {
      // Some of its bits are 1 already, here and there.
      const std::size_t begin = std::size_t{sector} * sector_bytes();
      const std::size_t stride = 1 + dice_.Below(3);
      for (std::size_t i = begin; i < begin + sector_bytes(); i += stride) {
        ram_.bytes()[i] |= static_cast<std::uint8_t>(dice_.Next());
      }
      return Status::kIo;
    }
    const Status status = ram_.Erase(sector);
    after_write();
    return status;
  }

 private:
  RamFlash ram_;
  Dice dice_;
  bool powered_ = true;
};

}  // namespace fieldwork::sim
