// When an earlier TLS session is taken up again, against servers that would take it.
#include "ports/posix/tls_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ports/posix/testing/tls_client.h"

namespace fieldwork::posix {
namespace {

using testing::TlsServer;
using SessionTest = testing::TlsClientTest;

TEST_F(SessionTest, SecondOpen_ResumesByTicketAgainAndAgain) {
  const auto server = Serve({});
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  EXPECT_FALSE(transport.resumed());
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
    EXPECT_TRUE(transport.resumed()) << i;
    ASSERT_TRUE(WriteAll("again\n"));
    EXPECT_EQ(ReadText(6), "niaga\n");
  }
}

TEST_F(SessionTest, ServerWithoutTickets_ResumesBySessionId) {
  const auto server = Serve({}, {.arguments = {"-no_ticket"}});
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  EXPECT_TRUE(transport.resumed());
}

TEST_F(SessionTest, ServerThatForgotTheSession_GetsAFullHandshake) {
  const testing::Certificate certificate = pki.Issue({});
  auto server = std::make_unique<TlsServer>(certificate, pki.ca_path());
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  const std::uint16_t port = server->port();
  transport.Close();
  server.reset();
  server =
      std::make_unique<TlsServer>(certificate, pki.ca_path(), TlsServer::Options{.port = port});
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  EXPECT_FALSE(transport.resumed());
}

TEST_F(SessionTest, ImpostorThatKnowsNoSession_IsRefused) {
  auto server = Serve({});
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  const std::uint16_t port = server->port();
  transport.Close();
  server.reset();
  const TlsServer impostor(pki.SelfSigned({.name = "impostor"}), pki.ca_path(), {.port = port});
  EXPECT_EQ(Open("localhost", impostor), State::kFailed);
}

TEST_F(SessionTest, AnotherPort_IsAnotherServer) {
  const testing::Certificate certificate = pki.Issue({});
  const TlsServer first(certificate, pki.ca_path());
  ASSERT_EQ(Open("localhost", first), State::kUp) << transport.error();
  const TlsServer second(certificate, pki.ca_path());
  ASSERT_EQ(Open("localhost", second), State::kUp) << transport.error();
  EXPECT_FALSE(transport.resumed());
}

TEST_F(SessionTest, AnotherHostName_IsAnotherServer) {
  const auto server = Serve({});
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  ASSERT_EQ(Open("127.0.0.1", *server), State::kUp) << transport.error();
  EXPECT_FALSE(transport.resumed());
}

TEST_F(SessionTest, AnotherHostNameThatTheCertificateLacks_IsRefusedInSpiteOfTheSession) {
  const auto server = Serve({.san = "DNS:localhost"});
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  EXPECT_EQ(Open("127.0.0.1", *server), State::kFailed);
}

TEST_F(SessionTest, OtherCredentials_GetAFullHandshake) {
  const auto server = Serve({});
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  transport.Close();
  credentials.reset();
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  EXPECT_FALSE(transport.resumed());
}

TEST_F(SessionTest, CertificateThatExpiredSince_IsCheckedAndRefused) {
  const auto server = Serve({.not_after = "20260701000000Z"});
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  SetBoardClock(2026, 7, 2);
  ASSERT_EQ(Open("localhost", *server), State::kFailed);
  EXPECT_THAT(transport.error(), ::testing::HasSubstr("server certificate: expired on 2026-07-01"));
}

TEST_F(SessionTest, ClockBeforeTheCertificate_IsCheckedAndRefused) {
  const auto server = Serve({.not_before = "20260501000000Z"});
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  SetBoardClock(2026, 4, 30);
  EXPECT_EQ(Open("localhost", *server), State::kFailed);
}

TEST_F(SessionTest, DroppedSession_IsNotOffered) {
  TlsSession session;
  session.Drop();
  mbedtls_ssl_context ssl;
  mbedtls_ssl_init(&ssl);
  EXPECT_FALSE(session.Offer(ssl, "localhost:8883", 1, 0));
  mbedtls_ssl_free(&ssl);
}

}  // namespace
}  // namespace fieldwork::posix
