// The driver against a real chronyd on the loopback device, and against ports where nobody
// answers. Real time, but no sleeps: each wait ends with the event it is for.
#include "ports/posix/sntp_driver.h"

#include <gtest/gtest.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "ports/posix/clock.h"

namespace fieldwork::posix {
namespace {

/// A socket bound to a free port: reserves it, or swallows what is sent there.
class BoundPort {
 public:
  explicit BoundPort(const std::string& host = "127.0.0.1", std::uint16_t port = 0) {
    SocketAddress address = *ParseNumericAddress(host, port);
    fd_.Reset(::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(fd_.get(), address.get(), address.length), 0);
    address.length = sizeof address.storage;
    EXPECT_EQ(::getsockname(fd_.get(), address.get(), &address.length), 0);
    port_ = PortOf(address);
  }
  std::uint16_t port() const { return port_; }
  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::uint16_t port_ = 0;
};

bool HasIpv6() {
  const UniqueFd fd(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const SocketAddress address = *ParseNumericAddress("::1", 0);
  return fd.valid() && ::bind(fd.get(), address.get(), address.length) == 0;
}

/// Nobody listens on it, and nobody will: it lies below the ports that the kernel hands out by
/// itself, among them those our own requests come from.
std::uint16_t FreePort() {
  std::random_device random;
  for (;;) {
    const auto port = static_cast<std::uint16_t>(10'000 + random() % 20'000);
    const SocketAddress address = *ParseNumericAddress("127.0.0.1", port);
    const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (::bind(fd.get(), address.get(), address.length) == 0) return port;
  }
}

/// A chronyd that serves the host's time, or says that it has none, and touches no clock. Needs
/// no privileges: it is told to stay the user that it is.
class Chronyd {
 public:
  explicit Chronyd(bool synchronised, const std::string& host = "127.0.0.1") : port_(FreePort()) {
    char folder[] = "/tmp/fieldwork-chronyd-XXXXXX";
    EXPECT_NE(::mkdtemp(folder), nullptr);
    folder_ = folder;
    std::ofstream config(folder_ + "/chrony.conf");
    if (synchronised) config << "local stratum 3\n";
    config << "allow\nport " << port_ << "\nbindaddress " << host
           << "\ncmdport 0\nbindcmdaddress /\n"
           << "pidfile " << folder_ << "/chronyd.pid\n";
    config.close();
    Spawn();
  }
  ~Chronyd() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    std::filesystem::remove_all(folder_);
  }
  Chronyd(const Chronyd&) = delete;
  Chronyd& operator=(const Chronyd&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  void Spawn() {
    const std::string config = folder_ + "/chrony.conf";
    const std::string log = folder_ + "/log";
    const std::string user = ::getpwuid(::getuid())->pw_name;
    pid_ = ::fork();
    ASSERT_GE(pid_, 0);
    if (pid_ > 0) return;
    ::execl(FIELDWORK_CHRONYD, "chronyd", "-x", "-n", "-U", "-u", user.c_str(), "-l", log.c_str(),
            "-f", config.c_str(), nullptr);
    ::_exit(127);
  }

  std::uint16_t port_;
  std::string folder_;
  pid_t pid_ = -1;
};

class SntpDriverTest : public ::testing::Test {
 protected:
  using Kind = SntpNews::Kind;

  void Start(std::vector<TimeServer> servers) {
    sntp::Options timing;
    timing.reply_timeout = Millis{300};
    driver_.emplace(std::move(servers), clock_, timing);
    ASSERT_EQ(driver_->Start(MonotonicNow()), Status::kOk);
  }

  void Turn(Instant limit) {
    std::vector<pollfd> fds;
    driver_->AddPollFds(fds);
    const Instant wake = Earlier(driver_->Deadline(), limit);
    const std::int64_t wait = std::max<std::int64_t>((wake - MonotonicNow()).count, 0);
    ::poll(fds.data(), fds.size(), static_cast<int>(wait));
    driver_->OnPoll(MonotonicNow(), fds);
    driver_->OnTime(MonotonicNow());
  }

  /// Runs until there is news; none within ten seconds fails the test.
  SntpNews Next() {
    const Instant limit = MonotonicNow() + Seconds(10);
    for (;;) {
      if (auto news = driver_->NextEvent()) return *news;
      if (MonotonicNow() >= limit) break;
      Turn(limit);
    }
    ADD_FAILURE() << "no news within ten seconds";
    return {};
  }

  /// Starts anew until a chronyd that has just been started serves, or says that it cannot. Each
  /// try has its own driver: one driver does not ask the same server twice within 15 s.
  void StartWhenServed(const std::vector<TimeServer>& servers, bool synchronised = true) {
    const Instant limit = MonotonicNow() + Seconds(10);
    bool served = false;
    while (!served && MonotonicNow() < limit) {
      Start({servers.back()});
      SntpNews news = Next();
      while (news.kind == Kind::kAsking) news = Next();
      served =
          synchronised ? news.kind == Kind::kSynchronised : news.text == "server not synchronised";
    }
    ASSERT_TRUE(served);
    clock_ = WallClock{};
    Start(servers);
  }

  void ExpectTheHostsTime() {
    ASSERT_TRUE(clock_.is_set());
    EXPECT_NEAR(static_cast<double>(clock_.UnixMs(MonotonicNow()) - HostUnixMs()), 0, 200);
  }

  WallClock clock_;
  std::optional<SntpDriver> driver_;
};

TEST_F(SntpDriverTest, Chronyd_SetsTheClock) {
  const Chronyd chronyd(/*synchronised=*/true);
  StartWhenServed({{"127.0.0.1", chronyd.port()}});
  EXPECT_TRUE(driver_->running());
  EXPECT_FALSE(driver_->last_server().has_value());
  const SntpNews asking = Next();
  EXPECT_EQ(asking.kind, Kind::kAsking);
  EXPECT_EQ(asking.text, "127.0.0.1:" + std::to_string(chronyd.port()));
  const SntpNews synchronised = Next();
  EXPECT_EQ(synchronised.kind, Kind::kSynchronised) << synchronised.text;
  EXPECT_FALSE(synchronised.step.has_value());
  EXPECT_LT(synchronised.span, Millis{250});
  EXPECT_EQ(driver_->last_server(), 0u);
  ExpectTheHostsTime();
  EXPECT_GE(driver_->Deadline(), MonotonicNow() + Seconds(3590));
}

TEST_F(SntpDriverTest, ClockThatWasWrong_IsSteppedAndTheStepTold) {
  const Chronyd chronyd(/*synchronised=*/true);
  StartWhenServed({{"127.0.0.1", chronyd.port()}});
  clock_.Set(MonotonicNow(), HostUnixMs() - 60'000);
  EXPECT_EQ(Next().kind, Kind::kAsking);
  const SntpNews synchronised = Next();
  ASSERT_EQ(synchronised.kind, Kind::kSynchronised);
  ASSERT_TRUE(synchronised.step.has_value());
  EXPECT_NEAR(static_cast<double>(synchronised.step->count), 60'000, 200);
  ExpectTheHostsTime();
}

TEST_F(SntpDriverTest, ChronydOverIpv6_SetsTheClock) {
  if (!HasIpv6()) GTEST_SKIP() << "this host has no IPv6";
  const Chronyd chronyd(/*synchronised=*/true, "::1");
  StartWhenServed({{"::1", chronyd.port()}});
  EXPECT_EQ(Next().text, "[::1]:" + std::to_string(chronyd.port()));
  EXPECT_EQ(Next().kind, Kind::kSynchronised);
  ExpectTheHostsTime();
}

TEST_F(SntpDriverTest, NameWithAnAddressThatIsClosed_TakesTheOther) {
  // "localhost" is ::1 and 127.0.0.1; chronyd listens on one of them only.
  const Chronyd chronyd(/*synchronised=*/true, "127.0.0.1");
  StartWhenServed({{"localhost", chronyd.port()}});
  SntpNews news = Next();
  while (news.kind == Kind::kAsking) news = Next();
  EXPECT_EQ(news.kind, Kind::kSynchronised) << news.text;
  ExpectTheHostsTime();
}

TEST_F(SntpDriverTest, ClosedPortFirst_FallsOverAtOnce) {
  const Chronyd chronyd(/*synchronised=*/true);
  StartWhenServed({{"127.0.0.1", FreePort()}, {"127.0.0.1", chronyd.port()}});
  EXPECT_EQ(Next().kind, Kind::kAsking);
  const SntpNews failed = Next();
  EXPECT_EQ(failed.kind, Kind::kServerFailed);
  EXPECT_EQ(failed.server, 0u);
  EXPECT_NE(failed.text.find("unreachable: 127.0.0.1:"), std::string::npos) << failed.text;
  EXPECT_NE(failed.text.find("Connection refused"), std::string::npos) << failed.text;
  EXPECT_EQ(Next().kind, Kind::kAsking);
  const SntpNews synchronised = Next();
  EXPECT_EQ(synchronised.kind, Kind::kSynchronised);
  EXPECT_EQ(synchronised.server, 1u);
  EXPECT_EQ(driver_->last_server(), 1u);
  ExpectTheHostsTime();
}

TEST_F(SntpDriverTest, SilentPortFirst_FallsOverAfterTheTimeout) {
  const Chronyd chronyd(/*synchronised=*/true);
  const BoundPort black_hole;
  StartWhenServed({{"127.0.0.1", black_hole.port()}, {"127.0.0.1", chronyd.port()}});
  const Instant start = MonotonicNow();
  EXPECT_EQ(Next().kind, Kind::kAsking);
  const SntpNews failed = Next();
  EXPECT_EQ(failed.kind, Kind::kServerFailed);
  EXPECT_EQ(failed.text, "no answer");
  EXPECT_GE(MonotonicNow() - start, Millis{290});
  EXPECT_EQ(Next().kind, Kind::kAsking);
  EXPECT_EQ(Next().kind, Kind::kSynchronised);
  EXPECT_EQ(driver_->last_server(), 1u);
}

TEST_F(SntpDriverTest, SilentAddress_GivesWayToTheNextOneInTheNextRound) {
  if (!HasIpv6()) GTEST_SKIP() << "this host has no IPv6";
  const BoundPort silent_v4("127.0.0.1");
  const BoundPort silent_v6("::1", silent_v4.port());
  Start({{"localhost", silent_v4.port()}});
  const std::string first = driver_->NextEvent()->text;
  driver_->OnTime(driver_->Deadline());
  EXPECT_EQ(driver_->NextEvent()->text, "no answer");
  EXPECT_EQ(driver_->NextEvent()->kind, Kind::kWaiting);
  driver_->OnTime(driver_->Deadline());
  const std::string second = driver_->NextEvent()->text;
  EXPECT_NE(first, second);
  driver_->OnTime(driver_->Deadline());
  EXPECT_EQ(driver_->NextEvent()->text, "no answer");
  driver_->NextEvent();
  driver_->OnTime(driver_->Deadline());
  EXPECT_EQ(driver_->NextEvent()->text, first);
}

TEST_F(SntpDriverTest, NameThatDoesNotExist_FallsOver) {
  const Chronyd chronyd(/*synchronised=*/true);
  StartWhenServed({{"no such name", 123}, {"127.0.0.1", chronyd.port()}});
  const SntpNews failed = Next();
  EXPECT_EQ(failed.kind, Kind::kServerFailed);
  EXPECT_EQ(failed.text.find("unreachable: "), 0u) << failed.text;
  EXPECT_EQ(Next().kind, Kind::kAsking);
  EXPECT_EQ(Next().kind, Kind::kSynchronised);
}

TEST_F(SntpDriverTest, ChronydWithoutTheTime_IsNotBelieved) {
  const Chronyd chronyd(/*synchronised=*/false);
  StartWhenServed({{"127.0.0.1", chronyd.port()}}, /*synchronised=*/false);
  EXPECT_EQ(Next().kind, Kind::kAsking);
  const SntpNews failed = Next();
  EXPECT_EQ(failed.kind, Kind::kServerFailed);
  EXPECT_EQ(failed.text, "server not synchronised");
  EXPECT_EQ(Next().kind, Kind::kWaiting);
  EXPECT_FALSE(clock_.is_set());
}

TEST_F(SntpDriverTest, NobodyAnswers_WaitsAndTheClockStaysUnset) {
  Start({{"127.0.0.1", FreePort()}, {"127.0.0.1", FreePort()}});
  SntpNews news = Next();
  while (news.kind != Kind::kWaiting) news = Next();
  EXPECT_GE(news.span, Seconds(15));
  EXPECT_LE(news.span, Seconds(15 + 1 + 4));
  EXPECT_TRUE(driver_->running());
  EXPECT_FALSE(clock_.is_set());
  EXPECT_FALSE(driver_->last_server().has_value());
}

TEST_F(SntpDriverTest, ForgedReplies_DoNotSetTheClock) {
  const BoundPort forger;
  Start({{"127.0.0.1", forger.port()}});
  ASSERT_EQ(Next().kind, Kind::kAsking);
  std::array<std::uint8_t, 48> packet{};
  SocketAddress from;
  from.length = sizeof from.storage;
  ASSERT_EQ(::recvfrom(forger.fd(), packet.data(), packet.size(), 0, from.get(), &from.length), 48);
  // Right in everything but the timestamp that only a reader of the request knows.
  packet[0] = 0x24;
  packet[1] = 1;
  packet[32] = packet[40] = 0xEB;
  packet[24] = 1;
  for (int i = 0; i < 100; ++i) {
    ::sendto(forger.fd(), packet.data(), packet.size(), 0, from.get(), from.length);
  }
  EXPECT_EQ(Next().text, "no answer");
  EXPECT_FALSE(clock_.is_set());
}

TEST_F(SntpDriverTest, Requests_GiveNothingAwayAndDiffer) {
  const BoundPort server;
  std::array<std::array<std::uint8_t, 64>, 2> packets{};
  for (auto& packet : packets) {
    Start({{"127.0.0.1", server.port()}});
    ASSERT_EQ(::recv(server.fd(), packet.data(), packet.size(), 0), 48);
    EXPECT_EQ(packet[0], 0x23);
    for (std::size_t i = 1; i < 40; ++i) EXPECT_EQ(packet[i], 0) << i;
  }
  EXPECT_NE(packets[0], packets[1]);
}

TEST_F(SntpDriverTest, Stop_ClosesEverything) {
  const BoundPort black_hole;
  Start({{"127.0.0.1", black_hole.port()}});
  driver_->Stop();
  EXPECT_FALSE(driver_->running());
  EXPECT_EQ(driver_->Deadline(), kNever);
  std::vector<pollfd> fds;
  driver_->AddPollFds(fds);
  EXPECT_TRUE(fds.empty());
}

TEST_F(SntpDriverTest, NoServerOrTooMany_IsRefused) {
  driver_.emplace(std::vector<TimeServer>{}, clock_);
  EXPECT_EQ(driver_->Start(MonotonicNow()), Status::kBadArgument);
  driver_.emplace(std::vector<TimeServer>(sntp::kServersMax + 1), clock_);
  EXPECT_EQ(driver_->Start(MonotonicNow()), Status::kBadArgument);
  driver_.emplace(std::vector<TimeServer>(257), clock_);
  EXPECT_EQ(driver_->Start(MonotonicNow()), Status::kBadArgument);
  EXPECT_FALSE(driver_->running());
}

TEST(ParseTimeServer, EveryForm_IsUnderstood) {
  struct Case {
    const char* text;
    const char* host;
    std::uint16_t port;
  };
  constexpr Case kCases[] = {
      {"ntp.example.org", "ntp.example.org", 123},
      {"ntp.example.org:1123", "ntp.example.org", 1123},
      {"192.0.2.1", "192.0.2.1", 123},
      {"192.0.2.1:65535", "192.0.2.1", 65535},
      {"2001:db8::1", "2001:db8::1", 123},
      {"[2001:db8::1]", "2001:db8::1", 123},
      {"[::1]:4460", "::1", 4460},
  };
  for (const Case& test : kCases) {
    std::string error;
    const auto server = ParseTimeServer(test.text, &error);
    ASSERT_TRUE(server.has_value()) << test.text << ": " << error;
    EXPECT_EQ(server->host, test.host);
    EXPECT_EQ(server->port, test.port);
    EXPECT_EQ(error, "");
  }
}

TEST(ParseTimeServer, WhatIsNoServer_IsRefusedWithAReason) {
  for (const char* text : {"", ":123", "host:", "host:0", "host:65536", "host:12a", "host:-1",
                           "host: 123", "[::1", "[]:1", "[::1]123", "[::1]:", "[host]:123",
                           "[192.0.2.1]:123", "a b", "host/x", "1:2:3", "ntp://host"}) {
    std::string error;
    EXPECT_FALSE(ParseTimeServer(text, &error).has_value()) << text;
    EXPECT_NE(error.find(text), std::string::npos) << error;
  }
}

}  // namespace
}  // namespace fieldwork::posix
