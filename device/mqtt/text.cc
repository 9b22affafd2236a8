#include "device/mqtt/text.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace fieldwork::mqtt {
namespace {

constexpr std::size_t kMaxText = 65535;

using Word = std::size_t;
constexpr Word kOnes = static_cast<Word>(0x0101010101010101u);
constexpr Word kHighs = kOnes << 7;

/// Non-zero when one of the word's bytes is NUL or not ASCII. Exact for a word that has
/// neither: a borrow can only start at a byte that is reported anyway.
constexpr Word NulOrHigh(Word word) { return ((word - kOnes) | word) & kHighs; }

/// Non-zero when an ASCII byte of the word is `c`; same exactness.
constexpr Word Holds(Word word, char c) {
  return ((word ^ (kOnes * static_cast<unsigned char>(c))) - kOnes) & kHighs;
}

constexpr Word Suspicious(Word word, bool reject_wildcards) {
  return NulOrHigh(word) | (reject_wildcards ? Holds(word, '+') | Holds(word, '#') : 0);
}

Word Load(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

/// The common case, a machine word at a time: plain ASCII without NUL. False only means
/// that somebody has to look at each byte.
template <bool kRejectWildcards>
bool IsPlain(std::string_view text) {
  const char* at = text.data();
  if (text.size() < sizeof(Word)) {
    Word word = kOnes;  // Pads with a byte that nobody minds.
    if (!text.empty()) std::memcpy(&word, at, text.size());
    return Suspicious(word, kRejectWildcards) == 0;
  }
  const char* const last = at + text.size() - sizeof(Word);
  for (; at < last; at += sizeof(Word)) {
    if (Suspicious(Load(at), kRejectWildcards) != 0) return false;
  }
  return Suspicious(Load(last), kRejectWildcards) == 0;  // May overlap the word before.
}

/// Length of the well-formed UTF-8 sequence at the front (RFC 3629), 0 if there is none.
std::size_t SequenceLength(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto is_tail = [&byte](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;  // A tail, or an overlong pair.
  if (lead < 0xE0) return is_tail(1) ? 2 : 0;
  const unsigned code_high = ((lead & 0x0Fu) << 6) | (byte(1) & 0x3Fu);
  if (lead < 0xF0) {
    const bool overlong = code_high < 0x20;
    const bool surrogate = code_high >= 0x360 && code_high < 0x380;
    return is_tail(1) && is_tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  const bool in_range = lead <= 0xF4 && code_high >= 0x10 && code_high < 0x110;
  return in_range && is_tail(1) && is_tail(2) && is_tail(3) ? 4 : 0;
}

bool IsValidSlowly(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = SequenceLength(text);
    if (length == 0 || text.front() == '\0') return false;
    text.remove_prefix(length);
  }
  return true;
}

/// Cuts the first level off `rest` and returns it; `more` tells whether a '/' followed.
std::string_view TakeLevel(std::string_view& rest, bool& more) {
  const std::size_t slash = rest.find('/');
  more = slash != std::string_view::npos;
  const std::string_view level = rest.substr(0, slash);
  rest.remove_prefix(more ? slash + 1 : rest.size());
  return level;
}

}  // namespace

bool IsValidText(std::string_view text) {
  if (text.size() > kMaxText) return false;
  return IsPlain<false>(text) || IsValidSlowly(text);
}

bool IsValidTopicName(std::string_view name) {
  if (name.empty() || name.size() > kMaxText) return false;
  if (IsPlain<true>(name)) return true;
  return name.find_first_of("+#") == std::string_view::npos && IsValidSlowly(name);
}

bool IsValidTopicFilter(std::string_view filter) {
  if (filter.empty() || !IsValidText(filter)) return false;
  bool more = true;
  while (more) {
    const std::string_view level = TakeLevel(filter, more);
    if (level == "#") return !more;
    if (level != "+" && level.find_first_of("+#") != std::string_view::npos) return false;
  }
  return true;
}

bool Matches(std::string_view filter, std::string_view name) {
  if (name.front() == '$' && filter.front() != '$') return false;
  bool filter_more = true;
  bool name_more = true;
  while (filter_more && name_more) {
    const std::string_view want = TakeLevel(filter, filter_more);
    if (want == "#") return true;
    const std::string_view have = TakeLevel(name, name_more);
    if (want != "+" && want != have) return false;
  }
  // "a/#" also covers "a" itself (section 4.7.1.2).
  return filter_more == name_more || filter == "#";
}

}  // namespace fieldwork::mqtt
