// What the device proves itself with, and whom it trusts: certificate authorities, device
// certificate, private key, loaded from PEM files and judged before any of it is used.
//
// Refused: a key file that group or others can read or write, or that belongs to another
// user; a key that does not belong to the certificate; RSA below 2048 bits; curves other
// than P-256, P-384 and P-521; an encrypted key (nobody is there to type its password).
//
// Memory:  the parsed forms, a few KB, for the life of the object. File buffers are wiped.
// Threads: one owner; calls must not overlap.
#pragma once

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include <cstdint>
#include <memory>
#include <string>

namespace fieldwork::posix {

struct CredentialFiles {
  std::string ca;           ///< One or more PEM certificates.
  std::string certificate;  ///< The device's, PEM; intermediates may follow it.
  std::string private_key;  ///< PEM: PKCS#8, "RSA PRIVATE KEY" or "EC PRIVATE KEY".
};

class Credentials {
 public:
  /// Null when something is refused; `error` then names the file and says what to do.
  static std::unique_ptr<Credentials> Load(const CredentialFiles& files, std::string& error);

  ~Credentials();
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;

  /// Certificates in the CA file that this TLS library cannot read and that were passed over.
  int ca_skipped() const { return ca_skipped_; }
  /// Differs between any two objects of a process: a TLS session belongs to one of them.
  std::uint64_t id() const { return id_; }

  // For TlsTransport; Mbed TLS takes them without const and changes nothing in them but
  // the key's blinding values. They live as long as this object.
  mbedtls_x509_crt* ca() { return &ca_; }
  mbedtls_x509_crt* certificate() { return &certificate_; }
  mbedtls_pk_context* private_key() { return &key_; }

 private:
  Credentials();

  bool LoadCa(const std::string& path, std::string& error);
  bool LoadCertificate(const std::string& path, std::string& error);
  bool LoadKey(const std::string& path, std::string& error);

  mbedtls_x509_crt ca_;
  mbedtls_x509_crt certificate_;
  mbedtls_pk_context key_;
  int ca_skipped_ = 0;
  std::uint64_t id_ = 0;
};

}  // namespace fieldwork::posix
