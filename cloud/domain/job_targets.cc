// Decides whom a job is for.
#include "cloud/domain/job_targets.h"

#include <algorithm>
#include <utility>

#include "cloud/domain/limits.h"

namespace fieldwork::domain {
namespace {

Result<Target> Parse(const Names& names, const std::string& arn) {
  const std::string_view thing = names.NameIn(arn, "thing/");
  if (IsThingName(thing)) {
    return Target{arn, std::string(thing), false};
  }
  const std::string_view group = names.NameIn(arn, "thinggroup/");
  if (IsGroupName(group)) {
    return Target{arn, std::string(group), true};
  }
  return InvalidRequest(
      "A target is not the ARN of a thing or a thing group of this account and region, such as " +
      names.ThingArn("NAME") + " or " + names.GroupArn("NAME") + ".");
}

}  // namespace

Result<std::vector<Target>> ParseTargets(const Names& names, const std::vector<std::string>& arns) {
  std::vector<Target> targets;
  std::set<std::string_view> seen;
  for (const std::string& arn : arns) {
    CLOUD_ASSIGN_OR_RETURN(Target target, Parse(names, arn));
    if (seen.insert(arn).second) {
      targets.push_back(std::move(target));
    }
  }
  return targets;
}

Status CheckTargetsExist(Store& store, const std::vector<Target>& targets) {
  for (const Target& target : targets) {
    const bool exists =
        target.is_group ? store.FindGroup(target.name).has_value() : store.HasThing(target.name);
    if (!exists) {
      return NotFound("The target " + target.arn + " does not exist; create it first.");
    }
  }
  return Ok();
}

void QueueTargets(Store& store, std::string_view job, const std::vector<Target>& targets) {
  for (const Target& target : targets) {
    if (target.is_group) {
      store.QueueRolloutOfGroup(job, target.name);
    } else {
      store.QueueRollout(job, target.name);
    }
  }
}

std::set<std::string> ReachingArns(const Context& context, std::string_view thing,
                                   const std::vector<std::string>& groups) {
  std::set<std::string> arns = {context.names.ThingArn(thing)};
  for (const std::string& group : groups) {
    for (const std::string& name : context.store.GroupAndAncestors(group)) {
      arns.insert(context.names.GroupArn(name));
    }
  }
  return arns;
}

bool Reaches(const Job& job, const std::set<std::string>& arns) {
  return std::any_of(job.targets.begin(), job.targets.end(),
                     [&](const std::string& target) { return arns.count(target) != 0; });
}

}  // namespace fieldwork::domain
