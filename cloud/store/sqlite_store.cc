// Decides how the store opens and commits, and where notices, tags and event settings lie.
#include "cloud/store/sqlite_store.h"

#include "cloud/store/opening.h"
#include "cloud/store/paging.h"
#include "cloud/store/pairs.h"
#include "cloud/store/statement.h"

namespace fieldwork::store {

using domain::Page;
using domain::PageRequest;

namespace {

constexpr std::int64_t kQueueOrdersAtOnce = 1000;

}  // namespace

SqliteStore::SqliteStore(const std::string& path) : database_(OpenDatabase(path)) {}
SqliteStore::~SqliteStore() = default;

void SqliteStore::Begin() { database_->Begin(); }
void SqliteStore::Commit() { database_->Commit(); }

void SqliteStore::Rollback() {
  database_->Rollback();
  event_settings_.reset();
  // The reservation may be rolled back as well: the next number asks for a new one.
  queue_orders_reserved_until_ = queue_order_;
}

std::int64_t SqliteStore::NextQueueOrder() {
  if (queue_order_ == queue_orders_reserved_until_) {
    Query reserve(*database_,
                  "UPDATE queue_orders SET reserved_until = reserved_until + ?1 "
                  "RETURNING reserved_until",
                  kQueueOrdersAtOnce);
    reserve.Next();
    queue_orders_reserved_until_ = reserve.Int(0);
    queue_order_ = queue_orders_reserved_until_ - kQueueOrdersAtOnce;
  }
  return ++queue_order_;
}

void SqliteStore::OweNotice(std::string_view thing) {
  Run(*database_, "INSERT INTO owed_notices VALUES (?1) ON CONFLICT DO NOTHING", thing);
}

void SqliteStore::ForgetNotice(std::string_view thing) {
  Run(*database_, "DELETE FROM owed_notices WHERE thing = ?1", thing);
}

std::vector<std::string> SqliteStore::OwedNotices() {
  Query rows(*database_, "SELECT thing FROM owed_notices ORDER BY thing");
  std::vector<std::string> things;
  while (rows.Next()) {
    things.push_back(rows.Text(0));
  }
  return things;
}

Page<std::string> SqliteStore::ThingsWithPending(const PageRequest& page) {
  const std::string after = KeyIn("pending", page.after);
  Query rows(*database_,
             "SELECT DISTINCT thing FROM executions INDEXED BY pending_executions "
             "WHERE status <= 1 AND thing > ?1 ORDER BY thing LIMIT ?2",
             after, RowsOf(page));
  return ReadNames("pending", page, rows);
}

std::vector<domain::Tag> SqliteStore::TagsOf(std::string_view arn) {
  Query rows(*database_, "SELECT key, value FROM tags WHERE arn = ?1 ORDER BY key", arn);
  std::vector<domain::Tag> tags;
  while (rows.Next()) {
    tags.push_back({rows.Text(0), rows.Text(1)});
  }
  return tags;
}

void SqliteStore::SaveTag(std::string_view arn, const domain::Tag& tag) {
  Run(*database_,
      "INSERT INTO tags VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value", arn,
      tag.key, tag.value);
}

void SqliteStore::DeleteTag(std::string_view arn, std::string_view key) {
  Run(*database_, "DELETE FROM tags WHERE arn = ?1 AND key = ?2", arn, key);
}

void SqliteStore::DeleteTags(std::string_view arn) {
  Run(*database_, "DELETE FROM tags WHERE arn = ?1", arn);
}

// Asked for at every execution that ends, changed hardly ever; nobody else writes this database.
domain::EventSettings SqliteStore::FindEventSettings() {
  if (!event_settings_) event_settings_ = ReadEventSettings();
  return *event_settings_;
}

domain::EventSettings SqliteStore::ReadEventSettings() {
  Query row(*database_, "SELECT enabled, created_at, modified_at FROM event_settings");
  domain::EventSettings settings;
  if (row.Next()) {
    for (const auto& [event, enabled] : row.PairsIn(0)) {
      settings.enabled[event] = enabled == "1";
    }
    settings.created_at = row.MaybeTime(1);
    settings.modified_at = row.MaybeTime(2);
  }
  return settings;
}

void SqliteStore::SaveEventSettings(const domain::EventSettings& settings) {
  event_settings_.reset();
  Pairs enabled;
  for (const auto& [event, on] : settings.enabled) {
    enabled.emplace_back(event, on ? "1" : "0");
  }
  Run(*database_, "INSERT OR REPLACE INTO event_settings VALUES (1, ?1, ?2, ?3)",
      EncodePairs(enabled), settings.created_at, settings.modified_at);
}

}  // namespace fieldwork::store
