// Decides how the tests look at certificates: with OpenSSL's own verifier, not with our code.
#pragma once

#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "cloud/domain/time.h"
#include "cloud/pki/openssl_handles.h"

namespace fieldwork::pki {

inline constexpr domain::Time kNow = std::chrono::sys_days{std::chrono::year{2026} / 3 / 14};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    char name[] = "/tmp/pki_XXXXXX";
    path_ = mkdtemp(name);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string ContentOf(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline CertificatePtr CertificateOf(const std::string& pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), -1));
  return CertificatePtr(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

/// OpenSSL's verdict on a chain of two, at `now`; "ok" if it is good.
inline std::string Verdict(const std::string& root_pem, const std::string& pem, int purpose,
                           domain::Time now) {
  const CertificatePtr root = CertificateOf(root_pem);
  const CertificatePtr leaf = CertificateOf(pem);
  const std::unique_ptr<X509_STORE, OpensslFree<X509_STORE_free>> store(X509_STORE_new());
  const std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX_free>> context(
      X509_STORE_CTX_new());
  X509_STORE_add_cert(store.get(), root.get());
  X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr);
  X509_STORE_CTX_set_purpose(context.get(), purpose);
  X509_STORE_CTX_set_time(context.get(), 0, domain::ToSeconds(now));
  X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context.get()), X509_V_FLAG_X509_STRICT);
  X509_verify_cert(context.get());
  return X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
}

inline std::string SubjectOf(const std::string& pem) {
  const CertificatePtr certificate = CertificateOf(pem);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate.get()), 0, XN_FLAG_RFC2253);
  const char* data = nullptr;
  const long bytes = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(bytes)};
}

/// What `openssl ARGUMENTS` prints; both outputs.
inline std::string Openssl(const std::string& arguments) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(
      popen(("openssl " + arguments + " 2>&1").c_str(), "r"), pclose);
  std::string output;
  for (int c = fgetc(pipe.get()); c != EOF; c = fgetc(pipe.get())) {
    output += static_cast<char>(c);
  }
  return output;
}

/// A PEM of a new key of the kind that `openssl genpkey` makes with these arguments.
inline std::string NewKey(const std::filesystem::path& folder, const std::string& arguments) {
  Openssl("genpkey " + arguments + " -out " + (folder / "key").string());
  return (folder / "key").string();
}

inline std::string NewRequest(const std::filesystem::path& folder, const std::string& key,
                              const std::string& subject = "/CN=thing-7/O=Acme") {
  Openssl("req -new -key " + key + " -subj '" + subject + "' -out " + (folder / "csr").string());
  return ContentOf(folder / "csr");
}

}  // namespace fieldwork::pki
