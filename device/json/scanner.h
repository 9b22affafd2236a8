// Decides what one well-formed JSON token is: a string with its escapes and its UTF-8, a
// number, a word. Inside of device/json; others read through reader.h.
//
// Spec: RFC 8259 sections 6 and 7.
#pragma once

#include <cstdint>
#include <string_view>

#include "device/json/reader.h"

namespace fieldwork::json {

/// What a value is whose first byte this is; whatever begins nothing else is a number,
/// which Scanner::Number() will refuse.
Kind KindOf(char first);

/// Goes through a text token by token. A function that is named for a token goes past it, or
/// is false and leaves the scanner somewhere in it, never past the end of the text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : p_(text.data()), end_(text.data() + text.size()) {}

  const char* place() const { return p_; }
  bool at_end() const { return p_ == end_; }
  /// The text from `begin`, a place passed before, to here.
  std::string_view Since(const char* begin) const {
    return {begin, static_cast<std::size_t>(p_ - begin)};
  }
  std::string_view rest() const { return {p_, static_cast<std::size_t>(end_ - p_)}; }

  /// The next byte; at the end a NUL, which no rule of the grammar takes.
  char Peek() const { return p_ != end_ ? *p_ : '\0'; }
  /// The next byte that is not white space.
  char Token();
  /// REQUIRES: not at the end.
  void Skip() { ++p_; }
  /// Goes past the next byte if it is `c`.
  bool Take(char c);

  /// From quote to quote.
  bool String();
  /// Stops before the first byte that cannot continue the number: what may follow a number
  /// is the caller's affair.
  bool Number();
  /// Anything but an object or an array.
  bool Scalar(Kind kind);

 private:
  bool Digits();
  bool Word();

  const char* p_;
  const char* end_;
};

/// The letter of an escape for what it stands for, or the other way: "n" and a line feed.
/// NUL when there is none.
enum class Escape : std::uint8_t { kMeaning, kLetter };
char Translate(char c, Escape wanted);

/// One character of a string, or one escape from its backslash on; both halves of a surrogate
/// pair are one escape. The place after it, or null. REQUIRES: `p` is before `end`.
const char* ScanCharacter(const char* p, const char* end, std::uint32_t& code_point);

/// True when the inside of a string, from `p` to `end`, says what is from `text` to `text_end`.
bool Says(const char* p, const char* end, const char* text, const char* text_end);

}  // namespace fieldwork::json
