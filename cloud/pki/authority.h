// Decides what this cloud's certificates look like: a root made on first start, the broker's and
// the HTTPS listener's certificate, device certificates.
//
// Root: ECDSA P-256, ten years. Server: ECDSA P-256, SANs of all names and addresses it is reached
// by, one year, made anew when less than 30 days are left or a name is missing. Devices: RSA-2048
// as AWS makes them, or whatever key a CSR brings; until 2049-12-31 as AWS does. Keys are files of
// mode 0600, written whole or not at all. Source: RFC 5280; AWS developer guide, "X.509 client
// certificates".
#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "cloud/domain/certificate_authority.h"

namespace fieldwork::pki {

/// A file that cannot be read or written, or that is not what it should be.
class PkiError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Authority : public domain::CertificateAuthority {
 public:
  /// Opens DATA/pki, or makes it: AmazonRootCA1.pem (the root), ca.key, server.pem, server.key.
  /// `server_names`: DNS names and IP addresses for the server certificate. Throws PkiError.
  Authority(std::filesystem::path folder, const std::vector<std::string>& server_names,
            domain::Time now);
  ~Authority() override;

  std::filesystem::path root_pem() const;
  std::filesystem::path server_pem() const;
  std::filesystem::path server_key() const;
  /// Makes the server's certificate anew if it is due. True: it did, whoever serves it must reload.
  bool RenewServer(domain::Time now);

  domain::IssuedKeys CreateKeysAndCertificate(domain::Time now) override;
  domain::Result<domain::Certificate> SignRequest(std::string_view csr_pem,
                                                  domain::Time now) override;
  domain::Result<domain::Certificate> Read(std::string_view certificate_pem,
                                           std::string_view ca_pem) override;

 private:
  class Keys;
  std::unique_ptr<Keys> keys_;
};

}  // namespace fieldwork::pki
