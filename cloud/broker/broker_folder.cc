// Decides what lies in DATA/broker and who may read it.
#include "cloud/broker/broker_folder.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "cloud/broker/broker_config.h"

namespace fieldwork::broker {
namespace {

using Json = nlohmann::json;

constexpr const char* kNoteFile = "broker.json";
constexpr off_t kLogBytesMax = off_t{8} << 20;
constexpr std::size_t kLogTailBytes = 1500;
constexpr mode_t kFileMode = 0600;
constexpr mode_t kFolderMode = 0700;

[[noreturn]] void Fail(const std::string& verb, const std::filesystem::path& path) {
  throw BrokerError("cannot " + verb + " " + path.string() + ": " +
                    std::generic_category().message(errno));
}

std::optional<std::string> ContentOf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return std::nullopt;
  }
  std::string content{std::istreambuf_iterator<char>(file), {}};
  return file.bad() ? std::nullopt : std::optional(std::move(content));
}

std::string Needed(const std::filesystem::path& path) {
  std::optional<std::string> content = ContentOf(path);
  if (!content) {
    Fail("read", path);
  }
  return *std::move(content);
}

void WriteAll(int fd, std::string_view content, const std::filesystem::path& path) {
  while (!content.empty()) {
    const ssize_t n = write(fd, content.data(), content.size());
    if (n < 0 && errno != EINTR) {
      Fail("write", path);
    }
    content.remove_prefix(n < 0 ? 0 : static_cast<std::size_t>(n));
  }
}

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* handle) const {
    kFree(handle);
  }
};
using BioPtr = std::unique_ptr<BIO, Free<BIO_free>>;
using CertificatePtr = std::unique_ptr<X509, Free<X509_free>>;

// The name by which OpenSSL looks for an issuer: hash of its subject, a dot, a number.
std::string TrustName(X509& certificate, const std::set<std::string>& taken) {
  int ok = 0;
  const unsigned long hash =
      X509_NAME_hash_ex(X509_get_subject_name(&certificate), nullptr, nullptr, &ok);
  if (ok != 1) {
    throw BrokerError("cannot hash the subject of a CA certificate");
  }
  std::array<char, 32> name{};
  for (int number = 0;; ++number) {
    std::snprintf(name.data(), name.size(), "%08lx.%d", hash, number);
    if (!taken.contains(name.data())) {
      return name.data();
    }
  }
}

}  // namespace

std::string AskedFor(const SupervisorOptions& options) {
  return Json{{"host", options.host},     {"port_443", options.port_443},
              {"region", options.region}, {"account", options.account},
              {"user", options.user},     {"plugin", !options.plugin.empty()}}
      .dump();
}

BrokerFolder::BrokerFolder(std::filesystem::path path, std::optional<RunAs> owner)
    : path_(std::move(path)), owner_(std::move(owner)) {}

void BrokerFolder::Open() {
  fd_.Reset(open(path_.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const UniqueFd readable(open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (fd_.get() < 0 || readable.get() < 0) {
    Fail("open the folder", path_);
  }
  if (fchmod(readable.get(), kFolderMode) != 0) {
    Fail("close to others the folder", path_);
  }
  GiveToOwner(readable.get());
}

void BrokerFolder::GiveToOwner(int fd) const {
  if (owner_ && fchown(fd, owner_->uid, owner_->gid) != 0) {
    Fail("give to the broker's user what is in", path_);
  }
}

// No fsync: all of this is written again whenever a broker starts.
void BrokerFolder::Write(const char* name, std::string_view content) const {
  WriteIn(path_, name, content);
}

void BrokerFolder::WriteIn(const std::filesystem::path& folder, const std::string& name,
                           std::string_view content) const {
  const std::filesystem::path path = folder / name;
  const std::filesystem::path temporary = path.string() + ".new";
  unlink(temporary.c_str());
  const UniqueFd file(
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (file.get() < 0) {
    Fail("create", temporary);
  }
  WriteAll(file.get(), content, temporary);
  if (name != kNoteFile) {
    GiveToOwner(file.get());
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    Fail("replace", path);
  }
}

bool BrokerFolder::Copy(const std::filesystem::path& from, const char* name) const {
  const std::string content = Needed(from);
  if (ContentOf(path_ / name) == content) {
    return false;
  }
  Write(name, content);
  return true;
}

void BrokerFolder::Trust(const std::filesystem::path& ca_pem) const {
  const std::filesystem::path folder = path_ / kTrustFolder;
  if (mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    Fail("create", folder);
  }
  const UniqueFd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (fd.get() < 0) {
    Fail("open", folder);
  }
  GiveToOwner(fd.get());
  // By the descriptor: the broker's user could put a link in the folder's place meanwhile.
  const std::filesystem::path held = "/proc/self/fd/" + std::to_string(fd.get());
  const std::string text = Needed(ca_pem);
  const BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  std::set<std::string> names;
  while (const auto ca = CertificatePtr(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))) {
    const std::string name = TrustName(*ca, names);
    const BioPtr out(BIO_new(BIO_s_mem()));
    const char* data = nullptr;
    if (PEM_write_bio_X509(out.get(), ca.get()) != 1) {
      throw BrokerError("cannot write a CA certificate");
    }
    const long bytes = BIO_get_mem_data(out.get(), &data);
    WriteIn(held, name, {data, static_cast<std::size_t>(bytes)});
    names.insert(name);
  }
  ERR_clear_error();
  if (names.empty()) {
    throw BrokerError(ca_pem.string() + " has no certificate in PEM");
  }
  for (const auto& entry : std::filesystem::directory_iterator(held / "")) {
    if (!names.contains(entry.path().filename().string())) {
      std::filesystem::remove(entry.path());
    }
  }
}

bool BrokerFolder::RemoveDatabase() const { return unlink((path_ / kDatabaseFile).c_str()) == 0; }

void BrokerFolder::WriteNote(const BrokerNote& note) const {
  const Json json{{"pid", note.process.pid},         {"start_time", note.process.start_time},
                  {"boot_id", note.process.boot_id}, {"port", note.port},
                  {"password", note.password},       {"asked_for", note.asked_for}};
  Write(kNoteFile, json.dump());
}

std::optional<BrokerNote> BrokerFolder::ReadNote() const {
  const UniqueFd file(open((path_ / kNoteFile).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  // The broker's user owns the folder and could put a note of its own there.
  if (file.get() < 0 || fstat(file.get(), &status) != 0 || status.st_uid != geteuid() ||
      (status.st_mode & 0077) != 0) {
    return std::nullopt;
  }
  std::array<char, 4096> buffer{};
  const ssize_t bytes = read(file.get(), buffer.data(), buffer.size());
  const Json json = Json::parse(buffer.data(), buffer.data() + (bytes < 0 ? 0 : bytes), nullptr,
                                /*allow_exceptions=*/false);
  try {
    return BrokerNote{{json.at("pid").get<pid_t>(), json.at("start_time").get<std::uint64_t>(),
                       json.at("boot_id").get<std::string>()},
                      json.at("port").get<std::uint16_t>(),
                      json.at("password").get<std::string>(),
                      json.at("asked_for").get<std::string>()};
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

bool BrokerFolder::RotateLog() const {
  const std::filesystem::path path = path_ / kLogFile;
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && status.st_size > kLogBytesMax &&
         rename(path.c_str(), (path.string() + ".1").c_str()) == 0;
}

std::string BrokerFolder::LastLogLines() const {
  const UniqueFd file(open((path_ / kLogFile).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  std::array<char, kLogTailBytes> tail{};
  lseek(file.get(), -static_cast<off_t>(tail.size()), SEEK_END);  // Fails when it is shorter.
  const ssize_t bytes = read(file.get(), tail.data(), tail.size());
  std::string_view text(tail.data(), bytes < 0 ? 0 : static_cast<std::size_t>(bytes));
  std::string lines;
  constexpr int kLinesMax = 4;
  for (int i = 0; i < kLinesMax && !text.empty(); ++i) {
    text = text.substr(0, text.find_last_not_of('\n') + 1);
    const std::size_t begin = text.rfind('\n') + 1;  // npos + 1 is 0.
    lines = std::string(text.substr(begin)) + (lines.empty() ? "" : " | ") + lines;
    text = text.substr(0, begin);
  }
  return lines;
}

std::string BrokerFolder::socket_path() const {
  return "/proc/self/fd/" + std::to_string(fd_.get()) + "/" + kSocketFile;
}

bool BrokerFolder::SocketAccepts() const {
  const UniqueFd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = socket_path();
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  // The socket interface takes any address by its common head.
  return connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace fieldwork::broker
