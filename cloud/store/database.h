// Decides how we talk to SQLite: one connection, prepared statements kept for good, every error a
// domain::StoreError that says what to do.
//
// A write outside a transaction is refused: after some errors SQLite rolls back by itself, and what
// the caller writes then must not be applied without the rest.
// One thread. Source: sqlite.org, "The SQLite Error And Result Codes", "Transactions".
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <string>
#include <unordered_map>

#include "cloud/domain/store.h"

namespace fieldwork::store {

/// The text of a statement. Literals only: its address is the key of the statement cache.
struct Sql {
  template <std::size_t kSize>
  consteval Sql(const char (&literal)[kSize]) : text(literal), size(kSize - 1) {}

  const char* text;
  std::size_t size;
};

class Database {
 public:
  /// Opens what must be there; ":memory:" is a database of its own. Throws StoreError.
  explicit Database(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// For what is not worth a prepared statement: PRAGMA, CREATE, several statements in one text.
  void Execute(const std::string& sql);
  /// The first value of the first row as text; "" if there is none.
  std::string Ask(const std::string& sql);

  /// From the cache; reset, nothing bound. Lives as long as the database.
  sqlite3_stmt* Prepare(Sql sql);

  void Begin() { Execute("BEGIN IMMEDIATE"); }
  void Commit() { Execute("COMMIT"); }
  /// Never fails as far as the caller is concerned: a transaction that survived it fails Begin().
  void Rollback() noexcept;
  bool in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

  /// Rows that the last INSERT, UPDATE or DELETE changed; the rowid that the last INSERT gave.
  int changes() const { return sqlite3_changes(handle_); }
  std::int64_t last_rowid() const { return sqlite3_last_insert_rowid(handle_); }

  const std::string& path() const { return path_; }
  sqlite3* handle() { return handle_; }
  /// Throws what `code` means, with the words that SQLite has for the last error.
  [[noreturn]] void Fail(int code);

 private:
  std::string path_;
  sqlite3* handle_ = nullptr;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

/// A StoreError that names the file: "database /x/cloud.db: `text`".
domain::StoreError ErrorOf(const std::string& path, const std::string& text);

}  // namespace fieldwork::store
