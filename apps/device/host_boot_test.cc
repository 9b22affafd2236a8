// A boot of the machine is counted once, and was asked for only when the mark says so.
#include "apps/device/host_boot.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "sim/ram_flash.h"

namespace fieldwork::board {
namespace {

using agent::BootReason;

class HostBootTest : public testing::Test {
 protected:
  HostBootTest() {
    char name[] = "/tmp/fieldwork-boot-XXXXXX";
    if (mkdtemp(name) == nullptr) std::abort();
    folder_ = name;
    paths_ = {folder_ + "/boot_id", folder_ + "/pstore", folder_ + "/bootstatus"};
    std::filesystem::create_directory(paths_.crash_dumps);
    Write(paths_.boot_id, "first\n");
  }
  ~HostBootTest() override { std::filesystem::remove_all(folder_); }

  static void Write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
  }

  // The program starts, and does `then` with its boot.
  template <class Then>
  agent::Boot Start(Then then) {
    Nvs nvs(flash_);
    EXPECT_EQ(nvs.Load(), Status::kOk);
    HostBoot host(nvs, paths_);
    agent::Boot boot;
    EXPECT_EQ(host.Count(boot), Status::kOk);
    then(host);
    return boot;
  }
  agent::Boot Start() {
    return Start([](HostBoot&) {});
  }
  void StartAndMark() {
    Start([](HostBoot& host) { EXPECT_EQ(host.SetMark(), Status::kOk); });
  }

  std::string folder_;
  HostBootPaths paths_;
  sim::RamFlash flash_{2, 1024};
};

TEST_F(HostBootTest, ManyStartsInOneBoot_AreOneBoot) {
  for (int i = 0; i < 3; ++i) {
    const agent::Boot boot = Start();
    EXPECT_EQ(boot.count, 1u);
    EXPECT_EQ(boot.reason, BootReason::kPowerOn);
  }
}

TEST_F(HostBootTest, AnotherBootId_IsTheNextBoot) {
  Start();
  Write(paths_.boot_id, "second\n");
  EXPECT_EQ(Start().count, 2u);
  EXPECT_EQ(Start().count, 2u);
}

TEST_F(HostBootTest, Mark_MakesTheNextBootOneThatWasAskedFor) {
  StartAndMark();
  Write(paths_.boot_id, "second\n");
  EXPECT_EQ(Start().reason, BootReason::kReboot);
  // A program that restarts before it has used the news hears it again.
  EXPECT_EQ(Start().reason, BootReason::kReboot);
  Write(paths_.boot_id, "third\n");
  EXPECT_EQ(Start().reason, BootReason::kPowerOn);
}

TEST_F(HostBootTest, WithoutAMark_ThePowerCame) {
  Start();
  Write(paths_.boot_id, "second\n");
  EXPECT_EQ(Start().reason, BootReason::kPowerOn);
}

TEST_F(HostBootTest, MarkTakenBack_DoesNotCount) {
  Start([](HostBoot& host) {
    EXPECT_EQ(host.SetMark(), Status::kOk);
    EXPECT_EQ(host.ClearMark(), Status::kOk);
  });
  Write(paths_.boot_id, "second\n");
  EXPECT_EQ(Start().reason, BootReason::kPowerOn);
}

TEST_F(HostBootTest, StartInTheMarkedBoot_TakesTheMarkBack) {
  StartAndMark();
  EXPECT_EQ(Start().count, 1u);  // The reboot has not come.
  Write(paths_.boot_id, "second\n");
  EXPECT_EQ(Start().reason, BootReason::kPowerOn);
}

TEST_F(HostBootTest, CrashDump_IsAnException) {
  Start();
  Write(paths_.crash_dumps + "/console-ramoops-0", "x");
  Write(paths_.boot_id, "second\n");
  EXPECT_EQ(Start().reason, BootReason::kPowerOn);
  Write(paths_.crash_dumps + "/dmesg-ramoops-0", "x");
  Write(paths_.boot_id, "third\n");
  EXPECT_EQ(Start().reason, BootReason::kException);
}

TEST_F(HostBootTest, WatchdogsFlag_IsAWatchdogReset) {
  Start();
  const std::pair<const char*, BootReason> cases[] = {
      {"32\n", BootReason::kWatchdog}, {"0x20\n", BootReason::kWatchdog},
      {"33\n", BootReason::kWatchdog}, {"0\n", BootReason::kPowerOn},
      {"16\n", BootReason::kPowerOn},  {"what\n", BootReason::kPowerOn},
  };
  int number = 0;
  for (const auto& [text, reason] : cases) {
    Write(paths_.watchdog_status, text);
    Write(paths_.boot_id, "boot-" + std::to_string(++number) + "\n");
    EXPECT_EQ(Start().reason, reason) << text;
  }
}

TEST_F(HostBootTest, NoBootId_IsTold) {
  paths_.boot_id = folder_ + "/nowhere";
  Nvs nvs(flash_);
  ASSERT_EQ(nvs.Load(), Status::kOk);
  agent::Boot boot;
  EXPECT_EQ(HostBoot(nvs, paths_).Count(boot), Status::kNotFound);
}

TEST_F(HostBootTest, FlashThatFails_IsTold) {
  Nvs nvs(flash_);
  ASSERT_EQ(nvs.Load(), Status::kOk);
  flash_.CutPowerAfterBytes(0);
  agent::Boot boot;
  EXPECT_EQ(HostBoot(nvs, paths_).Count(boot), Status::kIo);
}

TEST_F(HostBootTest, PowerCutWhileTheMarkIsWritten_LeavesTheBootCountAsItWas) {
  Start();
  for (std::size_t cut = 0; cut < 64; ++cut) {
    {
      Nvs nvs(flash_);
      ASSERT_EQ(nvs.Load(), Status::kOk);
      HostBoot host(nvs, paths_);
      flash_.CutPowerAfterBytes(cut);
      static_cast<void>(host.SetMark());
      flash_.RestorePower();
    }
    EXPECT_EQ(Start().count, 1u);
  }
}

}  // namespace
}  // namespace fieldwork::board
