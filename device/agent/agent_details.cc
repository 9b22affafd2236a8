// What statusDetails say: the same keys everywhere (docs/job-documents.md).
#include <algorithm>

#include "device/agent/agent.h"

namespace fieldwork::agent {

using handlers::StepEnd;

namespace {

// An update around its details, and a PUBLISH around that, with the longest names there are.
constexpr std::size_t kUpdateBytes = 176;
constexpr std::size_t kPublishBytes = 256 + kUpdateBytes;

/// A number as text: every value of statusDetails is a string.
class Decimal {
 public:
  explicit Decimal(std::int32_t value) { Prepend(value); }
  /// "2/3".
  Decimal(std::uint8_t number, std::uint8_t count) {
    Prepend(count);
    text_[--begin_] = '/';
    Prepend(number);
  }
  std::string_view view() const { return {text_.data() + begin_, text_.size() - begin_}; }

 private:
  void Prepend(std::int32_t value) {
    auto rest = static_cast<std::uint32_t>(value < 0 ? -std::int64_t{value} : value);
    do {
      text_[--begin_] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    if (value < 0) text_[--begin_] = '-';
  }

  std::array<char, 11> text_;
  std::size_t begin_ = 11;
};

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
  void Add(std::string_view key, std::string_view value) {
    if (!value.empty()) list_[count_++] = {key, value};
  }
  std::span<const jobs::Detail> all() const { return std::span(list_).first(count_); }

 private:
  std::array<jobs::Detail, jobs::kMaxDetails> list_;
  std::size_t count_ = 0;
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
  const Running& at = running();
  const Decimal number(static_cast<std::uint8_t>(at.step + 1), at.step_count);
  const Decimal percent(percent_.value_or(0));
  const Decimal attempt(at.attempts + 1);
  Details details;
  details.Add("step", StepName(name));
  if (at.step_count > 1) details.Add("stepNumber", number.view());
  if (percent_) details.Add("percent", percent.view());
  if (reboot_waits_) details.Add("attempt", attempt.view());
  return TextOf(jobs::EncodeDetails(details.all(), out));
}

/// Those of a final status. What does not fit loses its output first, then all but the reason.
std::string_view Agent::FinalDetails(const Ending& ending, std::span<char> out) const {
  std::size_t room = std::min(journal_.details_max(), memory_.document.size());
  room = std::min(room, out.size() - std::min(out.size(), kUpdateBytes));
  room = std::min(room, memory_.send.size() - std::min(memory_.send.size(), kPublishBytes));
  out = out.first(room);

  std::array<char, jobs::kMaxDetailKey> name;
  const Running& at = running();
  const handlers::StepResult* const result = ending.result;
  const Decimal number(static_cast<std::uint8_t>(at.step + 1), at.step_count);
  const Decimal boot_reason(static_cast<std::uint8_t>(boot_.reason));
  const Decimal code(result != nullptr ? result->code : 0);
  for (std::size_t output = jobs::kMaxDetailValue;; output /= 2) {
    Details details;
    details.Add("reason", ending.reason);
    details.Add("name", ending.name);
    if (ending.after_boot) details.Add("bootReason", boot_reason.view());
    if (at_hand_) {
      details.Add("step", StepName(name));
      if (at.step_count > 1) details.Add("stepNumber", number.view());
    }
    if (result != nullptr) {
      if (result->end == StepEnd::kSignaled) details.Add("signal", code.view());
      if (result->end <= StepEnd::kExited) details.Add("exitCode", code.view());
      details.Add("stdout", Tail(result->out, output));
      details.Add("stderr", Tail(result->err, output));
    }
    const auto text = jobs::EncodeDetails(details.all(), out);
    if (text.ok()) return *text;
    if (output == 0) break;
  }
  const jobs::Detail reason{"reason", ending.reason};
  return TextOf(jobs::EncodeDetails({&reason, 1}, out));
}

}  // namespace fieldwork::agent
