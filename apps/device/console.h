// Where lines from the person come from: a terminal with line editing, or a pipe.
//
// Poll-driven, never blocks. The owner calls Prompt() when it is ready for a line, waits for
// fd() to be readable, calls OnReadable(), and takes lines with NextLine() until there are
// none; after each line it calls Prompt() again, at once or when the command is over.
//
// Threads: one owner.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "apps/device/lines.h"
#include "apps/device/output.h"

namespace fieldwork::board {

class Console : public PromptKeeper {
 public:
  enum class Line : std::uint8_t {
    kNone,
    kText,
    kTooLong,  ///< It had more than kMaxLineBytes and is lost.
  };
  enum class End : std::uint8_t {
    kNotYet,
    kOfInput,  ///< A pipe ended: nothing more will be typed, the board goes on.
    kHangUp,   ///< The terminal is gone, and with it the person.
  };

  virtual ~Console() = default;

  /// To wait for input on; -1 when none is wanted (before Prompt(), after the end).
  virtual int fd() const = 0;
  virtual void OnReadable() = 0;
  virtual Line NextLine(std::string& line) = 0;
  /// Shows the prompt on a fresh line. The next line may come.
  virtual void Prompt() = 0;
  /// The size of the terminal changed, or the program was stopped and goes on.
  virtual void OnResize() {}
  virtual End end() const = 0;
};

/// Lines from a pipe or file, shown again after the prompt as a terminal would have shown
/// them, so that what is written reads like a session; a Wi-Fi password is not shown.
class PipeConsole final : public Console {
 public:
  /// `in_fd` stays the caller's. `output` outlives this object.
  PipeConsole(int in_fd, Output& output, std::string prompt);
  ~PipeConsole() override;

  int fd() const override;
  void OnReadable() override;
  Line NextLine(std::string& line) override;
  void Prompt() override;
  End end() const override { return ended_ ? End::kOfInput : End::kNotYet; }

  void HidePrompt() override;
  void ShowPrompt() override {}

 private:
  void Show(std::string_view line);

  int in_fd_;
  Output& output_;
  std::string prompt_;
  std::string piece_;
  std::string_view unread_;  // Of piece_.
  LineSplitter splitter_;
  bool wants_line_ = false;
  bool prompt_shown_ = false;
  bool ended_ = false;
};

/// A terminal where both are one, else a pipe.
std::unique_ptr<Console> OpenConsole(int in_fd, int out_fd, Output& output,
                                     const std::string& prompt);

}  // namespace fieldwork::board
