// Decides how a program reads its TOML file: typed values, and a clear refusal of what does not
// fit.
//
// A refusal names file, line and key and says what is right; keys that nobody asked for are
// mistakes too. A Section borrows path and table, which outlive it.
#pragma once

// The same in every file of a program, or it has two kinds of parser.
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/config/error.h"

namespace fieldwork::config {

/// Throws a ConfigError that begins with "path:line: ".
[[noreturn]] void Fail(const std::string& path, const toml::source_region& where,
                       const std::string& what);

/// The file's text, at most 256 KB. ConfigError with the reason, ending in `advice` if it cannot be
/// opened.
std::string ReadConfigFile(const std::string& path, const std::string& advice);

/// One table of the file.
class Section {
 public:
  /// `table` may be null: a section that is not there has only defaults.
  Section(const std::string& path, std::string name, const toml::table* table)
      : path_(path), name_(std::move(name)), table_(table) {}

  /// Text without control characters; empty when the key is absent.
  std::optional<std::string> Text(const char* key);
  std::string RequiredText(const char* key, const char* what_to_do);

  /// Leaves `value` alone when the key is absent.
  template <class T>
  void Number(const char* key, T& value, std::int64_t least, std::int64_t most) {
    if (const auto number = Integer(key, least, most)) value = static_cast<T>(*number);
  }
  void Flag(const char* key, bool& value);

  /// The index of the value in `words`; `standard` when the key is absent.
  std::size_t Choice(const char* key, std::initializer_list<const char*> words,
                     std::size_t standard);
  /// Null when the key is absent.
  const toml::array* List(const char* key);
  Section Sub(const char* key);

  [[noreturn]] void Refuse(const char* key, const std::string& what) const;
  /// Call after every key was asked for.
  void RefuseOthers() const;

 private:
  std::optional<std::int64_t> Integer(const char* key, std::int64_t least, std::int64_t most);
  const toml::node* Find(const char* key);
  std::string Full(std::string_view key) const;

  const std::string& path_;
  std::string name_;
  const toml::table* table_;
  std::vector<const char*> asked_;
};

}  // namespace fieldwork::config
