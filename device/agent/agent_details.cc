// What statusDetails say: the same keys everywhere (docs/job-documents.md).
#include <algorithm>

#include "device/agent/agent.h"

namespace fieldwork::agent {

using handlers::StepEnd;

namespace {

// An update around its details, and a PUBLISH around that, with the longest names there are.
constexpr std::size_t kUpdateBytes = 176;
constexpr std::size_t kPublishBytes = 256 + kUpdateBytes;

/// The end of `text`, at most `size` bytes, from the beginning of a character on.
std::string_view Tail(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  text.remove_prefix(text.size() - size);
  while (!text.empty() && (static_cast<std::uint8_t>(text.front()) & 0xC0) == 0x80) {
    text.remove_prefix(1);
  }
  return text;
}

std::string_view TextOf(const Result<std::string_view>& text) {
  return text.ok() ? *text : std::string_view();
}

/// Up to AWS's number of pairs.
class Details {
 public:
  /// An empty value is none.
  [[gnu::noinline]] void Add(const char* key, std::string_view value) {
    if (!value.empty()) list_[count_++] = {UpToNul(key), value};
  }
  /// A number as text: every value of statusDetails is a string.
  [[gnu::noinline]] void AddNumber(const char* key, std::int32_t number) {
    const char* const end = digits_;
    Prepend(number);
    Add(key, {digits_, static_cast<std::size_t>(end - digits_)});
  }
  /// Where the job is: the step, and "2/3" when there are several.
  void AddStep(std::string_view name, const Running& at) {
    Add("step", name);
    if (at.step_count < 2) return;
    const char* const end = digits_;
    Prepend(at.step_count);
    *--digits_ = '/';
    Prepend(at.step + 1);
    Add("stepNumber", {digits_, static_cast<std::size_t>(end - digits_)});
  }

  std::size_t count() const { return count_; }
  void KeepFirst(std::size_t count) { count_ = count; }
  Result<std::string_view> Encode(std::span<char> out) const {
    return jobs::EncodeDetails(std::span(list_).first(count_), out);
  }

 private:
  void Prepend(std::int32_t number) {
    auto rest = static_cast<std::uint32_t>(number < 0 ? -std::int64_t{number} : number);
    do {
      *--digits_ = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    if (number < 0) *--digits_ = '-';
  }

  std::array<jobs::Detail, jobs::kMaxDetails> list_;
  std::size_t count_ = 0;
  std::array<char, 32> text_;  // "64/64", and two numbers more.
  char* digits_ = text_.data() + text_.size();
};

}  // namespace

std::span<char> Agent::payload() const {
  return {reinterpret_cast<char*>(memory_.payload.data()), memory_.payload.size()};
}

/// The name of the step, its escapes resolved where there is room for them.
std::string_view Agent::StepName(std::span<char> out) const {
  if (document_size_ == 0) return {};
  const json::Value name = CurrentStep().name;
  const auto text = json::Unescape(name, out);
  return text.ok() ? *text : std::string_view(name.raw.data(), out.size());
}

std::string_view Agent::ProgressDetails(std::span<char> out) const {
  std::array<char, jobs::kMaxDetailKey> name;
  Details details;
  details.AddStep(StepName(name), running());
  if (percent_) details.AddNumber("percent", *percent_);
  if (reboot_waits_) details.AddNumber("attempt", running().attempts + 1);
  return TextOf(details.Encode(out));
}

/// Those of a final status. What does not fit loses its output first, then all but the reason.
std::string_view Agent::FinalDetails(const Ending& ending, std::span<char> out) const {
  std::size_t room = std::min(journal_.details_max(), memory_.document.size());
  room = std::min(room, out.size() - std::min(out.size(), kUpdateBytes));
  room = std::min(room, memory_.send.size() - std::min(memory_.send.size(), kPublishBytes));
  out = out.first(room);

  std::array<char, jobs::kMaxDetailKey> name;
  const handlers::StepResult* const result = ending.result;
  Details details;
  details.Add("reason", ending.reason);
  details.Add("name", ending.name);
  if (ending.after_boot) details.AddNumber("bootReason", static_cast<std::uint8_t>(boot_.reason));
  if (at_hand_) details.AddStep(StepName(name), running());
  if (result != nullptr) {
    if (result->end == StepEnd::kSignaled) details.AddNumber("signal", result->code);
    if (result->end <= StepEnd::kExited) details.AddNumber("exitCode", result->code);
  }
  const std::size_t count = details.count();
  for (std::size_t output = jobs::kMaxDetailValue;; output /= 2) {
    if (result != nullptr) {
      details.Add("stdout", Tail(result->out, output));
      details.Add("stderr", Tail(result->err, output));
    }
    const auto text = details.Encode(out);
    if (text.ok()) return *text;
    if (output == 0) break;
    details.KeepFirst(count);
  }
  const jobs::Detail reason{"reason", ending.reason};
  return TextOf(jobs::EncodeDetails({&reason, 1}, out));
}

}  // namespace fieldwork::agent
