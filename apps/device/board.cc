// Booting, the loop, signals.
#include "apps/device/board.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "apps/device/boot.h"
#include "apps/device/flash_layout.h"
#include "apps/device/host_boot.h"
#include "ports/posix/clock.h"

namespace fieldwork::board {
namespace {

std::string PromptOf(const Config& config) { return config.name + ": "; }

}  // namespace

Board::Board(Config config, Mode mode, Instant start, ServiceNotify& service)
    : config_(std::move(config)),
      mode_(mode),
      service_(service),
      now_(start),
      output_(STDOUT_FILENO),
      log_(output_, config_.log_level, posix::MonotonicNow, start),
      station_(config_.mac, config_.connect_time, config_.access_points) {}

Board::~Board() = default;

void Board::OpenSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGWINCH, SIGCONT}) sigaddset(&set, number);
  std::signal(SIGPIPE, SIG_IGN);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  signals_.Reset(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!signals_.valid()) throw std::runtime_error(std::strerror(errno));
}

void Board::OpenFlash() {
  std::string error;
  flash_ = posix::FlashFile::Open(config_.flash_file, {kFlashSectorBytes, kFlashSectors}, error);
  if (flash_ == nullptr) throw std::runtime_error(error);
  log_.Debug("dt", {"add device iflash"});
  nvs_flash_ = flash_->Region(kNvsFirstSector, kNvsSectors);
  agent_flash_ = flash_->Region(kAgentFirstSector, kAgentSectors);
  nvs_ = std::make_unique<Nvs>(*nvs_flash_);
  CountThisBoot();
  log_.Debug("nvs_sm", {"active sec_id=", nvs_->active_sector(), ",sn=", nvs_->sequence()});
}

void Board::CountThisBoot() {
  const agent::BootReason told = TakeBootReason();
  Status status = nvs_->Load();
  if (status == Status::kOk) {
    status = reboots_machine() ? HostBoot(*nvs_).Count(boot_) : CountBoot(*nvs_, told, boot_);
  }
  if (status == Status::kNotFound) {
    throw std::runtime_error("the kernel does not tell which boot this is (" +
                             HostBootPaths().boot_id +
                             "): with board.reboot = \"program\" it does not have to");
  }
  if (status != Status::kOk) {
    throw std::runtime_error(config_.flash_file +
                             ": this boot cannot be counted, as the file "
                             "cannot be read or written: is the disk full?");
  }
}

void Board::OpenTheConsole() {
  PrintBanner(output_, PromptOf(config_));
  console_ = OpenConsole(STDIN_FILENO, STDOUT_FILENO, output_, PromptOf(config_));
  console_->Prompt();
}

void Board::BootUp() {
  OpenSignals();
  OpenFlash();
  LogBoot(log_, boot_, std::uint64_t{kFlashSectorBytes} * kFlashSectors);
  task_ = std::make_unique<AgentTask>(log_, config_, *agent_flash_, boot_, clock_);
  if (reboots_machine()) {
    machine_reboot_ = std::make_unique<HostReboot>(config_.reboot, HostReboot::Options());
  }
  WarnOfHandlers();
  OpenControl();
  SetHostClock();
  if (mode_ == Mode::kConsole) OpenTheConsole();
}

// In Mode::kRun always; at a console only to report the job that an earlier boot began.
void Board::StartByItself() {
  const bool resumes = config_.resume && task_->has_unfinished_job();
  if (mode_ != Mode::kRun && !resumes) return;
  if (mode_ != Mode::kRun) log_.Info("main", {"a job is unfinished: starting by itself"});
  StartWifiByItself();
  StartClock();
  task_->Start(now_);
}

Board::Ending Board::Run() {
  BootUp();
  now_ = posix::MonotonicNow();
  Settle();
  StartByItself();
  Settle();
  service_.Ready(now_);
  while (!finished_) PollOnce();
  if (!ending_.restart) service_.Stopping();  // What executes itself anew does not stop.
  console_.reset();
  return ending_;
}

void Board::PollOnce() {
  fds_.clear();
  fds_.push_back(pollfd{signals_.get(), POLLIN, 0});
  fds_.push_back(pollfd{console_ != nullptr ? console_->fd() : -1, POLLIN, 0});
  task_->AddPollFds(fds_);
  if (ntp_ != nullptr) ntp_->AddPollFds(fds_);
  if (machine_reboot_ != nullptr) machine_reboot_->AddPollFds(fds_);
  if (control_ != nullptr) control_->AddPollFds(fds_);

  const Instant deadline = Deadline();
  now_ = posix::MonotonicNow();
  int timeout_ms = -1;
  if (deadline != kNever) {
    constexpr std::int64_t kLongestMs = 86'400'000;
    timeout_ms = static_cast<int>(std::clamp<std::int64_t>((deadline - now_).count, 0, kLongestMs));
  }
  const int ready = poll(fds_.data(), fds_.size(), timeout_ms);
  now_ = posix::MonotonicNow();
  if (ready > 0) {
    if (fds_[0].revents != 0) OnSignals();
    if (fds_[1].revents != 0) console_->OnReadable();
    task_->OnPoll(now_, fds_);
    if (ntp_ != nullptr) ntp_->OnPoll(now_, fds_);
    if (machine_reboot_ != nullptr) machine_reboot_->OnPoll(now_, fds_);
    if (control_ != nullptr) control_->OnPoll(now_, fds_);  // The last: it accepts.
  }
  OnDeadlines();
  Settle();
  OnConsole();
  Settle();
}

Instant Board::Deadline() const {
  Instant next = Earlier(station_.Deadline(), task_->Deadline());
  if (ntp_ != nullptr) next = Earlier(next, ntp_->Deadline());
  if (machine_reboot_ != nullptr) next = Earlier(next, machine_reboot_->Deadline());
  if (control_ != nullptr) next = Earlier(next, control_->Deadline());
  next = Earlier(next, service_.Deadline());
  return Earlier(Earlier(next, pending_until_), stop_by_);
}

void Board::OnDeadlines() {
  station_.OnTime(now_);
  task_->OnTime(now_);
  if (ntp_ != nullptr) ntp_->OnTime(now_);
  if (machine_reboot_ != nullptr) machine_reboot_->OnTime(now_);
  if (control_ != nullptr) control_->OnTime(now_);
  service_.OnTime(now_);
  if (now_ >= pending_until_) FinishCommand();
  if (now_ >= stop_by_) OnStopped();
}

void Board::OnSignals() {
  signalfd_siginfo info;
  while (read(signals_.get(), &info, sizeof info) == sizeof info) {
    const auto number = static_cast<int>(info.ssi_signo);
    if (number == SIGTERM || number == SIGINT) {
      restart_after_stop_ = false;
      OnStop();
    } else if (number == SIGHUP) {
      ReloadAccessPoints();
    } else if (console_ != nullptr) {
      console_->OnResize();
    }
  }
}

void Board::OnStop() {
  if (stopping_) return Finish(restart_after_stop_);
  stopping_ = true;
  was_running_ = task_->running();
  if (!restart_after_stop_) service_.Stopping();
  stop_by_ = now_ + task_->StopLimit();
  task_->Stop(now_);
}

void Board::OnStopped() {
  stop_by_ = kNever;
  if (restart_after_stop_ && reboots_machine()) return RebootMachine();
  Finish(restart_after_stop_);
}

void Board::ReloadAccessPoints() {
  try {
    Config fresh = LoadConfig(config_.path);
    config_.access_points = std::move(fresh.access_points);
  } catch (const ConfigError& error) {
    log_.Error("main", {"the access points stay as they are: ", error.what()});
    return;
  }
  log_.Info("wifi", {"access points read again: ", config_.access_points.size()});
  station_.SetAccessPoints(now_, config_.access_points);
  // After a wrong password the station waits to be asked; a board without a person asks again.
  if (wifi_by_itself_ && station_.state() == Station::State::kIdle) StartWifiByItself();
}

void Board::OnConsole() {
  if (console_ == nullptr) return;
  std::string line;
  while (!finished_ && !stopping_ && pending_ == Pending::kNone) {
    const Console::Line kind = console_->NextLine(line);
    if (kind == Console::Line::kNone) break;
    Progression progression = Progression::kDone;
    if (kind == Console::Line::kTooLong) {
      Print("Warnig: Command is too long");
    } else {
      progression = RunCommand(*this, line);
    }
    Settle();
    if (progression == Progression::kDone && !finished_ && !stopping_) console_->Prompt();
  }
  // A terminal that hung up took the person along: the board is switched off.
  if (console_->end() == Console::End::kHangUp && !stopping_) OnStop();
}

void Board::Finish(bool restart) {
  if (finished_) return;
  finished_ = true;
  ending_.restart = restart;
}

}  // namespace fieldwork::board
