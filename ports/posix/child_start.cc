// fork(), then a straight row of system calls, then execveat(). What fails is written, with its
// errno, to a pipe that a successful exec closes.
#include "ports/posix/child_start.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace fieldwork::posix {
namespace {

constexpr int kProgram = 3;  // Where the child has them, right after 0 to 2.
constexpr int kReport = 4;
constexpr int kFirstUnused = 5;
constexpr int kOutOfTheWay = 10;

struct Report {
  StartStage stage = StartStage::kStarted;
  int error = 0;
};

struct ChildFds {
  int in = -1;
  int out = -1;
  int err = -1;
  int program = -1;
  int report = -1;
};

// ---- In the child: async-signal-safe calls only ------------------------------------------

[[noreturn]] void GiveUp(int report, StartStage stage, int error) {
  const Report words{stage, error};
  // If this fails the parent sees a child that ended with 127: that is a failure as well.
  [[maybe_unused]] const ssize_t written = write(report, &words, sizeof words);
  _exit(127);
}

// No number below kOutOfTheWay is in use by ours any more, whichever the agent had them at.
bool MoveOutOfTheWay(int& fd) {
  if (fd < 0) return true;
  fd = fcntl(fd, F_DUPFD_CLOEXEC, kOutOfTheWay);
  return fd >= 0;
}

void CloseFrom(int first) {
  if (close_range(static_cast<unsigned>(first), ~0U, 0) == 0) return;
  // Linux before 5.9.
  rlimit limit{};
  const bool known = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 1048576;
  const int end = known ? static_cast<int>(limit.rlim_cur) : 1048576;
  for (int fd = first; fd < end; ++fd) close(fd);
}

bool PlaceFds(ChildFds& fds) {
  for (int* fd : {&fds.in, &fds.out, &fds.err, &fds.program}) {
    if (!MoveOutOfTheWay(*fd)) return false;
  }
  if (dup2(fds.in, 0) < 0 || dup2(fds.out, 1) < 0 || dup2(fds.err, 2) < 0) return false;
  if (dup3(fds.report, kReport, O_CLOEXEC) < 0) return false;
  fds.report = kReport;
  if (fds.program >= 0) {
    if (dup3(fds.program, kProgram, O_CLOEXEC) < 0) return false;
    fds.program = kProgram;
  } else {
    close(kProgram);
  }
  CloseFrom(kFirstUnused);
  return true;
}

void ResetSignals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  // KILL, STOP and those of the C library refuse, which is as well.
  for (int number = 1; number < NSIG; ++number) sigaction(number, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool SetLimits(std::span<const ResourceLimit> limits) {
  for (const ResourceLimit& limit : limits) {
    if (setrlimit(limit.resource, &limit.value) != 0) return false;
  }
  return true;
}

int Exec(const ChildPlan& plan, const ChildFds& fds) {
  if (fds.program < 0) {
    execveat(AT_FDCWD, plan.path, plan.argv, plan.envp, 0);
    return errno;
  }
  execveat(fds.program, "", plan.argv, plan.envp, AT_EMPTY_PATH);
  if (errno != ENOENT) return errno;
  // That is what a script gives whose descriptor would be closed: its interpreter needs it.
  if (fcntl(fds.program, F_SETFD, 0) != 0) return errno;
  execveat(fds.program, "", plan.argv, plan.envp, AT_EMPTY_PATH);
  return errno;
}

[[noreturn]] void RunChild(const ChildPlan& plan, ChildFds fds, pid_t parent) {
  if (!MoveOutOfTheWay(fds.report)) _exit(127);
  if (setpgid(0, 0) != 0) GiveUp(fds.report, StartStage::kSetup, errno);
  ResetSignals();
  umask(022);
  if (chdir("/") != 0) GiveUp(fds.report, StartStage::kSetup, errno);
  if (!PlaceFds(fds)) GiveUp(fds.report, StartStage::kSetup, errno);
  if (!SetLimits(plan.limits)) GiveUp(fds.report, StartStage::kSetup, errno);
  if (plan.user != nullptr) {
    if (const int error = BecomeUser(*plan.user)) GiveUp(fds.report, StartStage::kUser, error);
  }
  // After the change of user, which clears it.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) GiveUp(fds.report, StartStage::kSetup, errno);
  if (getppid() != parent) _exit(127);  // The agent died before that.
  GiveUp(fds.report, StartStage::kExec, Exec(plan, fds));
}

// ---- In the parent -----------------------------------------------------------------------

// No handler of the agent's may run in the child, on its memory.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_;
};

void Reap(pid_t pid) {
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Report ReadReport(int fd) {
  Report report;
  ssize_t size = 0;
  do {
    size = read(fd, &report, sizeof report);
  } while (size < 0 && errno == EINTR);
  return size == static_cast<ssize_t>(sizeof report) ? report : Report{};
}

}  // namespace

StartedChild StartChild(const ChildPlan& plan) {
  StartedChild child;
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) {
    child.error = errno;
    return child;
  }
  const UniqueFd report_in(ends[0]);
  UniqueFd report_out(ends[1]);
  const pid_t parent = getpid();
  {
    const BlockedSignals blocked;
    child.pid = fork();
    child.error = errno;
    if (child.pid == 0) {
      RunChild(plan, {plan.in, plan.out, plan.err, plan.program, report_out.get()}, parent);
    }
  }
  if (child.pid < 0) return child;
  report_out.Reset();
  // Of the C libraries in use not all have it.
  child.pidfd.Reset(static_cast<int>(syscall(SYS_pidfd_open, child.pid, 0)));
  if (!child.pidfd.valid()) {
    child.error = errno;
    kill(child.pid, SIGKILL);
    Reap(child.pid);
    return child;
  }
  const Report report = ReadReport(report_in.get());
  child.stage = report.stage;
  child.error = report.error;
  if (report.stage != StartStage::kStarted) {
    Reap(child.pid);
    child.pidfd.Reset();
  }
  return child;
}

}  // namespace fieldwork::posix
