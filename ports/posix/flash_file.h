// Keeps a flash memory in a file of the host, with the rules of NOR flash: programming only
// clears bits, erasing sets a whole sector to 0xFF, and what returned kOk survives a power cut.
//
// The file is an image, byte for byte: a fresh one is all 0xFF. One process at a time has it
// (flock); a second one is refused.
//
// Memory:  no copy of the image; a block of 512 bytes on the stack at a time.
// Threads: one owner; calls must not overlap, those on other regions of the file included.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "device/agent/flash.h"

namespace fieldwork::posix {

class FlashFile final : public agent::Flash {
 public:
  struct Geometry {
    std::uint32_t sector_bytes = 4096;
    std::uint32_t sector_count = 16;
  };

  /// Opens `path`, or creates it with mode 0600; the whole file as one region. Null when the
  /// file has another size, is not a regular file, is in use, or the disk fails; `error` then
  /// names the file and says why. A file is created whole or not at all.
  static std::unique_ptr<FlashFile> Open(const std::string& path, const Geometry& geometry,
                                         std::string& error);

  /// `count` sectors from `first_sector` on as a flash of its own, whose first sector is 0.
  /// The file stays open and locked while any region lives. Null when outside this one.
  std::unique_ptr<FlashFile> Region(std::uint32_t first_sector, std::uint32_t count) const;

  ~FlashFile();

  std::uint32_t sector_bytes() const override { return sector_bytes_; }
  std::uint32_t sector_count() const override { return sector_count_; }
  Status Read(std::uint32_t offset, MutableBytes out) override;
  /// kBadArgument also when a bit would have to go from 0 to 1; nothing is written then.
  Status Program(std::uint32_t offset, Bytes data) override;
  Status Erase(std::uint32_t sector) override;

 private:
  struct File;

  FlashFile(std::shared_ptr<File> file, std::uint32_t first_sector, std::uint32_t sector_bytes,
            std::uint32_t sector_count);

  bool Contains(std::uint32_t offset, std::size_t size) const;
  std::uint64_t FileOffset(std::uint32_t offset) const;
  Status CheckOnlyClears(std::uint32_t offset, Bytes data);

  std::shared_ptr<File> file_;
  std::uint32_t first_sector_;
  std::uint32_t sector_bytes_;
  std::uint32_t sector_count_;
};

}  // namespace fieldwork::posix
