// Names every topic of the AWS IoT Jobs MQTT API: one table of templates, read both ways.
#include "device/jobs/topics.h"

#include <algorithm>
#include <array>

namespace fieldwork::jobs {
namespace {

/// In the order of Topic.
constexpr std::array<std::string_view, 14> kTopics = {
    "$aws/things/{thing}/jobs/notify",
    "$aws/things/{thing}/jobs/notify-next",
    "$aws/things/{thing}/jobs/get",
    "$aws/things/{thing}/jobs/get/accepted",
    "$aws/things/{thing}/jobs/get/rejected",
    "$aws/things/{thing}/jobs/start-next",
    "$aws/things/{thing}/jobs/start-next/accepted",
    "$aws/things/{thing}/jobs/start-next/rejected",
    "$aws/things/{thing}/jobs/{job}/get",
    "$aws/things/{thing}/jobs/{job}/get/accepted",
    "$aws/things/{thing}/jobs/{job}/get/rejected",
    "$aws/things/{thing}/jobs/{job}/update",
    "$aws/things/{thing}/jobs/{job}/update/accepted",
    "$aws/things/{thing}/jobs/{job}/update/rejected",
};
static_assert(kTopics.size() == static_cast<std::size_t>(Topic::kUpdateRejected) + 1);

constexpr std::string_view kHead = "$aws/things/";
constexpr std::string_view kMiddle = "/jobs/";
constexpr std::string_view kJob = "{job}";

/// What of a topic follows kMiddle; or the job's id, if it has one: then it begins with '/'.
constexpr std::string_view TailOf(std::string_view topic) {
  topic.remove_prefix(topic.find(kMiddle) + kMiddle.size());
  if (topic.starts_with(kJob)) topic.remove_prefix(kJob.size());
  return topic;
}

/// The tails are what a program needs to hold: each with its size before it.
constexpr std::size_t kTailsSize = [] {
  std::size_t size = 0;
  for (const std::string_view topic : kTopics) size += 1 + TailOf(topic).size();
  return size;
}();
constexpr std::array<char, kTailsSize> kTails = [] {
  std::array<char, kTailsSize> tails{};
  char* p = tails.data();
  for (const std::string_view topic : kTopics) {
    const std::string_view tail = TailOf(topic);
    *p++ = static_cast<char>(tail.size());
    p = std::copy(tail.begin(), tail.end(), p);
  }
  return tails;
}();

/// Goes through kTails in the order of Topic.
class TailIterator {
 public:
  std::string_view tail() const { return {p_ + 1, static_cast<std::size_t>(*p_)}; }
  bool is_of_job() const { return p_[1] == '/'; }
  void Next() { p_ += 1 + *p_; }

 private:
  const char* p_ = kTails.data();
};

constexpr bool IsBetween(char c, char first, char last) { return c >= first && c <= last; }

static_assert(':' == '9' + 1);
/// [a-zA-Z0-9_-], and ':' where `last_digit` is ':'.
bool IsName(std::string_view text, std::size_t size_max, char last_digit) {
  if (text.empty() || text.size() > size_max) return false;
  for (const char c : text) {
    if (IsBetween(c, 'a', 'z') || IsBetween(c, 'A', 'Z')) continue;
    if (!IsBetween(c, '0', last_digit) && c != '_' && c != '-') return false;
  }
  return true;
}

constexpr bool IsRequest(Topic topic) {
  return topic == Topic::kDescribe || topic == Topic::kUpdate;
}

/// One copy of the comparison, and no call to look at what differs in size.
bool AreEqual(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::char_traits<char>::compare(a.data(), b.data(), a.size()) == 0;
}

bool IsPlaceOfJob(std::string_view job) { return IsJobId(job) || AreEqual(job, kNextJob); }

/// Takes `part` off the front of `text`, if that is how it begins.
bool Consume(std::string_view& text, std::string_view part) {
  if (text.size() < part.size() || !AreEqual({text.data(), part.size()}, part)) return false;
  text.remove_prefix(part.size());
  return true;
}

}  // namespace

bool IsThingName(std::string_view name) { return IsName(name, kMaxThingName, ':'); }
bool IsJobId(std::string_view id) { return IsName(id, kMaxJobId, '9'); }

Result<std::string_view> FormatTopic(Topic topic, std::string_view thing, std::string_view job,
                                     std::span<char> out) {
  TailIterator tails;
  for (auto i = static_cast<std::size_t>(topic); i > 0; --i) tails.Next();
  if (!IsThingName(thing)) return Status::kBadArgument;
  if (!tails.is_of_job()) {
    job = {};
  } else if (!IsPlaceOfJob(job) && (job != "+" || IsRequest(topic))) {
    return Status::kBadArgument;
  }
  std::size_t size = 0;
  for (const std::string_view part : {kHead, thing, kMiddle, job, tails.tail()}) {
    if (part.size() > out.size() - size) return Status::kNoSpace;
    std::copy(part.begin(), part.end(), out.data() + size);
    size += part.size();
  }
  return std::string_view(out.data(), size);
}

Result<ParsedTopic> ParseTopic(std::string_view text, std::string_view thing) {
  if (!Consume(text, kHead) || !Consume(text, thing) || !Consume(text, kMiddle)) {
    return Status::kNotFound;
  }
  const std::string_view job(text.data(), std::min(text.find('/'), text.size()));
  std::string_view after_job = text;
  after_job.remove_prefix(job.size());
  TailIterator tails;
  for (std::size_t i = 0; i < kTopics.size(); ++i, tails.Next()) {
    const bool is_of_job = tails.is_of_job();
    if (!AreEqual(is_of_job ? after_job : text, tails.tail())) continue;
    if (!is_of_job) return ParsedTopic{static_cast<Topic>(i), {}};
    if (!IsPlaceOfJob(job)) break;
    return ParsedTopic{static_cast<Topic>(i), job};
  }
  return Status::kNotFound;
}

}  // namespace fieldwork::jobs
