// Decides what a scalar says: a string without its escapes, an integer.
#include <limits>

#include "device/json/reader.h"
#include "device/json/scanner.h"

namespace fieldwork::json {
namespace {

bool IsQuoted(Value value) { return value.kind == Kind::kString && value.raw.size() >= 2; }

}  // namespace

bool Equals(Value value, std::string_view text) {
  if (!IsQuoted(value)) return false;
  ResolvedBytes bytes(value.raw);
  std::size_t at = 0;
  for (char byte; bytes.Next(byte); ++at) {
    if (at == text.size() || byte != text[at]) return false;
  }
  return at == text.size();
}

Result<std::string_view> Unescape(Value value, std::span<char> out) {
  if (!IsQuoted(value)) return Status::kBadArgument;
  ResolvedBytes bytes(value.raw);
  std::size_t size = 0;
  for (char byte; bytes.Next(byte); ++size) {
    if (size == out.size()) return Status::kNoSpace;
    out[size] = byte;
  }
  return std::string_view(out.data(), size);
}

Result<std::int64_t> ToInt64(Value value) {
  if (value.kind != Kind::kNumber) return Status::kBadArgument;
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::string_view digits = value.raw;
  const bool negative = !digits.empty() && digits.front() == '-';
  if (negative) digits.remove_prefix(1);
  if (digits.empty()) return Status::kNotFound;
  std::uint64_t magnitude = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9' || magnitude > kMax / 10) return Status::kNotFound;
    magnitude = magnitude * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (magnitude > kMax + (negative ? 1 : 0)) return Status::kNotFound;
  return static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
}

}  // namespace fieldwork::json
