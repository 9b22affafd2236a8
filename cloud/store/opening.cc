#include "cloud/store/opening.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "cloud/store/migrations.h"

namespace fieldwork::store {
namespace {

// sqlite.org, "Database File Format", section 1.3.
constexpr std::string_view kMagic{"SQLite format 3\0", 16};
constexpr std::size_t kHeaderBytes = 100;
constexpr std::size_t kUserVersionAt = 60;
constexpr std::size_t kApplicationIdAt = 68;

struct Identity {
  std::int64_t application_id = 0;
  std::int64_t schema = 0;
};

std::int64_t BigEndian(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return static_cast<std::int32_t>(value);
}

/// Makes the file if it is not there; takes everybody else's rights to it away. Returns the header,
/// "" of a new file. SQLite has not opened it yet: closing a file drops the locks that the process
/// has on it.
std::string ReadHeader(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0 && errno == ENOENT) {
    throw ErrorOf(path, "its folder does not exist: make it");
  }
  if (file < 0) {
    throw ErrorOf(path, std::string("cannot be opened: ") + std::strerror(errno));
  }
  struct stat about {};
  std::string header(kHeaderBytes, '\0');
  const bool known = ::fstat(file, &about) == 0;
  const ssize_t bytes = ::pread(file, header.data(), header.size(), 0);
  ::close(file);
  if (!known || !S_ISREG(about.st_mode) || bytes < 0) {
    throw ErrorOf(path, "is not a file that can be read");
  }
  header.resize(static_cast<std::size_t>(bytes));
  return header;
}

/// -wal and -shm get the mode of the database when they are made; these may be older.
void KeepToOwner(const std::string& path) {
  for (const char* const suffix : {"", "-wal", "-shm"}) {
    const std::string name = path + suffix;
    if (::chmod(name.c_str(), S_IRUSR | S_IWUSR) != 0 && errno != ENOENT) {
      throw ErrorOf(path, "its mode cannot be set to 0600: " + std::string(std::strerror(errno)));
    }
  }
}

void RefuseOthers(const std::string& path, const Identity& identity) {
  if (identity.application_id != kApplicationId && identity.application_id != 0) {
    throw ErrorOf(path, "is the database of another program: choose another path");
  }
  if (identity.application_id == kApplicationId && identity.schema > NewestSchema()) {
    throw ErrorOf(path, "its schema has version " + std::to_string(identity.schema) +
                            ", this program knows versions up to " +
                            std::to_string(NewestSchema()) + ": use the newer program");
  }
}

void CheckHeader(const std::string& path, const std::string& header) {
  if (header.empty()) {
    return;
  }
  if (header.size() < kHeaderBytes || !header.starts_with(kMagic)) {
    throw ErrorOf(path, "is not a database: choose another path");
  }
  RefuseOthers(path, {BigEndian(header, kApplicationIdAt), BigEndian(header, kUserVersionAt)});
}

/// The header may be older than the WAL: what counts is what SQLite reads from both.
void CheckContents(Database& database) {
  const Identity identity{std::stoll(database.Ask("PRAGMA application_id")),
                          std::stoll(database.Ask("PRAGMA user_version"))};
  RefuseOthers(database.path(), identity);
  // A start that was cut short leaves a file without tables; anything else without our mark, ...
  const bool empty =
      identity.schema == 0 && database.Ask("SELECT count(*) FROM sqlite_schema") == "0";
  if (identity.application_id == 0 && !empty) {
    throw ErrorOf(database.path(), "is the database of another program: choose another path");
  }
}

void Configure(Database& database) {
  const std::string mode = database.Ask("PRAGMA journal_mode = WAL");
  if (mode != "wal" && database.path() != ":memory:") {
    throw ErrorOf(database.path(), "its file system has no shared memory: use a local disk");
  }
  database.Execute(
      "PRAGMA synchronous = FULL;"
      "PRAGMA wal_autocheckpoint = 4000;"      // Pages: 16 MB of WAL, then into the file.
      "PRAGMA journal_size_limit = 33554432;"  // A WAL that a long reader made grow is cut.
      "PRAGMA cache_size = -8192;"             // KiB.
      "PRAGMA mmap_size = 0;"                  // A broken disk is an error, not a signal.
      "PRAGMA temp_store = MEMORY;");
}

}  // namespace

std::unique_ptr<Database> OpenDatabase(const std::string& path) {
  const bool in_memory = path == ":memory:";
  if (!in_memory) {
    CheckHeader(path, ReadHeader(path));
  }
  auto database = std::make_unique<Database>(path);
  // Closing must not carry the WAL of a refused database into its file.
  sqlite3_db_config(database->handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  CheckContents(*database);
  sqlite3_db_config(database->handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  if (!in_memory) {
    KeepToOwner(path);
  }
  Configure(*database);
  Migrate(*database);
  return database;
}

}  // namespace fieldwork::store
