// Decides what the cloud remembers: one struct for each kind of thing that the store keeps.
//
// Plain values; the rules about them are in the classes beside this file. A name in a comment such
// as `ThingAttribute` is the AWS API's. Sizes and characters are checked before a record exists
// (cloud/domain/limits.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cloud/domain/time.h"

namespace fieldwork::domain {

using Attributes = std::map<std::string, std::string>;

struct Thing {
  std::string name;
  std::string id;  ///< UUID, made once.
  Attributes attributes;
  std::int64_t version = 1;
  Time created_at{};
};

struct Group {
  std::string name;
  std::string id;      ///< UUID, made once.
  std::string parent;  ///< Empty for a root group. Fixed at creation.
  std::string description;
  Attributes attributes;
  std::int64_t version = 1;
  Time created_at{};
};

enum class CertificateStatus : std::uint8_t { kActive, kInactive, kRevoked };

struct Certificate {
  std::string id;   ///< SHA-256 of the DER form, 64 hex digits, lower case.
  std::string pem;  ///< Never a key: a device's private key is not kept.
  CertificateStatus status = CertificateStatus::kInactive;
  Time created_at{};
  Time modified_at{};
  Time not_before{};
  Time not_after{};
  bool without_ca = false;  ///< RegisterCertificateWithoutCA: mode SNI_ONLY.
};

struct PolicyVersion {
  std::int64_t id = 1;  ///< "1", "2", ... never used again after a version was deleted.
  std::string document;
  Time created_at{};
};

struct Policy {
  std::string name;
  std::int64_t default_version = 1;
  std::int64_t last_version = 1;  ///< The highest id ever given.
  std::vector<PolicyVersion> versions;
  Time created_at{};
};

enum class TargetSelection : std::uint8_t { kSnapshot, kContinuous };
enum class JobStatus : std::uint8_t { kInProgress, kCanceled, kCompleted, kDeletionInProgress };

/// What is still to be done to a job's executions, slice by slice (Jobs::DoSomeWork). Kept in the
/// store, so that it goes on after a restart.
enum class JobWork : std::uint8_t {
  kNone,
  kRollout,      ///< Things wait in the rollout queue.
  kCancel,       ///< QUEUED executions are to become CANCELED.
  kForceCancel,  ///< QUEUED and IN_PROGRESS ones.
  kDelete,       ///< All are to go, then the job.
};

enum class ExecutionStatus : std::uint8_t {
  kQueued,
  kInProgress,
  kSucceeded,
  kFailed,
  kTimedOut,
  kRejected,
  kRemoved,
  kCanceled,
};
inline constexpr std::size_t kExecutionStatuses = 8;

constexpr bool IsTerminal(ExecutionStatus status) {
  return status != ExecutionStatus::kQueued && status != ExecutionStatus::kInProgress;
}

/// How many things have their latest execution in each status, indexed by ExecutionStatus.
struct JobCounts {
  std::int64_t of[kExecutionStatuses] = {};
  std::int64_t operator[](ExecutionStatus status) const { return of[static_cast<int>(status)]; }
};

struct Job {
  std::string id;
  std::int64_t sequence = 0;  ///< Order of creation; given by the store.
  JobStatus status = JobStatus::kInProgress;
  JobWork work = JobWork::kNone;
  TargetSelection selection = TargetSelection::kSnapshot;
  std::vector<std::string> targets;  ///< ARNs of things and groups, as given, then as associated.
  std::string description;
  std::optional<std::int64_t> in_progress_timeout_minutes;  ///< 1..10080.
  bool force_canceled = false;
  std::string reason_code;
  std::string comment;
  Time created_at{};
  Time updated_at{};
  std::optional<Time> completed_at;
};

/// In the order that the device gave them; keys are unique.
using StatusDetails = std::vector<std::pair<std::string, std::string>>;

struct Execution {
  std::string thing;
  std::string job;
  std::int64_t number = 1;  ///< executionNumber: per (thing, job), rising.
  ExecutionStatus status = ExecutionStatus::kQueued;
  std::int64_t version = 1;      ///< versionNumber: +1 with every change, by whomever.
  std::int64_t queue_order = 0;  ///< Tie-break of the same queued_at; given by the store.
  StatusDetails details;
  Time queued_at{};
  std::optional<Time> started_at;
  Time updated_at{};
  std::optional<Time> job_deadline;   ///< Of inProgressTimeoutInMinutes. IN_PROGRESS only.
  std::optional<Time> step_deadline;  ///< Of stepTimeoutInMinutes. IN_PROGRESS only.
  bool force_canceled = false;
};

/// The JobExecutionState of the API: what comes with a rejection or when a device asks for it.
struct ExecutionState {
  ExecutionStatus status = ExecutionStatus::kQueued;
  StatusDetails details;
  std::int64_t version = 1;
};

inline ExecutionState StateOf(const Execution& execution) {
  return {execution.status, execution.details, execution.version};
}
/// When the execution times out; empty when no timer runs.
std::optional<Time> DeadlineOf(const Execution& execution);

struct Tag {
  std::string key;
  std::string value;
};

/// Which $aws/events/... messages are sent (UpdateEventConfigurations).
struct EventSettings {
  std::map<std::string, bool> enabled;  ///< By AWS event type: "JOB", "JOB_EXECUTION".
  std::optional<Time> created_at;
  std::optional<Time> modified_at;
};

/// The names that AWS gives an execution status, a job status: QUEUED, IN_PROGRESS, ...
std::string_view NameOf(ExecutionStatus status);
std::string_view NameOf(JobStatus status);
std::string_view NameOf(TargetSelection selection);
std::string_view NameOf(CertificateStatus status);
std::optional<ExecutionStatus> ExecutionStatusFrom(std::string_view name);
std::optional<JobStatus> JobStatusFrom(std::string_view name);  ///< SCHEDULED is not one here.
std::optional<TargetSelection> TargetSelectionFrom(std::string_view name);
std::optional<CertificateStatus> CertificateStatusFrom(std::string_view name);

}  // namespace fieldwork::domain
