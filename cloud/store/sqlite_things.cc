// Decides where things, their attributes and the forest of groups lie.
#include "cloud/store/paging.h"
#include "cloud/store/pairs.h"
#include "cloud/store/sqlite_store.h"
#include "cloud/store/statement.h"

// Columns after the key of the page, in the order that the readers below expect.
#define THING_COLUMNS "t.name, t.id, t.version, t.created_at"
#define GROUP_COLUMNS "g.name, g.id, g.parent, g.description, g.attributes, g.version, g.created_at"
// The group ?1 and all groups below it.
#define SUBTREE                                         \
  "WITH RECURSIVE subtree(name) AS (VALUES (?1) UNION " \
  "SELECT g.name FROM thing_groups AS g JOIN subtree ON g.parent = subtree.name) "

namespace fieldwork::store {

using domain::Group;
using domain::Page;
using domain::PageRequest;
using domain::Thing;

namespace {

// UTF-8 has no such byte: it ends the range of the texts that begin with a prefix.
constexpr const char* kAboveUtf8 = "\xff";

Thing ReadThing(Database& database, const Query& row) {
  Thing thing;
  thing.name = row.Text(0);
  thing.id = row.Text(1);
  thing.version = row.Int(2);
  thing.created_at = row.Time(3);
  Query attributes(database, "SELECT name, value FROM thing_attributes WHERE thing = ?1",
                   thing.name);
  while (attributes.Next()) {
    thing.attributes.emplace(attributes.Text(0), attributes.Text(1));
  }
  return thing;
}

Group ReadGroup(const Query& row) {
  Group group;
  group.name = row.Text(0);
  group.id = row.Text(1);
  group.parent = row.Text(2);
  group.description = row.Text(3);
  for (auto& [key, value] : row.PairsIn(4)) {
    group.attributes.emplace(std::move(key), std::move(value));
  }
  group.version = row.Int(5);
  group.created_at = row.Time(6);
  return group;
}

}  // namespace

std::optional<Thing> SqliteStore::FindThing(std::string_view name) {
  Query row(*database_, "SELECT " THING_COLUMNS " FROM things AS t WHERE t.name = ?1", name);
  return row.Next() ? std::optional(ReadThing(*database_, row)) : std::nullopt;
}

bool SqliteStore::HasThing(std::string_view name) {
  return Query(*database_, "SELECT 1 FROM things WHERE name = ?1", name).Next();
}

void SqliteStore::SaveThing(const Thing& thing) {
  Run(*database_, "INSERT OR REPLACE INTO things VALUES (?1, ?2, ?3, ?4)", thing.name, thing.id,
      thing.version, thing.created_at);
  Run(*database_, "DELETE FROM thing_attributes WHERE thing = ?1", thing.name);
  for (const auto& [name, value] : thing.attributes) {
    Run(*database_, "INSERT INTO thing_attributes VALUES (?1, ?2, ?3)", thing.name, name, value);
  }
}

void SqliteStore::DeleteThing(std::string_view name) {
  Run(*database_, "DELETE FROM things WHERE name = ?1", name);
  Run(*database_, "DELETE FROM thing_attributes WHERE thing = ?1", name);
  Run(*database_, "DELETE FROM group_members WHERE thing = ?1", name);
  Run(*database_, "DELETE FROM thing_certificates WHERE thing = ?1", name);
}

Page<Thing> SqliteStore::ListThings(std::string_view attribute, std::string_view value,
                                    bool value_is_prefix, const PageRequest& page) {
  const std::string after = KeyIn("things", page.after);
  const std::int64_t limit = RowsOf(page);
  const auto read = [&](const Query& row) { return ReadThing(*database_, row); };
  if (attribute.empty()) {
    Query rows(*database_,
               "SELECT " THING_COLUMNS
               " FROM things AS t WHERE t.name > ?1 ORDER BY t.name LIMIT ?2",
               after, limit);
    return ReadPage("things", page, rows, read);
  }
  if (!value_is_prefix) {
    Query rows(*database_,
               "SELECT " THING_COLUMNS
               " FROM thing_attributes AS a CROSS JOIN things AS t ON t.name = a.thing "
               "WHERE a.name = ?1 AND a.value = ?2 AND a.thing > ?3 ORDER BY a.thing LIMIT ?4",
               attribute, value, after, limit);
    return ReadPage("things", page, rows, read);
  }
  const std::string end = std::string(value) + kAboveUtf8;
  Query rows(*database_,
             "SELECT " THING_COLUMNS
             " FROM thing_attributes AS a CROSS JOIN things AS t ON t.name = a.thing "
             "WHERE a.name = ?1 AND a.value >= ?2 AND a.value < ?3 AND a.thing > ?4 "
             "ORDER BY a.thing LIMIT ?5",
             attribute, value, end, after, limit);
  return ReadPage("things", page, rows, read);
}

std::optional<Group> SqliteStore::FindGroup(std::string_view name) {
  Query row(*database_, "SELECT " GROUP_COLUMNS " FROM thing_groups AS g WHERE g.name = ?1", name);
  return row.Next() ? std::optional(ReadGroup(row)) : std::nullopt;
}

void SqliteStore::SaveGroup(const Group& group) {
  Run(*database_, "INSERT OR REPLACE INTO thing_groups VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
      group.name, group.id, group.parent, group.description, EncodePairs(group.attributes),
      group.version, group.created_at);
}

void SqliteStore::DeleteGroup(std::string_view name) {
  Run(*database_, "DELETE FROM thing_groups WHERE name = ?1", name);
  Run(*database_, "DELETE FROM group_members WHERE group_name = ?1", name);
}

int SqliteStore::CountChildren(std::string_view name) {
  Query row(*database_, "SELECT count(*) FROM thing_groups WHERE parent = ?1", name);
  row.Next();
  return static_cast<int>(row.Int(0));
}

Page<Group> SqliteStore::ListGroups(std::string_view parent, bool recursive,
                                    std::string_view prefix, const PageRequest& page) {
  const std::string after = KeyIn("groups", page.after);
  const std::string end = std::string(prefix) + kAboveUtf8;
  const std::int64_t limit = RowsOf(page);
  if (!recursive) {
    Query rows(*database_,
               "SELECT " GROUP_COLUMNS
               " FROM thing_groups AS g WHERE g.parent = ?1 AND g.name > ?2 AND g.name >= ?3 "
               "AND g.name < ?4 ORDER BY g.name LIMIT ?5",
               parent, after, prefix, end, limit);
    return ReadPage("groups", page, rows, ReadGroup);
  }
  if (parent.empty()) {
    Query rows(*database_,
               "SELECT " GROUP_COLUMNS
               " FROM thing_groups AS g WHERE g.name > ?1 AND g.name >= ?2 AND g.name < ?3 "
               "ORDER BY g.name LIMIT ?4",
               after, prefix, end, limit);
    return ReadPage("groups", page, rows, ReadGroup);
  }
  Query rows(*database_,
             SUBTREE "SELECT " GROUP_COLUMNS
                     " FROM thing_groups AS g WHERE g.name IN subtree AND g.name <> ?1 "
                     "AND g.name > ?2 AND g.name >= ?3 AND g.name < ?4 ORDER BY g.name LIMIT ?5",
             parent, after, prefix, end, limit);
  return ReadPage("groups", page, rows, ReadGroup);
}

std::vector<std::string> SqliteStore::GroupAndAncestors(std::string_view name) {
  Query rows(*database_,
             "WITH RECURSIVE path(depth, name, parent) AS ("
             "SELECT 0, name, parent FROM thing_groups WHERE name = ?1 UNION ALL "
             "SELECT depth + 1, g.name, g.parent FROM path "
             "JOIN thing_groups AS g ON g.name = path.parent) "
             "SELECT name FROM path ORDER BY depth",
             name);
  std::vector<std::string> path;
  while (rows.Next()) {
    path.push_back(rows.Text(0));
  }
  return path;
}

void SqliteStore::AddMember(std::string_view thing, std::string_view group) {
  Run(*database_, "INSERT INTO group_members VALUES (?1, ?2) ON CONFLICT DO NOTHING", group, thing);
}

bool SqliteStore::RemoveMember(std::string_view thing, std::string_view group) {
  return Run(*database_, "DELETE FROM group_members WHERE group_name = ?1 AND thing = ?2", group,
             thing) > 0;
}

std::vector<std::string> SqliteStore::GroupsOfThing(std::string_view thing) {
  Query rows(*database_,
             "SELECT group_name FROM group_members WHERE thing = ?1 ORDER BY group_name", thing);
  std::vector<std::string> groups;
  while (rows.Next()) {
    groups.push_back(rows.Text(0));
  }
  return groups;
}

Page<std::string> SqliteStore::ListMembers(std::string_view group, bool recursive,
                                           const PageRequest& page) {
  const std::string after = KeyIn("members", page.after);
  if (!recursive) {
    Query rows(*database_,
               "SELECT thing FROM group_members WHERE group_name = ?1 AND thing > ?2 "
               "ORDER BY thing LIMIT ?3",
               group, after, RowsOf(page));
    return ReadNames("members", page, rows);
  }
  Query rows(*database_,
             SUBTREE
             "SELECT DISTINCT thing FROM group_members WHERE group_name IN subtree AND thing > ?2 "
             "ORDER BY thing LIMIT ?3",
             group, after, RowsOf(page));
  return ReadNames("members", page, rows);
}

// Here because of SUBTREE; the rest of the rollout queue is in sqlite_jobs.cc.
void SqliteStore::QueueRolloutOfGroup(std::string_view job, std::string_view group) {
  Run(*database_,
      SUBTREE
      "INSERT INTO rollout_queue (job, thing) "
      "SELECT DISTINCT ?2, thing FROM group_members WHERE group_name IN subtree ORDER BY thing "
      "ON CONFLICT DO NOTHING",
      group, job);
}

}  // namespace fieldwork::store
