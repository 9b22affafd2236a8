#include "apps/device/console.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "apps/device/commands.h"
#include "apps/device/terminal.h"

namespace fieldwork::board {

PipeConsole::PipeConsole(int in_fd, Output& output, std::string prompt)
    : in_fd_(in_fd), output_(output), prompt_(std::move(prompt)) {
  output_.set_prompt_keeper(this);
}

PipeConsole::~PipeConsole() { output_.set_prompt_keeper(nullptr); }

int PipeConsole::fd() const { return wants_line_ && !ended_ ? in_fd_ : -1; }

void PipeConsole::OnReadable() {
  char bytes[1024];
  const ssize_t n = read(in_fd_, bytes, sizeof bytes);
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (n <= 0) {
    ended_ = true;
    return;
  }
  piece_.assign(bytes, static_cast<std::size_t>(n));
  unread_ = piece_;
}

Console::Line PipeConsole::NextLine(std::string& line) {
  if (!wants_line_) return Line::kNone;
  LineSplitter::Event event = splitter_.Next(unread_);
  if (event == LineSplitter::Event::kNeedMore && ended_) event = splitter_.Finish();
  if (event == LineSplitter::Event::kNeedMore) return Line::kNone;
  wants_line_ = false;
  if (event == LineSplitter::Event::kTooLong) {
    Show("...");
    return Line::kTooLong;
  }
  line = splitter_.line();
  Show(WithoutPassword(line));
  return Line::kText;
}

void PipeConsole::Show(std::string_view line) {
  if (!prompt_shown_) output_.Write(prompt_);
  prompt_shown_ = false;
  std::string shown(line);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  output_.Write(shown + "\r\n");
}

void PipeConsole::Prompt() {
  wants_line_ = true;
  output_.FreshLine();
  output_.Write(prompt_);
  prompt_shown_ = true;
}

// What comes next begins a line of its own; the prompt is written again with the next command.
void PipeConsole::HidePrompt() {
  if (prompt_shown_) output_.FreshLine();
  prompt_shown_ = false;
}

std::unique_ptr<Console> OpenConsole(int in_fd, int out_fd, Output& output,
                                     const std::string& prompt) {
  if (isatty(in_fd) != 0 && isatty(out_fd) != 0) {
    return std::make_unique<TerminalConsole>(in_fd, out_fd, output, prompt);
  }
  return std::make_unique<PipeConsole>(in_fd, output, prompt);
}

}  // namespace fieldwork::board
