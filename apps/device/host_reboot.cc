#include "apps/device/host_reboot.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace fieldwork::board {
namespace {

constexpr std::size_t kMostSaid = 256;

// The child gets default signals, /dev/null, and the pipe; its PATH is not ours. 0, or errno.
int Spawn(const std::string& program, int output, pid_t& child) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
  sigset_t none, ignored;
  sigemptyset(&none);
  sigemptyset(&ignored);
  sigaddset(&ignored, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &ignored);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  char name[] = "systemctl", no_password[] = "--no-ask-password", verb[] = "reboot";
  char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  char* const arguments[] = {name, no_password, verb, nullptr};
  char* const environment[] = {path, nullptr};
  const int error =
      posix_spawn(&child, program.c_str(), &files, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return error;
}

}  // namespace

int RebootNow() {
  sync();
  return reboot(RB_AUTOBOOT) == 0 ? 0 : errno;
}

HostReboot::~HostReboot() {
  if (child_ > 0) kill(child_, SIGKILL);
  Reap();
}

void HostReboot::Begin(Instant now) {
  if (way_ == RebootBy::kSystemctl) return Ask(now);
  if (const int error = options_.reboot_now(); error != 0) {
    return Fail(std::string("reboot(2): ") + std::strerror(error));
  }
  state_ = State::kGoing;
  until_ = now + options_.shutdown_limit;
}

std::optional<std::string> HostReboot::TakeFailure() {
  if (state_ != State::kFailed) return std::nullopt;
  state_ = State::kIdle;
  until_ = kNever;
  return std::exchange(failure_, {});
}

void HostReboot::Ask(Instant now) {
  const auto& paths = options_.systemctl;
  const auto program = std::find_if(paths.begin(), paths.end(), [](const std::string& path) {
    return access(path.c_str(), X_OK) == 0;
  });
  if (program == paths.end()) {
    return Fail("there is no systemctl here: set board.reboot to \"syscall\"");
  }
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Fail(std::strerror(errno));
  output_.Reset(ends[0]);
  const posix::UniqueFd theirs(ends[1]);
  fcntl(output_.get(), F_SETFL, O_NONBLOCK);
  said_.clear();
  if (const int error = Spawn(*program, theirs.get(), child_); error != 0) {
    child_ = -1;
    return Fail(*program + ": " + std::strerror(error));
  }
  state_ = State::kAsking;
  until_ = now + options_.answer_limit;
}

void HostReboot::AddPollFds(std::vector<pollfd>& fds) const {
  if (output_.valid()) fds.push_back({output_.get(), POLLIN, 0});
}

void HostReboot::OnPoll(Instant now, std::span<const pollfd> fds) {
  if (!output_.valid()) return;
  const bool is_ready = std::any_of(fds.begin(), fds.end(), [this](const pollfd& entry) {
    return entry.fd == output_.get() && entry.revents != 0;
  });
  if (!is_ready) return;
  char piece[kMostSaid];
  const ssize_t count = read(output_.get(), piece, sizeof piece);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return OnAnswer(now);
  const std::size_t room = kMostSaid - said_.size();
  said_.append(piece, std::min(static_cast<std::size_t>(count), room));
}

void HostReboot::OnAnswer(Instant now) {
  Reap();
  if (exit_status_ != 0) {
    const std::string line = said_.substr(0, said_.find('\n'));
    return Fail("systemctl reboot: " + (line.empty() ? "it failed" : line));
  }
  state_ = State::kGoing;
  until_ = now + options_.shutdown_limit;
}

void HostReboot::OnTime(Instant now) {
  if (now < until_ || state_ == State::kFailed) return;
  if (state_ == State::kAsking) {
    kill(child_, SIGKILL);
    Reap();
    return Fail("systemctl reboot: no answer");
  }
  Fail("the machine does not go down");
}

// It has closed its output, or was killed: it does not take long to end.
void HostReboot::Reap() {
  output_.Reset();
  if (child_ <= 0) return;
  int status = 0;
  while (waitpid(child_, &status, 0) < 0 && errno == EINTR) {
  }
  child_ = -1;
  exit_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

void HostReboot::Fail(std::string why) {
  output_.Reset();
  state_ = State::kFailed;
  until_ = Instant{0};  // The caller is to look at once.
  failure_ = std::move(why);
}

}  // namespace fieldwork::board
