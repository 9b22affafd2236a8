// Decides what may be done with things and static thing groups.
//
// Source: AWS API reference (CreateThing, CreateThingGroup, AddThingToThingGroup, ...); developer
// guide, "Managing things", "Static thing groups".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloud/domain/access.h"
#include "cloud/domain/context.h"
#include "cloud/domain/jobs.h"
#include "cloud/domain/result.h"

namespace fieldwork::domain {

struct AttributeChange {
  Attributes attributes;
  bool merge = false;  ///< Keep what is not named; an empty value takes one away.
};

struct GroupDescription {
  Group group;
  std::vector<std::string> ancestors;  ///< Root first, parent last.
};

class Registry {
 public:
  Registry(Context& context, Jobs& jobs, Access& access)
      : context_(context), jobs_(jobs), access_(access) {}

  /// The same name with the same attributes again is answered as the first time.
  Result<Thing> CreateThing(std::string_view name, const Attributes& attributes, Time now);
  Result<Thing> DescribeThing(std::string_view name);
  Status UpdateThing(std::string_view name, const std::optional<AttributeChange>& change,
                     std::optional<std::int64_t> expected_version);
  /// Deleting what is not there succeeds, as in AWS. Refused while certificates are attached.
  Status DeleteThing(std::string_view name, std::optional<std::int64_t> expected_version, Time now);
  Result<Page<Thing>> ListThings(std::string_view attribute, std::string_view value,
                                 bool value_is_prefix, const PageRequest& page);

  Result<Group> CreateGroup(const Group& wanted, const std::vector<Tag>& tags, Time now);
  Result<GroupDescription> DescribeGroup(std::string_view name);
  /// Returns the new version.
  Result<std::int64_t> UpdateGroup(std::string_view name,
                                   const std::optional<std::string>& description,
                                   const std::optional<AttributeChange>& change,
                                   std::optional<std::int64_t> expected_version);
  Status DeleteGroup(std::string_view name, std::optional<std::int64_t> expected_version, Time now);
  Result<Page<Group>> ListGroups(std::string_view parent, bool recursive, std::string_view prefix,
                                 const PageRequest& page);
  Status AddToGroup(std::string_view thing, std::string_view group, Time now);
  Status RemoveFromGroup(std::string_view thing, std::string_view group, Time now);
  Status UpdateGroupsOfThing(std::string_view thing, const std::vector<std::string>& add,
                             const std::vector<std::string>& remove, Time now);
  Result<Page<std::string>> ListMembers(std::string_view group, bool recursive,
                                        const PageRequest& page);
  Result<std::vector<std::string>> GroupsOfThing(std::string_view thing);

  // Tags and event settings, of the account.
  Status TagResource(std::string_view arn, const std::vector<Tag>& tags);
  Status UntagResource(std::string_view arn, const std::vector<std::string>& keys);
  Result<std::vector<Tag>> TagsOf(std::string_view arn);
  EventSettings DescribeEventSettings();
  Status UpdateEventSettings(const std::map<std::string, bool>& enabled, Time now);

 private:
  Context& context_;
  Jobs& jobs_;
  Access& access_;
};

}  // namespace fieldwork::domain
