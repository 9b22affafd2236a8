// Decides what the `command` of a runCommand step means: its words, and which program the
// first one is.
//
// Words are separated by commas and taken as they stand: blanks belong to them. "\," is a comma,
// "\\" a backslash; before any other character a backslash is just that. No shell looks at it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fieldwork::posix {

/// Nothing when a word is empty, or when the first one is not a program's name: it has a blank
/// in it, or a '/' without being absolute.
std::optional<std::vector<std::string>> SplitCommand(std::string_view command);

/// Where the program `word` is: itself if absolute, else the first executable file of that name
/// in the directories of `path`, which are separated by ':'; those not absolute are passed over.
/// Empty: there is none.
std::string FindProgram(const std::string& word, std::string_view path);

}  // namespace fieldwork::posix
