// Decides which PEM texts are taken, which keys are strong enough, and how both are written.
#pragma once

#include <string>
#include <string_view>

#include "cloud/domain/records.h"
#include "cloud/pki/openssl_handles.h"

namespace fieldwork::pki {

/// Each is null when `pem` is not exactly one block of that kind: several blocks, or anything but
/// white space behind it. Text before it is skipped, as `openssl x509 -text` prints some.
CertificatePtr ParseCertificate(std::string_view pem);
RequestPtr ParseRequest(std::string_view pem);
KeyPtr ParsePrivateKey(std::string_view pem);  ///< Never asks for a passphrase.

std::string ToPem(X509& certificate);
std::string PublicKeyPem(EVP_PKEY& key);
/// "RSA PRIVATE KEY" or "EC PRIVATE KEY", the form that AWS gives out and every device reads.
std::string PrivateKeyPem(EVP_PKEY& key);

/// Empty if the key may be a device's: RSA of 2048 to 16384 bits, or EC on P-256, P-384 or P-521 by
/// name. Otherwise why not.
std::string WhyKeyIsRefused(EVP_PKEY* key);

/// id, pem, not_before, not_after; the rest as a new one has it.
domain::Certificate Describe(X509& certificate);

}  // namespace fieldwork::pki
