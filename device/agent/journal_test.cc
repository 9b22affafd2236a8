#include "device/agent/journal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sim/ram_flash.h"

namespace fieldwork::agent {
namespace {

using sim::RamFlash;

JournalRecord Record(const char* job_id, Phase phase) {
  JournalRecord record;
  record.phase = phase;
  record.status = jobs::ExecutionStatus::kSucceeded;
  record.outcome = Outcome::kRebooted;
  record.attempts = 2;
  record.boot_reason = 4;
  record.boot_count = 0xA1B2C3D4;
  record.execution_number = 0x1122334455667788;
  record.queued_at = 1'700'000'000;
  EXPECT_EQ(record.job_id.Assign(job_id), Status::kOk);
  return record;
}

void ExpectEqual(const JournalRecord& a, const JournalRecord& b) {
  EXPECT_EQ(a.phase, b.phase);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.outcome, b.outcome);
  EXPECT_EQ(a.attempts, b.attempts);
  EXPECT_EQ(a.boot_reason, b.boot_reason);
  EXPECT_EQ(a.boot_count, b.boot_count);
  EXPECT_EQ(a.execution_number, b.execution_number);
  EXPECT_EQ(a.queued_at, b.queued_at);
  EXPECT_EQ(a.job_id.view(), b.job_id.view());
}

TEST(Journal, BlankFlash_HoldsNothing) {
  RamFlash flash;
  JournalRecord record = Record("x", Phase::kDone);
  EXPECT_EQ(Journal(flash).Load(record), Status::kNotFound);
  ExpectEqual(record, JournalRecord{});
}

TEST(Journal, StoredRecord_ComesBackWhole) {
  RamFlash flash;
  const JournalRecord stored = Record("job-with-a-long-name_0123456789", Phase::kRebooting);
  Journal writer(flash);
  JournalRecord ignored;
  ASSERT_EQ(writer.Load(ignored), Status::kNotFound);
  ASSERT_EQ(writer.Store(stored), Status::kOk);
  JournalRecord loaded;
  ASSERT_EQ(Journal(flash).Load(loaded), Status::kOk);
  ExpectEqual(loaded, stored);
}

// The worked example of docs/formats/journal.md, byte for byte.
TEST(Journal, WorkedExample_StandsOnFlashAsTheFormatSays) {
  RamFlash flash;
  Journal journal(flash);
  JournalRecord record;
  static_cast<void>(journal.Load(record));
  record.phase = Phase::kRebooting;
  record.attempts = 1;
  record.boot_count = 7;
  record.execution_number = 1;
  record.queued_at = 100;
  ASSERT_EQ(record.job_id.Assign("rb"), Status::kOk);
  ASSERT_EQ(journal.Store(record), Status::kOk);
  const std::vector<std::uint8_t> expected = {
      0x46, 0x57, 0x4C, 0x4A, 1, 0, 0, 0, 2,   0,  0, 1, 0, 2, 1, 0,  // FWLJ, 1; rebooting
      7,    0,    0,    0,    0, 0, 0, 0, 1,   0,  0, 0, 0, 0, 0, 0,  // boot 7; execution 1
      100,  0,    0,    0,    0, 0, 0, 0, 'r', 'b'};
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), flash.bytes().begin()));
  EXPECT_TRUE(std::all_of(flash.bytes().begin() + 42, flash.bytes().begin() + 104,
                          [](std::uint8_t byte) { return byte == 0; }));
  EXPECT_EQ(flash.bytes()[108], 0xFF) << "nothing behind the CRC";
}

TEST(Journal, ManyStores_TheLastOneCounts) {
  RamFlash flash;
  Journal journal(flash);
  JournalRecord loaded;
  static_cast<void>(journal.Load(loaded));
  for (int i = 0; i < 20; ++i) {
    const std::string id = "job-" + std::to_string(i);
    ASSERT_EQ(journal.Store(Record(id.c_str(), Phase::kTaken)), Status::kOk);
    ASSERT_EQ(Journal(flash).Load(loaded), Status::kOk);
    EXPECT_EQ(loaded.job_id.view(), id);
  }
}

TEST(Journal, PowerCutAtEveryWrite_LeavesTheOldOrTheNewRecord) {
  for (std::size_t cut = 0; cut < 3; ++cut) {
    RamFlash flash;
    Journal journal(flash);
    JournalRecord loaded;
    static_cast<void>(journal.Load(loaded));
    ASSERT_EQ(journal.Store(Record("first", Phase::kTaken)), Status::kOk);
    ASSERT_EQ(journal.Store(Record("old", Phase::kTaken)), Status::kOk);
    flash.CutPowerAfter(cut);
    const Status stored = journal.Store(Record("new", Phase::kRebooting));
    EXPECT_EQ(stored, cut < 2 ? Status::kIo : Status::kOk) << "cut " << cut;
    flash.RestorePower();
    ASSERT_EQ(Journal(flash).Load(loaded), Status::kOk) << "cut " << cut;
    EXPECT_EQ(loaded.job_id.view(), cut < 2 ? "old" : "new") << "cut " << cut;
  }
}

TEST(Journal, EveryFlippedBit_IsNoticed) {
  RamFlash good;
  Journal journal(good);
  JournalRecord loaded;
  static_cast<void>(journal.Load(loaded));
  ASSERT_EQ(journal.Store(Record("job", Phase::kTaken)), Status::kOk);
  for (std::size_t bit = 0; bit < 108 * 8; ++bit) {
    RamFlash flash = good;
    flash.bytes()[bit / 8] = static_cast<std::uint8_t>(flash.bytes()[bit / 8] ^ (1u << (bit % 8)));
    EXPECT_EQ(Journal(flash).Load(loaded), Status::kMalformed) << "bit " << bit;
    ExpectEqual(loaded, JournalRecord{});
  }
}

TEST(Journal, ForeignImage_IsReportedAndOverwritten) {
  RamFlash flash;
  std::fill(flash.bytes().begin(), flash.bytes().end(), 0x5A);
  Journal journal(flash);
  JournalRecord loaded;
  EXPECT_EQ(journal.Load(loaded), Status::kMalformed);
  ASSERT_EQ(journal.Store(Record("job", Phase::kTaken)), Status::kOk);
  ASSERT_EQ(Journal(flash).Load(loaded), Status::kOk);
  EXPECT_EQ(loaded.job_id.view(), "job");
}

TEST(Journal, SameExecution_NeedsIdNumberAndQueueTime) {
  const JournalRecord record = Record("job", Phase::kDone);
  jobs::Execution execution;
  execution.job_id = "job";
  execution.execution_number = record.execution_number;
  execution.queued_at = record.queued_at;
  EXPECT_TRUE(record.IsSameExecution(execution));
  execution.queued_at += 1;
  EXPECT_FALSE(record.IsSameExecution(execution)) << "the job was deleted and created again";
}

}  // namespace
}  // namespace fieldwork::agent
