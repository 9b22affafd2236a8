// What the Jobs service answers and notifies, turned into inputs of the table. A message
// that says nothing new, or answers nothing that was asked, is told and passed over.
#include "device/agent/agent.h"
#include "device/agent/rejection.h"

namespace fieldwork::agent {

using jobs::Topic;

Input Agent::OnMessage(std::string_view text, std::string_view payload) {
  const auto topic = jobs::ParseTopic(text, options_.thing);
  if (!topic.ok()) return Ignore(text);
  Input input = Input::kNone;
  switch (topic->topic) {
    case Topic::kNotify: return OnNotify(payload);
    case Topic::kNotifyNext: return OnNotifyNext(payload);
    case Topic::kUpdateAccepted:
      if (!IsAboutOurJob(*topic)) break;
      [[fallthrough]];
    case Topic::kStartNextAccepted:
    case Topic::kDescribeAccepted: input = OnAccepted(payload); break;
    case Topic::kStartNextRejected:
    case Topic::kDescribeRejected:
    case Topic::kUpdateRejected: input = OnRejected(*topic, text, payload); break;
    default: break;
  }
  return input != Input::kNone ? input : Ignore(text);
}

Input Agent::OnOversize(std::string_view text, std::uint32_t payload_bytes) {
  Tell(event::TooLarge{text, payload_bytes});
  const auto topic = jobs::ParseTopic(text, options_.thing);
  if (!topic.ok()) return Input::kNone;
  // Nothing but a job document is so large; whose it is has to be asked.
  if (topic->topic == Topic::kNotifyNext) return Input::kNotified;
  if (topic->topic == Topic::kStartNextAccepted) return Input::kJobTooLarge;
  const bool confirmed = (state_ == State::kConfirming || (at_hand_ && document_size_ == 0)) &&
                         topic->topic == Topic::kDescribeAccepted &&
                         AreEqual(topic->job, report_.key.job_id.view());
  if (!confirmed) return Input::kNone;
  Tell(event::JobTaken{topic->job, report_.key.number, {}});
  return RefuseJob("document-too-large", {}, false);
}

/// The list of what is pending changed. A hint, so it is not taken apart.
Input Agent::OnNotify(std::string_view payload) {
  if (at_hand_) {
    check_due_ = !Contains(payload, job_id());
    return check_due_ ? Input::kNotified : Input::kNone;
  }
  const bool is_empty = !Contains(payload, "\"jobId\"");
  return is_empty ? Input::kNone : Input::kNotified;
}

Input Agent::OnNotifyNext(std::string_view payload) {
  const auto notice = jobs::DecodeExecution(payload);
  if (at_hand_) {
    // What is being done comes first in the queue, as long as it is wanted.
    check_due_ = !notice.ok() || !AreEqual(notice->execution.job_id, job_id());
    return check_due_ ? Input::kNotified : Input::kNone;
  }
  // A notice that cannot be read still says that something changed.
  if (notice.ok() && notice->execution.job_id.empty()) {
    Tell(event::NoJob{});
    return Input::kNone;
  }
  return Input::kNotified;
}

/// All have the token and the time, those to a question the execution too. Which question it
/// was, the state says: each asks one.
Input Agent::OnAccepted(std::string_view payload) {
  const auto reply = jobs::DecodeExecution(payload);
  if (!reply.ok() || !IsOurReply(reply->client_token)) return Input::kNone;
  LearnTime(reply->timestamp);
  switch (state_) {
    case State::kAnnouncing: return OnUpdateReply(jobs::ExecutionStatus::kInProgress);
    case State::kReporting: return OnUpdateReply(report_.status);
    case State::kAsking: return OnStartNextReply(reply->execution);
    default: return OnDescribeReply(reply->execution);
  }
}

Input Agent::OnStartNextReply(const jobs::Execution& execution) {
  if (!execution.job_id.empty()) return TakeJob(execution);
  Tell(event::NoJob{});
  return Input::kNoJob;
}

Input Agent::OnDescribeReply(const jobs::Execution& execution) {
  if (state_ == State::kSizing) {
    if (execution.job_id.empty()) return Input::kNoJob;
    report_.key = ExecutionKey::Of(execution);
    version_ = execution.version_number;
    return Input::kJobSized;
  }
  if (!report_.key.Is(execution) || jobs::IsTerminal(execution.status)) return Input::kRefusedGone;
  if (state_ == State::kConfirming) return TakeJob(execution);
  version_ = execution.version_number;
  check_due_ = false;
  check_at_ = kNever;
  if (at_hand_ && document_size_ == 0) return TakeUpAgain(execution);
  return Input::kStillOpen;
}

Input Agent::OnUpdateReply(jobs::ExecutionStatus status) {
  ++counters_.updates_accepted;
  ++version_;
  Tell(event::Reported{report_.key.job_id.view(), jobs::StatusText(status)});
  return Input::kAccepted;
}

/// By the cloud's clock, since the device's own may not be set.
void Agent::LearnTime(std::int64_t timestamp) {
  if (timestamp <= 0) return;
  unix_time_ = timestamp;
  learned_at_ = now_;
}

Input Agent::OnRejected(const jobs::ParsedTopic& topic, std::string_view text,
                        std::string_view payload) {
  const auto rejection = jobs::DecodeRejection(payload);
  if (!rejection.ok() || !IsOurReply(rejection->client_token)) return Input::kNone;
  const bool about_update = topic.topic == Topic::kUpdateRejected;
  if (about_update && !IsAboutOurJob(topic)) return Input::kNone;

  const auto wanted =
      state_ == State::kAnnouncing ? jobs::ExecutionStatus::kInProgress : report_.status;
  auto verdict = about_update ? JudgeUpdate(*rejection, wanted) : JudgeQuestion(rejection->code);
  // Our details may be what it does not like; the status alone is worth another try.
  if (about_update && rejection->code == jobs::ErrorCode::kInvalidRequest && !plain_report_) {
    plain_report_ = true;
    verdict = event::Verdict::kRetry;
  }
  // It cannot change any more: whether it has our status, the update itself will tell.
  if (state_ == State::kChecking && has_report_ &&
      rejection->code == jobs::ErrorCode::kTerminalStateReached) {
    version_ = kNoVersion;
    return Input::kStillOpen;
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
  return Input::kNone;
}

Input Agent::Ignore(std::string_view topic) {
  Tell(event::Ignored{topic});
  return Input::kNone;
}

bool Agent::IsOurReply(std::string_view client_token) const {
  return awaiting_reply_ && AreEqual(client_token, token_.view());
}

bool Agent::IsAboutOurJob(const jobs::ParsedTopic& topic) const {
  return AreEqual(topic.job, job_id()) &&
         (state_ == State::kAnnouncing || state_ == State::kReporting);
}

}  // namespace fieldwork::agent
