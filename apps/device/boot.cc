#include "apps/device/boot.h"

#include <sys/sysinfo.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace fieldwork::board {
namespace {

constexpr const char* kBuiltAt = __DATE__ " " __TIME__;

#if defined(__OPTIMIZE_SIZE__)
constexpr const char* kOptimized = "size";
#elif defined(__OPTIMIZE__)
constexpr const char* kOptimized = "speed";
#else
constexpr const char* kOptimized = "none";
#endif

constexpr std::string_view kBanner =
    "\r\n"
    " ===================================================\r\n"
    " |       Steps to connect to AWS                   |\r\n"
    " |                                                 |\r\n"
    " |  1. Print 'help' to gain overview of commands   |\r\n"
    " |  2. Configure device to station                 |\r\n"
    " |  3. Setup WiFi connection                       |\r\n"
    " |  4. Run aws to test AWS function                |\r\n"
    " |                                                 |\r\n"
    " ===================================================\r\n";

}  // namespace

agent::BootReason TakeBootReason() {
  const char* text = std::getenv(kBootReasonVariable);
  auto reason = agent::BootReason::kPowerOn;
  if (text != nullptr && text[0] >= '0' && text[0] <= '5' && text[1] == '\0') {
    reason = static_cast<agent::BootReason>(text[0] - '0');
  }
  unsetenv(kBootReasonVariable);
  return reason;
}

Status CountBoot(Nvs& nvs, agent::BootReason reason, agent::Boot& boot) {
  boot.reason = reason;
  boot.count = nvs.GetNumber(kBootCountKey).value_or(0) + 1;
  FIELDWORK_TRY(nvs.SetNumber(kBootCountKey, boot.count));
  return nvs.Commit();
}

void LogBoot(Log& log, const agent::Boot& boot, std::uint64_t flash_bytes) {
  struct sysinfo host {};
  sysinfo(&host);
  const std::uint64_t heap = std::uint64_t{host.freeram} * host.mem_unit;
  char sizes[64];
  log.Info("main", {"ver: ", FIELDWORK_VERSION, " build at ", kBuiltAt});
  log.Info("main", {"boot reason ", static_cast<int>(boot.reason)});
  std::snprintf(sizes, sizeof sizes, "heap size %llu(%.2fKB)",
                static_cast<unsigned long long>(heap), static_cast<double>(heap) / 1024);
  log.Info("main", {sizes});
  std::snprintf(sizes, sizeof sizes, "flash size 0x%llx(%lluMB)",
                static_cast<unsigned long long>(flash_bytes),
                static_cast<unsigned long long>(flash_bytes >> 20));
  log.Info("main", {sizes});
}

void PrintBanner(Output& output, std::string_view prompt) {
  output.FreshLine();
  output.Write(prompt);
  output.Write(kBanner);
}

std::string VersionText() {
  return std::string("sdk version ") + FIELDWORK_VERSION + ", optimize " + kOptimized +
         ", build at " + kBuiltAt;
}

void Restart(agent::BootReason reason, char* const* arguments) {
  const char number[] = {static_cast<char>('0' + static_cast<int>(reason)), '\0'};
  setenv(kBootReasonVariable, number, 1);
  execv("/proc/self/exe", arguments);
}

}  // namespace fieldwork::board
