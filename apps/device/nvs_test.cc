// Settings survive boots, and power cuts at every byte of every commit.
#include "apps/device/nvs.h"

#include <gtest/gtest.h>

#include "sim/ram_flash.h"

namespace fieldwork::board {
namespace {

TEST(Nvs, EmptyFlash_HasNoSettings) {
  sim::RamFlash flash(2, 256);
  Nvs nvs(flash);
  EXPECT_EQ(nvs.Load(), Status::kOk);
  EXPECT_FALSE(nvs.Get("boot_count").has_value());
  EXPECT_EQ(nvs.sequence(), 0u);
}

TEST(Nvs, Committed_IsThereAfterABoot) {
  sim::RamFlash flash(2, 256);
  {
    Nvs nvs(flash);
    ASSERT_EQ(nvs.Load(), Status::kOk);
    ASSERT_EQ(nvs.SetNumber("boot_count", 41), Status::kOk);
    ASSERT_EQ(nvs.Set("wifi_ssid", "61test"), Status::kOk);
    ASSERT_EQ(nvs.SetNumber("boot_count", 42), Status::kOk);
    ASSERT_EQ(nvs.Commit(), Status::kOk);
    ASSERT_EQ(nvs.Set("wifi_ssid", "never committed"), Status::kOk);
  }
  Nvs nvs(flash);
  ASSERT_EQ(nvs.Load(), Status::kOk);
  EXPECT_EQ(nvs.GetNumber("boot_count"), 42u);
  EXPECT_EQ(nvs.Get("wifi_ssid"), "61test");
  EXPECT_EQ(nvs.sequence(), 1u);
}

TEST(Nvs, FullSector_IsFollowedByTheOther) {
  sim::RamFlash flash(2, 256);
  Nvs nvs(flash);
  ASSERT_EQ(nvs.Load(), Status::kOk);
  std::uint32_t switches = 0;
  for (std::uint32_t i = 1; i <= 100; ++i) {
    const std::uint32_t before = nvs.active_sector();
    ASSERT_EQ(nvs.SetNumber("n", i), Status::kOk);
    ASSERT_EQ(nvs.Commit(), Status::kOk);
    switches += nvs.active_sector() != before ? 1 : 0;
    Nvs again(flash);
    ASSERT_EQ(again.Load(), Status::kOk);
    EXPECT_EQ(again.GetNumber("n"), i);
    EXPECT_EQ(again.sequence(), i);
  }
  // Records of 32 bytes, sectors of 256: eight commits for one erase.
  EXPECT_EQ(switches, 100u / 8 + 1);
}

// Goes on with commits of n = 1, 2, ... until `count`.
void CommitNumbers(sim::RamFlash& flash, std::uint32_t count) {
  Nvs nvs(flash);
  ASSERT_EQ(nvs.Load(), Status::kOk);
  for (std::uint32_t i = nvs.sequence() + 1; i <= count; ++i) {
    ASSERT_EQ(nvs.SetNumber("n", i), Status::kOk);
    ASSERT_EQ(nvs.Commit(), Status::kOk);
  }
}

// 30 commits cross both sectors; each is cut after each byte that it erases or programs, so that
// every half written state has something old to be mistaken for.
TEST(Nvs, PowerCutAtEveryByteOfEveryCommit_LeavesTheOldOrTheNewSettings) {
  for (std::uint32_t last = 1; last <= 30; ++last) {
    sim::RamFlash whole(2, 256);
    CommitNumbers(whole, last - 1);
    const std::size_t before = whole.bytes_written();
    CommitNumbers(whole, last);
    const std::size_t total = whole.bytes_written() - before;
    for (std::size_t cut = 0; cut < total; ++cut) {
      sim::RamFlash flash(2, 256);
      CommitNumbers(flash, last - 1);
      {
        Nvs nvs(flash);
        ASSERT_EQ(nvs.Load(), Status::kOk);
        ASSERT_EQ(nvs.SetNumber("n", last), Status::kOk);
        flash.CutPowerAfterBytes(cut);
        EXPECT_EQ(nvs.Commit(), Status::kIo);
      }
      flash.RestorePower();
      Nvs nvs(flash);
      ASSERT_EQ(nvs.Load(), Status::kOk);
      ASSERT_EQ(nvs.GetNumber("n").value_or(0), last - 1) << "cut at " << cut;
      ASSERT_EQ(nvs.SetNumber("n", 1000), Status::kOk);
      ASSERT_EQ(nvs.Commit(), Status::kOk) << "not usable after a cut at " << cut;
      ASSERT_EQ(nvs.Load(), Status::kOk);
      ASSERT_EQ(nvs.GetNumber("n"), 1000u);
    }
  }
}

TEST(Nvs, FailedCommit_CanBeTriedAgain) {
  sim::RamFlash flash(2, 256);
  CommitNumbers(flash, 3);
  Nvs nvs(flash);
  ASSERT_EQ(nvs.Load(), Status::kOk);
  ASSERT_EQ(nvs.SetNumber("n", 4), Status::kOk);
  flash.CutPowerAfterBytes(5);
  EXPECT_EQ(nvs.Commit(), Status::kIo);
  flash.RestorePower();
  EXPECT_EQ(nvs.Commit(), Status::kOk);
  Nvs again(flash);
  ASSERT_EQ(again.Load(), Status::kOk);
  EXPECT_EQ(again.GetNumber("n"), 4u);
}

TEST(Nvs, BitThatFlipped_InvalidatesTheRecord) {
  sim::RamFlash flash(2, 256);
  CommitNumbers(flash, 2);
  for (std::size_t at = 32; at < 32 + 16 + 4; ++at) {
    flash.bytes()[at] ^= 0x10;
    Nvs again(flash);
    ASSERT_EQ(again.Load(), Status::kOk);
    EXPECT_EQ(again.GetNumber("n"), 1u) << at;
    flash.bytes()[at] ^= 0x10;
  }
}

TEST(Nvs, WhatDoesNotFit_IsRefusedAndChangesNothing) {
  sim::RamFlash flash(2, 256);
  Nvs nvs(flash);
  ASSERT_EQ(nvs.Load(), Status::kOk);
  ASSERT_EQ(nvs.Set("key", "value"), Status::kOk);
  EXPECT_EQ(nvs.Set("", "value"), Status::kBadArgument);
  EXPECT_EQ(nvs.Set(std::string(256, 'k'), "value"), Status::kBadArgument);
  EXPECT_EQ(nvs.Set("key", std::string(256, 'v')), Status::kTooLarge);
  EXPECT_EQ(nvs.Set("key", std::string(250, 'v')), Status::kTooLarge);
  EXPECT_EQ(nvs.Get("key"), "value");
}

TEST(Nvs, TextThatIsNoNumber_IsNone) {
  sim::RamFlash flash(2, 256);
  Nvs nvs(flash);
  ASSERT_EQ(nvs.Set("n", "12x"), Status::kOk);
  EXPECT_FALSE(nvs.GetNumber("n").has_value());
}

TEST(Nvs, TooSmallRegion_IsRefused) {
  sim::RamFlash flash(1, 256);
  EXPECT_EQ(Nvs(flash).Load(), Status::kBadArgument);
}

}  // namespace
}  // namespace fieldwork::board
