// Decides what an error of SQLite means to whoever reads the log.
#include "cloud/store/database.h"

namespace fieldwork::store {
namespace {

constexpr int kBusyTimeoutMs = 5000;

const char* MeaningOf(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL: return "the disk is full: free some space";
    case SQLITE_IOERR: return "the disk does not read or write: check it and its free space";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "another process is writing to it: stop that one";
    case SQLITE_CORRUPT: return "the file is damaged: restore a backup";
    case SQLITE_NOTADB: return "the file is not a database: check the path";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return "it may not be written: check owner and mode of file and folder";
    case SQLITE_CANTOPEN: return "the file cannot be opened: check owner and mode of the folder";
    case SQLITE_NOMEM: return "there is not enough memory";
    default: return "a statement failed";
  }
}

}  // namespace

domain::StoreError ErrorOf(const std::string& path, const std::string& text) {
  return domain::StoreError("database " + path + ": " + text);
}

Database::Database(const std::string& path) : path_(path) {
  const int create = path == ":memory:" ? SQLITE_OPEN_CREATE : 0;
  const int code = sqlite3_open_v2(
      path.c_str(), &handle_,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | create, nullptr);
  if (code == SQLITE_OK) {
    sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    return;
  }
  const std::string text = std::string(MeaningOf(code)) + " (" + sqlite3_errstr(code) + ")";
  sqlite3_close(handle_);
  throw ErrorOf(path, text);
}

Database::~Database() {
  for (const auto& [text, statement] : statements_) {
    sqlite3_finalize(statement);
  }
  sqlite3_close(handle_);
}

void Database::Execute(const std::string& sql) {
  if (const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
      code != SQLITE_OK) {
    Fail(code);
  }
}

std::string Database::Ask(const std::string& sql) {
  std::string answer;
  const auto keep_first = [](void* to, int, char** values, char**) {
    auto& text = *static_cast<std::string*>(to);
    if (text.empty() && values[0] != nullptr) {
      text = values[0];
    }
    return 0;
  };
  if (const int code = sqlite3_exec(handle_, sql.c_str(), keep_first, &answer, nullptr);
      code != SQLITE_OK) {
    Fail(code);
  }
  return answer;
}

sqlite3_stmt* Database::Prepare(Sql sql) {
  sqlite3_stmt*& statement = statements_[sql.text];
  if (statement == nullptr) {
    const int code = sqlite3_prepare_v3(handle_, sql.text, static_cast<int>(sql.size),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) {
      Fail(code);
    }
  }
  if (sqlite3_stmt_readonly(statement) == 0 && !in_transaction()) {
    throw ErrorOf(path_, "a write outside a transaction was refused");
  }
  return statement;
}

void Database::Rollback() noexcept {
  if (in_transaction()) {
    sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Database::Fail(int code) {
  throw ErrorOf(path_, std::string(MeaningOf(code)) + " (SQLite error " + std::to_string(code) +
                           ": " + sqlite3_errmsg(handle_) + ")");
}

}  // namespace fieldwork::store
