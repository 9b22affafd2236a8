// Decides how the authority's files are written and read: whole or not at all, keys for us alone.
#include "cloud/pki/private_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "cloud/pki/authority.h"

namespace fieldwork::pki {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 20;
constexpr mode_t kOthers = 0077;

[[noreturn]] void Fail(const std::string& verb, const std::filesystem::path& path) {
  throw PkiError("cannot " + verb + " " + path.string() + ": " +
                 std::generic_category().message(errno));
}

class File {
 public:
  File(const std::filesystem::path& path, int flags, mode_t mode = 0)
      : fd_(open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~File() {
    if (fd_ >= 0) {
      close(fd_);
    }
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

void WriteAll(int fd, std::string_view content, const std::filesystem::path& path) {
  while (!content.empty()) {
    const ssize_t n = write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      Fail("write", path);
    }
    content.remove_prefix(static_cast<std::size_t>(n));
  }
}

void FillNew(const std::filesystem::path& path, std::string_view content, mode_t mode) {
  unlink(path.c_str());  // What a crash left.
  const File file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  // The mode of open() is cut by the umask.
  if (file.fd() < 0 || fchmod(file.fd(), mode) != 0) {
    Fail("create", path);
  }
  WriteAll(file.fd(), content, path);
  if (fsync(file.fd()) != 0) {
    Fail("sync", path);
  }
}

std::optional<std::string> Read(const std::filesystem::path& path, bool secret) {
  const File file(path, O_RDONLY);
  if (file.fd() < 0 && errno == ENOENT) {
    return std::nullopt;
  }
  struct stat status {};
  if (file.fd() < 0 || fstat(file.fd(), &status) != 0) {
    Fail("open", path);
  }
  if (secret && (status.st_mode & kOthers) != 0) {
    throw PkiError(path.string() +
                   " is a private key that others may read: if nobody did, run `chmod 600 " +
                   path.string() + "`; otherwise move its folder away and let a new one be made");
  }
  std::string content;
  std::array<char, 4096> buffer{};
  while (content.size() <= kFileBytesMax) {
    const ssize_t n = read(file.fd(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      Fail("read", path);
    }
    if (n == 0) {
      return content;
    }
    content.append(buffer.data(), static_cast<std::size_t>(n));
  }
  throw PkiError(path.string() + " is too large to be a certificate or a key");
}

}  // namespace

void WriteWhole(const std::filesystem::path& path, std::string_view content, mode_t mode) {
  const std::filesystem::path temporary = path.string() + ".new";
  try {
    FillNew(temporary, content, mode);
  } catch (...) {
    unlink(temporary.c_str());
    throw;
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    Fail("replace", path);
  }
  const File folder(path.parent_path(), O_RDONLY | O_DIRECTORY);
  if (folder.fd() < 0 || fsync(folder.fd()) != 0) {
    Fail("sync the folder of", path);
  }
}

std::optional<std::string> ReadWhole(const std::filesystem::path& path) {
  return Read(path, false);
}

std::optional<std::string> ReadSecret(const std::filesystem::path& path) {
  return Read(path, true);
}

}  // namespace fieldwork::pki
