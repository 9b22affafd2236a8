// Decides whether text is JSON, and which of its values are asked for: one walk with a bit
// for each open bracket, while every query keeps its own place in its path.
#include "device/json/reader.h"

#include <array>
#include <limits>

#include "device/json/scanner.h"

namespace fieldwork::json {
namespace {

// Steps of a path are separated by the first byte of the later one.
constexpr bool BeginsStep(char c) { return c == '.' || c == '['; }

// How many bytes of `rest` the step ".key" takes ("key" in the outermost object), 0 when
// its first step is another.
std::size_t MatchKey(std::string_view rest, bool outermost, std::string_view key) {
  std::size_t at = 0;
  if (!outermost && (rest.empty() || rest[at++] != '.')) return 0;
  // Most keys differ in their first byte, unless that is written as an escape.
  if (at == rest.size() || (rest[at] != key[1] && key[1] != '\\')) return 0;
  const std::size_t begin = at;
  ResolvedBytes bytes(key);
  for (char byte; bytes.Next(byte); ++at) {
    if (at == rest.size() || byte != rest[at] || BeginsStep(byte)) return 0;
  }
  if (at == begin) return 0;
  return at == rest.size() || BeginsStep(rest[at]) ? at : 0;
}

// The same for the step "[index]".
std::size_t MatchIndex(std::string_view rest, std::size_t index) {
  if (rest.empty() || rest[0] != '[') return 0;
  std::size_t at = 1;
  std::size_t named = 0;
  for (; at < rest.size() && rest[at] >= '0' && rest[at] <= '9' && named <= index; ++at) {
    named = named * 10 + static_cast<std::size_t>(rest[at] - '0');
  }
  if (at == 1 || at == rest.size() || rest[at] != ']' || named != index) return 0;
  return at + 1;
}

// By the first byte; whatever begins nothing else is a number, and its scanner refuses it.
Kind KindOf(char first) {
  switch (first) {
    case '{': return Kind::kObject;
    case '[': return Kind::kArray;
    case '"': return Kind::kString;
    case 't': return Kind::kTrue;
    case 'f': return Kind::kFalse;
    case 'n': return Kind::kNull;
    default: return Kind::kNumber;
  }
}
// The order that "is it a container?" and "is it a bare word?" below rely on.
static_assert(Kind::kObject < Kind::kArray && Kind::kArray < Kind::kString &&
              Kind::kString < Kind::kNumber);

const char* ScanWord(const char* p, const char* end, std::string_view word) {
  for (const char c : word) {
    if (p == end || *p++ != c) return nullptr;
  }
  return p;
}

const char* ScanScalar(const char* p, const char* end, Kind kind) {
  switch (kind) {
    case Kind::kString: return ScanString(p, end);
    case Kind::kTrue: return ScanWord(p, end, "true");
    case Kind::kFalse: return ScanWord(p, end, "false");
    case Kind::kNull: return ScanWord(p, end, "null");
    default: return ScanNumber(p, end);
  }
}

class Finder {
 public:
  Finder(std::string_view text, std::span<Query> queries)
      : p_(text.data()), end_(text.data() + text.size()), queries_(queries) {}

  Status Run();

 private:
  char Token();
  Status BeginValue();
  Status ToNextValue();
  Status ReadKey();
  Status Descend(std::string_view key);
  void NoteBegin(Kind kind);
  void NoteEnd();

  bool in_object() const { return (objects_ & 1) != 0; }

  const char* p_;
  const char* const end_;
  const std::span<Query> queries_;
  std::uint32_t objects_ = 0;  // One bit for each open bracket, the innermost lowest: a brace?
  std::uint32_t depth_ = 0;    // Open brackets.
  // One more than the most steps that some query matched on the way to here. So a query
  // stands on the value at hand only if this is depth_ + 1, and one may match a member of
  // the innermost bracket only if it is depth_.
  std::uint32_t live_ = 1;
  bool opened_ = false;                         // The byte just read was an opening bracket.
  std::array<std::uint16_t, kMaxDepth> index_;  // Of the next element; set when live.
};
static_assert(kMaxDepth <= 32, "objects_ has a bit for each level");

Status Finder::Run() {
  do {
    FIELDWORK_TRY(BeginValue());
    FIELDWORK_TRY(ToNextValue());
  } while (depth_ > 0);
  Token();
  return p_ == end_ ? Status::kOk : Status::kMalformed;
}

// The next byte that is not white space. At the end a NUL, which no grammar rule takes.
char Finder::Token() {
  if (p_ != end_ && *p_ > ' ') return *p_;  // As nearly always; spares a call.
  p_ = SkipSpace(p_, end_);
  return p_ < end_ ? *p_ : '\0';
}

// Past a scalar or an opening bracket.
Status Finder::BeginValue() {
  const Kind kind = KindOf(Token());
  if (live_ == depth_ + 1) NoteBegin(kind);
  if (kind <= Kind::kArray) {
    if (depth_ == kMaxDepth) return Status::kTooLarge;
    index_[depth_++] = 0;
    objects_ = objects_ << 1 | (kind == Kind::kObject ? 1u : 0u);
    opened_ = true;
    ++p_;
    return Status::kOk;
  }
  p_ = ScanScalar(p_, end_, kind);
  return p_ != nullptr ? Status::kOk : Status::kMalformed;
}

// Past every bracket that closes here, and the comma and the key of what follows.
Status Finder::ToNextValue() {
  for (;; ++p_) {
    if (!opened_) {
      if (live_ == depth_ + 1) NoteEnd();
      if (depth_ == 0) return Status::kOk;
    }
    const char token = Token();
    if (token != (in_object() ? '}' : ']')) {
      if (opened_) break;
      if (token != ',') return Status::kMalformed;
      ++p_;
      break;
    }
    objects_ >>= 1;
    --depth_;
    opened_ = false;
  }
  opened_ = false;
  return in_object() ? ReadKey() : Descend({});
}

Status Finder::ReadKey() {
  Token();
  const char* const begin = p_;
  p_ = ScanString(p_, end_);
  if (p_ == nullptr) return Status::kMalformed;
  FIELDWORK_TRY(Descend({begin, static_cast<std::size_t>(p_ - begin)}));
  if (Token() != ':') return Status::kMalformed;
  ++p_;
  return Status::kOk;
}

// Moves every query whose next step is the coming value: the member `key`, or, without a
// key, the next element.
Status Finder::Descend(std::string_view key) {
  if (live_ != depth_) return Status::kOk;
  std::uint16_t index = 0;
  if (!in_object()) {
    index = index_[depth_ - 1];
    if (index == std::numeric_limits<std::uint16_t>::max()) return Status::kOk;
    ++index_[depth_ - 1];
  }
  for (Query& query : queries_) {
    Query::Progress& at = query.progress;
    if (at.matched + 1u != depth_) continue;
    const std::string_view rest(query.path.data() + at.offset, query.path.size() - at.offset);
    const std::size_t taken =
        in_object() ? MatchKey(rest, depth_ == 1, key) : MatchIndex(rest, index);
    if (taken == 0) continue;
    if (at.reached >= depth_) return Status::kMalformed;
    at.offset = static_cast<std::uint8_t>(at.offset + taken);
    at.matched = at.reached = static_cast<std::uint8_t>(depth_);
    live_ = depth_ + 1;
  }
  return Status::kOk;
}

// Until its end is known, a value asked for is an empty view of where it begins.
void Finder::NoteBegin(Kind kind) {
  for (Query& query : queries_) {
    const Query::Progress& at = query.progress;
    if (at.matched == depth_ && at.offset == query.path.size()) query.value = {kind, {p_, 0}};
  }
}

// A value that queries stand on ended: those that asked for it have it, and all of them
// step back out of it.
void Finder::NoteEnd() {
  for (Query& query : queries_) {
    Query::Progress& at = query.progress;
    if (at.matched != depth_) continue;
    if (at.offset == query.path.size()) {
      const char* const begin = query.value.raw.data();
      query.value.raw = {begin, static_cast<std::size_t>(p_ - begin)};
      query.found = true;
    }
    if (depth_ == 0) continue;
    --at.matched;
    do {
      --at.offset;
    } while (at.offset > 0 && !BeginsStep(query.path[at.offset]));
  }
  live_ = depth_;
}

// What is left of a validated number or word.
constexpr bool IsScalarByte(char c) { return c > ' ' && c != ',' && c != ']' && c != '}'; }

// The end of a value, or null where none begins or it does not end.
const char* SkipValue(const char* p, const char* end, Kind kind) {
  if (kind == Kind::kString) return ScanString(p, end);
  if (kind > Kind::kString) {
    const char* const begin = p;
    while (p < end && IsScalarByte(*p)) ++p;
    return p > begin ? p : nullptr;
  }
  std::size_t depth = 0;
  while (p < end) {
    if (*p == '"') {
      p = ScanString(p, end);
      if (p == nullptr) return nullptr;
      continue;
    }
    if (*p == '{' || *p == '[') ++depth;
    if ((*p == '}' || *p == ']') && --depth == 0) return p + 1;
    ++p;
  }
  return nullptr;
}

}  // namespace

Status Find(std::string_view text, std::span<Query> queries) {
  Status status = Status::kOk;
  for (Query& query : queries) {
    if (query.path.size() > kMaxPathSize) status = Status::kBadArgument;
    query = {.path = query.path};
  }
  if (status == Status::kOk) status = Finder(text, queries).Run();
  if (status == Status::kOk) return status;
  for (Query& query : queries) query.found = false;
  return status;
}

Status Validate(std::string_view text) { return Find(text, {}); }

Children::Children(Value parent) : has_keys_(parent.kind == Kind::kObject) {
  if (parent.kind > Kind::kArray || parent.raw.size() < 2) return;
  rest_ = parent.raw.substr(1, parent.raw.size() - 2);
}

bool Children::Next() {
  const char* p = rest_.data();
  const char* const end = p + rest_.size();
  rest_ = {};
  p = SkipSpace(p, end);
  if (p < end && *p == ',') p = SkipSpace(p + 1, end);
  if (has_keys_) {
    const char* const key = p;
    p = ScanString(p, end);
    if (p == nullptr) return false;
    key_ = {key, static_cast<std::size_t>(p - key)};
    p = SkipSpace(p, end);
    if (p == end || *p != ':') return false;
    p = SkipSpace(p + 1, end);
  }
  if (p == end) return false;
  const char* const begin = p;
  const Kind kind = KindOf(*p);
  p = SkipValue(p, end, kind);
  if (p == nullptr) return false;
  value_ = {kind, {begin, static_cast<std::size_t>(p - begin)}};
  rest_ = {p, static_cast<std::size_t>(end - p)};
  return true;
}

}  // namespace fieldwork::json
