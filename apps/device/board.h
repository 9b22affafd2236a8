// The board: owns its parts and the one loop that waits for whatever comes next. Nothing
// wakes it without a reason; there are no threads.
//
// Signals: SIGTERM and SIGINT leave the broker in order and end the program (twice: at once);
// SIGHUP reads the access points of the configuration again.
#pragma once

#include <poll.h>

#include <memory>
#include <string>
#include <vector>

#include "apps/device/agent_task.h"
#include "apps/device/commands.h"
#include "apps/device/config.h"
#include "apps/device/console.h"
#include "apps/device/log.h"
#include "apps/device/nvs.h"
#include "apps/device/output.h"
#include "apps/device/station.h"
#include "device/agent/boot.h"
#include "device/base/wall_clock.h"
#include "ports/posix/flash_file.h"
#include "ports/posix/sntp_driver.h"
#include "ports/posix/unique_fd.h"

namespace fieldwork::board {

enum class Mode : std::uint8_t {
  kConsole,  ///< A person types what is to be done.
  kRun,      ///< No console; Wi-Fi, clock and agent start by themselves.
};

class Board final : private Machine {
 public:
  /// How the run ended, for main().
  struct Ending {
    bool restart = false;  ///< Start the program anew, with kReboot as the reason.
  };

  /// `config` is kept. `start` is the instant the log counts from.
  Board(Config config, Mode mode, Instant start);
  ~Board();

  /// Until a signal or a reboot. Throws std::runtime_error, for a person, when the board cannot
  /// work at all: the flash, the boot count, the credentials.
  Ending Run();

 private:
  // The command that keeps the console waiting.
  enum class Pending : std::uint8_t { kNone, kWifiConnect, kNtpShow };

  // board.cc: booting, the loop, signals.
  void BootUp();
  void OpenSignals();
  void OpenFlash();
  void OpenTheConsole();
  void StartByItself();
  void PollOnce();
  void OnSignals();
  void OnStop();
  void ReloadAccessPoints();
  void OnConsole();
  void OnDeadlines();
  Instant Deadline() const;
  void Finish(bool restart);

  // board_network.cc: what comes of the station and the clock.
  bool network_up() const;
  bool is_host_network() const { return config_.driver == WifiDriver::kHost; }
  void Settle();
  void OnStationEvent(const Station::Event& event);
  void OnNtpNews(const posix::SntpNews& news);
  void OnNetworkChanged();
  void RememberNetwork();
  void StartWifiByItself();
  void SetHostClock();
  void StartClock();

  // board_commands.cc: the console's words.
  void Print(std::string_view line) override;
  void ClearScreen() override;
  void ShowVersion() override;
  void ShowTasks() override;
  void ShowMemory() override;
  void Reboot() override;
  LogLevel log_level() const override { return log_.level(); }
  void set_log_level(LogLevel level) override { log_.set_level(level); }
  void WifiInit() override;
  void WifiDeinit() override;
  void WifiScan(std::string_view ssid) override;
  Progression WifiConnect(std::string_view ssid, std::string_view password) override;
  void WifiDisconnect() override;
  void NtpStart() override;
  void NtpStop() override;
  Progression NtpShow() override;
  void JobsStart() override;
  void JobsStop() override;
  void JobsStatus() override;
  void FinishCommand();
  void PrintTime();
  void PrintTask(std::string_view name, std::string_view state, Instant deadline);
  bool TellHostNetwork();

  Config config_;
  Mode mode_;
  Instant now_;
  Output output_;
  Log log_;
  std::unique_ptr<posix::FlashFile> flash_;
  std::unique_ptr<posix::FlashFile> nvs_flash_;
  std::unique_ptr<posix::FlashFile> agent_flash_;
  std::unique_ptr<Nvs> nvs_;
  agent::Boot boot_;
  Station station_;
  WallClock clock_;
  std::unique_ptr<posix::SntpDriver> ntp_;  // Null while nobody wants the network's time.
  std::unique_ptr<AgentTask> task_;
  std::unique_ptr<Console> console_;  // Null in Mode::kRun.
  posix::UniqueFd signals_;
  std::vector<pollfd> fds_;

  Pending pending_ = Pending::kNone;
  Instant pending_until_ = kNever;
  bool was_up_ = false;
  bool wants_ntp_ = false;
  bool wifi_by_itself_ = false;
  bool stopping_ = false;
  bool restart_after_stop_ = false;
  Instant stop_by_ = kNever;
  Ending ending_;
  bool finished_ = false;
};

}  // namespace fieldwork::board
