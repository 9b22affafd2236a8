// Decides what is known of a device that came with a certificate: its id and the values of the
// policy variables about it.
//
// Source: AWS IoT developer guide, "X.509 certificate policy variables".
#pragma once

#include <openssl/x509.h>

#include <map>
#include <string>

namespace fieldwork::http_api {

struct ClientCertificate {
  std::string id;  ///< SHA-256 of the DER form, 64 hex digits, lower case: AWS's certificateId.
  /// "iot:Certificate.Subject.CommonName" and so on. Where a field has several values, the second
  /// is
  /// "....1", the third "....2".
  std::map<std::string, std::string, std::less<>> variables;
};

/// Throws std::runtime_error if OpenSSL cannot encode it.
ClientCertificate ReadClientCertificate(const X509& certificate);

}  // namespace fieldwork::http_api
