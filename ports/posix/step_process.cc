// Prepares a child, then follows it: two pipes, and a pidfd that tells of its end.
#include "ports/posix/step_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <variant>

#include "device/base/check.h"
#include "ports/posix/child_start.h"
#include "ports/posix/command_line.h"
#include "ports/posix/handler_file.h"
#include "ports/posix/output_tail.h"
#include "ports/posix/step_plan.h"
#include "ports/posix/unique_fd.h"
#include "ports/posix/user_switch.h"

namespace fieldwork::posix {
namespace {

using handlers::StepEnd;
using handlers::StepResult;

constexpr Millis kDrain = Seconds(1);
// Of one stream at a time, so that a step that writes without end does not keep the agent busy.
constexpr std::size_t kReadAtOnce = 256 * 1024;

// Both ends close on exec; only ours does not block, since that of the step must.
bool OpenPipe(UniqueFd& ours, UniqueFd& theirs) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  ours.Reset(ends[0]);
  theirs.Reset(ends[1]);
  return fcntl(ours.get(), F_SETFL, O_NONBLOCK) == 0;
}

// Calls `use` with what there is to read; closes `fd` at its end.
template <class Use>
void ReadSome(UniqueFd& fd, Use use) {
  std::array<char, 16 * 1024> buffer;
  for (std::size_t done = 0; fd.valid() && done < kReadAtOnce;) {
    const ssize_t size = read(fd.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return fd.Reset();
    use(std::string_view(buffer.data(), static_cast<std::size_t>(size)));
    done += static_cast<std::size_t>(size);
  }
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// The word for a child that did not come to run its program.
const char* ReasonOf(const StartedChild& child) {
  switch (child.error) {
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE: return "no-resources";
    default: break;
  }
  if (child.stage == StartStage::kFork) return "no-resources";
  return child.stage == StartStage::kUser ? "user-not-permitted" : "exec-failed";
}

// Without an exit status a failure could pass for a success.
void KeepExitStatuses() {
  struct sigaction action {};
  if (sigaction(SIGCHLD, nullptr, &action) != 0) return;
  const bool ignored = (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_IGN;
  if (!ignored && (action.sa_flags & SA_NOCLDWAIT) == 0) return;
  if (ignored) action.sa_handler = SIG_DFL;
  action.sa_flags &= ~SA_NOCLDWAIT;
  sigaction(SIGCHLD, &action, nullptr);
}

void AddLimit(std::vector<ResourceLimit>& limits, Resource resource, std::uint64_t value) {
  if (value == 0) return;
  rlimit old{};
  if (getrlimit(resource, &old) != 0) return;
  const rlim_t soft = std::min<rlim_t>(value, old.rlim_max);
  // A step that uses up its time is told so (SIGXCPU), and killed a second later.
  const rlim_t hard = resource == RLIMIT_CPU ? std::min<rlim_t>(soft + 1, old.rlim_max) : soft;
  limits.push_back({resource, {soft, hard}});
}

}  // namespace

/// A step that runs, or whose result is not forgotten.
struct StepProcess::Child {
  explicit Child(std::size_t tail_bytes) : out_tail(tail_bytes), err_tail(tail_bytes) {}
  ~Child() {
    if (ended || pid < 0) return;
    kill(-pid, SIGKILL);
    siginfo_t info{};
    while (waitid(P_PIDFD, Id(), &info, WEXITED) != 0 && errno == EINTR) {
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  id_t Id() const { return static_cast<id_t>(pidfd.get()); }

  void ReadOut() {
    ReadSome(out, [this](std::string_view bytes) {
      out_tail.Append(bytes);
      progress.Append(bytes);
    });
  }
  void ReadErr() {
    ReadSome(err, [this](std::string_view bytes) {
      err_tail.Append(bytes);
      err_lines.Append(bytes);
    });
  }
  void ReadBoth() {
    ReadOut();
    ReadErr();
  }
  void CloseBoth() {
    ReadBoth();
    out.Reset();
    err.Reset();
  }

  // The first process has ended: learns how, and lets go of it.
  void OnEnd() {
    siginfo_t info{};
    // As long as it is a zombie, the number of its group belongs to nobody else.
    const int peeked = waitid(P_PIDFD, Id(), &info, WEXITED | WNOHANG | WNOWAIT);
    if (peeked == 0 && info.si_pid == 0) return;
    if (peeked == 0) {
      if (stopped) kill(-pid, SIGKILL);
      waitid(P_PIDFD, Id(), &info, WEXITED | WNOHANG);
      NoteEnd(info);
    } else {
      result = {StepEnd::kFailed, 0, "status-lost"};
    }
    ended = true;
    pidfd.Reset();
    ReadBoth();
  }

  void NoteEnd(const siginfo_t& info) {
    const bool exited = info.si_code == CLD_EXITED;
    result.code = info.si_status;
    result.end = exited ? StepEnd::kExited : StepEnd::kSignaled;
    if (exited && info.si_status == 0) result.end = StepEnd::kSucceeded;
  }

  void Drain(Instant now) {
    if (!ended || (!out.valid() && !err.valid())) return;
    if (drain_until == kNever) drain_until = now + kDrain;
    if (now >= drain_until) CloseBoth();
  }

  bool is_over() const { return ended && !out.valid() && !err.valid(); }

  StepResult Result() {
    const bool limited = stderr_lines_max >= 0;
    if (result.end == StepEnd::kSucceeded && limited &&
        err_lines.count() > static_cast<std::uint64_t>(stderr_lines_max)) {
      result.end = StepEnd::kFailed;
      result.reason = "stderr-output";
    }
    result.out = out_tail.View();
    result.err = err_tail.View();
    return result;
  }

  pid_t pid = -1;
  UniqueFd pidfd;
  UniqueFd out;
  UniqueFd err;
  OutputTail out_tail;
  OutputTail err_tail;
  ProgressLines progress;
  LineCount err_lines;
  std::int32_t stderr_lines_max = -1;
  bool stopped = false;  // Somebody asked for its end.
  bool ended = false;    // The first process is gone.
  bool taken = false;    // And the result is told.
  StepResult result;
  Instant drain_until = kNever;
};

/// What is to be run, and as whom.
struct StepProcess::Program {
  HandlerFile file;  // Of a handler.
  std::string path;  // Of a command.
  std::optional<User> user;
  std::string home = "/";
};

/// The ends that the child gets.
struct StepProcess::Streams {
  UniqueFd in;
  UniqueFd out;
  UniqueFd err;
};

StepProcess::StepProcess(Options options) : options_(std::move(options)) { KeepExitStatuses(); }

StepProcess::~StepProcess() = default;

const char* StepProcess::WhyNot(const handlers::Step& step) {
  const auto plan = PlanStep(options_, step);
  if (const auto* reason = std::get_if<const char*>(&plan)) return *reason;
  const StepPlan& what = std::get<StepPlan>(plan);
  const bool absent = !what.handler.empty() && !HandlerExists(what.directory, what.handler);
  return absent ? "unknown-handler" : nullptr;
}

std::optional<StepResult> StepProcess::Start(const handlers::Step& step,
                                             const handlers::StepContext& context) {
  FIELDWORK_DCHECK(!is_running());
  problem_.clear();
  const auto plan = PlanStep(options_, step);
  const auto* refused = std::get_if<const char*>(&plan);
  const char* reason = refused != nullptr ? *refused : Launch(std::get<StepPlan>(plan), context);
  if (reason != nullptr) {
    child_.reset();
    return StepResult{StepEnd::kFailed, 0, reason};
  }
  child_->stderr_lines_max = step.stderr_lines_max;
  return std::nullopt;
}

const char* StepProcess::ChooseUser(const std::string& name, Program& program) {
  program.home = OwnHome();
  if (name.empty()) return nullptr;
  User user;
  if (const int error = FindUser(name, user); error == ENOENT) {
    problem_ = "runAsUser names no user of this host";
    return "user-unknown";
  } else if (error != 0) {
    problem_ = std::string("cannot look up the user of runAsUser: ") + std::strerror(error);
    return "no-resources";
  }
  program.home = user.home;
  if (user.uid == geteuid()) return nullptr;
  if (geteuid() != 0) {
    problem_ = "runAsUser names another user, and only an agent that runs as root can become one";
    return "user-not-permitted";
  }
  program.user = std::move(user);
  return nullptr;
}

const char* StepProcess::ChooseProgram(const StepPlan& plan, Program& program) {
  if (!plan.handler.empty()) {
    program.file = OpenHandler(plan.directory, plan.handler, options_.trusted_above);
    problem_ = program.file.problem;
    return program.file.reason;
  }
  program.path = FindProgram(plan.argv.front(), options_.path);
  if (!program.path.empty()) return nullptr;
  problem_ = "the program of the command is in no directory of " + options_.path;
  return "exec-failed";
}

const char* StepProcess::OpenStreams(const Program& program, Streams& streams) {
  streams.in.Reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!streams.in.valid() || !OpenPipe(child_->out, streams.out) ||
      !OpenPipe(child_->err, streams.err)) {
    problem_ = std::string("cannot open /dev/null or a pipe: ") + std::strerror(errno);
    return "no-resources";
  }
  if (!program.user) return nullptr;
  // Else the user could write to its output, but not open it again as /dev/stderr. Where this
  // fails, that is all that is lost.
  for (const int fd : {streams.out.get(), streams.err.get()}) {
    [[maybe_unused]] const int given = fchown(fd, program.user->uid, program.user->gid);
  }
  return nullptr;
}

std::vector<std::string> StepProcess::Environment(const handlers::StepContext& context,
                                                  const StepPlan& plan,
                                                  const Program& program) const {
  std::vector<std::string> out = {
      "FIELDWORK_THING=" + std::string(context.thing),
      "FIELDWORK_JOB_ID=" + std::string(context.job_id),
      "FIELDWORK_EXECUTION_NUMBER=" + std::to_string(context.execution_number),
      "FIELDWORK_STEP=" + std::to_string(context.number),
      "FIELDWORK_STEPS=" + std::to_string(context.count),
      "PATH=" + options_.path,
      "LANG=C.UTF-8",
      "HOME=" + program.home,
  };
  // A script cannot tell from $0 where it is.
  if (!plan.handler.empty()) out.push_back("FIELDWORK_HANDLER=" + plan.argv.front());
  return out;
}

std::vector<ResourceLimit> StepProcess::Limits() const {
  std::vector<ResourceLimit> limits;
  AddLimit(limits, RLIMIT_AS, options_.memory_bytes);
  AddLimit(limits, RLIMIT_FSIZE, options_.file_bytes);
  AddLimit(limits, RLIMIT_CPU, options_.cpu_seconds);
  AddLimit(limits, RLIMIT_NPROC, options_.processes);
  AddLimit(limits, RLIMIT_NOFILE, options_.open_files);
  return limits;
}

const char* StepProcess::Launch(const StepPlan& plan, const handlers::StepContext& context) {
  Program program;
  if (const char* reason = ChooseUser(plan.user, program)) return reason;
  if (const char* reason = ChooseProgram(plan, program)) return reason;
  child_ = std::make_unique<Child>(options_.tail_bytes);
  Streams streams;
  if (const char* reason = OpenStreams(program, streams)) return reason;
  std::vector<std::string> argv = plan.argv;
  std::vector<std::string> environment = Environment(context, plan, program);
  const std::vector<char*> argv_pointers = Pointers(argv);
  const std::vector<char*> environment_pointers = Pointers(environment);
  const std::vector<ResourceLimit> limits = Limits();
  StartedChild started = StartChild({.program = program.file.fd.get(),
                                     .path = program.path.c_str(),
                                     .argv = argv_pointers.data(),
                                     .envp = environment_pointers.data(),
                                     .in = streams.in.get(),
                                     .out = streams.out.get(),
                                     .err = streams.err.get(),
                                     .user = program.user ? &*program.user : nullptr,
                                     .limits = limits});
  if (started.stage != StartStage::kStarted) {
    problem_ = std::string("cannot start it: ") + std::strerror(started.error);
    return ReasonOf(started);
  }
  child_->pid = started.pid;
  child_->pidfd = std::move(started.pidfd);
  return nullptr;
}

void StepProcess::Stop(bool force) {
  if (!is_running()) return;
  if (child_->ended) {
    // All that is missing is the end of the output, which its children keep open.
    child_->drain_until = Instant{};
    return;
  }
  child_->stopped = true;
  kill(-child_->pid, force ? SIGKILL : SIGTERM);
  if (!force) kill(-child_->pid, SIGCONT);  // One that is halted would not hear of it.
}

bool StepProcess::is_running() const { return child_ != nullptr && !child_->taken; }

void StepProcess::AddPollFds(std::vector<pollfd>& fds) const {
  if (!is_running()) return;
  for (const UniqueFd* fd : {&child_->out, &child_->err, &child_->pidfd}) {
    if (fd->valid()) fds.push_back({fd->get(), POLLIN, 0});
  }
}

void StepProcess::OnPoll(std::span<const pollfd> fds) {
  if (!is_running()) return;
  const auto is_ready = [&](const UniqueFd& fd) {
    return fd.valid() && std::any_of(fds.begin(), fds.end(), [&](const pollfd& polled) {
             return polled.fd == fd.get() && polled.revents != 0;
           });
  };
  const bool has_ended = is_ready(child_->pidfd);
  if (is_ready(child_->out)) child_->ReadOut();
  if (is_ready(child_->err)) child_->ReadErr();
  if (has_ended) child_->OnEnd();
}

Instant StepProcess::Deadline() const {
  if (!is_running() || !child_->ended) return kNever;
  // What is over, or has no time yet, wants to be asked at once.
  const bool at_once = child_->is_over() || child_->drain_until == kNever;
  return at_once ? Instant{} : child_->drain_until;
}

void StepProcess::OnTime(Instant now) {
  if (is_running()) child_->Drain(now);
}

std::optional<std::uint8_t> StepProcess::TakeProgress() {
  return child_ == nullptr ? std::nullopt : child_->progress.Take();
}

std::optional<StepResult> StepProcess::TakeResult(Instant now) {
  if (!is_running()) return std::nullopt;
  child_->Drain(now);
  if (!child_->is_over()) return std::nullopt;
  child_->taken = true;
  return child_->Result();
}

}  // namespace fieldwork::posix
