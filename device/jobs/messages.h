// Writes the requests of the AWS IoT Jobs MQTT API and reads its replies and notifications.
//
// A reader is tolerant where AWS is known to vary: keys may be missing, numbers may stand
// as strings, `execution` may be absent, null or {}; unknown keys are passed over. It is
// strict where a mistake would do harm: the text must be JSON, and ids must be legal.
//
// Spec: AWS IoT Developer Guide, "Jobs device MQTT API" (payloads, ErrorResponse).
// All times are whole seconds since 1970 (UTC), 0 when absent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "device/base/result.h"
#include "device/jobs/topics.h"

namespace fieldwork::jobs {

/// Order and names are AWS's. A device reports only kInProgress, kSucceeded, kFailed and
/// kRejected, and must recognise the others.
enum class ExecutionStatus : std::uint8_t {
  kUnknown,  ///< Absent, or a word this version does not know.
  kQueued,
  kInProgress,
  kSucceeded,
  kFailed,
  kTimedOut,
  kRejected,
  kRemoved,
  kCanceled,
};
/// "QUEUED", "IN_PROGRESS", ...; "UNKNOWN" for kUnknown.
std::string_view StatusText(ExecutionStatus status);
ExecutionStatus ParseStatus(std::string_view text);
/// SUCCEEDED, FAILED, TIMED_OUT, REJECTED, REMOVED, CANCELED: nothing follows.
bool IsTerminal(ExecutionStatus status);

/// Limits of `statusDetails` (AWS quotas).
inline constexpr std::size_t kMaxDetails = 10;
inline constexpr std::size_t kMaxDetailKey = 128;     ///< [a-zA-Z0-9:_-]+
inline constexpr std::size_t kMaxDetailValue = 1024;  ///< characters, no control characters
inline constexpr std::size_t kMaxClientToken = 64;    ///< bytes

/// One pair of statusDetails. What would break the limits is mended, not refused, since a
/// status that does not arrive is worse than one that is cut: control characters become
/// spaces, ill-formed UTF-8 becomes U+FFFD, a long value keeps its head, an empty one
/// becomes a space.
/// An illegal key, or one that occurs twice, is the caller's mistake: kBadArgument.
struct Detail {
  std::string_view key;
  std::string_view value;
};

// ---- Requests. All write JSON text into `out` and return it. -------------------------
// kNoSpace: `out` is too small. kBadArgument: a field breaks its limits; in the comment of
// each field. Empty client tokens are left out.

struct GetPendingRequest {
  std::string_view client_token;  ///< At most kMaxClientToken bytes.
};
struct StartNextRequest {
  std::string_view client_token = {};
  std::span<const Detail> details = {};
  std::int32_t step_timeout_minutes = 0;  ///< 1 to 10080; -1 none at all; 0 not sent.
};
struct DescribeRequest {
  std::string_view client_token = {};
  std::int64_t execution_number = 0;  ///< 0: the latest, not sent.
  bool include_document = true;
};
struct UpdateRequest {
  ExecutionStatus status = ExecutionStatus::kInProgress;  ///< One a device may report.
  std::span<const Detail> details = {};                   ///< Empty: unchanged at AWS.
  std::string_view details_json = {};                     ///< Of EncodeDetails(); instead of them.
  std::int64_t expected_version = 0;                      ///< 0: not sent.
  std::int64_t execution_number = 0;                      ///< 0: not sent.
  std::int32_t step_timeout_minutes = 0;                  ///< As in StartNextRequest.
  bool include_state = false;
  bool include_document = false;
  std::string_view client_token = {};
};

Result<std::string_view> Encode(const GetPendingRequest& request, std::span<char> out);
Result<std::string_view> Encode(const StartNextRequest& request, std::span<char> out);
Result<std::string_view> Encode(const DescribeRequest& request, std::span<char> out);
Result<std::string_view> Encode(const UpdateRequest& request, std::span<char> out);
/// The value of statusDetails alone, to be kept until it is sent.
Result<std::string_view> EncodeDetails(std::span<const Detail> details, std::span<char> out);

// ---- Replies and notifications. All views point into the payload that was read. -------
// kMalformed: not a JSON object, or a field has an impossible type or an illegal id.
// kTooLarge: nested too deep.

/// A JobExecution. With job_id empty there is none: nothing is pending.
struct Execution {
  std::string_view job_id;
  ExecutionStatus status = ExecutionStatus::kUnknown;
  std::string_view status_details;  ///< Raw JSON object, or empty.
  std::int64_t queued_at = 0;
  std::int64_t started_at = 0;
  std::int64_t last_updated_at = 0;
  std::int64_t version_number = 0;
  std::int64_t execution_number = 0;
  std::int64_t seconds_before_timeout = -1;  ///< approximateSecondsBeforeTimedOut; -1 absent.
  /// Raw JSON of jobDocument (AWS sends an object over MQTT; anything is handed on as it
  /// is), or empty when it was left out.
  std::string_view document;
};

/// start-next/accepted, {job}/get/accepted, and notify-next.
struct ExecutionReply {
  std::string_view client_token;  ///< Raw text between its quotes; our tokens have no escapes.
  std::int64_t timestamp = 0;
  Execution execution;
};
Result<ExecutionReply> DecodeExecution(std::string_view payload);

/// executionState of an update reply or of a rejection; status kUnknown when absent.
struct ExecutionState {
  ExecutionStatus status = ExecutionStatus::kUnknown;
  std::string_view status_details;
  std::int64_t version_number = 0;
};

/// {job}/update/accepted.
struct UpdateReply {
  std::string_view client_token;
  std::int64_t timestamp = 0;
  ExecutionState state;
  std::string_view document;
};
Result<UpdateReply> DecodeUpdate(std::string_view payload);

/// The `code` of a rejection, in AWS's words.
enum class ErrorCode : std::uint8_t {
  kUnknown,  ///< Absent, or a word this version does not know.
  kInvalidTopic,
  kInvalidJson,
  kInvalidRequest,
  kInvalidStateTransition,
  kResourceNotFound,
  kVersionMismatch,
  kInternalError,
  kRequestThrottled,
  kTerminalStateReached,
};
/// "InvalidTopic", ...; empty for kUnknown.
std::string_view ErrorCodeText(ErrorCode code);

/// Any .../rejected.
struct Rejection {
  ErrorCode code = ErrorCode::kUnknown;
  std::string_view code_text;  ///< As it stands; for the log.
  std::string_view message;    ///< Raw text between its quotes, escapes unresolved; for the log.
  std::string_view client_token;
  std::int64_t timestamp = 0;
  ExecutionState state;
};
Result<Rejection> DecodeRejection(std::string_view payload);

/// One entry of a list of executions.
struct ExecutionSummary {
  std::string_view job_id;
  std::int64_t queued_at = 0;
  std::int64_t started_at = 0;
  std::int64_t last_updated_at = 0;
  std::int64_t version_number = 0;
  std::int64_t execution_number = 0;
};

/// get/accepted. AWS lists at most 15 entries in all; what does not fit the two spans is
/// counted, not stored. An entry without a job id is passed over.
struct PendingReply {
  std::string_view client_token;
  std::int64_t timestamp = 0;
  std::size_t in_progress_count = 0;  ///< Of all that were listed, stored or not.
  std::size_t queued_count = 0;
};
Result<PendingReply> DecodePending(std::string_view payload,
                                   std::span<ExecutionSummary> in_progress,
                                   std::span<ExecutionSummary> queued);

/// notify: the same lists, under `jobs` by status. Other statuses than these two do not
/// occur there and are passed over.
Result<PendingReply> DecodeNotify(std::string_view payload, std::span<ExecutionSummary> in_progress,
                                  std::span<ExecutionSummary> queued);

}  // namespace fieldwork::jobs
