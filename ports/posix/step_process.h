// Carries out the steps of job documents as child processes: handlers from one directory, and
// command lines where the configuration allows them.
//
// A step is one process group of its own: no shell, arguments as they stand in the document, a
// clean environment, descriptors 0 to 2 only (a script: see child_start.h), resource limits, the
// parent-death signal. Both pipes are drained together, and the end of each is kept in bounded
// memory. If `runAsUser` names a user, the child becomes that user, its groups included, or the
// step is refused.
//
// A handler is run only from a directory that belongs to root or to the agent's user, as it does
// itself, and that nobody else can write to, up to the root. It is opened first, then checked,
// and what was checked is what runs (fexecve), so that nothing can be put in its place between.
//
// What a handler gets: argv[1] is the runAsUser of the document, or "", as with AWS's own agent;
// then the args. The environment: docs/handlers.md. A line "progress=NN" (0 to 100) on standard
// output is progress.
//
// Poll-driven as the other ports are: AddPollFds(), OnPoll(), Deadline(), OnTime(); then
// TakeProgress() and TakeResult().
//
// What a step leaves behind: when it was stopped, the rest of its process group is killed after
// its first process has ended. Otherwise it is left alone, since a handler may start a service.
//
// Needs Linux 5.4. An ignored SIGCHLD is set back to its default: with it there would be no exit
// status.
//
// Memory:  twice Options::tail_bytes while a step runs. Threads: one owner, which is the thread
//          that lives longest: a step is killed when the thread that started it ends.
#pragma once

#include <poll.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "device/base/time.h"
#include "device/handlers/step.h"

namespace fieldwork::posix {

struct ResourceLimit;
struct StepPlan;

class StepProcess final : public handlers::Executor {
 public:
  struct Options {
    /// Absolute. Empty: no handlers, every such step is refused ("no-handlers").
    std::string handler_directory;
    /// Further directories that a step's `path` may name; any other path is refused
    /// ("path-not-allowed"). "default" and the handler directory itself always may.
    std::vector<std::string> allowed_paths;
    /// Names of actions and operations that may be carried out; empty: all of them. What is not
    /// in it is refused ("operation-not-allowed"). Compared whole, case counts.
    std::vector<std::string> allowed_operations;
    bool run_command = false;  ///< runCommand steps; otherwise refused ("command-not-allowed").
    std::size_t tail_bytes = 1024;  ///< Of each stream.
    // Limits of a child, each 0 for none (setrlimit).
    std::uint64_t memory_bytes = 0;  ///< RLIMIT_AS
    std::uint64_t file_bytes = 0;    ///< RLIMIT_FSIZE
    std::uint32_t cpu_seconds = 0;   ///< RLIMIT_CPU
    std::uint32_t processes = 0;     ///< RLIMIT_NPROC, of the user
    std::uint32_t open_files = 256;  ///< RLIMIT_NOFILE
    /// PATH of the child; commands are looked up in it as well.
    std::string path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    /// Directories above this one are not asked who can write to them. For tests, which live
    /// below /tmp; with "/" everything is asked.
    std::string trusted_above = "/";
  };

  explicit StepProcess(Options options);
  /// Kills the group of a step that runs, and waits for its first process.
  ~StepProcess();
  StepProcess(const StepProcess&) = delete;
  StepProcess& operator=(const StepProcess&) = delete;

  // handlers::Executor. WhyNot(): "no-handlers", "unknown-handler", "handler-name-invalid",
  // "path-not-allowed", "operation-not-allowed", "command-not-allowed", "command-invalid",
  // "argument-invalid" (not a string, or a NUL in it), "unsupported-step" (kAction).
  const char* WhyNot(const handlers::Step& step) override;
  // What only shows at the start fails the step: "user-unknown", "user-not-permitted" (the agent
  // may not become that user), "handler-not-safe" (owner, mode, symbolic link), "exec-failed",
  // "no-resources"; and what WhyNot() says by then. REQUIRES: !is_running().
  std::optional<handlers::StepResult> Start(const handlers::Step& step,
                                            const handlers::StepContext& context) override;
  void Stop(bool force) override;

  /// From Start() until TakeResult() has given the result.
  bool is_running() const;
  /// For a person, one line with nothing of the document but a handler's name: why the last Start()
  /// failed, and what to do. Empty: it did not, or there is no more to say.
  const std::string& problem() const { return problem_; }
  void AddPollFds(std::vector<pollfd>& fds) const;
  /// `fds` may hold descriptors of others; those are passed over.
  void OnPoll(std::span<const pollfd> fds);
  /// After the process has ended, what its children keep open is read for one second more.
  /// kNever while it runs; changes with every other call.
  Instant Deadline() const;
  /// Earlier calls are harmless.
  void OnTime(Instant now);

  /// The last "progress=NN" since the last call.
  std::optional<std::uint8_t> TakeProgress();
  /// Once, when a step that was started is over. Its views live until the next Start().
  /// "stderr-output" is the reason when a step that would have succeeded wrote more lines to
  /// standard error than its allowStdErr; "status-lost" when another part of the program took
  /// the exit status. Call it after every OnPoll() and OnTime().
  std::optional<handlers::StepResult> TakeResult(Instant now);

 private:
  struct Child;
  struct Program;
  struct Streams;

  const char* ChooseUser(const std::string& name, Program& program);
  const char* ChooseProgram(const StepPlan& plan, Program& program);
  const char* OpenStreams(const Program& program, Streams& streams);
  std::vector<std::string> Environment(const handlers::StepContext& context, const StepPlan& plan,
                                       const Program& program) const;
  std::vector<ResourceLimit> Limits() const;
  const char* Launch(const StepPlan& plan, const handlers::StepContext& context);

  const Options options_;
  std::string problem_;
  std::unique_ptr<Child> child_;  // Of the last step; null before the first.
};

}  // namespace fieldwork::posix
