// What a server must show to be believed: first the judgement by itself, then against servers
// that show something else.
#include "ports/posix/server_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ports/posix/testing/tls_client.h"

namespace fieldwork::posix {
namespace {

using testing::CertificateSpec;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::KeyKind;
using testing::TestPki;
using testing::UnixMsOf;

constexpr std::uint32_t kExpired = MBEDTLS_X509_BADCERT_EXPIRED;
constexpr std::uint32_t kFuture = MBEDTLS_X509_BADCERT_FUTURE;
constexpr std::uint32_t kMismatch = MBEDTLS_X509_BADCERT_CN_MISMATCH;

struct ServerIdentityTest : ::testing::Test {
  ServerIdentityTest() { mbedtls_x509_crt_init(&certificate); }
  ~ServerIdentityTest() override { mbedtls_x509_crt_free(&certificate); }

  void Load(const CertificateSpec& spec) {
    ASSERT_EQ(mbedtls_x509_crt_parse_file(&certificate, pki.Issue(spec).path.c_str()), 0);
  }
  /// The flags after the judgement of `certificate` as the server's own.
  std::uint32_t Judge(ServerIdentity& identity, std::uint32_t flags = 0) {
    EXPECT_EQ(ServerIdentity::OnCertificate(&identity, &certificate, 0, &flags), 0);
    return flags;
  }
  std::uint32_t JudgeAt(std::int64_t unix_ms, std::uint32_t flags = 0) {
    ServerIdentity identity("localhost", unix_ms);
    return Judge(identity, flags);
  }
  std::uint32_t JudgeFor(const std::string& host) {
    ServerIdentity identity(host, UnixMsOf(2026, 1, 1));
    return Judge(identity);
  }

  TestPki pki;
  mbedtls_x509_crt certificate;
};

TEST_F(ServerIdentityTest, Dates_BothEndsAreIncludedToTheSecond) {
  Load({.not_before = "20250101000000Z", .not_after = "20250630120000Z"});
  const std::int64_t from = UnixMsOf(2025, 1, 1);
  const std::int64_t to = UnixMsOf(2025, 6, 30) + 12 * 3'600'000;
  EXPECT_EQ(JudgeAt(from - 1), kFuture);
  EXPECT_EQ(JudgeAt(from), 0u);
  EXPECT_EQ(JudgeAt(to + 999), 0u);
  EXPECT_EQ(JudgeAt(to + 1000), kExpired);
}

TEST_F(ServerIdentityTest, WhatTheHostClockFound_DoesNotCount) {
  Load({});
  EXPECT_EQ(JudgeAt(UnixMsOf(2026, 1, 1), kExpired), 0u);
  EXPECT_EQ(JudgeAt(UnixMsOf(2026, 1, 1), kFuture), 0u);
  EXPECT_EQ(JudgeAt(UnixMsOf(2040, 1, 1), kFuture), kExpired);
}

TEST_F(ServerIdentityTest, OtherFlags_AreKept) {
  Load({});
  EXPECT_EQ(JudgeAt(UnixMsOf(2026, 1, 1), MBEDTLS_X509_BADCERT_NOT_TRUSTED),
            static_cast<std::uint32_t>(MBEDTLS_X509_BADCERT_NOT_TRUSTED));
}

TEST_F(ServerIdentityTest, IpAddress_MustBeAnIpAddressSan) {
  Load({.san = "IP:192.0.2.1,IP:2001:db8::1,DNS:192.0.2.2"});
  EXPECT_EQ(JudgeFor("192.0.2.1"), 0u);
  EXPECT_EQ(JudgeFor("2001:db8::1"), 0u);
  EXPECT_EQ(JudgeFor("[2001:db8:0::1]"), 0u);
  EXPECT_EQ(JudgeFor("192.0.2.2"), kMismatch) << "an address as a DNS name proves nothing";
  EXPECT_EQ(JudgeFor("192.0.2.3"), kMismatch);
  EXPECT_EQ(JudgeFor("2001:db8::2"), kMismatch);
}

TEST_F(ServerIdentityTest, IpAddressAsCommonName_IsNotAccepted) {
  Load({.name = "192.0.2.1", .san = ""});
  EXPECT_EQ(JudgeFor("192.0.2.1"), kMismatch);
}

TEST_F(ServerIdentityTest, RootDot_IsNotPartOfTheName) {
  EXPECT_EQ(ServerIdentity("iot.example.", 0).dns_name(), "iot.example");
  EXPECT_FALSE(ServerIdentity("iot.example", 0).is_address());
  EXPECT_TRUE(ServerIdentity("::1", 0).is_address());
}

TEST_F(ServerIdentityTest, ValidityOfTheChain_IsWhatAllCertificatesShare) {
  Load({.not_before = "20250101000000Z", .not_after = "20250630000000Z"});
  ServerIdentity identity("localhost", UnixMsOf(2025, 3, 1));
  EXPECT_FALSE(identity.checked());
  mbedtls_x509_crt root;
  mbedtls_x509_crt_init(&root);
  ASSERT_EQ(mbedtls_x509_crt_parse_file(&root, pki.ca_path().c_str()), 0);
  std::uint32_t flags = 0;
  ServerIdentity::OnCertificate(&identity, &root, 1, &flags);
  mbedtls_x509_crt_free(&root);
  EXPECT_FALSE(identity.checked());
  EXPECT_EQ(Judge(identity), 0u);
  EXPECT_TRUE(identity.checked());
  EXPECT_EQ(identity.valid_from_s() * 1000, UnixMsOf(2025, 1, 1));
  EXPECT_EQ(identity.valid_to_s() * 1000, UnixMsOf(2025, 6, 30));
}

TEST_F(ServerIdentityTest, Explanation_ListsEveryProblemInPlainText) {
  Load({.name = "evil\x1b[2J'", .san = "", .not_after = "20250101000000Z"});
  ServerIdentity identity("192.0.2.1", UnixMsOf(2026, 6, 1));
  const std::uint32_t flags = Judge(identity, MBEDTLS_X509_BADCERT_NOT_TRUSTED);
  EXPECT_EQ(identity.Explain(flags | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE),
            "server certificate: expired on 2025-01-01 00:00:00 (board clock says 2026-06-01 "
            "00:00:00); issuer not trusted: 'Test Root' is not in the CA file; server certificate "
            "is for 'evil?[2J?', not for '192.0.2.1'; server certificate is not made for a TLS "
            "server (key usage)");
}

TEST_F(ServerIdentityTest, ManyNames_AreCutShort) {
  Load({.san = "DNS:a,DNS:b,IP:10.0.0.1,DNS:c,DNS:d"});
  ServerIdentity identity("192.0.2.1", UnixMsOf(2026, 6, 1));
  EXPECT_THAT(identity.Explain(Judge(identity)),
              HasSubstr("is for 'a', 'b', '10.0.0.1', 'c', ..., not for"));
}

using RefusalTest = testing::TlsClientTest;

TEST_F(RefusalTest, ExpiredByTheBoardClock_IsRefusedWithAnAlert) {
  const auto server = Serve({.not_after = "20260531000000Z"});
  ASSERT_EQ(Open("localhost", *server), State::kFailed);
  EXPECT_THAT(transport.error(), EndsWith("server certificate: expired on 2026-05-31 00:00:00 "
                                          "(board clock says 2026-06-01 00:00:00)"));
  EXPECT_TRUE(server->process().WaitForOutput("SSL alert number")) << "no alert came";
}

TEST_F(RefusalTest, NotYetValidByTheBoardClockAlone_IsRefused) {
  const auto server = Serve({.not_before = "20240101000000Z"});
  SetBoardClock(2023, 12, 31);
  ASSERT_EQ(Open("localhost", *server), State::kFailed);
  EXPECT_THAT(transport.error(), EndsWith("server certificate: not valid before 2024-01-01 "
                                          "00:00:00 (board clock says 2023-12-31 00:00:00)"));
}

TEST_F(RefusalTest, ExpiredByTheHostClockAlone_IsAccepted) {
  const auto server = Serve({.not_before = "20200101000000Z", .not_after = "20210101000000Z"});
  SetBoardClock(2020, 6, 1);
  EXPECT_EQ(Open("localhost", *server), State::kUp) << transport.error();
}

TEST_F(RefusalTest, NotYetValidByTheHostClockAlone_IsAccepted) {
  const auto server = Serve({.not_before = "20350101000000Z", .not_after = "20360101000000Z"});
  SetBoardClock(2035, 6, 1);
  EXPECT_EQ(Open("localhost", *server), State::kUp) << transport.error();
}

TEST_F(RefusalTest, ExpiredAuthority_IsRefused) {
  const auto server = Serve({.not_after = "20490101000000Z"});
  SetBoardClock(2045, 1, 1);
  ASSERT_EQ(Open("localhost", *server), State::kFailed);
  EXPECT_THAT(transport.error(), HasSubstr("certificate of issuer 'Test Root': expired on "
                                           "2040-01-01 00:00:00"));
}

TEST_F(RefusalTest, WrongHost_IsRefusedWithBothNames) {
  const auto server = Serve({.san = "DNS:other.example"});
  ASSERT_EQ(Open("localhost", *server), State::kFailed);
  EXPECT_THAT(transport.error(),
              EndsWith("server certificate is for 'other.example', not for 'localhost'"));
  EXPECT_TRUE(server->process().WaitForOutput("SSL alert number 42"));
}

TEST_F(RefusalTest, UnknownAuthority_IsRefused) {
  TestPki other({.name = "Other Root"});
  ca_path = other.ca_path();
  const auto server = Serve({});
  ASSERT_EQ(Open("localhost", *server), State::kFailed);
  EXPECT_THAT(transport.error(), EndsWith("issuer not trusted: 'Test Root' is not in the CA file"));
  EXPECT_TRUE(server->process().WaitForOutput("SSL alert number 48"));
}

TEST_F(RefusalTest, AuthorityOfTheSameNameWithAnotherKey_IsRefused) {
  TestPki other;
  ca_path = other.ca_path();
  const auto server = Serve({});
  ASSERT_EQ(Open("localhost", *server), State::kFailed);
  EXPECT_THAT(transport.error(), HasSubstr("issuer not trusted"));
}

TEST_F(RefusalTest, SelfSigned_IsRefused) {
  const testing::TlsServer server(pki.SelfSigned({}), pki.ca_path());
  ASSERT_EQ(Open("localhost", server), State::kFailed);
  EXPECT_THAT(transport.error(), EndsWith("server certificate is self-signed and not trusted"));
}

TEST_F(RefusalTest, CertificateForClientsOnly_IsRefused) {
  const auto server = Serve({.usage = "clientAuth"});
  ASSERT_EQ(Open("localhost", *server), State::kFailed);
  EXPECT_THAT(transport.error(),
              EndsWith("server certificate is not made for a TLS server (key usage)"));
}

TEST_F(RefusalTest, WeakServerKey_IsRefused) {
  const auto server =
      Serve({.key = KeyKind::kRsa1024}, {.arguments = {"-cipher", "ALL:@SECLEVEL=0"}});
  ASSERT_EQ(Open("localhost", *server), State::kFailed);
  EXPECT_THAT(transport.error(), EndsWith("its key or its signature is too weak"));
}

TEST_F(RefusalTest, IpEndpointWithItsSan_ConnectsWithoutSni) {
  const auto server = Serve({.san = "IP:127.0.0.1"}, {.arguments = {"-tlsextdebug"}});
  EXPECT_EQ(Open("127.0.0.1", *server), State::kUp) << transport.error();
  EXPECT_TRUE(server->process().WaitForOutput("CONNECTION ESTABLISHED"));
  EXPECT_THAT(server->process().output(), HasSubstr("TLS client extension"));
  EXPECT_THAT(server->process().output(), Not(HasSubstr("\"server name\"")));
}

TEST_F(RefusalTest, IpEndpointWithoutItsSan_IsRefused) {
  const auto server = Serve({.name = "127.0.0.1", .san = "DNS:127.0.0.1,DNS:localhost"});
  ASSERT_EQ(Open("127.0.0.1", *server), State::kFailed);
  EXPECT_THAT(transport.error(), EndsWith("is for '127.0.0.1', 'localhost', not for '127.0.0.1'"));
}

TEST_F(RefusalTest, Ipv6EndpointWithItsSan_Connects) {
  const auto server = Serve({.san = "IP:::1"}, {.address = "[::1]"});
  EXPECT_EQ(Open("::1", *server), State::kUp) << transport.error();
  EXPECT_EQ(Open("[::1]", *server), State::kUp) << transport.error();
}

TEST_F(RefusalTest, Wildcard_StandsForOneLabelOnly) {
  const auto server = Serve({.san = "DNS:*.localhost"}, {.arguments = {"-tlsextdebug"}});
  EXPECT_EQ(Open("board.localhost", *server), State::kUp) << transport.error();
  EXPECT_TRUE(server->process().WaitForOutput("\"server name\"")) << "no SNI";
  EXPECT_EQ(Open("BOARD.localhost.", *server), State::kUp) << transport.error();
  EXPECT_EQ(Open("a.board.localhost", *server), State::kFailed);
  EXPECT_EQ(Open("localhost", *server), State::kFailed);
  EXPECT_THAT(transport.error(), EndsWith("is for '*.localhost', not for 'localhost'"));
}

TEST_F(RefusalTest, PartialWildcard_IsNotAccepted) {
  const auto server = Serve({.san = "DNS:bo*.localhost,DNS:board.*"});
  EXPECT_EQ(Open("board.localhost", *server), State::kFailed);
}

TEST_F(RefusalTest, CommonNameBesideOtherSans_DoesNotCount) {
  const auto server = Serve({.name = "localhost", .san = "DNS:other.example"});
  EXPECT_EQ(Open("localhost", *server), State::kFailed);
}

}  // namespace
}  // namespace fieldwork::posix
