// Runs a program for a test and ends it, by its process id, when the test is over.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "ports/posix/unique_fd.h"

namespace fieldwork::posix::testing {

class ChildProcess {
 public:
  /// Throws std::runtime_error when the program cannot be started. Its stdin is empty and
  /// stays open; stdout and stderr are collected together.
  explicit ChildProcess(const std::vector<std::string>& command);
  /// Kills the program if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Waits until `text` is in the output; false when it ends, or has not come in `limit_ms`.
  bool WaitForOutput(const std::string& text, int limit_ms = 20000);
  /// Waits for a whole line with `text` in it and returns it, without its end; else empty.
  std::string WaitForLine(const std::string& text, int limit_ms = 20000);
  /// Waits for the end and returns the exit status; -1 for a signal or the limit.
  int WaitForExit(int limit_ms = 20000);
  /// All output read so far.
  const std::string& output() const { return output_; }
  pid_t pid() const { return pid_; }

 private:
  bool ReadMore(int limit_ms);

  pid_t pid_ = -1;
  UniqueFd input_;
  UniqueFd output_fd_;
  std::string output_;
};

/// Runs a program to its end; throws std::runtime_error with its output if that is not 0.
void RunOrThrow(const std::vector<std::string>& command);

}  // namespace fieldwork::posix::testing
