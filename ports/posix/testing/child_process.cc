// posix_spawn with pipes.
#include "ports/posix/testing/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>

#include <array>
#include <cerrno>
#include <stdexcept>

extern char** environ;

namespace fieldwork::posix::testing {
namespace {

std::int64_t NowMs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    read.Reset(ends[0]);
    write.Reset(ends[1]);
  }
  UniqueFd read;
  UniqueFd write;
};

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command) {
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  Pipe in;
  Pipe out;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read.get(), 0);
  posix_spawn_file_actions_adddup2(&actions, out.write.get(), 1);
  posix_spawn_file_actions_adddup2(&actions, out.write.get(), 2);
  const int failed = posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " + command.front());
  input_ = std::move(in.write);
  output_fd_ = std::move(out.read);
}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool ChildProcess::ReadMore(int limit_ms) {
  pollfd fd{output_fd_.get(), POLLIN, 0};
  if (poll(&fd, 1, limit_ms) <= 0) return false;
  std::array<char, 4096> buffer{};
  const ssize_t n = read(output_fd_.get(), buffer.data(), buffer.size());
  if (n <= 0) return false;
  output_.append(buffer.data(), static_cast<std::size_t>(n));
  return true;
}

bool ChildProcess::WaitForOutput(const std::string& text, int limit_ms) {
  const std::int64_t end = NowMs() + limit_ms;
  while (output_.find(text) == std::string::npos) {
    const std::int64_t left = end - NowMs();
    if (left <= 0 || !ReadMore(static_cast<int>(left))) return false;
  }
  return true;
}

std::string ChildProcess::WaitForLine(const std::string& text, int limit_ms) {
  if (!WaitForOutput(text, limit_ms)) return "";
  const std::size_t begin = output_.rfind('\n', output_.find(text)) + 1;  // npos + 1 is 0.
  while (output_.find('\n', begin) == std::string::npos) {
    if (!ReadMore(limit_ms)) return "";
  }
  return output_.substr(begin, output_.find('\n', begin) - begin);
}

int ChildProcess::WaitForExit(int limit_ms) {
  const std::int64_t end = NowMs() + limit_ms;
  // The pipe ends when the program does.
  for (std::int64_t left = limit_ms; left > 0; left = end - NowMs()) {
    if (!ReadMore(static_cast<int>(left))) break;
  }
  if (NowMs() >= end) return -1;
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void RunOrThrow(const std::vector<std::string>& command) {
  ChildProcess child(command);
  if (child.WaitForExit() == 0) return;
  std::string words;
  for (const std::string& word : command) words += word + " ";
  throw std::runtime_error(words + "failed:\n" + child.output());
}

}  // namespace fieldwork::posix::testing
