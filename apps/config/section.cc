#include "apps/config/section.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace fieldwork::config {

void Fail(const std::string& path, const toml::source_region& where, const std::string& what) {
  throw ConfigError(path + ":" + std::to_string(where.begin.line) + ": " + what);
}

std::optional<std::string> Section::Text(const char* key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_string()) Refuse(key, "must be text in quotes");
  const std::string& text = node->as_string()->get();
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (control) Refuse(key, "must not hold control characters");
  return text;
}

std::string Section::RequiredText(const char* key, const char* what_to_do) {
  std::optional<std::string> text = Text(key);
  if (!text) Refuse(key, std::string("is missing: ") + what_to_do);
  if (text->empty()) Refuse(key, std::string("is empty: ") + what_to_do);
  return *std::move(text);
}

std::optional<std::int64_t> Section::Integer(const char* key, std::int64_t least,
                                             std::int64_t most) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  const std::string range =
      "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  if (!node->is_integer()) Refuse(key, range);
  const std::int64_t number = node->as_integer()->get();
  if (number < least || number > most) Refuse(key, range + ", not " + std::to_string(number));
  return number;
}

void Section::Flag(const char* key, bool& value) {
  const toml::node* node = Find(key);
  if (node == nullptr) return;
  if (!node->is_boolean()) Refuse(key, "must be true or false");
  value = node->as_boolean()->get();
}

std::size_t Section::Choice(const char* key, std::initializer_list<const char*> words,
                            std::size_t standard) {
  const std::optional<std::string> text = Text(key);
  if (!text) return standard;
  std::string list;
  std::size_t index = 0;
  for (const char* word : words) {
    if (*text == word) return index;
    list += (index++ == 0 ? "\"" : ", \"") + std::string(word) + "\"";
  }
  Refuse(key, "must be one of " + list);
}

const toml::array* Section::List(const char* key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return nullptr;
  if (!node->is_array()) Refuse(key, "must be a list: [ ... ]");
  return node->as_array();
}

Section Section::Sub(const char* key) {
  const toml::node* node = Find(key);
  if (node != nullptr && !node->is_table()) Refuse(key, "must be a table: [" + Full(key) + "]");
  return Section(path_, Full(key), node == nullptr ? nullptr : node->as_table());
}

void Section::Refuse(const char* key, const std::string& what) const {
  const toml::node* node = table_ == nullptr ? nullptr : table_->get(key);
  if (node == nullptr) node = table_;
  Fail(path_, node == nullptr ? toml::source_region{{1, 1}, {1, 1}, {}} : node->source(),
       Full(key) + " " + what);
}

void Section::RefuseOthers() const {
  if (table_ == nullptr) return;
  for (const auto& [key, node] : *table_) {
    const std::string_view word = key.str();
    if (std::find(asked_.begin(), asked_.end(), word) != asked_.end()) continue;
    std::string list;
    for (const char* known : asked_) list += (list.empty() ? "" : ", ") + std::string(known);
    Fail(path_, key.source(), Full(word) + " is unknown: remove it, or use one of " + list);
  }
}

const toml::node* Section::Find(const char* key) {
  asked_.push_back(key);
  return table_ == nullptr ? nullptr : table_->get(key);
}

std::string Section::Full(std::string_view key) const {
  return name_.empty() ? std::string(key) : name_ + "." + std::string(key);
}

std::string ReadConfigFile(const std::string& path, const std::string& advice) {
  constexpr std::size_t kMostBytes = 262'144;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw ConfigError(path + ": " + std::strerror(errno) + ": " + advice);
  std::string text;
  ssize_t n = 0;
  char piece[4096];
  while (text.size() <= kMostBytes && (n = read(fd, piece, sizeof piece)) > 0) {
    text.append(piece, static_cast<std::size_t>(n));
  }
  const int error = errno;
  close(fd);
  if (n < 0) throw ConfigError(path + ": " + std::strerror(error));
  if (text.size() > kMostBytes) throw ConfigError(path + ": too large for a configuration");
  return text;
}

}  // namespace fieldwork::config
