// Remembers across a reboot, or a power cut at any instant, which execution the device
// was busy with and how far it came.
//
// One record, written whole to the sector that does not hold the newest one; a torn write
// leaves the older record valid. Format: docs/formats/journal.md.
#pragma once

#include <cstdint>
#include <string_view>

#include "device/agent/flash.h"
#include "device/base/fixed_string.h"
#include "device/base/status.h"
#include "device/jobs/messages.h"

namespace fieldwork::agent {

/// How far the execution came. The numbers are on flash: append only.
enum class Phase : std::uint8_t {
  kNone = 0,       ///< Nothing was ever taken.
  kTaken = 1,      ///< Taken, no effect yet: it can begin anew after a power cut.
  kRebooting = 2,  ///< The reboot was asked for in boot `boot_count`.
  kReporting = 3,  ///< It is over with `status`; the cloud has not accepted that yet.
  kDone = 4,       ///< The cloud knows. Kept so that it is not carried out twice.
};

/// Why an execution ended as it did. The numbers are on flash: append only.
enum class Outcome : std::uint8_t {
  kNone = 0,
  kRebooted = 1,          ///< SUCCEEDED: the boot that was asked for was seen.
  kUnexpectedBoot = 2,    ///< FAILED: a boot came, for another reason.
  kRebootDidNotCome = 3,  ///< FAILED: asked for several times, the device never restarted.
  kJournalFailed = 4,     ///< FAILED: without the journal nothing is begun.
};
/// The machine-readable word for statusDetails, as "unexpected-boot".
std::string_view OutcomeText(Outcome outcome);

struct JournalRecord {
  Phase phase = Phase::kNone;
  jobs::ExecutionStatus status = jobs::ExecutionStatus::kUnknown;
  Outcome outcome = Outcome::kNone;
  std::uint8_t attempts = 0;     ///< Reboots asked for, this one included.
  std::uint8_t boot_reason = 0;  ///< Of the boot that decided the outcome.
  std::uint32_t boot_count = 0;  ///< The boot in which the last reboot was asked for.
  std::int64_t execution_number = 0;
  std::int64_t queued_at = 0;  ///< Tells a re-created job from the old one.
  FixedString<jobs::kMaxJobId> job_id;

  bool IsSameExecution(const jobs::Execution& execution) const {
    return job_id.view() == execution.job_id && execution_number == execution.execution_number &&
           queued_at == execution.queued_at;
  }
};

class Journal {
 public:
  /// `flash` has at least two sectors of at least 256 bytes, and outlives the journal.
  explicit Journal(Flash& flash) : flash_(flash) {}

  /// Reads the newest valid record. kNotFound: a blank flash; `record` is as constructed.
  /// kMalformed: there is data but none of it valid; it will be overwritten. kIo.
  Status Load(JournalRecord& record);

  /// On kOk the record is safe from a power cut. kIo: the older record still stands.
  Status Store(const JournalRecord& record);

 private:
  Flash& flash_;
  std::uint32_t sequence_ = 0;  // Of the newest record; 0 when there is none.
  std::uint32_t sector_ = 1;    // That holds it; so that the first one goes to sector 0.
};

}  // namespace fieldwork::agent
