#include "device/agent/journal.h"

#include <array>
#include <cstring>

#include "device/base/crc32.h"

namespace fieldwork::agent {
namespace {

// A record as it stands on flash, all numbers little-endian:
//   0 magic(4)  4 sequence(4)  8 phase  9 status  10 outcome  11 attempts  12 boot reason
//   13 job id length  14 version(1) = 1  15 zero  16 boot count(4)  20 zero(4)
//   24 execution number(8)  32 queued at(8)  40 job id(64)  104 crc32 of all before(4)
constexpr std::uint32_t kMagic = 0x4A4C5746;  // "FWLJ"
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kJobId = 40;
constexpr std::size_t kCrc = kJobId + jobs::kMaxJobId;
constexpr std::size_t kImageSize = kCrc + 4;
using Image = std::array<std::uint8_t, kImageSize>;

void Put(Image& image, std::size_t at, std::size_t size, std::uint64_t value) {
  for (std::size_t i = 0; i < size; ++i)
    image[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

std::uint64_t Get(const Image& image, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | image[at + i];
  return value;
}

Image Encode(const JournalRecord& record, std::uint32_t sequence) {
  Image image{};
  Put(image, 0, 4, kMagic);
  Put(image, 4, 4, sequence);
  image[8] = static_cast<std::uint8_t>(record.phase);
  image[9] = static_cast<std::uint8_t>(record.status);
  image[10] = static_cast<std::uint8_t>(record.outcome);
  image[11] = record.attempts;
  image[12] = record.boot_reason;
  image[13] = static_cast<std::uint8_t>(record.job_id.view().size());
  image[14] = kVersion;
  Put(image, 16, 4, record.boot_count);
  Put(image, 24, 8, static_cast<std::uint64_t>(record.execution_number));
  Put(image, 32, 8, static_cast<std::uint64_t>(record.queued_at));
  if (!record.job_id.empty()) {
    std::memcpy(&image[kJobId], record.job_id.view().data(), record.job_id.view().size());
  }
  Put(image, kCrc, 4, Crc32(Bytes(image).first(kCrc)));
  return image;
}

/// 0 when the image is not a record: torn, blank, or of another version.
std::uint32_t SequenceOf(const Image& image) {
  if (Get(image, 0, 4) != kMagic || image[14] != kVersion) return 0;
  if (Get(image, kCrc, 4) != Crc32(Bytes(image).first(kCrc))) return 0;
  if (image[8] > static_cast<std::uint8_t>(Phase::kDone) || image[13] > jobs::kMaxJobId) return 0;
  return static_cast<std::uint32_t>(Get(image, 4, 4));
}

JournalRecord Decode(const Image& image) {
  JournalRecord record;
  record.phase = static_cast<Phase>(image[8]);
  record.status = static_cast<jobs::ExecutionStatus>(image[9]);
  record.outcome = static_cast<Outcome>(image[10]);
  record.attempts = image[11];
  record.boot_reason = image[12];
  record.boot_count = static_cast<std::uint32_t>(Get(image, 16, 4));
  record.execution_number = static_cast<std::int64_t>(Get(image, 24, 8));
  record.queued_at = static_cast<std::int64_t>(Get(image, 32, 8));
  record.job_id.AssignTruncated(AsText(Bytes(image).subspan(kJobId, image[13])));
  return record;
}

bool IsBlank(const Image& image) {
  for (const std::uint8_t byte : image) {
    if (byte != 0xFF) return false;
  }
  return true;
}

}  // namespace

std::string_view OutcomeText(Outcome outcome) {
  switch (outcome) {
    case Outcome::kNone: return "none";
    case Outcome::kRebooted: return "rebooted";
    case Outcome::kUnexpectedBoot: return "unexpected-boot";
    case Outcome::kRebootDidNotCome: return "reboot-did-not-come";
    case Outcome::kJournalFailed: return "journal-failed";
  }
  return "unknown";
}

Status Journal::Load(JournalRecord& record) {
  record = JournalRecord{};
  bool blank = true;
  sequence_ = 0;
  for (std::uint32_t sector = 0; sector < 2; ++sector) {
    Image image;
    FIELDWORK_TRY(flash_.Read(sector * flash_.sector_bytes(), image));
    blank = blank && IsBlank(image);
    const std::uint32_t sequence = SequenceOf(image);
    // Sequence numbers do not wrap: flash wears out long before 2^32 writes.
    if (sequence <= sequence_) continue;
    sequence_ = sequence;
    sector_ = sector;
    record = Decode(image);
  }
  if (sequence_ != 0) return Status::kOk;
  return blank ? Status::kNotFound : Status::kMalformed;
}

Status Journal::Store(const JournalRecord& record) {
  const std::uint32_t target = 1 - sector_;
  const Image image = Encode(record, sequence_ + 1);
  FIELDWORK_TRY(flash_.Erase(target));
  FIELDWORK_TRY(flash_.Program(target * flash_.sector_bytes(), image));
  ++sequence_;
  sector_ = target;
  return Status::kOk;
}

}  // namespace fieldwork::agent
