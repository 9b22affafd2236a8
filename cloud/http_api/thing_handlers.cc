// Decides what the operations on things take and give.
#include <array>

#include "cloud/domain/limits.h"
#include "cloud/http_api/handlers.h"
#include "cloud/http_api/paging.h"
#include "cloud/http_api/params.h"
#include "cloud/http_api/shapes.h"

namespace fieldwork::http_api {
namespace {

constexpr std::array kUnsupported = {
    Unsupported{"thingTypeName", "leave it out; things have no types here"},
    Unsupported{"removeThingType", "leave it out; things have no types here"},
    Unsupported{"billingGroupName", "leave it out; there are no billing groups here"},
};

Json ThingJson(const Api& api, const domain::Thing& thing) {
  return {{"thingName", thing.name},
          {"thingArn", api.names.ThingArn(thing.name)},
          {"attributes", AttributesJson(thing.attributes)},
          {"version", thing.version}};
}

}  // namespace

domain::Result<Json> CreateThing(Api& api, const ApiRequest& request, domain::Time now) {
  Params in(request);
  in.RefuseUnsupported(kUnsupported);
  const std::string name = in.Label(0, "thingName", kThingName);
  const auto payload = ReadAttributes(in.Body());
  CLOUD_TRY(in.Check());
  const domain::Attributes attributes = payload ? payload->attributes : domain::Attributes{};
  CLOUD_ASSIGN_OR_RETURN(const domain::Thing thing,
                         api.registry.CreateThing(name, attributes, now));
  return Json{{"thingName", thing.name},
              {"thingArn", api.names.ThingArn(thing.name)},
              {"thingId", thing.id}};
}

domain::Result<Json> DescribeThing(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string name = in.Label(0, "thingName", kThingName);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::Thing thing, api.registry.DescribeThing(name));
  return Json{{"defaultClientId", thing.name},
              {"thingName", thing.name},
              {"thingId", thing.id},
              {"thingArn", api.names.ThingArn(thing.name)},
              {"attributes", AttributesJson(thing.attributes)},
              {"version", thing.version}};
}

domain::Result<Json> UpdateThing(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  in.RefuseUnsupported(kUnsupported);
  const Object body = in.Body();
  const std::string name = in.Label(0, "thingName", kThingName);
  const auto change = ReadAttributes(body);
  const auto expected = body.Number("expectedVersion", 0, kNumberMax);
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.registry.UpdateThing(name, change, expected));
  return Json::object();
}

domain::Result<Json> DeleteThing(Api& api, const ApiRequest& request, domain::Time now) {
  Params in(request);
  const std::string name = in.Label(0, "thingName", kThingName);
  const auto expected = in.QueryNumber("expectedVersion", 0, kNumberMax);
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.registry.DeleteThing(name, expected, now));
  return Json::object();
}

domain::Result<Json> ListThings(Api& api, const ApiRequest& request, domain::Time) {
  static constexpr TextRule kName{1, domain::kAttributeNameMax, IsAttributeName,
                                  "[a-zA-Z0-9_.,@/:#-]"};
  static constexpr TextRule kValue{0, domain::kAttributeValueMax};
  Params in(request);
  in.RefuseUnsupported(kUnsupported);
  const auto name = in.Query("attributeName", kName);
  const auto value = in.Query("attributeValue", kValue);
  const bool prefix = in.QueryFlag("usePrefixAttributeValue");
  if (value && !name) in.Refuse("attributeValue needs attributeName");
  if (name && !value) in.Refuse("attributeName needs attributeValue");
  const Paging paging = Paging::ByToken(in);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(
      const domain::Page<domain::Thing> page,
      api.registry.ListThings(name.value_or(""), value.value_or(""), prefix, paging.request()));
  Json reply = {{"things", Json::array()}};
  for (const domain::Thing& thing : page.items) reply["things"].push_back(ThingJson(api, thing));
  paging.WriteNext(reply, page.next);
  return reply;
}

}  // namespace fieldwork::http_api
