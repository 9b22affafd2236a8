#include "device/mqtt/text.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "device/base/utf8.h"

namespace fieldwork::mqtt {
namespace {

constexpr std::size_t kMaxText = 65535;

using Word = std::size_t;
constexpr Word kOnes = static_cast<Word>(0x0101010101010101u);
constexpr Word kHighs = kOnes << 7;

// What has none of these bits gets a closer look: NUL, '#' and '+', and a few characters
// that topics seldom have, among them the space.
constexpr Word kUsualBits = kOnes * 0xD4;

/// Nothing in the word at `from` but ASCII with one of the usual bits. A borrow can only start
/// at a byte that is reported anyway.
bool IsPlain(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return ((((word & kUsualBits) - kOnes) | word) & kHighs) == 0;
}

/// In a filter a wildcard is a level of its own, and no more levels follow '#'.
bool IsWholeLevel(std::string_view filter, std::size_t at) {
  if (at != 0 && filter[at - 1] != '/') return false;
  return at + 1 == filter.size() || (filter[at] == '+' && filter[at + 1] == '/');
}

enum class Kind : std::uint8_t { kText, kName, kFilter };

/// The rare rest, apart so that the common case saves no registers. All before `at` is plain.
[[gnu::noinline]] bool IsValidFrom(std::string_view text, Kind kind, const char* at) {
  if (text.empty()) return kind == Kind::kText;
  const char* const end = text.data() + text.size();
  while (at != end) {
    const auto index = static_cast<std::size_t>(at - text.data());
    std::uint32_t c = 0;
    at = ScanUtf8(at, end, c);
    if (at == nullptr || c == 0) return false;
    if (kind == Kind::kText || (c != '+' && c != '#')) continue;
    if (kind == Kind::kName || !IsWholeLevel(text, index)) return false;
  }
  return true;
}

bool IsValid(std::string_view text, Kind kind) {
  if (text.size() > kMaxText) return false;
  const char* at = text.data();
  if (text.size() >= sizeof(Word)) {  // The common case, a machine word at a time.
    const char* const last = at + text.size() - sizeof(Word);
    do {
      if (!IsPlain(at)) return IsValidFrom(text, kind, at);
      at += sizeof(Word);
    } while (at < last);
    if (IsPlain(last)) return true;
    at = last;
  }
  return IsValidFrom(text, kind, at);
}

}  // namespace

bool IsValidText(std::string_view text) { return IsValid(text, Kind::kText); }
bool IsValidTopicName(std::string_view name) { return IsValid(name, Kind::kName); }
bool IsValidTopicFilter(std::string_view filter) { return IsValid(filter, Kind::kFilter); }

bool Matches(std::string_view filter, std::string_view name) {
  if (name.front() == '$' && filter.front() != '$') return false;
  std::size_t at = 0;  // In `name`.
  for (std::size_t i = 0; i < filter.size(); ++i) {
    if (filter[i] == '#') return true;
    if (filter[i] == '+') {
      while (at < name.size() && name[at] != '/') ++at;
    } else if (at == name.size()) {
      // "a/#" also covers "a" itself (section 4.7.1.2).
      return filter[i] == '/' && i + 2 == filter.size() && filter[i + 1] == '#';
    } else if (filter[i] != name[at++]) {
      return false;
    }
  }
  return at == name.size();
}

}  // namespace fieldwork::mqtt
