// Decides what the policy variables "iot:Certificate.*" are worth for a certificate.
//
// Source: AWS IoT developer guide, "X.509 certificate AWS IoT Core policy variables".
#pragma once

#include <openssl/x509.h>

#include <optional>
#include <string>
#include <string_view>

namespace fieldwork::broker {

/// `name` is the whole one, with an index for any but the first of several values:
/// "iot:Certificate.Subject.CommonName", "iot:Certificate.Subject.OrganizationalUnit.1".
/// Empty: the certificate has no such field. Allocates; asked only by policies that use it.
std::optional<std::string> CertificateField(X509& certificate, std::string_view name);

}  // namespace fieldwork::broker
