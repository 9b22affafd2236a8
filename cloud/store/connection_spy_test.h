// Decides how a test gets at the connection that a store opened: to see its statements, to give it
// less room than it wants.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <set>
#include <string>
#include <vector>

namespace fieldwork::store {

/// Sees the connections that are opened while it lives.
class ConnectionSpy {
 public:
  ConnectionSpy() {
    statements().clear();
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(&Opened));
  }
  ~ConnectionSpy() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(&Opened)); }
  ConnectionSpy(const ConnectionSpy&) = delete;
  ConnectionSpy& operator=(const ConnectionSpy&) = delete;

  sqlite3* last() const { return connection(); }
  /// The texts of the statements that ran since the last call, each once.
  std::set<std::string> TakeStatements() { return std::exchange(statements(), {}); }

 private:
  static sqlite3*& connection() {
    static sqlite3* last = nullptr;
    return last;
  }
  static std::set<std::string>& statements() {
    static std::set<std::string> texts;
    return texts;
  }
  static int Opened(sqlite3* opened, char**, const sqlite3_api_routines*) {
    connection() = opened;
    return sqlite3_trace_v2(opened, SQLITE_TRACE_STMT, &Ran, nullptr);
  }
  static int Ran(unsigned, void*, void* statement, void*) {
    statements().insert(sqlite3_sql(static_cast<sqlite3_stmt*>(statement)));
    return 0;
  }
};

/// Runs `sql` and returns the column `column` of every row.
inline std::vector<std::string> Ask(sqlite3* connection, const std::string& sql, int column = 0) {
  std::vector<std::string> values;
  sqlite3_stmt* statement = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(connection, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
      << sql << ": " << sqlite3_errmsg(connection);
  while (sqlite3_step(statement) == SQLITE_ROW) {
    const auto* text = sqlite3_column_text(statement, column);
    values.emplace_back(text == nullptr ? "" : reinterpret_cast<const char*>(text));
  }
  sqlite3_finalize(statement);
  return values;
}

/// A connection of the test's own, as another program would open one.
class OwnConnection {
 public:
  explicit OwnConnection(const std::string& path) {
    EXPECT_EQ(sqlite3_open(path.c_str(), &handle_), SQLITE_OK);
  }
  ~OwnConnection() { sqlite3_close(handle_); }
  OwnConnection(const OwnConnection&) = delete;
  OwnConnection& operator=(const OwnConnection&) = delete;

  sqlite3* handle() { return handle_; }
  void Execute(const std::string& sql) {
    EXPECT_EQ(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sql << ": " << sqlite3_errmsg(handle_);
  }

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace fieldwork::store
