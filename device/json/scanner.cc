// Decides what one well-formed JSON token is; a machine word at a time where text is plain.
#include "device/json/scanner.h"

#include <bit>
#include <cstring>

namespace fieldwork::json {
namespace {

using Word = std::size_t;

constexpr Word Repeat(std::uint8_t byte) { return ~Word{0} / 0xFF * byte; }

// The top bit of every byte that is not plain. A subtraction may borrow from the byte
// above, but only out of a byte that is itself a hit, so the lowest hit is always true.
// Flipping bit 1 puts the quote (0x22) beside the control characters, and takes the space
// and '!' away from there. A byte of 0x80 and up is a hit of one of the two or of both:
// where one subtraction clears its top bit (0x80 to 0xA0, 0xDC), the other does not.
constexpr Word SpecialBytes(Word word) {
  const Word quotes_and_controls = (word ^ Repeat(0x02)) - Repeat(0x21);
  const Word backslashes = (word ^ Repeat('\\')) - Repeat(0x01);
  return (quotes_and_controls | backslashes) & Repeat(0x80);
}

constexpr std::uint8_t Byte(const char* p) { return static_cast<std::uint8_t>(*p); }

constexpr bool IsPlain(std::uint8_t byte) {
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// At least one digit.
const char* ScanDigits(const char* p, const char* end) {
  const char* const begin = p;
  while (p < end && IsDigit(*p)) ++p;
  return p > begin ? p : nullptr;
}

// Exactly four hexadecimal digits.
const char* ScanHex(const char* p, const char* end, std::uint32_t& value) {
  if (end - p < 4) return nullptr;
  value = 0;
  for (int i = 0; i < 4; ++i, ++p) {
    std::uint32_t digit = Byte(p) - std::uint32_t{'0'};
    if (digit > 9) {
      digit = (Byte(p) | 0x20u) - 'a';
      if (digit > 5) return nullptr;
      digit += 10;
    }
    value = value << 4 | digit;
  }
  return p;
}

constexpr bool IsSurrogate(std::uint32_t code) { return code >> 11 == 0xD800 >> 11; }

// `p` stands on the u of \uXXXX.
const char* ScanUnicodeEscape(const char* p, const char* end, std::uint32_t& code_point) {
  p = ScanHex(p + 1, end, code_point);
  if (p == nullptr || !IsSurrogate(code_point)) return p;
  if (code_point >= 0xDC00 || end - p < 2 || p[0] != '\\' || p[1] != 'u') return nullptr;
  std::uint32_t low = 0;
  p = ScanHex(p + 2, end, low);
  if (p == nullptr || low >> 10 != 0xDC00 >> 10) return nullptr;
  code_point = 0x10000 + ((code_point & 0x3FF) << 10 | (low & 0x3FF));
  return p;
}

// UTF-8, its first byte lowest.
constexpr std::uint32_t PackUtf8(std::uint32_t code) {
  if (code < 0x80) return code;
  std::uint32_t packed = 0;
  std::uint32_t lead = 0x80;  // The lead byte's mark, its top one more bit for every byte.
  std::uint32_t room = 0x40;  // What fits in the lead byte beside the mark.
  do {
    packed = (packed | 0x80 | (code & 0x3F)) << 8;
    code >>= 6;
    lead = lead >> 1 | 0x80;
    room >>= 1;
  } while (code >= room);
  return packed | lead | code;
}
static_assert(PackUtf8(0xE9) == 0xA9C3);
static_assert(PackUtf8(0x20AC) == 0xAC82E2);
static_assert(PackUtf8(0x1F600) == 0x80989FF0);

}  // namespace

const char* SkipSpace(const char* p, const char* end) {
  while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) ++p;
  return p;
}

const char* SkipPlain(const char* p, const char* end) {
  while (static_cast<std::size_t>(end - p) >= sizeof(Word)) {
    Word word;
    std::memcpy(&word, p, sizeof(word));
    const Word special = SpecialBytes(word);
    if (special != 0) {
      if constexpr (std::endian::native != std::endian::little) break;
      return p + std::countr_zero(special) / 8;
    }
    p += sizeof(word);
  }
  while (p < end && IsPlain(Byte(p))) ++p;
  return p;
}

const char* ScanString(const char* p, const char* end) {
  if (p == end || *p != '"') return nullptr;
  ++p;
  while (p != nullptr) {
    p = SkipPlain(p, end);
    if (p == end) return nullptr;
    if (*p == '"') return p + 1;
    std::uint32_t ignored = 0;
    p = *p == '\\' ? ScanEscape(p, end, ignored) : ScanUtf8(p, end);
  }
  return nullptr;
}

const char* ScanNumber(const char* p, const char* end) {
  if (p < end && *p == '-') ++p;
  if (p < end && *p == '0') {
    ++p;
  } else {
    p = ScanDigits(p, end);
  }
  if (p != nullptr && p < end && *p == '.') p = ScanDigits(p + 1, end);
  if (p != nullptr && p < end && (*p | 0x20) == 'e') {
    ++p;
    if (p < end && (*p == '+' || *p == '-')) ++p;
    p = ScanDigits(p, end);
  }
  return p;
}

const char* ScanUtf8(const char* p, const char* end) {
  // What a character of this many bytes must at least be: a smaller one is overlong.
  constexpr std::uint32_t kLeast[] = {0x80, 0x800, 0x10000};
  if (p == end) return nullptr;
  const std::uint32_t lead = Byte(p++);
  if (lead < 0xC0 || lead >= 0xF8) return nullptr;
  const std::size_t more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  if (static_cast<std::size_t>(end - p) < more) return nullptr;
  std::uint32_t code = lead & (0x3Fu >> more);
  for (std::size_t i = 0; i < more; ++i, ++p) {
    if ((Byte(p) & 0xC0) != 0x80) return nullptr;
    code = code << 6 | (Byte(p) & 0x3Fu);
  }
  if (code < kLeast[more - 1] || code > 0x10FFFF || IsSurrogate(code)) return nullptr;
  return p;
}

const char* ScanEscape(const char* p, const char* end, std::uint32_t& code_point) {
  // Each letter, then what it stands for.
  constexpr char kShort[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
  if (end - p < 2) return nullptr;
  ++p;
  if (*p == 'u') return ScanUnicodeEscape(p, end, code_point);
  for (std::size_t i = 0; i + 1 < sizeof(kShort); i += 2) {
    if (*p != kShort[i]) continue;
    code_point = static_cast<std::uint8_t>(kShort[i + 1]);
    return p + 1;
  }
  return nullptr;
}

ResolvedBytes::ResolvedBytes(std::string_view string)
    : p_(string.data() + 1), end_(string.data() + string.size() - 1) {}

bool ResolvedBytes::NextOfEscape(char& byte) {
  if (pending_ == 0) {
    if (p_ == end_) return false;
    std::uint32_t code_point = 0;
    p_ = ScanEscape(p_, end_, code_point);
    if (p_ == nullptr) {
      p_ = end_;
      return false;
    }
    pending_ = PackUtf8(code_point);
  }
  // U+0000 is one zero byte, and leaves nothing pending either.
  byte = static_cast<char>(pending_ & 0xFF);
  pending_ >>= 8;
  return true;
}

}  // namespace fieldwork::json
