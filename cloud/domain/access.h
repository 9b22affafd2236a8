// Decides who may connect and what for: certificates, policies, and what is attached to what.
//
// Policy documents are opaque text here; whoever parsed the request has parsed them as well
// (cloud/policy). Keys are not seen here at all. Every change of what a certificate may do leaves
// an AccessChange in the outbox. Source: AWS API reference (UpdateCertificate, AttachPolicy, ...).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloud/domain/context.h"
#include "cloud/domain/result.h"

namespace fieldwork::domain {

/// A thing that a certificate is attached to.
struct PrincipalThing {
  Thing thing;
  std::vector<Policy> policies;  ///< Of its groups and of all above them, none twice.
};

/// Everything that decides what one certificate may do. The policies of a thing count only for a
/// connection whose client id is the thing's name; those of the certificate for every one. Source:
/// AWS IoT developer guide, "AWS IoT Core policies".
struct Principal {
  Certificate certificate;
  std::vector<Policy> policies;  ///< Attached to the certificate itself.
  std::vector<PrincipalThing> things;
};

class Access {
 public:
  explicit Access(Context& context) : context_(context) {}

  /// kAlreadyExists: that certificate is registered.
  Result<Certificate> RegisterCertificate(const Certificate& certificate);
  Result<Certificate> DescribeCertificate(std::string_view id);
  Status UpdateCertificate(std::string_view id, CertificateStatus status, Time now);
  /// kCertificateState while ACTIVE; kDeleteConflict while attached (`force`: policies do not
  /// count).
  Status DeleteCertificate(std::string_view id, bool force);
  Result<Page<Certificate>> ListCertificates(bool ascending, const PageRequest& page);

  /// Principals are ARNs of certificates.
  Status AttachThingPrincipal(std::string_view thing, std::string_view principal_arn);
  Status DetachThingPrincipal(std::string_view thing, std::string_view principal_arn);
  Result<Page<std::string>> PrincipalsOfThing(std::string_view thing, const PageRequest& page);
  Result<Page<std::string>> ThingsOfPrincipal(std::string_view principal_arn,
                                              const PageRequest& page);

  Result<Policy> CreatePolicy(std::string_view name, std::string_view document,
                              const std::vector<Tag>& tags, Time now);
  Result<Policy> FindPolicy(std::string_view name);
  Status DeletePolicy(std::string_view name);
  Result<Page<Policy>> ListPolicies(bool ascending, const PageRequest& page);
  Result<PolicyVersion> CreatePolicyVersion(std::string_view name, std::string_view document,
                                            bool set_default, Time now);
  Status SetDefaultVersion(std::string_view name, std::int64_t version);
  Status DeletePolicyVersion(std::string_view name, std::int64_t version);

  /// Targets are ARNs of certificates or of thing groups.
  Status AttachPolicy(std::string_view name, std::string_view target_arn);
  Status DetachPolicy(std::string_view name, std::string_view target_arn);
  /// `recursive`: for a group, those of its ancestors as well.
  Result<Page<Policy>> PoliciesOf(std::string_view target_arn, bool recursive,
                                  const PageRequest& page);
  Result<Page<std::string>> TargetsOf(std::string_view policy, const PageRequest& page);

  /// What the broker has to know about a certificate; empty if it is not registered.
  std::optional<Principal> FindPrincipal(std::string_view certificate_id);
  /// A thing joined or left a group: its certificates' policies may be others now.
  void MembershipChanged(std::string_view thing);

 private:
  Context& context_;
};

}  // namespace fieldwork::domain
