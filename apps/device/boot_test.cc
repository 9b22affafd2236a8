// The boot reason counts once, and the boot count grows with each boot.
#include "apps/device/boot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "apps/device/testing/captured_output.h"
#include "sim/ram_flash.h"

namespace fieldwork::board {
namespace {

using agent::BootReason;

TEST(BootReasonVariable, IsTakenOnce) {
  setenv(kBootReasonVariable, "4", 1);
  EXPECT_EQ(TakeBootReason(), BootReason::kReboot);
  EXPECT_EQ(TakeBootReason(), BootReason::kPowerOn);
}

TEST(BootReasonVariable, AnythingElse_IsPowerOn) {
  for (const char* text : {"", "6", "44", "x", "-1", " 4"}) {
    setenv(kBootReasonVariable, text, 1);
    EXPECT_EQ(TakeBootReason(), BootReason::kPowerOn) << text;
    EXPECT_EQ(std::getenv(kBootReasonVariable), nullptr);
  }
}

TEST(CountBoot, EachBoot_HasTheNextNumber) {
  sim::RamFlash flash(2, 256);
  for (std::uint32_t expected = 1; expected <= 3; ++expected) {
    Nvs nvs(flash);
    ASSERT_EQ(nvs.Load(), Status::kOk);
    agent::Boot boot;
    ASSERT_EQ(CountBoot(nvs, BootReason::kWatchdog, boot), Status::kOk);
    EXPECT_EQ(boot.count, expected);
    EXPECT_EQ(boot.reason, BootReason::kWatchdog);
  }
}

TEST(CountBoot, FlashThatFails_IsTold) {
  sim::RamFlash flash(2, 256);
  Nvs nvs(flash);
  ASSERT_EQ(nvs.Load(), Status::kOk);
  flash.CutPowerAfterBytes(0);
  agent::Boot boot;
  EXPECT_EQ(CountBoot(nvs, BootReason::kPowerOn, boot), Status::kIo);
}

TEST(LogBoot, BootLines_AreTheBoards) {
  CapturedOutput captured;
  Output output(captured.fd());
  Log log(
      output, LogLevel::kInfo, [] { return Instant{12}; }, Instant{0});
  LogBoot(log, {7, BootReason::kReboot}, 2u << 20);
  const std::string text = captured.Take();
  EXPECT_THAT(text, testing::StartsWith("[I] (12) main: ver: "));
  EXPECT_THAT(text, testing::HasSubstr("\r\n[I] (12) main: boot reason 4\r\n"));
  EXPECT_THAT(text, testing::HasSubstr("\r\n[I] (12) main: heap size "));
  EXPECT_THAT(text, testing::EndsWith("\r\n[I] (12) main: flash size 0x200000(2MB)\r\n"));
}

TEST(PrintBanner, Rules_AreAsWideAsTheBoards) {
  CapturedOutput captured;
  Output output(captured.fd());
  PrintBanner(output, "W800: ");
  const std::string text = captured.Take();
  const std::string rule = "\r\n " + std::string(51, '=') + "\r\n";
  EXPECT_THAT(text, testing::StartsWith("W800: " + rule));
  EXPECT_THAT(text, testing::EndsWith(rule));
}

TEST(VersionText, HasTheThreeParts) {
  EXPECT_THAT(VersionText(),
              testing::MatchesRegex("sdk version .+, optimize .+, build at .+ ..:..:.."));
}

}  // namespace
}  // namespace fieldwork::board
