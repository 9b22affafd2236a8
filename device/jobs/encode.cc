// Decides how a request becomes JSON: which fields are sent, in the order of AWS's guide,
// and how a detail is mended so that AWS takes it.
//
// Each request is a table: the key of a field, what it may be, and which member it is.
#include <algorithm>
#include <cstddef>

#include "device/base/check.h"
#include "device/jobs/messages.h"
#include "device/json/writer.h"

namespace fieldwork::jobs {
namespace {

constexpr std::int32_t kNoStepTimeout = -1;
constexpr std::int32_t kMaxStepTimeoutMinutes = 10080;

constexpr std::uint32_t kReplacement = 0xFFFD;

/// Takes one character off the front of `text`; of an ill-formed one, which counts as
/// kReplacement, a single byte. REQUIRES: `text` is not empty.
std::uint32_t TakeCharacter(std::string_view& text) {
  const auto lead = static_cast<std::uint8_t>(text.front());
  text.remove_prefix(1);
  if (lead < 0x80) return lead;
  if (lead < 0xC2 || lead >= 0xF5) return kReplacement;
  const std::size_t more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  if (text.size() < more) return kReplacement;
  std::uint32_t code = lead & (0x3Fu >> more);
  for (std::size_t i = 0; i < more; ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if ((byte & 0xC0) != 0x80) return kReplacement;
    code = code << 6 | (byte & 0x3Fu);
  }
  // Of two bytes the lead has shown that it is not overlong.
  const bool is_overlong = more > 1 && code < 1u << (5 * more + 1);
  const bool is_surrogate = code >> 11 == 0xD800 >> 11;
  if (is_overlong || is_surrogate || code > 0x10FFFF) return kReplacement;
  text.remove_prefix(more);
  return code;
}

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

enum class Type : std::uint8_t {
  kStatus,       ///< ExecutionStatus, one that a device may report.
  kDetails,      ///< std::span<const Detail>; none: not sent.
  kNumber,       ///< std::int64_t, not negative; 0: not sent.
  kStepTimeout,  ///< std::int32_t; 0: not sent.
  kToken,        ///< std::string_view; empty: not sent.
  kOnlyTrue,     ///< bool, sent when it is true.
  kOnlyFalse,    ///< bool, sent when it is false.
};

struct Field {
  const char* key;
  Type type;
  std::uint8_t offset;  ///< Of the member in the request.
};

bool MayReport(ExecutionStatus status) {
  return status == ExecutionStatus::kInProgress || status == ExecutionStatus::kSucceeded ||
         status == ExecutionStatus::kFailed || status == ExecutionStatus::kRejected;
}

/// Legal keys, no more than may be, and no key twice: which one AWS would keep is unknown.
bool AreLegal(std::span<const Detail> details) {
  static_assert(kMaxDetailKey == kMaxThingName, "and of the same characters");
  if (details.size() > kMaxDetails) return false;
  for (std::size_t i = 0; i < details.size(); ++i) {
    if (!IsThingName(details[i].key)) return false;
    for (std::size_t j = 0; j < i; ++j) {
      if (details[j].key == details[i].key) return false;
    }
  }
  return true;
}

/// One request while it is written. What is wrong or does not fit is remembered until
/// Finish(). json::Writer writes the scalars; the object around them is written here, since
/// a string that is mended is written in pieces, and that writer only knows whole ones.
class Message {
 public:
  explicit Message(std::span<char> out) : out_(out) {}

  /// `member` is what the type says that it is.
  void Add(const char* key, Type type, const void* member);
  Result<std::string_view> Finish();

 private:
  void AddNumber(const char* key, std::int64_t value, std::int64_t least);
  void AddDetails(const char* key, std::span<const Detail> details);
  void Key(std::string_view key);
  void String(std::string_view text);
  void MendedString(std::string_view text);
  void Prolong(std::string_view text);
  void EndObject();
  void Append(std::string_view json);
  void Adopt(const json::Writer& writer);
  void Require(bool condition) { legal_ = legal_ && condition; }

  std::span<char> out_;
  std::size_t size_ = 0;
  char separator_ = '{';  // What goes before the next key.
  bool overflow_ = false;
  bool legal_ = true;
};

void Message::Add(const char* key, Type type, const void* member) {
  switch (type) {
    case Type::kStatus: {
      const auto status = *static_cast<const ExecutionStatus*>(member);
      Require(MayReport(status));
      Key(key);
      return String(StatusText(status));
    }
    case Type::kDetails:
      return AddDetails(key, *static_cast<const std::span<const Detail>*>(member));
    case Type::kNumber: return AddNumber(key, *static_cast<const std::int64_t*>(member), 1);
    case Type::kStepTimeout: {
      const auto minutes = *static_cast<const std::int32_t*>(member);
      Require(minutes <= kMaxStepTimeoutMinutes);
      return AddNumber(key, minutes, kNoStepTimeout);
    }
    case Type::kToken: {
      const auto token = *static_cast<const std::string_view*>(member);
      Require(token.size() <= kMaxClientToken);
      if (token.empty()) return;
      Key(key);
      return String(token);
    }
    case Type::kOnlyTrue:
    case Type::kOnlyFalse: {
      const bool value = *static_cast<const bool*>(member);
      if (value != (type == Type::kOnlyTrue)) return;
      Key(key);
      return Append(value ? "true" : "false");
    }
  }
}

void Message::AddNumber(const char* key, std::int64_t value, std::int64_t least) {
  if (value == 0) return;
  Require(value >= least);
  Key(key);
  json::Writer writer(out_.subspan(size_));
  writer.Int(value);
  Adopt(writer);
}

void Message::AddDetails(const char* key, std::span<const Detail> details) {
  if (details.empty()) return;
  Require(AreLegal(details));
  Key(key);
  separator_ = '{';
  for (const Detail& detail : details) {
    Key(detail.key);
    MendedString(detail.value);
  }
  EndObject();
}

Result<std::string_view> Message::Finish() {
  EndObject();
  if (!legal_) return Status::kBadArgument;
  if (overflow_) return Status::kNoSpace;
  return std::string_view(out_.data(), size_);
}

/// No key needs an escape: ours do not, and those of details are required not to.
void Message::Key(std::string_view key) {
  const char before[] = {separator_, '"'};
  separator_ = ',';
  Append({before, sizeof(before)});
  Append(key);
  Append("\":");
}

void Message::EndObject() {
  if (separator_ == '{') Append("{");
  separator_ = ',';
  Append("}");
}

void Message::String(std::string_view text) {
  json::Writer writer(out_.subspan(size_));
  writer.String(text);
  Adopt(writer);
}

/// Makes the string just written longer by a space and `text`: another string is written
/// over the closing quote, and where its own quote opens is the place of the space.
void Message::Prolong(std::string_view text) {
  if (overflow_) return;
  const std::size_t quote = --size_;
  FIELDWORK_DCHECK(out_[quote] == '"');
  String(text);
  out_[quote] = ' ';
}

/// Counts what was written behind our own part as ours.
void Message::Adopt(const json::Writer& writer) {
  const auto text = writer.Finish();
  overflow_ = overflow_ || !text.ok();
  if (!overflow_) size_ += text->size();
}

void Message::Append(std::string_view json) {
  overflow_ = overflow_ || json.size() > out_.size() - size_;
  if (overflow_) return;
  std::copy(json.begin(), json.end(), out_.data() + size_);
  size_ += json.size();
}

/// Writes the head of `text` that fits, a space in place of every character that AWS
/// refuses. AWS takes no empty value either, so that one is a space.
void Message::MendedString(std::string_view text) {
  std::size_t room = kMaxDetailValue;  // In units of UTF-16: AWS's characters are not more.
  if (text.empty()) text = " ";
  const char* piece = text.data();
  for (bool is_first = true;;) {
    const char* const at = text.data();
    const std::uint32_t code = text.empty() ? 0 : TakeCharacter(text);
    const std::size_t units = code > 0xFFFF ? 2 : 1;
    const bool is_end = at == text.data() || units > room;
    if (!is_end) room -= units;
    if (!is_end && !IsRefusedByAws(code)) continue;
    const std::string_view whole(piece, static_cast<std::size_t>(at - piece));
    is_first ? String(whole) : Prolong(whole);
    if (is_end) return;
    is_first = false;
    piece = text.data();
  }
}

Result<std::string_view> Encode(const void* request, std::span<const Field> fields,
                                std::span<char> out) {
  Message message(out);
  for (const Field& field : fields) {
    message.Add(field.key, field.type, static_cast<const std::byte*>(request) + field.offset);
  }
  return message.Finish();
}

}  // namespace

Result<std::string_view> Encode(const GetPendingRequest& request, std::span<char> out) {
  static constexpr Field kFields[] = {
      {"clientToken", Type::kToken, offsetof(GetPendingRequest, client_token)},
  };
  return Encode(&request, kFields, out);
}

Result<std::string_view> Encode(const StartNextRequest& request, std::span<char> out) {
  static constexpr Field kFields[] = {
      {"statusDetails", Type::kDetails, offsetof(StartNextRequest, details)},
      {"stepTimeoutInMinutes", Type::kStepTimeout,
       offsetof(StartNextRequest, step_timeout_minutes)},
      {"clientToken", Type::kToken, offsetof(StartNextRequest, client_token)},
  };
  return Encode(&request, kFields, out);
}

Result<std::string_view> Encode(const DescribeRequest& request, std::span<char> out) {
  static constexpr Field kFields[] = {
      {"executionNumber", Type::kNumber, offsetof(DescribeRequest, execution_number)},
      {"includeJobDocument", Type::kOnlyFalse, offsetof(DescribeRequest, include_document)},
      {"clientToken", Type::kToken, offsetof(DescribeRequest, client_token)},
  };
  return Encode(&request, kFields, out);
}

Result<std::string_view> Encode(const UpdateRequest& request, std::span<char> out) {
  static constexpr Field kFields[] = {
      {"status", Type::kStatus, offsetof(UpdateRequest, status)},
      {"statusDetails", Type::kDetails, offsetof(UpdateRequest, details)},
      {"expectedVersion", Type::kNumber, offsetof(UpdateRequest, expected_version)},
      {"executionNumber", Type::kNumber, offsetof(UpdateRequest, execution_number)},
      {"includeJobExecutionState", Type::kOnlyTrue, offsetof(UpdateRequest, include_state)},
      {"includeJobDocument", Type::kOnlyTrue, offsetof(UpdateRequest, include_document)},
      {"stepTimeoutInMinutes", Type::kStepTimeout, offsetof(UpdateRequest, step_timeout_minutes)},
      {"clientToken", Type::kToken, offsetof(UpdateRequest, client_token)},
  };
  return Encode(&request, kFields, out);
}

}  // namespace fieldwork::jobs
