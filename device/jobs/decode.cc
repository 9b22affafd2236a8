// Decides what a reply or notification says, and which oddities of it are forgiven.
//
// Each message is a table: where a field stands in the JSON, what it may be, and which
// member it goes to. A field that is absent or null leaves its member as it was.
#include <array>
#include <cstddef>
#include <iterator>

#include "device/base/check.h"
#include "device/jobs/messages.h"
#include "device/json/reader.h"

namespace fieldwork::jobs {
namespace {

enum class Type : std::uint8_t {
  kText,     ///< A string; std::string_view of what is between its quotes.
  kJobId,    ///< The same, and a legal id.
  kStatus,   ///< A string; ExecutionStatus.
  kNumber,   ///< An integer from 0, or a string of one; std::int64_t.
  kTime,     ///< The same, or with a fraction, or in milliseconds; whole seconds.
  kObject,   ///< An object; std::string_view of it from brace to brace.
  kArray,    ///< An array; json::Value.
  kRaw,      ///< Any value, null too; std::string_view of it.
  kNothing,  ///< An object; nothing. Its members have entries of their own.
};

struct Field {
  const char* path;
  Type type;
  std::uint8_t offset;  ///< Of the member in the struct that the table fills.
};

constexpr std::size_t kMaxFields = 13;
/// Digits of a time in milliseconds, from 2001 to 2286; in seconds it has three fewer.
constexpr std::ptrdiff_t kMillisecondDigits = 13;
/// Of the largest number of 63 bits; as many nines fit 64.
constexpr std::ptrdiff_t kMaxDigits = 19;

const char* SkipDigits(const char* p, const char* end) {
  while (p != end && *p >= '0' && *p <= '9') ++p;
  return p;
}

/// A negative number, which no field of a reply means, is read as 0: nothing known of a
/// version or a point in time, over of a time that is left.
Status ReadNumber(std::string_view text, bool is_time, std::int64_t& number) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* p = SkipDigits(begin, end);
  std::ptrdiff_t digits = p - begin;
  if (digits == 0 || digits > kMaxDigits) return Status::kMalformed;
  if (is_time && p != end && *p == '.') p = SkipDigits(p + 1, end);
  if (p != end) return Status::kMalformed;

  if (is_time && digits == kMillisecondDigits) digits -= 3;
  std::uint64_t value = 0;
  for (std::ptrdiff_t i = 0; i < digits; ++i) {
    value = value * 10 + static_cast<std::uint64_t>(begin[i] - '0');
  }
  if (value > INT64_MAX) return Status::kMalformed;
  number = negative ? 0 : static_cast<std::int64_t>(value);
  return Status::kOk;
}

constexpr unsigned Bit(json::Kind kind) { return 1u << static_cast<unsigned>(kind); }

/// The kinds of value that each type may be, in the order of Type.
constexpr std::uint8_t kKinds[] = {
    Bit(json::Kind::kString),
    Bit(json::Kind::kString),
    Bit(json::Kind::kString),
    Bit(json::Kind::kString) | Bit(json::Kind::kNumber),
    Bit(json::Kind::kString) | Bit(json::Kind::kNumber),
    Bit(json::Kind::kObject),
    Bit(json::Kind::kArray),
    0xFF,
    Bit(json::Kind::kObject),
};
static_assert(std::size(kKinds) == static_cast<std::size_t>(Type::kNothing) + 1);

/// `member` is what the type says that it is.
Status Store(Type type, json::Value value, void* member) {
  if (type != Type::kRaw && value.kind == json::Kind::kNull) return Status::kOk;
  if ((kKinds[static_cast<std::size_t>(type)] & Bit(value.kind)) == 0) return Status::kMalformed;
  std::string_view text = value.raw;
  if (type < Type::kObject && value.kind == json::Kind::kString) {
    text = {text.data() + 1, text.size() - 2};
  }
  switch (type) {
    case Type::kJobId:
      if (!IsJobId(text)) return Status::kMalformed;
      [[fallthrough]];
    case Type::kText:
    case Type::kObject:
    case Type::kRaw: *static_cast<std::string_view*>(member) = text; break;
    case Type::kStatus: *static_cast<ExecutionStatus*>(member) = ParseStatus(text); break;
    case Type::kNumber:
    case Type::kTime:
      return ReadNumber(text, type == Type::kTime, *static_cast<std::int64_t*>(member));
    case Type::kArray: *static_cast<json::Value*>(member) = value; break;
    case Type::kNothing: break;
  }
  return Status::kOk;
}

/// Fills the struct at `reply` as `fields` tells.
Status Decode(std::string_view object, std::span<const Field> fields, void* reply) {
  std::array<json::Query, kMaxFields> memory{};
  FIELDWORK_DCHECK(fields.size() <= memory.size());
  const auto queries = std::span(memory).first(fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) queries[i].path = fields[i].path;
  FIELDWORK_TRY(json::Find(object, queries));
  const char* first = object.data();
  while (*first <= ' ') ++first;  // It is JSON, so it does not end here.
  if (*first != '{') return Status::kMalformed;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!queries[i].found) continue;
    void* const member = static_cast<std::byte*>(reply) + fields[i].offset;
    FIELDWORK_TRY(Store(fields[i].type, queries[i].value, member));
  }
  return Status::kOk;
}

ErrorCode ParseErrorCode(std::string_view text) {
  static constexpr const char* kTexts[] = {
      "InvalidTopic",           "InvalidJson",      "InvalidRequest",
      "InvalidStateTransition", "ResourceNotFound", "VersionMismatch",
      "InternalError",          "RequestThrottled", "TerminalStateReached",
  };
  static_assert(std::size(kTexts) == static_cast<std::size_t>(ErrorCode::kTerminalStateReached));
  for (std::size_t i = 0; i < std::size(kTexts); ++i) {
    if (text == kTexts[i]) return static_cast<ErrorCode>(i + 1);
  }
  return ErrorCode::kUnknown;
}

/// Entries without a job id name nothing and are passed over.
Result<std::size_t> DecodeList(json::Value list, std::span<ExecutionSummary> out) {
  static constexpr Field kFields[] = {
      {"jobId", Type::kJobId, offsetof(ExecutionSummary, job_id)},
      {"queuedAt", Type::kTime, offsetof(ExecutionSummary, queued_at)},
      {"startedAt", Type::kTime, offsetof(ExecutionSummary, started_at)},
      {"lastUpdatedAt", Type::kTime, offsetof(ExecutionSummary, last_updated_at)},
      {"versionNumber", Type::kNumber, offsetof(ExecutionSummary, version_number)},
      {"executionNumber", Type::kNumber, offsetof(ExecutionSummary, execution_number)},
  };
  std::size_t count = 0;
  json::Children entries(list);
  while (entries.Next()) {
    ExecutionSummary summary;
    FIELDWORK_TRY(Decode(entries.value().raw, kFields, &summary));
    if (summary.job_id.empty()) continue;
    if (count < out.size()) out[count] = summary;
    ++count;
  }
  return count;
}

struct Lists {
  std::string_view client_token;
  std::int64_t timestamp = 0;
  json::Value in_progress;
  json::Value queued;
};

Result<PendingReply> DecodeLists(std::string_view payload, std::span<const Field> fields,
                                 std::span<ExecutionSummary> in_progress,
                                 std::span<ExecutionSummary> queued) {
  Lists lists;
  FIELDWORK_TRY(Decode(payload, fields, &lists));
  PendingReply reply;
  reply.client_token = lists.client_token;
  reply.timestamp = lists.timestamp;
  FIELDWORK_ASSIGN_OR_RETURN(reply.in_progress_count, DecodeList(lists.in_progress, in_progress));
  FIELDWORK_ASSIGN_OR_RETURN(reply.queued_count, DecodeList(lists.queued, queued));
  return reply;
}

}  // namespace

Result<ExecutionReply> DecodeExecution(std::string_view payload) {
  constexpr std::size_t kAt = offsetof(ExecutionReply, execution);
  static constexpr Field kFields[] = {
      {"clientToken", Type::kText, offsetof(ExecutionReply, client_token)},
      {"timestamp", Type::kTime, offsetof(ExecutionReply, timestamp)},
      {"execution", Type::kNothing, 0},
      {"execution.jobId", Type::kJobId, kAt + offsetof(Execution, job_id)},
      {"execution.status", Type::kStatus, kAt + offsetof(Execution, status)},
      {"execution.statusDetails", Type::kObject, kAt + offsetof(Execution, status_details)},
      {"execution.queuedAt", Type::kTime, kAt + offsetof(Execution, queued_at)},
      {"execution.startedAt", Type::kTime, kAt + offsetof(Execution, started_at)},
      {"execution.lastUpdatedAt", Type::kTime, kAt + offsetof(Execution, last_updated_at)},
      {"execution.versionNumber", Type::kNumber, kAt + offsetof(Execution, version_number)},
      {"execution.executionNumber", Type::kNumber, kAt + offsetof(Execution, execution_number)},
      {"execution.approximateSecondsBeforeTimedOut", Type::kTime,
       kAt + offsetof(Execution, seconds_before_timeout)},
      {"execution.jobDocument", Type::kRaw, kAt + offsetof(Execution, document)},
  };
  ExecutionReply reply;
  FIELDWORK_TRY(Decode(payload, kFields, &reply));
  return reply;
}

Result<UpdateReply> DecodeUpdate(std::string_view payload) {
  constexpr std::size_t kAt = offsetof(UpdateReply, state);
  static constexpr Field kFields[] = {
      {"clientToken", Type::kText, offsetof(UpdateReply, client_token)},
      {"timestamp", Type::kTime, offsetof(UpdateReply, timestamp)},
      {"executionState", Type::kNothing, 0},
      {"executionState.status", Type::kStatus, kAt + offsetof(ExecutionState, status)},
      {"executionState.statusDetails", Type::kObject,
       kAt + offsetof(ExecutionState, status_details)},
      {"executionState.versionNumber", Type::kNumber,
       kAt + offsetof(ExecutionState, version_number)},
      {"jobDocument", Type::kRaw, offsetof(UpdateReply, document)},
  };
  UpdateReply reply;
  FIELDWORK_TRY(Decode(payload, kFields, &reply));
  return reply;
}

Result<Rejection> DecodeRejection(std::string_view payload) {
  constexpr std::size_t kAt = offsetof(Rejection, state);
  static constexpr Field kFields[] = {
      {"code", Type::kText, offsetof(Rejection, code_text)},
      {"message", Type::kText, offsetof(Rejection, message)},
      {"clientToken", Type::kText, offsetof(Rejection, client_token)},
      {"timestamp", Type::kTime, offsetof(Rejection, timestamp)},
      {"executionState", Type::kNothing, 0},
      {"executionState.status", Type::kStatus, kAt + offsetof(ExecutionState, status)},
      {"executionState.statusDetails", Type::kObject,
       kAt + offsetof(ExecutionState, status_details)},
      {"executionState.versionNumber", Type::kNumber,
       kAt + offsetof(ExecutionState, version_number)},
  };
  Rejection rejection;
  FIELDWORK_TRY(Decode(payload, kFields, &rejection));
  rejection.code = ParseErrorCode(rejection.code_text);
  return rejection;
}

Result<PendingReply> DecodePending(std::string_view payload,
                                   std::span<ExecutionSummary> in_progress,
                                   std::span<ExecutionSummary> queued) {
  static constexpr Field kFields[] = {
      {"clientToken", Type::kText, offsetof(Lists, client_token)},
      {"timestamp", Type::kTime, offsetof(Lists, timestamp)},
      {"inProgressJobs", Type::kArray, offsetof(Lists, in_progress)},
      {"queuedJobs", Type::kArray, offsetof(Lists, queued)},
  };
  return DecodeLists(payload, kFields, in_progress, queued);
}

Result<PendingReply> DecodeNotify(std::string_view payload, std::span<ExecutionSummary> in_progress,
                                  std::span<ExecutionSummary> queued) {
  static constexpr Field kFields[] = {
      {"timestamp", Type::kTime, offsetof(Lists, timestamp)},
      {"jobs", Type::kNothing, 0},
      {"jobs.IN_PROGRESS", Type::kArray, offsetof(Lists, in_progress)},
      {"jobs.QUEUED", Type::kArray, offsetof(Lists, queued)},
  };
  return DecodeLists(payload, kFields, in_progress, queued);
}

}  // namespace fieldwork::jobs
