// Decides what a reply or notification says, and which oddities of it are forgiven.
//
// Each object is a table: the keys that are read, what each may be, and which member it goes
// to. A field that is absent or null leaves its member as it was.
#include <array>
#include <cstddef>
#include <iterator>

#include "device/base/check.h"
#include "device/jobs/fields.h"
#include "device/jobs/messages.h"
#include "device/jobs/words.h"
#include "device/json/reader.h"

namespace fieldwork::jobs {
namespace {

enum class Type : std::uint8_t {
  kText,    ///< A string; std::string_view of what is between its quotes.
  kJobId,   ///< The same, and a legal id.
  kStatus,  ///< A string; ExecutionStatus.
  kNumber,  ///< An integer from 0, or a string of one; std::int64_t.
  kTime,    ///< The same, or with a fraction, or in milliseconds; whole seconds.
  kObject,  ///< An object; std::string_view of it from brace to brace.
  kArray,   ///< An array; json::Value.
  kRaw,     ///< Any value, null too; std::string_view of it.
};

constexpr std::size_t kMaxFields = 10;
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
};
static_assert(std::size(kKinds) == static_cast<std::size_t>(Type::kRaw) + 1);

/// `member` is what the type says that it is.
Status Store(Type type, const json::Value& value, void* member) {
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
  }
  return Status::kOk;
}

/// Fills the struct at `reply` as the table tells.
Status Decode(std::string_view object, const char* table, void* reply) {
  std::array<json::Query, 1 + kMaxFields> queries;  // The first is of the whole.
  std::size_t count = 1;
  for (FieldIterator<Type> field(table); !field.at_end(); field.Next()) {
    FIELDWORK_DCHECK(count < queries.size());
    queries[count++].path = field.key();
  }
  FIELDWORK_TRY(json::Find(object, {queries.data(), count}));
  if (queries[0].value.kind != json::Kind::kObject) return Status::kMalformed;
  const json::Query* query = queries.data();
  for (FieldIterator<Type> field(table); !field.at_end(); field.Next()) {
    ++query;
    if (!query->found) continue;
    void* const member = static_cast<std::byte*>(reply) + field.offset();
    FIELDWORK_TRY(Store(field.type(), query->value, member));
  }
  return Status::kOk;
}

/// The same for an object that may not be there.
Status DecodeInner(std::string_view object, const char* table, void* reply) {
  return object.empty() ? Status::kOk : Decode(object, table, reply);
}

/// In the order of ErrorCode.
constexpr auto kErrorCodes =
    PackWords("", "InvalidTopic", "InvalidJson", "InvalidRequest", "InvalidStateTransition",
              "ResourceNotFound", "VersionMismatch", "InternalError", "RequestThrottled",
              "TerminalStateReached");

constexpr auto kState =
    PackFields(Field("status", Type::kStatus, offsetof(ExecutionState, status)),
               Field("statusDetails", Type::kObject, offsetof(ExecutionState, status_details)),
               Field("versionNumber", Type::kNumber, offsetof(ExecutionState, version_number)));

/// Entries without a job id name nothing and are passed over.
Result<std::size_t> DecodeList(json::Value list, std::span<ExecutionSummary> out) {
  static constexpr auto kTable = PackFields(
      Field("jobId", Type::kJobId, offsetof(ExecutionSummary, job_id)),
      Field("queuedAt", Type::kTime, offsetof(ExecutionSummary, queued_at)),
      Field("startedAt", Type::kTime, offsetof(ExecutionSummary, started_at)),
      Field("lastUpdatedAt", Type::kTime, offsetof(ExecutionSummary, last_updated_at)),
      Field("versionNumber", Type::kNumber, offsetof(ExecutionSummary, version_number)),
      Field("executionNumber", Type::kNumber, offsetof(ExecutionSummary, execution_number)));
  std::size_t count = 0;
  json::Children entries(list);
  while (entries.Next()) {
    ExecutionSummary summary;
    FIELDWORK_TRY(Decode(entries.value().raw, kTable.data(), &summary));
    if (summary.job_id.empty()) continue;
    if (count < out.size()) out[count] = summary;
    ++count;
  }
  return count;
}

struct Lists {
  std::string_view client_token;
  std::int64_t timestamp = 0;
  std::string_view jobs;  ///< Of a notification, where the lists are one level further in.
  json::Value in_progress;
  json::Value queued;
};

Result<PendingReply> DecodeLists(const Lists& lists, std::span<ExecutionSummary> in_progress,
                                 std::span<ExecutionSummary> queued) {
  PendingReply reply{.client_token = lists.client_token, .timestamp = lists.timestamp};
  FIELDWORK_ASSIGN_OR_RETURN(reply.in_progress_count, DecodeList(lists.in_progress, in_progress));
  FIELDWORK_ASSIGN_OR_RETURN(reply.queued_count, DecodeList(lists.queued, queued));
  return reply;
}

}  // namespace

std::string_view ErrorCodeText(ErrorCode code) {
  return Word(SkipWords(kErrorCodes.data(), static_cast<std::size_t>(code)));
}

Result<ExecutionReply> DecodeExecution(std::string_view payload) {
  struct Outer {
    ExecutionReply reply;
    std::string_view execution;
  } outer;
  static constexpr auto kOuter =
      PackFields(Field("clientToken", Type::kText, offsetof(ExecutionReply, client_token)),
                 Field("timestamp", Type::kTime, offsetof(ExecutionReply, timestamp)),
                 Field("execution", Type::kObject, offsetof(Outer, execution)));
  static constexpr auto kExecution =
      PackFields(Field("jobId", Type::kJobId, offsetof(Execution, job_id)),
                 Field("status", Type::kStatus, offsetof(Execution, status)),
                 Field("statusDetails", Type::kObject, offsetof(Execution, status_details)),
                 Field("queuedAt", Type::kTime, offsetof(Execution, queued_at)),
                 Field("startedAt", Type::kTime, offsetof(Execution, started_at)),
                 Field("lastUpdatedAt", Type::kTime, offsetof(Execution, last_updated_at)),
                 Field("versionNumber", Type::kNumber, offsetof(Execution, version_number)),
                 Field("executionNumber", Type::kNumber, offsetof(Execution, execution_number)),
                 Field("approximateSecondsBeforeTimedOut", Type::kNumber,
                       offsetof(Execution, seconds_before_timeout)),
                 Field("jobDocument", Type::kRaw, offsetof(Execution, document)));
  Status status = Decode(payload, kOuter.data(), &outer);
  if (status == Status::kOk) {
    status = DecodeInner(outer.execution, kExecution.data(), &outer.reply.execution);
  }
  if (status != Status::kOk) return status;
  return outer.reply;
}

Result<UpdateReply> DecodeUpdate(std::string_view payload) {
  struct Outer {
    UpdateReply reply;
    std::string_view state;
  } outer;
  static constexpr auto kOuter =
      PackFields(Field("clientToken", Type::kText, offsetof(UpdateReply, client_token)),
                 Field("timestamp", Type::kTime, offsetof(UpdateReply, timestamp)),
                 Field("executionState", Type::kObject, offsetof(Outer, state)),
                 Field("jobDocument", Type::kRaw, offsetof(UpdateReply, document)));
  FIELDWORK_TRY(Decode(payload, kOuter.data(), &outer));
  FIELDWORK_TRY(DecodeInner(outer.state, kState.data(), &outer.reply.state));
  return outer.reply;
}

Result<Rejection> DecodeRejection(std::string_view payload) {
  struct Outer {
    Rejection rejection;
    std::string_view state;
  } outer;
  static constexpr auto kOuter =
      PackFields(Field("code", Type::kText, offsetof(Rejection, code_text)),
                 Field("message", Type::kText, offsetof(Rejection, message)),
                 Field("clientToken", Type::kText, offsetof(Rejection, client_token)),
                 Field("timestamp", Type::kTime, offsetof(Rejection, timestamp)),
                 Field("executionState", Type::kObject, offsetof(Outer, state)));
  FIELDWORK_TRY(Decode(payload, kOuter.data(), &outer));
  FIELDWORK_TRY(DecodeInner(outer.state, kState.data(), &outer.rejection.state));
  outer.rejection.code = static_cast<ErrorCode>(FindWord(
      kErrorCodes.data(), outer.rejection.code_text.data(), outer.rejection.code_text.size()));
  return outer.rejection;
}

Result<PendingReply> DecodePending(std::string_view payload,
                                   std::span<ExecutionSummary> in_progress,
                                   std::span<ExecutionSummary> queued) {
  static constexpr auto kTable =
      PackFields(Field("clientToken", Type::kText, offsetof(Lists, client_token)),
                 Field("timestamp", Type::kTime, offsetof(Lists, timestamp)),
                 Field("inProgressJobs", Type::kArray, offsetof(Lists, in_progress)),
                 Field("queuedJobs", Type::kArray, offsetof(Lists, queued)));
  Lists lists;
  FIELDWORK_TRY(Decode(payload, kTable.data(), &lists));
  return DecodeLists(lists, in_progress, queued);
}

Result<PendingReply> DecodeNotify(std::string_view payload, std::span<ExecutionSummary> in_progress,
                                  std::span<ExecutionSummary> queued) {
  static constexpr auto kOuter =
      PackFields(Field("timestamp", Type::kTime, offsetof(Lists, timestamp)),
                 Field("jobs", Type::kObject, offsetof(Lists, jobs)));
  static constexpr auto kJobs =
      PackFields(Field("IN_PROGRESS", Type::kArray, offsetof(Lists, in_progress)),
                 Field("QUEUED", Type::kArray, offsetof(Lists, queued)));
  Lists lists;
  FIELDWORK_TRY(Decode(payload, kOuter.data(), &lists));
  FIELDWORK_TRY(DecodeInner(lists.jobs, kJobs.data(), &lists));
  return DecodeLists(lists, in_progress, queued);
}

}  // namespace fieldwork::jobs
