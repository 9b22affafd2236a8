// Any bytes as a flash image, and any calls on it: nothing crashes or loops, nothing is written
// before a call, and what was said to be on flash is there after reopening.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "device/agent/journal.h"
#include "device/base/crc32.h"
#include "sim/ram_flash.h"
#include "tests/fuzz/require.h"

namespace {

using namespace fieldwork;
using namespace fieldwork::agent;

constexpr std::uint32_t kSectorBytes = 1024;

class Input {
 public:
  explicit Input(Bytes bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  std::uint8_t Next() {
    if (bytes_.empty()) return 0;
    const std::uint8_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }
  Bytes Take(std::size_t count) {
    const Bytes taken = bytes_.first(std::min(count, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }

 private:
  Bytes bytes_;
};

void PutCrc(std::uint8_t* from, std::size_t count) {
  const std::uint32_t crc = Crc32(Bytes(from, count));
  std::memcpy(from + count, &crc, 4);
}

// Makes the checksums right, as far as the lengths lead, so that what they guard is read too.
void Seal(std::uint8_t* sector) {
  std::memcpy(sector, "FWJ2", 4);
  sector[11] = 0;  // Sequence numbers end before 2^32.
  PutCrc(sector, 12);
  for (std::size_t at = 20; at + 52 <= kSectorBytes;) {
    std::uint8_t* record = sector + at;
    record[3] = static_cast<std::uint8_t>(record[0] ^ record[1] ^ record[2] ^ 0xA5);
    const std::size_t crc_at = (48u + record[5] + record[6] + 3u) & ~std::size_t{3};
    if (at + crc_at + 4 > kSectorBytes) return;
    PutCrc(record, crc_at);
    at += std::max<std::size_t>(4, 4 * (record[0] + 256u * record[1]));
  }
}

std::string Summary(Journal& journal) {
  std::string text;
  const auto add = [&text](const ExecutionKey& key, unsigned state) {
    text += std::to_string(key.number) + " " + std::to_string(key.queued_at) + " ";
    text += std::string(key.job_id.view()) + " " + std::to_string(state) + "\n";
  };
  const Running& running = journal.running();
  if (running.phase != Phase::kNone) add(running.key, 256u + running.step);
  if (journal.pending() != nullptr) add(journal.pending()->key, 512);
  Ended ended;
  std::size_t count = 0;
  for (; count < 4 && journal.At(count, ended) == Status::kOk; ++count) {
    add(ended.key, static_cast<unsigned>(ended.delivery));
  }
  if (count > 0) REQUIRE(journal.Find(ended.key, ended) == Status::kOk);
  REQUIRE(journal.At(kSectorBytes, ended) == Status::kNotFound);
  return text;
}

void ReadDetails(Journal& journal) {
  std::vector<char> memory(journal.details_max());
  const auto details = journal.ReadDetails(memory);
  if (details.ok()) REQUIRE(details->size() <= memory.size());
}

// One call that the contract allows.
Status Call(Journal& journal, Input& input) {
  const std::uint8_t what = input.Next();
  if (journal.pending() != nullptr) {
    return journal.Settle(static_cast<Delivery>(1 + what % 3), jobs::ErrorCode::kUnknown);
  }
  ExecutionKey key = journal.running().key;
  if (journal.running().phase == Phase::kNone) {
    key.number = what;
    key.queued_at = input.Next();
    REQUIRE(key.job_id.Assign(std::string(1 + what % 64, 'j')) == Status::kOk);
  }
  if (what % 4 != 0) {
    Running running;
    running.key = key;
    running.phase = static_cast<Phase>(1 + what % 3);
    running.step = input.Next();
    return journal.Put(running);
  }
  Ended ended;
  ended.key = key;
  ended.status = jobs::ExecutionStatus::kFailed;
  return journal.End(ended, AsText(input.Take(input.Next())));
}

}  // namespace

// Byte 0: how many sectors, and which are sealed. 1, 2: how many bytes of image. Then the image,
// and the calls.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  Input input(Bytes(data, size));
  const std::uint8_t how = input.Next();
  sim::RamFlash flash(2 + how % 2, kSectorBytes);
  std::size_t count = input.Next();
  count += 256u * input.Next();
  const Bytes image = input.Take(std::min(count, flash.bytes().size()));
  std::copy(image.begin(), image.end(), flash.bytes().begin());
  for (std::uint32_t sector = 0; sector < flash.sector_count(); ++sector) {
    if ((how >> (sector + 1) & 1) != 0) Seal(&flash.bytes()[sector * kSectorBytes]);
  }

  Journal journal(flash);
  const Status opened = journal.Open();
  REQUIRE(opened == Status::kOk || opened == Status::kNotFound || opened == Status::kMalformed);
  REQUIRE(opened != Status::kMalformed || journal.was_damaged());
  REQUIRE(flash.writes() == 0);
  ReadDetails(journal);
  for (int i = 0; i < 30 && !input.empty(); ++i) {
    REQUIRE(Call(journal, input) == Status::kOk);
    const std::string said = Summary(journal);
    const bool damaged = journal.was_damaged();
    ReadDetails(journal);
    REQUIRE(journal.Open() == Status::kOk);
    REQUIRE(Summary(journal) == said);
    REQUIRE(journal.was_damaged() == damaged);
  }
  return 0;
}
