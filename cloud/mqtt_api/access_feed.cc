// Decides what the plugin is told, and in which order; the contract is in access_feed.h.
#include "cloud/mqtt_api/access_feed.h"

#include <algorithm>
#include <optional>

#include "cloud/mqtt_api/payload_writer.h"

namespace fieldwork::mqtt_api {
namespace {

// A policy that was deleted and made anew starts at version 1 again, so that name and version do
// not name one document for ever; the time of its making does.
std::string VersionId(const domain::Policy& policy, const domain::PolicyVersion& version) {
  return policy.name + ":" + std::to_string(version.id) + ":" +
         std::to_string(domain::ToMillis(version.created_at));
}

const domain::PolicyVersion* DefaultVersion(const domain::Policy& policy) {
  const auto found =
      std::find_if(policy.versions.begin(), policy.versions.end(),
                   [&](const auto& version) { return version.id == policy.default_version; });
  return found == policy.versions.end() ? nullptr : &*found;
}

std::string Plain(std::string_view op) {
  PayloadWriter out(32);
  out.BeginObject();
  out.String("op", op);
  out.EndObject();
  return std::move(out).Take();
}

std::string RemoveMessage(std::string_view certificate_id) {
  PayloadWriter out(128);
  out.BeginObject();
  out.String("op", "remove");
  out.String("id", certificate_id);
  out.EndObject();
  return std::move(out).Take();
}

std::string PolicyMessage(const std::string& id, const std::string& document) {
  PayloadWriter out(256 + document.size());
  out.BeginObject();
  out.String("op", "policy");
  out.String("id", id);
  out.Raw("document", document);
  out.EndObject();
  return std::move(out).Take();
}

void WritePolicies(PayloadWriter& out, const std::vector<domain::Policy>& policies) {
  out.BeginArray("policies");
  for (const domain::Policy& policy : policies) {
    if (const auto* version = DefaultVersion(policy)) out.String(VersionId(policy, *version));
  }
  out.EndArray();
}

void WriteThing(PayloadWriter& out, const domain::PrincipalThing& of_principal) {
  out.BeginObject();
  out.String("name", of_principal.thing.name);
  out.BeginObject("attributes");
  for (const auto& [name, value] : of_principal.thing.attributes) out.String(name, value);
  out.EndObject();
  WritePolicies(out, of_principal.policies);
  out.EndObject();
}

std::string PrincipalMessage(const domain::Principal& principal) {
  PayloadWriter out(512);
  out.BeginObject();
  out.String("op", "principal");
  out.String("id", principal.certificate.id);
  out.Bool("active", principal.certificate.status == domain::CertificateStatus::kActive);
  out.BeginArray("things");
  for (const domain::PrincipalThing& each : principal.things) WriteThing(out, each);
  out.EndArray();
  WritePolicies(out, principal.policies);
  out.EndObject();
  return std::move(out).Take();
}

}  // namespace

void AccessFeed::SendAll() {
  sent_policies_.clear();
  send_(Plain("begin"));
  domain::PageRequest page;
  do {
    const auto certificates = access_.ListCertificates(true, page);
    if (!certificates.ok()) return;  // Without "end" the old picture holds.
    for (const domain::Certificate& certificate : certificates.value().items) {
      if (const auto principal = access_.FindPrincipal(certificate.id)) SendPrincipal(*principal);
    }
    page.after = certificates.value().next;
  } while (!page.after.empty());
  send_(Plain("end"));
}

void AccessFeed::SendChange(std::string_view certificate_id) {
  if (const auto principal = access_.FindPrincipal(certificate_id)) {
    SendPrincipal(*principal);
  } else {
    send_(RemoveMessage(certificate_id));
  }
}

void AccessFeed::SendPrincipal(const domain::Principal& principal) {
  SendNew(principal.policies);
  for (const domain::PrincipalThing& each : principal.things) SendNew(each.policies);
  send_(PrincipalMessage(principal));
}

void AccessFeed::SendNew(const std::vector<domain::Policy>& policies) {
  for (const domain::Policy& policy : policies) {
    const domain::PolicyVersion* const version = DefaultVersion(policy);
    if (version == nullptr) continue;
    std::string id = VersionId(policy, *version);
    if (!sent_policies_.insert(id).second) continue;
    send_(PolicyMessage(id, version->document));
  }
}

}  // namespace fieldwork::mqtt_api
