// What the agent needs of a flash memory, in the terms of NOR flash.
#pragma once

#include <cstddef>
#include <cstdint>

#include "device/base/bytes.h"
#include "device/base/status.h"

namespace fieldwork::agent {

/// Implemented by the port, one object for the region that belongs to the agent. Calls
/// block until the medium has the data: when Program() returns kOk, a power cut in the next
/// instant does not undo it. After kIo the content of the touched sector is unknown.
class Flash {
 public:
  /// Bytes in a sector, the smallest unit that can be erased; the same for all sectors.
  virtual std::uint32_t sector_bytes() const = 0;
  virtual std::uint32_t sector_count() const = 0;

  /// kBadArgument: outside the region. kIo: the medium failed.
  virtual Status Read(std::uint32_t offset, MutableBytes out) = 0;
  /// Clears bits, 1 to 0; never sets them. Same errors.
  virtual Status Program(std::uint32_t offset, Bytes data) = 0;
  /// Sets every byte of one sector to 0xFF. Same errors.
  virtual Status Erase(std::uint32_t sector) = 0;

 protected:
  ~Flash() = default;
};

}  // namespace fieldwork::agent
