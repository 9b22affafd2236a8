// Decides whether a server's certificate chain is the server we asked for, now, by the clock
// of the board.
//
// Mbed TLS checks signatures, trust, key strength, key usage and DNS names. Done here, in its
// verify callback: the dates of every certificate, by the board's clock in place of the
// host's; the address of a server that was named by its IP address; and the words for what
// is wrong.
//
// Spec:    RFC 5280 section 4.1.2.5 (dates, both ends included); RFC 6125 section 1.7.2 and
//          RFC 2818 section 3.1 (an IP address must be in an iPAddress SAN, byte by byte).
// Threads: one owner; calls must not overlap.
#pragma once

#include <mbedtls/x509_crt.h>

#include <cstdint>
#include <string>

namespace fieldwork::posix {

class ServerIdentity {
 public:
  /// `host`: the name or numeric address the person configured. `unix_ms`: the board's clock.
  ServerIdentity(std::string host, std::int64_t unix_ms);

  /// True when `host` is a numeric address: then Mbed TLS must not be given a name to check
  /// (and no SNI is sent, RFC 6066 section 3).
  bool is_address() const { return is_address_; }
  /// What to give to Mbed TLS as the name to check; without the root dot of "example.com.".
  const std::string& dns_name() const { return host_; }

  /// For mbedtls_ssl_conf_verify(), with `self` a ServerIdentity. Called for each certificate
  /// of the chain, root first; `*flags` then holds the final word on it.
  static int OnCertificate(void* self, mbedtls_x509_crt* certificate, int depth,
                           std::uint32_t* flags);

  /// True once the server's own certificate (depth 0) was seen with its whole chain.
  bool checked() const { return checked_; }
  /// When the whole chain is valid, in Unix seconds, both included. Valid if checked().
  std::int64_t valid_from_s() const { return valid_from_s_; }
  std::int64_t valid_to_s() const { return valid_to_s_; }

  /// What is wrong, for a person. `verify_result`: from mbedtls_ssl_get_verify_result(), which
  /// has one check more than the callback saw (the extended key usage).
  std::string Explain(std::uint32_t verify_result) const;

 private:
  void JudgeDates(const mbedtls_x509_crt& certificate, int depth, std::uint32_t& flags);
  void JudgeName(const mbedtls_x509_crt& certificate, std::uint32_t& flags);
  void JudgeTrust(const mbedtls_x509_crt& certificate, int depth, std::uint32_t flags);
  void Note(const std::string& what);

  std::string host_;
  std::string address_bytes_;  // 4 or 16 bytes, network order, when `host` is an address.
  bool is_address_ = false;
  bool checked_ = false;
  std::int64_t unix_ms_;
  std::int64_t valid_from_s_ = INT64_MIN;
  std::int64_t valid_to_s_ = INT64_MAX;
  std::string problems_;
};

}  // namespace fieldwork::posix
