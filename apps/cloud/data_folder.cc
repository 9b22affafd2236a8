#include "apps/cloud/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace fieldwork::cloud {
namespace {

[[noreturn]] void Refuse(const std::filesystem::path& path, const std::string& why) {
  throw std::runtime_error(path.string() + ": " + why);
}

std::string HolderOf(int fd) {
  char pid[32] = {};
  return pread(fd, pid, sizeof pid - 1, 0) > 0 ? " (pid " + std::string(pid) + ")" : "";
}

void WritePid(int fd) {
  const std::string pid = std::to_string(getpid());
  if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    throw std::runtime_error(std::string("cannot write the lock file: ") + std::strerror(errno));
  }
}

}  // namespace

DataFolder::DataFolder(const std::filesystem::path& path) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(path, error);
  if (error) Refuse(path, "cannot be made: " + error.message());
  if (made && chmod(path.c_str(), 0700) != 0) Refuse(path, std::strerror(errno));
  const std::filesystem::path file = path / "serve.lock";
  lock_fd_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_fd_ < 0) Refuse(file, std::strerror(errno));
  if (flock(lock_fd_, LOCK_EX | LOCK_NB) != 0) {
    const std::string holder = HolderOf(lock_fd_);
    close(lock_fd_);
    Refuse(path, "another fieldwork-cloud serves this directory" + holder +
                     ": stop it, or give another --data");
  }
  WritePid(lock_fd_);
}

DataFolder::~DataFolder() { close(lock_fd_); }

}  // namespace fieldwork::cloud
