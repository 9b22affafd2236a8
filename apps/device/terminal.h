// Line editing on a terminal with libedit: history, completion of commands, and log lines
// that appear above what is being typed.
//
// libedit reads from this object's own bytes, so that it never waits for a key; only inside
// an escape sequence that a slow line cut in two does it wait, kSequenceMs at most.
//
// Threads: one owner.
#pragma once

#include <histedit.h>

#include <cstdio>
#include <string>

#include "apps/device/console.h"

namespace fieldwork::board {

class TerminalConsole final : public Console {
 public:
  static constexpr int kSequenceMs = 30;

  /// The descriptors stay the caller's. `output` writes to `out_fd` and outlives this.
  TerminalConsole(int in_fd, int out_fd, Output& output, std::string prompt);
  /// Leaves the terminal as it was found.
  ~TerminalConsole() override;

  int fd() const override;
  void OnReadable() override;
  Line NextLine(std::string& line) override;
  void Prompt() override;
  void OnResize() override;
  End end() const override { return hung_up_ ? End::kHangUp : End::kNotYet; }

  void HidePrompt() override;
  void ShowPrompt() override;

 private:
  static TerminalConsole& Of(EditLine* edit);
  static char* PromptText(EditLine* edit);
  static int ReadKey(EditLine* edit, wchar_t* key);
  static unsigned char CompleteWord(EditLine* edit, int key);

  bool ReadBytes();
  bool WaitForBytes();
  Line FinishLine(std::string_view typed, std::string& line);
  void Remember(const std::string& line);
  int RowOfCursor() const;

  int in_fd_;
  int out_fd_;
  Output& output_;
  std::string prompt_;
  std::FILE* in_ = nullptr;
  std::FILE* out_ = nullptr;
  EditLine* edit_ = nullptr;
  History* history_ = nullptr;
  std::string keys_;  // Read and not yet taken by libedit.
  bool editing_ = false;
  bool hung_up_ = false;
};

}  // namespace fieldwork::board
