// Decides how a request becomes JSON: which fields are sent, in the order of AWS's guide,
// and how a detail is mended so that AWS takes it.
//
// Plain calls and no table: where a program is optimised as a whole, the fields that it never
// sends cost it nothing.
#include <cstddef>
#include <cstdint>

#include "device/base/bytes.h"
#include "device/base/utf8.h"
#include "device/jobs/messages.h"
#include "device/jobs/words.h"
#include "device/json/writer.h"

namespace fieldwork::jobs {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::int32_t kNoStepTimeout = -1;
constexpr std::int32_t kMaxStepTimeoutMinutes = 10080;

constexpr std::uint32_t kReplacement = 0xFFFD;  // For ill-formed bytes, as json::Writer does.

/// AWS's pattern of a value is [^\p{C}]+, and output of programs does hold such characters:
/// escapes of a terminal, joined emoji, icons from private use. Those not assigned yet, which
/// differ with the version of Unicode, and those of rare scripts are not in this list.
bool IsRefusedByAws(std::uint32_t code) {
  struct Range {
    std::uint16_t first, last;
  };
  static constexpr Range kRanges[] = {
      {0x0000, 0x001F}, {0x007F, 0x009F}, {0x00AD, 0x00AD}, {0x0600, 0x0605}, {0x061C, 0x061C},
      {0x180E, 0x180E}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x206F}, {0xE000, 0xF8FF},
      {0xFDD0, 0xFDEF}, {0xFEFF, 0xFEFF}, {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF},
  };
  for (const Range& range : kRanges) {
    if (code <= range.last) return code >= range.first;
  }
  return code >= 0xE0000;
}

bool MayReport(ExecutionStatus status) {
  return status == ExecutionStatus::kInProgress || status == ExecutionStatus::kSucceeded ||
         status == ExecutionStatus::kFailed || status == ExecutionStatus::kRejected;
}

/// Legal keys, no more than may be, and no key twice: which one AWS would keep is unknown.
bool AreLegal(std::span<const Detail> details) {
  static_assert(kMaxDetailKey == kMaxThingName, "and of the same characters");
  if (details.size() > kMaxDetails) return false;
  for (const Detail& detail : details) {
    const std::string_view key = detail.key;
    if (!IsThingName(key)) return false;
    for (const Detail* other = details.data(); other != &detail; ++other) {
      if (AreEqual(other->key, key)) return false;
    }
  }
  return true;
}

/// Writes the head of `text` that fits, a space in place of every character that AWS
/// refuses. AWS takes no empty value either, so that one is a space.
void WriteMended(json::Writer& writer, std::string_view text) {
  std::size_t room = kMaxDetailValue;  // In units of UTF-16: AWS's characters are not more.
  const char* p = text.data();
  const char* const end = p + text.size();
  writer.BeginString();
  if (text.empty()) writer.Characters(" "sv);
  while (p != end) {
    std::uint32_t code = 0;
    const char* next = ScanUtf8(p, end, code);
    if (next == nullptr) {
      next = p + 1;
      code = kReplacement;
    }
    const std::size_t units = code > 0xFFFF ? 2 : 1;
    if (units > room) break;
    room -= units;
    writer.Characters(
        IsRefusedByAws(code) ? " "sv : std::string_view(p, static_cast<std::size_t>(next - p)));
    p = next;
  }
  writer.EndString();
}

void WriteObject(json::Writer& writer, std::span<const Detail> details) {
  writer.BeginObject();
  for (const Detail& detail : details) {
    writer.Key(detail.key);
    WriteMended(writer, detail.value);
  }
  writer.EndObject();
}

/// One request while it is written. What is wrong is remembered until Finish().
class Message {
 public:
  explicit Message(std::span<char> out);

  void Status(ExecutionStatus status) {
    Require(MayReport(status));
    Key("status");
    writer_.String(StatusText(status));
  }
  /// None: not sent.
  void Details(std::span<const Detail> details) {
    if (!details.empty()) WriteDetails(details);
  }
  void DetailsJson(std::string_view json) {
    if (json.empty()) return;
    Key("statusDetails");
    writer_.Raw(json);
  }
  /// 0: not sent.
  void Number(const char* key, std::int64_t number) {
    Require(number >= 0);
    if (number != 0) WriteNumber(key, number);
  }
  /// 0: not sent.
  void StepTimeout(std::int32_t minutes) {
    Require(minutes >= kNoStepTimeout && minutes <= kMaxStepTimeoutMinutes);
    if (minutes != 0) WriteNumber("stepTimeoutInMinutes", minutes);
  }
  void Bool(const char* key, bool value) {
    Key(key);
    writer_.Bool(value);
  }
  /// Empty: not sent.
  void Token(std::string_view token) {
    Require(token.size() <= kMaxClientToken);
    if (!token.empty()) WriteToken(token);
  }
  Result<std::string_view> Finish();

 private:
  void Key(const char* key) { writer_.PlainKey(key); }
  void WriteDetails(std::span<const Detail> details);
  void WriteNumber(const char* key, std::int64_t number);
  void WriteToken(std::string_view token);
  void Require(bool condition) {
    if (!condition) is_legal_ = false;
  }

  json::Writer writer_;
  bool is_legal_ = true;
};

Message::Message(std::span<char> out) : writer_(out) { writer_.BeginObject(); }

Result<std::string_view> Message::Finish() {
  writer_.EndObject();
  if (!is_legal_) return fieldwork::Status::kBadArgument;
  return writer_.Finish();
}

void Message::WriteDetails(std::span<const Detail> details) {
  Require(AreLegal(details));
  Key("statusDetails");
  WriteObject(writer_, details);
}

void Message::WriteNumber(const char* key, std::int64_t number) {
  Key(key);
  writer_.Int(number);
}

void Message::WriteToken(std::string_view token) {
  Key("clientToken");
  writer_.String(token);
}

}  // namespace

Result<std::string_view> Encode(const GetPendingRequest& request, std::span<char> out) {
  Message message(out);
  message.Token(request.client_token);
  return message.Finish();
}

Result<std::string_view> Encode(const StartNextRequest& request, std::span<char> out) {
  Message message(out);
  message.Details(request.details);
  message.StepTimeout(request.step_timeout_minutes);
  message.Token(request.client_token);
  return message.Finish();
}

Result<std::string_view> Encode(const DescribeRequest& request, std::span<char> out) {
  Message message(out);
  message.Number("executionNumber", request.execution_number);
  if (!request.include_document) message.Bool("includeJobDocument", false);
  message.Token(request.client_token);
  return message.Finish();
}

Result<std::string_view> Encode(const UpdateRequest& request, std::span<char> out) {
  Message message(out);
  message.Status(request.status);
  message.Details(request.details);
  message.DetailsJson(request.details_json);
  message.Number("expectedVersion", request.expected_version);
  message.Number("executionNumber", request.execution_number);
  if (request.include_state) message.Bool("includeJobExecutionState", true);
  if (request.include_document) message.Bool("includeJobDocument", true);
  message.StepTimeout(request.step_timeout_minutes);
  message.Token(request.client_token);
  return message.Finish();
}

Result<std::string_view> EncodeDetails(std::span<const Detail> details, std::span<char> out) {
  if (!AreLegal(details)) return fieldwork::Status::kBadArgument;
  json::Writer writer(out);
  WriteObject(writer, details);
  return writer.Finish();
}

}  // namespace fieldwork::jobs
