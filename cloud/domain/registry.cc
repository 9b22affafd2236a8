// Decides the rules of things, tags and event settings; those of groups are in registry_groups.cc.
#include "cloud/domain/registry.h"

#include <algorithm>
#include <array>

#include "cloud/domain/access_changes.h"
#include "cloud/domain/checks.h"
#include "cloud/domain/limits.h"
#include "cloud/domain/registry_checks.h"
#include "cloud/domain/registry_internal.h"

namespace fieldwork::domain {
namespace {

struct EventType {
  std::string_view name;
  bool sent_here;
};
constexpr std::array<EventType, 11> kEventTypes = {{
    {"THING", false},
    {"THING_GROUP", false},
    {"THING_TYPE", false},
    {"THING_GROUP_MEMBERSHIP", false},
    {"THING_GROUP_HIERARCHY", false},
    {"THING_TYPE_ASSOCIATION", false},
    {"JOB", true},
    {"JOB_EXECUTION", true},
    {"POLICY", false},
    {"CERTIFICATE", false},
    {"CA_CERTIFICATE", false},
}};

Result<Thing> Find(Store& store, std::string_view name) {
  CLOUD_TRY(CheckThingName(name));
  auto thing = store.FindThing(name);
  if (!thing) return NoSuchThing(name);
  return *std::move(thing);
}

// Things and certificates have no tags in AWS.
Status CheckTaggable(Context& context, std::string_view arn) {
  Store& store = context.store;
  const Names& names = context.names;
  if (const auto group = names.NameIn(arn, "thinggroup/"); !group.empty()) {
    return store.FindGroup(group) ? Ok() : Status(NoSuchGroup(group));
  }
  if (const auto job = names.NameIn(arn, "job/"); !job.empty()) {
    return store.FindJob(job) ? Ok() : Status(NoSuchJob(job));
  }
  if (const auto policy = names.NameIn(arn, "policy/"); !policy.empty()) {
    if (store.FindPolicy(policy)) return Ok();
    return NotFound("There is no policy " + Quote(policy) + "; create it first.");
  }
  return InvalidRequest("The resource " + Quote(arn) +
                        " cannot have tags: it is not the ARN of a thing group, a job or a policy "
                        "of this account and region.");
}

Status CheckEventType(const std::string& name, bool enable) {
  const auto* const type = std::find_if(kEventTypes.begin(), kEventTypes.end(),
                                        [&](const EventType& each) { return each.name == name; });
  if (type == kEventTypes.end()) {
    return InvalidRequest("There is no event type " + Quote(name) + ".");
  }
  if (enable && !type->sent_here) {
    return InvalidRequest(
        "Events of type " + name +
        " are not sent by this cloud; only JOB and JOB_EXECUTION can be enabled.");
  }
  return Ok();
}

}  // namespace

Attributes Apply(const Attributes& stored, const AttributeChange& change) {
  Attributes result = change.merge ? stored : Attributes{};
  for (const auto& [name, value] : change.attributes) result[name] = value;
  std::erase_if(result, [&](const auto& pair) {
    return pair.second.empty() && change.attributes.contains(pair.first);
  });
  return result;
}

Result<Thing> Registry::CreateThing(std::string_view name, const Attributes& attributes, Time now) {
  CLOUD_TRY(CheckThingName(name));
  CLOUD_TRY(CheckAttributes(attributes, kThingAttributesMax));
  if (auto existing = context_.store.FindThing(name)) {
    if (existing->attributes == attributes) return *std::move(existing);
    return AlreadyExists("The thing " + Quote(name) + " exists already, with other attributes.",
                         existing->name, context_.names.ThingArn(name));
  }
  const Thing thing{std::string(name), context_.uuid(), attributes, 1, now};
  context_.store.SaveThing(thing);
  return thing;
}

Result<Thing> Registry::DescribeThing(std::string_view name) { return Find(context_.store, name); }

Status Registry::UpdateThing(std::string_view name, const std::optional<AttributeChange>& change,
                             std::optional<std::int64_t> expected_version) {
  CLOUD_ASSIGN_OR_RETURN(Thing thing, Find(context_.store, name));
  CLOUD_TRY(CheckVersion("the thing " + Quote(name), thing.version, expected_version));
  if (!change) return Ok();
  // Names of attributes that are taken away are checked too, but do not count.
  CLOUD_TRY(CheckAttributes(change->attributes, change->attributes.size()));
  Attributes attributes = Apply(thing.attributes, *change);
  CLOUD_TRY(CheckAttributes(attributes, kThingAttributesMax));
  const bool changed = attributes != thing.attributes;
  thing.attributes = std::move(attributes);
  ++thing.version;
  context_.store.SaveThing(thing);
  // Policy variables read the attributes.
  if (changed) PushChangesOfThing(context_, name);
  return Ok();
}

Status Registry::DeleteThing(std::string_view name, std::optional<std::int64_t> expected_version,
                             Time now) {
  const auto thing = Find(context_.store, name);
  if (!thing.ok()) {
    return thing.error().code == ErrorCode::kNotFound ? Ok() : Status(thing.error());
  }
  CLOUD_TRY(CheckVersion("the thing " + Quote(name), thing.value().version, expected_version));
  if (!context_.store.CertificatesOfThing(name, {1, ""}).items.empty()) {
    return InvalidRequest("Certificates are attached to the thing " + Quote(name) +
                          "; detach them first (DetachThingPrincipal).");
  }
  jobs_.ThingRemoved(name, now);
  context_.store.DeleteThing(name);
  return Ok();
}

Result<Page<Thing>> Registry::ListThings(std::string_view attribute, std::string_view value,
                                         bool value_is_prefix, const PageRequest& page) {
  CLOUD_TRY(CheckPageSize(page.limit));
  if (attribute.empty() && !value.empty()) {
    return InvalidRequest("attributeValue is given without attributeName; give both.");
  }
  return context_.store.ListThings(attribute, value, value_is_prefix, page);
}

Status Registry::TagResource(std::string_view arn, const std::vector<Tag>& tags) {
  CLOUD_TRY(CheckTaggable(context_, arn));
  CLOUD_TRY(CheckTags(tags));
  std::map<std::string, std::string> all;
  for (const Tag& tag : context_.store.TagsOf(arn)) all[tag.key] = tag.value;
  for (const Tag& tag : tags) all[tag.key] = tag.value;
  if (all.size() > kTagsMax) {
    return Error{ErrorCode::kLimitExceeded, "The resource " + Quote(arn) + " would have " +
                                                std::to_string(all.size()) + " tags; at most " +
                                                std::to_string(kTagsMax) + " are allowed."};
  }
  for (const Tag& tag : tags) context_.store.SaveTag(arn, tag);
  return Ok();
}

Status Registry::UntagResource(std::string_view arn, const std::vector<std::string>& keys) {
  CLOUD_TRY(CheckTaggable(context_, arn));
  for (const std::string& key : keys) context_.store.DeleteTag(arn, key);
  return Ok();
}

Result<std::vector<Tag>> Registry::TagsOf(std::string_view arn) {
  CLOUD_TRY(CheckTaggable(context_, arn));
  return context_.store.TagsOf(arn);
}

EventSettings Registry::DescribeEventSettings() {
  EventSettings settings = context_.store.FindEventSettings();
  for (const EventType& type : kEventTypes) settings.enabled.try_emplace(std::string(type.name));
  return settings;
}

Status Registry::UpdateEventSettings(const std::map<std::string, bool>& enabled, Time now) {
  for (const auto& [name, enable] : enabled) CLOUD_TRY(CheckEventType(name, enable));
  EventSettings settings = context_.store.FindEventSettings();
  for (const auto& [name, enable] : enabled) settings.enabled[name] = enable;
  if (!settings.created_at) settings.created_at = now;
  settings.modified_at = now;
  context_.store.SaveEventSettings(settings);
  return Ok();
}

}  // namespace fieldwork::domain
