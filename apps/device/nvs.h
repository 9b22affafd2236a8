// Decides how the few settings that outlive a boot are kept on flash: the boot count and
// the Wi-Fi network of the last success.
//
// A commit appends one record with all settings behind the last one: one write, so that a boot
// is quick. When a sector is full the other one is erased and begins with the next record. A
// power cut at any instant leaves the settings of the last commit that returned kOk, or
// those of the one under way; what was half written is passed over.
//
//   record:  magic "FWNV" | crc32 | sequence | payload bytes | payload   (32-bit, little endian)
//            at multiples of 16 bytes; the CRC is over what follows it
//   payload: for each setting  key bytes (1) | value bytes (1) | key | value
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "device/agent/flash.h"
#include "device/base/bytes.h"
#include "device/base/status.h"

namespace fieldwork::board {

class Nvs {
 public:
  /// `flash` has at least two sectors, of which the first two are used; it outlives this.
  explicit Nvs(agent::Flash& flash) : flash_(flash) {}

  /// Reads what is there; a region without valid settings is an empty one, not an error.
  /// kBadArgument: the region has fewer than two sectors. kIo: the flash failed.
  Status Load();

  /// Empty when there is no such setting. Valid until the next Set().
  std::optional<std::string_view> Get(std::string_view key) const;
  /// In memory until Commit(). kBadArgument: an empty key, or one above 255 bytes; kTooLarge:
  /// a value above 255 bytes, or no room in a sector.
  Status Set(std::string_view key, std::string_view value);
  /// Whole numbers, as decimal text. Empty when absent or not a number.
  std::optional<std::uint32_t> GetNumber(std::string_view key) const;
  Status SetNumber(std::string_view key, std::uint32_t value);

  /// After kOk the settings survive a power cut. kIo: they may or may not; the ones before
  /// are not lost.
  Status Commit();

  /// Of the settings in force: counts commits, 0 on an empty flash.
  std::uint32_t sequence() const { return sequence_; }
  /// Which sector they are in, 0 or 1.
  std::uint32_t active_sector() const { return active_; }

 private:
  Status LoadSector(std::uint32_t sector);
  Status WriteRecord(std::uint32_t sector, std::uint32_t offset, std::string_view record);

  agent::Flash& flash_;
  std::string payload_;
  std::uint32_t sequence_ = 0;
  std::uint32_t active_ = 0;
  std::uint32_t free_ = UINT32_MAX;  // Of the active sector; beyond its end: none is left.
};

}  // namespace fieldwork::board
