// Decides what the rules may ask of a database: one interface, SQLite and others behind it.
//
// Everything happens inside a transaction that somebody else opened (cloud/domain/batch.h). Reads
// see the writes of the same transaction. A function throws StoreError when the database fails:
// nobody below the batch catches it, and the batch is taken back as a whole.
// Returned values are copies. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "cloud/domain/records.h"
#include "cloud/domain/time.h"

namespace fieldwork::domain {

/// The database failed: full disk, broken file, lock. The open transaction must be rolled back.
class StoreError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Which part of a list is wanted: at most `limit` items after the place that an earlier page
/// returned as `next`; "" is the beginning. A place that is not one of the store's is the
/// beginning.
struct PageRequest {
  int limit = 250;
  std::string after;
};
template <typename T>
struct Page {
  std::vector<T> items;
  std::string next;  ///< Empty: there is no more.
};

struct JobFilter {
  std::optional<JobStatus> status;
  std::optional<TargetSelection> selection;
  std::string target;  ///< ARN of a group that the job must name as a target; empty: any.
};
struct ExecutionFilter {
  std::optional<ExecutionStatus> status;
  std::string job;  ///< For ListExecutionsOfThing; empty: any.
};

class Store {
 public:
  virtual ~Store() = default;

  /// One transaction at a time; Commit() returns when it is durable (power may go).
  virtual void Begin() = 0;
  virtual void Commit() = 0;
  virtual void Rollback() = 0;

  // Things. Names are unique, comparison is byte by byte, lists are in the order of the names.
  virtual std::optional<Thing> FindThing(std::string_view name) = 0;
  virtual bool HasThing(std::string_view name) = 0;
  virtual void SaveThing(const Thing& thing) = 0;       ///< Inserts or replaces.
  virtual void DeleteThing(std::string_view name) = 0;  ///< With its memberships.
  /// `attribute` empty: all. Else those which have it with that value (or that prefix of one).
  virtual Page<Thing> ListThings(std::string_view attribute, std::string_view value,
                                 bool value_is_prefix, const PageRequest& page) = 0;

  // Static thing groups, a forest. Order of the names.
  virtual std::optional<Group> FindGroup(std::string_view name) = 0;
  virtual void SaveGroup(const Group& group) = 0;
  virtual void DeleteGroup(std::string_view name) = 0;  ///< With its memberships.
  virtual int CountChildren(std::string_view name) = 0;
  /// `parent` empty: all of the forest if recursive, else the roots; otherwise what is below it.
  virtual Page<Group> ListGroups(std::string_view parent, bool recursive, std::string_view prefix,
                                 const PageRequest& page) = 0;
  /// The group itself, then its parent, up to the root.
  virtual std::vector<std::string> GroupAndAncestors(std::string_view name) = 0;

  virtual void AddMember(std::string_view thing, std::string_view group) = 0;  ///< Twice: harmless.
  virtual bool RemoveMember(std::string_view thing, std::string_view group) = 0;  ///< Was it one?
  virtual std::vector<std::string> GroupsOfThing(std::string_view thing) = 0;     ///< Direct ones.
  virtual Page<std::string> ListMembers(std::string_view group, bool recursive,
                                        const PageRequest& page) = 0;

  // Certificates. Order of registration.
  virtual std::optional<Certificate> FindCertificate(std::string_view id) = 0;
  virtual void SaveCertificate(const Certificate& certificate) = 0;
  virtual void DeleteCertificate(std::string_view id) = 0;
  virtual Page<Certificate> ListCertificates(bool ascending, const PageRequest& page) = 0;
  virtual void AttachToThing(std::string_view certificate, std::string_view thing) = 0;
  virtual bool DetachFromThing(std::string_view certificate, std::string_view thing) = 0;
  virtual Page<std::string> ThingsOfCertificate(std::string_view certificate,
                                                const PageRequest& page) = 0;
  virtual Page<std::string> CertificatesOfThing(std::string_view thing,
                                                const PageRequest& page) = 0;

  // Policies. Targets are ARNs of certificates and thing groups.
  virtual std::optional<Policy> FindPolicy(std::string_view name) = 0;
  virtual void SavePolicy(const Policy& policy) = 0;
  virtual void DeletePolicy(std::string_view name) = 0;
  virtual Page<Policy> ListPolicies(bool ascending, const PageRequest& page) = 0;
  virtual void AttachPolicy(std::string_view policy, std::string_view target_arn) = 0;
  virtual bool DetachPolicy(std::string_view policy, std::string_view target_arn) = 0;
  virtual Page<std::string> PoliciesOf(std::string_view target_arn, const PageRequest& page) = 0;
  virtual Page<std::string> TargetsOf(std::string_view policy, const PageRequest& page) = 0;

  // Jobs. InsertJob gives job.sequence. SaveJob writes what may change after creation.
  virtual std::optional<Job> FindJob(std::string_view id) = 0;
  virtual std::string JobDocument(std::string_view id) = 0;  ///< JSON text; "" if there is no job.
  virtual void InsertJob(Job& job, std::string_view document) = 0;
  virtual void SaveJob(const Job& job) = 0;
  virtual void DeleteJob(std::string_view id) = 0;  ///< With counts and rollout queue.
  virtual Page<Job> ListJobs(const JobFilter& filter,
                             const PageRequest& page) = 0;  ///< Newest first.
  /// CONTINUOUS jobs IN_PROGRESS that name this ARN as a target, oldest first.
  virtual std::vector<std::string> ContinuousJobsOn(std::string_view target_arn) = 0;
  virtual std::int64_t CountJobs(JobStatus status) = 0;
  /// Jobs whose work is not kNone, oldest first.
  virtual std::vector<std::string> JobsWithWork(int limit) = 0;

  /// Moves one thing of the job from one count to another; empty: it was, or will be, in none.
  virtual void MoveCount(std::string_view job, std::optional<ExecutionStatus> from,
                         std::optional<ExecutionStatus> to) = 0;
  virtual JobCounts Counts(std::string_view job) = 0;

  // The rollout queue: things that are to get an execution of a job. First in, first out per job; a
  // thing is in it once per job.
  virtual void QueueRollout(std::string_view job, std::string_view thing) = 0;
  virtual void QueueRolloutOfGroup(std::string_view job,
                                   std::string_view group) = 0;  ///< Recursive.
  virtual std::vector<std::string> TakeRollout(std::string_view job, int limit) = 0;  ///< Removes.
  virtual void ClearRollout(std::string_view job) = 0;
  virtual void RemoveFromRollout(std::string_view thing) = 0;  ///< From every job's.

  // Executions. Find: the latest (highest number) if `number` is empty.
  virtual std::optional<Execution> FindExecution(std::string_view thing, std::string_view job,
                                                 std::optional<std::int64_t> number) = 0;
  virtual void InsertExecution(Execution& execution) = 0;  ///< Gives queue_order.
  virtual void SaveExecution(const Execution& execution) = 0;
  virtual void DeleteExecution(const Execution& execution) = 0;
  /// The pending list: IN_PROGRESS before QUEUED, then queued_at, then queue_order.
  virtual std::vector<Execution> Pending(std::string_view thing, int limit) = 0;
  virtual std::vector<Execution> ExecutionsDue(Time now, int limit) = 0;  ///< Earliest first.
  virtual std::optional<Time> NextDeadline() = 0;
  /// Executions of a job that are in one of `statuses`; any order. All, if it is empty.
  virtual std::vector<Execution> ExecutionsOf(std::string_view job,
                                              std::span<const ExecutionStatus> statuses,
                                              int limit) = 0;
  /// Every execution, in pages; order of (thing, number).
  virtual Page<Execution> ListExecutionsOfJob(std::string_view job, const ExecutionFilter& filter,
                                              const PageRequest& page) = 0;
  virtual Page<Execution> ListExecutionsOfThing(std::string_view thing,
                                                const ExecutionFilter& filter,
                                                const PageRequest& page) = 0;  ///< Newest first.

  // Things that are owed a notify or notify-next: written with the change, forgotten after the
  // message left. What is still there at a start is sent again.
  virtual void OweNotice(std::string_view thing) = 0;
  virtual void ForgetNotice(std::string_view thing) = 0;
  virtual std::vector<std::string> OwedNotices() = 0;
  /// Things that have at least one pending execution, in pages, order of the names.
  virtual Page<std::string> ThingsWithPending(const PageRequest& page) = 0;

  // Tags, by ARN, in the order of the keys. Event settings: one for the account.
  virtual std::vector<Tag> TagsOf(std::string_view arn) = 0;
  virtual void SaveTag(std::string_view arn, const Tag& tag) = 0;
  virtual void DeleteTag(std::string_view arn, std::string_view key) = 0;
  virtual void DeleteTags(std::string_view arn) = 0;
  virtual EventSettings FindEventSettings() = 0;
  virtual void SaveEventSettings(const EventSettings& settings) = 0;
};

}  // namespace fieldwork::domain
