// libedit's unbuffered mode hands control back after each key; it is on while a line is
// being edited, and the terminal is raw exactly then.
#include "apps/device/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstring>
#include <cwchar>
#include <utility>
#include <vector>

#include "apps/device/commands.h"

namespace fieldwork::board {
namespace {

constexpr int kHistoryLines = 50;

std::FILE* OpenStream(int fd, const char* mode) {
  const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  return copy < 0 ? nullptr : fdopen(copy, mode);
}

// Takes one character of UTF-8 from the front. 0: it is not whole yet.
std::size_t TakeCharacter(const std::string& bytes, wchar_t* character) {
  if (bytes.empty()) return 0;
  std::mbstate_t state{};
  const std::size_t n = std::mbrtowc(character, bytes.data(), bytes.size(), &state);
  if (n == static_cast<std::size_t>(-2)) return 0;
  if (n == static_cast<std::size_t>(-1)) {
    *character = L'?';
    return 1;
  }
  return std::max<std::size_t>(n, 1);
}

// Characters, not bytes; continuation bytes do not move the cursor.
std::size_t WidthOf(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string CommonStart(const std::vector<std::string>& words) {
  std::string common = words.front();
  for (const std::string& word : words) {
    const auto differs = std::mismatch(common.begin(), common.end(), word.begin(), word.end());
    common.erase(differs.first, common.end());
  }
  return common;
}

}  // namespace

TerminalConsole::TerminalConsole(int in_fd, int out_fd, Output& output, std::string prompt)
    : in_fd_(in_fd), out_fd_(out_fd), output_(output), prompt_(std::move(prompt)) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  in_ = OpenStream(in_fd, "r");
  out_ = OpenStream(out_fd, "w");
  edit_ =
      in_ != nullptr && out_ != nullptr ? el_init("fieldwork-device", in_, out_, out_) : nullptr;
  history_ = history_init();
  output_.set_prompt_keeper(this);
  if (edit_ == nullptr || history_ == nullptr) {
    hung_up_ = true;
    return;
  }
  HistEvent event;
  history(history_, &event, H_SETSIZE, kHistoryLines);
  history(history_, &event, H_SETUNIQUE, 1);
  el_set(edit_, EL_CLIENTDATA, this);
  el_set(edit_, EL_PROMPT, &TerminalConsole::PromptText);
  el_set(edit_, EL_EDITOR, "emacs");
  el_set(edit_, EL_SIGNAL, 0);
  el_set(edit_, EL_HIST, history, history_);
  el_set(edit_, EL_GETCFN, &TerminalConsole::ReadKey);
  el_set(edit_, EL_ADDFN, "complete-command", "Complete a command", &TerminalConsole::CompleteWord);
  el_set(edit_, EL_BIND, "^I", "complete-command", nullptr);
  // At the start of an empty line this key would end the input of most programs; a board
  // cannot be left that way.
  el_set(edit_, EL_BIND, "^D", "ed-delete-next-char", nullptr);
}

TerminalConsole::~TerminalConsole() {
  output_.set_prompt_keeper(nullptr);
  if (editing_) el_set(edit_, EL_UNBUFFERED, 0);
  if (editing_) output_.Write("\r\n");
  if (edit_ != nullptr) el_end(edit_);
  if (history_ != nullptr) history_end(history_);
  if (in_ != nullptr) std::fclose(in_);
  if (out_ != nullptr) std::fclose(out_);
}

TerminalConsole& TerminalConsole::Of(EditLine* edit) {
  void* self = nullptr;
  el_get(edit, EL_CLIENTDATA, &self);
  return *static_cast<TerminalConsole*>(self);
}

char* TerminalConsole::PromptText(EditLine* edit) { return Of(edit).prompt_.data(); }

int TerminalConsole::fd() const { return editing_ && !hung_up_ ? in_fd_ : -1; }

bool TerminalConsole::ReadBytes() {
  char bytes[256];
  const ssize_t n = read(in_fd_, bytes, sizeof bytes);
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return false;
  if (n <= 0) {
    hung_up_ = true;
    return false;
  }
  keys_.append(bytes, static_cast<std::size_t>(n));
  return true;
}

bool TerminalConsole::WaitForBytes() {
  pollfd entry{in_fd_, POLLIN, 0};
  return poll(&entry, 1, kSequenceMs) > 0 && ReadBytes();
}

int TerminalConsole::ReadKey(EditLine* edit, wchar_t* key) {
  TerminalConsole& self = Of(edit);
  std::size_t taken = TakeCharacter(self.keys_, key);
  while (taken == 0 && self.WaitForBytes()) taken = TakeCharacter(self.keys_, key);
  if (taken == 0) {
    // The rest of a character or sequence never came.
    self.keys_.clear();
    return 0;
  }
  self.keys_.erase(0, taken);
  return 1;
}

void TerminalConsole::OnReadable() { static_cast<void>(ReadBytes()); }

Console::Line TerminalConsole::NextLine(std::string& line) {
  while (editing_ && !keys_.empty()) {
    int count = 0;
    const char* typed = el_gets(edit_, &count);
    if (typed == nullptr || count <= 0) continue;
    const char last = typed[count - 1];
    if (last != '\n' && last != '\r') continue;
    return FinishLine({typed, static_cast<std::size_t>(count - 1)}, line);
  }
  return Line::kNone;
}

Console::Line TerminalConsole::FinishLine(std::string_view typed, std::string& line) {
  line = typed;
  el_set(edit_, EL_UNBUFFERED, 0);
  editing_ = false;
  output_.MarkLineStart();  // libedit has written the line's end.
  if (line.size() > kMaxLineBytes) return Line::kTooLong;
  Remember(line);
  return Line::kText;
}

void TerminalConsole::Remember(const std::string& line) {
  if (line.find_first_not_of(' ') == std::string::npos) return;
  HistEvent event;
  history(history_, &event, H_ENTER, line.c_str());
}

void TerminalConsole::Prompt() {
  if (hung_up_ || editing_) return;
  output_.FreshLine();
  editing_ = true;
  el_set(edit_, EL_UNBUFFERED, 1);
}

void TerminalConsole::OnResize() {
  if (!editing_) return;
  HidePrompt();
  el_resize(edit_);
  // After a stop the shell may have changed the modes; this sets them anew.
  el_set(edit_, EL_PREP_TERM, 1);
  ShowPrompt();
}

int TerminalConsole::RowOfCursor() const {
  winsize size{};
  const bool known = ioctl(out_fd_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  const std::size_t columns = known ? size.ws_col : 80;
  const LineInfo* info = el_line(edit_);
  const std::string_view before(info->buffer,
                                static_cast<std::size_t>(info->cursor - info->buffer));
  return static_cast<int>((WidthOf(prompt_) + WidthOf(before)) / columns);
}

void TerminalConsole::HidePrompt() {
  if (!editing_) return;
  char text[32];
  const int row = RowOfCursor();
  const int size = row > 0 ? std::snprintf(text, sizeof text, "\r\x1b[%dA\x1b[J", row)
                           : std::snprintf(text, sizeof text, "\r\x1b[J");
  output_.Write({text, static_cast<std::size_t>(size)});
  output_.MarkLineStart();
}

void TerminalConsole::ShowPrompt() {
  if (!editing_) return;
  el_set(edit_, EL_REFRESH);
}

unsigned char TerminalConsole::CompleteWord(EditLine* edit, int) {
  TerminalConsole& self = Of(edit);
  const LineInfo* info = el_line(edit);
  const std::string_view before(info->buffer,
                                static_cast<std::size_t>(info->cursor - info->buffer));
  const std::vector<std::string> words = Complete(before);
  if (words.empty()) return CC_ERROR;
  const std::size_t typed = before.size() - (before.rfind(' ') + 1);
  std::string rest = CommonStart(words).substr(typed);
  if (words.size() == 1) rest += ' ';
  if (!rest.empty()) return el_insertstr(edit, rest.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
  std::string list;
  for (const std::string& word : words) list += word + "  ";
  self.HidePrompt();
  self.output_.Write(list + "\r\n");
  return CC_REDISPLAY;
}

}  // namespace fieldwork::board
