// The Mbed TLS side of a connection.
#include "ports/posix/tls_connection.h"

#include <mbedtls/ecp.h>
#include <mbedtls/entropy.h>
#include <mbedtls/md.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace fieldwork::posix {
namespace {

// Mbed TLS keeps pointers to all of these.
constexpr int kCipherSuites[] = {
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    0,
};
// P-256 first: the fastest in this library, and what AWS prefers.
constexpr mbedtls_ecp_group_id kCurves[] = {
    MBEDTLS_ECP_DP_SECP256R1,
    MBEDTLS_ECP_DP_SECP384R1,
    MBEDTLS_ECP_DP_SECP521R1,
    MBEDTLS_ECP_DP_NONE,
};
constexpr int kHashes[] = {MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512,
                           MBEDTLS_MD_NONE};
// For every certificate of the server's chain: no SHA-1, no RSA below 2048 bits.
constexpr mbedtls_x509_crt_profile kProfile = {
    MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) |
        MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
    MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSA) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSASSA_PSS) |
        MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECKEY) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECDSA),
    MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) |
        MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1) |
        MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP521R1),
    2048,
};
const char* kAlpnProtocols[] = {"x-amzn-mqtt-ca", nullptr};

// What a server may have on its way to us when we give it up; more is not waited for.
constexpr int kDrainReadsMax = 16;

// close() with unread bytes resets the connection, and a reset overtakes the alert or the
// close_notify that was just sent. So: end our side, take what is there, then close.
void CloseGently(UniqueFd& fd) {
  if (!fd.valid()) return;
  static_cast<void>(shutdown(fd.get(), SHUT_WR));
  std::array<char, 4096> waste{};
  for (int i = 0; i < kDrainReadsMax; ++i) {
    if (recv(fd.get(), waste.data(), waste.size(), MSG_DONTWAIT) <= 0) break;
  }
  fd.Reset();
}

}  // namespace

int KernelRandom(void* /*unused*/, unsigned char* out, std::size_t size) {
  while (size > 0) {
    const ssize_t n = getrandom(out, size, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
    out += n;
    size -= static_cast<std::size_t>(n);
  }
  return 0;
}

bool KernelRandomIsReady() {
  unsigned char byte = 0;
  return getrandom(&byte, 1, GRND_NONBLOCK) == 1;
}

TlsConnection::TlsConnection(UniqueFd fd, const std::string& host, std::int64_t unix_ms)
    : fd_(std::move(fd)), identity_(host, unix_ms) {
  mbedtls_ssl_config_init(&config_);
  mbedtls_ssl_init(&ssl_);
}

TlsConnection::~TlsConnection() {
  mbedtls_ssl_free(&ssl_);
  mbedtls_ssl_config_free(&config_);
  CloseGently(fd_);
}

int TlsConnection::SetUp(Credentials& credentials, bool alpn) {
  if (const int failed = SetUpConfig(credentials, alpn); failed != 0) return failed;
  if (const int failed = mbedtls_ssl_setup(&ssl_, &config_); failed != 0) return failed;
  if (!identity_.is_address()) {
    const int failed = mbedtls_ssl_set_hostname(&ssl_, identity_.dns_name().c_str());
    if (failed != 0) return failed;
  }
  mbedtls_ssl_set_bio(&ssl_, this, &TlsConnection::Send, &TlsConnection::Receive, nullptr);
  return 0;
}

int TlsConnection::SetUpConfig(Credentials& credentials, bool alpn) {
  const int failed = mbedtls_ssl_config_defaults(
      &config_, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
  if (failed != 0) return failed;
  mbedtls_ssl_conf_authmode(&config_, MBEDTLS_SSL_VERIFY_REQUIRED);
  mbedtls_ssl_conf_min_version(&config_, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
  mbedtls_ssl_conf_ciphersuites(&config_, kCipherSuites);
  mbedtls_ssl_conf_curves(&config_, kCurves);
  mbedtls_ssl_conf_sig_hashes(&config_, kHashes);
  mbedtls_ssl_conf_cert_profile(&config_, &kProfile);
  mbedtls_ssl_conf_rng(&config_, &KernelRandom, nullptr);
  mbedtls_ssl_conf_verify(&config_, &ServerIdentity::OnCertificate, &identity_);
  mbedtls_ssl_conf_ca_chain(&config_, credentials.ca(), nullptr);
  if (alpn) {
    const int refused = mbedtls_ssl_conf_alpn_protocols(&config_, kAlpnProtocols);
    if (refused != 0) return refused;
  }
  return mbedtls_ssl_conf_own_cert(&config_, credentials.certificate(), credentials.private_key());
}

int TlsConnection::Handshake() {
  const int result = mbedtls_ssl_handshake(&ssl_);
  if (result == 0) handshaking_ = false;
  return result;
}

int TlsConnection::Read(unsigned char* out, std::size_t size) {
  return mbedtls_ssl_read(&ssl_, out, size);
}

int TlsConnection::Write(const unsigned char* data, std::size_t size) {
  // While a record waits, mbedtls_ssl_write() only sends that one and believes that `data` was
  // in it.
  if (const int result = Flush(); result != 0) return result;
  const int record_bytes = mbedtls_ssl_get_max_out_record_payload(&ssl_);
  if (record_bytes <= 0) return record_bytes;
  size = std::min(size, static_cast<std::size_t>(record_bytes));
  const int result = mbedtls_ssl_write(&ssl_, data, size);
  // Sealed and kept by Mbed TLS: taken, as far as the caller is concerned.
  return result == MBEDTLS_ERR_SSL_WANT_WRITE ? static_cast<int>(size) : result;
}

int TlsConnection::Flush() {
  const unsigned char nothing = 0;
  return has_unsent() ? mbedtls_ssl_write(&ssl_, &nothing, 0) : 0;
}

void TlsConnection::SayGoodbye() {
  if (Flush() == 0) static_cast<void>(mbedtls_ssl_close_notify(&ssl_));
}

void TlsConnection::SendAlert(std::uint8_t alert) {
  static_cast<void>(mbedtls_ssl_send_alert_message(&ssl_, MBEDTLS_SSL_ALERT_LEVEL_FATAL, alert));
}

short TlsConnection::events() const {
  if (!has_unsent()) return POLLIN;
  // A handshake that must send first has nothing to read.
  return handshaking_ ? POLLOUT : static_cast<short>(POLLIN | POLLOUT);
}

int TlsConnection::Send(void* self, const unsigned char* data, std::size_t size) {
  auto& connection = *static_cast<TlsConnection*>(self);
  const ssize_t n = send(connection.fd_.get(), data, size, MSG_NOSIGNAL);
  if (n >= 0) return static_cast<int>(n);
  if (errno == EAGAIN || errno == EINTR) return MBEDTLS_ERR_SSL_WANT_WRITE;
  connection.socket_error_ = errno;
  return MBEDTLS_ERR_NET_SEND_FAILED;
}

int TlsConnection::Receive(void* self, unsigned char* out, std::size_t size) {
  auto& connection = *static_cast<TlsConnection*>(self);
  const ssize_t n = recv(connection.fd_.get(), out, size, 0);
  if (n >= 0) return static_cast<int>(n);
  if (errno == EAGAIN || errno == EINTR) return MBEDTLS_ERR_SSL_WANT_READ;
  connection.socket_error_ = errno;
  return MBEDTLS_ERR_NET_RECV_FAILED;
}

}  // namespace fieldwork::posix
