// Decides how the certificates of the tests are made.
#include "cloud/http_api/testing/test_pki.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace fieldwork::http_api::testing {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

void Require(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL could not make a certificate for a test");
}

File Open(const std::filesystem::path& path, const char* mode) {
  File file(std::fopen(path.c_str(), mode), &std::fclose);
  Require(file != nullptr);
  return file;
}

void AddExtension(X509& certificate, int nid, const char* value) {
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, nid, value), &X509_EXTENSION_free);
  Require(extension != nullptr && X509_add_ext(&certificate, extension.get(), -1) == 1);
}

Certificate Fill(const std::string& common_name, EVP_PKEY& key) {
  static long serial = 1;
  Certificate certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 365L * 86400);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  for (const auto& [field, value] :
       {std::pair{"CN", common_name}, std::pair{"O", std::string("Fieldwork")}}) {
    Require(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(value.c_str()), -1,
                                       -1, 0) == 1);
  }
  X509_set_pubkey(certificate.get(), &key);
  return certificate;
}

}  // namespace

TestPki::TestPki() {
  std::string name = (std::filesystem::temp_directory_path() / "fieldwork-http-XXXXXX").string();
  Require(mkdtemp(name.data()) != nullptr);
  folder_ = name;
  const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const Certificate root = Fill("root", *key);
  X509_set_issuer_name(root.get(), X509_get_subject_name(root.get()));
  AddExtension(*root, NID_basic_constraints, "critical,CA:TRUE");
  Require(X509_sign(root.get(), key.get(), EVP_sha256()) > 0);
  Require(PEM_write_X509(Open(root_pem(), "w").get(), root.get()) == 1);
  Require(PEM_write_PrivateKey(Open(folder_ / "root.key", "w").get(), key.get(), nullptr, nullptr,
                               0, nullptr, nullptr) == 1);
}

TestPki::~TestPki() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

TestPki::Files TestPki::Issue(const std::string& common_name) { return Make(common_name, true); }
TestPki::Files TestPki::IssueSelfSigned(const std::string& common_name) {
  return Make(common_name, false);
}

TestPki::Files TestPki::Make(const std::string& common_name, bool by_root) {
  const Files files{folder_ / (common_name + ".pem"), folder_ / (common_name + ".key")};
  const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const Certificate certificate = Fill(common_name, *key);
  AddExtension(*certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,DNS:other");
  const Certificate root(PEM_read_X509(Open(root_pem(), "r").get(), nullptr, nullptr, nullptr),
                         &X509_free);
  const Key root_key(
      PEM_read_PrivateKey(Open(folder_ / "root.key", "r").get(), nullptr, nullptr, nullptr),
      &EVP_PKEY_free);
  X509_set_issuer_name(certificate.get(),
                       X509_get_subject_name(by_root ? root.get() : certificate.get()));
  Require(X509_sign(certificate.get(), by_root ? root_key.get() : key.get(), EVP_sha256()) > 0);
  Require(PEM_write_X509(Open(files.certificate_pem, "w").get(), certificate.get()) == 1);
  Require(PEM_write_PrivateKey(Open(files.key_pem, "w").get(), key.get(), nullptr, nullptr, 0,
                               nullptr, nullptr) == 1);
  return files;
}

}  // namespace fieldwork::http_api::testing
