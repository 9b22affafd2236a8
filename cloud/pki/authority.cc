// Decides what this cloud's certificates look like, and which of others are taken.
//
// A key is written before its certificate. So a folder that a crash left half made has a key alone,
// and its certificate is made from that key.
#include "cloud/pki/authority.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <mutex>
#include <optional>
#include <utility>

#include "cloud/pki/issuing.h"
#include "cloud/pki/openssl_handles.h"
#include "cloud/pki/pem.h"
#include "cloud/pki/private_files.h"

namespace fieldwork::pki {
namespace {

// The strength of SHA-224; SHA-1 and MD5 are below it.
constexpr int kSignatureBitsMin = 112;

domain::Error NotValid(const std::string& why) {
  return {domain::ErrorCode::kCertificateValidation, "The certificate is not taken: " + why + "."};
}

std::string WhySignatureIsRefused(X509& certificate) {
  int strength = 0;
  const bool known =
      X509_get_signature_info(&certificate, nullptr, nullptr, &strength, nullptr) == 1;
  ERR_clear_error();
  return known && strength >= kSignatureBitsMin
             ? ""
             : "its signature algorithm is too weak; SHA-256 or better is taken";
}

std::string WhyIssuerIsRefused(X509& certificate, std::string_view ca_pem) {
  const CertificatePtr ca = ParseCertificate(ca_pem);
  if (ca == nullptr) {
    return "caCertificatePem is not one PEM certificate";
  }
  const bool issued = X509_check_ca(ca.get()) > 0 &&
                      X509_check_issued(ca.get(), &certificate) == X509_V_OK &&
                      X509_verify(&certificate, X509_get0_pubkey(ca.get())) == 1;
  ERR_clear_error();
  return issued ? "" : "the CA in caCertificatePem did not sign it";
}

}  // namespace

class Authority::Keys {
 public:
  Keys(std::filesystem::path folder, const std::vector<std::string>& server_names)
      : folder_(std::move(folder)), names_(NormalNames(server_names)) {}

  void Open(domain::Time now) {
    std::error_code failed;
    std::filesystem::create_directories(folder_, failed);
    if (failed) {
      throw PkiError("cannot create " + folder_.string() + ": " + failed.message());
    }
    OpenRoot(now);
    RenewServer(now);
  }

  bool RenewServer(domain::Time now) {
    const std::optional<std::string> key_pem = ReadSecret(server_key());
    const std::optional<std::string> pem = ReadWhole(server_pem());
    if (key_pem && pem) {
      const KeyPtr key = ParsePrivateKey(*key_pem);
      const CertificatePtr certificate = ParseCertificate(*pem);
      if (key != nullptr && certificate != nullptr &&
          WhyServerIsDue(*certificate, *key, *root_key_, names_, now).empty()) {
        return false;
      }
    }
    const KeyPtr key = MakeEcKey();
    const std::lock_guard lock(signing_);
    const CertificatePtr certificate = MakeServer(issuer(), *key, names_, now);
    WriteWhole(server_key(), PrivateKeyPem(*key), kKeyMode);
    WriteWhole(server_pem(), ToPem(*certificate), kCertificateMode);
    return true;
  }

  domain::Certificate IssueDevice(EVP_PKEY& key, const X509_NAME* subject, domain::Time now) {
    const std::lock_guard lock(signing_);
    return Describe(*MakeDevice(issuer(), key, subject, now));
  }

  std::filesystem::path root_pem() const { return folder_ / "AmazonRootCA1.pem"; }
  std::filesystem::path server_pem() const { return folder_ / "server.pem"; }
  std::filesystem::path server_key() const { return folder_ / "server.key"; }

 private:
  std::filesystem::path root_key_path() const { return folder_ / "ca.key"; }
  Issuer issuer() const { return {root_.get(), root_key_.get()}; }

  void OpenRoot(domain::Time now) {
    const std::optional<std::string> key_pem = ReadSecret(root_key_path());
    const std::optional<std::string> pem = ReadWhole(root_pem());
    if (pem && !key_pem) {
      throw PkiError(root_key_path().string() + " is missing, and " + root_pem().string() +
                     " is of no use without it: restore it, or move the folder away and let a new "
                     "root be made (devices must get the new one)");
    }
    root_key_ = key_pem ? ParsePrivateKey(*key_pem) : MakeEcKey();
    if (root_key_ == nullptr) {
      throw PkiError(root_key_path().string() + " is not a private key in PEM: restore it");
    }
    if (!key_pem) {
      WriteWhole(root_key_path(), PrivateKeyPem(*root_key_), kKeyMode);
    }
    root_ = pem ? ParseCertificate(*pem) : MakeRoot(*root_key_, now);
    if (root_ == nullptr) {
      throw PkiError(root_pem().string() + " is not one certificate in PEM: restore it");
    }
    CheckRoot();
    if (!pem) {
      WriteWhole(root_pem(), ToPem(*root_), kCertificateMode);
    }
  }

  void CheckRoot() const {
    const bool pair = X509_check_private_key(root_.get(), root_key_.get()) == 1;
    const bool is_ca = X509_check_ca(root_.get()) > 0;
    ERR_clear_error();
    if (!pair || !is_ca) {
      throw PkiError(root_pem().string() + " and " + root_key_path().string() +
                     (pair ? ": the certificate is not a CA's" : " do not belong together") +
                     ": restore both");
    }
  }

  const std::filesystem::path folder_;
  const std::vector<std::string> names_;
  KeyPtr root_key_;  // Both set by Open() and never changed.
  CertificatePtr root_;
  std::mutex signing_;  // OpenSSL caches parts of a certificate when it is first looked at.
};

Authority::Authority(std::filesystem::path folder, const std::vector<std::string>& server_names,
                     domain::Time now)
    : keys_(std::make_unique<Keys>(std::move(folder), server_names)) {
  keys_->Open(now);
}

Authority::~Authority() = default;

std::filesystem::path Authority::root_pem() const { return keys_->root_pem(); }
std::filesystem::path Authority::server_pem() const { return keys_->server_pem(); }
std::filesystem::path Authority::server_key() const { return keys_->server_key(); }

bool Authority::RenewServer(domain::Time now) { return keys_->RenewServer(now); }

domain::IssuedKeys Authority::CreateKeysAndCertificate(domain::Time now) {
  const KeyPtr key = MakeRsaKey();
  return {keys_->IssueDevice(*key, nullptr, now), PublicKeyPem(*key), PrivateKeyPem(*key)};
}

domain::Result<domain::Certificate> Authority::SignRequest(std::string_view csr_pem,
                                                           domain::Time now) {
  const RequestPtr request = ParseRequest(csr_pem);
  if (request == nullptr) {
    return domain::InvalidRequest("certificateSigningRequest is not one PEM certificate request.");
  }
  EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
  if (const std::string why = WhyKeyIsRefused(key); !why.empty()) {
    return domain::InvalidRequest("certificateSigningRequest is not taken: " + why + ".");
  }
  const bool verified = X509_REQ_verify(request.get(), key) == 1;
  ERR_clear_error();
  if (!verified) {
    return domain::InvalidRequest(
        "certificateSigningRequest is not signed with the key that is in it.");
  }
  return keys_->IssueDevice(*key, X509_REQ_get_subject_name(request.get()), now);
}

domain::Result<domain::Certificate> Authority::Read(std::string_view certificate_pem,
                                                    std::string_view ca_pem) {
  const CertificatePtr certificate = ParseCertificate(certificate_pem);
  if (certificate == nullptr) {
    return NotValid("it is not one PEM certificate");
  }
  std::string why = WhyKeyIsRefused(X509_get0_pubkey(certificate.get()));
  if (why.empty()) {
    why = WhySignatureIsRefused(*certificate);
  }
  if (why.empty() && !ca_pem.empty()) {
    why = WhyIssuerIsRefused(*certificate, ca_pem);
  }
  if (!why.empty()) {
    return NotValid(why);
  }
  return Describe(*certificate);
}

}  // namespace fieldwork::pki
