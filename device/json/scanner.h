// Decides what one well-formed JSON token is: a string with its escapes and its UTF-8, a
// number. Inside of device/json; others read through reader.h.
//
// Every Scan function takes where its token begins and where the text ends, never looks
// past that end, and returns the place after the token, or null when it is ill-formed.
//
// Spec: RFC 8259 sections 6 and 7; RFC 3629 section 4 (UTF-8).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fieldwork::json {

/// The first byte that is not JSON white space.
const char* SkipSpace(const char* p, const char* end);

/// The first byte that a string cannot hold just as it is, or that is not ASCII: a control
/// character, a quote, a backslash, 0x80 and up.
const char* SkipPlain(const char* p, const char* end);

/// From quote to quote.
const char* ScanString(const char* p, const char* end);

/// Stops before the first byte that cannot continue the number: what may follow a number
/// is the caller's affair.
const char* ScanNumber(const char* p, const char* end);

/// One character of two to four bytes. An ASCII byte is refused.
const char* ScanUtf8(const char* p, const char* end);

/// One escape from its backslash on; both halves of a surrogate pair are one escape.
const char* ScanEscape(const char* p, const char* end, std::uint32_t& code_point);

/// What a string says, byte by byte, its escapes resolved to UTF-8.
class ResolvedBytes {
 public:
  /// `string`: a validated string with its quotes.
  explicit ResolvedBytes(std::string_view string);

  /// False at the end.
  bool Next(char& byte) {
    if (pending_ != 0 || p_ == end_ || *p_ == '\\') return NextOfEscape(byte);
    byte = *p_++;
    return true;
  }

 private:
  bool NextOfEscape(char& byte);

  const char* p_;
  const char* end_;
  std::uint32_t pending_ = 0;  // UTF-8 of the escape just read; the next byte lowest.
};

}  // namespace fieldwork::json
