// Decides what one well-formed JSON token is; a machine word at a time where text is plain.
#include "device/json/scanner.h"

#include <bit>
#include <cstring>

#include "device/base/utf8.h"

namespace fieldwork::json {
namespace {

using Block = std::size_t;  // What is looked at in one go.

constexpr Block Repeat(std::uint8_t byte) { return ~Block{0} / 0xFF * byte; }

// The top bit of every byte that a string cannot hold just as it is, or that is not ASCII.
// A subtraction may borrow from the byte above, but only out of a byte that is itself a
// hit, so the lowest hit is always true.
// Flipping bit 1 puts the quote (0x22) beside the control characters, and takes the space
// and '!' away from there. A byte of 0x80 and up is a hit of one of the two or of both:
// where one subtraction clears its top bit (0x80 to 0xA0, 0xDC), the other does not.
constexpr Block SpecialBytes(Block block) {
  const Block quotes_and_controls = (block ^ Repeat(0x02)) - Repeat(0x21);
  const Block backslashes = (block ^ Repeat('\\')) - Repeat(0x01);
  return (quotes_and_controls | backslashes) & Repeat(0x80);
}

constexpr std::uint8_t Byte(const char* p) { return static_cast<std::uint8_t>(*p); }

constexpr std::uint32_t kFirstSurrogate = 0xD800;
constexpr std::uint32_t kFirstLowSurrogate = 0xDC00;
constexpr bool IsSurrogate(std::uint32_t code) { return code >> 11 == kFirstSurrogate >> 11; }
constexpr bool IsLowSurrogate(std::uint32_t code) { return code >> 10 == kFirstLowSurrogate >> 10; }

// Exactly four hexadecimal digits.
const char* ScanHex(const char* p, const char* end, std::uint32_t& value) {
  if (end - p < 4) return nullptr;
  value = 0;
  for (const char* const after = p + 4; p != after; ++p) {
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

// One escape from its backslash on; both halves of a surrogate pair are one escape.
const char* ScanEscape(const char* p, const char* end, std::uint32_t& code_point) {
  for (std::uint32_t high = 0;;) {
    if (end - p < 2 || *p != '\\') return nullptr;
    if (p[1] != 'u') {
      code_point = static_cast<std::uint8_t>(Translate(p[1], Escape::kMeaning));
      return high == 0 && code_point != 0 ? p + 2 : nullptr;
    }
    p = ScanHex(p + 2, end, code_point);
    if (p == nullptr || IsLowSurrogate(code_point) != (high != 0)) return nullptr;
    if (high != 0)
      code_point += (high << 10) - (kFirstSurrogate << 10) - kFirstLowSurrogate + 0x10000;
    if (!IsSurrogate(code_point)) return p;
    high = code_point;
  }
}

}  // namespace

Kind KindOf(char first) {
  // In the order of Kind.
  static constexpr char kFirst[] = {'{', '[', '"', '-', 't', 'f', 'n'};
  for (std::size_t i = 0; i < sizeof(kFirst); ++i) {
    if (first == kFirst[i]) return static_cast<Kind>(i);
  }
  return Kind::kNumber;
}

char Translate(char c, Escape wanted) {
  // Each letter, then what it stands for.
  static constexpr char kPairs[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
  const auto from = static_cast<std::size_t>(wanted == Escape::kLetter);
  for (std::size_t i = from; i < sizeof(kPairs) - 1; i += 2) {
    if (c == kPairs[i]) return kPairs[i ^ 1];
  }
  return '\0';
}

char Scanner::Token() {
  for (;; ++p_) {
    const char c = Peek();
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return c;
  }
}

bool Scanner::Take(char c) {
  const bool is_next = p_ != end_ && *p_ == c;
  p_ += is_next;
  return is_next;
}

bool Scanner::String() {
  if (!Take('"')) return false;
  const char* p = p_;
  while (p != nullptr && p != end_) {
    if (static_cast<std::size_t>(end_ - p) >= sizeof(Block)) {
      Block block;
      std::memcpy(&block, p, sizeof(block));
      const Block special = SpecialBytes(block);
      if (special == 0) {
        p += sizeof(block);
        continue;
      }
      if constexpr (std::endian::native == std::endian::little) p += std::countr_zero(special) / 8;
    }
    const std::uint8_t byte = Byte(p);
    if (byte == '"') {
      p_ = p + 1;
      return true;
    }
    std::uint32_t ignored = 0;
    if (byte < 0x20) return false;
    p = ScanCharacter(p, end_, ignored);
  }
  return false;
}

bool Scanner::Number() {
  Take('-');
  if (!Take('0') && !Digits()) return false;
  if (Take('.') && !Digits()) return false;
  if ((Peek() | 0x20) != 'e') return true;
  Skip();
  if (!Take('+')) Take('-');
  return Digits();
}

// At least one digit.
bool Scanner::Digits() {
  const char* const begin = p_;
  while (Peek() >= '0' && Peek() <= '9') ++p_;
  return p_ != begin;
}

bool Scanner::Scalar(Kind kind) {
  if (kind == Kind::kString) return String();
  return kind == Kind::kNumber ? Number() : Word();
}

// REQUIRES: the next byte begins one of the three.
bool Scanner::Word() {
  // Each word is found by its first letter, which none before it has.
  const char* word = "true\0false\0null";
  while (*word != *p_) ++word;
  for (; *word != '\0'; ++word) {
    if (!Take(*word)) return false;
  }
  return true;
}

const char* ScanCharacter(const char* p, const char* end, std::uint32_t& code_point) {
  return *p == '\\' ? ScanEscape(p, end, code_point) : ScanUtf8(p, end, code_point);
}

bool Says(const char* p, const char* end, const char* text, const char* text_end) {
  while (p != end && text != text_end) {
    if (*p != '\\') {
      if (*p++ != *text++) return false;
      continue;
    }
    std::uint32_t said = 0;
    std::uint32_t expected = 0;
    p = ScanEscape(p, end, said);
    text = ScanUtf8(text, text_end, expected);
    if (p == nullptr || text == nullptr || said != expected) return false;
  }
  return p == end && text == text_end;
}

}  // namespace fieldwork::json
