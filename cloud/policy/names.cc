// Decides the tables of names; see names.h.
#include "cloud/policy/names.h"

#include <algorithm>
#include <array>
#include <optional>

#include "cloud/policy/ascii.h"
#include "cloud/policy/malformed.h"

namespace fieldwork::policy {
namespace {

constexpr std::array<std::string_view, 7> kPlain = {
    "iot:ClientId",
    "iot:CertificateId",
    "iot:Connection.Thing.ThingName",
    "iot:Connection.Thing.ThingTypeName",
    "iot:Connection.Thing.IsAttached",
    "iot:Certificate.SerialNumber",
    "aws:SourceIp",
};
constexpr std::string_view kAttributes = "iot:Connection.Thing.Attributes[";
constexpr std::string_view kConnectAttributes = "iot:ConnectAttributes";
constexpr std::string_view kCertificate = "iot:Certificate.";

// Each of them after "iot:Certificate.Subject." and "iot:Certificate.Issuer.", and each may be
// followed by the index of a further value, or by ".List".
constexpr std::array<std::string_view, 18> kFields = {
    "DistinguishedNameQualifier",
    "Country",
    "Organization",
    "OrganizationalUnit",
    "State",
    "CommonName",
    "SerialNumber",
    "Title",
    "Surname",
    "GivenName",
    "Initials",
    "Pseudonym",
    "GenerationQualifier",
    "AlternativeName.RFC822Name",
    "AlternativeName.DNSName",
    "AlternativeName.DirectoryName",
    "AlternativeName.UniformResourceIdentifier",
    "AlternativeName.IPAddress",
};
constexpr std::array<std::string_view, 2> kParties = {"iot:Certificate.Subject.",
                                                      "iot:Certificate.Issuer."};

struct Refused {
  std::string_view name;
  std::string_view why;
};
// Names that AWS knows, and the reason why they are not evaluated here.
constexpr std::array<Refused, 5> kRefused = {{
    {"iot:DomainName", "the broker does not learn which server name a client asked for"},
    {"iot:LastWillTopic", "the will's topic is checked as iot:Publish; write that instead"},
    {"iot:Certificate.AvailableKeys", "test the variable itself with the operator Null instead"},
    {"aws:CurrentTime", "policies are evaluated without a clock"},
    {"aws:EpochTime", "policies are evaluated without a clock"},
}};

std::string Quoted(std::string_view name) { return "'" + std::string(name) + "'"; }

bool StartsWith(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && EqualIgnoringCase(text.substr(0, start.size()), start);
}

// An index of at most two digits, without a leading zero: AWS keeps five values.
bool IsIndex(std::string_view text) {
  return !text.empty() && text.size() <= 2 && text[0] != '0' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<Key> CertificateField(std::string_view name) {
  for (const std::string_view party : kParties) {
    if (!StartsWith(name, party)) continue;
    const std::string_view rest = name.substr(party.size());
    for (const std::string_view field : kFields) {
      if (!StartsWith(rest, field)) continue;
      std::string_view suffix = rest.substr(field.size());
      std::string canonical = std::string(party).append(field);
      if (suffix.empty()) return Key{std::move(canonical), KeyKind::kSingle};
      if (suffix[0] != '.') continue;
      suffix.remove_prefix(1);
      if (EqualIgnoringCase(suffix, "List")) {
        return Key{std::move(canonical), KeyKind::kCertificateList};
      }
      if (IsIndex(suffix)) {
        return Key{std::move(canonical.append(".").append(suffix)), KeyKind::kSingle};
      }
    }
  }
  return std::nullopt;
}

std::optional<Key> ThingAttribute(std::string_view name) {
  if (!StartsWith(name, kAttributes) || name.back() != ']') return std::nullopt;
  const std::string_view attribute =
      name.substr(kAttributes.size(), name.size() - kAttributes.size() - 1);
  if (attribute.empty() || attribute.find_first_of("[]{}") != std::string_view::npos) {
    return std::nullopt;
  }
  return Key{std::string(kAttributes).append(attribute).append("]"), KeyKind::kSingle};
}

std::optional<Key> Find(std::string_view name) {
  for (const std::string_view plain : kPlain) {
    if (EqualIgnoringCase(name, plain)) return Key{std::string(plain), KeyKind::kSingle};
  }
  if (EqualIgnoringCase(name, kConnectAttributes)) {
    return Key{std::string(kConnectAttributes), KeyKind::kConnectAttributes};
  }
  if (auto attribute = ThingAttribute(name)) return attribute;
  return CertificateField(name);
}

Key FindOrThrow(std::string_view name, std::string_view what) {
  if (auto key = Find(name)) return *std::move(key);
  for (const Refused& refused : kRefused) {
    if (EqualIgnoringCase(name, refused.name)) {
      throw Malformed("the " + std::string(what) + " " + Quoted(name) +
                      " is not evaluated here: " + std::string(refused.why));
    }
  }
  throw Malformed("there is no " + std::string(what) + " " + Quoted(name) + " in AWS IoT policies");
}

}  // namespace

Key ConditionKey(std::string_view name) { return FindOrThrow(name, "condition key"); }

std::string VariableName(std::string_view name) {
  Key key = FindOrThrow(name, "policy variable");
  if (key.kind != KeyKind::kSingle) {
    throw Malformed("the policy variable " + Quoted(name) +
                    " has several values and cannot be inserted; use it as a condition key");
  }
  return std::move(key.name);
}

bool IsOfCertificate(std::string_view name) {
  return name.substr(0, kCertificate.size()) == kCertificate;
}

}  // namespace fieldwork::policy
