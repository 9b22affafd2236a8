// Decides what is remembered of the output of a step: the end of each stream, how many lines
// there were, and the last "progress=NN".
//
// Pure: bytes in, in pieces of any size; the pieces make no difference.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fieldwork::posix {

/// The last `limit` bytes of a stream. Memory: `limit` bytes, taken once.
class OutputTail {
 public:
  explicit OutputTail(std::size_t limit);

  void Append(std::string_view bytes);
  /// If something before it was lost, it begins where a character of UTF-8 may begin; output
  /// that is not UTF-8 is left as it is. Valid until the next Append().
  std::string_view View();

 private:
  std::string ring_;      // Its size is the limit.
  std::size_t next_ = 0;  // Where the next byte goes; the oldest one stands there once full.
  std::size_t held_ = 0;
  bool lost_ = false;
};

/// Counts lines; a last one without its end counts too.
class LineCount {
 public:
  void Append(std::string_view bytes);
  std::uint64_t count() const { return ends_ + (in_line_ ? 1u : 0u); }

 private:
  std::uint64_t ends_ = 0;
  bool in_line_ = false;
};

/// Finds whole lines "progress=NN", NN being 0 to 100 in one to three digits; the line may end
/// in CR LF. Any other line is passed over, one that has more on it too.
class ProgressLines {
 public:
  void Append(std::string_view bytes);
  /// The last one since the last call.
  std::optional<std::uint8_t> Take();

 private:
  // "progress=100" and CR: a longer line is none of ours.
  static constexpr std::size_t kLineMax = 13;

  void EndLine();

  char line_[kLineMax] = {};
  std::size_t size_ = 0;  // kLineMax + 1: too long.
  std::optional<std::uint8_t> last_;
};

}  // namespace fieldwork::posix
