// Decides how the target of a request is read; the rules are in the header.
#include "cloud/http_api/url.h"

#include <algorithm>
#include <cstdint>

namespace fieldwork::http_api {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsUnreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

struct Utf8Lead {
  std::size_t following = 0;
  std::uint32_t bits = 0;
  std::uint32_t least = 0;  // Below it the form is an overlong one.
};

std::optional<Utf8Lead> ReadLead(std::uint8_t byte) {
  if (byte < 0x80) return Utf8Lead{0, byte, 0};
  if ((byte & 0xE0U) == 0xC0) return Utf8Lead{1, byte & 0x1FU, 0x80};
  if ((byte & 0xF0U) == 0xE0) return Utf8Lead{2, byte & 0x0FU, 0x800};
  if ((byte & 0xF8U) == 0xF0) return Utf8Lead{3, byte & 0x07U, 0x10000};
  return std::nullopt;
}

template <typename Take>
void ForEachPart(std::string_view text, char separator, Take take) {
  while (true) {
    const std::size_t end = text.find(separator);
    take(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<Target> SplitTarget(std::string_view target) {
  if (!target.starts_with('/')) return std::nullopt;
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return Target{target, {}};
  return Target{target.substr(0, mark), target.substr(mark + 1)};
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexValue(text[i + 1]);
    const int low = HexValue(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  if (!IsUtf8(decoded)) return std::nullopt;
  return decoded;
}

std::string PercentEncode(std::string_view text, bool keep_slash) {
  std::string encoded;
  encoded.reserve(text.size() + text.size() / 2);
  for (const char c : text) {
    if (IsUnreserved(c) || (keep_slash && c == '/')) {
      encoded.push_back(c);
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    encoded.push_back('%');
    encoded.push_back(kHexDigits[byte >> 4U]);
    encoded.push_back(kHexDigits[byte & 0x0FU]);
  }
  return encoded;
}

std::vector<std::string_view> SplitPath(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  std::vector<std::string_view> segments;
  ForEachPart(path, '/', [&](std::string_view segment) { segments.push_back(segment); });
  return segments;
}

std::optional<NameValues> ParseQuery(std::string_view query) {
  NameValues pairs;
  bool well_formed = true;
  ForEachPart(query, '&', [&](std::string_view part) {
    if (part.empty() || !well_formed) return;
    const std::size_t equals = part.find('=');
    auto name = PercentDecode(part.substr(0, equals));
    auto value = equals == std::string_view::npos ? std::optional<std::string>("")
                                                  : PercentDecode(part.substr(equals + 1));
    well_formed = name.has_value() && value.has_value();
    if (well_formed) pairs.emplace_back(std::move(*name), std::move(*value));
  });
  if (!well_formed) return std::nullopt;
  return pairs;
}

bool IsUtf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = ReadLead(static_cast<std::uint8_t>(text[i]));
    if (!lead || text.size() - i <= lead->following) return false;
    std::uint32_t point = lead->bits;
    for (std::size_t k = 0; k < lead->following; ++k) {
      const auto byte = static_cast<std::uint8_t>(text[++i]);
      if ((byte & 0xC0U) != 0x80) return false;
      point = (point << 6U) | (byte & 0x3FU);
    }
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (point < lead->least || surrogate || point > 0x10FFFF) return false;
  }
  return true;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

}  // namespace fieldwork::http_api
