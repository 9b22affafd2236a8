// Names every topic of the AWS IoT Jobs MQTT API: a subject, and for most what became of it.
// The same two lists are read both ways.
#include "device/jobs/topics.h"

#include "device/base/bytes.h"
#include "device/jobs/words.h"
#include "device/json/writer.h"

namespace fieldwork::jobs {
namespace {

constexpr char kHead[] = "$aws/things/";
constexpr char kMiddle[] = "/jobs/";

/// What follows kMiddle; or, from kFirstOfJob on, what follows the job's id behind it. In the
/// order of Topic, where each from kFirstAnswered on stands once for each outcome.
constexpr auto kSubjects =
    PackWords("", "notify", "notify-next", "get", "start-next", "/get", "/update");
constexpr std::size_t kFirstAnswered = 3;
constexpr std::size_t kFirstOfJob = 5;

constexpr auto kOutcomes = PackWords("", "/accepted", "/rejected");
constexpr std::ptrdiff_t kOutcomeSize = sizeof("/accepted") - 1;

struct Parts {
  std::size_t subject;
  std::size_t outcome;
};

constexpr Parts Split(Topic topic) {
  const auto number = static_cast<std::size_t>(topic);
  constexpr auto kAnswered = static_cast<std::size_t>(Topic::kGetPending);
  if (number < kAnswered) return {number + 1, 0};
  return {kFirstAnswered + (number - kAnswered) / 3, (number - kAnswered) % 3};
}

constexpr Topic Join(Parts parts) {
  if (parts.subject < kFirstAnswered) return static_cast<Topic>(parts.subject - 1);
  return static_cast<Topic>(static_cast<std::size_t>(Topic::kGetPending) +
                            3 * (parts.subject - kFirstAnswered) + parts.outcome);
}
static_assert(Join({6, 2}) == Topic::kUpdateRejected);

constexpr bool IsBetween(char c, char first, char last) { return c >= first && c <= last; }

static_assert(':' == '9' + 1);
/// [a-zA-Z0-9_-], and ':' where `last_digit` is ':'.
bool IsName(const char* p, std::size_t size, std::size_t size_max, char last_digit) {
  if (size == 0 || size > size_max) return false;
  for (; size > 0; --size) {
    const char c = *p++;
    if (IsBetween(static_cast<char>(c | 0x20), 'a', 'z')) continue;
    if (!IsBetween(c, '0', last_digit) && c != '_' && c != '-') return false;
  }
  return true;
}

bool IsPlaceOfJob(const char* job, std::size_t size) {
  return IsJobId({job, size}) || (size == kNextJob.size() && AreEqual(job, kNextJob.data(), size));
}

/// Past `part`, if that is what stands at `p`; else null.
const char* Skip(const char* p, const char* end, const char* part, std::size_t size) {
  if (static_cast<std::size_t>(end - p) < size || !AreEqual(p, part, size)) return nullptr;
  return p + size;
}

/// Past everything before this very thing's jobs; null when `text` is not about them.
const char* SkipThing(std::string_view text, const char* end, std::string_view thing) {
  const char* p = Skip(text.data(), end, kHead, sizeof(kHead) - 1);
  if (p != nullptr) p = Skip(p, end, thing.data(), thing.size());
  if (p != nullptr) p = Skip(p, end, kMiddle, sizeof(kMiddle) - 1);
  return p;
}

std::size_t FindSubject(const char* p, const char* end) {
  return FindWord(kSubjects.data(), p, static_cast<std::size_t>(end - p));
}

}  // namespace

bool IsThingName(std::string_view name) {
  return IsName(name.data(), name.size(), kMaxThingName, ':');
}
bool IsJobId(std::string_view id) { return IsName(id.data(), id.size(), kMaxJobId, '9'); }

Result<std::string_view> FormatTopic(Topic topic, std::string_view thing, std::string_view job,
                                     std::span<char> out) {
  const Parts parts = Split(topic);
  if (!IsThingName(thing)) return Status::kBadArgument;
  json::TextWriter text(out);
  text.Append(kHead, sizeof(kHead) - 1);
  text.Append(thing);
  text.Append(kMiddle, sizeof(kMiddle) - 1);
  if (parts.subject >= kFirstOfJob) {
    const bool is_any = job.size() == 1 && job.front() == '+' && parts.outcome != 0;
    if (!is_any && !IsPlaceOfJob(job.data(), job.size())) return Status::kBadArgument;
    text.Append(job);
  }
  text.Append(Word(SkipWords(kSubjects.data(), parts.subject)));
  text.Append(Word(SkipWords(kOutcomes.data(), parts.outcome)));
  return text.Finish();
}

Result<ParsedTopic> ParseTopic(std::string_view text, std::string_view thing) {
  const char* end = text.data() + text.size();
  const char* p = SkipThing(text, end, thing);
  if (p == nullptr) return Status::kNotFound;
  Parts parts{0, 0};
  if (end - p >= kOutcomeSize) {
    parts.outcome = FindWord(kOutcomes.data(), end - kOutcomeSize, kOutcomeSize);
    if (parts.outcome != 0) end -= kOutcomeSize;
  }
  parts.subject = FindSubject(p, end);
  const char* const job = p;
  if (parts.subject == 0 || parts.subject >= kFirstOfJob) {
    while (p != end && *p != '/') ++p;
    parts.subject = FindSubject(p, end);
    if (!IsPlaceOfJob(job, static_cast<std::size_t>(p - job))) parts.subject = 0;
  }
  if (parts.subject == 0 || (parts.subject < kFirstAnswered && parts.outcome != 0)) {
    return Status::kNotFound;
  }
  return ParsedTopic{Join(parts), {job, static_cast<std::size_t>(p - job)}};
}

}  // namespace fieldwork::jobs
