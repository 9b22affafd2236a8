// Decides who owns a data directory: one service at a time, for as long as it lives.
#pragma once

#include <filesystem>

namespace fieldwork::cloud {

/// Makes the directory (mode 0700) if need be and locks it until destroyed, or until the process
/// ends in whatever way. Throws std::runtime_error: another service has it, or it cannot be made.
class DataFolder {
 public:
  explicit DataFolder(const std::filesystem::path& path);
  ~DataFolder();
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

 private:
  int lock_fd_ = -1;
};

}  // namespace fieldwork::cloud
