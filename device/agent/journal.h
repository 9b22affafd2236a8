// Remembers across a reboot, or a power cut at any instant, which executions the device has
// seen, how far it came with the one at hand, and which final status the cloud has not got.
//
// A log on NOR flash: records are appended to one sector; when it is full, what still counts is
// copied to the next one, round and round, so that all sectors wear alike. A torn write leaves
// everything before it valid. Format, limits and downsides: docs/formats/journal.md.
//
// One execution is at hand at a time, and a final status waits for the cloud before the next
// one is taken: so there is one Running and one unsettled Ended at most, never both, and the
// order of reports is kept by construction.
//
// Memory:  this object; no heap, no copy of a sector.
// Threads: one owner; calls must not overlap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "device/agent/flash.h"
#include "device/base/fixed_string.h"
#include "device/base/result.h"
#include "device/base/status.h"
#include "device/jobs/messages.h"

namespace fieldwork::agent {

/// Names one execution for ever. A job that is deleted and made anew under the same id has
/// another `queued_at`; a retry has another number.
struct ExecutionKey {
  std::int64_t number = 0;
  std::int64_t queued_at = 0;  ///< Seconds since 1970, by the cloud's clock.
  FixedString<jobs::kMaxJobId> job_id;

  static ExecutionKey Of(const jobs::Execution& execution) {
    ExecutionKey key;
    key.number = execution.execution_number;
    key.queued_at = execution.queued_at;
    key.job_id.AssignTruncated(execution.job_id);
    return key;
  }

  bool operator==(const ExecutionKey& other) const {
    return IsOf(other.number, other.queued_at, other.job_id.view());
  }
  bool Is(const jobs::Execution& execution) const {
    return IsOf(execution.execution_number, execution.queued_at, execution.job_id);
  }
  bool IsOf(std::int64_t its_number, std::int64_t its_queued_at, std::string_view its_job) const {
    return number == its_number && queued_at == its_queued_at && AreEqual(job_id.view(), its_job);
  }
};

/// How far the execution at hand came. The numbers are on flash: append only.
enum class Phase : std::uint8_t {
  kNone = 0,       ///< There is no execution at hand.
  kBetween = 1,    ///< Step `step` comes next; it has had no effect yet.
  kStep = 2,       ///< Step `step` was begun in boot `boot_count`, and may have had its effect.
  kRebooting = 3,  ///< Step `step` is a reboot, asked for in boot `boot_count`.
};

/// The execution at hand.
struct Running {
  ExecutionKey key;
  Phase phase = Phase::kNone;
  std::uint8_t step = 0;        ///< Counts from 0.
  std::uint8_t step_count = 0;  ///< The final step included.
  std::uint8_t attempts = 0;    ///< Reboots asked for at this step, this one included.
  bool ignore_failure = false;  ///< Of step `step`: the document says ignoreStepFailure.
  std::uint32_t boot_count = 0;
  std::uint32_t document_bytes = 0;
  std::uint32_t document_crc = 0;  ///< CRC-32: tells a changed document, not a forged one.
  std::int64_t deadline = 0;       ///< Of the whole job, seconds since 1970; 0: none.
};

/// What became of a final status. The numbers are on flash: append only.
enum class Delivery : std::uint8_t {
  kPending = 0,   ///< The cloud has not got it.
  kAccepted = 1,  ///< The cloud has it.
  kGone = 2,      ///< The execution is over or gone at the cloud; `refusal` says how it said so.
  kRefused = 3,   ///< The cloud will never take it; `refusal` says why.
};

/// An execution that is over on this device.
struct Ended {
  ExecutionKey key;
  jobs::ExecutionStatus status = jobs::ExecutionStatus::kUnknown;
  Delivery delivery = Delivery::kPending;
  jobs::ErrorCode refusal = jobs::ErrorCode::kUnknown;
  std::int64_t ended_at = 0;  ///< Seconds since 1970; 0: the time was not known.
  FixedString<32> reason;     ///< The machine-readable word, as in statusDetails; may be empty.
};

class Journal {
 public:
  /// Sectors of this size at least, and two of them.
  static constexpr std::uint32_t kMinSectorBytes = 1024;
  /// Ended executions that outlast the copy of a full sector, if three eighths of a sector have
  /// room for them.
  static constexpr std::size_t kHistoryMax = 32;

  /// `flash` outlives the journal. Call Open() before anything else.
  explicit Journal(Flash& flash) : flash_(flash) {}

  /// Reads the flash. kNotFound: a blank one. kMalformed: something on it is not ours or is
  /// damaged (more than a torn last write); what was valid before the damage counts, and
  /// was_damaged() is true until the next execution is taken. What is damaged stays where it is
  /// until its sector's turn comes. kIo: it cannot be read; nothing is remembered. kBadArgument:
  /// the flash is smaller than said above, or its sectors are above 512 KB or not a multiple of 4
  /// bytes; every later call fails with kIo.
  Status Open();
  /// The execution at hand may have come further than running() says.
  bool was_damaged() const { return damaged_; }

  /// The execution at hand; phase kNone: none.
  const Running& running() const { return running_; }
  /// The final status that the cloud has not got; null: none.
  const Ended* pending() const { return has_pending_ ? &pending_ : nullptr; }

  // The three below return kOk when a power cut does not undo it any more. kIo: flash failed; in
  // this object everything is as before, and on flash too, unless the write landed all the same
  // and the power goes before the next of these calls returns kOk. Calling again is right: it goes
  // to another sector. Each may copy a sector first.

  /// There is an execution at hand, or it came further. REQUIRES: pending() is null, and
  /// `running.phase` is not kNone.
  Status Put(const Running& running);

  /// The execution at hand, or one that never began, is over: it is remembered, and, with
  /// kPending, its status waits for the cloud. `details`: the JSON object of statusDetails, or
  /// empty; kTooLarge when longer than details_max(). Kept while it is pending. REQUIRES:
  /// pending() is null, and no other execution is at hand.
  Status End(const Ended& ended, std::string_view details);

  /// The pending status waits no more. REQUIRES: pending() is not null; `delivery` is not
  /// kPending.
  Status Settle(Delivery delivery, jobs::ErrorCode refusal);

  /// Bytes that End() takes as details: three eighths of a sector.
  std::size_t details_max() const { return size_ / 8 * 3; }
  /// The details of pending(), as they were given. kNotFound: nothing is pending. kNoSpace:
  /// `out` is too small. kIo, also when they do not match their checksum any more.
  Result<std::string_view> ReadDetails(std::span<char> out);

  /// Whether an execution is over on this device. kOk: `found` is it, kNotFound, kIo.
  Status Find(const ExecutionKey& key, Ended& found);
  /// The `index`th of the ended executions, 0 the newest. kNotFound: there are not so many. kIo.
  Status At(std::size_t index, Ended& found);

  /// Sectors that were erased since Open(): for a counter.
  std::uint32_t erases() const { return erases_; }

 private:
  struct Record;  // As it stands on flash.
  struct Tally;   // Of ended executions.

  Status Load();
  Status Replay(std::uint32_t mark);
  Status TellTorn(Record& record);
  Status IsBlank(std::uint32_t from, std::uint32_t to);
  Status ReadRecord(std::uint32_t at, Record& record);
  Status NextEnded(std::uint32_t& at, Record& record);
  Status Count(Tally& tally);
  void Apply(const Record& record, std::uint32_t at);

  Status Append(Record& record, std::string_view details);
  Status Write(std::uint32_t to, Record& record);
  Status WriteDetails(std::uint32_t to, const char* text, std::uint32_t from, std::uint32_t bytes);
  Status Compact();
  Status CopyTo(std::uint32_t target);
  Status CopyRecords(std::uint32_t& to, std::uint32_t& pending_at);
  Status Copy(std::uint32_t& to, Record& record);

  Status Read(std::uint32_t offset, void* to, std::uint32_t bytes);
  Status Program(std::uint32_t offset, const void* from, std::uint32_t bytes);

  // The small ones first: that is shorter code on Cortex-M.
  Flash& flash_;
  std::uint32_t size_ = 0;   // Of a sector.
  std::uint32_t total_ = 0;  // Of all of them.
  std::uint32_t base_ = 0;   // Of the sector that is written to.
  std::uint32_t end_ = 0;    // Where in it the next record goes; 0: it is not ours.
  bool open_ = false;
  bool full_ = false;  // Nothing can be appended to the sector: torn, damaged, or none yet.
  bool has_pending_ = false;
  bool damaged_ = false;
  std::uint32_t pending_at_ = 0;  // Where in it pending_ stands, if it is not damaged.
  std::uint32_t sequence_ = 0;    // Of the sector.
  std::uint32_t erases_ = 0;
  Running running_;
  Ended pending_;
};

}  // namespace fieldwork::agent
