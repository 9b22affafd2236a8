// The execution at hand: taken or refused, over or lost, and remembered before anybody is told.
#include <algorithm>

#include "device/agent/agent.h"
#include "device/agent/planted_fault.h"
#include "device/base/crc32.h"

namespace fieldwork::agent {

using jobs::ExecutionStatus;

namespace {

constexpr const char* kJournalFault = "the journal cannot be written";

/// A status for the cloud: what is not ours to say was "it is over" when it was written down.
ExecutionStatus Reportable(ExecutionStatus status) {
  const bool ours = status == ExecutionStatus::kSucceeded || status == ExecutionStatus::kRejected;
  return ours ? status : ExecutionStatus::kFailed;
}

std::string_view Inside(json::Value text) {
  if (text.kind != json::Kind::kString) return text.raw;
  return {text.raw.data() + 1, text.raw.size() - 2};
}

}  // namespace

Input Agent::TakeJob(Instant now, const jobs::Execution& execution) {
  if (has_report_) return Input::kJobOver;  // A person gave up the job that was asked for.
  const ExecutionKey key = ExecutionKey::Of(execution);
  if (at_hand_ && !(running().key == key)) {
    LoseJob(now);
    return Input::kJobOther;
  }
  Tell(event::JobTaken{execution.job_id, execution.execution_number, execution.document});
  if (at_hand_) return TakeUpAgain(now, execution);

  report_.key = key;
  const Status known = journal_.Find(key, report_);
  if (known == Status::kOk && !Planted(PlantedFault::kNoDedupe)) {
    // Over already; the cloud did not get to know, or has forgotten.
    report_.status = Reportable(report_.status);
    has_report_ = true;
    return Input::kJobOver;
  }
  if (execution.document.size() > memory_.document.size()) {
    return RefuseJob(now, "document-too-large", {}, false);
  }
  const auto decision = handlers::Decide(execution.document, options_.attributes);
  if (decision.verdict != handlers::Verdict::kPlan) {
    return RefuseJob(now, decision.reason, decision.name,
                     decision.verdict == handlers::Verdict::kNoAction);
  }
  for (std::uint8_t i = 0; i < decision.step_count; ++i) {
    const handlers::Step step = handlers::StepAt(execution.document, i);
    if (step.kind == handlers::StepKind::kReboot) continue;
    const char* const why = executor_.WhyNot(step);
    if (why != nullptr) return RefuseJob(now, why, Inside(step.name), true);
  }

  Running taken;
  taken.key = key;
  taken.phase = Phase::kBetween;
  taken.step_count = decision.step_count;
  taken.document_bytes = static_cast<std::uint32_t>(execution.document.size());
  taken.document_crc = Crc32(AsBytes(execution.document));
  if (options_.job_limit.count != 0 && epoch_ms_ != 0) {
    taken.deadline = UnixTime(now + options_.job_limit);
  }
  const bool unsettled = journal_.pending() != nullptr;  // Flash failed then.
  if ((unsettled && journal_.Settle(Delivery::kGone, refusal_) != Status::kOk) ||
      known == Status::kIo || journal_.Put(taken) != Status::kOk) {
    FailForJournal(now);
    return Input::kJobOver;
  }
  ++counters_.jobs_taken;
  at_hand_ = true;
  ReckonLimit(now, execution);
  KeepDocument(execution.document);
  return Input::kJobTaken;
}

/// The document of the job at hand, after a boot. Where it was in it is in the journal.
Input Agent::TakeUpAgain(Instant now, const jobs::Execution& execution) {
  if (running().document_bytes != execution.document.size() ||
      running().document_crc != Crc32(AsBytes(execution.document)) ||
      execution.document.size() > memory_.document.size()) {
    return RefuseJob(now, "document-changed", {}, false);
  }
  ReckonLimit(now, execution);
  KeepDocument(execution.document);
  return Input::kJobTaken;
}

void Agent::KeepDocument(std::string_view document) {
  std::copy(document.begin(), document.end(), memory_.document.begin());
  document_size_ = static_cast<std::uint32_t>(document.size());
}

/// The job's own limit counts from when it was taken, whatever boots came since.
void Agent::ReckonLimit(Instant now, const jobs::Execution& execution) {
  job_until_ = kNever;
  if (running().deadline != 0) {
    job_until_ = Instant{running().deadline * 1000 - epoch_ms_};
  } else if (options_.job_limit.count != 0) {
    job_until_ = now + options_.job_limit;
  }
  // With a step timer this is the time left of that, and updates wind it up again.
  if (options_.step_timeout_minutes <= 0 && execution.seconds_before_timeout >= 0) {
    job_until_ = Earlier(job_until_, now + Seconds(execution.seconds_before_timeout));
  }
  check_at_ = kNever;
  check_due_ = false;
  WindHeartbeat(now);
}

Input Agent::RefuseJob(Instant now, const char* reason, std::string_view name, bool no_action) {
  const bool succeed = no_action && !at_hand_ && options_.no_action == NoAction::kSucceed;
  Tell(event::NotDone{at_hand_ ? job_id() : report_.key.job_id.view(), reason, succeed});
  // What is at hand may have had effects: then it is not REJECTED.
  const auto status = at_hand_  ? ExecutionStatus::kFailed
                      : succeed ? ExecutionStatus::kSucceeded
                                : ExecutionStatus::kRejected;
  EndJob(now, status, {.reason = reason, .name = name});
  return Input::kJobOver;
}

/// It is over here: on flash first, then the cloud is told.
void Agent::EndJob(Instant now, ExecutionStatus status, const Ending& ending) {
  std::uint32_t& counter = status == ExecutionStatus::kSucceeded ? counters_.jobs_succeeded
                           : status == ExecutionStatus::kFailed  ? counters_.jobs_failed
                                                                 : counters_.jobs_rejected;
  ++counter;
  const std::string_view details = FinalDetails(ending, payload());
  Ended ended;
  ended.key = at_hand_ ? running().key : report_.key;
  ended.status = status;
  ended.ended_at = UnixTime(now);
  ended.reason.AssignTruncated(ending.reason);
  report_ = ended;
  has_report_ = true;
  plain_report_ = false;
  report_is_journaled_ =
      !Planted(PlantedFault::kReportBeforeJournal) && journal_.End(ended, details) == Status::kOk;
  if (!report_is_journaled_) last_error_ = kJournalFault;
  ForgetWork();
}

/// Without the journal nothing is begun. What cannot be written down is reported all the same.
void Agent::FailForJournal(Instant now) {
  Tell(event::JournalFault{kJournalFault});
  EndJob(now, ExecutionStatus::kFailed, {.reason = "journal-failed"});
}

/// The cloud has it as over, whatever this device does.
void Agent::LoseJob(Instant now) {
  if (Planted(PlantedFault::kIgnoreCancel) || lost_) return;
  ++counters_.jobs_lost;
  if (!step_runs_) return EndLost(now);
  lost_ = true;
  StopStep(now, "canceled");
}

void Agent::EndLost(Instant now) {
  report_ = Ended{};
  report_.key = running().key;
  report_.status = ExecutionStatus::kCanceled;
  report_.delivery = Delivery::kGone;
  report_.refusal = refusal_;
  report_.ended_at = UnixTime(now);
  report_.reason.AssignTruncated("canceled");
  if (journal_.End(report_, {}) != Status::kOk) last_error_ = kJournalFault;
  Tell(event::JobLost{report_.key.job_id.view()});
  ForgetWork();
}

void Agent::ForgetWork() {
  at_hand_ = lost_ = step_runs_ = reboot_waits_ = false;
  progress_due_ = check_due_ = false;
  document_size_ = 0;
  percent_.reset();
  heartbeat_at_ = kNever;
  work_changed_ = true;
}

/// The cloud has the final status, or wants none.
void Agent::Settle(Delivery delivery) {
  const auto refusal = delivery == Delivery::kAccepted ? jobs::ErrorCode::kUnknown : refusal_;
  Status status = Status::kOk;
  if (Planted(PlantedFault::kReportBeforeJournal)) {
    report_.delivery = delivery;
    status = journal_.End(report_, {});
  } else if (report_is_journaled_) {
    status = journal_.Settle(delivery, refusal);
  }
  if (status != Status::kOk) Tell(event::JournalFault{kJournalFault});
  has_report_ = report_is_journaled_ = plain_report_ = false;
}

std::int64_t Agent::UnixTime(Instant now) const {
  return epoch_ms_ == 0 ? 0 : (epoch_ms_ + now.ms) / 1000;
}

}  // namespace fieldwork::agent
