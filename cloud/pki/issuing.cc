// Decides what is in the certificates that this authority makes: names, dates, extensions.
#include "cloud/pki/issuing.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "cloud/pki/authority.h"

namespace fieldwork::pki {
namespace {

constexpr int kSerialBits = 128;
constexpr std::chrono::days kRootLife{3652};
constexpr std::chrono::days kServerLife{365};
constexpr std::chrono::sys_seconds kDeviceEnd =
    std::chrono::sys_days{std::chrono::year{2049} / 12 / 31} + std::chrono::hours{23} +
    std::chrono::minutes{59} + std::chrono::seconds{59};

void SetDate(const ASN1_TIME* field, domain::Time time) {
  // The setters of OpenSSL copy; writing through the field itself is what its own tools do.
  Require(ASN1_TIME_set(const_cast<ASN1_TIME*>(field), domain::ToSeconds(time)) != nullptr,
          "cannot set a certificate's date");
}

void SetSerial(X509& certificate) {
  const BignumPtr serial(BN_new());
  Require(serial != nullptr &&
              BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
              BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(&certificate)) != nullptr,
          "cannot make a serial number");
}

void AddName(X509_NAME* name, const char* field, const char* value) {
  // X509_NAME_add_entry_by_txt takes bytes, which are these characters.
  Require(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(value), -1, -1, 0) == 1,
          "cannot set a certificate's subject");
}

void AddExtension(X509& certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, &certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  Require(extension != nullptr && X509_add_ext(&certificate, extension.get(), -1) == 1,
          "cannot add an extension to a certificate");
}

// What all of them have: version, serial, dates, key.
CertificatePtr Begin(EVP_PKEY& key, domain::Time now, domain::Time end) {
  CertificatePtr certificate(X509_new());
  Require(certificate != nullptr && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
              X509_set_pubkey(certificate.get(), &key) == 1,
          "cannot make a certificate");
  SetSerial(*certificate);
  SetDate(X509_get0_notBefore(certificate.get()), now - kBackdating);
  SetDate(X509_get0_notAfter(certificate.get()), end);
  return certificate;
}

void Sign(X509& certificate, EVP_PKEY& issuer_key) {
  Require(X509_sign(&certificate, &issuer_key, EVP_sha256()) > 0, "cannot sign a certificate");
}

void SignBy(const Issuer& issuer, X509& certificate) {
  Require(X509_set_issuer_name(&certificate, X509_get_subject_name(issuer.certificate)) == 1,
          "cannot set a certificate's issuer");
  AddExtension(certificate, issuer.certificate, NID_subject_key_identifier, "hash");
  AddExtension(certificate, issuer.certificate, NID_authority_key_identifier, "keyid:always");
  Sign(certificate, *issuer.key);
}

bool IsAddress(const std::string& name) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

// Labels of letters, digits, '-' and '_'; nothing that means something in a list of SANs.
bool IsDnsName(const std::string& name) {
  constexpr std::size_t kNameMax = 253;
  constexpr std::size_t kLabelMax = 63;
  if (name.empty() || name.size() > kNameMax) {
    return false;
  }
  std::size_t label = 0;
  for (const char c : name) {
    label = c == '.' ? 0 : label + 1;
    const bool known = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    if (!known || label > kLabelMax) {
      return false;
    }
  }
  return name.front() != '.' && name.find("..") == std::string::npos;
}

std::string SubjectAlternativeNames(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ",") + std::string(IsAddress(name) ? "IP:" : "DNS:") + name;
  }
  return text;
}

bool Names(X509& certificate, const std::string& name) {
  return IsAddress(name) ? X509_check_ip_asc(&certificate, name.c_str(), 0) == 1
                         : X509_check_host(&certificate, name.data(), name.size(), 0, nullptr) == 1;
}

}  // namespace

KeyPtr MakeEcKey() {
  KeyPtr key(EVP_EC_gen("P-256"));
  Require(key != nullptr, "cannot make an EC key");
  return key;
}

KeyPtr MakeRsaKey() {
  constexpr std::size_t kBits = 2048;
  KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", kBits));
  Require(key != nullptr, "cannot make an RSA key");
  return key;
}

CertificatePtr MakeRoot(EVP_PKEY& key, domain::Time now) {
  CertificatePtr root = Begin(key, now, now + kRootLife);
  AddName(X509_get_subject_name(root.get()), "O", "Fieldwork");
  AddName(X509_get_subject_name(root.get()), "CN", "Fieldwork Local Root CA");
  Require(X509_set_issuer_name(root.get(), X509_get_subject_name(root.get())) == 1,
          "cannot set the root's issuer");
  AddExtension(*root, root.get(), NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(*root, root.get(), NID_key_usage, "critical,keyCertSign,cRLSign,digitalSignature");
  AddExtension(*root, root.get(), NID_subject_key_identifier, "hash");
  Sign(*root, key);
  return root;
}

CertificatePtr MakeServer(const Issuer& issuer, EVP_PKEY& key,
                          const std::vector<std::string>& names, domain::Time now) {
  CertificatePtr server = Begin(key, now, now + kServerLife);
  AddName(X509_get_subject_name(server.get()), "CN", "Fieldwork cloud");
  AddExtension(*server, issuer.certificate, NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(*server, issuer.certificate, NID_key_usage, "critical,digitalSignature");
  AddExtension(*server, issuer.certificate, NID_ext_key_usage, "serverAuth");
  AddExtension(*server, issuer.certificate, NID_subject_alt_name, SubjectAlternativeNames(names));
  SignBy(issuer, *server);
  return server;
}

CertificatePtr MakeDevice(const Issuer& issuer, EVP_PKEY& key, const X509_NAME* subject,
                          domain::Time now) {
  CertificatePtr device = Begin(key, now, kDeviceEnd);
  if (subject == nullptr) {
    AddName(X509_get_subject_name(device.get()), "CN", "AWS IoT Certificate");
  } else {
    Require(X509_set_subject_name(device.get(), subject) == 1,
            "cannot set a certificate's subject");
  }
  AddExtension(*device, issuer.certificate, NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(*device, issuer.certificate, NID_key_usage, "critical,digitalSignature");
  AddExtension(*device, issuer.certificate, NID_ext_key_usage, "clientAuth");
  SignBy(issuer, *device);
  return device;
}

std::vector<std::string> NormalNames(const std::vector<std::string>& names) {
  std::vector<std::string> normal{"localhost", "127.0.0.1", "::1"};
  for (std::string name : names) {
    if (name.size() > 2 && name.front() == '[' && name.back() == ']') {
      name = name.substr(1, name.size() - 2);
    }
    if (!IsAddress(name) && !IsDnsName(name)) {
      throw PkiError("\"" + name +
                     "\" cannot be in a server certificate: give a DNS name or an IP address");
    }
    if (std::find(normal.begin(), normal.end(), name) == normal.end()) {
      normal.push_back(std::move(name));
    }
  }
  return normal;
}

std::string WhyServerIsDue(X509& certificate, EVP_PKEY& key, EVP_PKEY& root_key,
                           const std::vector<std::string>& names, domain::Time now) {
  std::string why;
  std::time_t now_s = domain::ToSeconds(now);
  std::time_t limit_s = domain::ToSeconds(now + kRenewBefore);
  if (X509_check_private_key(&certificate, &key) != 1) {
    why = "its key is another one";
  } else if (X509_verify(&certificate, &root_key) != 1) {
    why = "the root did not sign it";
  } else if (X509_cmp_time(X509_get0_notBefore(&certificate), &now_s) > 0) {
    why = "it is not valid yet";
  } else if (X509_cmp_time(X509_get0_notAfter(&certificate), &limit_s) <= 0) {
    why = "it ends soon";
  }
  ERR_clear_error();
  for (const std::string& name : names) {
    if (why.empty() && !Names(certificate, name)) {
      why = name + " is not in it";
    }
  }
  return why;
}

}  // namespace fieldwork::pki
