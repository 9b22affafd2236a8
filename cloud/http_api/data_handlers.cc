// Decides what the plane iot-jobs-data takes and gives: what a device asks about its own jobs.
//
// Times are whole seconds, the document is a text, the details are flat and the thing is a name.
#include "cloud/domain/limits.h"
#include "cloud/http_api/handlers.h"
#include "cloud/http_api/params.h"
#include "cloud/http_api/shapes.h"

namespace fieldwork::http_api {
namespace {

using domain::ToSeconds;

bool IsJobIdOrNext(std::string_view text) { return text == "$next" || domain::IsJobId(text); }
constexpr TextRule kJobIdOrNext{1, domain::kJobIdMax, IsJobIdOrNext, "[a-zA-Z0-9_-], or $next"};

Json SummariesJson(const std::vector<domain::Execution>& executions) {
  Json list = Json::array();
  for (const domain::Execution& execution : executions) {
    Json json = {{"jobId", execution.job}, {"queuedAt", ToSeconds(execution.queued_at)}};
    if (execution.started_at) json["startedAt"] = ToSeconds(*execution.started_at);
    json["lastUpdatedAt"] = ToSeconds(execution.updated_at);
    json["versionNumber"] = execution.version;
    json["executionNumber"] = execution.number;
    list.push_back(std::move(json));
  }
  return list;
}

Json DeliveryJson(const domain::Delivery& delivery, domain::Time now) {
  const domain::Execution& execution = delivery.execution;
  Json json = {{"jobId", execution.job},
               {"thingName", execution.thing},
               {"status", NameOf(execution.status)}};
  if (!execution.details.empty()) json["statusDetails"] = TextsJson(execution.details);
  json["queuedAt"] = ToSeconds(execution.queued_at);
  if (execution.started_at) json["startedAt"] = ToSeconds(*execution.started_at);
  json["lastUpdatedAt"] = ToSeconds(execution.updated_at);
  if (const auto seconds = SecondsBeforeTimeout(execution, now)) {
    json["approximateSecondsBeforeTimedOut"] = *seconds;
  }
  json["versionNumber"] = execution.version;
  json["executionNumber"] = execution.number;
  if (delivery.document) json["jobDocument"] = *delivery.document;
  return json;
}

// {} when nothing is pending, as AWS answers.
Json ExecutionReply(const std::optional<domain::Delivery>& delivery, domain::Time now) {
  Json reply = Json::object();
  if (delivery) reply["execution"] = DeliveryJson(*delivery, now);
  return reply;
}

// 1..10080, or -1: no step timer.
std::optional<std::int64_t> StepTimeout(Params& in, const Object& body) {
  const auto minutes = body.Number("stepTimeoutInMinutes", -1, domain::kTimeoutMinutesMax);
  if (minutes == 0) {
    in.Refuse("stepTimeoutInMinutes must be an integer from 1 to 10080, or -1 for no timer");
  }
  return minutes;
}

}  // namespace

domain::Result<Json> DataGetPendingJobExecutions(Api& api, const ApiRequest& request,
                                                 domain::Time) {
  Params in(request);
  const std::string thing = in.Label(0, "thingName", kThingName);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::PendingLists lists, api.executions.GetPending(thing));
  return Json{{"inProgressJobs", SummariesJson(lists.in_progress)},
              {"queuedJobs", SummariesJson(lists.queued)}};
}

domain::Result<Json> DataStartNextPendingJobExecution(Api& api, const ApiRequest& request,
                                                      domain::Time now) {
  Params in(request);
  const Object body = in.Body();
  const std::string thing = in.Label(0, "thingName", kThingName);
  domain::StartNextRequest wanted;
  wanted.details = body.Texts("statusDetails");
  wanted.step_timeout_minutes = StepTimeout(in, body);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const std::optional<domain::Delivery> delivery,
                         api.executions.StartNext(thing, wanted, now));
  return ExecutionReply(delivery, now);
}

domain::Result<Json> DataDescribeJobExecution(Api& api, const ApiRequest& request,
                                              domain::Time now) {
  Params in(request);
  const std::string thing = in.Label(0, "thingName", kThingName);
  const std::string job = in.Label(1, "jobId", kJobIdOrNext);
  domain::DescribeRequest wanted;
  wanted.number = in.QueryNumber("executionNumber", 1, kNumberMax);
  wanted.include_document = in.QueryFlag("includeJobDocument", true);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const std::optional<domain::Delivery> delivery,
                         api.executions.Describe(thing, job, wanted));
  return ExecutionReply(delivery, now);
}

domain::Result<Json> DataUpdateJobExecution(Api& api, const ApiRequest& request, domain::Time now) {
  Params in(request);
  const Object body = in.Body();
  const std::string thing = in.Label(0, "thingName", kThingName);
  const std::string job = in.Label(1, "jobId", kJobId);
  domain::UpdateRequest wanted;
  wanted.status = body.RequiredText("status", kAnyText);
  wanted.details = body.Texts("statusDetails");
  wanted.expected_version = body.Number("expectedVersion", 0, kNumberMax);
  wanted.number = body.Number("executionNumber", 1, kNumberMax);
  wanted.step_timeout_minutes = StepTimeout(in, body);
  wanted.include_state = body.Flag("includeJobExecutionState").value_or(false);
  wanted.include_document = body.Flag("includeJobDocument").value_or(false);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::UpdateReply done,
                         api.executions.Update(thing, job, wanted, now));
  Json reply = Json::object();
  if (done.state) {
    Json state = {{"status", NameOf(done.state->status)}};
    if (!done.state->details.empty()) state["statusDetails"] = TextsJson(done.state->details);
    state["versionNumber"] = done.state->version;
    reply["executionState"] = std::move(state);
  }
  if (done.document) reply["jobDocument"] = *done.document;
  return reply;
}

}  // namespace fieldwork::http_api
