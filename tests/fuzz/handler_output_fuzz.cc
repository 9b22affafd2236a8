// Any output of a handler, cut into any pieces: what is remembered is what the whole would give,
// and what a plain reading of the rules gives.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/posix/output_tail.h"
#include "tests/fuzz/require.h"

namespace {

using fieldwork::posix::LineCount;
using fieldwork::posix::OutputTail;
using fieldwork::posix::ProgressLines;

std::optional<std::uint8_t> ProgressOf(std::string_view text) {
  std::optional<std::uint8_t> last;
  for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.starts_with("progress=")) continue;
    const std::string number(line.substr(9));
    const bool digits =
        std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits || number.empty() || number.size() > 3 || std::stoi(number) > 100) continue;
    last = static_cast<std::uint8_t>(std::stoi(number));
  }
  return last;
}

std::uint64_t LinesOf(std::string_view text) {
  const auto ends = std::count(text.begin(), text.end(), '\n');
  return static_cast<std::uint64_t>(ends) + (!text.empty() && text.back() != '\n' ? 1 : 0);
}

void CheckTail(std::string_view tail, std::string_view text, std::size_t limit) {
  REQUIRE(tail.size() <= limit);
  REQUIRE(text.ends_with(tail));
  if (text.size() <= limit) {
    REQUIRE(tail == text);
    return;
  }
  REQUIRE(limit - tail.size() <= 3);
  const std::string_view left_out = text.substr(text.size() - limit, limit - tail.size());
  for (const char c : left_out) REQUIRE((static_cast<unsigned char>(c) & 0xC0) == 0x80);
}

}  // namespace

// The first byte is the limit, the second the seed of the pieces' sizes.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t limit = data[0];
  unsigned random = data[1];
  const std::vector<char> exact(data + 2, data + size);
  const std::string_view text(exact.data(), exact.size());
  OutputTail tail(limit);
  LineCount lines;
  ProgressLines progress;
  for (std::string_view rest = text; !rest.empty();) {
    random = random * 1103515245u + 12345u;
    const std::string_view piece = rest.substr(0, (random >> 16) % 40);
    rest.remove_prefix(piece.size());
    tail.Append(piece);
    lines.Append(piece);
    progress.Append(piece);
    if ((random & 0x1000) != 0) static_cast<void>(tail.View());
  }
  CheckTail(tail.View(), text, limit);
  REQUIRE(lines.count() == LinesOf(text));
  REQUIRE(progress.Take() == ProgressOf(text));
  return 0;
}
