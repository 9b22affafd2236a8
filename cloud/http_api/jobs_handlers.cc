// Decides what the control plane's operations on jobs take and give.
#include <array>

#include "cloud/domain/limits.h"
#include "cloud/http_api/handlers.h"
#include "cloud/http_api/job_document.h"
#include "cloud/http_api/paging.h"
#include "cloud/http_api/params.h"
#include "cloud/http_api/shapes.h"

namespace fieldwork::http_api {
namespace {

using domain::ExecutionStatus;

constexpr Unsupported kNamespace{"namespaceId", "leave it out; it is for IoT Greengrass"};
constexpr std::array kConfigurations = {
    Unsupported{"presignedUrlConfig", "put URLs that need no signing into the document"},
    Unsupported{"jobExecutionsRolloutConfig", "leave it out; all targets get the job at once"},
    Unsupported{"abortConfig", "leave it out, and use CancelJob when too many fail"},
    Unsupported{"jobExecutionsRetryConfig", "leave it out, and create another job for a retry"},
    kNamespace,
};
constexpr std::array kCreation = {
    Unsupported{"documentSource", "pass the document itself as document"},
    Unsupported{"jobTemplateArn", "pass the document and its configuration in the request"},
    Unsupported{"documentParameters", "put the values into the document"},
    Unsupported{"schedulingConfig", "create the job when it is to start"},
    Unsupported{"destinationPackageVersions", "leave it out; there is no package catalog"},
};

std::optional<std::int64_t> InProgressTimeout(const Object& body) {
  return body.Nested("timeoutConfig")
      .Number("inProgressTimeoutInMinutes", 1, domain::kTimeoutMinutesMax);
}

// What CreateJob, CancelJob and AssociateTargetsWithJob answer.
Json JobReference(const Api& api, const domain::Job& job) {
  Json reply = {{"jobArn", api.names.JobArn(job.id)}, {"jobId", job.id}};
  PutText(reply, "description", job.description);
  return reply;
}

Json ProcessDetails(const domain::JobDescription& description) {
  const domain::JobCounts& counts = description.counts;
  Json details = Json::object();
  if (!description.processing_targets.empty()) {
    details["processingTargets"] = description.processing_targets;
  }
  details["numberOfCanceledThings"] = counts[ExecutionStatus::kCanceled];
  details["numberOfSucceededThings"] = counts[ExecutionStatus::kSucceeded];
  details["numberOfFailedThings"] = counts[ExecutionStatus::kFailed];
  details["numberOfRejectedThings"] = counts[ExecutionStatus::kRejected];
  details["numberOfQueuedThings"] = counts[ExecutionStatus::kQueued];
  details["numberOfInProgressThings"] = counts[ExecutionStatus::kInProgress];
  details["numberOfRemovedThings"] = counts[ExecutionStatus::kRemoved];
  details["numberOfTimedOutThings"] = counts[ExecutionStatus::kTimedOut];
  return details;
}

Json JobJson(const Api& api, const domain::JobDescription& description) {
  const domain::Job& job = description.job;
  Json json = {{"jobArn", api.names.JobArn(job.id)},
               {"jobId", job.id},
               {"targetSelection", NameOf(job.selection)},
               {"status", NameOf(job.status)}};
  if (job.force_canceled) json["forceCanceled"] = true;
  PutText(json, "reasonCode", job.reason_code);
  PutText(json, "comment", job.comment);
  json["targets"] = job.targets;
  PutText(json, "description", job.description);
  json["presignedUrlConfig"] = Json::object();
  json["jobExecutionsRolloutConfig"] = Json::object();
  PutTime(json, "createdAt", job.created_at);
  PutTime(json, "lastUpdatedAt", job.updated_at);
  PutTime(json, "completedAt", job.completed_at);
  json["jobProcessDetails"] = ProcessDetails(description);
  Json timeout = Json::object();
  if (job.in_progress_timeout_minutes) {
    timeout["inProgressTimeoutInMinutes"] = *job.in_progress_timeout_minutes;
  }
  json["timeoutConfig"] = std::move(timeout);
  json["isConcurrent"] = job.work != domain::JobWork::kNone;
  return json;
}

Json JobSummary(const Api& api, const domain::Job& job) {
  Json json = {{"jobArn", api.names.JobArn(job.id)},
               {"jobId", job.id},
               {"targetSelection", NameOf(job.selection)},
               {"status", NameOf(job.status)}};
  PutTime(json, "createdAt", job.created_at);
  PutTime(json, "lastUpdatedAt", job.updated_at);
  PutTime(json, "completedAt", job.completed_at);
  json["isConcurrent"] = job.work != domain::JobWork::kNone;
  return json;
}

// Empty: AWS has that status, and no job here is ever in it.
struct StatusFilter {
  std::optional<domain::JobStatus> status;
};
std::optional<StatusFilter> StatusFilterFrom(std::string_view name) {
  if (name == "SCHEDULED") return StatusFilter{};
  const auto status = domain::JobStatusFrom(name);
  if (!status) return std::nullopt;
  return StatusFilter{status};
}

}  // namespace

domain::Result<Json> CreateJob(Api& api, const ApiRequest& request, domain::Time now) {
  Params in(request);
  in.RefuseUnsupported(kConfigurations);
  in.RefuseUnsupported(kCreation);
  const Object body = in.Body();
  domain::CreateJobRequest wanted;
  wanted.id = in.Label(0, "jobId", kJobId);
  wanted.targets = body.RequiredList("targets", kArn);
  wanted.document = body.RequiredText("document", kAnyText);
  wanted.description = body.Text("description", kDescription).value_or("");
  wanted.selection = body.Word("targetSelection", domain::TargetSelectionFrom)
                         .value_or(domain::TargetSelection::kSnapshot);
  wanted.in_progress_timeout_minutes = InProgressTimeout(body);
  wanted.tags = body.Tags("tags").value_or(std::vector<domain::Tag>{});
  CLOUD_TRY(in.Check());
  CLOUD_TRY(CheckJobDocument(wanted.document));
  CLOUD_ASSIGN_OR_RETURN(const domain::Job job, api.jobs.Create(wanted, now));
  return JobReference(api, job);
}

domain::Result<Json> DescribeJob(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string id = in.Label(0, "jobId", kJobId);
  in.QueryFlag("beforeSubstitution");  // Nothing is substituted: both views are the same.
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::JobDescription description, api.jobs.Describe(id));
  return Json{{"job", JobJson(api, description)}};
}

domain::Result<Json> GetJobDocument(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string id = in.Label(0, "jobId", kJobId);
  in.QueryFlag("beforeSubstitution");
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(std::string document, api.jobs.Document(id));
  return Json{{"document", std::move(document)}};
}

domain::Result<Json> UpdateJob(Api& api, const ApiRequest& request, domain::Time now) {
  Params in(request);
  in.RefuseUnsupported(kConfigurations);
  const Object body = in.Body();
  const std::string id = in.Label(0, "jobId", kJobId);
  domain::UpdateJobRequest wanted;
  wanted.description = body.Text("description", kDescription);
  wanted.in_progress_timeout_minutes = InProgressTimeout(body);
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.jobs.Update(id, wanted, now));
  return Json::object();
}

domain::Result<Json> AssociateTargetsWithJob(Api& api, const ApiRequest& request,
                                             domain::Time now) {
  Params in(request);
  in.RefuseUnsupported({&kNamespace, 1});
  const Object body = in.Body();
  const std::string id = in.Label(0, "jobId", kJobId);
  const auto targets = body.RequiredList("targets", kArn);
  const std::string comment = body.Text("comment", kDescription).value_or("");
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::Job job,
                         api.jobs.AssociateTargets(id, targets, comment, now));
  return JobReference(api, job);
}

domain::Result<Json> CancelJob(Api& api, const ApiRequest& request, domain::Time now) {
  static constexpr TextRule kReasonCode{1, domain::kReasonCodeMax, domain::IsReasonCode,
                                        "[A-Z0-9_]"};
  Params in(request);
  const Object body = in.Body();
  const std::string id = in.Label(0, "jobId", kJobId);
  domain::CancelJobRequest wanted;
  wanted.reason_code = body.Text("reasonCode", kReasonCode).value_or("");
  wanted.comment = body.Text("comment", kDescription).value_or("");
  wanted.force = in.QueryFlag("force");
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::Job job, api.jobs.Cancel(id, wanted, now));
  return JobReference(api, job);
}

domain::Result<Json> DeleteJob(Api& api, const ApiRequest& request, domain::Time now) {
  Params in(request);
  in.RefuseUnsupported({&kNamespace, 1});
  const std::string id = in.Label(0, "jobId", kJobId);
  const bool force = in.QueryFlag("force");
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.jobs.Delete(id, force, now));
  return Json::object();
}

domain::Result<Json> ListJobs(Api& api, const ApiRequest& request, domain::Time) {
  static constexpr Unsupported kGroupId{"thingGroupId", "use thingGroupName"};
  Params in(request);
  in.RefuseUnsupported({&kNamespace, 1});
  in.RefuseUnsupported({&kGroupId, 1});
  const auto status = in.QueryWord("status", StatusFilterFrom);
  const auto group = in.Query("thingGroupName", kGroupName);
  domain::JobFilter filter;
  filter.selection = in.QueryWord("targetSelection", domain::TargetSelectionFrom);
  const Paging paging = Paging::ByToken(in);
  CLOUD_TRY(in.Check());
  if (group) filter.target = api.names.GroupArn(*group);
  Json reply = {{"jobs", Json::array()}};
  if (status && !status->status) return reply;
  if (status) filter.status = status->status;
  CLOUD_ASSIGN_OR_RETURN(const domain::Page<domain::Job> page,
                         api.jobs.List(filter, paging.request()));
  for (const domain::Job& job : page.items) reply["jobs"].push_back(JobSummary(api, job));
  paging.WriteNext(reply, page.next);
  return reply;
}

}  // namespace fieldwork::http_api
