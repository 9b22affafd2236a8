// Decides what the control plane may do with jobs, and carries out, slice by slice, what a job
// still owes its targets.
//
// A call does its first slice at once, so that a small job is rolled out, cancelled or deleted when
// the call returns; the rest is done by DoSomeWork(), which the composition root calls until it
// says that nothing is left. Source: AWS API reference, CreateJob and its siblings; developer
// guide, "Job configurations", "Jobs and job execution states".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloud/domain/context.h"
#include "cloud/domain/result.h"

namespace fieldwork::domain {

struct CreateJobRequest {
  std::string id;
  std::vector<std::string> targets;  ///< ARNs.
  std::string document;              ///< JSON text; its form was checked by whoever parsed it.
  std::string description;
  TargetSelection selection = TargetSelection::kSnapshot;
  std::optional<std::int64_t> in_progress_timeout_minutes;
  std::vector<Tag> tags;
};

struct UpdateJobRequest {
  std::optional<std::string> description;
  std::optional<std::int64_t> in_progress_timeout_minutes;
};

struct CancelJobRequest {
  std::string reason_code;
  std::string comment;
  bool force = false;
};

struct CancelExecutionRequest {
  bool force = false;
  std::optional<std::int64_t> expected_version;
  std::optional<StatusDetails> details;
};

struct JobDescription {
  Job job;
  JobCounts counts;
  std::vector<std::string> processing_targets;  ///< Its targets while it is being rolled out.
};

class Jobs {
 public:
  /// `first_slice`: how many executions a call creates, cancels or deletes at once.
  explicit Jobs(Context& context, int first_slice = 200)
      : context_(context), first_slice_(first_slice) {}

  /// kAlreadyExists, kNotFound (a target), kInvalidRequest, kLimitExceeded (more than 100 targets).
  Result<Job> Create(const CreateJobRequest& request, Time now);
  Result<JobDescription> Describe(std::string_view id);
  Result<std::string> Document(std::string_view id);
  Status Update(std::string_view id, const UpdateJobRequest& request, Time now);
  /// CONTINUOUS and IN_PROGRESS only.
  Result<Job> AssociateTargets(std::string_view id, const std::vector<std::string>& targets,
                               std::string_view comment, Time now);
  Result<Job> Cancel(std::string_view id, const CancelJobRequest& request, Time now);
  /// kInvalidStateTransition unless it is over or `force`; kLimitExceeded: ten are being deleted.
  Status Delete(std::string_view id, bool force, Time now);
  Result<Page<Job>> List(const JobFilter& filter, const PageRequest& page);

  /// The control plane's view: any status, the latest execution if `number` is empty.
  Result<Execution> DescribeExecution(std::string_view thing, std::string_view job,
                                      std::optional<std::int64_t> number);
  Status CancelExecution(std::string_view thing, std::string_view job,
                         const CancelExecutionRequest& request, Time now);
  Status DeleteExecution(std::string_view thing, std::string_view job, std::int64_t number,
                         bool force, Time now);
  Result<Page<Execution>> ListExecutionsOfJob(std::string_view job, const ExecutionFilter& filter,
                                              const PageRequest& page);
  Result<Page<Execution>> ListExecutionsOfThing(std::string_view thing,
                                                const ExecutionFilter& filter,
                                                const PageRequest& page);

  /// At most about `limit` executions are created, cancelled or deleted. True: there is more to do.
  bool DoSomeWork(int limit, Time now);

  /// To be called by whoever changes the registry, in the same transaction, after the change.
  /// `group` is the one that was joined or left; ancestors are looked up here.
  void ThingJoined(std::string_view thing, std::string_view group, Time now);
  void ThingLeft(std::string_view thing, std::string_view group, Time now);
  /// The thing is about to be deleted: what it had pending becomes REMOVED.
  void ThingRemoved(std::string_view thing, Time now);

 private:
  Job Begin(const Job& job, Time now);

  Context& context_;
  int first_slice_;
};

}  // namespace fieldwork::domain
