// Decides what is in the certificates that this authority makes: names, dates, extensions.
//
// Source: RFC 5280 section 4; the device certificates that AWS IoT issues (subject, dates).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cloud/domain/time.h"
#include "cloud/pki/openssl_handles.h"

namespace fieldwork::pki {

/// notBefore lies this far back: a device's clock may be behind ours.
inline constexpr std::chrono::hours kBackdating{24};
/// A server's certificate with less than this left is made anew.
inline constexpr std::chrono::days kRenewBefore{30};

struct Issuer {
  X509* certificate;
  EVP_PKEY* key;
};

KeyPtr MakeEcKey();   ///< P-256.
KeyPtr MakeRsaKey();  ///< 2048 bits; takes a good part of a second.

CertificatePtr MakeRoot(EVP_PKEY& key, domain::Time now);

/// `names`: what NormalNames() returned.
CertificatePtr MakeServer(const Issuer& issuer, EVP_PKEY& key,
                          const std::vector<std::string>& names, domain::Time now);

/// `subject` null: "CN=AWS IoT Certificate".
CertificatePtr MakeDevice(const Issuer& issuer, EVP_PKEY& key, const X509_NAME* subject,
                          domain::Time now);

/// The names without brackets and doubles, with localhost, 127.0.0.1 and ::1 added. Throws PkiError
/// for what is neither a DNS name nor an address.
std::vector<std::string> NormalNames(const std::vector<std::string>& names);

/// Empty if `certificate` serves these names with `key` and is not due; otherwise why it must be
/// made anew.
std::string WhyServerIsDue(X509& certificate, EVP_PKEY& key, EVP_PKEY& root_key,
                           const std::vector<std::string>& names, domain::Time now);

}  // namespace fieldwork::pki
