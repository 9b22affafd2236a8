// systemctl and the kernel, played by scripts: what they say, and what becomes of it.
#include "apps/device/host_reboot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace fieldwork::board {
namespace {

using testing::Optional;

class HostRebootTest : public testing::Test {
 protected:
  HostRebootTest() {
    char name[] = "/tmp/fieldwork-reboot-XXXXXX";
    if (mkdtemp(name) == nullptr) std::abort();
    folder_ = name;
    options_.systemctl = {folder_ + "/nowhere", folder_ + "/systemctl"};
    options_.reboot_now = [] { return EPERM; };
  }
  ~HostRebootTest() override { std::filesystem::remove_all(folder_); }

  void Systemctl(const std::string& script) {
    const std::string path = folder_ + "/systemctl";
    std::ofstream(path) << "#!/bin/sh\n" + script + "\n";
    chmod(path.c_str(), 0700);
  }

  // Until the child has nothing more to say.
  static void Run(HostReboot& reboot, Instant now = Instant{5}) {
    for (;;) {
      std::vector<pollfd> fds;
      reboot.AddPollFds(fds);
      if (fds.empty()) return;
      ASSERT_GT(poll(fds.data(), fds.size(), 20'000), 0);
      reboot.OnPoll(now, fds);
    }
  }

  std::string Read(const std::string& name) {
    std::ifstream file(folder_ + "/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string folder_;
  HostReboot::Options options_;
};

TEST_F(HostRebootTest, SystemctlThatSaysYes_IsWaitedFor) {
  Systemctl("echo \"$@\" > " + folder_ + "/words; env > " + folder_ + "/environment");
  HostReboot reboot(RebootBy::kSystemctl, options_);
  EXPECT_FALSE(reboot.under_way());
  reboot.Begin(Instant{0});
  Run(reboot);
  EXPECT_TRUE(reboot.under_way());
  EXPECT_EQ(reboot.TakeFailure(), std::nullopt);
  EXPECT_EQ(Read("words"), "--no-ask-password reboot\n");
  EXPECT_THAT(Read("environment"), testing::Not(testing::HasSubstr("HOME=")));
  EXPECT_EQ(reboot.Deadline(), Instant{5} + options_.shutdown_limit);
}

TEST_F(HostRebootTest, MachineThatStaysUp_IsAFailure) {
  Systemctl("exit 0");
  HostReboot reboot(RebootBy::kSystemctl, options_);
  reboot.Begin(Instant{0});
  Run(reboot);
  reboot.OnTime(reboot.Deadline());
  EXPECT_THAT(reboot.TakeFailure(), Optional(std::string("the machine does not go down")));
  EXPECT_FALSE(reboot.under_way());
  EXPECT_EQ(reboot.Deadline(), kNever);
}

TEST_F(HostRebootTest, SystemctlThatSaysNo_IsQuoted) {
  Systemctl("echo 'Access denied' >&2; echo more; exit 4");
  HostReboot reboot(RebootBy::kSystemctl, options_);
  reboot.Begin(Instant{0});
  Run(reboot);
  EXPECT_LE(reboot.Deadline(), Instant{5});
  EXPECT_THAT(reboot.TakeFailure(), Optional(std::string("systemctl reboot: Access denied")));
  // And may be asked again.
  Systemctl("exit 1");
  reboot.Begin(Instant{0});
  Run(reboot);
  EXPECT_THAT(reboot.TakeFailure(), Optional(std::string("systemctl reboot: it failed")));
}

TEST_F(HostRebootTest, SystemctlThatHangs_IsEnded) {
  Systemctl("exec sleep 600");
  HostReboot reboot(RebootBy::kSystemctl, options_);
  reboot.Begin(Instant{0});
  ASSERT_EQ(reboot.Deadline(), Instant{0} + options_.answer_limit);
  reboot.OnTime(reboot.Deadline());
  EXPECT_THAT(reboot.TakeFailure(), Optional(std::string("systemctl reboot: no answer")));
}

TEST_F(HostRebootTest, NoSystemctl_SaysWhatToDo) {
  HostReboot reboot(RebootBy::kSystemctl, options_);
  reboot.Begin(Instant{0});
  EXPECT_TRUE(reboot.under_way());
  EXPECT_THAT(reboot.TakeFailure(), Optional(testing::HasSubstr("set board.reboot to")));
}

TEST_F(HostRebootTest, KernelThatSaysNo_IsQuoted) {
  HostReboot reboot(RebootBy::kSyscall, options_);
  reboot.Begin(Instant{0});
  EXPECT_THAT(reboot.TakeFailure(), Optional(std::string("reboot(2): Operation not permitted")));
}

TEST_F(HostRebootTest, Fail_IsForTheCallersReasons) {
  HostReboot reboot(RebootBy::kSyscall, options_);
  reboot.Fail("flash fails");
  EXPECT_TRUE(reboot.under_way());
  reboot.OnTime(Instant{0});
  EXPECT_THAT(reboot.TakeFailure(), Optional(std::string("flash fails")));
}

}  // namespace
}  // namespace fieldwork::board
