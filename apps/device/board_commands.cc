// What the console's commands do to the board, and what they answer.
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "apps/device/board.h"
#include "apps/device/boot.h"
#include "device/base/civil_time.h"

namespace fieldwork::board {
namespace {

constexpr const char* kNoNetwork = "network is not ready, please start wifi connection";
constexpr const char* kNoRadio = "wifi is not initialised, 'wifi init' comes first";

/// How long `ntp` waits for the first answer before it says that there is none.
constexpr Millis kFirstTime = Seconds(5);

std::string TimeLabel(int utc_offset_min) {
  if (utc_offset_min == 480) return "Beijing time";
  char text[40];
  std::snprintf(text, sizeof text, "Local time (UTC%c%d:%02d)", utc_offset_min < 0 ? '-' : '+',
                std::abs(utc_offset_min) / 60, std::abs(utc_offset_min) % 60);
  return text;
}

// Resident pages, from the kernel's own count; 0 where there is no /proc.
unsigned long long ResidentKb() {
  char text[128];
  const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  unsigned long long size = 0, resident = 0;
  text[n > 0 ? n : 0] = '\0';
  if (std::sscanf(text, "%llu %llu", &size, &resident) != 2) return 0;
  return resident * static_cast<unsigned long long>(sysconf(_SC_PAGESIZE)) / 1024;
}

}  // namespace

void Board::Print(std::string_view line) {
  if (answer_ != nullptr) {
    *answer_ += std::string(line) + "\n";
    return;
  }
  output_.FreshLine();
  output_.Write(std::string(line) + "\r\n");
}

void Board::Refuse(std::string_view line) {
  refused_ = true;
  Print(line);
}

void Board::ClearScreen() {
  output_.Write("\x1b[2J\x1b[H");
  output_.MarkLineStart();
}

void Board::ShowVersion() { Print(VersionText()); }

void Board::PrintTask(std::string_view name, std::string_view state, Instant deadline) {
  const std::string next =
      deadline == kNever ? "-" : std::to_string(std::max<std::int64_t>(0, (deadline - now_).count));
  char line[128];
  std::snprintf(line, sizeof line, "%-12.*s %-28.*s %s", static_cast<int>(name.size()), name.data(),
                static_cast<int>(state.size()), state.data(), next.c_str());
  Print(line);
}

void Board::ShowTasks() {
  Print("name         state                        next (ms)");
  PrintTask("wifi", is_host_network() ? "host network" : StateText(station_.state()),
            station_.Deadline());
  const bool ntp_runs = ntp_ != nullptr && ntp_->running();
  PrintTask("ntp", ntp_runs ? (clock_.is_set() ? "in step" : "asking") : "stopped",
            ntp_runs ? ntp_->Deadline() : kNever);
  PrintTask("aws_job", task_->state_text(), task_->Deadline());
}

void Board::ShowMemory() {
  const struct mallinfo2 heap = mallinfo2();
  char line[96];
  std::snprintf(line, sizeof line, "heap: %zu bytes in use, %zu free, %zu mapped", heap.uordblks,
                heap.fordblks, heap.hblkhd);
  Print(line);
  std::snprintf(line, sizeof line, "resident: %llu KB", ResidentKb());
  Print(line);
}

void Board::Reboot() {
  restart_after_stop_ = true;
  OnStop();
}

bool Board::TellHostNetwork() {
  if (is_host_network()) Print("the host's network is used (wifi.driver = \"host\")");
  return is_host_network();
}

void Board::WifiInit() {
  if (mode_ == Mode::kConsole && TellHostNetwork()) return;
  if (!station_.Init()) return;
  log_.Debug("main", {"GetMAC ", MacText(station_.mac(), false)});
}

void Board::WifiDeinit() {
  if (TellHostNetwork()) return;
  if (!station_.Deinit()) Print(kNoRadio);
}

void Board::WifiScan(std::string_view ssid) {
  if (TellHostNetwork()) return;
  if (station_.state() == Station::State::kOff) return Print(kNoRadio);
  const auto heard = station_.Scan(ssid);
  for (const AccessPoint& point : heard) {
    const auto auth = point.password ? AuthMode::kWpa2Psk : AuthMode::kOpen;
    Print(MacText(point.bssid, true) + "  channel " + std::to_string(point.channel) + "  rssi " +
          std::to_string(point.rssi) + "  authmode " + std::to_string(static_cast<int>(auth)) +
          "  " + point.ssid);
  }
  Print(std::to_string(heard.size()) + (heard.size() == 1 ? " access point" : " access points"));
}

Progression Board::WifiConnect(std::string_view ssid, std::string_view password) {
  if (TellHostNetwork()) return Progression::kDone;
  if (ssid.empty() || ssid.size() > 32) {
    Print("a network's name has 1 to 32 bytes");
    return Progression::kDone;
  }
  if (!password.empty() && (password.size() < 8 || password.size() > 63)) {
    Print("a password has 8 to 63 bytes");
    return Progression::kDone;
  }
  if (!station_.Join(now_, ssid, password)) {
    Print(kNoRadio);
    return Progression::kDone;
  }
  wifi_by_itself_ = false;
  Print("connecting, please wait...");
  pending_ = Pending::kWifiConnect;
  return Progression::kPending;
}

void Board::WifiDisconnect() {
  if (TellHostNetwork()) return;
  wifi_by_itself_ = false;
  if (!station_.Leave()) Print("not connected");
}

void Board::NtpStart() {
  if (config_.clock == ClockSource::kHost) {
    return Print("the host's clock is used (ntp.clock = \"host\")");
  }
  if (!network_up()) return Print(kNoNetwork);
  if (ntp_ != nullptr && ntp_->running()) return Print("NTP is running");
  StartClock();
}

void Board::NtpStop() {
  wants_ntp_ = false;
  if (ntp_ == nullptr || !ntp_->running()) return Print("NTP is not running");
  ntp_->Stop();
}

Progression Board::NtpShow() {
  const bool runs = ntp_ != nullptr && ntp_->running();
  Print(runs ? "NTP is running:" : "NTP is not running");
  if (runs) {
    std::size_t index = 0;
    for (const posix::TimeServer& server : ntp_->servers()) {
      const std::string port = server.port == 123 ? "" : ":" + std::to_string(server.port);
      Print(std::to_string(index++) + "st sntp server: " + server.host + port);
    }
  }
  if (!runs || clock_.is_set()) {
    PrintTime();
    return Progression::kDone;
  }
  pending_ = Pending::kNtpShow;
  pending_until_ = now_ + kFirstTime;
  return Progression::kPending;
}

void Board::PrintTime() {
  SetHostClock();
  if (!clock_.is_set()) return Print("the clock is not set yet");
  std::array<char, kCivilTextBytes> text;
  Print(TimeLabel(config_.utc_offset_min) + ": " +
        std::string(FormatCivil(clock_.UnixMs(now_), config_.utc_offset_min, text)));
}

void Board::JobsStart() {
  if (task_->running()) return Print("AWS demo task is running");
  if (!network_up()) return log_.Error("aws", {kNoNetwork});
  task_->Start(now_);
}

void Board::JobsStop() {
  if (!task_->running()) return Print("AWS demo task is not running");
  task_->Stop(now_);
}

void Board::FinishCommand() {
  const Pending finished_command = pending_;
  pending_ = Pending::kNone;
  pending_until_ = kNever;
  if (finished_command == Pending::kNtpShow) PrintTime();
  if (console_ != nullptr && finished_command != Pending::kNone) console_->Prompt();
}

}  // namespace fieldwork::board
