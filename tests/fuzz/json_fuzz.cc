// Any bytes as JSON: nothing crashes, every view lies inside the text, and independent ways
// to the same answer agree.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "device/json/reader.h"
#include "device/json/writer.h"
#include "tests/fuzz/require.h"

namespace {

using fieldwork::Status;
using namespace fieldwork::json;

bool Inside(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

// The string says the same after it was read, written and read again.
void CheckString(Value value) {
  std::vector<char> said(value.raw.size());
  const auto first = Unescape(value, said);
  REQUIRE(first.ok());
  REQUIRE(Equals(value, *first));

  std::vector<char> memory(6 * first->size() + 2);
  Writer writer(memory);
  writer.String(*first);
  const auto written = writer.Finish();
  REQUIRE(written.ok());
  REQUIRE(Validate(*written) == Status::kOk);

  std::vector<char> said_again(written->size());
  const auto second = Unescape({Kind::kString, *written}, said_again);
  REQUIRE(second.ok());
  REQUIRE(*second == *first);
}

void CheckNumber(Value value) {
  const auto number = ToInt64(value);
  REQUIRE(number.status() != Status::kBadArgument);
  if (number.ok() && value.raw != "-0") REQUIRE(std::to_string(*number) == value.raw);
}

// Writes `value` anew, piece by piece.
void Copy(Value value, Writer& writer) {
  if (value.kind == Kind::kString) {
    std::vector<char> said(value.raw.size());
    writer.String(*Unescape(value, said));
    return;
  }
  if (value.kind != Kind::kObject && value.kind != Kind::kArray) return writer.Raw(value.raw);
  const bool object = value.kind == Kind::kObject;
  object ? writer.BeginObject() : writer.BeginArray();
  Children children(value);
  while (children.Next()) {
    if (object) {
      std::vector<char> said(children.key().size());
      writer.Key(*Unescape({Kind::kString, children.key()}, said));
    }
    Copy(children.value(), writer);
  }
  object ? writer.EndObject() : writer.EndArray();
}

// Every value stands inside its parent and is JSON by itself. Collects the paths that name
// something, and a few that may not.
void Walk(Value value, const std::string& path, std::vector<std::string>& paths) {
  if (paths.size() < 40 && path.size() <= kMaxPathSize) paths.push_back(path);
  REQUIRE(Validate(value.raw) == Status::kOk);
  if (value.kind == Kind::kString) CheckString(value);
  if (value.kind == Kind::kNumber) CheckNumber(value);
  Children children(value);
  for (std::size_t index = 0; children.Next(); ++index) {
    REQUIRE(Inside(children.value().raw, value.raw));
    std::string step = "[" + std::to_string(index) + "]";
    if (value.kind == Kind::kObject) {
      REQUIRE(Inside(children.key(), value.raw));
      const Value key{Kind::kString, children.key()};
      CheckString(key);
      std::vector<char> said(key.raw.size());
      step = (path.empty() ? "" : ".") + std::string(*Unescape(key, said));
    }
    Walk(children.value(), path + step, paths);
  }
}

struct Answer {
  Status status = Status::kOk;
  bool found = false;
  Value value{};
};

// The next step of `path`, taken off its front: the name of a member or, with brackets, the
// number of an element. Empty when there is none.
std::string_view TakeStep(std::string_view& path, bool outermost) {
  if (!outermost && path.starts_with('.')) {
    path.remove_prefix(1);
    if (path.starts_with('[')) return {};
  } else if (!outermost && !path.starts_with('[')) {
    return {};
  }
  std::size_t size = path.find_first_of(".[", 1);
  if (path.starts_with('.')) size = 0;
  const std::string_view step = path.substr(0, size);
  path.remove_prefix(step.size());
  return step;
}

// What Find() must answer, the slow way: one level at a time, all members looked at.
Answer FindSlowly(Value root, std::string_view path) {
  Value here = root;
  for (bool outermost = true; !path.empty(); outermost = false) {
    const std::string_view step = TakeStep(path, outermost);
    if (step.empty()) return {};
    const bool by_index = step.front() == '[';
    if (here.kind != (by_index ? Kind::kArray : Kind::kObject)) return {};
    Value next;
    int matches = 0;
    Children children(here);
    for (std::size_t index = 0; children.Next(); ++index) {
      const bool match = by_index ? step == "[" + std::to_string(index) + "]"
                                  : Equals({Kind::kString, children.key()}, step);
      if (!match) continue;
      next = children.value();
      ++matches;
    }
    if (matches == 0) return {};
    if (matches > 1) return {.status = Status::kMalformed};
    here = next;
  }
  return {.found = true, .value = here};
}

// Leading zeros of an index are the one form that both ways may read differently.
bool HasPaddedIndex(std::string_view path) {
  for (std::size_t i = 0; i + 2 < path.size(); ++i) {
    if (path[i] == '[' && path[i + 1] == '0' && path[i + 2] != ']') return true;
  }
  return false;
}

void CheckQueries(std::string_view text, Value root, std::span<const std::string> paths) {
  std::vector<Query> queries;
  for (const std::string& path : paths) {
    if (HasPaddedIndex(path)) continue;
    Query query{.path = path};
    const Answer expected = FindSlowly(root, path);
    REQUIRE(Find(text, {&query, 1}) == expected.status);
    REQUIRE(query.found == expected.found);
    if (!query.found) continue;
    REQUIRE(query.value.raw.data() == expected.value.raw.data());
    REQUIRE(query.value.raw.size() == expected.value.raw.size());
    REQUIRE(query.value.kind == expected.value.kind);
    queries.push_back(query);
  }
  // All together they find what each found alone.
  std::vector<Query> together = queries;
  REQUIRE(Find(text, together) == Status::kOk);
  for (std::size_t i = 0; i < queries.size(); ++i) {
    REQUIRE(together[i].found);
    REQUIRE(together[i].value.raw.data() == queries[i].value.raw.data());
    REQUIRE(together[i].value.raw.size() == queries[i].value.raw.size());
  }
}

void CheckAccepted(std::string_view text) {
  Query all{.path = ""};
  REQUIRE(Find(text, {&all, 1}) == Status::kOk);
  REQUIRE(all.found && Inside(all.value.raw, text));
  std::vector<std::string> paths = {"execution.jobId", "a", "a.b", "[0]", "a[1].b",
                                    "steps[0].action"};
  Walk(all.value, "", paths);
  paths.emplace_back(text.substr(0, kMaxPathSize));
  CheckQueries(text, all.value, paths);

  std::vector<char> memory(6 * text.size() + 2);
  Writer writer(memory);
  Copy(all.value, writer);
  const auto copy = writer.Finish();
  REQUIRE(copy.ok());
  REQUIRE(Validate(*copy) == Status::kOk);
}

// Text that nobody validated, handed over against the contract: no crash, nothing outside.
void CheckUnvalidated(std::string_view text) {
  std::vector<char> out(text.size());
  for (const Kind kind : {Kind::kObject, Kind::kArray, Kind::kString, Kind::kNumber}) {
    Children children({kind, text});
    while (children.Next()) {
      REQUIRE(Inside(children.value().raw, text));
      if (kind == Kind::kObject) REQUIRE(Inside(children.key(), text));
    }
    static_cast<void>(Equals({kind, text}, text));
    static_cast<void>(Unescape({kind, text}, out));
    static_cast<void>(ToInt64({kind, text}));
  }
}

// Whatever text a string is written from, the result is JSON.
void CheckWriter(std::string_view text) {
  std::vector<char> memory(6 * text.size() + 2);
  Writer writer(memory);
  writer.String(text);
  const auto written = writer.Finish();
  REQUIRE(written.ok());
  REQUIRE(Validate(*written) == Status::kOk);

  Writer cramped(std::span<char>(memory).first(text.size() / 2));
  cramped.BeginArray();
  cramped.String(text);
  cramped.EndArray();
  REQUIRE(cramped.Finish().status() == Status::kNoSpace);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  // A copy of exactly this size, so that the sanitizer sees a look past its end.
  const std::vector<char> exact(data, data + size);
  const std::string_view text(exact.data(), exact.size());
  Query query{.path = "execution.jobId"};
  const Status found = Find(text, {&query, 1});
  if (query.found) REQUIRE(found == Status::kOk && Inside(query.value.raw, text));
  const Status valid = Validate(text);
  if (valid == Status::kOk) {
    CheckAccepted(text);
  } else {
    REQUIRE(found != Status::kOk && !query.found);
  }
  CheckUnvalidated(text);
  CheckWriter(text);
  return 0;
}
