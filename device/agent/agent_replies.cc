// What the Jobs service answers and notifies, turned into inputs of the table. A message
// that says nothing new, or answers nothing that was asked, is told and passed over.
#include "device/agent/agent.h"
#include "device/agent/rejection.h"

namespace fieldwork::agent {

using jobs::Topic;

std::optional<Input> Agent::OnMessage(Instant now, std::string_view text,
                                      std::string_view payload) {
  const auto topic = jobs::ParseTopic(text, options_.thing);
  if (!topic.ok()) return Ignore(text);
  std::optional<Input> input;
  switch (topic->topic) {
    case Topic::kNotify: return OnNotify(payload);
    case Topic::kNotifyNext: return OnNotifyNext(payload);
    case Topic::kStartNextAccepted: input = OnStartNextReply(now, payload); break;
    case Topic::kDescribeAccepted: input = OnDescribeReply(now, payload); break;
    case Topic::kUpdateAccepted:
      if (IsAboutOurJob(*topic)) input = OnUpdateReply(now, topic->job, payload);
      break;
    case Topic::kStartNextRejected:
    case Topic::kDescribeRejected:
    case Topic::kUpdateRejected: input = OnRejected(*topic, text, payload); break;
    default: break;
  }
  return input ? input : Ignore(text);
}

std::optional<Input> Agent::OnOversize(Instant now, std::string_view text,
                                       std::uint32_t payload_bytes) {
  Tell(event::TooLarge{text, payload_bytes});
  const auto topic = jobs::ParseTopic(text, options_.thing);
  if (!topic.ok()) return std::nullopt;
  // Nothing but a job document is so large; whose it is has to be asked.
  if (topic->topic == Topic::kNotifyNext) return Input::kNotified;
  if (topic->topic == Topic::kStartNextAccepted) return Input::kJobTooLarge;
  const bool confirmed = state_ == State::kConfirming && topic->topic == Topic::kDescribeAccepted &&
                         topic->job == report_.key.job_id.view();
  if (!confirmed) return std::nullopt;
  if (at_hand_ && !(running().key == report_.key)) {
    LoseJob(now);
    return Input::kJobOther;
  }
  Tell(event::JobTaken{topic->job, report_.key.number, {}});
  return RefuseJob(now, "document-too-large", {}, false);
}

/// The list of what is pending changed. A hint, so it is not taken apart.
std::optional<Input> Agent::OnNotify(std::string_view payload) {
  if (at_hand_) {
    check_due_ = payload.find(job_id()) == std::string_view::npos;
    return check_due_ ? std::optional(Input::kNotified) : std::nullopt;
  }
  const bool is_empty = payload.find("\"jobId\"") == std::string_view::npos;
  return is_empty ? std::nullopt : std::optional(Input::kNotified);
}

std::optional<Input> Agent::OnNotifyNext(std::string_view payload) {
  const auto notice = jobs::DecodeExecution(payload);
  if (at_hand_) {
    // What is being done comes first in the queue, as long as it is wanted.
    check_due_ = !notice.ok() || notice->execution.job_id != job_id();
    return check_due_ ? std::optional(Input::kNotified) : std::nullopt;
  }
  // A notice that cannot be read still says that something changed.
  if (notice.ok() && notice->execution.job_id.empty()) {
    Tell(event::NoJob{});
    return std::nullopt;
  }
  return Input::kNotified;
}

std::optional<Input> Agent::OnStartNextReply(Instant now, std::string_view payload) {
  const auto reply = jobs::DecodeExecution(payload);
  if (state_ != State::kAsking || !reply.ok() || !IsOurReply(reply->client_token)) {
    return std::nullopt;
  }
  LearnTime(now, reply->timestamp);
  if (!reply->execution.job_id.empty()) return TakeJob(now, reply->execution);
  if (at_hand_) LoseJob(now);
  Tell(event::NoJob{});
  return Input::kNoJob;
}

std::optional<Input> Agent::OnDescribeReply(Instant now, std::string_view payload) {
  const auto reply = jobs::DecodeExecution(payload);
  if (!reply.ok() || !IsOurReply(reply->client_token)) return std::nullopt;
  LearnTime(now, reply->timestamp);
  const jobs::Execution& execution = reply->execution;
  if (state_ == State::kSizing) {
    if (execution.job_id.empty()) return Input::kNoJob;
    report_.key = ExecutionKey::Of(execution);
    return Input::kJobSized;
  }
  const bool is_running = at_hand_ && state_ == State::kChecking;
  const ExecutionKey& wanted = is_running ? running().key : report_.key;
  const bool ours = ExecutionKey::Of(execution) == wanted && !jobs::IsTerminal(execution.status);
  if (!ours) return Input::kRefusedGone;
  if (state_ == State::kConfirming) return TakeJob(now, execution);
  check_due_ = false;
  check_at_ = kNever;
  return Input::kStillOpen;
}

/// `job` is a view into the message: the work itself is over before the event is read.
std::optional<Input> Agent::OnUpdateReply(Instant now, std::string_view job,
                                          std::string_view payload) {
  const auto reply = jobs::DecodeUpdate(payload);
  if (!reply.ok() || !IsOurReply(reply->client_token)) return std::nullopt;
  LearnTime(now, reply->timestamp);
  ++counters_.updates_accepted;
  const bool announced = state_ == State::kAnnouncing;
  Tell(event::Reported{
      job, jobs::StatusText(announced ? jobs::ExecutionStatus::kInProgress : report_.status)});
  return Input::kAccepted;
}

/// By the cloud's clock, since the device's own may not be set.
void Agent::LearnTime(Instant now, std::int64_t timestamp) {
  if (timestamp > 0) epoch_ms_ = timestamp * 1000 - now.ms;
}

std::optional<Input> Agent::OnRejected(const jobs::ParsedTopic& topic, std::string_view text,
                                       std::string_view payload) {
  const auto rejection = jobs::DecodeRejection(payload);
  if (!rejection.ok() || !IsOurReply(rejection->client_token)) return std::nullopt;
  const bool about_update = topic.topic == Topic::kUpdateRejected;
  if (about_update && !IsAboutOurJob(topic)) return std::nullopt;

  const auto wanted =
      state_ == State::kAnnouncing ? jobs::ExecutionStatus::kInProgress : report_.status;
  auto verdict = about_update ? JudgeUpdate(*rejection, wanted) : JudgeQuestion(rejection->code);
  // Our details may be what it does not like; the status alone is worth another try.
  if (about_update && rejection->code == jobs::ErrorCode::kInvalidRequest && !plain_report_) {
    plain_report_ = true;
    verdict = event::Verdict::kRetry;
  }
  // "Is there a job?" has no final no.
  if (state_ == State::kAsking || state_ == State::kSizing) verdict = event::Verdict::kRetry;
  ++counters_.requests_refused;
  refusal_ = rejection->code;
  last_error_ = jobs::ErrorCodeText(refusal_);
  Tell(event::Refused{text, rejection->code_text, rejection->message, verdict});
  switch (verdict) {
    case event::Verdict::kRetry: return Input::kRefusedRetry;
    case event::Verdict::kGiveUp: return Input::kRefusedGone;
    case event::Verdict::kDescribe: return Input::kRefusedCheck;
    case event::Verdict::kAlreadyThere: return Input::kAccepted;
  }
  return std::nullopt;
}

std::optional<Input> Agent::Ignore(std::string_view topic) {
  Tell(event::Ignored{topic});
  return std::nullopt;
}

bool Agent::IsOurReply(std::string_view client_token) const {
  return awaiting_reply_ && client_token == token_.view();
}

bool Agent::IsAboutOurJob(const jobs::ParsedTopic& topic) const {
  return topic.job == job_id() && (state_ == State::kAnnouncing || state_ == State::kReporting);
}

}  // namespace fieldwork::agent
