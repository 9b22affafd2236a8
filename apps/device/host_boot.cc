#include "apps/device/host_boot.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "apps/device/boot.h"
#include "ports/posix/unique_fd.h"

namespace fieldwork::board {
namespace {

using agent::BootReason;

constexpr const char* kIdKey = "boot_id";
constexpr const char* kReasonKey = "boot_reason";
constexpr const char* kMarkKey = "reboot_mark";

/// WDIOF_CARDRESET: the watchdog has reset the machine.
constexpr unsigned long kCardReset = 0x20;

// The first line, or empty.
std::string ReadLine(const std::string& path) {
  const posix::UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[128];
  const ssize_t count = fd.valid() ? read(fd.get(), text, sizeof text) : 0;
  const std::string_view all(text, count > 0 ? static_cast<std::size_t>(count) : 0);
  return std::string(all.substr(0, all.find('\n')));
}

// What else is kept there (console output, messages) is there after every boot.
bool HasCrashDump(const std::string& folder) {
  DIR* list = opendir(folder.c_str());
  if (list == nullptr) return false;
  bool found = false;
  while (const dirent* entry = readdir(list)) {
    found = found || std::string_view(entry->d_name).starts_with("dmesg-");
  }
  closedir(list);
  return found;
}

}  // namespace

BootReason HostBoot::Judge(std::string_view last_boot) const {
  const std::string_view mark = nvs_.Get(kMarkKey).value_or("");
  if (!mark.empty() && mark == last_boot) return BootReason::kReboot;
  if (HasCrashDump(paths_.crash_dumps)) return BootReason::kException;
  const unsigned long flags = std::strtoul(ReadLine(paths_.watchdog_status).c_str(), nullptr, 0);
  return (flags & kCardReset) != 0 ? BootReason::kWatchdog : BootReason::kPowerOn;
}

Status HostBoot::Count(agent::Boot& boot) {
  const std::string id = ReadLine(paths_.boot_id);
  if (id.empty()) return Status::kNotFound;
  const std::string last(nvs_.Get(kIdKey).value_or(""));
  if (id == last) {
    boot.count = nvs_.GetNumber(kBootCountKey).value_or(0);
    const std::uint32_t reason = nvs_.GetNumber(kReasonKey).value_or(0);
    boot.reason = reason <= static_cast<std::uint32_t>(BootReason::kUpdate)
                      ? static_cast<BootReason>(reason)
                      : BootReason::kPowerOn;
    return nvs_.Get(kMarkKey).value_or("").empty() ? Status::kOk : ClearMark();
  }
  const BootReason reason = Judge(last);
  FIELDWORK_TRY(nvs_.Set(kIdKey, id));
  FIELDWORK_TRY(nvs_.Set(kMarkKey, ""));
  FIELDWORK_TRY(nvs_.SetNumber(kReasonKey, static_cast<std::uint32_t>(reason)));
  return CountBoot(nvs_, reason, boot);
}

Status HostBoot::SetMark() {
  const std::string id(nvs_.Get(kIdKey).value_or(""));
  FIELDWORK_TRY(nvs_.Set(kMarkKey, id));
  return nvs_.Commit();
}

Status HostBoot::ClearMark() {
  FIELDWORK_TRY(nvs_.Set(kMarkKey, ""));
  return nvs_.Commit();
}

}  // namespace fieldwork::board
