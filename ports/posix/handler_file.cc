// openat() and fstat(), component by component.
#include "ports/posix/handler_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace fieldwork::posix {
namespace {

constexpr int kHandle = O_PATH | O_NOFOLLOW | O_CLOEXEC;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

HandlerFile Refuse(const char* reason, const std::string& path, const std::string& why) {
  return {UniqueFd(), reason, path + ": " + why};
}

HandlerFile NotSafe(const std::string& path, const std::string& why) {
  return Refuse("handler-not-safe", path, why);
}

HandlerFile CannotOpen(const std::string& path, int error) {
  const char* reason = "handler-not-safe";
  if (error == ENOENT || error == ENOTDIR) reason = "unknown-handler";
  if (error == EMFILE || error == ENFILE || error == ENOMEM) reason = "no-resources";
  return Refuse(reason, path, std::strerror(error));
}

// What must hold for directories and files alike; empty: it does.
std::string WhyOthersCanChangeIt(const struct stat& info) {
  if (info.st_uid != 0 && info.st_uid != geteuid()) {
    return "belongs to another user (uid " + std::to_string(info.st_uid) +
           "); chown it to root or to the user that runs the agent";
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return "group or others can write to it; run: chmod go-w";
  }
  return "";
}

std::string WhyNotADirectory(const struct stat& info) {
  if (S_ISLNK(info.st_mode)) return "is a symbolic link; name the directory itself";
  return S_ISDIR(info.st_mode) ? "" : "is not a directory";
}

std::string WhyNotAHandler(const struct stat& info) {
  if (S_ISLNK(info.st_mode)) return "is a symbolic link; put the file itself there";
  if (!S_ISREG(info.st_mode)) return "is not a regular file";
  if ((info.st_mode & (S_ISUID | S_ISGID)) != 0) return "is set-user-id or set-group-id";
  if ((info.st_mode & S_IXUSR) == 0) return "is not executable; run: chmod u+x";
  return WhyOthersCanChangeIt(info);
}

// Whether `path` is `top` or below it.
bool IsWithin(const std::string& path, const std::string& top) {
  if (top == "/") return true;
  return path.starts_with(top) && (path.size() == top.size() || path[top.size()] == '/');
}

// Walks down to a directory; each level is opened from the one before, which stays open until
// then, so that a renamed directory cannot lead astray.
class Walk {
 public:
  Walk(const std::string& directory, const std::string& trusted_above)
      : directory_(WithoutSlashAtEnd(directory)), top_(WithoutSlashAtEnd(trusted_above)) {
    if (!IsWithin(directory_, top_)) top_ = "/";
  }

  // The directory, or why not.
  HandlerFile Go() {
    if (!directory_.starts_with('/')) return NotSafe(directory_, "is not an absolute path");
    HandlerFile here = Enter(AT_FDCWD, "/", "/");
    for (std::size_t begin = 1; here.reason == nullptr && begin < directory_.size();) {
      const std::size_t end = std::min(directory_.find('/', begin), directory_.size());
      const std::string component = directory_.substr(begin, end - begin);
      const std::string path = directory_.substr(0, end);
      if (component == "." || component == "..") return NotSafe(path, "has . or .. in it");
      if (!component.empty()) here = Enter(here.fd.get(), component, path);
      begin = end + 1;
    }
    return here;
  }

 private:
  HandlerFile Enter(int from, const std::string& component, const std::string& path) const {
    UniqueFd fd(openat(from, component.c_str(), kHandle));
    struct stat info {};
    if (!fd.valid() || fstat(fd.get(), &info) != 0) return CannotOpen(path, errno);
    if (const std::string why = WhyNotADirectory(info); !why.empty()) return NotSafe(path, why);
    if (IsWithin(path, top_)) {
      if (const std::string why = WhyOthersCanChangeIt(info); !why.empty()) {
        return NotSafe(path, why);
      }
    }
    return {std::move(fd), nullptr, ""};
  }

  std::string directory_;
  std::string top_;
};

}  // namespace

bool HandlerNameIsValid(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), IsNameCharacter);
}

std::string WithoutSlashAtEnd(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

bool HandlerExists(const std::string& directory, const std::string& name) {
  struct stat info {};
  if (lstat((directory + "/" + name).c_str(), &info) == 0) return true;
  return errno != ENOENT && errno != ENOTDIR;
}

HandlerFile OpenHandler(const std::string& directory, const std::string& name,
                        const std::string& trusted_above) {
  const HandlerFile folder = Walk(directory, trusted_above).Go();
  if (folder.reason != nullptr) return {UniqueFd(), folder.reason, folder.problem};
  const std::string path = WithoutSlashAtEnd(directory) + "/" + name;
  UniqueFd fd(openat(folder.fd.get(), name.c_str(), kHandle));
  struct stat info {};
  if (!fd.valid() || fstat(fd.get(), &info) != 0) return CannotOpen(path, errno);
  if (const std::string why = WhyNotAHandler(info); !why.empty()) return NotSafe(path, why);
  return {std::move(fd), nullptr, ""};
}

}  // namespace fieldwork::posix
