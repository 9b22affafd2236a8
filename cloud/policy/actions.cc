// Decides the table of actions; see actions.h.
#include "cloud/policy/actions.h"

#include <array>
#include <cstddef>

#include "cloud/policy/ascii.h"

namespace fieldwork::policy {
namespace {

// Those asked for most come first: ActionNamed() looks from the top.
constexpr std::array<std::string_view, 31> kActions = {
    "iot:Publish",
    "iot:Receive",
    "iot:Subscribe",
    "iot:Connect",
    "iot:RetainPublish",
    "iotjobsdata:DescribeJobExecution",
    "iotjobsdata:GetPendingJobExecutions",
    "iotjobsdata:StartNextPendingJobExecution",
    "iotjobsdata:UpdateJobExecution",
    "iot:DescribeJobExecution",
    "iot:GetPendingJobExecutions",
    "iot:StartNextPendingJobExecution",
    "iot:UpdateJobExecution",
    "iot:DeleteConnection",
    "iot:GetRetainedMessage",
    "iot:ListRetainedMessages",
    "iot:GetThingShadow",
    "iot:UpdateThingShadow",
    "iot:DeleteThingShadow",
    "iot:ListNamedShadowsForThing",
    "iot:AssumeRoleWithCertificate",
    "greengrass:Discover",
    "greengrass:GetComponentVersionArtifact",
    "greengrass:ResolveComponentCandidates",
    "greengrass:GetDeploymentConfiguration",
    "greengrass:ListThingGroupsForCoreDevice",
    "greengrass:PutCertificateAuthorities",
    "greengrass:VerifyClientDeviceIdentity",
    "greengrass:VerifyClientDeviceIoTCertificateAssociation",
    "greengrass:GetConnectivityInfo",
    "greengrass:UpdateConnectivityInfo",
};
static_assert(kActions.size() <= 64, "ActionSet has a bit for each");

bool Matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t after_star = std::string_view::npos;
  std::size_t star_ends = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      star_ends = n;
      continue;
    }
    if (p < pattern.size() && (pattern[p] == '?' || Lower(pattern[p]) == Lower(name[n]))) {
      ++p;
      ++n;
      continue;
    }
    if (after_star == std::string_view::npos) return false;
    p = after_star;
    n = ++star_ends;
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace

ActionSet ActionNamed(std::string_view name) {
  for (std::size_t i = 0; i < kActions.size(); ++i) {
    if (kActions[i] == name) return ActionSet{1} << i;
  }
  return 0;
}

ActionSet ActionsMatching(std::string_view pattern) {
  ActionSet found = 0;
  for (std::size_t i = 0; i < kActions.size(); ++i) {
    if (Matches(pattern, kActions[i])) found |= ActionSet{1} << i;
  }
  return found;
}

}  // namespace fieldwork::policy
