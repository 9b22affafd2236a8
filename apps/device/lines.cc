#include "apps/device/lines.h"

namespace fieldwork::board {

LineSplitter::Event LineSplitter::EndLine() {
  const bool too_long = too_long_;
  ended_ = true;
  too_long_ = false;
  return too_long ? Event::kTooLong : Event::kLine;
}

LineSplitter::Event LineSplitter::Next(std::string_view& bytes) {
  if (ended_) size_ = 0;
  ended_ = false;
  while (!bytes.empty()) {
    const char c = bytes.front();
    bytes.remove_prefix(1);
    const bool second_half_of_crlf = c == '\n' && after_cr_;
    after_cr_ = c == '\r';
    if (second_half_of_crlf) continue;
    if (c == '\r' || c == '\n') return EndLine();
    if (size_ == line_.size()) {
      too_long_ = true;
      continue;
    }
    line_[size_++] = c;
  }
  return Event::kNeedMore;
}

LineSplitter::Event LineSplitter::Finish() {
  if (ended_ || size_ == 0) return Event::kNeedMore;
  return EndLine();
}

bool SplitWords(std::string_view line, std::vector<std::string>& words) {
  words.clear();
  char quote = '\0';
  bool in_word = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == '\0' && (c == ' ' || c == '\t')) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      words.back() += line[++i];
    } else {
      words.back() += c;
    }
  }
  return quote == '\0';
}

std::string Printable(std::string_view text) {
  std::string shown(text);
  unsigned char last = 0;
  for (char& c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    const bool c1 = last == 0xC2 && byte >= 0x80 && byte <= 0x9F;
    if (byte < 0x20 || byte == 0x7F || c1) c = '?';
    last = byte;
  }
  return shown;
}

}  // namespace fieldwork::board
