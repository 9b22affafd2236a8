// Decides what answers a device's request; the contract is in gateway.h.
#include "cloud/mqtt_api/gateway.h"

#include <cstdint>
#include <optional>

#include "cloud/mqtt_api/execution_json.h"
#include "cloud/mqtt_api/payload_writer.h"
#include "cloud/mqtt_api/rejection.h"
#include "cloud/mqtt_api/request_fields.h"

namespace fieldwork::mqtt_api {
namespace {

using domain::Result;
using Payload = std::string;

enum class Operation : std::uint8_t { kGetPending, kStartNext, kDescribe, kUpdate };

struct Route {
  Operation operation;
  std::string_view job;  // Empty but for kDescribe and kUpdate.
};

// $aws/things/{thing}/jobs/{get | start-next | {job}/get | $next/get | {job}/update}
std::optional<Route> RouteOf(std::string_view rest) {
  if (rest == "get") return Route{Operation::kGetPending, {}};
  if (rest == "start-next") return Route{Operation::kStartNext, {}};
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  const std::string_view job = rest.substr(0, slash);
  const std::string_view verb = rest.substr(slash + 1);
  if (verb == "get") return Route{Operation::kDescribe, job};
  // Reading: which execution an update is for must be said by its name.
  if (verb == "update" && job != "$next") return Route{Operation::kUpdate, job};
  return std::nullopt;
}

Answer AnswerTo(const IncomingRequest& request, std::string_view suffix, Payload payload) {
  std::string topic;
  topic.reserve(32 + request.thing.size() + request.rest.size());
  topic.append("$aws/things/").append(request.thing).append("/jobs/").append(request.rest);
  topic.append(suffix);
  return {std::move(topic), std::move(payload)};
}

// For a reason that has nothing to do with what the request says.
Answer RejectedWhateverItSays(const IncomingRequest& request, std::string_view code,
                              std::string_view message, domain::Time now) {
  RequestFields fields;
  fields.Parse(request.payload);
  return AnswerTo(request, "/rejected", RejectedPayload(code, message, fields.client_token(), now));
}

// One request that is well formed so far: what each of its replies has to know.
class Exchange {
 public:
  Exchange(domain::Executions& executions, const IncomingRequest& request,
           const RequestFields& fields, domain::Time now)
      : executions_(executions), request_(request), fields_(fields), now_(now) {}

  Result<Payload> Run(const Route& route) {
    CLOUD_TRY(fields_.CheckToken());
    switch (route.operation) {
      case Operation::kGetPending: return GetPending();
      case Operation::kStartNext: return StartNext();
      case Operation::kDescribe: return Describe(route.job);
      case Operation::kUpdate: break;
    }
    return Update(route.job);
  }

 private:
  Result<Payload> GetPending() {
    CLOUD_ASSIGN_OR_RETURN(const domain::PendingLists lists,
                           executions_.GetPending(request_.thing));
    PayloadWriter out = Begin(512);
    out.BeginArray("inProgressJobs");
    for (const domain::Execution& execution : lists.in_progress) WriteSummary(out, execution);
    out.EndArray();
    out.BeginArray("queuedJobs");
    for (const domain::Execution& execution : lists.queued) WriteSummary(out, execution);
    out.EndArray();
    return End(std::move(out));
  }

  Result<Payload> StartNext() {
    CLOUD_ASSIGN_OR_RETURN(const domain::StartNextRequest wanted, fields_.StartNext());
    return WithExecution(executions_.StartNext(request_.thing, wanted, now_));
  }

  Result<Payload> Describe(std::string_view job) {
    CLOUD_ASSIGN_OR_RETURN(const domain::DescribeRequest wanted, fields_.Describe());
    return WithExecution(executions_.Describe(request_.thing, job, wanted));
  }

  Result<Payload> Update(std::string_view job) {
    CLOUD_ASSIGN_OR_RETURN(const domain::UpdateRequest wanted, fields_.Update());
    CLOUD_ASSIGN_OR_RETURN(const domain::UpdateReply reply,
                           executions_.Update(request_.thing, job, wanted, now_));
    PayloadWriter out = Begin(512 + (reply.document ? reply.document->size() : 0));
    if (reply.state) WriteState(out, *reply.state);
    if (reply.document) out.Raw("jobDocument", *reply.document);
    return End(std::move(out));
  }

  Result<Payload> WithExecution(Result<std::optional<domain::Delivery>> found) {
    CLOUD_ASSIGN_OR_RETURN(const std::optional<domain::Delivery> delivery, std::move(found));
    PayloadWriter out = Begin(BytesExpected(delivery));
    WriteExecution(out, delivery, now_);
    return End(std::move(out));
  }

  PayloadWriter Begin(std::size_t bytes_expected) const {
    PayloadWriter out(bytes_expected);
    out.BeginObject();
    if (fields_.client_token()) out.String("clientToken", *fields_.client_token());
    out.Integer("timestamp", domain::ToSeconds(now_));
    return out;
  }
  static Payload End(PayloadWriter out) {
    out.EndObject();
    return std::move(out).Take();
  }

  domain::Executions& executions_;
  const IncomingRequest& request_;
  const RequestFields& fields_;
  domain::Time now_;
};

}  // namespace

std::optional<Answer> Throttled(domain::Throttle& throttle, const IncomingRequest& request,
                                domain::Time now) {
  if (!RouteOf(request.rest) || throttle.Take(now)) return std::nullopt;
  return RejectedWhateverItSays(request, kRequestThrottled, "Rate exceeded.", now);
}

Answer Handle(domain::Executions& executions, const IncomingRequest& request, domain::Time now) {
  RequestFields fields;
  const RequestFields::Syntax syntax = fields.Parse(request.payload);
  const std::optional<Route> route = RouteOf(request.rest);
  if (!route) {
    return AnswerTo(request, "/rejected",
                    RejectedPayload(kInvalidTopic, "The topic is not one of the Jobs API.",
                                    fields.client_token(), now));
  }
  if (!syntax.json) {
    return AnswerTo(request, "/rejected",
                    RejectedPayload(kInvalidJson, syntax.problem, std::nullopt, now));
  }
  Result<Payload> payload = syntax.problem.empty()
                                ? Exchange(executions, request, fields, now).Run(*route)
                                : domain::InvalidRequest(syntax.problem);
  if (payload.ok()) return AnswerTo(request, "/accepted", std::move(payload).value());
  return AnswerTo(request, "/rejected",
                  RejectedPayload(payload.error(), fields.client_token(), now));
}

Answer Fault(const IncomingRequest& request, domain::Time now) {
  return RejectedWhateverItSays(request, kInternalError, "Internal error.", now);
}

}  // namespace fieldwork::mqtt_api
