// Decides the rules of policies: their versions, and what they are attached to.
#include <algorithm>
#include <set>

#include "cloud/domain/access.h"
#include "cloud/domain/access_changes.h"
#include "cloud/domain/pages.h"
#include "cloud/domain/registry_checks.h"

namespace fieldwork::domain {
namespace {

Result<Policy> Find(Store& store, std::string_view name) {
  if (!IsPolicyName(name)) {
    return InvalidRequest(
        "The policy name is not 1 to 128 characters of a-z, A-Z, 0-9 and _+=,.@-.");
  }
  auto policy = store.FindPolicy(name);
  if (!policy) return NotFound("There is no policy " + Quote(name) + "; create it first.");
  return *std::move(policy);
}

Status CheckDocument(std::string_view document) {
  std::string counted(document);
  std::erase_if(counted, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
  const std::size_t characters = CountCharacters(counted);
  if (characters > kPolicyDocumentMax) {
    return Error{ErrorCode::kMalformedPolicy,
                 "The policy document has " + std::to_string(characters) +
                     " characters besides white space; at most " +
                     std::to_string(kPolicyDocumentMax) + " are allowed."};
  }
  return Ok();
}

auto VersionOf(Policy& policy, std::int64_t version) {
  return std::find_if(policy.versions.begin(), policy.versions.end(),
                      [&](const PolicyVersion& each) { return each.id == version; });
}

Error NoSuchVersion(std::string_view name, std::int64_t version) {
  return NotFound("The policy " + Quote(name) + " has no version " + std::to_string(version) + ".");
}

// Whoever the policy is attached to may do other things now.
void PushChangesOfPolicy(Context& context, std::string_view name) {
  std::set<std::string> certificates;
  ForEach([&](const PageRequest& page) { return context.store.TargetsOf(name, page); },
          [&](const std::string& arn) { AddReached(context, arn, certificates); });
  PushAccessChanges(context, certificates);
}

void PushChangesOfTarget(Context& context, std::string_view arn) {
  std::set<std::string> certificates;
  AddReached(context, arn, certificates);
  PushAccessChanges(context, certificates);
}

// What a policy may be attached to, and how many of them it may have.
struct Target {
  std::string_view group;        // Empty: it is a certificate.
  std::string_view certificate;  // Empty: it is a group.
  std::size_t policies_max = 0;
};

Result<Target> ParseTarget(const Names& names, std::string_view arn) {
  if (const auto id = names.NameIn(arn, "cert/"); IsCertificateId(id)) {
    return Target{{}, id, kPoliciesOfPrincipalMax};
  }
  if (const auto group = names.NameIn(arn, "thinggroup/"); IsGroupName(group)) {
    return Target{group, {}, kPoliciesOfGroupMax};
  }
  return InvalidRequest("The target " + Quote(arn) +
                        " is not the ARN of a certificate or a thing group of this account and "
                        "region.");
}

Result<Target> FindTarget(Context& context, std::string_view arn) {
  CLOUD_ASSIGN_OR_RETURN(const Target target, ParseTarget(context.names, arn));
  if (!target.group.empty() && !context.store.FindGroup(target.group)) {
    return NoSuchGroup(target.group);
  }
  if (!target.certificate.empty() && !context.store.FindCertificate(target.certificate)) {
    return NotFound("There is no certificate " + Quote(target.certificate) +
                    "; register it first.");
  }
  return target;
}

// The policies of a group and of those above it, each once, nearest first: at most 14.
std::vector<std::string> PoliciesOfHierarchy(Context& context, std::string_view group) {
  std::vector<std::string> names;
  for (const std::string& above : context.store.GroupAndAncestors(group)) {
    const std::string arn = context.names.GroupArn(above);
    for (std::string& name :
         AllOf([&](const PageRequest& page) { return context.store.PoliciesOf(arn, page); })) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        names.push_back(std::move(name));
      }
    }
  }
  return names;
}

// One page of a list that is at hand as a whole. A place is the last name of the page before.
Page<std::string> CutPage(const std::vector<std::string>& names, const PageRequest& request) {
  const auto last = std::find(names.begin(), names.end(), request.after);
  const auto begin = last == names.end() ? names.begin() : last + 1;
  const auto count = std::min<std::ptrdiff_t>(names.end() - begin, request.limit);
  Page<std::string> page;
  page.items.assign(begin, begin + count);
  if (begin + count != names.end()) page.next = page.items.back();
  return page;
}

}  // namespace

Result<Policy> Access::CreatePolicy(std::string_view name, std::string_view document,
                                    const std::vector<Tag>& tags, Time now) {
  const auto existing = Find(context_.store, name);
  const std::string arn = context_.names.PolicyArn(name);
  if (existing.ok()) {
    return AlreadyExists(
        "The policy " + Quote(name) + " exists already; create a version of it instead.", name,
        arn);
  }
  if (existing.error().code != ErrorCode::kNotFound) return existing.error();
  CLOUD_TRY(CheckDocument(document));
  CLOUD_TRY(CheckTags(tags));
  const Policy policy{std::string(name), 1, 1, {{1, std::string(document), now}}, now};
  context_.store.SavePolicy(policy);
  for (const Tag& tag : tags) context_.store.SaveTag(arn, tag);
  return policy;
}

Result<Policy> Access::FindPolicy(std::string_view name) { return Find(context_.store, name); }

Status Access::DeletePolicy(std::string_view name) {
  CLOUD_ASSIGN_OR_RETURN(const Policy policy, Find(context_.store, name));
  if (policy.versions.size() > 1) {
    return Error{ErrorCode::kDeleteConflict,
                 "The policy " + Quote(name) +
                     " has versions besides its default; delete them first (DeletePolicyVersion)."};
  }
  if (!context_.store.TargetsOf(name, {1, ""}).items.empty()) {
    return Error{ErrorCode::kDeleteConflict,
                 "The policy " + Quote(name) +
                     " is attached to certificates or groups; detach it first (DetachPolicy)."};
  }
  context_.store.DeletePolicy(name);
  context_.store.DeleteTags(context_.names.PolicyArn(name));
  return Ok();
}

Result<Page<Policy>> Access::ListPolicies(bool ascending, const PageRequest& page) {
  CLOUD_TRY(CheckPageSize(page.limit));
  return context_.store.ListPolicies(ascending, page);
}

Result<PolicyVersion> Access::CreatePolicyVersion(std::string_view name, std::string_view document,
                                                  bool set_default, Time now) {
  CLOUD_ASSIGN_OR_RETURN(Policy policy, Find(context_.store, name));
  CLOUD_TRY(CheckDocument(document));
  if (policy.versions.size() >= kPolicyVersionsMax) {
    return Error{ErrorCode::kVersionsLimitExceeded,
                 "The policy " + Quote(name) + " has " + std::to_string(kPolicyVersionsMax) +
                     " versions already; delete one first (DeletePolicyVersion)."};
  }
  const PolicyVersion version{++policy.last_version, std::string(document), now};
  policy.versions.push_back(version);
  if (set_default) policy.default_version = version.id;
  context_.store.SavePolicy(policy);
  if (set_default) PushChangesOfPolicy(context_, name);
  return version;
}

Status Access::SetDefaultVersion(std::string_view name, std::int64_t version) {
  CLOUD_ASSIGN_OR_RETURN(Policy policy, Find(context_.store, name));
  if (VersionOf(policy, version) == policy.versions.end()) return NoSuchVersion(name, version);
  if (policy.default_version == version) return Ok();
  policy.default_version = version;
  context_.store.SavePolicy(policy);
  PushChangesOfPolicy(context_, name);
  return Ok();
}

Status Access::DeletePolicyVersion(std::string_view name, std::int64_t version) {
  CLOUD_ASSIGN_OR_RETURN(Policy policy, Find(context_.store, name));
  const auto found = VersionOf(policy, version);
  if (found == policy.versions.end()) return NoSuchVersion(name, version);
  if (policy.default_version == version) {
    return Error{ErrorCode::kDeleteConflict, "Version " + std::to_string(version) +
                                                 " is the default of the policy " + Quote(name) +
                                                 "; make another one the default first."};
  }
  policy.versions.erase(found);
  context_.store.SavePolicy(policy);
  return Ok();
}

Status Access::AttachPolicy(std::string_view name, std::string_view target_arn) {
  CLOUD_TRY(Find(context_.store, name));
  CLOUD_ASSIGN_OR_RETURN(const Target target, FindTarget(context_, target_arn));
  const std::vector<std::string> attached =
      AllOf([&](const PageRequest& page) { return context_.store.PoliciesOf(target_arn, page); });
  if (std::find(attached.begin(), attached.end(), name) != attached.end()) return Ok();
  if (attached.size() >= target.policies_max) {
    return Error{ErrorCode::kLimitExceeded,
                 "The target " + Quote(target_arn) + " has " + std::to_string(attached.size()) +
                     " policies already; detach one first (DetachPolicy)."};
  }
  context_.store.AttachPolicy(name, target_arn);
  PushChangesOfTarget(context_, target_arn);
  return Ok();
}

Status Access::DetachPolicy(std::string_view name, std::string_view target_arn) {
  CLOUD_TRY(Find(context_.store, name));
  CLOUD_TRY(ParseTarget(context_.names, target_arn));
  if (context_.store.DetachPolicy(name, target_arn)) PushChangesOfTarget(context_, target_arn);
  return Ok();
}

Result<Page<Policy>> Access::PoliciesOf(std::string_view target_arn, bool recursive,
                                        const PageRequest& page) {
  CLOUD_ASSIGN_OR_RETURN(const Target target, FindTarget(context_, target_arn));
  CLOUD_TRY(CheckPageSize(page.limit));
  Store& store = context_.store;
  const bool hierarchy = recursive && !target.group.empty();
  Page<std::string> names = hierarchy ? CutPage(PoliciesOfHierarchy(context_, target.group), page)
                                      : store.PoliciesOf(target_arn, page);
  Page<Policy> found;
  found.next = std::move(names.next);
  for (const std::string& name : names.items) {
    if (auto policy = store.FindPolicy(name)) found.items.push_back(*std::move(policy));
  }
  return found;
}

Result<Page<std::string>> Access::TargetsOf(std::string_view policy, const PageRequest& page) {
  CLOUD_TRY(Find(context_.store, policy));
  CLOUD_TRY(CheckPageSize(page.limit));
  return context_.store.TargetsOf(policy, page);
}

}  // namespace fieldwork::domain
