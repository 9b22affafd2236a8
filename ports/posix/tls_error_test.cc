// The words that people get to read for codes and alerts.
#include "ports/posix/tls_error.h"

#include <gtest/gtest.h>
#include <mbedtls/pem.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509.h>

namespace fieldwork::posix {
namespace {

TEST(TlsErrorText, KnownCode_HasWordsAndNumber) {
  EXPECT_EQ(TlsErrorText(MBEDTLS_ERR_SSL_CONN_EOF), "the server closed the connection (-0x7280)");
}

TEST(TlsErrorText, UnknownCode_KeepsItsNumber) {
  EXPECT_EQ(TlsErrorText(-0x1234), "TLS error (-0x1234)");
}

TEST(TlsErrorText, HighLevelCodeWithLowLevelReason_HasTheHighLevelWords) {
  EXPECT_EQ(TlsErrorText(MBEDTLS_ERR_X509_INVALID_FORMAT - 0x60),
            "not a valid certificate (-0x21e0)");
}

TEST(TlsErrorText, PemCodes_AreNotMistakenForEachOther) {
  EXPECT_EQ(TlsErrorText(MBEDTLS_ERR_PEM_INVALID_DATA), "damaged PEM text (-0x1100)");
  EXPECT_EQ(TlsErrorText(MBEDTLS_ERR_PEM_NO_HEADER_FOOTER_PRESENT), "no PEM text in it (-0x1080)");
}

TEST(ServerAlertText, KnownAlert_SaysWhatIsWrongWithTheDevice) {
  EXPECT_EQ(ServerAlertText(48),
            "the server does not trust the issuer of the device certificate (TLS alert 48)");
}

TEST(ServerAlertText, UnknownAlert_KeepsItsNumber) {
  EXPECT_EQ(ServerAlertText(200), "the server ended the TLS session (TLS alert 200)");
}

}  // namespace
}  // namespace fieldwork::posix
