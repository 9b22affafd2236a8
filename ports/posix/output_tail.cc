// A ring that is turned straight when somebody looks.
#include "ports/posix/output_tail.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

namespace fieldwork::posix {
namespace {

bool ContinuesCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Of a character whose beginning was lost at most three bytes are left.
std::size_t RestOfCharacter(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && ContinuesCharacter(text[size])) ++size;
  return size <= 3 ? size : 0;
}

}  // namespace

OutputTail::OutputTail(std::size_t limit) : ring_(limit, '\0') {}

void OutputTail::Append(std::string_view bytes) {
  const std::size_t limit = ring_.size();
  lost_ = lost_ || bytes.size() > limit - held_;
  if (bytes.size() > limit) bytes.remove_prefix(bytes.size() - limit);
  const std::size_t until_end = std::min(bytes.size(), limit - next_);
  std::copy_n(bytes.begin(), until_end, ring_.begin() + static_cast<std::ptrdiff_t>(next_));
  std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(until_end), bytes.end(), ring_.begin());
  if (limit != 0) next_ = (next_ + bytes.size()) % limit;
  held_ = std::min(limit, held_ + bytes.size());
}

std::string_view OutputTail::View() {
  if (held_ == ring_.size()) {
    std::rotate(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(next_), ring_.end());
    next_ = 0;
  }
  std::string_view text(ring_.data(), held_);
  if (lost_) text.remove_prefix(RestOfCharacter(text));
  return text;
}

void LineCount::Append(std::string_view bytes) {
  if (bytes.empty()) return;
  ends_ += static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
  in_line_ = bytes.back() != '\n';
}

void ProgressLines::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    if (end > kLineMax || size_ + end > kLineMax) {
      size_ = kLineMax + 1;
    } else {
      std::copy_n(bytes.begin(), end, line_ + size_);
      size_ += end;
    }
    if (end == bytes.size()) return;
    EndLine();
    bytes.remove_prefix(end + 1);
  }
}

void ProgressLines::EndLine() {
  constexpr std::string_view kPrefix = "progress=";
  const std::size_t size = std::exchange(size_, 0);
  if (size > kLineMax) return;
  std::string_view line(line_, size);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!line.starts_with(kPrefix)) return;
  line.remove_prefix(kPrefix.size());
  std::uint8_t percent = 0;
  const char* const end = line.data() + line.size();
  const auto [stop, error] = std::from_chars(line.data(), end, percent);
  if (error == std::errc{} && stop == end && line.size() <= 3 && percent <= 100) last_ = percent;
}

std::optional<std::uint8_t> ProgressLines::Take() { return std::exchange(last_, std::nullopt); }

}  // namespace fieldwork::posix
