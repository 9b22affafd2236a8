// CRC-32 as in IEEE 802.3, for records on flash: finds torn writes and worn bits.
#pragma once

#include <cstdint>

#include "device/base/bytes.h"

namespace fieldwork {

/// Bit by bit: a table would cost more flash than it saves time at these sizes.
std::uint32_t Crc32(Bytes bytes);

}  // namespace fieldwork
