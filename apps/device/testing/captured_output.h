// A pipe that stands for the terminal, with its reading end at hand.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace fieldwork::board {

class CapturedOutput {
 public:
  CapturedOutput() {
    if (pipe2(ends_, O_CLOEXEC) != 0 || fcntl(ends_[0], F_SETFL, O_NONBLOCK) != 0) std::abort();
  }
  ~CapturedOutput() {
    close(ends_[0]);
    close(ends_[1]);
  }
  CapturedOutput(const CapturedOutput&) = delete;
  CapturedOutput& operator=(const CapturedOutput&) = delete;

  /// For Output.
  int fd() const { return ends_[1]; }

  /// What was written since the last call.
  std::string Take() {
    std::string text;
    char piece[4096];
    ssize_t n = 0;
    while ((n = read(ends_[0], piece, sizeof piece)) > 0) {
      text.append(piece, static_cast<std::size_t>(n));
    }
    return text;
  }

 private:
  int ends_[2];
};

}  // namespace fieldwork::board
