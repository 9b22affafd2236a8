// Decides how text reaches the person: whole pieces on one file descriptor, a log line
// above the line being typed, and never a board that stands still because nobody reads.
//
// Memory:  no buffer of its own; each call is one write.
// Threads: one owner.
#pragma once

#include <cstdint>
#include <string_view>

namespace fieldwork::board {

/// Whoever keeps an input line on the screen takes it away for a moment.
class PromptKeeper {
 public:
  /// Called before a line is written that has nothing to do with what is being typed.
  virtual void HidePrompt() = 0;
  /// Called after it; shows prompt and typed text again.
  virtual void ShowPrompt() = 0;

 protected:
  ~PromptKeeper() = default;
};

class Output {
 public:
  /// How long one piece may wait for a reader. After the first loss nothing waits until
  /// the reader is back, so a stuck reader costs this once.
  static constexpr int kPatienceMs = 1000;

  /// `fd` stays the caller's and must outlive this object.
  explicit Output(int fd, int patience_ms = kPatienceMs) : fd_(fd), patience_ms_(patience_ms) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// `keeper` may be null; it must outlive this object or be taken away before.
  void set_prompt_keeper(PromptKeeper* keeper) { keeper_ = keeper; }

  /// As it is, where the cursor stands: echo of a command's answer, prompt, banner.
  void Write(std::string_view text);

  /// `line` has its own line end; the prompt stays the last thing on the screen.
  void WriteAbove(std::string_view line);

  /// A line end, unless the cursor is at the start of a line already.
  void FreshLine();

  /// Somebody else moved the cursor to the start of a line.
  void MarkLineStart() { at_line_start_ = true; }

  /// Pieces dropped because the reader had stopped for too long, or had gone.
  std::uint64_t lost_count() const { return lost_count_; }

 private:
  bool IsWritable();
  void WriteAll(std::string_view text);

  int fd_;
  int patience_ms_;
  PromptKeeper* keeper_ = nullptr;
  bool stuck_ = false;
  bool at_line_start_ = true;
  std::uint64_t lost_count_ = 0;
  std::uint64_t told_count_ = 0;
};

}  // namespace fieldwork::board
