// Decides what a test of the rules starts from: an empty store, an open transaction, UUIDs that
// count up, and short ways to put something into the store.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "cloud/domain/context.h"
#include "cloud/domain/outbox.h"
#include "cloud/domain/testing/memory_store.h"
#include "cloud/domain/time.h"

namespace fieldwork::domain::testing {

/// 2024-01-01T00:00:00Z and that many seconds.
constexpr Time At(std::int64_t seconds) { return FromMillis((1'704'067'200 + seconds) * 1000); }

struct Fixture {
  /// A transaction is open: the rules may be called at once. A test whose subject opens its own
  /// (Batch) calls store.Commit() after its preparations.
  Fixture() { store.Begin(); }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  /// What happened since the last call.
  Outbox TakeOutbox() { return std::exchange(outbox, {}); }
  /// The certificates whose access has changed since then, in order.
  std::vector<std::string> TakeChanged() {
    std::vector<std::string> ids;
    for (const Happening& happening : TakeOutbox()) {
      if (const auto* change = std::get_if<AccessChange>(&happening)) {
        ids.push_back(change->certificate_id);
      }
    }
    return ids;
  }

  /// 00000000-0000-4000-8000-000000000001, then ...2, and so on.
  std::string NextUuid() {
    char text[64];
    std::snprintf(text, sizeof text, "00000000-0000-4000-8000-%012d", ++uuids_count);
    return text;
  }

  // Straight into the store, past the rules: no outbox, no effect on jobs.
  Thing AddThing(std::string_view name, const Attributes& attributes = {}) {
    const Thing thing{std::string(name), NextUuid(), attributes, 1, At(0)};
    store.SaveThing(thing);
    return thing;
  }
  Group AddGroup(std::string_view name, std::string_view parent = "") {
    const Group group{std::string(name), NextUuid(), std::string(parent), "", {}, 1, At(0)};
    store.SaveGroup(group);
    return group;
  }
  void AddMember(std::string_view thing, std::string_view group) { store.AddMember(thing, group); }
  /// An ACTIVE certificate; `seed` is repeated to the 64 digits of its id.
  Certificate AddCertificate(char seed, std::string_view thing = "") {
    Certificate certificate;
    certificate.id = std::string(64, seed);
    certificate.pem = "-----BEGIN CERTIFICATE-----\n" + certificate.id;
    certificate.status = CertificateStatus::kActive;
    certificate.created_at = certificate.modified_at = certificate.not_before = At(0);
    certificate.not_after = At(365 * 86400);
    store.SaveCertificate(certificate);
    if (!thing.empty()) {
      store.AttachToThing(certificate.id, thing);
    }
    return certificate;
  }
  Policy AddPolicy(std::string_view name, std::string_view document,
                   std::string_view target_arn = "") {
    const Policy policy{std::string(name), 1, 1, {{1, std::string(document), At(0)}}, At(0)};
    store.SavePolicy(policy);
    if (!target_arn.empty()) {
      store.AttachPolicy(policy.name, target_arn);
    }
    return policy;
  }

  MemoryStore store;
  Outbox outbox;
  int uuids_count = 0;
  Context context{store, outbox, Names{}, [this] { return NextUuid(); }};
};

}  // namespace fieldwork::domain::testing
