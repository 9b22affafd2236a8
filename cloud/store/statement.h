// Decides how values go into a statement and come out of it.
//
// Query rows(database, "SELECT a, b FROM t WHERE c = ?1", c);  while (rows.Next()) rows.Text(0) ...
// Texts are not copied when they are bound: they must outlive the Query, so that a temporary string
// does not compile. Run() is one whole statement and takes temporaries too.
#pragma once

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "cloud/domain/time.h"
#include "cloud/store/database.h"
#include "cloud/store/pairs.h"

namespace fieldwork::store {

class Query {
 public:
  template <typename... Values>
  Query(Database& database, Sql sql, Values&&... values)
      : Query(Lifetimes::kChecked, database, sql, values...) {
    static_assert(!(std::is_same_v<Values, std::string> || ...),
                  "a temporary string would be gone before the rows are read");
  }
  ~Query() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// True: there is a row to read. Throws StoreError.
  bool Next() {
    const int code = sqlite3_step(statement_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
      database_.Fail(code);
    }
    return code == SQLITE_ROW;
  }

  // Columns of the row, from 0.
  std::int64_t Int(int column) const { return sqlite3_column_int64(statement_, column); }
  bool Bool(int column) const { return Int(column) != 0; }
  domain::Time Time(int column) const { return domain::FromMillis(Int(column)); }
  std::string Text(int column) const {
    const unsigned char* text = sqlite3_column_text(statement_, column);
    const int bytes = sqlite3_column_bytes(statement_, column);
    return text == nullptr ? std::string() : std::string(text, text + bytes);  // May hold NULs.
  }
  std::optional<std::int64_t> MaybeInt(int column) const {
    return IsNull(column) ? std::nullopt : std::optional(Int(column));
  }
  std::optional<domain::Time> MaybeTime(int column) const {
    return IsNull(column) ? std::nullopt : std::optional(Time(column));
  }
  /// A number from 0 to `last`; another one is not ours: StoreError.
  template <typename Enum>
  Enum OneOf(int column, Enum last) const {
    const std::int64_t value = Int(column);
    if (value < 0 || value > static_cast<std::int64_t>(last)) {
      throw ErrorOf(database_.path(),
                    "a row holds a number that stands for nothing: restore a backup");
    }
    return static_cast<Enum>(value);
  }

  Pairs PairsIn(int column) const {
    std::optional<Pairs> pairs = DecodePairs(Text(column));
    if (!pairs.has_value()) {
      throw ErrorOf(database_.path(), "a row holds a list that cannot be read: restore a backup");
    }
    return *std::move(pairs);
  }

  /// Runs a statement that returns no rows; returns how many rows it changed.
  template <typename... Values>
  friend int Run(Database& database, Sql sql, const Values&... values);

 private:
  enum class Lifetimes { kChecked };

  template <typename... Values>
  Query(Lifetimes, Database& database, Sql sql, const Values&... values)
      : database_(database), statement_(database.Prepare(sql)) {
    int index = 0;
    (Bind(++index, values), ...);
  }

  bool IsNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

  template <typename Value>
  void Bind(int index, const Value& value) {
    if constexpr (std::convertible_to<Value, std::string_view>) {
      const std::string_view text = value;
      // A null pointer would be NULL.
      Check(sqlite3_bind_text(statement_, index, text.data() == nullptr ? "" : text.data(),
                              static_cast<int>(text.size()), SQLITE_STATIC));
    } else if constexpr (std::is_same_v<Value, domain::Time>) {
      Check(sqlite3_bind_int64(statement_, index, domain::ToMillis(value)));
    } else {
      Check(sqlite3_bind_int64(statement_, index, static_cast<std::int64_t>(value)));
    }
  }
  template <typename Value>
  void Bind(int index, const std::optional<Value>& value) {
    if (value.has_value()) {
      Bind(index, *value);
    } else {
      Check(sqlite3_bind_null(statement_, index));
    }
  }
  void Check(int code) {
    if (code != SQLITE_OK) {
      database_.Fail(code);
    }
  }

  Database& database_;
  sqlite3_stmt* statement_;
};

template <typename... Values>
int Run(Database& database, Sql sql, const Values&... values) {
  Query query(Query::Lifetimes::kChecked, database, sql, values...);
  query.Next();
  return database.changes();
}

/// As Run(), where exactly one row must change: what is not there cannot be saved.
template <typename... Values>
void RunOnOne(Database& database, Sql sql, const Values&... values) {
  if (Run(database, sql, values...) != 1) {
    throw ErrorOf(database.path(), "a record that is to be changed is not there");
  }
}

}  // namespace fieldwork::store
