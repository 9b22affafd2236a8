// Decides what the control plane's operations on job executions take and give.
#include "cloud/http_api/handlers.h"
#include "cloud/http_api/paging.h"
#include "cloud/http_api/params.h"
#include "cloud/http_api/shapes.h"

namespace fieldwork::http_api {
namespace {

constexpr Unsupported kNamespace{"namespaceId", "leave it out; it is for IoT Greengrass"};

// As the control plane has it: unlike on the data plane the details are nested and the thing is an
// ARN.
Json ExecutionJson(const Api& api, const domain::Execution& execution, domain::Time now) {
  Json json = {{"jobId", execution.job}, {"status", NameOf(execution.status)}};
  if (execution.force_canceled) json["forceCanceled"] = true;
  Json details = Json::object();
  if (!execution.details.empty()) details["detailsMap"] = TextsJson(execution.details);
  json["statusDetails"] = std::move(details);
  json["thingArn"] = api.names.ThingArn(execution.thing);
  PutTime(json, "queuedAt", execution.queued_at);
  PutTime(json, "startedAt", execution.started_at);
  PutTime(json, "lastUpdatedAt", execution.updated_at);
  json["executionNumber"] = execution.number;
  json["versionNumber"] = execution.version;
  if (const auto seconds = SecondsBeforeTimeout(execution, now)) {
    json["approximateSecondsBeforeTimedOut"] = *seconds;
  }
  return json;
}

Json SummaryJson(const domain::Execution& execution) {
  Json json = {{"status", NameOf(execution.status)}};
  PutTime(json, "queuedAt", execution.queued_at);
  PutTime(json, "startedAt", execution.started_at);
  PutTime(json, "lastUpdatedAt", execution.updated_at);
  json["executionNumber"] = execution.number;
  return json;
}

}  // namespace

domain::Result<Json> DescribeJobExecution(Api& api, const ApiRequest& request, domain::Time now) {
  Params in(request);
  const std::string thing = in.Label(0, "thingName", kThingName);
  const std::string job = in.Label(1, "jobId", kJobId);
  const auto number = in.QueryNumber("executionNumber", 1, kNumberMax);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::Execution execution,
                         api.jobs.DescribeExecution(thing, job, number));
  return Json{{"execution", ExecutionJson(api, execution, now)}};
}

domain::Result<Json> CancelJobExecution(Api& api, const ApiRequest& request, domain::Time now) {
  Params in(request);
  const Object body = in.Body();
  const std::string thing = in.Label(0, "thingName", kThingName);
  const std::string job = in.Label(1, "jobId", kJobId);
  domain::CancelExecutionRequest wanted;
  wanted.force = in.QueryFlag("force");
  wanted.expected_version = body.Number("expectedVersion", 0, kNumberMax);
  wanted.details = body.Texts("statusDetails");
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.jobs.CancelExecution(thing, job, wanted, now));
  return Json::object();
}

domain::Result<Json> DeleteJobExecution(Api& api, const ApiRequest& request, domain::Time now) {
  Params in(request);
  in.RefuseUnsupported({&kNamespace, 1});
  const std::string thing = in.Label(0, "thingName", kThingName);
  const std::string job = in.Label(1, "jobId", kJobId);
  const std::int64_t number = in.LabelNumber(2, "executionNumber");
  const bool force = in.QueryFlag("force");
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.jobs.DeleteExecution(thing, job, number, force, now));
  return Json::object();
}

domain::Result<Json> ListJobExecutionsForJob(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string job = in.Label(0, "jobId", kJobId);
  domain::ExecutionFilter filter;
  filter.status = in.QueryWord("status", domain::ExecutionStatusFrom);
  const Paging paging = Paging::ByToken(in);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::Page<domain::Execution> page,
                         api.jobs.ListExecutionsOfJob(job, filter, paging.request()));
  Json reply = {{"executionSummaries", Json::array()}};
  for (const domain::Execution& execution : page.items) {
    reply["executionSummaries"].push_back({{"thingArn", api.names.ThingArn(execution.thing)},
                                           {"jobExecutionSummary", SummaryJson(execution)}});
  }
  paging.WriteNext(reply, page.next);
  return reply;
}

domain::Result<Json> ListJobExecutionsForThing(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  in.RefuseUnsupported({&kNamespace, 1});
  const std::string thing = in.Label(0, "thingName", kThingName);
  domain::ExecutionFilter filter;
  filter.status = in.QueryWord("status", domain::ExecutionStatusFrom);
  filter.job = in.Query("jobId", kJobId).value_or("");
  const Paging paging = Paging::ByToken(in);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::Page<domain::Execution> page,
                         api.jobs.ListExecutionsOfThing(thing, filter, paging.request()));
  Json reply = {{"executionSummaries", Json::array()}};
  for (const domain::Execution& execution : page.items) {
    reply["executionSummaries"].push_back(
        {{"jobId", execution.job}, {"jobExecutionSummary", SummaryJson(execution)}});
  }
  paging.WriteNext(reply, page.next);
  return reply;
}

}  // namespace fieldwork::http_api
