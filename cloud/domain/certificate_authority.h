// Decides what the registry asks of the local certificate authority (cloud/pki implements it).
#pragma once

#include <string>
#include <string_view>

#include "cloud/domain/records.h"
#include "cloud/domain/result.h"
#include "cloud/domain/time.h"

namespace fieldwork::domain {

/// What CreateKeysAndCertificate returns once and nobody keeps.
struct IssuedKeys {
  Certificate certificate;
  std::string public_key_pem;
  std::string private_key_pem;  ///< A secret: to the caller and nowhere else.
};

/// Safe to call from any thread; a call may take a good part of a second (RSA keys).
/// The certificates that it returns have id, pem, not_before, not_after; the rest is the caller's.
class CertificateAuthority {
 public:
  virtual ~CertificateAuthority() = default;

  /// An RSA-2048 key pair and its certificate, as AWS makes them.
  virtual IssuedKeys CreateKeysAndCertificate(Time now) = 0;

  /// kInvalidRequest: not a CSR, its signature is wrong, or its key is neither RSA of at least 2048
  /// bits nor EC on P-256, P-384 or P-521.
  virtual Result<Certificate> SignRequest(std::string_view csr_pem, Time now) = 0;

  /// Reads a certificate that somebody else issued. `ca_pem` empty: none was named; otherwise the
  /// certificate must be signed by it. kCertificateValidation: not one PEM certificate, its key is
  /// too weak, or the signature is wrong.
  virtual Result<Certificate> Read(std::string_view certificate_pem, std::string_view ca_pem) = 0;
};

}  // namespace fieldwork::domain
