#include "device/agent/journal.h"

#include <bit>
#include <cstring>
#include <type_traits>

#include "device/base/crc32.h"

namespace fieldwork::agent {
namespace {

// Images go between memory and flash as they are.
static_assert(std::endian::native == std::endian::little);

constexpr std::uint32_t kMagic = 0x324A5746;  // "FWJ2"
constexpr std::uint8_t kVersion = 2;
constexpr std::size_t kMaxReason = 32;
static_assert(std::is_same_v<decltype(Ended::reason), FixedString<kMaxReason>>);
constexpr std::uint32_t kBlankWord = 0xFFFFFFFF;
// The length of a record, details included, must fit its 16 bits, which count words.
constexpr std::uint32_t kMaxSectorBytes = 512 * 1024;

struct SectorHeader {
  std::uint32_t magic;
  std::uint8_t version;
  std::uint8_t damaged;
  std::uint16_t zero;
  std::uint32_t sequence;
  std::uint32_t crc;   // Of all before.
  std::uint32_t mark;  // Blank until another sector has taken over.
};
static_assert(sizeof(SectorHeader) == 20);
constexpr std::uint32_t kMark = offsetof(SectorHeader, mark);
constexpr std::uint32_t kFirst = sizeof(SectorHeader);

template <class T>
MutableBytes BytesOf(T& image, std::size_t size) {
  return {reinterpret_cast<std::uint8_t*>(&image), size};
}

std::uint32_t CrcOf(SectorHeader& header) {
  return Crc32(BytesOf(header, offsetof(SectorHeader, crc)));
}

constexpr std::uint32_t RoundUp(std::size_t bytes) {
  return (static_cast<std::uint32_t>(bytes) + 3) & ~std::uint32_t{3};
}

enum Type : std::uint8_t { kRunning = 1, kEnded = 2 };

}  // namespace

// Both kinds in one shape: half the code. Where two names stand, the first is of kRunning.
struct Journal::Record {
  std::uint16_t words;  // All of it, the details behind it too, in units of 4 bytes.
  std::uint8_t type;
  std::uint8_t check;
  std::uint8_t ignore_failure;
  std::uint8_t job_id_bytes;
  std::uint8_t reason_bytes;
  std::uint8_t damaged;
  std::uint8_t phase_or_status;
  std::uint8_t step_or_delivery;
  std::uint8_t step_count_or_refusal;
  std::uint8_t attempts;
  std::uint32_t document_or_details_bytes;
  std::int64_t number;
  std::int64_t queued_at;
  std::int64_t deadline_or_ended_at;
  std::uint32_t document_or_details_crc;
  std::uint32_t boot_count;
  std::uint8_t text[jobs::kMaxJobId + kMaxReason + 4];  // Job id, reason, zeros, CRC.

  static constexpr std::uint32_t kFixed = 48;
  static constexpr std::uint32_t kMax = kFixed + sizeof(text);

  std::uint32_t crc_at() const { return RoundUp(kFixed + job_id_bytes + reason_bytes); }
  std::uint32_t bytes() const { return crc_at() + 4; }  // Without details.
  std::uint32_t details_bytes() const {
    return type == kEnded && pending() ? document_or_details_bytes : 0;
  }
  std::uint32_t extent() const { return words * 4u; }
  std::uint8_t Check() const {
    return static_cast<std::uint8_t>(words ^ (words >> 8) ^ type ^ 0xA5);
  }
  std::uint32_t Crc() { return Crc32(BytesOf(*this, crc_at())); }

  void SetText(const ExecutionKey& key, std::string_view reason) {
    number = key.number;
    queued_at = key.queued_at;
    const std::string_view id = key.job_id.view();
    job_id_bytes = static_cast<std::uint8_t>(id.size());
    reason_bytes = static_cast<std::uint8_t>(reason.size());
    std::memcpy(text, id.data(), id.size());
    std::memcpy(text + id.size(), reason.data(), reason.size());
  }
  void Set(const Running& running) {
    std::memset(this, 0, sizeof *this);
    type = kRunning;
    ignore_failure = running.ignore_failure;
    phase_or_status = static_cast<std::uint8_t>(running.phase);
    step_or_delivery = running.step;
    step_count_or_refusal = running.step_count;
    attempts = running.attempts;
    document_or_details_bytes = running.document_bytes;
    document_or_details_crc = running.document_crc;
    deadline_or_ended_at = running.deadline;
    boot_count = running.boot_count;
    SetText(running.key, "");
  }
  void Set(const Ended& ended) {
    std::memset(this, 0, sizeof *this);
    type = kEnded;
    phase_or_status = static_cast<std::uint8_t>(ended.status);
    step_or_delivery = static_cast<std::uint8_t>(ended.delivery);
    step_count_or_refusal = static_cast<std::uint8_t>(ended.refusal);
    deadline_or_ended_at = ended.ended_at;
    SetText(ended.key, ended.reason.view());
  }

  std::string_view job_id() const { return AsText({text, job_id_bytes}); }
  bool Is(const ExecutionKey& key) const { return key.IsOf(number, queued_at, job_id()); }
  bool pending() const { return step_or_delivery == static_cast<std::uint8_t>(Delivery::kPending); }
  void Get(ExecutionKey& key) const {
    key.number = number;
    key.queued_at = queued_at;
    static_cast<void>(key.job_id.Assign(job_id()));
  }
  void Get(Running& running) const;
  void Get(Ended& ended) const;

  void Seal() {
    words = static_cast<std::uint16_t>((bytes() + RoundUp(details_bytes())) / 4);
    check = Check();
    const std::uint32_t crc = Crc();
    std::memcpy(BytesOf(*this, kMax).data() + crc_at(), &crc, 4);
  }
  bool IsSound(std::uint32_t room, std::uint32_t details_max);
};

struct Journal::Tally {
  std::uint32_t count = 0;
  std::uint32_t bytes = 0;
};

void Journal::Record::Get(Running& running) const {
  running.phase = static_cast<Phase>(phase_or_status);
  running.step = step_or_delivery;
  running.step_count = step_count_or_refusal;
  running.attempts = attempts;
  running.ignore_failure = ignore_failure != 0;
  running.boot_count = boot_count;
  running.document_bytes = document_or_details_bytes;
  running.document_crc = document_or_details_crc;
  running.deadline = deadline_or_ended_at;
  Get(running.key);
}

void Journal::Record::Get(Ended& ended) const {
  ended.status = static_cast<jobs::ExecutionStatus>(phase_or_status);
  ended.delivery = static_cast<Delivery>(step_or_delivery);
  ended.refusal = static_cast<jobs::ErrorCode>(step_count_or_refusal);
  ended.ended_at = deadline_or_ended_at;
  static_cast<void>(ended.reason.Assign(AsText({text + job_id_bytes, reason_bytes})));
  Get(ended.key);
}

// No length is used before it was found to be in its bounds: the CRC alone does not vouch for
// an image that another program wrote.
bool Journal::Record::IsSound(std::uint32_t room, std::uint32_t details_max) {
  if (check != Check() || job_id_bytes > jobs::kMaxJobId || reason_bytes > kMaxReason) return false;
  if (details_bytes() > details_max || extent() > room) return false;
  if (extent() != bytes() + RoundUp(details_bytes())) return false;
  std::uint32_t crc = 0;
  std::memcpy(&crc, BytesOf(*this, kMax).data() + crc_at(), 4);
  if (crc != Crc()) return false;
  if (type == kRunning) return phase_or_status - 1u < static_cast<unsigned>(Phase::kRebooting);
  return type == kEnded &&
         phase_or_status <= static_cast<unsigned>(jobs::ExecutionStatus::kCanceled) &&
         step_or_delivery <= static_cast<unsigned>(Delivery::kRefused) &&
         step_count_or_refusal <= static_cast<unsigned>(jobs::ErrorCode::kTerminalStateReached);
}

// ---- Reading -----------------------------------------------------------------------------

Status Journal::Read(std::uint32_t offset, void* to, std::uint32_t bytes) {
  const Status status = flash_.Read(offset, {static_cast<std::uint8_t*>(to), bytes});
  return status == Status::kOk ? status : Status::kIo;
}

Status Journal::Program(std::uint32_t offset, const void* from, std::uint32_t bytes) {
  return flash_.Program(offset, {static_cast<const std::uint8_t*>(from), bytes});
}

Status Journal::Open() {
  running_.phase = Phase::kNone;
  open_ = has_pending_ = damaged_ = false;
  full_ = true;
  erases_ = sequence_ = end_ = 0;
  const Status status = Load();
  if (status == Status::kIo || status == Status::kBadArgument) {
    running_.phase = Phase::kNone;
    has_pending_ = damaged_ = false;
    return status;
  }
  open_ = true;
  if (status == Status::kMalformed) damaged_ = true;
  return status;
}

Status Journal::Load() {
  size_ = flash_.sector_bytes();
  total_ = flash_.sector_count() * size_;
  if (size_ < kMinSectorBytes || size_ > kMaxSectorBytes || size_ % 4 != 0 || total_ < 2 * size_) {
    return Status::kBadArgument;
  }
  SectorHeader newest{};
  base_ = total_ - size_;
  for (std::uint32_t base = 0; base < total_; base += size_) {
    SectorHeader header;
    FIELDWORK_TRY(Read(base, &header, sizeof header));
    // Sequence numbers do not wrap: flash wears out long before 2^32 erases.
    if (header.sequence <= newest.sequence || header.magic != kMagic) continue;
    if (header.crc != CrcOf(header)) continue;
    newest = header;
    base_ = base;
  }
  sequence_ = newest.sequence;
  if (sequence_ == 0) {
    // But for the header of the first sector, which may be torn when it is the first write ever.
    const Status blank = IsBlank(kMark, total_);
    return blank == Status::kOk ? Status::kNotFound : blank;
  }
  if (newest.version != kVersion) return Status::kMalformed;
  damaged_ = newest.damaged != 0;
  return Replay(newest.mark);
}

Status Journal::Replay(std::uint32_t mark) {
  end_ = kFirst;
  Record record;
  Status status;
  while ((status = ReadRecord(end_, record)) == Status::kOk) Apply(record, end_);
  full_ = true;
  if (status == Status::kIo) return status;
  // Another sector took over, and its header cannot be read: it was whole once.
  if (mark != kBlankWord) return Status::kMalformed;
  status = IsBlank(base_ + end_, base_ + size_);
  full_ = status != Status::kOk;
  return status == Status::kMalformed ? TellTorn(record) : status;
}

// Something stands behind the last sound record, and `record` is how it begins. kOk: it is a
// torn write. Bytes are programmed in order, details before their record: so a torn write ends
// where its first word says, or, when that is not whole itself, never came to its time, which is
// not negative.
Status Journal::TellTorn(Record& record) {
  if (size_ - end_ < Record::kFixed) return Status::kOk;  // Too little room for one.
  if (record.check == record.Check() && record.extent() <= size_ - end_) {
    return IsBlank(base_ + end_ + record.extent(), base_ + size_);
  }
  return record.deadline_or_ended_at < 0 ? Status::kOk : Status::kMalformed;
}

// kMalformed: it is not.
Status Journal::IsBlank(std::uint32_t from, std::uint32_t to) {
  for (; from < to; from += 4) {
    std::uint32_t word = 0;
    FIELDWORK_TRY(Read(from, &word, 4));
    if (word != kBlankWord) return Status::kMalformed;
  }
  return Status::kOk;
}

// kMalformed: there is no sound one.
Status Journal::ReadRecord(std::uint32_t at, Record& record) {
  const std::uint32_t room = size_ - at;
  if (room < Record::kFixed) return Status::kMalformed;
  FIELDWORK_TRY(Read(base_ + at, &record, room < Record::kMax ? room : Record::kMax));
  return record.IsSound(room, static_cast<std::uint32_t>(details_max())) ? Status::kOk
                                                                         : Status::kMalformed;
}

// What the record at `at`, the last one, changes.
void Journal::Apply(const Record& record, std::uint32_t at) {
  damaged_ = record.damaged != 0;
  end_ = at + record.extent();
  full_ = false;
  if (record.type == kRunning) return record.Get(running_);
  running_.phase = Phase::kNone;
  has_pending_ = record.pending();
  if (!has_pending_) return;
  pending_at_ = at;
  record.Get(pending_);
}

// The first ended execution at or behind `at`, which is left behind it. One that was settled is
// passed over where it was pending. kNotFound: no more. kMalformed: damaged since Open().
Status Journal::NextEnded(std::uint32_t& at, Record& record) {
  if (!open_) return Status::kIo;
  while (at < end_) {
    FIELDWORK_TRY(ReadRecord(at, record));
    const bool current = has_pending_ && at == pending_at_;
    at += record.extent();
    if (record.type == kEnded && (current || !record.pending())) return Status::kOk;
  }
  return Status::kNotFound;
}

Status Journal::Count(Tally& tally) {
  Record record;
  Status status;
  for (std::uint32_t at = kFirst; (status = NextEnded(at, record)) == Status::kOk;) {
    ++tally.count;
    tally.bytes += record.bytes();
  }
  return status;
}

Status Journal::Find(const ExecutionKey& key, Ended& found) {
  Record record;
  Status status;
  Status answer = Status::kNotFound;
  for (std::uint32_t at = kFirst; (status = NextEnded(at, record)) == Status::kOk;) {
    if (!record.Is(key)) continue;
    record.Get(found);
    answer = Status::kOk;
  }
  return status == Status::kNotFound ? answer : Status::kIo;
}

Status Journal::At(std::size_t index, Ended& found) {
  Tally tally;
  if (Count(tally) != Status::kNotFound) return Status::kIo;
  if (index >= tally.count) return Status::kNotFound;
  Record record;
  std::uint32_t at = kFirst;
  for (std::size_t left = tally.count - index; left > 0; --left) {
    if (NextEnded(at, record) != Status::kOk) return Status::kIo;
  }
  record.Get(found);
  return Status::kOk;
}

Result<std::string_view> Journal::ReadDetails(std::span<char> out) {
  if (!has_pending_) return Status::kNotFound;
  Record record;
  Status status = ReadRecord(pending_at_, record);
  if (status == Status::kOk) {
    const std::uint32_t bytes = record.details_bytes();
    if (bytes > out.size()) return Status::kNoSpace;
    const std::string_view text(out.data(), bytes);
    status = Read(base_ + pending_at_ + record.bytes(), out.data(), bytes);
    if (status == Status::kOk && Crc32(AsBytes(text)) == record.document_or_details_crc) {
      return text;
    }
  }
  return Status::kIo;
}

// ---- Writing -----------------------------------------------------------------------------

Status Journal::Put(const Running& running) {
  FIELDWORK_DCHECK(!has_pending_ && running.phase != Phase::kNone);
  Record record;
  record.Set(running);
  // Another execution is taken: what was lost of the one before harms no more.
  record.damaged = damaged_ && running_.phase != Phase::kNone && record.Is(running_.key);
  return Append(record, {});
}

Status Journal::End(const Ended& ended, std::string_view details) {
  FIELDWORK_DCHECK(!has_pending_);
  FIELDWORK_DCHECK(running_.phase == Phase::kNone || running_.key == ended.key);
  if (details.size() > details_max()) return Status::kTooLarge;
  if (ended.delivery != Delivery::kPending) details = {};
  Record record;
  record.Set(ended);
  record.document_or_details_bytes = static_cast<std::uint32_t>(details.size());
  record.document_or_details_crc = Crc32(AsBytes(details));
  record.damaged = damaged_ && running_.phase == Phase::kNone;
  return Append(record, details);
}

Status Journal::Settle(Delivery delivery, jobs::ErrorCode refusal) {
  FIELDWORK_DCHECK(has_pending_ && delivery != Delivery::kPending);
  Record record;
  record.Set(pending_);
  record.step_or_delivery = static_cast<std::uint8_t>(delivery);
  record.step_count_or_refusal = static_cast<std::uint8_t>(refusal);
  record.damaged = damaged_;
  return Append(record, {});
}

Status Journal::Append(Record& record, std::string_view details) {
  if (!open_) return Status::kIo;
  record.Seal();
  if (full_ || record.extent() > size_ - end_) FIELDWORK_TRY(Compact());
  full_ = true;  // Until the record is whole: nothing may follow a torn one.
  const std::uint32_t to = base_ + end_;
  if (WriteDetails(to + record.bytes(), details.data(), 0, record.details_bytes()) != Status::kOk ||
      Write(to, record) != Status::kOk ||
      // Worn flash may take a write and not keep it. A last record that is not sound would be
      // taken for a torn one.
      ReadRecord(end_, record) != Status::kOk) {
    return Status::kIo;
  }
  Apply(record, end_);
  return Status::kOk;
}

Status Journal::Write(std::uint32_t to, Record& record) {
  record.Seal();
  return Program(to, &record, record.bytes());
}

// From memory, or, with `text` null, from flash. Whole words only, which is what the flash of
// microcontrollers takes.
Status Journal::WriteDetails(std::uint32_t to, const char* text, std::uint32_t from,
                             std::uint32_t bytes) {
  constexpr std::uint32_t kChunk = 128;
  std::uint8_t chunk[kChunk + 4];
  for (std::uint32_t at = 0; at < bytes; at += kChunk) {
    const std::uint32_t left = bytes - at;
    const std::uint32_t count = left < kChunk ? left : kChunk;
    std::memset(chunk + (count & ~3u), 0, 4);
    if (text != nullptr) {
      std::memcpy(chunk, text + at, count);
    } else {
      FIELDWORK_TRY(Read(from + at, chunk, count));
    }
    FIELDWORK_TRY(Program(to + at, chunk, RoundUp(count)));
  }
  return Status::kOk;
}

// A sector that fails is passed over: it may be worn out.
Status Journal::Compact() {
  // A copy that failed may be valid all the same, and newer: nothing may follow here.
  full_ = true;
  std::uint32_t target = base_;
  for (;;) {
    target += size_;
    if (target == total_) target = 0;
    if (target == base_) return Status::kIo;
    if (CopyTo(target) == Status::kOk) return Status::kOk;
  }
}

// The header is written last: before, the sector does not count.
Status Journal::CopyTo(std::uint32_t target) {
  ++erases_;
  ++sequence_;
  FIELDWORK_TRY(flash_.Erase(target / size_));
  std::uint32_t to = target + kFirst;
  std::uint32_t pending_at = 0;
  FIELDWORK_TRY(CopyRecords(to, pending_at));
  SectorHeader header{kMagic, kVersion, damaged_, 0, sequence_, 0, 0};
  header.crc = CrcOf(header);
  FIELDWORK_TRY(Program(target, &header, kMark));
  // If this fails, only a header that is damaged later is not noticed.
  if (end_ != 0) static_cast<void>(Program(base_ + kMark, &header.mark, 4));
  base_ = target;
  end_ = to - target;
  pending_at_ = pending_at - target;
  full_ = false;
  return Status::kOk;
}

// The newest that are over, oldest first, then the one at hand. What is pending, always the last
// of those that are over, keeps its details.
Status Journal::CopyRecords(std::uint32_t& to, std::uint32_t& pending_at) {
  // Then there is room for the one at hand, or details that are pending, and a record more.
  const std::uint32_t most = size_ / 8 * 3 - Record::kMax;
  Tally tally;
  if (Count(tally) == Status::kIo) return Status::kIo;
  Record record;
  Status status;
  std::uint32_t at = kFirst;
  while ((status = NextEnded(at, record)) == Status::kOk && !record.pending()) {
    const bool keep = tally.count <= kHistoryMax && tally.bytes <= most;
    --tally.count;
    tally.bytes -= record.bytes();
    if (keep) FIELDWORK_TRY(Copy(to, record));
  }
  if (status == Status::kIo) return status;
  pending_at = to;
  if (status == Status::kOk) {
    FIELDWORK_TRY(WriteDetails(to + record.bytes(), nullptr,
                               base_ + at - RoundUp(record.details_bytes()),
                               record.details_bytes()));
  } else {
    // Not on flash in this shape, or, if it was damaged since Open(), not any more.
    if (has_pending_) {
      record.Set(pending_);
    } else if (running_.phase != Phase::kNone) {
      record.Set(running_);
    } else {
      return Status::kOk;
    }
  }
  return Copy(to, record);
}

Status Journal::Copy(std::uint32_t& to, Record& record) {
  record.damaged = damaged_;
  FIELDWORK_TRY(Write(to, record));
  to += record.extent();
  return Status::kOk;
}

}  // namespace fieldwork::agent
