// Which of several addresses wins, with real sockets and virtual time.
#include "ports/posix/tcp_connector.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "ports/posix/testing/poll_loop.h"

namespace fieldwork::posix {
namespace {

using ::testing::HasSubstr;
using testing::PollUntil;

constexpr Instant kStart{1000};
constexpr Millis kLimit = Seconds(10);

SocketAddress Address(const char* host, std::uint16_t port) {
  return *ParseNumericAddress(host, port);
}

// A socket bound to a free port: listening, or not (then connecting to it is refused).
struct Listener {
  explicit Listener(const char* host, int backlog = 5)
      : fd(socket(Address(host, 0).family(), SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address = Address(host, 0);
    if (bind(fd.get(), address.get(), address.length) != 0) return;
    if (backlog >= 0) listen(fd.get(), backlog);
    getsockname(fd.get(), address.get(), &address.length);
  }
  UniqueFd fd;
  SocketAddress address;
};

// Listens with its queue full: the kernel drops further SYNs, as a dead host would.
struct DeafListener : Listener {
  DeafListener() : Listener("127.0.0.1", 0) {
    for (UniqueFd& filler : fillers) {
      filler.Reset(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      static_cast<void>(connect(filler.get(), address.get(), address.length));
    }
  }
  UniqueFd fillers[4];
};

int Option(const UniqueFd& fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  getsockopt(fd.get(), level, name, &value, &size);
  return value;
}

struct TcpConnectorTest : ::testing::Test {
  bool WaitForEnd() {
    return PollUntil(connector, now,
                     [this] { return connector.state() != TcpConnector::State::kBusy; });
  }

  Instant now = kStart;
  TcpConnector connector;
};

TEST_F(TcpConnectorTest, ListeningAddress_Connects) {
  for (const char* host : {"127.0.0.1", "::1"}) {
    Listener server(host);
    connector.Start(now, {server.address}, kLimit);
    ASSERT_TRUE(WaitForEnd());
    ASSERT_EQ(connector.state(), TcpConnector::State::kConnected) << connector.error();
    EXPECT_EQ(ToText(connector.peer()), ToText(server.address));
    EXPECT_EQ(connector.Deadline(), kNever);
  }
}

TEST_F(TcpConnectorTest, ConnectedSocket_HasNagleOffAndIsNotInherited) {
  Listener server("127.0.0.1");
  connector.Start(now, {server.address}, kLimit);
  ASSERT_TRUE(WaitForEnd());
  const UniqueFd fd = connector.TakeFd();
  EXPECT_EQ(connector.state(), TcpConnector::State::kIdle);
  EXPECT_NE(Option(fd, IPPROTO_TCP, TCP_NODELAY), 0);
  EXPECT_EQ(Option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 30000);
  EXPECT_NE(fcntl(fd.get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(fcntl(fd.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(TcpConnectorTest, FirstAddressRefuses_SecondConnectsAtOnce) {
  Listener closed("127.0.0.1", -1);
  Listener server("127.0.0.1");
  connector.Start(now, {closed.address, server.address}, kLimit);
  ASSERT_TRUE(PollUntil(connector, now,
                        [this] { return connector.state() != TcpConnector::State::kBusy; }));
  EXPECT_EQ(connector.state(), TcpConnector::State::kConnected) << connector.error();
  EXPECT_EQ(ToText(connector.peer()), ToText(server.address));
}

TEST_F(TcpConnectorTest, FirstAddressIsSilent_SecondStartsAfterTheDelay) {
  DeafListener deaf;
  Listener server("127.0.0.1");
  connector.Start(now, {deaf.address, server.address}, kLimit);
  std::vector<pollfd> fds;
  connector.AddPollFds(fds);
  ASSERT_EQ(fds.size(), 1u) << "the first attempt does not hang";
  ASSERT_EQ(connector.Deadline(), kStart + TcpConnector::kAttemptDelay);
  connector.OnTime(kStart + TcpConnector::kAttemptDelay - Millis{1});
  fds.clear();
  connector.AddPollFds(fds);
  EXPECT_EQ(fds.size(), 1u);
  now = kStart + TcpConnector::kAttemptDelay;
  connector.OnTime(now);
  ASSERT_TRUE(WaitForEnd());
  ASSERT_EQ(connector.state(), TcpConnector::State::kConnected) << connector.error();
  EXPECT_EQ(ToText(connector.peer()), ToText(server.address));
  fds.clear();
  connector.AddPollFds(fds);
  EXPECT_TRUE(fds.empty()) << "the other attempt is still open";
}

TEST_F(TcpConnectorTest, NobodyAnswers_FailsAtTheLimit) {
  DeafListener deaf;
  connector.Start(now, {deaf.address}, kLimit);
  ASSERT_EQ(connector.Deadline(), kStart + kLimit);
  connector.OnTime(kStart + kLimit);
  ASSERT_EQ(connector.state(), TcpConnector::State::kFailed);
  EXPECT_EQ(connector.error(),
            "no connection in time: " + ToText(deaf.address) + ": Connection timed out");
}

TEST_F(TcpConnectorTest, AllRefuse_NamesEachWithItsReason) {
  Listener a("127.0.0.1", -1);
  Listener b("::1", -1);
  connector.Start(now, {a.address, b.address}, kLimit);
  ASSERT_TRUE(WaitForEnd());
  ASSERT_EQ(connector.state(), TcpConnector::State::kFailed);
  EXPECT_THAT(connector.error(), HasSubstr(ToText(a.address) + ": Connection refused"));
  EXPECT_THAT(connector.error(), HasSubstr(ToText(b.address) + ": Connection refused"));
}

TEST_F(TcpConnectorTest, NoAddress_Fails) {
  connector.Start(now, {}, kLimit);
  EXPECT_EQ(connector.state(), TcpConnector::State::kFailed);
  EXPECT_EQ(connector.error(), "cannot connect: no address to connect to");
}

TEST_F(TcpConnectorTest, Cancel_ClosesAllAttempts) {
  DeafListener deaf;
  connector.Start(now, {deaf.address}, kLimit);
  connector.Cancel();
  EXPECT_EQ(connector.state(), TcpConnector::State::kIdle);
  std::vector<pollfd> fds;
  connector.AddPollFds(fds);
  EXPECT_TRUE(fds.empty());
  EXPECT_EQ(connector.Deadline(), kNever);
}

TEST(InterleaveFamilies, TwoFamilies_TakeTurnsAndKeepTheirOrder) {
  const auto out = InterleaveFamilies({Address("::1", 1), Address("::2", 1), Address("::3", 1),
                                       Address("10.0.0.1", 1), Address("10.0.0.2", 1)});
  std::vector<std::string> texts;
  for (const SocketAddress& address : out) texts.push_back(ToText(address));
  EXPECT_THAT(texts,
              ::testing::ElementsAre("[::1]:1", "10.0.0.1:1", "[::2]:1", "10.0.0.2:1", "[::3]:1"));
}

TEST(InterleaveFamilies, Nothing_StaysNothing) { EXPECT_TRUE(InterleaveFamilies({}).empty()); }

}  // namespace
}  // namespace fieldwork::posix
