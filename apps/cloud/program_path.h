// Decides where the program's companions are: beside it, as the build leaves them.
#pragma once

#include <filesystem>

namespace fieldwork::cloud {

/// The folder of the running program. Throws std::filesystem::filesystem_error without /proc.
inline std::filesystem::path ProgramFolder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

}  // namespace fieldwork::cloud
