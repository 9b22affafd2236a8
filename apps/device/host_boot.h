// Decides which boot of the machine this is, and why it came, where a reboot is the machine's own
// (board.reboot = "systemctl" or "syscall").
//
// A boot is the kernel's boot_id: the program may start many times in one. It was asked for when
// the board had left a mark for that, after it had stopped in order, and only then; otherwise a
// crash dump or the watchdog's own flag tells what happened, or the power came.
//
// Beside the boot count on flash: boot_id, why that boot came, and the mark, which is the boot_id
// of the boot it was set in.
#pragma once

#include <string>

#include "apps/device/nvs.h"
#include "device/agent/boot.h"
#include "device/base/status.h"

namespace fieldwork::board {

/// Where the kernel says what it knows.
struct HostBootPaths {
  std::string boot_id = "/proc/sys/kernel/random/boot_id";
  std::string crash_dumps = "/sys/fs/pstore";
  std::string watchdog_status = "/sys/class/watchdog/watchdog0/bootstatus";
};

class HostBoot {
 public:
  /// `nvs` is loaded, and outlives this.
  explicit HostBoot(Nvs& nvs, HostBootPaths paths = {}) : nvs_(nvs), paths_(std::move(paths)) {}

  /// Counts this boot, once, however often the program starts in it, and commits. A mark that was
  /// set in this boot goes: its reboot did not come. kNotFound: the kernel tells no boot_id. kIo:
  /// flash failed.
  Status Count(agent::Boot& boot);

  /// The reboot that comes next was asked for. Committed with kOk; otherwise do not reboot.
  Status SetMark();
  /// It does not come after all.
  Status ClearMark();

 private:
  agent::BootReason Judge(std::string_view last_boot) const;

  Nvs& nvs_;
  const HostBootPaths paths_;
};

}  // namespace fieldwork::board
