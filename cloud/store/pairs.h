// Decides how a short list of keys and values lies in one column: each text with its length before
// it, "3:key5:value". The texts may hold anything, the order stays.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fieldwork::store {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// `pairs`: any range of pairs of texts. No pairs: "".
template <typename Range>
std::string EncodePairs(const Range& pairs) {
  std::string text;
  for (const auto& [key, value] : pairs) {
    for (const std::string_view part : {std::string_view(key), std::string_view(value)}) {
      text.append(std::to_string(part.size())).append(":").append(part);
    }
  }
  return text;
}

/// Empty: that is not what EncodePairs made.
std::optional<Pairs> DecodePairs(std::string_view text);

}  // namespace fieldwork::store
