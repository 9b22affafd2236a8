// Decides what a document asks for. One list of keys serves every object on the way, top level,
// action, input and condition: a key known nowhere near it is simply not looked at.
#include "device/handlers/document.h"

#include <array>
#include <limits>

#include "device/base/bytes.h"
#include "device/handlers/name.h"

namespace fieldwork::handlers {
namespace {

using json::Kind;
using json::Value;

// Each key, and a space behind it. The first one is empty: the whole text.
constexpr char kKeys[] =
    " version conditions steps finalStep operation action afr_ota name type input handler args "
    "path command key value includeStdOut ignoreStepFailure allowStdErr runAsUser ";

enum Key : std::uint8_t {  // In the order of kKeys.
  kSelf,
  kVersion,
  kConditions,
  kSteps,
  kFinalStep,
  kOperation,
  kAction,
  kOta,
  kName,
  kType,
  kInput,
  kHandler,
  kArgs,
  kPath,
  kCommand,
  kKey,
  kValue,
  kFirstOption,  // What an object does not say of these, the one around it says.
  kIncludeStdOut = kFirstOption,
  kIgnoreStepFailure,
  kAllowStdErr,
  kRunAsUser,
  kKeyCount,
};

constexpr std::size_t CountSpaces() {
  std::size_t count = 0;
  for (const char c : kKeys) count += c == ' ';
  return count;
}
static_assert(CountSpaces() == kKeyCount);

constexpr std::string_view kReboot = "reboot";
constexpr std::string_view kRebootScript = "reboot.sh";

constexpr char kNotMet[] = "condition-not-met";
constexpr char kNoOperation[] = "no-operation";
constexpr char kMalformed[] = "document-malformed";
constexpr char kStepInvalid[] = "document-step-invalid";
constexpr char kNoCondition[] = "unsupported-condition";

bool IsString(const Value& value) { return value.kind == Kind::kString; }
bool IsPresent(const Value& value) { return !value.raw.empty(); }
bool IsStringOrAbsent(const Value& value) { return IsString(value) || !IsPresent(value); }

// The word, letter by letter.
[[gnu::noinline]] bool Is(const Value& value, const char* word) {
  return json::Equals(value, UpToNul(word));
}

// What stands under the keys in one object.
class Fields {
 public:
  /// Null and the empty string count as absent: that is what is left of a template's parameter
  /// that nobody gave.
  Status Read(std::string_view text);

  const Value& operator[](Key key) const { return values_[key]; }

 private:
  std::array<Value, kKeyCount> values_;
};

[[gnu::noinline]] Status Fields::Read(std::string_view text) {
  std::array<json::Query, kKeyCount> queries;
  const char* end = kKeys;
  for (json::Query& query : queries) {
    const char* const begin = end;
    while (*end != ' ') ++end;
    query.path = {begin, static_cast<std::size_t>(end - begin)};
    ++end;
  }
  FIELDWORK_TRY(json::Find(text, queries));
  for (std::size_t i = 0; i < kKeyCount; ++i) {
    Value value = queries[i].value;
    if (value.kind == Kind::kNull || (IsString(value) && value.raw.size() == 2)) value = {};
    if (i < kFirstOption || IsPresent(value)) values_[i] = value;
  }
  return Status::kOk;
}

// The key that a member of an object stands under.
Value KeyOf(const Value& member, const Value& object) {
  json::Children members(object);
  while (members.Next() && members.value().raw.data() != member.raw.data()) {
  }
  return {Kind::kString, members.key()};
}

// ---- Scalars: false when the value is of a wrong type -----------------------------------

bool ToBool(const Value& value, bool& out) {
  out = value.kind == Kind::kTrue || Is(value, "true");
  return out || !IsPresent(value) || value.kind == Kind::kFalse || Is(value, "false");
}

bool ToLines(const Value& value, std::int32_t& out) {
  if (!IsPresent(value)) return true;
  if (!IsString(value) && value.kind != Kind::kNumber) return false;
  constexpr std::uint32_t kMost = std::numeric_limits<std::int32_t>::max();
  std::uint32_t lines = 0;
  for (const char c : json::Inside(value)) {
    const auto digit = static_cast<std::uint32_t>(c - '0');
    if (digit > 9 || lines > (kMost - digit) / 10) return false;
    lines = lines * 10 + digit;
  }
  out = static_cast<std::int32_t>(lines);
  return true;
}

bool AreStrings(const Value& value) {
  if (!IsString(value) && value.kind != Kind::kArray) return false;
  json::Children strings = StringsOf(value);
  while (strings.Next()) {
    if (!IsString(strings.value())) return false;
  }
  return true;
}

// ---- Conditions --------------------------------------------------------------------------

bool Matches(std::string_view text, const Value& value, bool by_part) {
  std::array<char, kMaxAttributeValue> buffer;
  const auto said = json::Unescape(value, buffer);
  if (!said.ok()) return false;
  return by_part ? Contains(text, *said) : AreEqual(text, *said);
}

bool MatchesOne(std::string_view text, const Value& values, bool by_part) {
  json::Children strings = StringsOf(values);
  while (strings.Next()) {
    if (Matches(text, strings.value(), by_part)) return true;
  }
  return false;
}

// ---- The document ------------------------------------------------------------------------

// Its functions give the reason why not, or null.
class Reader {
 public:
  explicit Reader(std::string_view document);

  const char* CheckDocument() const { return why_; }
  const char* CheckConditions(std::span<const Attribute> attributes);
  /// Reads one step after the other until the end, or until `count` of them are read.
  const char* ReadSteps(std::size_t count);

  std::uint8_t steps_read() const { return steps_read_; }
  /// The last one that was read.
  const Step& step() const { return step_; }
  /// What the reason is about, if there is such a thing.
  std::string_view blamed() const {
    return blamed_ != nullptr ? json::Inside(*blamed_) : std::string_view{};
  }

 private:
  const char* Open(std::string_view document);
  const char* Enter(const Value& object, const char* otherwise);
  const char* CheckCondition(const Value& condition, std::span<const Attribute> attributes);
  const char* ReadStep(const Value& item);
  const char* ReadAsked();
  const char* ReadAction();
  const char* ReadInput();
  bool ReadOptions();

  // Schema 1.0: steps, and perhaps a final one. The other forms are one step, which the document
  // itself describes.
  bool has_steps() const { return IsPresent(top_[kSteps]) || IsPresent(top_[kFinalStep]); }

  // The small ones first: that is shorter code on Cortex-M.
  std::uint8_t steps_read_ = 0;
  const Value* blamed_ = nullptr;
  Step step_;
  Fields at_;  // Of the object at hand.
  Fields top_;
  const char* const why_;
};

[[gnu::noinline]] Reader::Reader(std::string_view document) : why_(Open(document)) {}

const char* Reader::Open(std::string_view document) {
  const Status status = top_.Read(document);
  if (status == Status::kTooLarge) return "document-too-deep";
  if (status != Status::kOk) return kMalformed;
  if (top_[kSelf].kind != Kind::kObject) return "document-not-object";
  if (!has_steps()) return nullptr;
  if (IsPresent(top_[kVersion]) && !Is(top_[kVersion], "1.0")) {
    blamed_ = &top_[kVersion];
    return "unsupported-version";
  }
  const bool is_list = !IsPresent(top_[kSteps]) || top_[kSteps].kind == Kind::kArray;
  return is_list ? nullptr : kStepInvalid;
}

// Reads the fields of `object`, if it is one.
const char* Reader::Enter(const Value& object, const char* otherwise) {
  if (object.kind != Kind::kObject) return otherwise;
  return at_.Read(object.raw) == Status::kOk ? nullptr : kMalformed;
}

const char* Reader::CheckConditions(std::span<const Attribute> attributes) {
  const Value& conditions = top_[kConditions];
  const char* why = nullptr;
  if (IsPresent(conditions) && conditions.kind != Kind::kArray) why = kNoCondition;
  json::Children each(conditions);
  while (why == nullptr && each.Next()) why = CheckCondition(each.value(), attributes);
  return why;
}

const char* Reader::CheckCondition(const Value& condition, std::span<const Attribute> attributes) {
  blamed_ = nullptr;
  if (const char* why = Enter(condition, kNoCondition)) return why;
  const Value& type = at_[kType];
  const bool by_part = Is(type, "stringContains");
  const bool is_known = by_part || !IsPresent(type) || Is(type, "stringEqual");
  blamed_ = &at_[is_known ? kKey : kType];
  if (!is_known || !IsString(at_[kKey]) || !AreStrings(at_[kValue])) return kNoCondition;
  for (const Attribute& attribute : attributes) {
    if (json::Equals(at_[kKey], attribute.key) &&
        MatchesOne(attribute.value, at_[kValue], by_part)) {
      return nullptr;
    }
  }
  return kNotMet;
}

[[gnu::noinline]] const char* Reader::ReadSteps(std::size_t count) {
  json::Children steps(top_[kSteps]);
  for (bool is_last = false; !is_last && steps_read_ != count; ++steps_read_) {
    is_last = !steps.Next();
    const Value& last = top_[has_steps() ? kFinalStep : kSelf];
    const Value item = is_last ? last : steps.value();
    blamed_ = nullptr;
    if (!IsPresent(item)) break;
    if (steps_read_ == kMaxSteps) return "document-too-many-steps";
    if (const char* why = ReadStep(item)) return why;
  }
  return steps_read_ != 0 ? nullptr : kNoOperation;
}

const char* Reader::ReadStep(const Value& item) {
  at_ = top_;
  step_ = {};
  step_.input = item;
  if (const char* why = Enter(item, kStepInvalid)) return why;
  if (const char* why = ReadAsked()) return why;
  blamed_ = &step_.name;
  if (!IsString(step_.name) || !ReadOptions()) return kStepInvalid;
  const bool is_reboot = IsWord(step_.name, kReboot);
  if (!is_reboot && step_.kind != StepKind::kAction) {
    if (const char* why = ReadInput()) return why;
  }
  if (is_reboot || IsWord(step_.handler, kReboot) || IsWord(step_.handler, kRebootScript)) {
    step_.kind = StepKind::kReboot;
  }
  return nullptr;
}

// Kind, name and input.
const char* Reader::ReadAsked() {
  const Value& action = at_[kAction];
  if (has_steps()) return ReadAction();
  if (IsPresent(at_[kOperation])) {
    step_.kind = StepKind::kHandler;
    step_.name = at_[kOperation];
    return nullptr;
  }
  if (action.kind == Kind::kObject) return ReadAction();
  step_.name = action;
  if (IsPresent(action)) return nullptr;
  const Value& ota = at_[kOta];
  if (!IsPresent(ota)) return kNoOperation;
  step_.name = KeyOf(ota, step_.input);
  blamed_ = &step_.name;
  step_.input = ota;
  return ota.kind == Kind::kObject ? nullptr : kStepInvalid;
}

const char* Reader::ReadAction() {
  if (const char* why = Enter(at_[kAction], kStepInvalid)) return why;
  step_.name = at_[kName];
  step_.input = at_[kInput];
  const Value& type = at_[kType];
  if (!IsPresent(type)) return nullptr;
  step_.kind = Is(type, "runHandler") ? StepKind::kHandler : StepKind::kCommand;
  if (step_.kind == StepKind::kHandler || Is(type, "runCommand")) return nullptr;
  blamed_ = &type;
  return "unsupported-step";
}

bool Reader::ReadOptions() {
  step_.run_as_user = at_[kRunAsUser];
  return IsStringOrAbsent(step_.run_as_user) &&
         ToBool(at_[kIgnoreStepFailure], step_.ignore_failure) &&
         ToBool(at_[kIncludeStdOut], step_.include_stdout) &&
         ToLines(at_[kAllowStdErr], step_.stderr_lines_max);
}

// What a handler or a command needs. The older form has it beside the operation, and its input is
// the whole document.
const char* Reader::ReadInput() {
  const bool is_older = step_.input.raw.data() == top_[kSelf].raw.data();
  if (!is_older) {
    if (const char* why = Enter(step_.input, kStepInvalid)) return why;
  }
  if (step_.kind == StepKind::kCommand) {
    step_.command = at_[kCommand];
    return IsString(step_.command) ? nullptr : kStepInvalid;
  }
  step_.handler = at_[is_older ? kOperation : kHandler];
  step_.path = at_[kPath];
  step_.args = at_[kArgs];
  const bool is_sound = IsString(step_.handler) && IsStringOrAbsent(step_.path) &&
                        (!IsPresent(step_.args) || AreStrings(step_.args));
  return is_sound ? nullptr : kStepInvalid;
}

Verdict VerdictOf(const char* reason) {
  if (reason == kNotMet) return Verdict::kNotMet;
  return *reason == 'd' ? Verdict::kInvalid : Verdict::kNoAction;  // document-..., or not.
}

}  // namespace

json::Children StringsOf(json::Value value) {
  // Whatever stands to the left and right of the string passes for the brackets.
  if (IsString(value)) value = {Kind::kArray, {value.raw.data() - 1, value.raw.size() + 2}};
  return json::Children(value);
}

Decision Decide(std::string_view document, std::span<const Attribute> attributes) {
  Reader reader(document);
  const char* why = reader.CheckDocument();
  if (why == nullptr) why = reader.CheckConditions(attributes);
  if (why == nullptr) why = reader.ReadSteps(kMaxSteps + 1);
  if (why == nullptr) return {Verdict::kPlan, "", {}, reader.steps_read()};
  return {VerdictOf(why), why, reader.blamed()};
}

Step StepAt(std::string_view document, std::uint8_t index) {
  Reader reader(document);
  if (reader.CheckDocument() == nullptr) {
    static_cast<void>(reader.ReadSteps(index + std::size_t{1}));
  }
  return reader.step();
}

}  // namespace fieldwork::handlers
