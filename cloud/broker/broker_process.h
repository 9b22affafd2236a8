// Decides how one Mosquitto process is found, started, recognised again, signalled and buried.
//
// A process is named by pid, start time and boot, so that a pid that was used again is never taken
// for ours, and is held by a pidfd, so that a signal never reaches another one. Linux 5.4 or newer.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fieldwork::broker {

class UniqueFd {
 public:
  explicit UniqueFd(int fd = -1) : fd_(fd) {}
  ~UniqueFd() { Reset(); }
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    Reset(other.Release());
    return *this;
  }
  int get() const { return fd_; }
  int Release();
  void Reset(int fd = -1);

 private:
  int fd_;
};

struct ProcessName {
  pid_t pid = -1;
  std::uint64_t start_time = 0;  ///< Field 22 of /proc/PID/stat: clock ticks after boot.
  std::string boot_id;
};

/// Empty if there is no such process.
std::optional<ProcessName> NameOfProcess(pid_t pid);

/// Whom the broker runs as; made by FindUser().
struct RunAs {
  uid_t uid;
  gid_t gid;
  std::vector<gid_t> groups;
};
/// Empty when not root (a process stays who it is), or when there is no such user.
std::optional<RunAs> FindUser(const std::string& user);

/// A path for `program`: itself if it has a '/', else from PATH, /usr/sbin, /usr/local/sbin. Throws
/// BrokerError if it is nowhere or not Mosquitto 2.0.11 or newer.
std::string FindMosquitto(const std::string& program);

class BrokerProcess {
 public:
  struct Launch {
    std::string program;
    std::filesystem::path folder;  ///< Working directory; has mosquitto.conf.
    std::optional<RunAs> run_as;
    bool low_ports = false;  ///< Keeps the right to bind ports below 1024.
  };

  /// Starts Mosquitto in a session of its own. `record` is told its name before the program runs:
  /// if this process ends before that, the new one ends too. Throws BrokerError.
  static BrokerProcess Start(const Launch& launch,
                             const std::function<void(const ProcessName&)>& record);

  /// The process of that name if it still runs, with `folder` as its working directory.
  static std::optional<BrokerProcess> Find(const ProcessName& name,
                                           const std::filesystem::path& folder);

  pid_t pid() const { return pid_; }
  int pidfd() const { return pidfd_.get(); }  ///< Readable when the process has ended.
  void Signal(int signal) const;              ///< Nothing if it has ended.
  bool WaitForEnd(int limit_ms) const;
  /// Its handlers are set: SIGHUP and SIGTERM do what they should.
  bool HandlesSignals() const;
  /// After its end: takes a child's zombie away and says how it ended.
  std::string Bury() const;

 private:
  BrokerProcess(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}

  pid_t pid_;
  UniqueFd pidfd_;
};

}  // namespace fieldwork::broker
