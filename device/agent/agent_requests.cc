// The agent's requests: what they say, and under which topic they leave.
#include "device/agent/agent.h"
#include "device/jobs/topics.h"

namespace fieldwork::agent {
namespace {

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
      jobs::Topic::kUpdateRejected,    jobs::Topic::kNotify};
  // AWS takes no more in one SUBSCRIBE.
  static_assert(sizeof kWanted / sizeof kWanted[0] <= 8);
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

void Agent::SendStartNext() {
  if (ask_later_) {
    ask_later_ = false;
    AskAgainLater();
    return;
  }
  notified_ = false;
  const auto text =
      jobs::Encode(jobs::StartNextRequest{.client_token = token_.view(),
                                          .step_timeout_minutes = options_.step_timeout_minutes},
                   payload());
  Tell(event::Asking{*text, first_question_});
  first_question_ = false;
  PublishRequest(jobs::Topic::kStartNext, {}, *text);
}

void Agent::SendDescribe(std::string_view job, std::int64_t execution_number,
                         bool include_document) {
  const jobs::DescribeRequest request{.client_token = token_.view(),
                                      .execution_number = execution_number,
                                      .include_document = include_document};
  const auto text = jobs::Encode(request, payload());
  PublishRequest(jobs::Topic::kDescribe, job, *text);
}

void Agent::SendUpdate() {
  // Nothing else is in the document's memory then, or the details are few.
  const std::span<char> memory{reinterpret_cast<char*>(memory_.document.data()),
                               memory_.document.size()};
  std::array<char, 2 * jobs::kMaxDetailKey + 64> progress;
  const bool is_final = state_ == State::kReporting;
  std::string_view details;
  if (!is_final) {
    details = ProgressDetails(progress);
  } else if (report_is_journaled_) {
    if (const auto kept = journal_.ReadDetails(memory); kept.ok()) details = *kept;
  } else {
    details = FinalDetails({.reason = report_.reason.view()}, memory);
  }
  const jobs::UpdateRequest request{
      .status = is_final ? report_.status : jobs::ExecutionStatus::kInProgress,
      .details_json = plain_report_ ? std::string_view() : details,
      .expected_version = version_,
      .execution_number = report_.key.number,
      .step_timeout_minutes = is_final ? 0 : options_.step_timeout_minutes,
      .client_token = token_.view()};
  const auto text = jobs::Encode(request, payload());
  if (!text.ok() && !plain_report_) {  // Written down by a program with more memory.
    plain_report_ = true;
    return SendUpdate();
  }
  if (!is_final) {
    progress_due_ = false;
    progress_at_ = now_ + options_.progress_interval;
    WindHeartbeat();
  }
  ++counters_.updates_sent;
  Tell(event::Reporting{job_id(), *text});
  PublishRequest(jobs::Topic::kUpdate, job_id(), *text);
}

/// The cloud's step timer runs anew; at half of it there is something to say again.
void Agent::WindHeartbeat() {
  heartbeat_at_ = options_.step_timeout_minutes > 0
                      ? now_ + Seconds(std::int64_t{30} * options_.step_timeout_minutes)
                      : kNever;
}

void Agent::PublishRequest(jobs::Topic topic, std::string_view job, std::string_view payload) {
  std::array<char, jobs::kMaxTopic> text;
  const auto name = jobs::FormatTopic(topic, options_.thing, job, text);
  const auto sent = session_.Publish(
      {.topic = *name, .payload = AsBytes(payload), .qos = mqtt::Qos::kAtLeastOnce});
  if (!sent.ok()) {  // The queue is full of what the broker has not acknowledged.
    if (sent.status() == Status::kTooLarge) plain_report_ = true;
    AskAgainLater();
    return;
  }
  refusal_ = jobs::ErrorCode::kUnknown;
  const Millis patience = awaiting_reply_ ? retry_.Next(random_) : Millis{0};
  awaiting_reply_ = true;
  deadline_ = now_ + kReplyTimeout + patience;
}

}  // namespace fieldwork::agent
