// Decides the rules of certificates and of what they are attached to; those of policies are in
// access_policies.cc.
#include "cloud/domain/access.h"

#include <algorithm>

#include "cloud/domain/access_changes.h"
#include "cloud/domain/checks.h"
#include "cloud/domain/pages.h"
#include "cloud/domain/registry_checks.h"

namespace fieldwork::domain {
namespace {

Error NoSuchCertificate(std::string_view id) {
  return NotFound("There is no certificate " + Quote(id) + "; register it first.");
}

Result<Certificate> FindCertificate(Context& context, std::string_view id) {
  if (!IsCertificateId(id)) {
    return InvalidRequest("The certificate id is not 64 hexadecimal digits.");
  }
  auto certificate = context.store.FindCertificate(id);
  if (!certificate) return NoSuchCertificate(id);
  return *std::move(certificate);
}

Result<Certificate> FindByArn(Context& context, std::string_view arn) {
  const std::string_view id = context.names.NameIn(arn, "cert/");
  if (!IsCertificateId(id)) {
    return InvalidRequest("The principal " + Quote(arn) +
                          " is not the ARN of a certificate of this account and region.");
  }
  return FindCertificate(context, id);
}

std::vector<std::string> ThingsOf(Store& store, std::string_view certificate) {
  return AllOf(
      [&](const PageRequest& page) { return store.ThingsOfCertificate(certificate, page); });
}

std::vector<std::string> PolicyNamesOf(Store& store, std::string_view arn) {
  return AllOf([&](const PageRequest& page) { return store.PoliciesOf(arn, page); });
}

// The policies of `arn` that are not in `policies` yet.
void AddPoliciesOf(Store& store, std::string_view arn, std::vector<Policy>& policies) {
  for (const std::string& name : PolicyNamesOf(store, arn)) {
    const auto same = [&](const Policy& policy) { return policy.name == name; };
    if (std::any_of(policies.begin(), policies.end(), same)) continue;
    if (auto policy = store.FindPolicy(name)) policies.push_back(*std::move(policy));
  }
}

std::vector<Policy> PoliciesOfGroupsOf(Context& context, std::string_view thing) {
  std::vector<Policy> policies;
  for (const std::string& group : context.store.GroupsOfThing(thing)) {
    for (const std::string& above : context.store.GroupAndAncestors(group)) {
      AddPoliciesOf(context.store, context.names.GroupArn(above), policies);
    }
  }
  return policies;
}

}  // namespace

void AddReached(Context& context, std::string_view target_arn,
                std::set<std::string>& certificates) {
  Store& store = context.store;
  if (const auto id = context.names.NameIn(target_arn, "cert/"); !id.empty()) {
    certificates.emplace(id);
    return;
  }
  const std::string_view group = context.names.NameIn(target_arn, "thinggroup/");
  ForEach([&](const PageRequest& page) { return store.ListMembers(group, true, page); },
          [&](const std::string& thing) {
            for (std::string& id : AllOf([&](const PageRequest& page) {
                   return store.CertificatesOfThing(thing, page);
                 })) {
              certificates.insert(std::move(id));
            }
          });
}

void PushAccessChanges(Context& context, const std::set<std::string>& certificates) {
  for (const std::string& id : certificates) context.outbox.push_back(AccessChange{id});
}

void PushChangesOfThing(Context& context, std::string_view thing) {
  ForEach([&](const PageRequest& page) { return context.store.CertificatesOfThing(thing, page); },
          [&](std::string id) { context.outbox.push_back(AccessChange{std::move(id)}); });
}

Result<Certificate> Access::RegisterCertificate(const Certificate& certificate) {
  if (!IsCertificateId(certificate.id)) {
    return InvalidRequest("The certificate id is not 64 hexadecimal digits.");
  }
  if (context_.store.FindCertificate(certificate.id)) {
    return AlreadyExists(
        "The certificate is registered already, with the id " + Quote(certificate.id) + ".",
        certificate.id, context_.names.CertificateArn(certificate.id));
  }
  context_.store.SaveCertificate(certificate);
  context_.outbox.push_back(AccessChange{certificate.id});
  return certificate;
}

Result<Certificate> Access::DescribeCertificate(std::string_view id) {
  return FindCertificate(context_, id);
}

Status Access::UpdateCertificate(std::string_view id, CertificateStatus status, Time now) {
  CLOUD_ASSIGN_OR_RETURN(Certificate certificate, FindCertificate(context_, id));
  if (certificate.status == status) return Ok();
  certificate.status = status;
  certificate.modified_at = now;
  context_.store.SaveCertificate(certificate);
  context_.outbox.push_back(AccessChange{certificate.id});
  return Ok();
}

Status Access::DeleteCertificate(std::string_view id, bool force) {
  CLOUD_ASSIGN_OR_RETURN(const Certificate certificate, FindCertificate(context_, id));
  if (certificate.status == CertificateStatus::kActive) {
    return Error{ErrorCode::kCertificateState,
                 "The certificate " + Quote(id) + " is ACTIVE; make it INACTIVE first."};
  }
  Store& store = context_.store;
  if (!store.ThingsOfCertificate(id, {1, ""}).items.empty()) {
    return Error{ErrorCode::kDeleteConflict, "Things are attached to the certificate " + Quote(id) +
                                                 "; detach them first (DetachThingPrincipal)."};
  }
  const std::string arn = context_.names.CertificateArn(id);
  const std::vector<std::string> policies = PolicyNamesOf(store, arn);
  if (!policies.empty() && !force) {
    return Error{ErrorCode::kDeleteConflict,
                 "Policies are attached to the certificate " + Quote(id) +
                     "; detach them first (DetachPolicy), or say forceDelete."};
  }
  for (const std::string& policy : policies) store.DetachPolicy(policy, arn);
  store.DeleteCertificate(id);
  context_.outbox.push_back(AccessChange{certificate.id});
  return Ok();
}

Result<Page<Certificate>> Access::ListCertificates(bool ascending, const PageRequest& page) {
  CLOUD_TRY(CheckPageSize(page.limit));
  return context_.store.ListCertificates(ascending, page);
}

Status Access::AttachThingPrincipal(std::string_view thing, std::string_view principal_arn) {
  CLOUD_TRY(CheckThingName(thing));
  CLOUD_ASSIGN_OR_RETURN(const Certificate certificate, FindByArn(context_, principal_arn));
  if (!context_.store.HasThing(thing)) return NoSuchThing(thing);
  const std::vector<std::string> things = ThingsOf(context_.store, certificate.id);
  if (std::find(things.begin(), things.end(), thing) != things.end()) return Ok();
  context_.store.AttachToThing(certificate.id, thing);
  context_.outbox.push_back(AccessChange{certificate.id});
  return Ok();
}

Status Access::DetachThingPrincipal(std::string_view thing, std::string_view principal_arn) {
  CLOUD_TRY(CheckThingName(thing));
  CLOUD_ASSIGN_OR_RETURN(const Certificate certificate, FindByArn(context_, principal_arn));
  if (!context_.store.HasThing(thing)) return NoSuchThing(thing);
  if (context_.store.DetachFromThing(certificate.id, thing)) {
    context_.outbox.push_back(AccessChange{certificate.id});
  }
  return Ok();
}

Result<Page<std::string>> Access::PrincipalsOfThing(std::string_view thing,
                                                    const PageRequest& page) {
  CLOUD_TRY(CheckThingName(thing));
  CLOUD_TRY(CheckPageSize(page.limit));
  if (!context_.store.HasThing(thing)) return NoSuchThing(thing);
  Page<std::string> found = context_.store.CertificatesOfThing(thing, page);
  for (std::string& id : found.items) id = context_.names.CertificateArn(id);
  return found;
}

Result<Page<std::string>> Access::ThingsOfPrincipal(std::string_view principal_arn,
                                                    const PageRequest& page) {
  CLOUD_ASSIGN_OR_RETURN(const Certificate certificate, FindByArn(context_, principal_arn));
  CLOUD_TRY(CheckPageSize(page.limit));
  return context_.store.ThingsOfCertificate(certificate.id, page);
}

std::optional<Principal> Access::FindPrincipal(std::string_view certificate_id) {
  Store& store = context_.store;
  auto certificate = store.FindCertificate(certificate_id);
  if (!certificate) return std::nullopt;
  Principal principal;
  principal.certificate = *std::move(certificate);
  AddPoliciesOf(store, context_.names.CertificateArn(certificate_id), principal.policies);
  for (const std::string& name : ThingsOf(store, certificate_id)) {
    auto thing = store.FindThing(name);
    if (!thing) continue;
    principal.things.push_back({*std::move(thing), PoliciesOfGroupsOf(context_, name)});
  }
  return principal;
}

void Access::MembershipChanged(std::string_view thing) { PushChangesOfThing(context_, thing); }

}  // namespace fieldwork::domain
