// Decides the rules of static thing groups and of membership in them.
#include <algorithm>
#include <set>

#include "cloud/domain/checks.h"
#include "cloud/domain/limits.h"
#include "cloud/domain/pages.h"
#include "cloud/domain/registry.h"
#include "cloud/domain/registry_checks.h"
#include "cloud/domain/registry_internal.h"

namespace fieldwork::domain {
namespace {

Result<Group> Find(Store& store, std::string_view name) {
  CLOUD_TRY(CheckGroupName(name));
  auto group = store.FindGroup(name);
  if (!group) return NoSuchGroup(name);
  return *std::move(group);
}

Status CheckThing(Store& store, std::string_view thing) {
  CLOUD_TRY(CheckThingName(thing));
  return store.HasThing(thing) ? Ok() : Status(NoSuchThing(thing));
}

Status CheckProperties(std::string_view description, const Attributes& attributes) {
  CLOUD_TRY(CheckText("thingGroupDescription", description, kDescriptionMax));
  return CheckAttributes(attributes, kGroupAttributesMax);
}

// The parent of a group that is to be made. AWS knows no "not found" for CreateThingGroup.
Status CheckParent(Store& store, const std::string& parent) {
  if (parent.empty()) return Ok();
  if (!store.FindGroup(parent)) {
    return InvalidRequest("There is no parent thing group " + Quote(parent) + "; create it first.");
  }
  if (store.GroupAndAncestors(parent).size() >= kGroupDepthMax) {
    return InvalidRequest("The parent thing group " + Quote(parent) + " is on level " +
                          std::to_string(kGroupDepthMax) +
                          ", the deepest one; choose another one.");
  }
  if (store.CountChildren(parent) >= kGroupChildrenMax) {
    return InvalidRequest("The parent thing group " + Quote(parent) + " has " +
                          std::to_string(kGroupChildrenMax) + " child groups, which is the most.");
  }
  return Ok();
}

bool SameTags(std::vector<Tag> a, std::vector<Tag> b) {
  const auto by_key = [](const Tag& x, const Tag& y) { return x.key < y.key; };
  std::sort(a.begin(), a.end(), by_key);
  std::sort(b.begin(), b.end(), by_key);
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Tag& x, const Tag& y) {
    return x.key == y.key && x.value == y.value;
  });
}

// Whether a thing may be in exactly these groups, all of which exist.
Status CheckTogether(Store& store, std::string_view thing, const std::set<std::string>& groups) {
  if (groups.size() > kGroupsOfThingMax) {
    return InvalidRequest("The thing " + Quote(thing) + " would be in " +
                          std::to_string(groups.size()) + " thing groups; at most " +
                          std::to_string(kGroupsOfThingMax) + " are allowed.");
  }
  std::map<std::string, std::string> by_root;
  for (const std::string& group : groups) {
    const auto [first, is_first] = by_root.emplace(store.GroupAndAncestors(group).back(), group);
    if (!is_first) {
      return InvalidRequest("The thing groups " + Quote(first->second) + " and " + Quote(group) +
                            " are of one hierarchy; the thing " + Quote(thing) +
                            " can be in one of them only.");
    }
  }
  return Ok();
}

std::set<std::string> GroupsOf(Store& store, std::string_view thing) {
  const std::vector<std::string> groups = store.GroupsOfThing(thing);
  return {groups.begin(), groups.end()};
}

}  // namespace

Result<Group> Registry::CreateGroup(const Group& wanted, const std::vector<Tag>& tags, Time now) {
  CLOUD_TRY(CheckGroupName(wanted.name));
  CLOUD_TRY(CheckProperties(wanted.description, wanted.attributes));
  CLOUD_TRY(CheckTags(tags));
  Store& store = context_.store;
  const std::string arn = context_.names.GroupArn(wanted.name);
  if (auto existing = store.FindGroup(wanted.name)) {
    if (existing->parent == wanted.parent && existing->description == wanted.description &&
        existing->attributes == wanted.attributes && SameTags(store.TagsOf(arn), tags)) {
      return *std::move(existing);
    }
    return AlreadyExists(
        "The thing group " + Quote(wanted.name) + " exists already, with other properties.",
        wanted.name, arn);
  }
  CLOUD_TRY(CheckParent(store, wanted.parent));
  Group group = wanted;
  group.id = context_.uuid();
  group.version = 1;
  group.created_at = now;
  store.SaveGroup(group);
  for (const Tag& tag : tags) store.SaveTag(arn, tag);
  return group;
}

Result<GroupDescription> Registry::DescribeGroup(std::string_view name) {
  CLOUD_ASSIGN_OR_RETURN(Group group, Find(context_.store, name));
  std::vector<std::string> path = context_.store.GroupAndAncestors(name);
  path.erase(path.begin());
  std::reverse(path.begin(), path.end());
  return GroupDescription{std::move(group), std::move(path)};
}

Result<std::int64_t> Registry::UpdateGroup(std::string_view name,
                                           const std::optional<std::string>& description,
                                           const std::optional<AttributeChange>& change,
                                           std::optional<std::int64_t> expected_version) {
  CLOUD_ASSIGN_OR_RETURN(Group group, Find(context_.store, name));
  CLOUD_TRY(CheckVersion("the thing group " + Quote(name), group.version, expected_version));
  if (description) group.description = *description;
  if (change) {
    CLOUD_TRY(CheckAttributes(change->attributes, change->attributes.size()));
    group.attributes = Apply(group.attributes, *change);
  }
  CLOUD_TRY(CheckProperties(group.description, group.attributes));
  ++group.version;
  context_.store.SaveGroup(group);
  return group.version;
}

Status Registry::DeleteGroup(std::string_view name, std::optional<std::int64_t> expected_version,
                             Time now) {
  const auto group = Find(context_.store, name);
  if (!group.ok()) {
    return group.error().code == ErrorCode::kNotFound ? Ok() : Status(group.error());
  }
  CLOUD_TRY(
      CheckVersion("the thing group " + Quote(name), group.value().version, expected_version));
  Store& store = context_.store;
  if (store.CountChildren(name) > 0) {
    return InvalidRequest("The thing group " + Quote(name) +
                          " has child groups; delete them first.");
  }
  const std::string arn = context_.names.GroupArn(name);
  for (const std::string& policy :
       AllOf([&](const PageRequest& page) { return store.PoliciesOf(arn, page); })) {
    store.DetachPolicy(policy, arn);
  }
  // The group is still there while the things leave it: jobs look up what is above it.
  for (const std::string& thing :
       AllOf([&](const PageRequest& page) { return store.ListMembers(name, false, page); })) {
    store.RemoveMember(thing, name);
    jobs_.ThingLeft(thing, name, now);
    access_.MembershipChanged(thing);
  }
  store.DeleteGroup(name);
  store.DeleteTags(arn);
  return Ok();
}

Result<Page<Group>> Registry::ListGroups(std::string_view parent, bool recursive,
                                         std::string_view prefix, const PageRequest& page) {
  CLOUD_TRY(CheckPageSize(page.limit));
  if (!prefix.empty()) CLOUD_TRY(CheckGroupName(prefix));
  if (!parent.empty()) CLOUD_TRY(Find(context_.store, parent));
  return context_.store.ListGroups(parent, recursive, prefix, page);
}

Status Registry::AddToGroup(std::string_view thing, std::string_view group, Time now) {
  return UpdateGroupsOfThing(thing, {std::string(group)}, {}, now);
}

Status Registry::RemoveFromGroup(std::string_view thing, std::string_view group, Time now) {
  return UpdateGroupsOfThing(thing, {}, {std::string(group)}, now);
}

Status Registry::UpdateGroupsOfThing(std::string_view thing, const std::vector<std::string>& add,
                                     const std::vector<std::string>& remove, Time now) {
  Store& store = context_.store;
  CLOUD_TRY(CheckThing(store, thing));
  const std::set<std::string> before = GroupsOf(store, thing);
  std::set<std::string> after = before;
  for (const std::string& group : remove) {
    CLOUD_TRY(Find(store, group));
    after.erase(group);
  }
  for (const std::string& group : add) {
    CLOUD_TRY(Find(store, group));
    if (std::find(remove.begin(), remove.end(), group) != remove.end()) {
      return InvalidRequest("The thing group " + Quote(group) +
                            " is both to be added and to be removed; choose one.");
    }
    after.insert(group);
  }
  if (!add.empty()) CLOUD_TRY(CheckTogether(store, thing, after));

  for (const std::string& group : before) {
    if (after.contains(group)) continue;
    store.RemoveMember(thing, group);
    jobs_.ThingLeft(thing, group, now);
  }
  for (const std::string& group : after) {
    if (before.contains(group)) continue;
    store.AddMember(thing, group);
    jobs_.ThingJoined(thing, group, now);
  }
  if (before != after) access_.MembershipChanged(thing);
  return Ok();
}

Result<Page<std::string>> Registry::ListMembers(std::string_view group, bool recursive,
                                                const PageRequest& page) {
  CLOUD_TRY(CheckPageSize(page.limit));
  CLOUD_TRY(Find(context_.store, group));
  return context_.store.ListMembers(group, recursive, page);
}

Result<std::vector<std::string>> Registry::GroupsOfThing(std::string_view thing) {
  CLOUD_TRY(CheckThing(context_.store, thing));
  return context_.store.GroupsOfThing(thing);
}

}  // namespace fieldwork::domain
