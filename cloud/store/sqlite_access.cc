// Decides where certificates and policies lie, and what is attached to what.
#include "cloud/store/paging.h"
#include "cloud/store/sqlite_store.h"
#include "cloud/store/statement.h"

// The key of the page first, then the columns in the order that the readers below expect.
#define CERTIFICATE_COLUMNS \
  "sequence, id, pem, status, created_at, modified_at, not_before, not_after, without_ca"
#define POLICY_COLUMNS "sequence, name, default_version, last_version, created_at"

namespace fieldwork::store {

using domain::Certificate;
using domain::CertificateStatus;
using domain::Page;
using domain::PageRequest;
using domain::Policy;

namespace {

static_assert(static_cast<int>(CertificateStatus::kActive) == 0 &&
                  static_cast<int>(CertificateStatus::kInactive) == 1 &&
                  static_cast<int>(CertificateStatus::kRevoked) == 2,
              "these numbers are in the databases that people have");

constexpr std::int64_t kBeforeTheFirst = 0;
constexpr std::int64_t kAfterTheLast = std::numeric_limits<std::int64_t>::max();

Certificate ReadCertificate(const Query& row) {
  Certificate certificate;
  certificate.id = row.Text(1);
  certificate.pem = row.Text(2);
  certificate.status = row.OneOf(3, CertificateStatus::kRevoked);
  certificate.created_at = row.Time(4);
  certificate.modified_at = row.Time(5);
  certificate.not_before = row.Time(6);
  certificate.not_after = row.Time(7);
  certificate.without_ca = row.Bool(8);
  return certificate;
}

Policy ReadPolicy(Database& database, const Query& row) {
  Policy policy;
  policy.name = row.Text(1);
  policy.default_version = row.Int(2);
  policy.last_version = row.Int(3);
  policy.created_at = row.Time(4);
  Query versions(database,
                 "SELECT id, document, created_at FROM policy_versions WHERE policy = ?1 "
                 "ORDER BY id",
                 policy.name);
  while (versions.Next()) {
    policy.versions.push_back({versions.Int(0), versions.Text(1), versions.Time(2)});
  }
  return policy;
}

}  // namespace

std::optional<Certificate> SqliteStore::FindCertificate(std::string_view id) {
  Query row(*database_, "SELECT " CERTIFICATE_COLUMNS " FROM certificates WHERE id = ?1", id);
  return row.Next() ? std::optional(ReadCertificate(row)) : std::nullopt;
}

void SqliteStore::SaveCertificate(const Certificate& certificate) {
  // Not REPLACE: that would give it a new place in the list.
  Run(*database_,
      "INSERT INTO certificates (id, pem, status, created_at, modified_at, not_before, not_after, "
      "without_ca) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
      "ON CONFLICT (id) DO UPDATE SET pem = ?2, status = ?3, created_at = ?4, modified_at = ?5, "
      "not_before = ?6, not_after = ?7, without_ca = ?8",
      certificate.id, certificate.pem, certificate.status, certificate.created_at,
      certificate.modified_at, certificate.not_before, certificate.not_after,
      certificate.without_ca);
}

void SqliteStore::DeleteCertificate(std::string_view id) {
  Run(*database_, "DELETE FROM certificates WHERE id = ?1", id);
  Run(*database_, "DELETE FROM thing_certificates WHERE certificate = ?1", id);
}

Page<Certificate> SqliteStore::ListCertificates(bool ascending, const PageRequest& page) {
  const std::optional<std::int64_t> after = NumberIn("certificates", page.after);
  if (ascending) {
    Query rows(*database_,
               "SELECT " CERTIFICATE_COLUMNS
               " FROM certificates WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
               after.value_or(kBeforeTheFirst), RowsOf(page));
    return ReadPage("certificates", page, rows, ReadCertificate);
  }
  Query rows(*database_,
             "SELECT " CERTIFICATE_COLUMNS
             " FROM certificates WHERE sequence < ?1 ORDER BY sequence DESC LIMIT ?2",
             after.value_or(kAfterTheLast), RowsOf(page));
  return ReadPage("certificates", page, rows, ReadCertificate);
}

void SqliteStore::AttachToThing(std::string_view certificate, std::string_view thing) {
  Run(*database_, "INSERT INTO thing_certificates VALUES (?1, ?2) ON CONFLICT DO NOTHING",
      certificate, thing);
}

bool SqliteStore::DetachFromThing(std::string_view certificate, std::string_view thing) {
  return Run(*database_, "DELETE FROM thing_certificates WHERE certificate = ?1 AND thing = ?2",
             certificate, thing) > 0;
}

Page<std::string> SqliteStore::ThingsOfCertificate(std::string_view certificate,
                                                   const PageRequest& page) {
  const std::string after = KeyIn("things-of", page.after);
  Query rows(*database_,
             "SELECT thing FROM thing_certificates WHERE certificate = ?1 AND thing > ?2 "
             "ORDER BY thing LIMIT ?3",
             certificate, after, RowsOf(page));
  return ReadNames("things-of", page, rows);
}

Page<std::string> SqliteStore::CertificatesOfThing(std::string_view thing,
                                                   const PageRequest& page) {
  const std::string after = KeyIn("certificates-of", page.after);
  Query rows(*database_,
             "SELECT certificate FROM thing_certificates WHERE thing = ?1 AND certificate > ?2 "
             "ORDER BY certificate LIMIT ?3",
             thing, after, RowsOf(page));
  return ReadNames("certificates-of", page, rows);
}

std::optional<Policy> SqliteStore::FindPolicy(std::string_view name) {
  Query row(*database_, "SELECT " POLICY_COLUMNS " FROM policies WHERE name = ?1", name);
  return row.Next() ? std::optional(ReadPolicy(*database_, row)) : std::nullopt;
}

void SqliteStore::SavePolicy(const Policy& policy) {
  Run(*database_,
      "INSERT INTO policies (name, default_version, last_version, created_at) "
      "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO UPDATE SET default_version = ?2, "
      "last_version = ?3, created_at = ?4",
      policy.name, policy.default_version, policy.last_version, policy.created_at);
  Run(*database_, "DELETE FROM policy_versions WHERE policy = ?1", policy.name);
  for (const domain::PolicyVersion& version : policy.versions) {
    Run(*database_, "INSERT INTO policy_versions VALUES (?1, ?2, ?3, ?4)", policy.name, version.id,
        version.document, version.created_at);
  }
}

void SqliteStore::DeletePolicy(std::string_view name) {
  Run(*database_, "DELETE FROM policies WHERE name = ?1", name);
  Run(*database_, "DELETE FROM policy_versions WHERE policy = ?1", name);
  Run(*database_, "DELETE FROM policy_targets WHERE policy = ?1", name);
}

Page<Policy> SqliteStore::ListPolicies(bool ascending, const PageRequest& page) {
  const std::optional<std::int64_t> after = NumberIn("policies", page.after);
  const auto read = [&](const Query& row) { return ReadPolicy(*database_, row); };
  if (ascending) {
    Query rows(*database_,
               "SELECT " POLICY_COLUMNS
               " FROM policies WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
               after.value_or(kBeforeTheFirst), RowsOf(page));
    return ReadPage("policies", page, rows, read);
  }
  Query rows(*database_,
             "SELECT " POLICY_COLUMNS
             " FROM policies WHERE sequence < ?1 ORDER BY sequence DESC LIMIT ?2",
             after.value_or(kAfterTheLast), RowsOf(page));
  return ReadPage("policies", page, rows, read);
}

void SqliteStore::AttachPolicy(std::string_view policy, std::string_view target_arn) {
  Run(*database_, "INSERT INTO policy_targets VALUES (?1, ?2) ON CONFLICT DO NOTHING", policy,
      target_arn);
}

bool SqliteStore::DetachPolicy(std::string_view policy, std::string_view target_arn) {
  return Run(*database_, "DELETE FROM policy_targets WHERE policy = ?1 AND target = ?2", policy,
             target_arn) > 0;
}

Page<std::string> SqliteStore::PoliciesOf(std::string_view target_arn, const PageRequest& page) {
  const std::string after = KeyIn("policies-of", page.after);
  Query rows(*database_,
             "SELECT policy FROM policy_targets WHERE target = ?1 AND policy > ?2 "
             "ORDER BY policy LIMIT ?3",
             target_arn, after, RowsOf(page));
  return ReadNames("policies-of", page, rows);
}

Page<std::string> SqliteStore::TargetsOf(std::string_view policy, const PageRequest& page) {
  const std::string after = KeyIn("targets-of", page.after);
  Query rows(*database_,
             "SELECT target FROM policy_targets WHERE policy = ?1 AND target > ?2 "
             "ORDER BY target LIMIT ?3",
             policy, after, RowsOf(page));
  return ReadNames("targets-of", page, rows);
}

}  // namespace fieldwork::store
