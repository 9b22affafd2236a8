// Decides how the fields of a certificate become policy variables.
#include "cloud/http_api/client_certificate.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "cloud/http_api/hex.h"

namespace fieldwork::http_api {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

struct Field {
  int nid;
  std::string_view name;
};
constexpr std::array<Field, 13> kFields = {{
    {NID_dnQualifier, "DistinguishedNameQualifier"},
    {NID_countryName, "Country"},
    {NID_organizationName, "Organization"},
    {NID_organizationalUnitName, "OrganizationalUnit"},
    {NID_stateOrProvinceName, "State"},
    {NID_commonName, "CommonName"},
    {NID_serialNumber, "SerialNumber"},
    {NID_title, "Title"},
    {NID_surname, "Surname"},
    {NID_givenName, "GivenName"},
    {NID_initials, "Initials"},
    {NID_pseudonym, "Pseudonym"},
    {NID_generationQualifier, "GenerationQualifier"},
}};

std::string CertificateId(const X509& certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (X509_digest(&certificate, EVP_sha256(), digest.data(), &size) != 1) {
    throw std::runtime_error("a client certificate cannot be encoded");
  }
  return Hex({digest.data(), size});
}

void Add(Variables& variables, const std::string& name, std::string value) {
  if (variables.try_emplace(name, value).second) return;
  for (int i = 1;; ++i) {
    if (variables.try_emplace(name + "." + std::to_string(i), value).second) return;
  }
}

// As UTF-8, whatever string type the certificate has.
std::string Text(const ASN1_STRING* string) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, string);
  if (size < 0) return {};
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return text;
}

void AddName(Variables& variables, const std::string& party, const X509_NAME* name) {
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    const int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    const auto field = std::find_if(kFields.begin(), kFields.end(),
                                    [&](const Field& known) { return known.nid == nid; });
    if (field == kFields.end()) continue;
    Add(variables, party + std::string(field->name), Text(X509_NAME_ENTRY_get_data(entry)));
  }
}

std::string DirectoryName(const X509_NAME* name) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
  if (!out || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string IpAddress(const ASN1_OCTET_STRING* octets) {
  const unsigned char* data = ASN1_STRING_get0_data(octets);
  const int size = ASN1_STRING_length(octets);
  if (size == 4) {
    boost::asio::ip::address_v4::bytes_type bytes{};
    std::copy_n(data, bytes.size(), bytes.begin());
    return boost::asio::ip::make_address_v4(bytes).to_string();
  }
  if (size == 16) {
    boost::asio::ip::address_v6::bytes_type bytes{};
    std::copy_n(data, bytes.size(), bytes.begin());
    return boost::asio::ip::make_address_v6(bytes).to_string();
  }
  return {};
}

void AddAlternative(Variables& variables, const std::string& prefix, const GENERAL_NAME& name) {
  switch (name.type) {
    case GEN_EMAIL: return Add(variables, prefix + "RFC822Name", Text(name.d.rfc822Name));
    case GEN_DNS: return Add(variables, prefix + "DNSName", Text(name.d.dNSName));
    case GEN_URI:
      return Add(variables, prefix + "UniformResourceIdentifier",
                 Text(name.d.uniformResourceIdentifier));
    case GEN_IPADD: return Add(variables, prefix + "IPAddress", IpAddress(name.d.iPAddress));
    case GEN_DIRNAME:
      return Add(variables, prefix + "DirectoryName", DirectoryName(name.d.directoryName));
    default: return;  // AWS has no variable for the others.
  }
}

void AddAlternatives(Variables& variables, const std::string& party, const X509& certificate,
                     int nid) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, nid, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  if (!names) return;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    AddAlternative(variables, party + "AlternativeName.", *sk_GENERAL_NAME_value(names.get(), i));
  }
}

std::string SerialNumber(const X509& certificate) {
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(&certificate), nullptr), &BN_free);
  if (!number) return {};
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
  auto* data = reinterpret_cast<unsigned char*>(bytes.data());
  BN_bn2bin(number.get(), data);
  return Hex({data, bytes.size()});
}

}  // namespace

ClientCertificate ReadClientCertificate(const X509& certificate) {
  ClientCertificate read{CertificateId(certificate), {}};
  const std::string subject = "iot:Certificate.Subject.";
  const std::string issuer = "iot:Certificate.Issuer.";
  AddName(read.variables, subject, X509_get_subject_name(&certificate));
  AddName(read.variables, issuer, X509_get_issuer_name(&certificate));
  AddAlternatives(read.variables, subject, certificate, NID_subject_alt_name);
  AddAlternatives(read.variables, issuer, certificate, NID_issuer_alt_name);
  read.variables["iot:Certificate.SerialNumber"] = SerialNumber(certificate);
  read.variables["iot:CertificateId"] = read.id;
  return read;
}

}  // namespace fieldwork::http_api
