// A cut of any write, a failure of any call, and damage of any byte: what the journal has said is
// so stays so, or the damage is told.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "device/agent/journal.h"
#include "device/agent/journal_test.h"
#include "device/base/crc32.h"
#include "device/base/random.h"
#include "sim/ram_flash.h"

namespace fieldwork::agent {
namespace {

// ---- Power cuts and failures ---------------------------------------------------------------

struct Geometry {
  std::uint32_t sectors;
  std::uint32_t sector_bytes;
};

// `call` does what it should, also as seen after reopening.
void GoOn(Journal& journal, const Call& call) {
  ASSERT_EQ(call.Make(journal), Status::kOk);
  ASSERT_EQ(Differs(journal, call.after), "");
  ASSERT_EQ(journal.Open(), Status::kOk);
  ASSERT_EQ(Differs(journal, call.after), "");
}

// Random calls; before each, a copy of the flash is made and the call is cut there at each of its
// writes. Reopened, the copy holds what was before or what the call meant, and works on.
void CutEveryWrite(std::uint32_t seed, Geometry geometry, int calls) {
  Random random(seed);
  RamFlash flash(geometry.sectors, geometry.sector_bytes);
  Model model;
  for (int i = 0; i < calls; ++i) {
    Journal journal(flash);
    const Status opened = journal.Open();
    ASSERT_EQ(opened, i == 0 ? Status::kNotFound : Status::kOk);
    const Call call = RandomCall(random, model, i, journal.details_max());
    for (std::size_t cut = 0;; ++cut) {
      RamFlash copy = flash;
      Journal interrupted(copy);
      ASSERT_EQ(interrupted.Open(), opened);
      const double fraction = (random.Next() % 65) / 64.0;
      const std::uint32_t bits = random.Next() % 2 == 0 ? 0 : random.Next() | random.Next();
      copy.CutPowerAfter(cut, {fraction, bits});
      const Status status = call.Make(interrupted);
      if (copy.has_power()) {
        ASSERT_EQ(status, Status::kOk);
        ASSERT_EQ(Differs(interrupted, call.after), "");
        break;
      }
      SCOPED_TRACE("seed " + std::to_string(seed) + ", call " + std::to_string(i) + ", cut " +
                   std::to_string(cut));
      const std::string before = Differs(interrupted, model);
      // The mark of the sector that is left is written last, and may fail.
      ASSERT_TRUE(status == Status::kOk || before.empty()) << before << " changed in memory";
      copy.RestorePower();
      // The supply dipped, for flash only: another call is made without reopening.
      if (status == Status::kIo) {
        RamFlash dipped = copy;
        GoOn(interrupted, RandomCall(random, model, i, interrupted.details_max()));
        copy = dipped;
      }
      Journal again(copy);
      const Status reopened = again.Open();
      ASSERT_TRUE(reopened == Status::kOk || reopened == opened) << StatusName(reopened);
      const bool happened = Differs(again, call.after).empty();
      ASSERT_TRUE(happened || Differs(again, model).empty());
      ASSERT_TRUE(happened || status == Status::kIo);
      // And on: the call is made again, or the next one.
      Call next = happened ? RandomCall(random, call.after, i + 1, again.details_max()) : call;
      GoOn(again, next);
      if (testing::Test::HasFatalFailure()) return;
    }
    ASSERT_EQ(call.Make(journal), Status::kOk);
    model = call.after;
    if (model.over.size() > 40) model.over.resize(40);
  }
}

TEST(JournalCuts, PowerCutAtEveryWrite_LeavesTheOldOrTheNew) {
  for (std::uint32_t seed = 1; seed <= 24 && !testing::Test::HasFatalFailure(); ++seed) {
    CutEveryWrite(seed, {2 + seed % 3, 1024}, 40);
  }
}

// A sector may be left between a failed call and its repetition, but nothing is forgotten.
TEST(JournalCuts, FlashThatFailsAtAnyCall_LeavesEverythingAsItWas) {
  Random random(7);
  RamFlash flash(3, 1024);
  Model model;
  for (int i = 0; i < 60; ++i) {
    Journal journal(flash);
    const Status opened = journal.Open();
    const Call call = RandomCall(random, model, i, journal.details_max());
    for (std::size_t failing = 0;; ++failing) {
      SCOPED_TRACE("call " + std::to_string(i) + ", failing " + std::to_string(failing));
      RamFlash copy = flash;
      Journal trying(copy);
      ASSERT_EQ(trying.Open(), opened);
      copy.FailCallAfter(failing);
      const Status status = call.Make(trying);
      if (!copy.has_failed()) break;
      if (status == Status::kIo) {
        ASSERT_EQ(Differs(trying, model), "");
        ASSERT_EQ(call.Make(trying), Status::kOk) << "a second time";
      }
      ASSERT_EQ(Differs(trying, call.after), "");
      ASSERT_EQ(trying.Open(), Status::kOk);
      ASSERT_EQ(Differs(trying, call.after), "");
    }
    ASSERT_EQ(call.Make(journal), Status::kOk);
    model = call.after;
  }
}

TEST(JournalCuts, WriteThatIsNotKept_IsNoticed) {
  RamFlash flash(2, 1024);
  Journal journal(flash);
  ASSERT_EQ(journal.Open(), Status::kNotFound);
  ASSERT_EQ(journal.Put(MakeRunning(Key(1))), Status::kOk);
  flash.LoseNextProgram();
  EXPECT_EQ(journal.Put(MakeRunning(Key(2))), Status::kIo);
  EXPECT_TRUE(Same(journal.running(), MakeRunning(Key(1))));
  ASSERT_EQ(journal.Put(MakeRunning(Key(2))), Status::kOk);
  ASSERT_EQ(journal.Open(), Status::kOk);
  EXPECT_TRUE(Same(journal.running(), MakeRunning(Key(2))));
}

TEST(JournalCuts, ReadThatFails_IsTold) {
  RamFlash flash(2, 1024);
  Journal journal(flash);
  ASSERT_EQ(journal.Open(), Status::kNotFound);
  Fill(journal, 2);
  ASSERT_EQ(journal.End(MakeEnded(Key(3)), "{}"), Status::kOk);
  Ended found;
  std::vector<char> memory(100);
  for (std::size_t failing = 0; failing < 4; ++failing) {
    flash.FailCallAfter(failing);
    EXPECT_EQ(journal.Find(Key(1), found), Status::kIo);
    flash.FailCallAfter(failing);
    EXPECT_EQ(journal.At(1, found), Status::kIo);
    flash.FailCallAfter(failing % 2);
    EXPECT_EQ(journal.ReadDetails(memory).status(), Status::kIo);
  }
  for (std::size_t failing = 0;; ++failing) {
    flash.FailCallAfter(failing);
    const Status status = journal.Open();
    if (!flash.has_failed()) break;
    EXPECT_EQ(status, Status::kIo);
    EXPECT_EQ(journal.Find(Key(1), found), Status::kIo) << "until it is opened";
    EXPECT_EQ(journal.running().phase, Phase::kNone);
    EXPECT_EQ(journal.pending(), nullptr);
    EXPECT_EQ(journal.Put(MakeRunning(Key(4))), Status::kIo);
  }
}

// ---- Damage --------------------------------------------------------------------------------

// A sector that is filled, one record a call: `models[i]` stands when i records do, and
// `ends[i]` is where they end.
struct Filled {
  RamFlash flash{2, 1024};
  std::vector<Model> models{Model()};
  std::vector<std::size_t> ends{20};
};

Filled FillOneSector(std::uint32_t seed) {
  Random random(seed);
  Filled filled;
  Journal journal(filled.flash);
  EXPECT_EQ(journal.Open(), Status::kNotFound);
  for (int i = 0;; ++i) {
    const Call call = RandomCall(random, filled.models.back(), i, 40);
    const RamFlash before = filled.flash;
    EXPECT_EQ(call.Make(journal), Status::kOk);
    if (journal.erases() > 1) {
      filled.flash = before;
      return filled;
    }
    filled.models.push_back(call.after);
    const auto& bytes = filled.flash.bytes();
    std::size_t end = 1024;
    while (bytes[end - 1] == 0xFF) --end;
    filled.ends.push_back((end + 3) & ~std::size_t{3});
  }
}

// What was valid before the damage is right, the damage is told, unless it may have been a torn
// last write, and work goes on.
TEST(JournalDamage, BitThatFlipsAnywhere_LeavesWhatIsBefore) {
  for (std::uint32_t seed = 1; seed <= 3; ++seed) {
    const Filled filled = FillOneSector(seed);
    const std::size_t count = filled.models.size() - 1;
    for (std::size_t at = 0; at < 1024; ++at) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", byte " + std::to_string(at));
      RamFlash flash = filled.flash;
      flash.bytes()[at] ^= static_cast<std::uint8_t>(1u << (at * 5 % 8));
      Journal journal(flash);
      const Status opened = journal.Open();
      ASSERT_EQ(journal.was_damaged(), opened == Status::kMalformed);
      const auto behind = std::upper_bound(filled.ends.begin(), filled.ends.end(), at);
      const auto before = static_cast<std::size_t>(std::max<std::ptrdiff_t>(
          0, std::min(behind, filled.ends.end() - 1) - filled.ends.begin() - 1));
      std::size_t stands = count;
      // Details have a checksum of their own, which does not decide about their record.
      for (std::string why; !(why = Differs(journal, filled.models[stands])).empty(); --stands) {
        if (why == "details") break;
        ASSERT_GT(stands, 0u);
      }
      ASSERT_GE(stands, at < 16 ? 0 : before);
      ASSERT_TRUE(opened == Status::kMalformed || stands + 1 >= count);
      if (journal.pending() != nullptr) {
        ASSERT_EQ(journal.Settle(Delivery::kAccepted, ErrorCode::kUnknown), Status::kOk);
      }
      ASSERT_EQ(journal.Put(MakeRunning(Key(999))), Status::kOk);
      ASSERT_FALSE(journal.was_damaged());
      ASSERT_EQ(journal.Open(), Status::kOk);
      ASSERT_TRUE(Same(journal.running(), MakeRunning(Key(999))));
    }
  }
}

// Until the next execution is taken: a sector copied meanwhile, or a boot, does not hide it.
TEST(JournalDamage, IsRemembered_UntilTheNextExecutionIsTaken) {
  RamFlash flash;
  Journal journal(flash);
  ASSERT_EQ(journal.Open(), Status::kNotFound);
  ASSERT_EQ(journal.Put(MakeRunning(Key(1), Phase::kBetween, 0)), Status::kOk);
  ASSERT_EQ(journal.Put(MakeRunning(Key(1), Phase::kStep, 0)), Status::kOk);
  ASSERT_EQ(journal.Put(MakeRunning(Key(1), Phase::kBetween, 1)), Status::kOk);
  flash.bytes()[20 + 60 + 30] ^= 4;
  ASSERT_EQ(journal.Open(), Status::kMalformed);
  EXPECT_EQ(journal.running().phase, Phase::kBetween);
  EXPECT_EQ(journal.running().step, 0);
  EXPECT_TRUE(journal.was_damaged());

  const RamFlash damaged = flash;
  for (std::size_t cut = 0;; ++cut) {
    flash = damaged;
    ASSERT_NE(journal.Open(), Status::kIo);
    flash.CutPowerAfter(cut);
    if (journal.Put(MakeRunning(Key(1), Phase::kStep, 5)) == Status::kOk) break;
    flash.RestorePower();
    ASSERT_NE(journal.Open(), Status::kIo);
    EXPECT_TRUE(journal.was_damaged()) << "after a cut at write " << cut;
  }
  flash.RestorePower();
  EXPECT_TRUE(journal.was_damaged()) << "the same execution";
  ASSERT_EQ(journal.Open(), Status::kOk);
  EXPECT_TRUE(journal.was_damaged()) << "after a boot";
  const RamFlash marked = flash;
  ASSERT_EQ(journal.Put(MakeRunning(Key(2))), Status::kOk);
  EXPECT_FALSE(journal.was_damaged()) << "another execution";
  ASSERT_EQ(journal.Open(), Status::kOk);
  EXPECT_FALSE(journal.was_damaged());

  flash = marked;
  ASSERT_EQ(journal.Open(), Status::kOk);
  ASSERT_EQ(journal.End(MakeEnded(Key(1)), ""), Status::kOk);
  EXPECT_FALSE(journal.was_damaged()) << "the one at hand is over";
  ASSERT_EQ(journal.Open(), Status::kOk);
  EXPECT_FALSE(journal.was_damaged());
}

// The newest sector's header is damaged: what the one before says is old, and that is told.
TEST(JournalDamage, HeaderOfTheNewestSector_IsMissed) {
  RamFlash flash(3, 1024);
  Journal journal(flash);
  ASSERT_EQ(journal.Open(), Status::kNotFound);
  Fill(journal, 7);
  ASSERT_EQ(journal.erases(), 2u);
  for (std::size_t at = 1024; at < 1024 + 16; ++at) {
    RamFlash copy = flash;
    copy.bytes()[at] ^= 0x20;
    Journal damaged(copy);
    EXPECT_EQ(damaged.Open(), Status::kMalformed) << at;
    EXPECT_TRUE(damaged.was_damaged());
    if (damaged.pending() != nullptr) {
      EXPECT_EQ(damaged.Settle(Delivery::kAccepted, ErrorCode::kUnknown), Status::kOk);
    }
    Fill(damaged, 20);
    EXPECT_EQ(damaged.Open(), Status::kOk);
  }
}

TEST(JournalDamage, ForeignImage_IsToldAndReplacedSectorBySector) {
  for (const char* magic : {"FWLJ", "FWJ3", "ZZZZ"}) {
    RamFlash flash(3, 1024);
    std::fill(flash.bytes().begin(), flash.bytes().end(), 0x5A);
    std::memcpy(flash.bytes().data(), magic, 4);
    const std::vector<std::uint8_t> foreign = flash.bytes();
    Journal journal(flash);
    ASSERT_EQ(journal.Open(), Status::kMalformed);
    EXPECT_EQ(flash.bytes(), foreign) << "opening writes nothing";
    EXPECT_EQ(Differs(journal, {}), "");
    ASSERT_EQ(journal.Put(MakeRunning(Key(1))), Status::kOk);
    EXPECT_TRUE(std::equal(foreign.begin() + 1024, foreign.end(), flash.bytes().begin() + 1024));
    ASSERT_EQ(journal.Open(), Status::kOk);
    EXPECT_FALSE(journal.was_damaged());
    EXPECT_TRUE(Same(journal.running(), MakeRunning(Key(1))));
  }
}

// Its checksum is right, but this version wrote none like it.
TEST(JournalDamage, RecordThatMeansNothing_IsDamage) {
  struct Change {
    std::size_t at;
    std::uint8_t value;
  };
  for (const Change change : {Change{2, 3}, {5, 65}, {6, 33}, {8, 9}, {9, 4}, {10, 10}, {13, 2}}) {
    RamFlash flash;
    Journal journal(flash);
    ASSERT_EQ(journal.Open(), Status::kNotFound);
    ASSERT_EQ(journal.Put(MakeRunning(Key(1))), Status::kOk);
    const std::size_t at = 20 + 56;
    ASSERT_EQ(journal.End(MakeEnded(Key(1)), "{}"), Status::kOk);
    ASSERT_EQ(journal.Settle(Delivery::kAccepted, ErrorCode::kUnknown), Status::kOk);
    std::uint8_t* record = &flash.bytes()[at];
    record[change.at] = change.value;
    record[3] = static_cast<std::uint8_t>(record[0] ^ record[1] ^ record[2] ^ 0xA5);
    const std::size_t crc_at = (48u + record[5] + record[6] + 3) & ~std::size_t{3};
    const std::uint32_t crc = Crc32(Bytes(record, crc_at));
    std::memcpy(record + crc_at, &crc, 4);
    EXPECT_EQ(journal.Open(), Status::kMalformed) << change.at;
    EXPECT_TRUE(Same(journal.running(), MakeRunning(Key(1)))) << change.at;
  }
}

// A later version of the format, as after going back to an older program: its sequence goes on,
// so that what is written now is newer for both.
TEST(JournalDamage, LaterVersion_IsForeignAndOlder) {
  RamFlash flash(3, 1024);
  Journal journal(flash);
  ASSERT_EQ(journal.Open(), Status::kNotFound);
  Fill(journal, 7);
  std::uint8_t* header = &flash.bytes()[1024];
  header[4] = 3;
  const std::uint32_t crc = Crc32(Bytes(header, 12));
  std::memcpy(header + 12, &crc, 4);
  ASSERT_EQ(journal.Open(), Status::kMalformed);
  EXPECT_EQ(Differs(journal, {}), "");
  ASSERT_EQ(journal.Put(MakeRunning(Key(1))), Status::kOk);
  ASSERT_EQ(journal.Open(), Status::kOk);
  EXPECT_TRUE(Same(journal.running(), MakeRunning(Key(1))));
}

// What is damaged after Open() is lost, but what is in memory is not, and goes to the next sector.
TEST(JournalDamage, SinceOpen_KeepsWhatIsInMemory) {
  RamFlash flash(2, 1024);
  Journal journal(flash);
  ASSERT_EQ(journal.Open(), Status::kNotFound);
  Fill(journal, 3);
  ASSERT_EQ(journal.End(MakeEnded(Key(9)), std::string(200, 'd')), Status::kOk);
  flash.bytes()[20 + 20] ^= 1;
  Ended found;
  EXPECT_EQ(journal.Find(Key(9), found), Status::kIo);
  EXPECT_EQ(journal.At(0, found), Status::kIo);
  ASSERT_EQ(journal.Settle(Delivery::kAccepted, ErrorCode::kUnknown), Status::kOk);
  ASSERT_EQ(journal.End(MakeEnded(Key(10)), std::string(200, 'd')), Status::kOk);
  ASSERT_EQ(journal.Open(), Status::kOk);
  ASSERT_NE(journal.pending(), nullptr);
  EXPECT_TRUE(Same(*journal.pending(), MakeEnded(Key(10))));
}

}  // namespace
}  // namespace fieldwork::agent
