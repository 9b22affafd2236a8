// What a service manager hears, and what its variables mean.
#include "apps/device/service_notify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <vector>

namespace fieldwork::board {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Stands for systemd.
class Manager : public testing::Test {
 protected:
  ~Manager() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
    if (!file_.empty()) unlink(file_.c_str());
  }

  // `name` as in $NOTIFY_SOCKET.
  void Listen(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name[0] == '@') address.sun_path[0] = '\0';
    if (name[0] == '/') file_ = name;
    fd_.Reset(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    ASSERT_EQ(bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  void ListenAnywhere() { Listen("@fieldwork-notify-" + std::to_string(getpid())); }

  std::vector<std::string> Heard() {
    std::vector<std::string> messages;
    char text[512];
    ssize_t count = 0;
    while ((count = recv(fd_.get(), text, sizeof text, 0)) >= 0) {
      messages.emplace_back(text, static_cast<std::size_t>(count));
    }
    return messages;
  }

 private:
  posix::UniqueFd fd_;
  std::string file_;
};

TEST_F(Manager, WithoutASocket_NothingIsSent) {
  ServiceNotify service;
  service.Ready(Instant{0});
  service.Status("idle");
  service.Stopping();
  EXPECT_EQ(service.Deadline(), kNever);
}

TEST_F(Manager, AbstractSocket_HearsTheLife) {
  ListenAnywhere();
  ServiceNotify service;
  EXPECT_THAT(Heard(), IsEmpty());
  service.Ready(Instant{0});
  service.Status("idle");
  service.Status("idle");
  service.Status("asking");
  service.Stopping();
  service.Stopping();
  EXPECT_THAT(Heard(), ElementsAre("READY=1", "STATUS=idle", "STATUS=asking", "STOPPING=1"));
}

TEST_F(Manager, SocketInAFolder_HearsTheSame) {
  Listen("/tmp/fieldwork-notify-" + std::to_string(getpid()));
  ServiceNotify service;
  service.Ready(Instant{0});
  EXPECT_THAT(Heard(), ElementsAre("READY=1"));
}

TEST_F(Manager, Watchdog_IsToldAtHalfOfItsTime) {
  ListenAnywhere();
  setenv("WATCHDOG_USEC", "3000000", 1);
  ServiceNotify service;
  EXPECT_EQ(service.Deadline(), kNever);
  service.Ready(Instant{100});
  EXPECT_THAT(Heard(), ElementsAre("READY=1", "WATCHDOG=1"));
  EXPECT_EQ(service.Deadline(), Instant{1600});
  service.OnTime(Instant{1599});
  EXPECT_THAT(Heard(), IsEmpty());
  service.OnTime(Instant{1600});
  EXPECT_THAT(Heard(), ElementsAre("WATCHDOG=1"));
  EXPECT_EQ(service.Deadline(), Instant{3100});
}

TEST_F(Manager, WatchdogOfAnotherProcess_IsNotOurs) {
  ListenAnywhere();
  setenv("WATCHDOG_USEC", "3000000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  ServiceNotify service;
  service.Ready(Instant{0});
  EXPECT_EQ(service.Deadline(), kNever);
}

TEST_F(Manager, WatchdogOfThisProcess_IsOurs) {
  ListenAnywhere();
  setenv("WATCHDOG_USEC", "1000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  ServiceNotify service;
  service.Ready(Instant{0});
  EXPECT_EQ(service.Deadline(), Instant{1});
}

TEST_F(Manager, NumbersThatAreNone_AreNoWatchdog) {
  for (const char* text : {"", "0", "-5", "5s", "99999999999999999999"}) {
    setenv("NOTIFY_SOCKET", "@nobody", 1);
    setenv("WATCHDOG_USEC", text, 1);
    ServiceNotify service;
    service.Ready(Instant{0});
    EXPECT_EQ(service.Deadline(), kNever) << text;
  }
}

TEST_F(Manager, Variables_AreTakenAwayAndCanBePutBack) {
  ListenAnywhere();
  setenv("WATCHDOG_USEC", "3000000", 1);
  const ServiceNotify service;
  EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
  EXPECT_EQ(std::getenv("WATCHDOG_USEC"), nullptr);
  service.PutBack();
  EXPECT_STREQ(std::getenv("WATCHDOG_USEC"), "3000000");
  EXPECT_EQ(std::getenv("WATCHDOG_PID"), nullptr);
  ServiceNotify anew;
  anew.Ready(Instant{0});
  EXPECT_THAT(Heard(), ElementsAre("READY=1", "WATCHDOG=1"));
}

TEST_F(Manager, SocketsOfOtherKinds_AreLeftAlone) {
  for (const char* name : {"vsock:2:1234", "relative", "/", "@"}) {
    setenv("NOTIFY_SOCKET", name, 1);
    ServiceNotify service;
    service.Ready(Instant{0});
  }
}

TEST_F(Manager, ManagerThatIsGone_IsNoTrouble) {
  setenv("NOTIFY_SOCKET", "/nowhere/notify", 1);
  setenv("WATCHDOG_USEC", "3000000", 1);
  ServiceNotify service;
  service.Ready(Instant{0});
  service.OnTime(Instant{1500});
  EXPECT_EQ(service.Deadline(), Instant{3000});
}

}  // namespace
}  // namespace fieldwork::board
