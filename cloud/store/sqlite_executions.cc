// Decides where executions lie and how the queries of the hot path find them.
#include <algorithm>
#include <limits>

#include "cloud/store/paging.h"
#include "cloud/store/pairs.h"
#include "cloud/store/sqlite_store.h"
#include "cloud/store/statement.h"

// In the order that ReadExecution expects.
#define EXECUTION_COLUMNS                                                              \
  "thing, job, number, status, version, queue_order, details, queued_at, started_at, " \
  "updated_at, job_deadline, step_deadline, force_canceled"
// The executions of a job in one status, as one arm of the list of all. Each comes from the index
// in the order that is wanted, SQLite merges them: nothing is sorted, nothing read in vain.
#define ARM(status)                                                                   \
  "SELECT " EXECUTION_COLUMNS " FROM executions WHERE job = ?1 AND status = " #status \
  " AND (thing, number) > (?2, ?3) "

namespace fieldwork::store {

using domain::Execution;
using domain::ExecutionStatus;
using domain::Page;
using domain::PageRequest;

namespace {

static_assert(static_cast<int>(ExecutionStatus::kQueued) == 0 &&
                  static_cast<int>(ExecutionStatus::kInProgress) == 1 &&
                  static_cast<int>(ExecutionStatus::kSucceeded) == 2 &&
                  static_cast<int>(ExecutionStatus::kFailed) == 3 &&
                  static_cast<int>(ExecutionStatus::kTimedOut) == 4 &&
                  static_cast<int>(ExecutionStatus::kRejected) == 5 &&
                  static_cast<int>(ExecutionStatus::kRemoved) == 6 &&
                  static_cast<int>(ExecutionStatus::kCanceled) == 7 &&
                  domain::kExecutionStatuses == 8,
              "these numbers are in the databases that people have");

Execution ReadExecution(const Query& row) {
  Execution execution;
  execution.thing = row.Text(0);
  execution.job = row.Text(1);
  execution.number = row.Int(2);
  execution.status = row.OneOf(3, ExecutionStatus::kCanceled);
  execution.version = row.Int(4);
  execution.queue_order = row.Int(5);
  execution.details = row.PairsIn(6);
  execution.queued_at = row.Time(7);
  execution.started_at = row.MaybeTime(8);
  execution.updated_at = row.Time(9);
  execution.job_deadline = row.MaybeTime(10);
  execution.step_deadline = row.MaybeTime(11);
  execution.force_canceled = row.Bool(12);
  return execution;
}

std::vector<Execution> ReadAll(Query& rows) {
  std::vector<Execution> executions;
  while (rows.Next()) {
    executions.push_back(ReadExecution(rows));
  }
  return executions;
}

// A place in the list of a job: "number thing".
struct ThingAndNumber {
  std::string thing;
  std::int64_t number = 0;
};

std::string KeyOf(const Query& row) { return row.Text(2) + " " + row.Text(0); }

ThingAndNumber ThingAndNumberIn(std::string_view list, std::string_view place) {
  const std::string key = KeyIn(list, place);
  const std::size_t space = std::min(key.find(' '), key.size());
  ThingAndNumber last{key.substr(std::min(space + 1, key.size())), 0};
  for (const char digit : key.substr(0, space)) {
    if (digit < '0' || digit > '9' || last.number > std::numeric_limits<int>::max()) {
      return {};
    }
    last.number = last.number * 10 + (digit - '0');
  }
  return last;
}

}  // namespace

std::optional<Execution> SqliteStore::FindExecution(std::string_view thing, std::string_view job,
                                                    std::optional<std::int64_t> number) {
  if (number.has_value()) {
    Query row(*database_,
              "SELECT " EXECUTION_COLUMNS
              " FROM executions WHERE thing = ?1 AND job = ?2 AND number = ?3",
              thing, job, number);
    return row.Next() ? std::optional(ReadExecution(row)) : std::nullopt;
  }
  Query row(*database_,
            "SELECT " EXECUTION_COLUMNS
            " FROM executions WHERE thing = ?1 AND job = ?2 ORDER BY number DESC LIMIT 1",
            thing, job);
  return row.Next() ? std::optional(ReadExecution(row)) : std::nullopt;
}

void SqliteStore::InsertExecution(Execution& execution) {
  execution.queue_order = NextQueueOrder();
  Run(*database_,
      "INSERT INTO executions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
      execution.thing, execution.job, execution.number, execution.status, execution.version,
      execution.queue_order, EncodePairs(execution.details), execution.queued_at,
      execution.started_at, execution.updated_at, execution.job_deadline, execution.step_deadline,
      DeadlineOf(execution), execution.force_canceled);
}

void SqliteStore::SaveExecution(const Execution& execution) {
  const std::string details = EncodePairs(execution.details);
  // SQLite writes an index anew when one of its columns is set, even to what it was. Most updates
  // report progress and touch none of them: they write the row alone.
  const int changed =
      Run(*database_,
          "UPDATE executions SET version = ?5, details = ?6, started_at = ?8, updated_at = ?9, "
          "job_deadline = ?10, step_deadline = ?11, force_canceled = ?13 "
          "WHERE thing = ?1 AND job = ?2 AND number = ?3 "
          "AND status = ?4 AND queued_at = ?7 AND deadline IS ?12",
          execution.thing, execution.job, execution.number, execution.status, execution.version,
          details, execution.queued_at, execution.started_at, execution.updated_at,
          execution.job_deadline, execution.step_deadline, DeadlineOf(execution),
          execution.force_canceled);
  if (changed == 1) {
    return;
  }
  RunOnOne(*database_,
           "UPDATE executions SET status = ?4, version = ?5, details = ?6, queued_at = ?7, "
           "started_at = ?8, updated_at = ?9, job_deadline = ?10, step_deadline = ?11, "
           "deadline = ?12, force_canceled = ?13 WHERE thing = ?1 AND job = ?2 AND number = ?3",
           execution.thing, execution.job, execution.number, execution.status, execution.version,
           details, execution.queued_at, execution.started_at, execution.updated_at,
           execution.job_deadline, execution.step_deadline, DeadlineOf(execution),
           execution.force_canceled);
}

void SqliteStore::DeleteExecution(const Execution& execution) {
  Run(*database_, "DELETE FROM executions WHERE thing = ?1 AND job = ?2 AND number = ?3",
      execution.thing, execution.job, execution.number);
}

std::vector<Execution> SqliteStore::Pending(std::string_view thing, int limit) {
  Query rows(*database_,
             "SELECT " EXECUTION_COLUMNS
             " FROM executions INDEXED BY pending_executions WHERE thing = ?1 AND status <= 1 "
             "ORDER BY status DESC, queued_at, queue_order LIMIT max(?2, 0)",
             thing, limit);
  return ReadAll(rows);
}

std::vector<Execution> SqliteStore::ExecutionsDue(domain::Time now, int limit) {
  Query rows(*database_,
             "SELECT " EXECUTION_COLUMNS
             " FROM executions INDEXED BY executions_by_deadline WHERE deadline <= ?1 "
             "ORDER BY deadline, thing, job, number LIMIT max(?2, 0)",
             now, limit);
  return ReadAll(rows);
}

std::optional<domain::Time> SqliteStore::NextDeadline() {
  Query row(*database_, "SELECT min(deadline) FROM executions WHERE deadline IS NOT NULL");
  return row.Next() ? row.MaybeTime(0) : std::nullopt;
}

std::vector<Execution> SqliteStore::ExecutionsOf(std::string_view job,
                                                 std::span<const ExecutionStatus> statuses,
                                                 int limit) {
  if (statuses.empty()) {
    Query rows(*database_,
               "SELECT " EXECUTION_COLUMNS " FROM executions WHERE job = ?1 LIMIT max(?2, 0)", job,
               limit);
    return ReadAll(rows);
  }
  std::vector<Execution> found;
  for (const ExecutionStatus status : statuses) {
    Query rows(*database_,
               "SELECT " EXECUTION_COLUMNS
               " FROM executions WHERE job = ?1 AND status = ?2 LIMIT max(?3, 0)",
               job, status, limit - static_cast<int>(found.size()));
    const std::vector<Execution> more = ReadAll(rows);
    found.insert(found.end(), more.begin(), more.end());
  }
  return found;
}

Page<Execution> SqliteStore::ListExecutionsOfJob(std::string_view job,
                                                 const domain::ExecutionFilter& filter,
                                                 const PageRequest& page) {
  const ThingAndNumber last = ThingAndNumberIn("executions-of-job", page.after);
  if (filter.status.has_value()) {
    Query rows(*database_,
               "SELECT " EXECUTION_COLUMNS
               " FROM executions WHERE job = ?1 AND status = ?4 "
               "AND (thing, number) > (?2, ?3) ORDER BY thing, number LIMIT ?5",
               job, last.thing, last.number, filter.status, RowsOf(page));
    return ReadPage("executions-of-job", page, rows, ReadExecution, KeyOf);
  }
  Query rows(*database_,
             ARM(0) "UNION ALL " ARM(1) "UNION ALL " ARM(2) "UNION ALL " ARM(3) "UNION ALL " ARM(
                 4) "UNION ALL " ARM(5) "UNION ALL " ARM(6) "UNION ALL " ARM(7)
                 "ORDER BY thing, number LIMIT ?4",
             job, last.thing, last.number, RowsOf(page));
  return ReadPage("executions-of-job", page, rows, ReadExecution, KeyOf);
}

Page<Execution> SqliteStore::ListExecutionsOfThing(std::string_view thing,
                                                   const domain::ExecutionFilter& filter,
                                                   const PageRequest& page) {
  const std::int64_t before = NumberIn("executions-of-thing", page.after)
                                  .value_or(std::numeric_limits<std::int64_t>::max());
  Query rows(*database_,
             "SELECT " EXECUTION_COLUMNS
             " FROM executions WHERE thing = ?1 AND queue_order < ?2 "
             "AND (?3 IS NULL OR status = ?3) AND (?4 = '' OR job = ?4) "
             "ORDER BY queue_order DESC LIMIT ?5",
             thing, before, filter.status, filter.job, RowsOf(page));
  return ReadPage("executions-of-thing", page, rows, ReadExecution,
                  [](const Query& row) { return row.Text(5); });
}

}  // namespace fieldwork::store
