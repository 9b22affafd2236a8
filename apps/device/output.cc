// A full pipe is waited for with poll(), for a bounded time; a closed one is given up.
#include "apps/device/output.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace fieldwork::board {

bool Output::IsWritable() {
  pollfd entry{fd_, POLLOUT, 0};
  int ready = 0;
  do {
    ready = poll(&entry, 1, stuck_ ? 0 : patience_ms_);
  } while (ready < 0 && errno == EINTR);
  stuck_ = ready <= 0;
  return !stuck_;
}

void Output::WriteAll(std::string_view text) {
  while (!text.empty()) {
    if (!IsWritable()) {
      ++lost_count_;
      return;
    }
    const ssize_t n = write(fd_, text.data(), text.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) {
      ++lost_count_;
      return;
    }
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

void Output::Write(std::string_view text) {
  if (text.empty()) return;
  at_line_start_ = text.back() == '\n';
  WriteAll(text);
  if (lost_count_ == told_count_ || stuck_) return;
  char note[64];
  const int size = std::snprintf(note, sizeof note, "\r\n(%llu pieces of output lost)\r\n",
                                 static_cast<unsigned long long>(lost_count_ - told_count_));
  told_count_ = lost_count_;
  WriteAll({note, static_cast<std::size_t>(size)});
}

void Output::FreshLine() {
  if (!at_line_start_) Write("\r\n");
}

void Output::WriteAbove(std::string_view line) {
  if (keeper_ != nullptr) keeper_->HidePrompt();
  Write(line);
  if (keeper_ != nullptr) keeper_->ShowPrompt();
}

}  // namespace fieldwork::board
