// Decides how the cloud's records lie in SQLite: WAL, synchronous=FULL, numbered migrations.
//
// Commit() returns when the transaction is on the disk. A database of a newer schema is refused
// before anything is touched. One connection, one thread; other processes may read.
// What domain::Store leaves open is as cloud/domain/testing/memory_store.h says; a write outside a
// transaction, Begin() twice and Commit() without one throw StoreError.
// Source: sqlite.org, "Write-Ahead Logging", "PRAGMA synchronous".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cloud/domain/store.h"

namespace fieldwork::store {

class Database;

class SqliteStore final : public domain::Store {
 public:
  /// Opens or makes the file (":memory:" for tests), mode 0600, and brings its schema up to date.
  /// Throws domain::StoreError with the reason: newer schema, not a database, no permission.
  explicit SqliteStore(const std::string& path);
  ~SqliteStore() override;

  void Begin() override;
  void Commit() override;
  void Rollback() override;

  // Things, groups: sqlite_things.cc
  std::optional<domain::Thing> FindThing(std::string_view name) override;
  bool HasThing(std::string_view name) override;
  void SaveThing(const domain::Thing& thing) override;
  void DeleteThing(std::string_view name) override;
  domain::Page<domain::Thing> ListThings(std::string_view attribute, std::string_view value,
                                         bool value_is_prefix,
                                         const domain::PageRequest& page) override;
  std::optional<domain::Group> FindGroup(std::string_view name) override;
  void SaveGroup(const domain::Group& group) override;
  void DeleteGroup(std::string_view name) override;
  int CountChildren(std::string_view name) override;
  domain::Page<domain::Group> ListGroups(std::string_view parent, bool recursive,
                                         std::string_view prefix,
                                         const domain::PageRequest& page) override;
  std::vector<std::string> GroupAndAncestors(std::string_view name) override;
  void AddMember(std::string_view thing, std::string_view group) override;
  bool RemoveMember(std::string_view thing, std::string_view group) override;
  std::vector<std::string> GroupsOfThing(std::string_view thing) override;
  domain::Page<std::string> ListMembers(std::string_view group, bool recursive,
                                        const domain::PageRequest& page) override;

  // Certificates, policies: sqlite_access.cc
  std::optional<domain::Certificate> FindCertificate(std::string_view id) override;
  void SaveCertificate(const domain::Certificate& certificate) override;
  void DeleteCertificate(std::string_view id) override;
  domain::Page<domain::Certificate> ListCertificates(bool ascending,
                                                     const domain::PageRequest& page) override;
  void AttachToThing(std::string_view certificate, std::string_view thing) override;
  bool DetachFromThing(std::string_view certificate, std::string_view thing) override;
  domain::Page<std::string> ThingsOfCertificate(std::string_view certificate,
                                                const domain::PageRequest& page) override;
  domain::Page<std::string> CertificatesOfThing(std::string_view thing,
                                                const domain::PageRequest& page) override;
  std::optional<domain::Policy> FindPolicy(std::string_view name) override;
  void SavePolicy(const domain::Policy& policy) override;
  void DeletePolicy(std::string_view name) override;
  domain::Page<domain::Policy> ListPolicies(bool ascending,
                                            const domain::PageRequest& page) override;
  void AttachPolicy(std::string_view policy, std::string_view target_arn) override;
  bool DetachPolicy(std::string_view policy, std::string_view target_arn) override;
  domain::Page<std::string> PoliciesOf(std::string_view target_arn,
                                       const domain::PageRequest& page) override;
  domain::Page<std::string> TargetsOf(std::string_view policy,
                                      const domain::PageRequest& page) override;

  // Jobs, counts, the rollout queue: sqlite_jobs.cc
  std::optional<domain::Job> FindJob(std::string_view id) override;
  std::string JobDocument(std::string_view id) override;
  void InsertJob(domain::Job& job, std::string_view document) override;
  void SaveJob(const domain::Job& job) override;
  void DeleteJob(std::string_view id) override;
  domain::Page<domain::Job> ListJobs(const domain::JobFilter& filter,
                                     const domain::PageRequest& page) override;
  std::vector<std::string> ContinuousJobsOn(std::string_view target_arn) override;
  std::int64_t CountJobs(domain::JobStatus status) override;
  std::vector<std::string> JobsWithWork(int limit) override;
  void MoveCount(std::string_view job, std::optional<domain::ExecutionStatus> from,
                 std::optional<domain::ExecutionStatus> to) override;
  domain::JobCounts Counts(std::string_view job) override;
  void QueueRollout(std::string_view job, std::string_view thing) override;
  void QueueRolloutOfGroup(std::string_view job, std::string_view group) override;
  std::vector<std::string> TakeRollout(std::string_view job, int limit) override;
  void ClearRollout(std::string_view job) override;
  void RemoveFromRollout(std::string_view thing) override;

  // Executions: sqlite_executions.cc
  std::optional<domain::Execution> FindExecution(std::string_view thing, std::string_view job,
                                                 std::optional<std::int64_t> number) override;
  void InsertExecution(domain::Execution& execution) override;
  void SaveExecution(const domain::Execution& execution) override;
  void DeleteExecution(const domain::Execution& execution) override;
  std::vector<domain::Execution> Pending(std::string_view thing, int limit) override;
  std::vector<domain::Execution> ExecutionsDue(domain::Time now, int limit) override;
  std::optional<domain::Time> NextDeadline() override;
  std::vector<domain::Execution> ExecutionsOf(std::string_view job,
                                              std::span<const domain::ExecutionStatus> statuses,
                                              int limit) override;
  domain::Page<domain::Execution> ListExecutionsOfJob(std::string_view job,
                                                      const domain::ExecutionFilter& filter,
                                                      const domain::PageRequest& page) override;
  domain::Page<domain::Execution> ListExecutionsOfThing(std::string_view thing,
                                                        const domain::ExecutionFilter& filter,
                                                        const domain::PageRequest& page) override;

  // Notices, tags, event settings: sqlite_store.cc
  void OweNotice(std::string_view thing) override;
  void ForgetNotice(std::string_view thing) override;
  std::vector<std::string> OwedNotices() override;
  domain::Page<std::string> ThingsWithPending(const domain::PageRequest& page) override;
  std::vector<domain::Tag> TagsOf(std::string_view arn) override;
  void SaveTag(std::string_view arn, const domain::Tag& tag) override;
  void DeleteTag(std::string_view arn, std::string_view key) override;
  void DeleteTags(std::string_view arn) override;
  domain::EventSettings FindEventSettings() override;
  void SaveEventSettings(const domain::EventSettings& settings) override;

 private:
  std::int64_t NextQueueOrder();
  domain::EventSettings ReadEventSettings();

  std::unique_ptr<Database> database_;
  // Numbers are taken from a block that a row of the database has reserved: one write for many.
  std::int64_t queue_order_ = 0;
  std::int64_t queue_orders_reserved_until_ = 0;
  std::optional<domain::EventSettings> event_settings_;  // As this transaction sees them.
};

}  // namespace fieldwork::store
