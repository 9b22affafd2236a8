// Decides what a child process has of the agent when its program begins: nothing but what is
// named here. Everything is prepared before the fork; between fork and exec the child makes
// system calls only, since another thread of the agent may have held any lock.
//
// The child: leads a process group of its own; every signal at its default and none blocked;
// umask 022; working directory "/"; descriptors 0 to 2, and those of a script as below; dies
// with SIGKILL when the thread that started it does.
//
// Descriptors: a program in machine code has 0, 1 and 2. A script ("#!") has 3 as well, without
// which its interpreter could not read it: the kernel hands it on as /dev/fd/3. A script
// therefore needs /proc and /dev/fd, and $0 is "/dev/fd/3".
//
// Not set: PR_SET_NO_NEW_PRIVS, since handlers may use sudo.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <span>

#include "ports/posix/unique_fd.h"
#include "ports/posix/user_switch.h"

namespace fieldwork::posix {

/// glibc has an enum where others have an int.
using Resource = decltype(RLIMIT_CPU);

struct ResourceLimit {
  Resource resource{};  ///< RLIMIT_...
  rlimit value{};
};

struct ChildPlan {
  /// The file to run (O_PATH will do); -1: the one at `path`, which is absolute.
  int program = -1;
  const char* path = "";
  char* const* argv = nullptr;  ///< Ends with a null, as `envp` does.
  char* const* envp = nullptr;
  int in = -1;  ///< Become 0, 1, 2. Any numbers, closed on exec; the caller's to close.
  int out = -1;
  int err = -1;
  const User* user = nullptr;  ///< Null: stays who the agent is.
  std::span<const ResourceLimit> limits;
};

enum class StartStage : std::uint8_t {
  kFork,    ///< There is no child: processes, descriptors or memory are short.
  kSetup,   ///< Descriptors, process group, limits.
  kUser,    ///< It could not become `user`.
  kExec,    ///< The program cannot be run.
  kStarted  ///< It runs.
};

struct StartedChild {
  StartStage stage = StartStage::kFork;
  int error = 0;  ///< errno, unless kStarted.
  pid_t pid = -1;
  UniqueFd pidfd;  ///< Readable when the child has ended; closed on exec.
};

/// Returns when the program runs or it is known why not; in that case the child is gone.
StartedChild StartChild(const ChildPlan& plan);

}  // namespace fieldwork::posix
