// One pass over the characters; one look into each directory.
#include "ports/posix/command_line.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace fieldwork::posix {
namespace {

bool IsProgramName(const std::string& word) {
  if (word.find_first_of(" \t\r\n\v\f") != std::string::npos) return false;
  return word.front() == '/' || word.find('/') == std::string::npos;
}

bool IsExecutableFile(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::optional<std::vector<std::string>> SplitCommand(std::string_view command) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char next = i + 1 < command.size() ? command[i + 1] : '\0';
    if (command[i] == ',') {
      words.emplace_back();
    } else if (command[i] == '\\' && (next == ',' || next == '\\')) {
      words.back() += next;
      ++i;
    } else {
      words.back() += command[i];
    }
  }
  const bool any_empty =
      std::any_of(words.begin(), words.end(), [](const auto& word) { return word.empty(); });
  if (any_empty || !IsProgramName(words.front())) return std::nullopt;
  return words;
}

std::string FindProgram(const std::string& word, std::string_view path) {
  if (word.starts_with('/')) return word;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(':'), path.size());
    const std::string candidate = std::string(path.substr(0, end)) + "/" + word;
    if (candidate.starts_with('/') && end > 0 && IsExecutableFile(candidate)) return candidate;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return "";
}

}  // namespace fieldwork::posix
