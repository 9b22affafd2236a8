// Reboots the machine: through `systemctl reboot`, started without a shell, or through the kernel.
//
// Poll-driven: AddPollFds(), OnPoll(), Deadline(), OnTime(); then TakeFailure(). Success has no
// event: the machine goes down.
//
// Threads: one owner.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/device/config.h"
#include "device/base/time.h"
#include "ports/posix/unique_fd.h"

namespace fieldwork::board {

/// sync(), then reboot(2). Returns errno, if at all.
int RebootNow();

class HostReboot {
 public:
  struct Options {
    /// The first of these that is there; absolute, since nobody's PATH counts.
    std::vector<std::string> systemctl = {"/usr/bin/systemctl", "/bin/systemctl"};
    int (*reboot_now)() = RebootNow;
    /// How long systemctl may take to say yes or no.
    Millis answer_limit = Seconds(30);
    /// From its yes until SIGTERM; other services may stop first.
    Millis shutdown_limit = Seconds(300);
  };

  /// `way` is not kProgram.
  HostReboot(RebootBy way, Options options) : way_(way), options_(std::move(options)) {}
  /// Ends systemctl, if it still runs.
  ~HostReboot();
  HostReboot(const HostReboot&) = delete;
  HostReboot& operator=(const HostReboot&) = delete;

  /// Asks for the reboot. REQUIRES: under_way() is false.
  void Begin(Instant now);
  /// From Begin() until TakeFailure(), or for ever.
  bool under_way() const { return state_ != State::kIdle; }
  /// The reboot is not to come, for a reason of the caller's.
  void Fail(std::string why);
  /// Once, when the reboot does not come: why, for a person.
  std::optional<std::string> TakeFailure();

  void AddPollFds(std::vector<pollfd>& fds) const;
  void OnPoll(Instant now, std::span<const pollfd> fds);
  void OnTime(Instant now);
  Instant Deadline() const { return until_; }

 private:
  enum class State : std::uint8_t {
    kIdle,
    kAsking,  // systemctl runs.
    kGoing,   // It said yes.
    kFailed,  // TakeFailure() says why.
  };

  void Ask(Instant now);
  void OnAnswer(Instant now);
  void Reap();

  const RebootBy way_;
  const Options options_;
  State state_ = State::kIdle;
  Instant until_ = kNever;
  pid_t child_ = -1;
  posix::UniqueFd output_;  // Of the child; its end is the child's.
  std::string said_;
  int exit_status_ = 0;
  std::string failure_;
};

}  // namespace fieldwork::board
