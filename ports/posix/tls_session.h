// Decides whether an earlier TLS session may be taken up again: only towards the same endpoint,
// with the same credentials, and while every certificate that was checked then is still valid by
// the board's clock.
//
// Spec:    RFC 5246 section 7.3 (session id), RFC 5077 (tickets).
// Memory:  the session without the server's certificate: below 1 KB with a usual ticket.
// Threads: one owner; calls must not overlap.
#pragma once

#include <mbedtls/ssl.h>

#include <cstdint>
#include <string>

namespace fieldwork::posix {

/// Whose session it is and how long it may be used.
struct SessionScope {
  std::string endpoint;  ///< "host:port".
  std::uint64_t credentials_id = 0;
  std::int64_t valid_from_s = 0;  ///< Unix seconds, included.
  std::int64_t valid_to_s = 0;    ///< Unix seconds, included.
};

class TlsSession {
 public:
  TlsSession() = default;
  ~TlsSession() { Drop(); }
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// Keeps the session of a finished handshake and frees the server's certificate in `ssl`,
  /// which nothing needs any more.
  void Keep(mbedtls_ssl_context& ssl, const SessionScope& scope);
  /// The same after a handshake that took the kept session up: the scope stays.
  void Renew(mbedtls_ssl_context& ssl) { Keep(ssl, SessionScope(scope_)); }
  /// Before the handshake: offers the kept session to the server. False when there is none
  /// that may be used; one that is out of date is dropped.
  bool Offer(mbedtls_ssl_context& ssl, const std::string& endpoint, std::uint64_t credentials_id,
             std::int64_t unix_ms);
  /// Forgets, and wipes the master secret.
  void Drop();

 private:
  bool kept_ = false;
  mbedtls_ssl_session session_{};
  SessionScope scope_;
};

}  // namespace fieldwork::posix
