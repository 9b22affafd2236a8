// The file behind FlashFile.
#include "ports/posix/flash_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "ports/posix/unique_fd.h"

namespace fieldwork::posix {
namespace {

constexpr std::size_t kBlockBytes = 512;
using Block = std::array<std::uint8_t, kBlockBytes>;

bool WriteAll(int fd, std::uint64_t offset, Bytes data) {
  while (!data.empty()) {
    const ssize_t n = pwrite(fd, data.data(), data.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    offset += static_cast<std::uint64_t>(n);
    data = data.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

bool ReadAll(int fd, std::uint64_t offset, MutableBytes out) {
  while (!out.empty()) {
    const ssize_t n = pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    offset += static_cast<std::uint64_t>(n);
    out = out.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

bool FillErased(int fd, std::uint64_t offset, std::uint64_t size) {
  Block block;
  block.fill(0xFF);
  while (size > 0) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(size, block.size()));
    if (!WriteAll(fd, offset, Bytes(block).first(n))) return false;
    offset += n;
    size -= n;
  }
  return true;
}

bool SyncFolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder =
      slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
  const UniqueFd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.valid() && fsync(fd.get()) == 0;
}

// Gives `from` the name `to` unless there is such a file by now: another process may have
// been a moment faster, and its file may be in use already.
bool RenameToNew(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return errno == EEXIST;
  return rename(from.c_str(), to.c_str()) == 0;  // A file system that cannot tell.
}

// Written under another name first: a file with the right name is always complete.
bool Create(const std::string& path, std::uint64_t size) {
  const std::string temporary = path + "." + std::to_string(getpid()) + ".new";
  unlink(temporary.c_str());
  const UniqueFd fd(open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  const bool ok = fd.valid() && FillErased(fd.get(), 0, size) && fsync(fd.get()) == 0 &&
                  RenameToNew(temporary, path) && SyncFolderOf(path);
  if (!ok) {
    const int why = errno;
    unlink(temporary.c_str());
    errno = why;
    return false;
  }
  unlink(temporary.c_str());  // Still there only when another process was faster.
  return true;
}

std::string Refusal(const std::string& path, const std::string& why) {
  return "flash file " + path + ": " + why;
}

int OpenExisting(const std::string& path) {
  // O_NONBLOCK: a FIFO must not make us wait.
  return open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

// Empty when the open file can serve; else the reason.
std::string Unfit(int fd, std::uint64_t size) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return std::strerror(errno);
  if (!S_ISREG(info.st_mode)) return "not a regular file";
  if (static_cast<std::uint64_t>(info.st_size) != size) {
    return "has " + std::to_string(info.st_size) + " bytes, this board's flash has " +
           std::to_string(size) + "; move the file away to start with an empty flash";
  }
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK ? "in use by another process" : std::strerror(errno);
  }
  return "";
}

}  // namespace

struct FlashFile::File {
  UniqueFd fd;
};

std::unique_ptr<FlashFile> FlashFile::Open(const std::string& path, const Geometry& geometry,
                                           std::string& error) {
  const std::uint64_t size = std::uint64_t{geometry.sector_bytes} * geometry.sector_count;
  if (size == 0 || size > UINT32_MAX) {
    error = Refusal(path, "a flash needs 1 byte to 4 GB");
    return nullptr;
  }
  auto file = std::make_shared<File>();
  file->fd.Reset(OpenExisting(path));
  if (!file->fd.valid() && errno == ENOENT) {
    if (!Create(path, size)) {
      error = Refusal(path, std::string("cannot be created: ") + std::strerror(errno));
      return nullptr;
    }
    file->fd.Reset(OpenExisting(path));
  }
  if (!file->fd.valid()) {
    const bool link = errno == ELOOP;
    error = Refusal(path, link ? "is a symbolic link, which is refused" : std::strerror(errno));
    return nullptr;
  }
  if (const std::string why = Unfit(file->fd.get(), size); !why.empty()) {
    error = Refusal(path, why);
    return nullptr;
  }
  return std::unique_ptr<FlashFile>(
      new FlashFile(std::move(file), 0, geometry.sector_bytes, geometry.sector_count));
}

std::unique_ptr<FlashFile> FlashFile::Region(std::uint32_t first_sector,
                                             std::uint32_t count) const {
  if (count == 0 || first_sector >= sector_count_ || count > sector_count_ - first_sector) {
    return nullptr;
  }
  return std::unique_ptr<FlashFile>(
      new FlashFile(file_, first_sector_ + first_sector, sector_bytes_, count));
}

FlashFile::FlashFile(std::shared_ptr<File> file, std::uint32_t first_sector,
                     std::uint32_t sector_bytes, std::uint32_t sector_count)
    : file_(std::move(file)),
      first_sector_(first_sector),
      sector_bytes_(sector_bytes),
      sector_count_(sector_count) {}

FlashFile::~FlashFile() = default;

Status FlashFile::Read(std::uint32_t offset, MutableBytes out) {
  if (!Contains(offset, out.size())) return Status::kBadArgument;
  return ReadAll(file_->fd.get(), FileOffset(offset), out) ? Status::kOk : Status::kIo;
}

Status FlashFile::Program(std::uint32_t offset, Bytes data) {
  if (!Contains(offset, data.size())) return Status::kBadArgument;
  FIELDWORK_TRY(CheckOnlyClears(offset, data));
  const bool ok =
      WriteAll(file_->fd.get(), FileOffset(offset), data) && fdatasync(file_->fd.get()) == 0;
  return ok ? Status::kOk : Status::kIo;
}

Status FlashFile::Erase(std::uint32_t sector) {
  if (sector >= sector_count_) return Status::kBadArgument;
  const bool ok = FillErased(file_->fd.get(), FileOffset(sector * sector_bytes_), sector_bytes_) &&
                  fdatasync(file_->fd.get()) == 0;
  return ok ? Status::kOk : Status::kIo;
}

bool FlashFile::Contains(std::uint32_t offset, std::size_t size) const {
  const std::uint64_t bytes = std::uint64_t{sector_bytes_} * sector_count_;
  return offset <= bytes && size <= bytes - offset;
}

std::uint64_t FlashFile::FileOffset(std::uint32_t offset) const {
  return std::uint64_t{first_sector_} * sector_bytes_ + offset;
}

Status FlashFile::CheckOnlyClears(std::uint32_t offset, Bytes data) {
  Block before;
  while (!data.empty()) {
    const std::size_t n = std::min(data.size(), before.size());
    if (!ReadAll(file_->fd.get(), FileOffset(offset), MutableBytes(before).first(n))) {
      return Status::kIo;
    }
    for (std::size_t i = 0; i < n; ++i) {
      if ((data[i] & ~before[i]) != 0) return Status::kBadArgument;
    }
    offset += static_cast<std::uint32_t>(n);
    data = data.subspan(n);
  }
  return Status::kOk;
}

}  // namespace fieldwork::posix
