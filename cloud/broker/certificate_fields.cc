// Decides where each "iot:Certificate.*" variable stands in a certificate, and how it is written.
#include "cloud/broker/certificate_fields.h"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <array>
#include <charconv>
#include <memory>
#include <utility>

namespace fieldwork::broker {
namespace {

constexpr std::string_view kSubject = "iot:Certificate.Subject.";
constexpr std::string_view kIssuer = "iot:Certificate.Issuer.";
constexpr std::string_view kSerialNumber = "iot:Certificate.SerialNumber";
constexpr std::string_view kAlternativeName = "AlternativeName.";

using Text = std::unique_ptr<char, void (*)(char*)>;
Text Own(char* text) {
  return {text, [](char* owned) { OPENSSL_free(owned); }};
}

constexpr std::array<std::pair<std::string_view, int>, 13> kNameFields = {{
    {"DistinguishedNameQualifier", NID_dnQualifier},
    {"Country", NID_countryName},
    {"Organization", NID_organizationName},
    {"OrganizationalUnit", NID_organizationalUnitName},
    {"State", NID_stateOrProvinceName},
    {"CommonName", NID_commonName},
    {"SerialNumber", NID_serialNumber},
    {"Title", NID_title},
    {"Surname", NID_surname},
    {"GivenName", NID_givenName},
    {"Initials", NID_initials},
    {"Pseudonym", NID_pseudonym},
    {"GenerationQualifier", NID_generationQualifier},
}};

constexpr std::array<std::pair<std::string_view, int>, 5> kAlternativeNames = {{
    {"RFC822Name", GEN_EMAIL},
    {"DNSName", GEN_DNS},
    {"DirectoryName", GEN_DIRNAME},
    {"UniformResourceIdentifier", GEN_URI},
    {"IPAddress", GEN_IPADD},
}};

template <typename Table>
std::optional<int> Lookup(const Table& table, std::string_view name) {
  for (const auto& [known, value] : table) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::optional<std::string> Utf8(const ASN1_STRING* value) {
  unsigned char* bytes = nullptr;
  const int length = ASN1_STRING_to_UTF8(&bytes, value);
  if (length < 0) return std::nullopt;
  std::string text(bytes, bytes + length);
  OPENSSL_free(bytes);
  return text;
}

/// "Field" or "Field.2": the field, and which of its values.
std::pair<std::string_view, int> SplitIndex(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return {name, 0};
  int index = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + dot + 1, end, index);
  if (error != std::errc() || stop != end) return {name, 0};
  return {name.substr(0, dot), index};
}

std::optional<std::string> NameField(X509_NAME* name, std::string_view field, int index) {
  const auto nid = Lookup(kNameFields, field);
  if (name == nullptr || !nid) return std::nullopt;
  int position = X509_NAME_get_index_by_NID(name, *nid, -1);
  while (index-- > 0 && position >= 0) {
    position = X509_NAME_get_index_by_NID(name, *nid, position);
  }
  if (position < 0) return std::nullopt;
  return Utf8(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, position)));
}

std::optional<std::string> Address(const ASN1_OCTET_STRING* value) {
  const int length = ASN1_STRING_length(value);
  if (length != 4 && length != 16) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = length == 4 ? AF_INET : AF_INET6;
  if (inet_ntop(family, ASN1_STRING_get0_data(value), text.data(), text.size()) == nullptr) {
    return std::nullopt;
  }
  return std::string(text.data());
}

std::optional<std::string> Written(const GENERAL_NAME& name) {
  switch (name.type) {
    case GEN_EMAIL:
    case GEN_DNS:
    case GEN_URI: return Utf8(name.d.ia5);
    case GEN_IPADD: return Address(name.d.iPAddress);
    case GEN_DIRNAME: {
      const Text line = Own(X509_NAME_oneline(name.d.directoryName, nullptr, 0));
      if (line) return std::string(line.get());
      return std::nullopt;
    }
    default: return std::nullopt;
  }
}

std::optional<std::string> AlternativeName(X509& certificate, int extension, std::string_view field,
                                           int index) {
  const auto type = Lookup(kAlternativeNames, field);
  if (!type) return std::nullopt;
  const std::unique_ptr<GENERAL_NAMES, void (*)(GENERAL_NAMES*)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, extension, nullptr, nullptr)),
      GENERAL_NAMES_free);
  if (!names) return std::nullopt;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == *type && index-- == 0) return Written(*name);
  }
  return std::nullopt;
}

std::optional<std::string> SerialNumber(X509& certificate) {
  const std::unique_ptr<BIGNUM, void (*)(BIGNUM*)> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(&certificate), nullptr), BN_free);
  if (!number) return std::nullopt;
  const Text text = Own(BN_bn2hex(number.get()));
  if (!text) return std::nullopt;
  return std::string(text.get());
}

}  // namespace

std::optional<std::string> CertificateField(X509& certificate, std::string_view name) {
  if (name == kSerialNumber) return SerialNumber(certificate);
  const bool of_subject = name.starts_with(kSubject);
  if (!of_subject && !name.starts_with(kIssuer)) return std::nullopt;
  const std::string_view rest = name.substr(of_subject ? kSubject.size() : kIssuer.size());
  const auto [field, index] = SplitIndex(rest);
  if (field.starts_with(kAlternativeName)) {
    return AlternativeName(certificate, of_subject ? NID_subject_alt_name : NID_issuer_alt_name,
                           field.substr(kAlternativeName.size()), index);
  }
  return NameField(
      of_subject ? X509_get_subject_name(&certificate) : X509_get_issuer_name(&certificate), field,
      index);
}

}  // namespace fieldwork::broker
