// Keeping, judging and offering a session.
#include "ports/posix/tls_session.h"

#include <mbedtls/platform.h>
#include <mbedtls/x509_crt.h>

namespace fieldwork::posix {
namespace {

// Kept by Mbed TLS for renegotiation, which is off, and for callers who ask later; nobody does.
void FreePeerCertificate(mbedtls_ssl_session& session) {
  if (session.peer_cert == nullptr) return;
  mbedtls_x509_crt_free(session.peer_cert);
  mbedtls_free(session.peer_cert);
  session.peer_cert = nullptr;
}

}  // namespace

void TlsSession::Keep(mbedtls_ssl_context& ssl, const SessionScope& scope) {
  Drop();
  if (ssl.session != nullptr) FreePeerCertificate(*ssl.session);
  mbedtls_ssl_session_init(&session_);
  kept_ = true;
  // Without a session the next handshake is a full one: slower, no less right.
  if (mbedtls_ssl_get_session(&ssl, &session_) != 0) return Drop();
  scope_ = scope;
}

bool TlsSession::Offer(mbedtls_ssl_context& ssl, const std::string& endpoint,
                       std::uint64_t credentials_id, std::int64_t unix_ms) {
  if (!kept_) return false;
  if (scope_.endpoint != endpoint || scope_.credentials_id != credentials_id) return false;
  if (unix_ms < scope_.valid_from_s * 1000 || unix_ms >= (scope_.valid_to_s + 1) * 1000) {
    Drop();
    return false;
  }
  return mbedtls_ssl_set_session(&ssl, &session_) == 0;
}

void TlsSession::Drop() {
  if (!kept_) return;
  mbedtls_ssl_session_free(&session_);
  kept_ = false;
}

}  // namespace fieldwork::posix
