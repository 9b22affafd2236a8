// Datagrams on the loopback device, to an open port, a closed one and a stranger's.
#include "ports/posix/udp.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>

#include <array>
#include <cerrno>

namespace fieldwork::posix {
namespace {

/// A socket bound to a free port of `host`; `address` becomes where it can be reached.
UniqueFd Bind(const std::string& host, SocketAddress* address) {
  *address = *ParseNumericAddress(host, 0);
  UniqueFd fd(::socket(address->family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::bind(fd.get(), address->get(), address->length), 0);
  address->length = sizeof address->storage;
  EXPECT_EQ(::getsockname(fd.get(), address->get(), &address->length), 0);
  return fd;
}

bool WaitReadable(int fd) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, 5000) == 1;
}

void SendAndReceive(const std::string& host) {
  SocketAddress server_address;
  const UniqueFd server = Bind(host, &server_address);
  UdpSocket client;
  ASSERT_EQ(client.Connect(server_address), Status::kOk);
  ASSERT_EQ(client.Send(AsBytes("ping")), Status::kOk);

  ASSERT_TRUE(WaitReadable(server.get()));
  std::array<char, 16> in{};
  SocketAddress from;
  from.length = sizeof from.storage;
  ASSERT_EQ(::recvfrom(server.get(), in.data(), in.size(), 0, from.get(), &from.length), 4);
  ASSERT_EQ(::sendto(server.get(), "pong!", 5, 0, from.get(), from.length), 5);

  ASSERT_TRUE(WaitReadable(client.fd()));
  std::array<std::uint8_t, 16> out{};
  const Result<std::size_t> received = client.Receive(out);
  ASSERT_TRUE(received.ok());
  EXPECT_EQ(AsText(Bytes(out).first(*received)), "pong!");
}

TEST(UdpSocket, OverIpv4_SendsAndReceives) { SendAndReceive("127.0.0.1"); }

TEST(UdpSocket, OverIpv6_SendsAndReceives) {
  const SocketAddress address = *ParseNumericAddress("::1", 0);
  const UniqueFd probe(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!probe.valid() || ::bind(probe.get(), address.get(), address.length) != 0) {
    GTEST_SKIP() << "this host has no IPv6";
  }
  SendAndReceive("::1");
}

TEST(UdpSocket, NothingThere_IsNeedMore) {
  SocketAddress address;
  const UniqueFd server = Bind("127.0.0.1", &address);
  UdpSocket client;
  ASSERT_EQ(client.Connect(address), Status::kOk);
  std::array<std::uint8_t, 16> out{};
  EXPECT_EQ(client.Receive(out).status(), Status::kNeedMore);
}

TEST(UdpSocket, LongerDatagram_IsCut) {
  SocketAddress server_address;
  const UniqueFd server = Bind("127.0.0.1", &server_address);
  UdpSocket client;
  ASSERT_EQ(client.Connect(server_address), Status::kOk);
  SocketAddress own;
  own.length = sizeof own.storage;
  ASSERT_EQ(::getsockname(client.fd(), own.get(), &own.length), 0);
  ASSERT_EQ(::sendto(server.get(), "0123456789", 10, 0, own.get(), own.length), 10);
  ASSERT_TRUE(WaitReadable(client.fd()));
  std::array<std::uint8_t, 4> out{};
  const Result<std::size_t> received = client.Receive(out);
  ASSERT_TRUE(received.ok());
  EXPECT_EQ(*received, 4u);
}

TEST(UdpSocket, ClosedPort_IsConnectionRefused) {
  SocketAddress address;
  Bind("127.0.0.1", &address);  // Closed again at once.
  UdpSocket client;
  ASSERT_EQ(client.Connect(address), Status::kOk);
  ASSERT_EQ(client.Send(AsBytes("ping")), Status::kOk);
  ASSERT_TRUE(WaitReadable(client.fd()));
  std::array<std::uint8_t, 16> out{};
  EXPECT_EQ(client.Receive(out).status(), Status::kIo);
  EXPECT_EQ(client.error_number(), ECONNREFUSED);
}

TEST(UdpSocket, Stranger_IsNotHeard) {
  SocketAddress server_address;
  SocketAddress stranger_address;
  const UniqueFd server = Bind("127.0.0.1", &server_address);
  const UniqueFd stranger = Bind("127.0.0.1", &stranger_address);
  UdpSocket client;
  ASSERT_EQ(client.Connect(server_address), Status::kOk);
  SocketAddress own;
  own.length = sizeof own.storage;
  ASSERT_EQ(::getsockname(client.fd(), own.get(), &own.length), 0);
  // The loopback device delivers, or drops, within the call: no wait is needed.
  ::sendto(stranger.get(), "forged", 6, 0, own.get(), own.length);
  std::array<std::uint8_t, 16> out{};
  EXPECT_EQ(client.Receive(out).status(), Status::kNeedMore);
}

TEST(UdpSocket, NoRouteOrFamily_IsIo) {
  UdpSocket client;
  SocketAddress nowhere;
  nowhere.storage.ss_family = AF_UNSPEC;
  nowhere.length = sizeof(sockaddr_in);
  EXPECT_EQ(client.Connect(nowhere), Status::kIo);
  EXPECT_NE(client.error_number(), 0);
  EXPECT_EQ(client.fd(), -1);
}

TEST(UdpSocket, Close_ClosesOnce) {
  SocketAddress address;
  const UniqueFd server = Bind("127.0.0.1", &address);
  UdpSocket client;
  ASSERT_EQ(client.Connect(address), Status::kOk);
  client.Close();
  EXPECT_EQ(client.fd(), -1);
  client.Close();
}

}  // namespace
}  // namespace fieldwork::posix
