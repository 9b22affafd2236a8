// Decides how one Mosquitto process is found, started, recognised again, signalled and buried.
#include "cloud/broker/broker_process.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <system_error>

#include "cloud/broker/broker_config.h"
#include "cloud/broker/supervisor.h"

namespace fieldwork::broker {
namespace {

// Ten thousand devices and room for those that come while others go.
constexpr rlim_t kOpenFilesWanted = 65536;

std::string ErrorText(int error) { return std::generic_category().message(error); }

std::string FirstLineOf(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Two sockets rather than a pipe: writing to one that nobody reads is an error and no signal.
struct Channel {
  Channel() {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
      throw BrokerError("cannot start the broker: socketpair: " + ErrorText(errno));
    }
    read.Reset(ends[0]);
    write.Reset(ends[1]);
  }
  UniqueFd read;
  UniqueFd write;
};

// What the child says when it cannot become Mosquitto. `step` is a literal: both sides are one
// program.
struct Failure {
  const char* step;
  int error;
};

// All below, up to BecomeMosquitto(), runs between fork() and execve(): system calls only, no
// memory is taken. The threads of this process are not there, whatever locks they held.

bool KeepLowPorts() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  data[0].effective = data[0].permitted = data[0].inheritable = 1U << CAP_NET_BIND_SERVICE;
  return syscall(SYS_capset, &header, data.data()) == 0 &&
         prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0) == 0;
}

// Here and not by Mosquitto: it would give up its rights before it binds port 443.
bool ChangeUser(const RunAs& user, bool low_ports) {
  // The system calls themselves: the functions of the C library wait for other threads.
  return syscall(SYS_setgroups, user.groups.size(), user.groups.data()) == 0 &&
         syscall(SYS_setresgid, user.gid, user.gid, user.gid) == 0 &&
         (!low_ports || prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0) &&
         syscall(SYS_setresuid, user.uid, user.uid, user.uid) == 0 &&
         (!low_ports || KeepLowPorts());
}

void RaiseOpenFiles() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return;
  }
  if (limit.rlim_max < kOpenFilesWanted) {
    const rlimit wanted{kOpenFilesWanted, kOpenFilesWanted};
    if (setrlimit(RLIMIT_NOFILE, &wanted) == 0) {
      return;
    }
  }
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void ResetSignals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) {
    sigaction(number, &action, nullptr);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool RedirectOutput() {
  const int null = open("/dev/null", O_RDONLY);
  // As the broker's user, so that it is a file of its own.
  const int log = open(kLogFile, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
  return null >= 0 && log >= 0 && dup2(null, 0) == 0 && dup2(log, 1) == 1 && dup2(log, 2) == 2;
}

void CloseOthersAtExec() {
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
  if (syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) {
    return;
  }
  const long end = sysconf(_SC_OPEN_MAX);  // A kernel older than 5.11.
  for (int fd = 3; fd < end; ++fd) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
}

const char* FirstFailure(const BrokerProcess::Launch& launch, int folder, int go) {
  char byte = 0;
  if (setsid() < 0) {
    return "setsid";
  }
  if (fchdir(folder) != 0) {
    return "enter its folder";
  }
  RaiseOpenFiles();
  if (launch.run_as && !ChangeUser(*launch.run_as, launch.low_ports)) {
    return "change the user";
  }
  if (!RedirectOutput()) {
    return "open its log";
  }
  CloseOthersAtExec();
  // The end without a byte: the parent died before it wrote down who we are.
  if (read(go, &byte, 1) != 1) {
    _exit(0);
  }
  ResetSignals();
  const std::array<const char*, 4> argv{"mosquitto", "-c", kConfigFile, nullptr};
  execve(launch.program.c_str(), const_cast<char* const*>(argv.data()), environ);
  return "execute it";
}

[[noreturn]] void BecomeMosquitto(const BrokerProcess::Launch& launch, int folder, Channel& go,
                                  Channel& failed) {
  close(go.write.get());
  const Failure failure{FirstFailure(launch, folder, go.read.get()), errno};
  [[maybe_unused]] const ssize_t told = write(failed.write.get(), &failure, sizeof failure);
  _exit(127);
}

UniqueFd OpenPidfd(pid_t pid) {
  return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

std::string SearchPath(const std::string& program) {
  if (program.find('/') != std::string::npos) {
    return access(program.c_str(), X_OK) == 0 ? program : "";
  }
  const char* path = getenv("PATH");
  std::istringstream folders(std::string(path == nullptr ? "" : path) +
                             ":/usr/sbin:/usr/local/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = folder + "/" + program;
    if (!folder.empty() && access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return "";
}

std::string OutputOf(const std::string& program, const char* option) {
  std::string quoted;
  for (const char c : program) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  const std::string command = "'" + quoted + "' " + option + " 2>&1 </dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "re"), pclose);
  std::string output;
  std::array<char, 512> buffer{};
  while (pipe != nullptr && fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) {
    output += buffer.data();
  }
  return output;
}

}  // namespace

int UniqueFd::Release() {
  const int fd = fd_;
  fd_ = -1;
  return fd;
}

void UniqueFd::Reset(int fd) {
  if (fd_ >= 0) {
    close(fd_);
  }
  fd_ = fd;
}

std::optional<ProcessName> NameOfProcess(pid_t pid) {
  const std::string line = FirstLineOf("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t name_end = line.rfind(')');  // The name itself may have blanks and brackets.
  if (name_end == std::string::npos) {
    return std::nullopt;
  }
  std::istringstream fields(line.substr(name_end + 1));
  std::string skipped;
  constexpr int kFieldsBetweenNameAndStartTime = 19;
  for (int i = 0; i < kFieldsBetweenNameAndStartTime; ++i) {
    fields >> skipped;
  }
  ProcessName name{pid, 0, FirstLineOf("/proc/sys/kernel/random/boot_id")};
  return fields >> name.start_time ? std::optional(name) : std::nullopt;
}

std::optional<RunAs> FindUser(const std::string& user) {
  if (geteuid() != 0) {
    return std::nullopt;
  }
  const passwd* entry = getpwnam(user.c_str());
  if (entry == nullptr || entry->pw_uid == 0) {
    return std::nullopt;
  }
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (getgrouplist(user.c_str(), entry->pw_gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(count));
    getgrouplist(user.c_str(), entry->pw_gid, groups.data(), &count);
  }
  groups.resize(static_cast<std::size_t>(count));
  return RunAs{entry->pw_uid, entry->pw_gid, groups};
}

std::string FindMosquitto(const std::string& program) {
  const std::string path = SearchPath(program);
  if (path.empty()) {
    throw BrokerError("Mosquitto is not installed: there is no program " + program +
                      " in PATH, /usr/sbin and /usr/local/sbin; install the package mosquitto");
  }
  const std::string output = OutputOf(path, "-h");
  std::array<int, 3> version{};
  if (std::sscanf(output.c_str(), "mosquitto version %d.%d.%d", version.data(), &version[1],
                  &version[2]) != 3) {
    throw BrokerError(path + " is not Mosquitto: `" + path + " -h` does not tell its version");
  }
  if (version < std::array<int, 3>{2, 0, 11}) {
    throw BrokerError(path + " is Mosquitto " + std::to_string(version[0]) + "." +
                      std::to_string(version[1]) + "." + std::to_string(version[2]) +
                      "; 2.0.11 or newer is needed");
  }
  return path;
}

BrokerProcess BrokerProcess::Start(const Launch& launch,
                                   const std::function<void(const ProcessName&)>& record) {
  const UniqueFd folder(open(launch.folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) {
    throw BrokerError("cannot open " + launch.folder.string() + ": " + ErrorText(errno));
  }
  Channel go;
  Channel failed;
  const pid_t pid = fork();
  if (pid < 0) {
    throw BrokerError("cannot start the broker: fork: " + ErrorText(errno));
  }
  if (pid == 0) {
    BecomeMosquitto(launch, folder.get(), go, failed);
  }
  go.read.Reset();
  failed.write.Reset();
  BrokerProcess process(pid, OpenPidfd(pid));
  try {
    if (process.pidfd() < 0) {
      throw BrokerError("cannot watch the broker: pidfd_open: " + ErrorText(errno));
    }
    record(NameOfProcess(pid).value_or(ProcessName{}));
  } catch (...) {
    go.write.Reset();
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    throw;
  }
  send(go.write.get(), "g", 1, MSG_NOSIGNAL);
  Failure failure{};
  if (read(failed.read.get(), &failure, sizeof failure) == sizeof failure) {
    process.WaitForEnd(-1);
    process.Bury();
    throw BrokerError("cannot start " + launch.program + ": " + failure.step + ": " +
                      ErrorText(failure.error));
  }
  return process;
}

std::optional<BrokerProcess> BrokerProcess::Find(const ProcessName& name,
                                                 const std::filesystem::path& folder) {
  UniqueFd pidfd = name.pid > 0 ? OpenPidfd(name.pid) : UniqueFd();
  if (pidfd.get() < 0) {
    return std::nullopt;
  }
  // What is read now is of the process that the pidfd holds, or of none.
  const std::optional<ProcessName> now = NameOfProcess(name.pid);
  struct stat cwd {};
  struct stat ours {};
  const std::string cwd_link = "/proc/" + std::to_string(name.pid) + "/cwd";
  // In a container root may not look at another user's process; then its name has to do.
  const bool hidden = stat(cwd_link.c_str(), &cwd) != 0 && errno == EACCES;
  const bool here = hidden || (stat(folder.c_str(), &ours) == 0 && cwd.st_dev == ours.st_dev &&
                               cwd.st_ino == ours.st_ino);
  BrokerProcess process(name.pid, std::move(pidfd));
  if (!here || !now || now->start_time != name.start_time || now->boot_id != name.boot_id ||
      process.WaitForEnd(0)) {
    return std::nullopt;
  }
  return process;
}

void BrokerProcess::Signal(int signal) const {
  syscall(SYS_pidfd_send_signal, pidfd(), signal, nullptr, 0);
}

bool BrokerProcess::WaitForEnd(int limit_ms) const {
  pollfd fd{pidfd(), POLLIN, 0};
  int ready = 0;
  do {
    ready = poll(&fd, 1, limit_ms);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

bool BrokerProcess::HandlesSignals() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("SigCgt:")) {
      const unsigned long long caught = std::strtoull(line.c_str() + 7, nullptr, 16);
      return (caught >> (SIGHUP - 1) & 1) != 0 && (caught >> (SIGTERM - 1) & 1) != 0;
    }
  }
  return false;
}

std::string BrokerProcess::Bury() const {
  siginfo_t info{};
  int rc = 0;
  do {
    rc = waitid(P_PIDFD, static_cast<id_t>(pidfd()), &info, WEXITED | WNOHANG);
  } while (rc < 0 && errno == EINTR);
  if (rc != 0 || info.si_pid == 0) {
    return "it ended";  // Adopted: only its parent learns how.
  }
  return (info.si_code == CLD_EXITED ? "exit status " : "signal ") + std::to_string(info.si_status);
}

}  // namespace fieldwork::broker
