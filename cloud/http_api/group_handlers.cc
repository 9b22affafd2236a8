// Decides what the operations on static thing groups take and give.
#include "cloud/domain/limits.h"
#include "cloud/http_api/handlers.h"
#include "cloud/http_api/paging.h"
#include "cloud/http_api/params.h"
#include "cloud/http_api/shapes.h"

namespace fieldwork::http_api {
namespace {

// Unlike that of a job, the description of a group may be empty.
constexpr TextRule kGroupDescription{0, domain::kDescriptionMax, HasNoControls,
                                     "anything but control characters"};

// `name_member` or `arn_member`; if both are there they must mean the same.
std::string NameOrArn(const Api& api, Params& in, std::string_view name_member,
                      std::string_view arn_member, std::string_view kind, const TextRule& rule) {
  const Object body = in.Body();
  const auto name = body.Text(name_member, rule);
  const auto arn = body.Text(arn_member, kArn);
  if (!name && !arn) {
    in.Refuse(std::string(name_member) + " or " + std::string(arn_member) + " is required");
  }
  if (!arn) return name.value_or("");
  const std::string_view named = api.names.NameIn(*arn, kind);
  if (named.empty()) {
    in.Refuse(std::string(arn_member) + " is not the ARN of a " +
              std::string(kind.substr(0, kind.size() - 1)) + " of this account and region");
  } else if (name && *name != named) {
    in.Refuse(std::string(name_member) + " and " + std::string(arn_member) + " differ");
  } else {
    in.CheckText(arn_member, named, rule);
  }
  return std::string(named);
}

struct Membership {
  std::string thing;
  std::string group;
};
Membership ReadMembership(const Api& api, Params& in) {
  in.Body().Flag("overrideDynamicGroups");  // There are no dynamic groups to be overridden.
  return {NameOrArn(api, in, "thingName", "thingArn", "thing/", kThingName),
          NameOrArn(api, in, "thingGroupName", "thingGroupArn", "thinggroup/", kGroupName)};
}

Json PropertiesJson(const domain::Group& group) {
  Json properties = Json::object();
  PutText(properties, "thingGroupDescription", group.description);
  if (!group.attributes.empty()) {
    properties["attributePayload"] = {{"attributes", AttributesJson(group.attributes)}};
  }
  return properties;
}

}  // namespace

domain::Result<Json> CreateThingGroup(Api& api, const ApiRequest& request, domain::Time now) {
  Params in(request);
  const Object body = in.Body();
  const Object properties = body.Nested("thingGroupProperties");
  domain::Group wanted;
  wanted.name = in.Label(0, "thingGroupName", kGroupName);
  wanted.parent = body.Text("parentGroupName", kGroupName).value_or("");
  wanted.description = properties.Text("thingGroupDescription", kGroupDescription).value_or("");
  if (auto payload = ReadAttributes(properties)) wanted.attributes = payload->attributes;
  const auto tags = body.Tags("tags").value_or(std::vector<domain::Tag>{});
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::Group group, api.registry.CreateGroup(wanted, tags, now));
  return Json{{"thingGroupName", group.name},
              {"thingGroupArn", api.names.GroupArn(group.name)},
              {"thingGroupId", group.id}};
}

domain::Result<Json> DescribeThingGroup(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string name = in.Label(0, "thingGroupName", kGroupName);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::GroupDescription description,
                         api.registry.DescribeGroup(name));
  const domain::Group& group = description.group;
  Json metadata = Json::object();
  PutText(metadata, "parentGroupName", group.parent);
  metadata["rootToParentThingGroups"] = GroupNamesJson(api.names, description.ancestors);
  PutTime(metadata, "creationDate", group.created_at);
  return Json{{"thingGroupName", group.name},
              {"thingGroupId", group.id},
              {"thingGroupArn", api.names.GroupArn(group.name)},
              {"version", group.version},
              {"thingGroupProperties", PropertiesJson(group)},
              {"thingGroupMetadata", std::move(metadata)}};
}

domain::Result<Json> UpdateThingGroup(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const Object body = in.Body();
  if (!body.Has("thingGroupProperties")) in.Refuse("thingGroupProperties is required");
  const Object properties = body.Nested("thingGroupProperties");
  const std::string name = in.Label(0, "thingGroupName", kGroupName);
  const auto description = properties.Text("thingGroupDescription", kGroupDescription);
  const auto change = ReadAttributes(properties);
  const auto expected = body.Number("expectedVersion", 0, kNumberMax);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const std::int64_t version,
                         api.registry.UpdateGroup(name, description, change, expected));
  return Json{{"version", version}};
}

domain::Result<Json> DeleteThingGroup(Api& api, const ApiRequest& request, domain::Time now) {
  Params in(request);
  const std::string name = in.Label(0, "thingGroupName", kGroupName);
  const auto expected = in.QueryNumber("expectedVersion", 0, kNumberMax);
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.registry.DeleteGroup(name, expected, now));
  return Json::object();
}

domain::Result<Json> ListThingGroups(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string parent = in.Query("parentGroup", kGroupName).value_or("");
  const std::string prefix = in.Query("namePrefixFilter", kGroupName).value_or("");
  const bool recursive = in.QueryFlag("recursive", true);
  const Paging paging = Paging::ByToken(in);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::Page<domain::Group> page,
                         api.registry.ListGroups(parent, recursive, prefix, paging.request()));
  std::vector<std::string> groups;
  for (const domain::Group& group : page.items) groups.push_back(group.name);
  Json reply = {{"thingGroups", GroupNamesJson(api.names, groups)}};
  paging.WriteNext(reply, page.next);
  return reply;
}

domain::Result<Json> AddThingToThingGroup(Api& api, const ApiRequest& request, domain::Time now) {
  Params in(request);
  const Membership wanted = ReadMembership(api, in);
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.registry.AddToGroup(wanted.thing, wanted.group, now));
  return Json::object();
}

domain::Result<Json> RemoveThingFromThingGroup(Api& api, const ApiRequest& request,
                                               domain::Time now) {
  Params in(request);
  const Membership wanted = ReadMembership(api, in);
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.registry.RemoveFromGroup(wanted.thing, wanted.group, now));
  return Json::object();
}

domain::Result<Json> UpdateThingGroupsForThing(Api& api, const ApiRequest& request,
                                               domain::Time now) {
  Params in(request);
  const Object body = in.Body();
  const std::string thing = body.RequiredText("thingName", kThingName);
  const auto add = body.List("thingGroupsToAdd", kGroupName);
  const auto remove = body.List("thingGroupsToRemove", kGroupName);
  body.Flag("overrideDynamicGroups");
  CLOUD_TRY(in.Check());
  using Groups = std::vector<std::string>;
  CLOUD_TRY(api.registry.UpdateGroupsOfThing(thing, add.value_or(Groups{}),
                                             remove.value_or(Groups{}), now));
  return Json::object();
}

domain::Result<Json> ListThingsInThingGroup(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string group = in.Label(0, "thingGroupName", kGroupName);
  const bool recursive = in.QueryFlag("recursive");
  const Paging paging = Paging::ByToken(in);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::Page<std::string> page,
                         api.registry.ListMembers(group, recursive, paging.request()));
  Json reply = {{"things", page.items}};
  paging.WriteNext(reply, page.next);
  return reply;
}

domain::Result<Json> ListThingGroupsForThing(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string thing = in.Label(0, "thingName", kThingName);
  const Paging paging = Paging::ByToken(in);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(std::vector<std::string> groups, api.registry.GroupsOfThing(thing));
  const domain::Page<std::string> page = paging.Cut(std::move(groups));
  Json reply = {{"thingGroups", GroupNamesJson(api.names, page.items)}};
  paging.WriteNext(reply, page.next);
  return reply;
}

}  // namespace fieldwork::http_api
