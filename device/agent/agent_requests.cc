// The agent's requests: what they say, and under which topic they leave.
#include "device/agent/agent.h"
#include "device/jobs/topics.h"

namespace fieldwork::agent {
namespace {

/// A small number as text, for statusDetails, where every value is a string.
class Decimal {
 public:
  explicit Decimal(std::uint8_t value) {
    do {
      text_[--begin_] = static_cast<char>('0' + value % 10);
      value = static_cast<std::uint8_t>(value / 10);
    } while (value != 0);
  }
  std::string_view view() const { return {text_.data() + begin_, text_.size() - begin_}; }

 private:
  std::array<char, 3> text_;
  std::size_t begin_ = 3;
};

/// Eight hexadecimal digits.
void PutHex(char* at, std::uint32_t value) {
  for (int shift = 28; shift >= 0; shift -= 4) *at++ = "0123456789abcdef"[value >> shift & 0xF];
}

}  // namespace

/// Names the request in its reply. The nonce keeps replies to an earlier boot's requests,
/// which a broker may still hold for us, from being taken for ours.
void Agent::NewToken() {
  std::array<char, 20> text{'f', 'w', '-', 0, 0, 0, 0, 0, 0, 0, 0, '-'};
  PutHex(&text[3], nonce_);
  PutHex(&text[12], ++requests_);
  token_.AssignTruncated({text.data(), text.size()});
}

Status Agent::SendSubscribe() {
  static constexpr jobs::Topic kWanted[] = {
      jobs::Topic::kNotifyNext,        jobs::Topic::kStartNextAccepted,
      jobs::Topic::kStartNextRejected, jobs::Topic::kDescribeAccepted,
      jobs::Topic::kDescribeRejected,  jobs::Topic::kUpdateAccepted,
      jobs::Topic::kUpdateRejected};
  constexpr std::size_t kCount = sizeof kWanted / sizeof kWanted[0];
  std::array<std::array<char, jobs::kMaxTopic>, kCount> texts;
  std::array<mqtt::Subscription, kCount> subscriptions;
  const std::size_t count = options_.subscribe_replies ? kCount : 1;
  for (std::size_t i = 0; i < count; ++i) {
    const auto topic = jobs::FormatTopic(kWanted[i], options_.thing, "+", texts[i]);
    if (!topic.ok()) return topic.status();
    subscriptions[i] = {*topic, mqtt::Qos::kAtLeastOnce};
  }
  Tell(event::Subscribing{});
  return session_.Subscribe(std::span(subscriptions).first(count)).status();
}

void Agent::SendStartNext(Instant now) {
  if (ask_later_) {
    ask_later_ = false;
    AskAgainLater(now);
    return;
  }
  notified_ = false;
  const auto payload =
      jobs::Encode(jobs::StartNextRequest{.client_token = token_.view()}, payload_);
  Tell(event::Asking{*payload, first_question_});
  first_question_ = false;
  PublishRequest(now, jobs::Topic::kStartNext, {}, *payload);
}

void Agent::SendDescribe(Instant now, std::string_view job, std::int64_t execution_number,
                         bool include_document) {
  const jobs::DescribeRequest request{.client_token = token_.view(),
                                      .execution_number = execution_number,
                                      .include_document = include_document};
  const auto payload = jobs::Encode(request, payload_);
  PublishRequest(now, jobs::Topic::kDescribe, job, *payload);
}

void Agent::SendUpdate(Instant now) {
  const Decimal attempt(static_cast<std::uint8_t>(work_.attempts + 1));
  const Decimal boot_reason(work_.boot_reason);
  std::array<jobs::Detail, 2> details;
  std::size_t count = 0;
  if (state_ == State::kAnnouncing) {
    details[count++] = {"step", "reboot"};
    details[count++] = {"attempt", attempt.view()};
  } else if (*refusal_ != '\0') {
    details[count++] = {"reason", refusal_};
    if (!refused_name_.empty()) details[count++] = {"name", refused_name_.view()};
  } else if (work_.outcome != Outcome::kNone) {
    details[count++] = {"reason", OutcomeText(work_.outcome)};
    details[count++] = {"bootReason", boot_reason.view()};
  }
  const jobs::UpdateRequest request{
      .status = state_ == State::kAnnouncing ? jobs::ExecutionStatus::kInProgress : work_.status,
      .details = std::span(details).first(plain_report_ ? 0 : count),
      .execution_number = work_.execution_number,
      .client_token = token_.view()};
  const auto payload = jobs::Encode(request, payload_);
  Tell(event::Reporting{work_.job_id.view(), *payload});
  PublishRequest(now, jobs::Topic::kUpdate, work_.job_id.view(), *payload);
}

void Agent::PublishRequest(Instant now, jobs::Topic topic, std::string_view job,
                           std::string_view payload) {
  std::array<char, jobs::kMaxTopic> text;
  const auto name = jobs::FormatTopic(topic, options_.thing, job, text);
  const auto sent = session_.Publish(
      {.topic = *name, .payload = AsBytes(payload), .qos = mqtt::Qos::kAtLeastOnce});
  if (!sent.ok()) {  // The queue is full of what the broker has not acknowledged.
    AskAgainLater(now);
    return;
  }
  const Millis patience = awaiting_reply_ ? retry_.Next(random_) : Millis{0};
  awaiting_reply_ = true;
  deadline_ = now + kReplyTimeout + patience;
}

}  // namespace fieldwork::agent
