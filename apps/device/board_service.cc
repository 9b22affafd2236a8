// The machine below the board: the programs that ask it, its service manager, its reboot.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "apps/device/board.h"
#include "apps/device/host_boot.h"
#include "apps/device/lines.h"

namespace fieldwork::board {

void Board::OpenControl() {
  if (config_.control_socket.empty()) return;
  std::string error;
  control_ = ControlServer::Open(config_.control_socket, *this, error);
  if (control_ == nullptr) throw std::runtime_error(error);
}

// Not a reason to stand still: a folder may be filled later, and other jobs need none.
void Board::WarnOfHandlers() {
  const std::string& folder = config_.steps.handler_directory;
  if (folder.empty() || access(folder.c_str(), R_OK | X_OK) == 0) return;
  log_.Warn("main", {"jobs.handlers: ", folder, ": ", std::strerror(errno),
                     ": jobs that need a handler are rejected"});
}

ControlServer::Answer Board::OnRequest(std::string_view line) {
  if (!IsForPrograms(line)) {
    return {false, "unknown: use jobs, show ID, history, cancel ID, metrics, status, or version\n"};
  }
  ControlServer::Answer answer;
  answer_ = &answer.text;
  refused_ = false;
  RunCommand(*this, line);
  answer_ = nullptr;
  answer.done = !refused_;
  return answer;
}

void Board::TellService() {
  std::string status = stopping_ ? "stopping" : task_->state_text();
  if (!task_->job_id().empty()) status += ", job " + Printable(task_->job_id());
  service_.Status(status);
}

// What the agent wants, and what has become of its stop.
void Board::FollowTask() {
  if (machine_reboot_ != nullptr) {
    if (const auto why = machine_reboot_->TakeFailure()) OnRebootFailed(*why);
    if (machine_reboot_->under_way()) {
      if (stopping_ && !restart_after_stop_ && task_->stopped()) Finish(false);
      return;
    }
  }
  if (task_->wants_restart() && !reboots_machine()) return Finish(true);
  // Told to stop meanwhile: the next start sees the same boot, and asks again.
  if (task_->wants_restart() && !stopping_) return RebootMachine();
  if (stopping_ && task_->stopped()) OnStopped();
}

// Everything has stopped in order: the mark may say so.
void Board::RebootMachine() {
  log_.Info("main", {"rebooting the machine"});
  if (HostBoot(*nvs_).SetMark() != Status::kOk) {
    return machine_reboot_->Fail("flash fails, so it could not be told from another");
  }
  machine_reboot_->Begin(now_);
}

void Board::OnRebootFailed(const std::string& why) {
  log_.Error("main", {"no reboot: ", why});
  if (HostBoot(*nvs_).ClearMark() != Status::kOk) {
    log_.Error("main", {"the mark of the reboot stays on flash, which fails"});
  }
  if (stopping_ && !restart_after_stop_) return Finish(false);
  if (task_->wants_restart()) task_->OnRestartFailed(now_);
  if (!stopping_) return;
  // A person has asked for it: the board goes on as before.
  stopping_ = false;
  restart_after_stop_ = false;
  if (was_running_) task_->Start(now_);
  if (console_ != nullptr) console_->Prompt();
}

}  // namespace fieldwork::board
