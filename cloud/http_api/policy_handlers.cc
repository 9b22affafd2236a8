// Decides what the operations on policies take and give; documents are parsed before they are kept.
#include <algorithm>

#include "cloud/http_api/handlers.h"
#include "cloud/http_api/paging.h"
#include "cloud/http_api/params.h"
#include "cloud/http_api/shapes.h"
#include "cloud/policy/policy.h"

namespace fieldwork::http_api {
namespace {

constexpr TextRule kVersionId{1, 18, IsDigits, "[0-9]"};
constexpr TextRule kPolicyDocument{0, 404600};

std::string PolicyLabel(Params& in) { return in.Label(0, "policyName", kPolicyName); }

std::int64_t VersionLabel(Params& in) {
  in.Label(1, "policyVersionId", kVersionId);
  return in.LabelNumber(1, "policyVersionId");
}

domain::Status CheckPolicyDocument(std::string_view text) {
  const auto parsed = policy::Document::Parse(text);
  if (const auto* wrong = std::get_if<std::string>(&parsed)) {
    return domain::Error{domain::ErrorCode::kMalformedPolicy,
                         "The policy document is malformed: " + *wrong + "."};
  }
  return domain::Ok();
}

const domain::PolicyVersion* FindVersion(const domain::Policy& policy, std::int64_t id) {
  const auto found = std::find_if(policy.versions.begin(), policy.versions.end(),
                                  [id](const domain::PolicyVersion& v) { return v.id == id; });
  return found == policy.versions.end() ? nullptr : &*found;
}

domain::Error NoVersion(const domain::Policy& policy, std::int64_t id) {
  return domain::NotFound("policy " + policy.name + " has no version " + std::to_string(id) + ".");
}

domain::Time LastModified(const domain::Policy& policy) {
  domain::Time last = policy.created_at;
  for (const domain::PolicyVersion& version : policy.versions) {
    last = std::max(last, version.created_at);
  }
  return last;
}

Json PolicyPage(const Api& api, const Paging& paging, const domain::Page<domain::Policy>& page) {
  Json reply = {{"policies", Json::array()}};
  for (const domain::Policy& policy : page.items) {
    reply["policies"].push_back(PolicyNameJson(api.names, policy));
  }
  paging.WriteNext(reply, page.next);
  return reply;
}

// The deprecated operations name a certificate in a header, and nothing but a certificate.
std::string PrincipalHeader(const Api& api, Params& in) {
  std::string principal = in.Header("x-amzn-iot-principal", kArn);
  if (!principal.empty() && api.names.NameIn(principal, "cert/").empty()) {
    in.Refuse("x-amzn-iot-principal must be the ARN of a certificate of this account and region");
  }
  return principal;
}

}  // namespace

domain::Result<Json> CreatePolicy(Api& api, const ApiRequest& request, domain::Time now) {
  Params in(request);
  const Object body = in.Body();
  const std::string name = PolicyLabel(in);
  const std::string document = body.RequiredText("policyDocument", kPolicyDocument);
  const auto tags = body.Tags("tags").value_or(std::vector<domain::Tag>{});
  CLOUD_TRY(in.Check());
  CLOUD_TRY(CheckPolicyDocument(document));
  CLOUD_ASSIGN_OR_RETURN(const domain::Policy policy,
                         api.access.CreatePolicy(name, document, tags, now));
  Json reply = PolicyNameJson(api.names, policy);
  reply["policyDocument"] = document;
  reply["policyVersionId"] = std::to_string(policy.default_version);
  return reply;
}

domain::Result<Json> GetPolicy(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string name = PolicyLabel(in);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::Policy policy, api.access.FindPolicy(name));
  const domain::PolicyVersion* version = FindVersion(policy, policy.default_version);
  if (version == nullptr) return NoVersion(policy, policy.default_version);
  Json reply = PolicyNameJson(api.names, policy);
  reply["policyDocument"] = version->document;
  reply["defaultVersionId"] = std::to_string(policy.default_version);
  PutTime(reply, "creationDate", policy.created_at);
  PutTime(reply, "lastModifiedDate", LastModified(policy));
  return reply;
}

domain::Result<Json> DeletePolicy(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string name = PolicyLabel(in);
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.access.DeletePolicy(name));
  return Json::object();
}

domain::Result<Json> ListPolicies(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const bool ascending = in.QueryFlag("isAscendingOrder");
  const Paging paging = Paging::ByMarker(in);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::Page<domain::Policy> page,
                         api.access.ListPolicies(ascending, paging.request()));
  return PolicyPage(api, paging, page);
}

domain::Result<Json> CreatePolicyVersion(Api& api, const ApiRequest& request, domain::Time now) {
  Params in(request);
  const std::string name = PolicyLabel(in);
  const std::string document = in.Body().RequiredText("policyDocument", kPolicyDocument);
  const bool set_default = in.QueryFlag("setAsDefault");
  CLOUD_TRY(in.Check());
  CLOUD_TRY(CheckPolicyDocument(document));
  CLOUD_ASSIGN_OR_RETURN(const domain::PolicyVersion version,
                         api.access.CreatePolicyVersion(name, document, set_default, now));
  return Json{{"policyArn", api.names.PolicyArn(name)},
              {"policyDocument", document},
              {"policyVersionId", std::to_string(version.id)},
              {"isDefaultVersion", set_default}};
}

domain::Result<Json> ListPolicyVersions(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string name = PolicyLabel(in);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(domain::Policy policy, api.access.FindPolicy(name));
  // Newest first, as AWS lists them.
  std::sort(policy.versions.begin(), policy.versions.end(),
            [](const auto& a, const auto& b) { return a.id > b.id; });
  Json reply = {{"policyVersions", Json::array()}};
  for (const domain::PolicyVersion& version : policy.versions) {
    reply["policyVersions"].push_back({{"versionId", std::to_string(version.id)},
                                       {"isDefaultVersion", version.id == policy.default_version},
                                       {"createDate", EpochSeconds(version.created_at)}});
  }
  return reply;
}

domain::Result<Json> GetPolicyVersion(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string name = PolicyLabel(in);
  const std::int64_t id = VersionLabel(in);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::Policy policy, api.access.FindPolicy(name));
  const domain::PolicyVersion* version = FindVersion(policy, id);
  if (version == nullptr) return NoVersion(policy, id);
  return Json{{"policyArn", api.names.PolicyArn(name)},
              {"policyName", name},
              {"policyDocument", version->document},
              {"policyVersionId", std::to_string(id)},
              {"isDefaultVersion", id == policy.default_version},
              {"creationDate", EpochSeconds(version->created_at)},
              {"lastModifiedDate", EpochSeconds(version->created_at)}};
}

domain::Result<Json> SetDefaultPolicyVersion(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string name = PolicyLabel(in);
  const std::int64_t id = VersionLabel(in);
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.access.SetDefaultVersion(name, id));
  return Json::object();
}

domain::Result<Json> DeletePolicyVersion(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string name = PolicyLabel(in);
  const std::int64_t id = VersionLabel(in);
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.access.DeletePolicyVersion(name, id));
  return Json::object();
}

domain::Result<Json> AttachPolicy(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string name = PolicyLabel(in);
  const std::string target = in.Body().RequiredText("target", kArn);
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.access.AttachPolicy(name, target));
  return Json::object();
}

domain::Result<Json> DetachPolicy(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string name = PolicyLabel(in);
  const std::string target = in.Body().RequiredText("target", kArn);
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.access.DetachPolicy(name, target));
  return Json::object();
}

domain::Result<Json> ListAttachedPolicies(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string target = in.Label(0, "target", kArn);
  const bool recursive = in.QueryFlag("recursive");
  const Paging paging = Paging::ByMarker(in);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::Page<domain::Policy> page,
                         api.access.PoliciesOf(target, recursive, paging.request()));
  return PolicyPage(api, paging, page);
}

domain::Result<Json> ListTargetsForPolicy(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string name = PolicyLabel(in);
  const Paging paging = Paging::ByMarker(in);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::Page<std::string> page,
                         api.access.TargetsOf(name, paging.request()));
  Json reply = {{"targets", page.items}};
  paging.WriteNext(reply, page.next);
  return reply;
}

domain::Result<Json> AttachPrincipalPolicy(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string name = PolicyLabel(in);
  const std::string principal = PrincipalHeader(api, in);
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.access.AttachPolicy(name, principal));
  return Json::object();
}

domain::Result<Json> DetachPrincipalPolicy(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string name = PolicyLabel(in);
  const std::string principal = PrincipalHeader(api, in);
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.access.DetachPolicy(name, principal));
  return Json::object();
}

domain::Result<Json> ListPrincipalPolicies(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string principal = PrincipalHeader(api, in);
  const bool ascending = in.QueryFlag("isAscendingOrder");
  const Paging paging = Paging::ByMarker(in);
  CLOUD_TRY(in.Check());
  // A certificate has a handful of policies: all of them, then the page.
  CLOUD_ASSIGN_OR_RETURN(domain::Page<domain::Policy> all,
                         api.access.PoliciesOf(principal, false, domain::PageRequest{}));
  std::stable_sort(all.items.begin(), all.items.end(), [ascending](const auto& a, const auto& b) {
    return ascending ? a.created_at < b.created_at : b.created_at < a.created_at;
  });
  return PolicyPage(api, paging, paging.Cut(std::move(all.items)));
}

}  // namespace fieldwork::http_api
