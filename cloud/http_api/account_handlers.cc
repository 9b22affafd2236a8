// Decides what the operations that belong to no single resource take and give: endpoints, tags,
// events.
#include <array>
#include <map>

#include "cloud/domain/limits.h"
#include "cloud/http_api/handlers.h"
#include "cloud/http_api/params.h"
#include "cloud/http_api/shapes.h"

namespace fieldwork::http_api {
namespace {

struct EventType {
  std::string_view name;
  bool sent;  // By this service, once it is enabled.
};
constexpr std::array kEventTypes = {
    EventType{"CA_CERTIFICATE", false},
    EventType{"CERTIFICATE", false},
    EventType{"JOB", true},
    EventType{"JOB_EXECUTION", true},
    EventType{"POLICY", false},
    EventType{"THING", false},
    EventType{"THING_GROUP", false},
    EventType{"THING_GROUP_HIERARCHY", false},
    EventType{"THING_GROUP_MEMBERSHIP", false},
    EventType{"THING_TYPE", false},
    EventType{"THING_TYPE_ASSOCIATION", false},
};

const EventType* FindEventType(std::string_view name) {
  for (const EventType& type : kEventTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

}  // namespace

domain::Result<Json> DescribeEndpoint(Api& api, const ApiRequest& request, domain::Time) {
  static constexpr TextRule kEndpointType{0, 128};
  Params in(request);
  const std::string type = in.Query("endpointType", kEndpointType).value_or("iot:Data");
  CLOUD_TRY(in.Check());
  if (type == "iot:Data" || type == "iot:Data-ATS") {
    return Json{{"endpointAddress", api.endpoints.mqtt}};
  }
  if (type == "iot:Jobs") return Json{{"endpointAddress", api.endpoints.jobs}};
  if (type == "iot:CredentialProvider") {
    return domain::InvalidRequest(
        "endpointType iot:CredentialProvider is not supported by this service: there is no "
        "credential provider here.");
  }
  return domain::InvalidRequest("endpointType must be iot:Data-ATS, iot:Data or iot:Jobs.");
}

domain::Result<Json> TagResource(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const Object body = in.Body();
  const std::string arn = body.RequiredText("resourceArn", kArn);
  const auto tags = body.Tags("tags");
  if (!tags) in.Refuse("tags is required");
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.registry.TagResource(arn, *tags));
  return Json::object();
}

domain::Result<Json> UntagResource(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const Object body = in.Body();
  const std::string arn = body.RequiredText("resourceArn", kArn);
  const auto keys = body.List("tagKeys", TextRule{1, domain::kTagKeyMax});
  if (!keys) in.Refuse("tagKeys is required");
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.registry.UntagResource(arn, *keys));
  return Json::object();
}

domain::Result<Json> ListTagsForResource(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const auto arn = in.Query("resourceArn", kArn);
  if (!arn) in.Refuse("resourceArn is required");
  if (in.Query("nextToken", kAnyText)) {
    in.Refuse("nextToken is not a token of this list: all tags are on its first page");
  }
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const std::vector<domain::Tag> tags, api.registry.TagsOf(*arn));
  Json reply = {{"tags", Json::array()}};
  for (const domain::Tag& tag : tags) {
    reply["tags"].push_back({{"Key", tag.key}, {"Value", tag.value}});
  }
  return reply;
}

domain::Result<Json> DescribeEventConfigurations(Api& api, const ApiRequest&, domain::Time) {
  const domain::EventSettings settings = api.registry.DescribeEventSettings();
  Json types = Json::object();
  for (const EventType& type : kEventTypes) {
    const auto found = settings.enabled.find(std::string(type.name));
    const bool enabled = found != settings.enabled.end() && found->second;
    types[std::string(type.name)] = {{"Enabled", enabled}};
  }
  Json reply = {{"eventConfigurations", std::move(types)}};
  PutTime(reply, "creationDate", settings.created_at);
  PutTime(reply, "lastModifiedDate", settings.modified_at);
  return reply;
}

domain::Result<Json> UpdateEventConfigurations(Api& api, const ApiRequest& request,
                                               domain::Time now) {
  Params in(request);
  const Object types = in.Body().Nested("eventConfigurations");
  std::map<std::string, bool> enabled;
  for (const std::string& name : types.Names()) {
    const EventType* type = FindEventType(name);
    if (type == nullptr) {
      in.RefuseWord("eventConfigurations", name);
      break;
    }
    const bool wanted = types.Nested(name).Flag("Enabled").value_or(false);
    if (wanted && !type->sent) {
      in.Refuse("eventConfigurations." + name +
                " is not supported by this service: only JOB and JOB_EXECUTION events are sent");
    } else if (type->sent) {
      enabled[name] = wanted;
    }
  }
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.registry.UpdateEventSettings(enabled, now));
  return Json::object();
}

}  // namespace fieldwork::http_api
