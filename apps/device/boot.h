// Decides what a boot of the board is: why it came, which number it has, what it says about
// itself, and how the next one is started.
#pragma once

#include "apps/device/log.h"
#include "apps/device/nvs.h"
#include "apps/device/output.h"
#include "device/agent/boot.h"

namespace fieldwork::board {

/// The environment variable that carries the reason (0 to 5) to the next program.
inline constexpr const char* kBootReasonVariable = "FIELDWORK_BOOT_REASON";

/// The setting that counts boots.
inline constexpr const char* kBootCountKey = "boot_count";

/// Reads the variable and removes it, so that it counts once. Power on when there is none.
agent::BootReason TakeBootReason();

/// Counts this boot in `nvs` and commits it. An error is the caller's to tell: the number is
/// then not on flash, and a reboot job cannot prove its reboot.
Status CountBoot(Nvs& nvs, agent::BootReason reason, agent::Boot& boot);

/// `ver: ...`, `boot reason N`, `heap size ...`, `flash size ...`.
void LogBoot(Log& log, const agent::Boot& boot, std::uint64_t flash_bytes);

/// The steps to take, for a person, with the prompt that stood before it.
void PrintBanner(Output& output, std::string_view prompt);

/// `sdk version <v>, optimize <opt>, build at <date> <time>`.
std::string VersionText();

/// Becomes this program anew, with the same arguments. Returns only when that fails, with
/// errno set. Descriptors that are not CLOEXEC stay open; signal masks and working
/// directory stay.
void Restart(agent::BootReason reason, char* const* arguments);

}  // namespace fieldwork::board
