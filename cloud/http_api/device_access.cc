// Decides whether a device may do what it asks for over mutual TLS; the rule is in the header.
#include "cloud/http_api/device_access.h"

#include <algorithm>
#include <vector>

#include "cloud/http_api/errors.h"
#include "cloud/policy/policy.h"

namespace fieldwork::http_api {
namespace {

// The default version of each. A document was parsed before it was stored; one that does not parse
// any more must not open anything, so that it refuses all.
std::optional<std::vector<policy::Document>> ReadDocuments(const domain::Principal& principal) {
  std::vector<policy::Document> documents;
  for (const domain::Policy& stored : principal.policies) {
    const auto version = std::find_if(
        stored.versions.begin(), stored.versions.end(),
        [&](const domain::PolicyVersion& each) { return each.id == stored.default_version; });
    if (version == stored.versions.end()) return std::nullopt;
    auto parsed = policy::Document::Parse(version->document);
    if (!std::holds_alternative<policy::Document>(parsed)) return std::nullopt;
    documents.push_back(std::get<policy::Document>(std::move(parsed)));
  }
  return documents;
}

bool IsAllowed(const std::vector<policy::Document>& documents, const std::string& resource,
               const DeviceRequest& request) {
  std::vector<const policy::Document*> pointers;
  for (const policy::Document& document : documents) pointers.push_back(&document);
  const auto variables = [&](std::string_view name) -> std::optional<std::string> {
    if (name == "aws:SourceIp") return request.source_ip;
    const auto found = request.certificate.variables.find(name);
    if (found == request.certificate.variables.end()) return std::nullopt;
    return found->second;
  };
  const auto decide = [&](std::string_view service) {
    const std::string action = std::string(service).append(request.operation);
    return policy::Evaluate(pointers, {action, resource}, variables);
  };
  const auto newer = decide("iotjobsdata:");
  const auto older = decide("iot:");
  if (newer == policy::Decision::kDenied || older == policy::Decision::kDenied) return false;
  return newer == policy::Decision::kAllowed || older == policy::Decision::kAllowed;
}

Reply Forbidden(std::string_view message) { return FaultReply(403, "ForbiddenException", message); }

}  // namespace

std::optional<Reply> RefuseDevice(domain::Access& access, const domain::Names& names,
                                  const DeviceRequest& request) {
  const auto principal = access.FindPrincipal(request.certificate.id);
  if (!principal) return Forbidden("Forbidden: the client certificate is not registered.");
  if (principal->certificate.status != domain::CertificateStatus::kActive) {
    return Forbidden("Forbidden: the client certificate is not ACTIVE.");
  }
  const std::string resource = names.ThingArn(request.thing);
  const auto documents = ReadDocuments(*principal);
  if (!documents || !IsAllowed(*documents, resource, request)) {
    return Forbidden("Forbidden: no policy attached to the client certificate allows iotjobsdata:" +
                     std::string(request.operation) + " on " + resource + ".");
  }
  return std::nullopt;
}

}  // namespace fieldwork::http_api
