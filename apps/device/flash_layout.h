// Which sectors of the board's flash belong to whom. On flash for the life of a board: only
// sectors that nobody has may be given away.
#pragma once

#include <cstdint>

namespace fieldwork::board {

/// 2 MB in sectors of 4 KB, as the W800 has.
inline constexpr std::uint32_t kFlashSectorBytes = 4096;
inline constexpr std::uint32_t kFlashSectors = 512;

/// Settings of the board (apps/device/nvs.h).
inline constexpr std::uint32_t kNvsFirstSector = 0;
inline constexpr std::uint32_t kNvsSectors = 2;
/// The agent's journal; it uses two and may grow.
inline constexpr std::uint32_t kAgentFirstSector = 2;
inline constexpr std::uint32_t kAgentSectors = 14;

static_assert(kNvsFirstSector + kNvsSectors <= kAgentFirstSector);
static_assert(kAgentFirstSector + kAgentSectors <= kFlashSectors);

}  // namespace fieldwork::board
