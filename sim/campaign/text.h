// Finds what the campaign needs in the JSON that a device sends, by searching the text. Not a
// parser, on purpose: a mistake of the device's own JSON code cannot hide behind the same
// mistake here. It relies on what a device writes: no blanks, a key once.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fieldwork::sim {

/// The text of the string value under `key`, escapes unresolved; empty when there is none.
inline std::string TextOf(std::string_view json, std::string_view key) {
  const std::string wanted = "\"" + std::string(key) + "\":\"";
  const std::size_t at = json.find(wanted);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + wanted.size();
  return std::string(json.substr(begin, json.find('"', begin) - begin));
}

/// The number under `key`; `otherwise` when there is none.
inline std::int64_t NumberOf(std::string_view json, std::string_view key,
                             std::int64_t otherwise = 0) {
  const std::string wanted = "\"" + std::string(key) + "\":";
  const std::size_t at = json.find(wanted);
  if (at == std::string_view::npos) return otherwise;
  std::int64_t value = otherwise;
  std::from_chars(json.data() + at + wanted.size(), json.data() + json.size(), value);
  return value;
}

/// The object under `key`, braces included, one level deep; empty when there is none.
inline std::string ObjectOf(std::string_view json, std::string_view key) {
  const std::string wanted = "\"" + std::string(key) + "\":{";
  const std::size_t at = json.find(wanted);
  if (at == std::string_view::npos) return {};
  bool quoted = false;
  for (std::size_t i = at + wanted.size(); i < json.size(); ++i) {
    if (json[i] == '\\') {
      ++i;
    } else if (json[i] == '"') {
      quoted = !quoted;
    } else if (json[i] == '}' && !quoted) {
      const std::size_t begin = at + wanted.size() - 1;
      return std::string(json.substr(begin, i + 1 - begin));
    }
  }
  return {};
}

/// `true` under `key`.
inline bool FlagOf(std::string_view json, std::string_view key) {
  return json.find("\"" + std::string(key) + "\":true") != std::string_view::npos;
}

}  // namespace fieldwork::sim
