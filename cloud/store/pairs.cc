#include "cloud/store/pairs.h"

#include <charconv>
#include <system_error>

namespace fieldwork::store {
namespace {

/// Takes "5:value" from the front of `text`.
std::optional<std::string> TakePart(std::string_view& text) {
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  const auto digits = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || digits == text.size() || *end != ':' ||
      text.size() - digits - 1 < size) {
    return std::nullopt;
  }
  const std::string part(text.substr(digits + 1, size));
  text.remove_prefix(digits + 1 + size);
  return part;
}

}  // namespace

std::optional<Pairs> DecodePairs(std::string_view text) {
  Pairs pairs;
  while (!text.empty()) {
    std::optional<std::string> key = TakePart(text);
    std::optional<std::string> value = key ? TakePart(text) : std::nullopt;
    if (!value) {
      return std::nullopt;
    }
    pairs.emplace_back(std::move(*key), std::move(*value));
  }
  return pairs;
}

}  // namespace fieldwork::store
