// One TLS client connection over a connected socket: what Mbed TLS is configured with, and how
// its bytes reach the kernel. Used by TlsTransport alone.
//
// Memory:  about 40 KB on the heap, freed with the object.
#pragma once

#include <mbedtls/ssl.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "ports/posix/credentials.h"
#include "ports/posix/server_identity.h"
#include "ports/posix/unique_fd.h"

namespace fieldwork::posix {

/// Random bytes from the kernel, in the form Mbed TLS asks for: 0, or an Mbed TLS code.
int KernelRandom(void*, unsigned char* out, std::size_t size);
/// False when the kernel has no good random numbers yet (early in a boot). Never blocks.
bool KernelRandomIsReady();

class TlsConnection {
 public:
  /// `host` as configured; `unix_ms` by the board's clock. `credentials` must outlive this.
  TlsConnection(UniqueFd fd, const std::string& host, std::int64_t unix_ms);
  ~TlsConnection();
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;

  /// Once, before the handshake. 0, or an Mbed TLS code: then only destruction is left.
  int SetUp(Credentials& credentials, bool alpn);

  /// 0 when done; MBEDTLS_ERR_SSL_WANT_READ or _WANT_WRITE: call again when the socket is ready
  /// for events(); else the Mbed TLS code of the failure, of which the server was told.
  int Handshake();
  /// As mbedtls_ssl_read().
  int Read(unsigned char* out, std::size_t size);
  /// Number of bytes taken, one record at most; or MBEDTLS_ERR_SSL_WANT_WRITE, none taken, while
  /// an earlier record waits for the socket; or the Mbed TLS code of the failure.
  int Write(const unsigned char* data, std::size_t size);
  /// Sends what waits for the socket. 0 when nothing waits any more, else as Write().
  int Flush();
  /// Sealed bytes wait for the socket.
  bool has_unsent() const { return ssl_.out_left != 0; }
  /// Sends close_notify as far as the socket takes it.
  void SayGoodbye();
  /// Fatal alert, for a refusal that Mbed TLS did not make itself.
  void SendAlert(std::uint8_t alert);

  int fd() const { return fd_.get(); }
  /// What to poll for.
  short events() const;

  mbedtls_ssl_context& ssl() { return ssl_; }
  const mbedtls_ssl_context& ssl() const { return ssl_; }
  const ServerIdentity& identity() const { return identity_; }
  /// errno of the last failed send or receive; 0 when none failed.
  int socket_error() const { return socket_error_; }

 private:
  static int Send(void* self, const unsigned char* data, std::size_t size);
  static int Receive(void* self, unsigned char* out, std::size_t size);

  int SetUpConfig(Credentials& credentials, bool alpn);

  UniqueFd fd_;
  ServerIdentity identity_;
  mbedtls_ssl_config config_;
  mbedtls_ssl_context ssl_;
  int socket_error_ = 0;
  bool handshaking_ = true;
};

}  // namespace fieldwork::posix
