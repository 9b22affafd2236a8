// Cuts what arrives on a pipe into lines, and lines into words; and what may be shown of a text.
//
// Memory:  one line of kMaxLineBytes; a longer one is skipped whole and reported.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "device/base/bytes.h"

namespace fieldwork::board {

/// Room for "wifi connect" with the longest name (32) and password (63), quoted.
inline constexpr std::size_t kMaxLineBytes = 160;

class LineSplitter {
 public:
  enum class Event : std::uint8_t {
    kNeedMore,  ///< `bytes` is used up and no line has ended.
    kLine,      ///< line() is whole.
    kTooLong,   ///< A line of more than kMaxLineBytes ended; it is gone.
  };

  /// Takes from the front of `bytes` what it used. CR, LF, and CR LF each end a line.
  Event Next(std::string_view& bytes);

  /// What stands before the end of input without a line end counts as a line too.
  Event Finish();

  /// Valid until the next call of Next() or Finish().
  std::string_view line() const { return {line_.data(), size_}; }

 private:
  Event EndLine();

  std::array<char, kMaxLineBytes> line_;
  std::size_t size_ = 0;
  bool ended_ = false;  // The line was handed out; the next byte begins a new one.
  bool too_long_ = false;
  bool after_cr_ = false;
};

/// Words between blanks. "..." and '...' hold blanks together, \ takes the next character
/// as it is (inside '...' nothing is special). False when a quote is left open.
bool SplitWords(std::string_view line, std::vector<std::string>& words);

/// `text` as it may go to a terminal: every control character (C0, DEL, and C1 as UTF-8 writes
/// it) becomes '?'.
std::string Printable(std::string_view text);

}  // namespace fieldwork::board
