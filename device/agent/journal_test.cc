// What the journal is told comes back; its bytes are those of the format; it wears flash evenly.
#include "device/agent/journal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "device/agent/journal_test.h"
#include "sim/ram_flash.h"

namespace fieldwork::agent {
namespace {

// ---- What stands on flash ------------------------------------------------------------------

TEST(Journal, BlankFlash_HoldsNothing) {
  RamFlash flash;
  Journal journal(flash);
  EXPECT_EQ(journal.Open(), Status::kNotFound);
  EXPECT_FALSE(journal.was_damaged());
  EXPECT_EQ(Differs(journal, {}), "");
  EXPECT_EQ(journal.ReadDetails({}).status(), Status::kNotFound);
  EXPECT_EQ(flash.writes(), 0u);
}

// The worked example of docs/formats/journal.md, byte for byte.
TEST(Journal, WorkedExample_StandsOnFlashAsTheFormatSays) {
  RamFlash flash;
  Journal journal(flash);
  ASSERT_EQ(journal.Open(), Status::kNotFound);
  Running running;
  running.key = Key(1, "rb");
  running.key.queued_at = 100;
  running.phase = Phase::kRebooting;
  running.step_count = 2;
  running.attempts = 1;
  running.boot_count = 7;
  running.document_bytes = 250;
  running.document_crc = 0x01020304;
  ASSERT_EQ(journal.Put(running), Status::kOk);
  Ended ended;
  ended.key = running.key;
  ended.status = ExecutionStatus::kFailed;
  ended.ended_at = 200;
  ASSERT_EQ(ended.reason.Assign("no"), Status::kOk);
  ASSERT_EQ(journal.End(ended, "{}"), Status::kOk);
  // clang-format off
  const std::vector<std::uint8_t> expected = {
      'F', 'W', 'J', '2', 2, 0, 0, 0, 1, 0, 0, 0, 0xFD, 0x03, 0xC8, 0x86, 0xFF, 0xFF, 0xFF, 0xFF,
      // Running
      14, 0, 1, 0xAA, 0, 2, 0, 0, 3, 0, 2, 1, 250, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
      100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 3, 2, 1, 7, 0, 0, 0,
      'r', 'b', 0, 0, 0x84, 0xCF, 0xD7, 0x05,
      // Ended, and its details
      15, 0, 2, 0xA8, 0, 2, 2, 0, 4, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
      100, 0, 0, 0, 0, 0, 0, 0, 200, 0, 0, 0, 0, 0, 0, 0, 0x43, 0xBF, 0xA6, 0xA3, 0, 0, 0, 0,
      'r', 'b', 'n', 'o', 0x31, 0x77, 0xE0, 0x21, '{', '}', 0, 0,
      0xFF, 0xFF, 0xFF, 0xFF};
  // clang-format on
  const std::vector<std::uint8_t> stands(flash.bytes().begin(),
                                         flash.bytes().begin() + std::ssize(expected));
  EXPECT_EQ(stands, expected);
}

TEST(Journal, Everything_ComesBackAfterReopening) {
  RamFlash flash;
  Journal journal(flash);
  ASSERT_EQ(journal.Open(), Status::kNotFound);
  const std::string longest(64, 'j');
  Model model;
  model.running = MakeRunning(Key(5, longest));
  ASSERT_EQ(journal.Put(model.running), Status::kOk);
  ASSERT_EQ(journal.Open(), Status::kOk);
  EXPECT_EQ(Differs(journal, model), "");

  model.running.phase = Phase::kNone;
  model.over = {MakeEnded(Key(5, longest))};
  model.details = R"({"step":"reboot"})";
  ASSERT_EQ(journal.End(model.over[0], model.details), Status::kOk);
  ASSERT_EQ(journal.Open(), Status::kOk);
  EXPECT_EQ(Differs(journal, model), "");

  ASSERT_EQ(journal.Settle(Delivery::kRefused, ErrorCode::kInvalidRequest), Status::kOk);
  model.over[0].delivery = Delivery::kRefused;
  model.over[0].refusal = ErrorCode::kInvalidRequest;
  ASSERT_EQ(journal.Open(), Status::kOk);
  EXPECT_EQ(Differs(journal, model), "");
}

TEST(Journal, Find_NeedsIdNumberAndQueueTime) {
  RamFlash flash;
  Journal journal(flash);
  ASSERT_EQ(journal.Open(), Status::kNotFound);
  ASSERT_EQ(journal.End(MakeEnded(Key(1), Delivery::kGone), ""), Status::kOk);
  Ended found;
  EXPECT_EQ(journal.Find(Key(1), found), Status::kOk);
  ExecutionKey other = Key(1);
  ++other.queued_at;
  EXPECT_EQ(journal.Find(other, found), Status::kNotFound) << "deleted and created again";
  other = Key(1);
  ++other.number;
  EXPECT_EQ(journal.Find(other, found), Status::kNotFound) << "a retry";
  EXPECT_EQ(journal.Find(Key(1, "jo"), found), Status::kNotFound);
}

TEST(Journal, Details_AreRefusedAboveThreeEighthsOfASector) {
  RamFlash flash;
  Journal journal(flash);
  ASSERT_EQ(journal.Open(), Status::kNotFound);
  ASSERT_EQ(journal.details_max(), 384u);
  EXPECT_EQ(journal.End(MakeEnded(Key(1)), std::string(385, 'x')), Status::kTooLarge);
  EXPECT_EQ(flash.writes(), 0u);
  ASSERT_EQ(journal.End(MakeEnded(Key(1)), std::string(383, 'x')), Status::kOk);
  std::vector<char> small(382);
  EXPECT_EQ(journal.ReadDetails(small).status(), Status::kNoSpace);
}

TEST(Journal, DetailsThatAreDamaged_AreNotHandedOut) {
  RamFlash flash;
  Journal journal(flash);
  ASSERT_EQ(journal.Open(), Status::kNotFound);
  ASSERT_EQ(journal.End(MakeEnded(Key(1)), R"({"step":"abc"})"), Status::kOk);
  const auto at = std::search(flash.bytes().begin(), flash.bytes().end(), "abc", &"abc"[3]);
  ASSERT_NE(at, flash.bytes().end());
  *at ^= 1;
  ASSERT_EQ(journal.Open(), Status::kOk);
  ASSERT_NE(journal.pending(), nullptr) << "the status counts, without its details";
  std::vector<char> memory(100);
  EXPECT_EQ(journal.ReadDetails(memory).status(), Status::kIo);
}

// ---- Bounds and wear -----------------------------------------------------------------------

TEST(Journal, TooSmallFlash_IsRefused) {
  for (auto flash : {RamFlash(1, 1024), RamFlash(4, 1020), RamFlash(2, 1026), RamFlash(0, 1024)}) {
    Journal journal(flash);
    EXPECT_EQ(journal.Open(), Status::kBadArgument);
    EXPECT_EQ(journal.Put(MakeRunning(Key(1))), Status::kIo);
    Ended found;
    EXPECT_EQ(journal.Find(Key(1), found), Status::kIo);
    EXPECT_EQ(journal.At(0, found), Status::kIo);
  }
}

TEST(Journal, Sectors_WearAlike) {
  RamFlash flash(5, 1024);
  Journal journal(flash);
  ASSERT_EQ(journal.Open(), Status::kNotFound);
  for (int round = 0; round < 30; ++round) {
    Fill(journal, 7);
    const auto [least, most] =
        std::minmax_element(flash.erase_counts().begin(), flash.erase_counts().end());
    EXPECT_LE(*most - *least, 1u);
    if (round % 5 == 0) {
      const std::uint32_t erases = journal.erases();
      EXPECT_GT(erases, 0u);
      ASSERT_EQ(journal.Open(), Status::kOk);
      EXPECT_EQ(journal.erases(), 0u);
    }
  }
}

TEST(Journal, History_KeepsTheNewest) {
  for (const std::uint32_t sector_bytes : {1024u, 4096u, 16384u}) {
    RamFlash flash(2, sector_bytes);
    Journal journal(flash);
    ASSERT_EQ(journal.Open(), Status::kNotFound);
    Ended ended;
    std::uint32_t erases = 0;
    for (int i = 1; i <= 300; ++i) {
      const ExecutionKey key = Key(i, "job-" + std::to_string(i));
      ASSERT_EQ(journal.End(MakeEnded(key, Delivery::kAccepted), ""), Status::kOk);
      // The one that was copied for is more.
      if (std::exchange(erases, journal.erases()) != journal.erases()) {
        EXPECT_EQ(journal.At(Journal::kHistoryMax + 1, ended), Status::kNotFound);
      }
    }
    ASSERT_EQ(journal.Open(), Status::kOk);
    std::size_t count = 0;
    for (; journal.At(count, ended) == Status::kOk; ++count) {
      EXPECT_EQ(ended.key,
                Key(300 - static_cast<std::int64_t>(count), "job-" + std::to_string(300 - count)));
      EXPECT_EQ(ended.delivery, Delivery::kAccepted);
    }
    // A record of history has 68 bytes here.
    const std::size_t copied = std::min<std::size_t>(32, (sector_bytes / 8 * 3 - 148) / 68);
    EXPECT_GE(count, copied);
    EXPECT_LE(count, sector_bytes / 68);
  }
}

TEST(Journal, SectorThatIsWornOut_IsPassedOver) {
  RamFlash flash(3, 1024);
  Journal journal(flash);
  ASSERT_EQ(journal.Open(), Status::kNotFound);
  Fill(journal, 1);
  flash.WearOut(1);
  Fill(journal, 40);
  ASSERT_EQ(journal.Open(), Status::kOk);
  Ended ended;
  ASSERT_EQ(journal.At(0, ended), Status::kOk);
  EXPECT_EQ(ended.key, Key(40, "job-40"));
}

}  // namespace
}  // namespace fieldwork::agent
