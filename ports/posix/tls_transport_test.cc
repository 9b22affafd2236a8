// The way from a host name to a TLS connection and its end, against real servers.
#include "ports/posix/tls_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>

#include "ports/posix/testing/tls_client.h"
#include "ports/posix/unique_fd.h"

namespace fieldwork::posix {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::KeyKind;
using testing::PollUntil;
using ::testing::StartsWith;
using testing::TestPki;
using testing::TlsServer;
using TransportTest = testing::TlsClientTest;

// A TCP server that knows nothing of TLS: the kernel accepts, the test does the rest.
struct PlainServer {
  PlainServer() : listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    SocketAddress address = *ParseNumericAddress("127.0.0.1", 0);
    if (bind(listener.get(), address.get(), address.length) != 0) return;
    listen(listener.get(), 5);
    getsockname(listener.get(), address.get(), &address.length);
    port = PortOf(address);
  }
  UniqueFd Accept() { return UniqueFd(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)); }

  UniqueFd listener;
  std::uint16_t port = 0;
};

std::uint16_t FreePort() { return PlainServer().port; }

TEST_F(TransportTest, EcKeys_ConnectAndExchangeBytes) {
  const auto server = Serve({});
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  EXPECT_EQ(transport.cipher_suite(), "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256");
  EXPECT_EQ(transport.alpn_protocol(), "");
  EXPECT_EQ(ToText(transport.peer()), "127.0.0.1:" + std::to_string(server->port()));
  EXPECT_EQ(transport.Deadline(), kNever);
  ASSERT_TRUE(WriteAll("hello\n"));
  EXPECT_EQ(ReadText(6), "olleh\n");
}

TEST(RsaTransportTest, RsaKeys_ConnectAndExchangeBytes) {
  struct RsaClient : testing::TlsClientTest {
    void TestBody() override {
      TestPki rsa({.key = KeyKind::kRsa2048});
      const auto device =
          rsa.Issue({.name = "device", .usage = "clientAuth", .key = KeyKind::kRsa2048});
      std::string error;
      credentials = Credentials::Load({rsa.ca_path(), device.path, device.key_path}, error);
      ASSERT_NE(credentials, nullptr) << error;
      const TlsServer server(rsa.Issue({.key = KeyKind::kRsa2048}), rsa.ca_path());
      ASSERT_EQ(Open("localhost", server), State::kUp) << transport.error();
      EXPECT_EQ(transport.cipher_suite(), "TLS-ECDHE-RSA-WITH-AES-128-GCM-SHA256");
      ASSERT_TRUE(WriteAll("hello\n"));
      EXPECT_EQ(ReadText(6), "olleh\n");
    }
  };
  RsaClient().TestBody();
}

TEST_F(TransportTest, OnlyForwardSecretAeadSuites_AreOffered) {
  const auto server = Serve({}, {.arguments = {"-cipher",
                                               "AES256-GCM-SHA384:"
                                               "ECDHE-ECDSA-AES128-SHA256"}});
  ASSERT_EQ(Open("localhost", *server), State::kFailed);
  EXPECT_THAT(transport.error(), HasSubstr("no common TLS version or cipher suite"));
}

TEST_F(TransportTest, ServerThatOnlyHasChaCha_IsServed) {
  const auto server = Serve({}, {.arguments = {"-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"}});
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  EXPECT_THAT(transport.cipher_suite(), HasSubstr("CHACHA20-POLY1305"));
}

TEST_F(TransportTest, ServerWithTls11Only_IsRefused) {
  const auto server = Serve({}, {.arguments = {"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"}});
  ASSERT_EQ(Open("localhost", *server), State::kFailed);
  EXPECT_THAT(transport.error(), HasSubstr("no common TLS version or cipher suite"));
}

TEST_F(TransportTest, ServerWithTls13Only_IsNamedAsSuch) {
  const auto server = Serve({}, {.arguments = {"-tls1_3"}});
  ASSERT_EQ(Open("localhost", *server), State::kFailed);
  EXPECT_THAT(transport.error(), HasSubstr("the server does not offer TLS 1.2 (TLS alert 70)"));
}

TEST_F(TransportTest, ClockNotSet_RefusesBeforeAnyConnection) {
  clock = WallClock();
  EXPECT_EQ(Open(Endpoint::For("localhost", FreePort())), State::kFailed);
  EXPECT_EQ(transport.error(), "certificate dates cannot be checked: the clock is not set");
}

TEST_F(TransportTest, DeviceThatTheServerDoesNotTrust_IsToldWhy) {
  TestPki other;
  const TlsServer server(pki.Issue({}), other.ca_path());
  ASSERT_EQ(Open("localhost", server), State::kFailed);
  EXPECT_THAT(transport.error(), HasSubstr("TLS alert")) << transport.error();
  EXPECT_THAT(transport.error(), HasSubstr("device certificate"));
}

TEST_F(TransportTest, Progress_TellsEachStepInOrder) {
  const auto server = Serve({});
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  std::vector<std::string> texts;
  for (const Progress& progress : transport.TakeProgress()) texts.push_back(progress.text);
  EXPECT_THAT(texts, ElementsAre("  . Seeding the random number generator...", " ok",
                                 "  . Loading the CA root certificate ...", " ok (0 skipped)",
                                 " ok (0 skipped)", " ok (0 skipped)",
                                 "  . Connecting to tcp/localhost/" +
                                     std::to_string(server->port()) + "...",
                                 " ok", "  . Setting up the SSL/TLS structure...", " ok",
                                 "  . Performing the SSL/TLS handshake...", " ok"));
  EXPECT_TRUE(transport.TakeProgress().empty());
}

TEST_F(TransportTest, FirstAddressDead_TheNextOneServes) {
  const auto server = Serve({}, {.address = "[::1]"});
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  EXPECT_THAT(ToText(transport.peer()), StartsWith("[::1]:"));
}

TEST_F(TransportTest, NobodyListens_NamesTheAddresses) {
  ASSERT_EQ(Open(Endpoint::For("localhost", FreePort())), State::kFailed);
  EXPECT_THAT(transport.error(), HasSubstr("127.0.0.1:"));
  EXPECT_THAT(transport.error(), HasSubstr("Connection refused"));
}

TEST_F(TransportTest, SilentServer_FailsAtTheTimeLimit) {
  const PlainServer server;
  const Instant start = now;
  transport.Open(now, Endpoint::For("127.0.0.1", server.port), Device(), clock);
  ASSERT_TRUE(
      PollUntil(transport, now, [this] { return transport.state() == State::kHandshaking; }));
  EXPECT_EQ(transport.Deadline(), start + TlsTransport::kOpenLimit);
  transport.OnTime(start + TlsTransport::kOpenLimit - Millis{1});
  EXPECT_EQ(transport.state(), State::kHandshaking);
  transport.OnTime(start + TlsTransport::kOpenLimit);
  ASSERT_EQ(transport.state(), State::kFailed);
  EXPECT_EQ(transport.error(), "TLS handshake with 127.0.0.1:" + std::to_string(server.port) +
                                   ": no answer within 30 s");
  EXPECT_EQ(transport.Deadline(), kNever);
}

TEST_F(TransportTest, ServerThatDoesNotSpeakTls_IsNamedAsSuch) {
  PlainServer server;
  transport.Open(now, Endpoint::For("127.0.0.1", server.port), Device(), clock);
  const UniqueFd accepted = server.Accept();
  const std::string_view greeting = "220 mail.example ESMTP\r\n";
  ASSERT_GT(send(accepted.get(), greeting.data(), greeting.size(), 0), 0);
  ASSERT_TRUE(PollUntil(transport, now, [this] { return transport.state() == State::kFailed; }));
  EXPECT_THAT(transport.error(), HasSubstr("the server does not speak TLS"));
}

TEST_F(TransportTest, ServerThatHangsUpInTheHandshake_IsReported) {
  PlainServer server;
  transport.Open(now, Endpoint::For("127.0.0.1", server.port), Device(), clock);
  shutdown(server.Accept().get(), SHUT_WR);
  ASSERT_TRUE(PollUntil(transport, now, [this] { return transport.state() == State::kFailed; }));
  EXPECT_THAT(transport.error(), ::testing::AnyOf(HasSubstr("the server closed the connection"),
                                                  HasSubstr("connection lost")));
}

TEST_F(TransportTest, AlpnAsked_IsNegotiated) {
  const auto server = Serve({}, {.arguments = {"-alpn", "http/1.1,x-amzn-mqtt-ca"}});
  Endpoint endpoint = Endpoint::For("localhost", server->port());
  ASSERT_EQ(Open(endpoint), State::kUp) << transport.error();
  EXPECT_EQ(transport.alpn_protocol(), "");
  endpoint.alpn = true;
  ASSERT_EQ(Open(endpoint), State::kUp) << transport.error();
  EXPECT_EQ(transport.alpn_protocol(), "x-amzn-mqtt-ca");
}

TEST_F(TransportTest, AlpnThatTheServerLacks_IsExplained) {
  const auto server = Serve({}, {.arguments = {"-alpn", "h2"}});
  Endpoint endpoint = Endpoint::For("localhost", server->port());
  endpoint.alpn = true;
  ASSERT_EQ(Open(endpoint), State::kFailed);
  EXPECT_THAT(transport.error(),
              HasSubstr("the server does not offer MQTT on this port (ALPN) (TLS alert 120)"));
}

TEST(Endpoint, Alpn_GoesWithPort443) {
  EXPECT_TRUE(Endpoint::For("iot.example", 443).alpn);
  EXPECT_FALSE(Endpoint::For("iot.example", 8883).alpn);
}

TEST_F(TransportTest, ServerSaysGoodbye_IsAnOrderlyEnd) {
  const auto server = Serve({});
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  ASSERT_TRUE(WriteAll("CLOSE\n"));
  EXPECT_EQ(ReadText(1), "");
  EXPECT_EQ(transport.state(), State::kClosed);
  EXPECT_TRUE(transport.closed_by_peer());
  EXPECT_EQ(transport.error(), "closed by the server");
  EXPECT_EQ(transport.Write(AsBytes("x")).status(), Status::kIo);
}

TEST_F(TransportTest, ServerThatDies_IsAFailure) {
  const auto server = Serve({});
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  kill(server->process().pid(), SIGKILL);
  EXPECT_EQ(ReadText(1), "");
  EXPECT_EQ(transport.state(), State::kFailed);
  EXPECT_FALSE(transport.closed_by_peer());
  EXPECT_THAT(transport.error(), HasSubstr("the server closed the connection"));
}

TEST_F(TransportTest, AfterAFailure_OpenConnectsAgain) {
  ASSERT_EQ(Open(Endpoint::For("localhost", FreePort())), State::kFailed);
  const auto server = Serve({});
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  EXPECT_EQ(transport.error(), "");
}

TEST_F(TransportTest, Close_SaysGoodbye) {
  const auto server = Serve({});
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  ASSERT_TRUE(server->process().WaitForOutput("CONNECTION ESTABLISHED"));
  transport.Close();
  EXPECT_EQ(transport.state(), State::kClosed);
  EXPECT_FALSE(transport.closed_by_peer());
  EXPECT_TRUE(server->process().WaitForOutput("CONNECTION CLOSED"));
  EXPECT_THAT(server->process().output(), Not(HasSubstr("unexpected eof")));
}

TEST_F(TransportTest, CloseWhileOpening_LeavesNothingBehind) {
  const PlainServer server;
  transport.Open(now, Endpoint::For("127.0.0.1", server.port), Device(), clock);
  transport.Close();
  std::vector<pollfd> fds;
  transport.AddPollFds(fds);
  EXPECT_TRUE(fds.empty());
  EXPECT_EQ(transport.Deadline(), kNever);
  EXPECT_EQ(transport.state(), State::kClosed);
}

TEST_F(TransportTest, NotOpen_ReadAndWriteRefuse) {
  std::array<std::uint8_t, 1> byte{};
  EXPECT_EQ(transport.Read(byte).status(), Status::kIo);
  EXPECT_EQ(transport.Write(byte).status(), Status::kIo);
  EXPECT_EQ(transport.Read({}).status(), Status::kBadArgument);
  EXPECT_EQ(transport.Write({}).status(), Status::kBadArgument);
}

TEST_F(TransportTest, NothingToRead_IsNeedMore) {
  const auto server = Serve({});
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  std::array<std::uint8_t, 1> byte{};
  EXPECT_EQ(transport.Read(byte).status(), Status::kNeedMore);
  EXPECT_EQ(transport.state(), State::kUp);
}

TEST_F(TransportTest, RecordLargerThanTheReadersRoom_IsRememberedAsBuffered) {
  const auto server = Serve({});
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  EXPECT_FALSE(transport.has_buffered());
  ASSERT_TRUE(WriteAll("hello\n"));
  EXPECT_EQ(ReadText(2), "ol");
  EXPECT_TRUE(transport.has_buffered());
  EXPECT_EQ(ReadText(4), "leh\n");
  EXPECT_FALSE(transport.has_buffered());
}

TEST_F(TransportTest, ServerThatStopsReading_HoldsWritesBackAndLosesNothing) {
  const auto server = Serve({});
  ASSERT_EQ(Open("localhost", *server), State::kUp) << transport.error();
  ASSERT_TRUE(server->process().WaitForOutput("CONNECTION ESTABLISHED"));
  kill(server->process().pid(), SIGSTOP);
  const std::string block(10000, 'x');
  std::size_t sent = 0;
  Result<std::size_t> n = std::size_t{0};
  while (n.ok()) {
    n = transport.Write(AsBytes(block));
    if (n.ok()) sent += *n;
  }
  ASSERT_EQ(n.status(), Status::kNeedMore);
  EXPECT_TRUE(transport.has_unsent());
  EXPECT_EQ(transport.Write(AsBytes("y")).status(), Status::kNeedMore);
  std::vector<pollfd> fds;
  transport.AddPollFds(fds);
  ASSERT_EQ(fds.size(), 1u);
  EXPECT_EQ(fds[0].events, POLLIN | POLLOUT);
  kill(server->process().pid(), SIGCONT);
  // What was refused need not be offered again. The server adds line ends of its own, so only the
  // letters are counted.
  const std::string rest = "x\n";
  std::size_t offset = 0;
  std::size_t letters = 0;
  EXPECT_TRUE(PollUntil(transport, now, [&] {
    while (offset < rest.size()) {
      const auto taken = transport.Write(AsBytes(rest).subspan(offset));
      if (!taken.ok()) break;
      offset += *taken;
    }
    std::array<std::uint8_t, 4096> buffer{};
    for (auto got = transport.Read(buffer); got.ok(); got = transport.Read(buffer)) {
      letters += static_cast<std::size_t>(std::count(buffer.begin(), buffer.begin() + *got, 'x'));
    }
    return letters >= sent + 1;
  }));
  EXPECT_EQ(letters, sent + 1);
  EXPECT_FALSE(transport.has_unsent());
}

TEST_F(TransportTest, Mosquitto_AcceptsTheDeviceAndItsConnect) {
  const auto broker_certificate = pki.Issue({.name = "broker"});
  const std::uint16_t port = FreePort();
  testing::WriteFile(pki.File("mosquitto.conf"),
                     "listener " + std::to_string(port) + " 127.0.0.1\nallow_anonymous true\n" +
                         "cafile " + pki.ca_path() + "\ncertfile " + broker_certificate.path +
                         "\nkeyfile " + broker_certificate.key_path +
                         "\nrequire_certificate true\nuser root\n");
  testing::ChildProcess broker({FIELDWORK_MOSQUITTO, "-v", "-c", pki.File("mosquitto.conf")});
  ASSERT_TRUE(broker.WaitForOutput(" running")) << broker.output();
  ASSERT_EQ(Open(Endpoint::For("localhost", port)), State::kUp) << transport.error();
  constexpr char kConnect[] = "\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01w";
  ASSERT_TRUE(WriteAll(std::string_view(kConnect, sizeof(kConnect) - 1)));
  EXPECT_EQ(ReadText(4), std::string("\x20\x02\x00\x00", 4));
}

}  // namespace
}  // namespace fieldwork::posix
