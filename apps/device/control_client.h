// Decides what `fieldwork-device ctl` sends to a board that runs, and what it makes of the answer.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace fieldwork::board {

/// What a shell gets.
enum class ControlResult : int {
  kDone = 0,
  kNotDone = 1,  ///< The board says why.
  kNoBoard = 2,  ///< Nobody answers, or the words cannot be sent.
};

/// The board's command for the words of a person: `history` is `jobs history`, `status` is
/// `aws_job status`; what is a command of the board stays as it is.
std::string ControlLine(const std::vector<std::string>& words);

/// Asks at `socket_path` and prints the answer to `out`, what goes wrong to `error`. Gives up
/// after 10 s of silence.
ControlResult AskBoard(const std::string& socket_path, const std::string& line, std::FILE* out,
                       std::FILE* error);

}  // namespace fieldwork::board
