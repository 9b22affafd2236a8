// Names to addresses, with a small name server on the loopback device.
#include "ports/posix/resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>

#include "ports/posix/testing/poll_loop.h"
#include "ports/posix/unique_fd.h"

namespace fieldwork::posix {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::PollUntil;
using ::testing::UnorderedElementsAre;
using State = Resolver::State;

constexpr Instant kStart{5000};

// A name server on loopback that answers every A question with 192.0.2.1 and 192.0.2.2 and every
// AAAA question with 2001:db8::1, or with a fixed error code. RFC 1035 section 4.
class NameServer {
 public:
  NameServer() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    address_ = *ParseNumericAddress("127.0.0.1", 0);
    if (bind(fd_.get(), address_.get(), address_.length) != 0) return;
    getsockname(fd_.get(), address_.get(), &address_.length);
  }

  std::string text() const { return ToText(address_); }
  void set_code(std::uint8_t code) { code_ = code; }

  void AnswerAll() {
    std::array<std::uint8_t, 512> packet{};
    SocketAddress from;
    from.length = sizeof(from.storage);
    for (;;) {
      const ssize_t n =
          recvfrom(fd_.get(), packet.data(), packet.size(), 0, from.get(), &from.length);
      if (n < 12) return;
      const std::vector<std::uint8_t> reply = Reply({packet.begin(), packet.begin() + n});
      sendto(fd_.get(), reply.data(), reply.size(), 0, from.get(), from.length);
    }
  }

 private:
  std::vector<std::uint8_t> Reply(std::vector<std::uint8_t> packet) const {
    std::size_t end = 12;
    while (packet[end] != 0) end += packet[end] + 1u;
    const bool ipv6 = packet[end + 2] == 28;
    packet.resize(end + 5);
    packet[2] = 0x81;
    packet[3] = static_cast<std::uint8_t>(0x80 | code_);
    std::fill(packet.begin() + 6, packet.begin() + 12, std::uint8_t{0});
    if (code_ != 0) return packet;
    if (ipv6) {
      AddRecord(packet, {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
    } else {
      AddRecord(packet, {192, 0, 2, 1});
      AddRecord(packet, {192, 0, 2, 2});
    }
    return packet;
  }

  static void AddRecord(std::vector<std::uint8_t>& packet,
                        const std::vector<std::uint8_t>& address) {
    ++packet[7];
    const std::uint8_t type = address.size() == 4 ? 1 : 28;
    const std::uint8_t head[] = {0xC0, 12, 0, type, 0, 1,
                                 0,    0,  0, 60,   0, static_cast<std::uint8_t>(address.size())};
    packet.insert(packet.end(), std::begin(head), std::end(head));
    packet.insert(packet.end(), address.begin(), address.end());
  }

  UniqueFd fd_;
  SocketAddress address_;
  std::uint8_t code_ = 0;
};

std::vector<std::string> Texts(const Resolver& resolver) {
  std::vector<std::string> out;
  for (const SocketAddress& address : resolver.addresses()) out.push_back(ToText(address));
  return out;
}

struct ResolverTest : ::testing::Test {
  bool WaitForEnd() {
    return PollUntil(resolver, now, [this] {
      server.AnswerAll();
      return resolver.state() != State::kBusy;
    });
  }

  NameServer server;
  Instant now = kStart;
  Resolver resolver;
};

TEST_F(ResolverTest, NumericAddress_IsDoneAtOnce) {
  resolver.Start(now, "192.0.2.9", 123, true);
  EXPECT_EQ(resolver.state(), State::kDone);
  EXPECT_THAT(Texts(resolver), ElementsAre("192.0.2.9:123"));
  resolver.Start(now, "2001:db8::9", 8883, false);
  EXPECT_THAT(Texts(resolver), ElementsAre("[2001:db8::9]:8883"));
}

TEST_F(ResolverTest, Localhost_IsLoopbackOfBothFamiliesAtOnce) {
  for (const char* name : {"localhost", "LocalHost", "board.localhost", "localhost."}) {
    resolver.Start(now, name, 1, false);
    EXPECT_EQ(resolver.state(), State::kDone) << name;
    EXPECT_THAT(Texts(resolver), ElementsAre("127.0.0.1:1", "[::1]:1")) << name;
  }
}

TEST_F(ResolverTest, KnownName_HasTheAddressesOfBothFamilies) {
  resolver.set_servers(server.text());
  resolver.Start(now, "iot.example", 8883, false);
  ASSERT_EQ(resolver.state(), State::kBusy);
  EXPECT_LT(resolver.Deadline(), kNever);
  ASSERT_TRUE(WaitForEnd());
  ASSERT_EQ(resolver.state(), State::kDone) << resolver.error();
  EXPECT_THAT(Texts(resolver),
              UnorderedElementsAre("192.0.2.1:8883", "192.0.2.2:8883", "[2001:db8::1]:8883"));
  EXPECT_EQ(resolver.Deadline(), kNever);
}

TEST_F(ResolverTest, UnknownName_FailsAndSaysSo) {
  server.set_code(3);
  resolver.set_servers(server.text());
  resolver.Start(now, "nowhere.example", 8883, false);
  ASSERT_TRUE(WaitForEnd());
  EXPECT_EQ(resolver.state(), State::kFailed);
  EXPECT_EQ(resolver.error(), "cannot resolve 'nowhere.example': Domain name not found");
  EXPECT_TRUE(resolver.addresses().empty());
}

TEST_F(ResolverTest, AfterAFailure_StartAsksAnew) {
  server.set_code(3);
  resolver.set_servers(server.text());
  resolver.Start(now, "iot.example", 1, false);
  ASSERT_TRUE(WaitForEnd());
  server.set_code(0);
  resolver.Start(now, "iot.example", 1, false);
  ASSERT_TRUE(WaitForEnd());
  EXPECT_EQ(resolver.state(), State::kDone) << resolver.error();
  EXPECT_EQ(resolver.error(), "");
}

TEST_F(ResolverTest, SilentServer_FailsAtTheTimeLimit) {
  resolver.set_servers(server.text());
  resolver.Start(now, "iot.example", 8883, false);
  EXPECT_LE(resolver.Deadline(), kStart + Seconds(3)) << "no retry planned";
  resolver.OnTime(kStart + Resolver::kTimeLimit - Millis{1});
  EXPECT_EQ(resolver.state(), State::kBusy);
  resolver.OnTime(kStart + Resolver::kTimeLimit);
  EXPECT_EQ(resolver.state(), State::kFailed);
  EXPECT_THAT(resolver.error(), HasSubstr("no answer from the name servers within 15 s"));
}

TEST_F(ResolverTest, Cancel_DropsQueryAndResults) {
  resolver.set_servers(server.text());
  resolver.Start(now, "iot.example", 8883, false);
  resolver.Cancel();
  EXPECT_EQ(resolver.state(), State::kIdle);
  EXPECT_EQ(resolver.Deadline(), kNever);
  std::vector<pollfd> fds;
  resolver.AddPollFds(fds);
  EXPECT_TRUE(fds.empty());
  resolver.Start(now, "192.0.2.9", 1, false);
  resolver.Cancel();
  EXPECT_TRUE(resolver.addresses().empty());
}

TEST_F(ResolverTest, EmptyOrOverlongName_Fails) {
  for (const std::string& name : {std::string(), std::string(70, 'a') + ".example"}) {
    resolver.Start(now, name, 1, false);
    ASSERT_TRUE(WaitForEnd());
    EXPECT_EQ(resolver.state(), State::kFailed);
    EXPECT_THAT(resolver.error(), HasSubstr("cannot resolve"));
  }
}

TEST_F(ResolverTest, Destroyed_WhileBusy_IsClean) {
  Resolver other;
  other.set_servers(server.text());
  other.Start(now, "iot.example", 1, false);
  EXPECT_EQ(other.state(), State::kBusy);
}

}  // namespace
}  // namespace fieldwork::posix
