// Decides what a scalar says: a string without its escapes, an integer.
#include <limits>

#include "device/json/reader.h"
#include "device/json/scanner.h"

namespace fieldwork::json {
namespace {

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

bool IsQuoted(Value value) { return value.kind == Kind::kString && value.raw.size() >= 2; }

}  // namespace

bool Equals(Value value, std::string_view text) {
  if (!IsQuoted(value)) return false;
  const char* const begin = value.raw.data();
  return Says(begin + 1, begin + value.raw.size() - 1, text.data(), text.data() + text.size());
}

Result<std::string_view> Unescape(Value value, std::span<char> out) {
  if (!IsQuoted(value)) return Status::kBadArgument;
  const char* p = value.raw.data() + 1;
  const char* const end = value.raw.data() + value.raw.size() - 1;
  std::size_t size = 0;
  while (p != end) {
    std::uint32_t code_point = 0;
    p = ScanCharacter(p, end, code_point);
    if (p == nullptr) break;
    // U+0000 is one zero byte.
    for (std::uint32_t utf8 = PackUtf8(code_point), more = 1; more != 0; utf8 >>= 8) {
      if (size == out.size()) return Status::kNoSpace;
      out[size++] = static_cast<char>(utf8 & 0xFF);
      more = utf8 >> 8;
    }
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
