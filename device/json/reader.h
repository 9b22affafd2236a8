// Decides whether bytes are JSON (RFC 8259, strictly) and hands them out piece by piece.
//
// A pull reader over text that the caller owns: no tree, no allocation, no recursion.
// Everything it returns is a view into that text.
//
// Strict: nothing but RFC 8259 is accepted, well-formed UTF-8 (no surrogates, no byte
// order mark) included; a \u escape must not be half of a surrogate pair.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "device/base/bytes.h"
#include "device/base/result.h"

namespace fieldwork::json {

/// Objects and arrays inside each other, the outermost counted. Deeper is kTooLarge.
inline constexpr std::size_t kMaxDepth = 32;

/// Bytes of a query's path.
inline constexpr std::size_t kMaxPathSize = 255;

enum class Kind : std::uint8_t { kObject, kArray, kString, kNumber, kTrue, kFalse, kNull };

/// One whole value: what it is, and its text as it stands (a string with its quotes, an
/// object from brace to brace). Lives as long as the text that was read.
struct Value {
  Kind kind = Kind::kNull;
  std::string_view raw;
};

/// Where one value stands, and, after Find(), what it is.
struct Query {
  /// Keys joined by '.', elements as [n]: "execution.jobId", "steps[0].action.name".
  /// The empty path is the whole text. Keys are compared after escapes are resolved. A key
  /// that is empty or has '.' or '[' in it cannot be named.
  /// A path of another form names nothing. At most kMaxPathSize bytes.
  std::string_view path;
  Value value{};
  bool found = false;

  /// Where Find() stands in this path; of no use to others.
  struct Progress {
    std::uint8_t offset = 0;   ///< Bytes of the path that lead to where the reader is.
    std::uint8_t matched = 0;  ///< Steps in these bytes.
    std::uint8_t reached = 0;  ///< The most steps that ever matched.
  } progress{};
};

/// Validates the whole of `text` and finds every query's value, in one pass. What was in
/// `value` and `found` before does not matter.
/// kMalformed: not JSON, or a queried path, or an object or array on the way to it, occurs
/// twice (which of the two is meant cannot be known). kTooLarge: deeper than kMaxDepth.
/// kBadArgument: a path longer than kMaxPathSize. A path that is not there is not an
/// error: its query stays `found == false`. On an error none is found.
Status Find(std::string_view text, std::span<Query> queries);

/// Validates alone.
Status Validate(std::string_view text);

/// Steps over the members of one object or the elements of one array, whose text was
/// already validated (it came from Find() or Validate()). Other text ends the walk early,
/// somewhere inside that text.
///
///   json::Children children(steps);
///   while (children.Next()) Use(children.key(), children.value());
class Children {
 public:
  /// `parent.kind` must be kObject or kArray; of any other there are no children.
  explicit Children(Value parent);

  /// False at the end.
  bool Next();
  /// The raw key with its quotes; empty in an array. Valid after Next() returned true.
  std::string_view key() const { return key_; }
  Value value() const { return value_; }

 private:
  std::string_view rest_;
  std::string_view key_{};
  Value value_{};
  bool has_keys_;
};

/// For the three below, too, the text was validated. A key is Value{Kind::kString, key()}.

/// The text between the quotes of a string, its escapes as they stand; of another value the raw
/// text.
inline std::string_view Inside(const Value& value) {
  if (value.kind != Kind::kString) return value.raw;
  return {value.raw.data() + 1, value.raw.size() - 2};
}

/// True when `value` is a string that, its escapes resolved, equals `text` (UTF-8).
bool Equals(Value value, std::string_view text);

/// The string's text with its escapes resolved, as UTF-8 in `out`.
/// kBadArgument: not a string. kNoSpace: longer than `out` (raw.size() always suffices).
Result<std::string_view> Unescape(Value value, std::span<char> out);

/// kBadArgument: not a number. kNotFound: it has a fraction, an exponent, or does not
/// fit 64 bits.
Result<std::int64_t> ToInt64(Value value);

}  // namespace fieldwork::json
