// Decides whether text is JSON, and which of its values are asked for: one walk with a bit
// for each open bracket, while every query keeps its own place in its path.
#include "device/json/reader.h"

#include <array>

#include "device/json/scanner.h"

namespace fieldwork::json {
namespace {

// Steps of a path are separated by the first byte of the later one.
constexpr bool BeginsStep(char c) { return c == '.' || c == '['; }

// Where in a path the step ends that stands at `p`, if it is `key`; else null. No step is
// empty.
const char* MatchKey(const char* p, const char* end, std::string_view key) {
  // Most keys differ in their first byte, unless that is written as an escape.
  if (p == end || (*p != key[1] && key[1] != '\\')) return nullptr;
  const char* const step = p;
  while (p != end && !BeginsStep(*p)) ++p;
  const bool is_key = p != step && Says(key.data() + 1, key.data() + key.size() - 1, step, p);
  return is_key ? p : nullptr;
}

// The same for "index]".
const char* MatchIndex(const char* p, const char* end, std::size_t index) {
  const char* const begin = p;
  std::size_t named = 0;
  for (; p != end && *p >= '0' && *p <= '9' && named <= index; ++p) {
    named = named * 10 + static_cast<std::size_t>(*p - '0');
  }
  return p != begin && p != end && *p == ']' && named == index ? p + 1 : nullptr;
}

class Finder {
 public:
  Finder(std::string_view text, Query* queries, Query* queries_end)
      : scanner_(text), queries_(queries), queries_end_(queries_end) {}

  Status Run();

 private:
  [[gnu::noinline]] Status Enter(Kind kind);  // Inside of Run() it would be larger.
  bool Match(Query& query) const;
  Status Open(Kind kind);
  bool Close();
  void Leave();
  bool ReadKey();

  bool in_object() const { return (objects_ & 1) != 0; }

  Scanner scanner_;
  Query* const queries_;
  Query* const queries_end_;
  std::string_view key_;       // Of the value at hand, with its quotes; set in an object.
  std::uint32_t objects_ = 0;  // One bit for each open bracket, the innermost lowest: a brace?
  std::uint32_t depth_ = 0;    // Open brackets.
  // How many values came before the one at hand in each open bracket, and outermost.
  std::array<std::size_t, kMaxDepth + 1> index_;
};
static_assert(kMaxDepth <= 32, "objects_ has a bit for each level");

Status Finder::Run() {
  index_[0] = 0;
  for (;;) {
    const Kind kind = KindOf(scanner_.Token());
    FIELDWORK_TRY(Enter(kind));
    bool is_first = kind <= Kind::kArray;
    if (is_first) {
      FIELDWORK_TRY(Open(kind));
    } else {
      if (!scanner_.Scalar(kind)) return Status::kMalformed;
      Leave();
    }
    while (Close()) is_first = false;
    if (depth_ == 0) break;
    if (!is_first && !scanner_.Take(',')) return Status::kMalformed;
    if (in_object() && !ReadKey()) return Status::kMalformed;
  }
  return scanner_.at_end() ? Status::kOk : Status::kMalformed;
}

// Moves every query whose next step is the value that begins here. Until its end is known, a
// value asked for is an empty view of where it begins.
Status Finder::Enter(Kind kind) {
  for (Query* query = queries_; query != queries_end_; ++query) {
    Query::Progress& at = query->progress;
    if (at.matched != depth_ || !Match(*query)) continue;
    if (at.reached > depth_) return Status::kMalformed;
    at.matched = at.reached = static_cast<std::uint8_t>(depth_ + 1);
    if (at.offset == query->path.size()) {
      query->value = {kind, scanner_.Since(scanner_.place())};
    }
  }
  ++index_[depth_];
  return Status::kOk;
}

// Takes the next step in the path of `query`, if it is the value that begins here.
bool Finder::Match(Query& query) const {
  if (depth_ == 0) return true;  // Every path begins at the outermost value.
  const char* const path = query.path.data();
  const char* p = path + query.progress.offset;
  const char* const end = path + query.path.size();
  if (!in_object() || depth_ > 1) {
    if (p == end || *p++ != (in_object() ? '.' : '[')) return false;
  }
  p = in_object() ? MatchKey(p, end, key_) : MatchIndex(p, end, index_[depth_]);
  if (p == nullptr) return false;
  query.progress.offset = static_cast<std::uint8_t>(p - path);
  return true;
}

// A value ended: the queries that asked for it have it, and all that stand on it step back out
// of it.
void Finder::Leave() {
  for (Query* query = queries_; query != queries_end_; ++query) {
    Query::Progress& at = query->progress;
    if (at.matched != depth_ + 1) continue;
    if (at.offset == query->path.size()) {
      query->value.raw = scanner_.Since(query->value.raw.data());
      query->found = true;
    }
    --at.matched;
    while (at.offset > 0 && !BeginsStep(query->path[--at.offset])) {
    }
  }
}

Status Finder::Open(Kind kind) {
  if (depth_ == kMaxDepth) return Status::kTooLarge;
  index_[++depth_] = 0;
  objects_ = objects_ << 1 | (kind == Kind::kObject ? 1u : 0u);
  scanner_.Skip();
  return Status::kOk;
}

// Past the bracket that closes here, if one does.
bool Finder::Close() {
  const char token = scanner_.Token();
  if (depth_ == 0 || token != (in_object() ? '}' : ']')) return false;
  scanner_.Skip();
  objects_ >>= 1;
  --depth_;
  Leave();
  return true;
}

bool Finder::ReadKey() {
  scanner_.Token();
  const char* const begin = scanner_.place();
  if (!scanner_.String()) return false;
  key_ = scanner_.Since(begin);
  scanner_.Token();
  return scanner_.Take(':');
}

// What is left of a validated number or word.
constexpr bool IsScalarByte(char c) { return c > ' ' && c != ',' && c != ']' && c != '}'; }

// Past a value of validated text; false where none begins or it does not end.
bool SkipValue(Scanner& scanner, Kind kind) {
  if (kind == Kind::kString) return scanner.String();
  if (kind > Kind::kString) {
    const char* const begin = scanner.place();
    while (IsScalarByte(scanner.Peek())) scanner.Skip();
    return scanner.place() != begin;
  }
  std::size_t depth = 0;
  while (!scanner.at_end()) {
    const char c = scanner.Peek();
    if (c == '"') {
      if (!scanner.String()) return false;
      continue;
    }
    scanner.Skip();
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return true;
  }
  return false;
}

}  // namespace

Status Find(std::string_view text, std::span<Query> queries) {
  Query* const end = queries.data() + queries.size();
  Status status = Status::kOk;
  for (Query* query = queries.data(); query != end; ++query) {
    if (query->path.size() > kMaxPathSize) status = Status::kBadArgument;
    *query = {.path = query->path};
  }
  if (status == Status::kOk) status = Finder(text, queries.data(), end).Run();
  if (status == Status::kOk) return status;
  for (Query* query = queries.data(); query != end; ++query) query->found = false;
  return status;
}

Status Validate(std::string_view text) { return Find(text, {}); }

Children::Children(Value parent) : has_keys_(parent.kind == Kind::kObject) {
  if (parent.kind > Kind::kArray || parent.raw.size() < 2) return;
  rest_ = {parent.raw.data() + 1, parent.raw.size() - 2};
}

bool Children::Next() {
  Scanner scanner(rest_);
  rest_ = {};
  scanner.Token();
  scanner.Take(',');
  if (has_keys_) {
    scanner.Token();
    const char* const key = scanner.place();
    if (!scanner.String()) return false;
    key_ = scanner.Since(key);
    scanner.Token();
    if (!scanner.Take(':')) return false;
  }
  const Kind kind = KindOf(scanner.Token());
  const char* const begin = scanner.place();
  if (!SkipValue(scanner, kind)) return false;
  value_ = {kind, scanner.Since(begin)};
  rest_ = scanner.rest();
  return true;
}

}  // namespace fieldwork::json
