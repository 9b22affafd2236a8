// Decides where jobs lie, with their documents, targets, counts and the queue of their rollout.
#include <limits>

#include "cloud/store/paging.h"
#include "cloud/store/sqlite_store.h"
#include "cloud/store/statement.h"

// The key of the page first, then the columns in the order that ReadJob expects.
#define JOB_COLUMNS                                                                   \
  "sequence, id, status, work, selection, description, in_progress_timeout_minutes, " \
  "force_canceled, reason_code, comment, created_at, updated_at, completed_at"
#define NAMES_TARGET(parameter) \
  "sequence IN (SELECT sequence FROM job_targets WHERE target = " parameter ")"

namespace fieldwork::store {

using domain::ExecutionStatus;
using domain::Job;
using domain::JobStatus;
using domain::JobWork;
using domain::Page;
using domain::PageRequest;
using domain::TargetSelection;

namespace {

static_assert(static_cast<int>(JobStatus::kInProgress) == 0 &&
                  static_cast<int>(JobStatus::kCanceled) == 1 &&
                  static_cast<int>(JobStatus::kCompleted) == 2 &&
                  static_cast<int>(JobStatus::kDeletionInProgress) == 3,
              "these numbers are in the databases that people have");
static_assert(static_cast<int>(JobWork::kNone) == 0 && static_cast<int>(JobWork::kRollout) == 1 &&
                  static_cast<int>(JobWork::kCancel) == 2 &&
                  static_cast<int>(JobWork::kForceCancel) == 3 &&
                  static_cast<int>(JobWork::kDelete) == 4,
              "these numbers are in the databases that people have");
static_assert(static_cast<int>(TargetSelection::kSnapshot) == 0 &&
                  static_cast<int>(TargetSelection::kContinuous) == 1,
              "these numbers are in the databases that people have");

std::vector<std::string> TargetsOfJob(Database& database, std::int64_t sequence) {
  Query rows(database, "SELECT target FROM job_targets WHERE sequence = ?1 ORDER BY position",
             sequence);
  std::vector<std::string> targets;
  while (rows.Next()) {
    targets.push_back(rows.Text(0));
  }
  return targets;
}

Job ReadJob(Database& database, const Query& row) {
  Job job;
  job.sequence = row.Int(0);
  job.id = row.Text(1);
  job.status = row.OneOf(2, JobStatus::kDeletionInProgress);
  job.work = row.OneOf(3, JobWork::kDelete);
  job.selection = row.OneOf(4, TargetSelection::kContinuous);
  job.description = row.Text(5);
  job.in_progress_timeout_minutes = row.MaybeInt(6);
  job.force_canceled = row.Bool(7);
  job.reason_code = row.Text(8);
  job.comment = row.Text(9);
  job.created_at = row.Time(10);
  job.updated_at = row.Time(11);
  job.completed_at = row.MaybeTime(12);
  job.targets = TargetsOfJob(database, job.sequence);
  return job;
}

void InsertTargets(Database& database, std::int64_t sequence,
                   const std::vector<std::string>& targets) {
  for (std::size_t position = 0; position < targets.size(); ++position) {
    Run(database, "INSERT INTO job_targets VALUES (?1, ?2, ?3)", sequence, position,
        targets[position]);
  }
}

std::vector<std::string> ReadIds(Query& rows) {
  std::vector<std::string> ids;
  while (rows.Next()) {
    ids.push_back(rows.Text(0));
  }
  return ids;
}

}  // namespace

std::optional<Job> SqliteStore::FindJob(std::string_view id) {
  Query row(*database_, "SELECT " JOB_COLUMNS " FROM jobs WHERE id = ?1", id);
  return row.Next() ? std::optional(ReadJob(*database_, row)) : std::nullopt;
}

std::string SqliteStore::JobDocument(std::string_view id) {
  Query row(*database_, "SELECT document FROM job_documents WHERE job = ?1", id);
  return row.Next() ? row.Text(0) : std::string();
}

void SqliteStore::InsertJob(Job& job, std::string_view document) {
  Run(*database_,
      "INSERT INTO jobs (id, status, work, selection, description, in_progress_timeout_minutes, "
      "force_canceled, reason_code, comment, created_at, updated_at, completed_at) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
      job.id, job.status, job.work, job.selection, job.description, job.in_progress_timeout_minutes,
      job.force_canceled, job.reason_code, job.comment, job.created_at, job.updated_at,
      job.completed_at);
  job.sequence = database_->last_rowid();
  InsertTargets(*database_, job.sequence, job.targets);
  Run(*database_, "INSERT INTO job_documents VALUES (?1, ?2)", job.id, document);
  Run(*database_, "INSERT INTO job_counts (job) VALUES (?1)", job.id);
}

void SqliteStore::SaveJob(const Job& job) {
  RunOnOne(*database_,
           "UPDATE jobs SET status = ?2, work = ?3, description = ?4, "
           "in_progress_timeout_minutes = ?5, force_canceled = ?6, reason_code = ?7, comment = ?8, "
           "updated_at = ?9, completed_at = ?10 WHERE id = ?1",
           job.id, job.status, job.work, job.description, job.in_progress_timeout_minutes,
           job.force_canceled, job.reason_code, job.comment, job.updated_at, job.completed_at);
  Query row(*database_, "SELECT sequence FROM jobs WHERE id = ?1", job.id);
  row.Next();
  const std::int64_t sequence = row.Int(0);
  // They seldom change, and a job is saved often.
  if (TargetsOfJob(*database_, sequence) != job.targets) {
    Run(*database_, "DELETE FROM job_targets WHERE sequence = ?1", sequence);
    InsertTargets(*database_, sequence, job.targets);
  }
}

void SqliteStore::DeleteJob(std::string_view id) {
  Run(*database_,
      "DELETE FROM job_targets WHERE sequence = (SELECT sequence FROM jobs WHERE id = ?1)", id);
  Run(*database_, "DELETE FROM jobs WHERE id = ?1", id);
  Run(*database_, "DELETE FROM job_documents WHERE job = ?1", id);
  Run(*database_, "DELETE FROM job_counts WHERE job = ?1", id);
  ClearRollout(id);
}

Page<Job> SqliteStore::ListJobs(const domain::JobFilter& filter, const PageRequest& page) {
  const std::int64_t before =
      NumberIn("jobs", page.after).value_or(std::numeric_limits<std::int64_t>::max());
  const std::int64_t limit = RowsOf(page);
  const auto read = [&](const Query& row) { return ReadJob(*database_, row); };
  // Three statements, so that each filter has its index.
  if (!filter.target.empty()) {
    Query rows(*database_,
               "SELECT " JOB_COLUMNS " FROM jobs WHERE sequence < ?1 AND " NAMES_TARGET("?2")
               " AND (?3 IS NULL OR status = ?3) AND (?4 IS NULL OR selection = ?4) "
               "ORDER BY sequence DESC LIMIT ?5",
               before, filter.target, filter.status, filter.selection, limit);
    return ReadPage("jobs", page, rows, read);
  }
  if (filter.status.has_value()) {
    Query rows(*database_,
               "SELECT " JOB_COLUMNS
               " FROM jobs WHERE status = ?2 AND sequence < ?1 "
               "AND (?3 IS NULL OR selection = ?3) ORDER BY sequence DESC LIMIT ?4",
               before, filter.status, filter.selection, limit);
    return ReadPage("jobs", page, rows, read);
  }
  Query rows(*database_,
             "SELECT " JOB_COLUMNS
             " FROM jobs WHERE sequence < ?1 AND (?2 IS NULL OR selection = ?2) "
             "ORDER BY sequence DESC LIMIT ?3",
             before, filter.selection, limit);
  return ReadPage("jobs", page, rows, read);
}

std::vector<std::string> SqliteStore::ContinuousJobsOn(std::string_view target_arn) {
  Query rows(*database_,
             "SELECT id FROM jobs WHERE " NAMES_TARGET(
                 "?1") " AND +status = ?2 AND selection = ?3 ORDER BY sequence",
             target_arn, JobStatus::kInProgress, TargetSelection::kContinuous);
  return ReadIds(rows);
}

std::int64_t SqliteStore::CountJobs(JobStatus status) {
  Query row(*database_, "SELECT count(*) FROM jobs WHERE status = ?1", status);
  row.Next();
  return row.Int(0);
}

std::vector<std::string> SqliteStore::JobsWithWork(int limit) {
  Query rows(*database_,
             "SELECT id FROM jobs INDEXED BY jobs_with_work WHERE work <> 0 "
             "ORDER BY sequence LIMIT ?1",
             limit);
  return ReadIds(rows);
}

void SqliteStore::MoveCount(std::string_view job, std::optional<ExecutionStatus> from,
                            std::optional<ExecutionStatus> to) {
  domain::JobCounts change;
  if (from.has_value()) {
    --change.of[static_cast<int>(*from)];
  }
  if (to.has_value()) {
    ++change.of[static_cast<int>(*to)];
  }
  Run(*database_,
      "UPDATE job_counts SET queued = queued + ?2, in_progress = in_progress + ?3, "
      "succeeded = succeeded + ?4, failed = failed + ?5, timed_out = timed_out + ?6, "
      "rejected = rejected + ?7, removed = removed + ?8, canceled = canceled + ?9 WHERE job = ?1",
      job, change[ExecutionStatus::kQueued], change[ExecutionStatus::kInProgress],
      change[ExecutionStatus::kSucceeded], change[ExecutionStatus::kFailed],
      change[ExecutionStatus::kTimedOut], change[ExecutionStatus::kRejected],
      change[ExecutionStatus::kRemoved], change[ExecutionStatus::kCanceled]);
}

domain::JobCounts SqliteStore::Counts(std::string_view job) {
  Query row(*database_,
            "SELECT queued, in_progress, succeeded, failed, timed_out, rejected, removed, canceled "
            "FROM job_counts WHERE job = ?1",
            job);
  domain::JobCounts counts;
  if (row.Next()) {
    for (int status = 0; status < static_cast<int>(domain::kExecutionStatuses); ++status) {
      counts.of[status] = row.Int(status);
    }
  }
  return counts;
}

void SqliteStore::QueueRollout(std::string_view job, std::string_view thing) {
  Run(*database_, "INSERT INTO rollout_queue (job, thing) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
      job, thing);
}

std::vector<std::string> SqliteStore::TakeRollout(std::string_view job, int limit) {
  std::vector<std::string> things;
  std::int64_t last = 0;
  {
    Query rows(*database_,
               "SELECT sequence, thing FROM rollout_queue WHERE job = ?1 ORDER BY sequence "
               "LIMIT max(?2, 0)",
               job, limit);
    while (rows.Next()) {
      last = rows.Int(0);
      things.push_back(rows.Text(1));
    }
  }
  Run(*database_, "DELETE FROM rollout_queue WHERE job = ?1 AND sequence <= ?2", job, last);
  return things;
}

void SqliteStore::ClearRollout(std::string_view job) {
  Run(*database_, "DELETE FROM rollout_queue WHERE job = ?1", job);
}

void SqliteStore::RemoveFromRollout(std::string_view thing) {
  Run(*database_, "DELETE FROM rollout_queue WHERE thing = ?1", thing);
}

}  // namespace fieldwork::store
