// The tables behind TlsErrorText() and ServerAlertText().
#include "ports/posix/tls_error.h"

#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509.h>

#include <array>
#include <cstdio>

namespace fieldwork::posix {
namespace {

struct CodeText {
  int code;
  const char* text;
};

constexpr CodeText kCodes[] = {
    {MBEDTLS_ERR_SSL_CONN_EOF, "the server closed the connection"},
    {MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, "the server closed the TLS session"},
    {MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION, "the server does not offer TLS 1.2"},
    {MBEDTLS_ERR_SSL_BAD_HS_SERVER_HELLO, "bad ServerHello, or no common cipher suite"},
    {MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE, "the server certificate cannot be used"},
    {MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE_REQUEST, "bad CertificateRequest"},
    {MBEDTLS_ERR_SSL_BAD_HS_SERVER_KEY_EXCHANGE, "bad ServerKeyExchange"},
    {MBEDTLS_ERR_SSL_BAD_HS_FINISHED, "the handshake was tampered with"},
    {MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE, "a TLS message out of order"},
    {MBEDTLS_ERR_SSL_INVALID_RECORD, "the server does not speak TLS"},
    {MBEDTLS_ERR_SSL_INVALID_MAC, "a TLS record was damaged or tampered with"},
    {MBEDTLS_ERR_SSL_ALLOC_FAILED, "out of memory"},
    {MBEDTLS_ERR_X509_CERT_VERIFY_FAILED, "the server certificate was refused"},
    {MBEDTLS_ERR_X509_INVALID_FORMAT, "not a valid certificate"},
    {MBEDTLS_ERR_X509_ALLOC_FAILED, "out of memory"},
    {MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG, "signed with an unknown algorithm"},
    {MBEDTLS_ERR_PEM_INVALID_DATA, "damaged PEM text"},
    {MBEDTLS_ERR_PEM_NO_HEADER_FOOTER_PRESENT, "no PEM text in it"},
    {MBEDTLS_ERR_PK_KEY_INVALID_FORMAT, "not a valid key"},
    {MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE, "a key on an unknown curve"},
    {MBEDTLS_ERR_PK_UNKNOWN_PK_ALG, "a key of an unknown kind"},
};

constexpr CodeText kAlerts[] = {
    {MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE,
     "no common TLS version or cipher suite, or the server wants another certificate"},
    {MBEDTLS_SSL_ALERT_MSG_BAD_CERT, "the server refused the device certificate"},
    {MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT,
     "the server does not support the kind of the device certificate"},
    {MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED, "the server says the device certificate is revoked"},
    {MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED, "the server says the device certificate has expired"},
    {MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN, "the server does not know the device certificate"},
    {MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA,
     "the server does not trust the issuer of the device certificate"},
    {MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED, "the server denied access"},
    {MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION, "the server does not offer TLS 1.2"},
    {MBEDTLS_SSL_ALERT_MSG_INSUFFICIENT_SECURITY, "the server wants stronger cipher suites"},
    {MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR, "the server has an internal error"},
    {MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME, "the server does not know that host name"},
    {MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL,
     "the server does not offer MQTT on this port (ALPN)"},
};

std::string WithNumber(const char* text, const char* format, unsigned number) {
  std::array<char, 24> buffer{};
  std::snprintf(buffer.data(), buffer.size(), format, number);
  return std::string(text) + buffer.data();
}

}  // namespace

std::string TlsErrorText(int code) {
  const char* text = "TLS error";
  for (const CodeText& row : kCodes) {
    // A high-level code may carry a low-level one in its last seven bits.
    if (code == row.code || (code < 0 && -(-code & ~0x7F) == row.code)) text = row.text;
  }
  return WithNumber(text, " (-0x%04x)", static_cast<unsigned>(-code));
}

std::string ServerAlertText(std::uint8_t alert) {
  const char* text = "the server ended the TLS session";
  for (const CodeText& row : kAlerts) {
    if (alert == row.code) text = row.text;
  }
  return WithNumber(text, " (TLS alert %u)", alert);
}

}  // namespace fieldwork::posix
