// Decides what the control plane may do with jobs as a whole. Where the AWS documents are silent:
//
// * CreateJob with an id that exists is refused even if everything is the same.
// * Updating or cancelling a job that is over, or being deleted, is an invalid request.
// * Deleting a job that is still being cancelled ends the cancelling; its event is not sent then.
#include "cloud/domain/jobs.h"

#include <algorithm>
#include <utility>

#include "cloud/domain/checks.h"
#include "cloud/domain/execution_changes.h"
#include "cloud/domain/job_targets.h"
#include "cloud/domain/job_work.h"
#include "cloud/domain/limits.h"

namespace fieldwork::domain {
namespace {

Status CheckTimeout(std::optional<std::int64_t> minutes) {
  return minutes ? CheckTimeoutMinutes("inProgressTimeoutInMinutes", *minutes) : Ok();
}

Status CheckTargetCount(std::size_t count) {
  if (count == 0) {
    return InvalidRequest("targets is empty; name at least one thing or thing group.");
  }
  if (count > kJobTargetsMax) {
    return Error{ErrorCode::kLimitExceeded,
                 "The job would have " + std::to_string(count) + " targets; at most " +
                     std::to_string(kJobTargetsMax) + " are allowed. Put the things in a group."};
  }
  return Ok();
}

Status CheckNew(const CreateJobRequest& request) {
  CLOUD_TRY(CheckJobId(request.id));
  CLOUD_TRY(CheckTargetCount(request.targets.size()));
  if (request.document.empty()) {
    return InvalidRequest("The job document is empty; give a JSON object.");
  }
  if (request.document.size() > kJobDocumentBytesMax) {
    return InvalidRequest("The job document has " + std::to_string(request.document.size()) +
                          " bytes; at most " + std::to_string(kJobDocumentBytesMax) +
                          " are allowed.");
  }
  CLOUD_TRY(CheckText("description", request.description, kDescriptionMax));
  CLOUD_TRY(CheckTimeout(request.in_progress_timeout_minutes));
  return CheckTags(request.tags);
}

Status CheckCancel(const CancelJobRequest& request) {
  if (!request.reason_code.empty() && !IsReasonCode(request.reason_code)) {
    return InvalidRequest("reasonCode is not 1 to 128 characters of A-Z, 0-9 and '_'.");
  }
  return CheckText("comment", request.comment, kDescriptionMax);
}

// A job that a request may still change.
Result<Job> FindActive(Store& store, std::string_view id) {
  std::optional<Job> job = store.FindJob(id);
  if (!job) {
    return NoSuchJob(id);
  }
  if (job->status != JobStatus::kInProgress) {
    return InvalidRequest("The job is " + std::string(NameOf(job->status)) +
                          "; only one that is IN_PROGRESS can be changed.");
  }
  return *std::move(job);
}

Job NewJob(const CreateJobRequest& request, const std::vector<Target>& targets, Time now) {
  Job job;
  job.id = request.id;
  job.work = JobWork::kRollout;
  job.selection = request.selection;
  for (const Target& target : targets) {
    job.targets.push_back(target.arn);
  }
  job.description = request.description;
  job.in_progress_timeout_minutes = request.in_progress_timeout_minutes;
  job.created_at = now;
  job.updated_at = now;
  return job;
}

}  // namespace

// The first slice of what `job` owes, and the job as it is then.
Job Jobs::Begin(const Job& job, Time now) {
  WorkOn(context_, job, first_slice_, now);
  return context_.store.FindJob(job.id).value_or(job);
}

Result<Job> Jobs::Create(const CreateJobRequest& request, Time now) {
  CLOUD_TRY(CheckNew(request));
  CLOUD_ASSIGN_OR_RETURN(const std::vector<Target> targets,
                         ParseTargets(context_.names, request.targets));
  if (context_.store.FindJob(request.id)) {
    return Error{ErrorCode::kAlreadyExists,
                 "The job \"" + request.id + "\" exists; choose another id or delete it first.",
                 request.id, context_.names.JobArn(request.id)};
  }
  CLOUD_TRY(CheckTargetsExist(context_.store, targets));
  Job job = NewJob(request, targets, now);
  context_.store.InsertJob(job, request.document);
  for (const Tag& tag : request.tags) {
    context_.store.SaveTag(context_.names.JobArn(job.id), tag);
  }
  QueueTargets(context_.store, job.id, targets);
  return Begin(job, now);
}

Result<JobDescription> Jobs::Describe(std::string_view id) {
  CLOUD_TRY(CheckJobId(id));
  std::optional<Job> job = context_.store.FindJob(id);
  if (!job) {
    return NoSuchJob(id);
  }
  JobDescription description{*std::move(job), context_.store.Counts(id), {}};
  if (description.job.work == JobWork::kRollout) {
    description.processing_targets = description.job.targets;
  }
  return description;
}

Result<std::string> Jobs::Document(std::string_view id) {
  CLOUD_TRY(CheckJobId(id));
  if (!context_.store.FindJob(id)) {
    return NoSuchJob(id);
  }
  return context_.store.JobDocument(id);
}

Status Jobs::Update(std::string_view id, const UpdateJobRequest& request, Time now) {
  CLOUD_TRY(CheckJobId(id));
  if (request.description) {
    CLOUD_TRY(CheckText("description", *request.description, kDescriptionMax));
  }
  CLOUD_TRY(CheckTimeout(request.in_progress_timeout_minutes));
  CLOUD_ASSIGN_OR_RETURN(Job job, FindActive(context_.store, id));
  if (request.description) {
    job.description = *request.description;
  }
  if (request.in_progress_timeout_minutes) {
    job.in_progress_timeout_minutes = request.in_progress_timeout_minutes;
  }
  job.updated_at = now;
  context_.store.SaveJob(job);
  return Ok();
}

Result<Job> Jobs::AssociateTargets(std::string_view id, const std::vector<std::string>& targets,
                                   std::string_view comment, Time now) {
  CLOUD_TRY(CheckJobId(id));
  CLOUD_TRY(CheckTargetCount(targets.size()));
  CLOUD_TRY(CheckText("comment", comment, kDescriptionMax));
  CLOUD_ASSIGN_OR_RETURN(std::vector<Target> added, ParseTargets(context_.names, targets));
  CLOUD_ASSIGN_OR_RETURN(Job job, FindActive(context_.store, id));
  if (job.selection != TargetSelection::kContinuous) {
    return InvalidRequest("The job is a SNAPSHOT; only a CONTINUOUS one takes further targets.");
  }
  CLOUD_TRY(CheckTargetsExist(context_.store, added));
  std::erase_if(added, [&](const Target& target) {
    return std::find(job.targets.begin(), job.targets.end(), target.arn) != job.targets.end();
  });
  CLOUD_TRY(CheckTargetCount(job.targets.size() + added.size()));
  for (const Target& target : added) {
    job.targets.push_back(target.arn);
  }
  if (!comment.empty()) {
    job.comment = comment;
  }
  job.work = JobWork::kRollout;
  job.updated_at = now;
  context_.store.SaveJob(job);
  QueueTargets(context_.store, job.id, added);
  return Begin(job, now);
}

Result<Job> Jobs::Cancel(std::string_view id, const CancelJobRequest& request, Time now) {
  CLOUD_TRY(CheckJobId(id));
  CLOUD_TRY(CheckCancel(request));
  CLOUD_ASSIGN_OR_RETURN(Job job, FindActive(context_.store, id));
  job.status = JobStatus::kCanceled;
  job.work = request.force ? JobWork::kForceCancel : JobWork::kCancel;
  job.force_canceled = request.force;
  job.reason_code = request.reason_code;
  if (!request.comment.empty()) {
    job.comment = request.comment;
  }
  job.updated_at = now;
  context_.store.ClearRollout(job.id);
  context_.store.SaveJob(job);
  ReportJob(context_, "cancellation_in_progress", job);
  return Begin(job, now);
}

Status Jobs::Delete(std::string_view id, bool force, Time now) {
  CLOUD_TRY(CheckJobId(id));
  std::optional<Job> job = context_.store.FindJob(id);
  if (!job) {
    return NoSuchJob(id);
  }
  if (job->status == JobStatus::kDeletionInProgress) {
    return InvalidRequest("The job is being deleted already.");
  }
  if (job->status == JobStatus::kInProgress && !force) {
    return Error{ErrorCode::kInvalidStateTransition,
                 "The job is IN_PROGRESS; cancel it first, or delete it with force."};
  }
  if (context_.store.CountJobs(JobStatus::kDeletionInProgress) >= kDeletionsAtOnceMax) {
    return Error{ErrorCode::kLimitExceeded, "Ten jobs are being deleted; try again later."};
  }
  job->status = JobStatus::kDeletionInProgress;
  job->work = JobWork::kDelete;
  job->updated_at = now;
  context_.store.ClearRollout(job->id);
  context_.store.SaveJob(*job);
  ReportJob(context_, "deletion_in_progress", *job);
  WorkOn(context_, *job, first_slice_, now);
  return Ok();
}

Result<Page<Job>> Jobs::List(const JobFilter& filter, const PageRequest& page) {
  CLOUD_TRY(CheckPageSize(page.limit));
  if (!filter.target.empty()) {
    CLOUD_ASSIGN_OR_RETURN(const std::vector<Target> target,
                           ParseTargets(context_.names, {filter.target}));
    CLOUD_TRY(CheckTargetsExist(context_.store, target));
  }
  return context_.store.ListJobs(filter, page);
}

}  // namespace fieldwork::domain
