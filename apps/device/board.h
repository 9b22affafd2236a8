// The board: owns its parts and the one loop that waits for whatever comes next. Nothing
// wakes it without a reason; there are no threads.
//
// Signals: SIGTERM and SIGINT end the step that runs, leave the broker in order and end the program
// (twice: at once); SIGHUP reads the access points of the configuration again.
#pragma once

#include <poll.h>

#include <memory>
#include <string>
#include <vector>

#include "apps/device/agent_task.h"
#include "apps/device/commands.h"
#include "apps/device/config.h"
#include "apps/device/console.h"
#include "apps/device/control_server.h"
#include "apps/device/host_reboot.h"
#include "apps/device/log.h"
#include "apps/device/nvs.h"
#include "apps/device/output.h"
#include "apps/device/service_notify.h"
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

class Board final : private Machine, private ControlServer::Handler {
 public:
  /// How the run ended, for main().
  struct Ending {
    bool restart = false;  ///< Start the program anew, with kReboot as the reason.
  };

  /// `config` is kept. `start` is the instant the log counts from. `service` outlives the board.
  Board(Config config, Mode mode, Instant start, ServiceNotify& service);
  ~Board();

  /// Until a signal or a reboot. Throws std::runtime_error, for a person, when the board cannot
  /// work at all: the flash, the boot count, the credentials, the control socket.
  Ending Run();

 private:
  // The command that keeps the console waiting.
  enum class Pending : std::uint8_t { kNone, kWifiConnect, kNtpShow };

  // board.cc: booting, the loop, signals.
  void BootUp();
  void OpenSignals();
  void OpenFlash();
  void CountThisBoot();
  void OpenTheConsole();
  void StartByItself();
  void PollOnce();
  void OnSignals();
  void OnStop();
  void OnStopped();
  void ReloadAccessPoints();
  void OnConsole();
  void OnDeadlines();
  Instant Deadline() const;
  void Finish(bool restart);

  // board_service.cc: the machine below: its programs, its service manager, its reboot.
  void OpenControl();
  void WarnOfHandlers();
  ControlServer::Answer OnRequest(std::string_view line) override;
  void TellService();
  bool reboots_machine() const { return config_.reboot != RebootBy::kProgram; }
  void FollowTask();
  void RebootMachine();
  void OnRebootFailed(const std::string& why);

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
  void Refuse(std::string_view line) override;
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
  void FinishCommand();
  void PrintTime();
  void PrintTask(std::string_view name, std::string_view state, Instant deadline);
  bool TellHostNetwork();

  // board_jobs.cc: the words about jobs.
  void JobsStatus() override;
  void ShowJob() override;
  void ShowJobNamed(std::string_view id) override;
  void ShowJobHistory() override;
  void CancelJob(std::string_view id) override;
  void ShowMetrics() override;
  void PrintLines(const std::vector<std::string>& lines);

  Config config_;
  Mode mode_;
  ServiceNotify& service_;
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
  std::unique_ptr<Console> console_;            // Null in Mode::kRun.
  std::unique_ptr<ControlServer> control_;      // Null without control.socket.
  std::unique_ptr<HostReboot> machine_reboot_;  // Null where the program is what reboots.
  std::string* answer_ = nullptr;               // Where lines go while a program asks.
  bool refused_ = false;                        // The command under way was not carried out.
  posix::UniqueFd signals_;
  std::vector<pollfd> fds_;

  Pending pending_ = Pending::kNone;
  Instant pending_until_ = kNever;
  bool was_up_ = false;
  bool wants_ntp_ = false;
  bool wifi_by_itself_ = false;
  bool stopping_ = false;
  bool restart_after_stop_ = false;
  bool was_running_ = false;  // The agent, when the stop began.
  Instant stop_by_ = kNever;
  Ending ending_;
  bool finished_ = false;
};

}  // namespace fieldwork::board
