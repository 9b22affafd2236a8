// Decides whom a job is for: which ARNs may be targets, and by which of them a thing is reached.
//
// A group reaches the things in it and in the groups below it.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cloud/domain/context.h"
#include "cloud/domain/result.h"

namespace fieldwork::domain {

struct Target {
  std::string arn;
  std::string name;
  bool is_group = false;
};

/// kInvalidRequest: one is not the ARN of a thing or group of this account. In the given order,
/// each once.
Result<std::vector<Target>> ParseTargets(const Names& names, const std::vector<std::string>& arns);
/// kNotFound: one of them is not there.
Status CheckTargetsExist(Store& store, const std::vector<Target>& targets);
/// Puts all things that they reach into the job's rollout queue.
void QueueTargets(Store& store, std::string_view job, const std::vector<Target>& targets);

/// The ARNs by which a job may reach a thing: its own, and those of the given groups and of all
/// that is above them.
std::set<std::string> ReachingArns(const Context& context, std::string_view thing,
                                   const std::vector<std::string>& groups);
bool Reaches(const Job& job, const std::set<std::string>& arns);

}  // namespace fieldwork::domain
