// The execution at hand: taken or refused, over or lost, and remembered before anybody is told.
#include "device/agent/agent.h"
#include "device/agent/planted_fault.h"
#include "device/base/bytes.h"
#include "device/base/crc32.h"

namespace fieldwork::agent {

using jobs::ExecutionStatus;

namespace {

constexpr const char* kJournalFault = "the journal cannot be written";
constexpr const char* kJournalFailed = "journal-failed";

/// A status for the cloud: what is not ours to say was "it is over" when it was written down.
ExecutionStatus Reportable(ExecutionStatus status) {
  const bool ours = status == ExecutionStatus::kSucceeded || status == ExecutionStatus::kRejected;
  return ours ? status : ExecutionStatus::kFailed;
}

}  // namespace

/// The journal may be behind when flash has failed: then it still has what is over by now.
bool Agent::MendJournal() {
  Status status = Status::kOk;
  if (journal_.pending() != nullptr) status = journal_.Settle(Delivery::kGone, refusal_);
  if (running().phase != Phase::kNone) {
    Ended ended;
    ended.key = running().key;
    ended.status = ExecutionStatus::kFailed;
    ended.delivery = Delivery::kGone;
    ended.reason.AssignTruncated(kJournalFailed);
    status = journal_.End(ended, {});
  }
  return status == Status::kOk;
}

Input Agent::TakeJob(const jobs::Execution& execution) {
  Tell(event::JobTaken{execution.job_id, execution.execution_number, execution.document});
  version_ = execution.version_number;
  report_.key = ExecutionKey::Of(execution);
  if (!MendJournal()) {
    FailForJournal();
    return Input::kJobOver;
  }
  const Status known = journal_.Find(report_.key, report_);
  if (known == Status::kOk && !Planted(PlantedFault::kNoDedupe)) {
    if (Planted(PlantedFault::kForgetStatusAtBoot)) return Input::kNoJob;
    // Over already; the cloud did not get to know, or has forgotten.
    report_is_journaled_ = false;
    report_.status = Reportable(report_.status);
    has_report_ = true;
    return Input::kJobOver;
  }
  if (execution.document.size() > memory_.document.size()) {
    return RefuseJob("document-too-large", {}, false);
  }
  const auto decision = handlers::Decide(execution.document, options_.attributes);
  if (decision.verdict != handlers::Verdict::kPlan) {
    return RefuseJob(decision.reason, decision.name,
                     decision.verdict == handlers::Verdict::kNoAction);
  }
  for (std::uint8_t i = 0; i < decision.step_count; ++i) {
    const handlers::Step step = handlers::StepAt(execution.document, i);
    if (step.kind == handlers::StepKind::kReboot) continue;
    const char* const why = executor_.WhyNot(step);
    if (why != nullptr) return RefuseJob(why, json::Inside(step.name), true);
  }

  Running taken;
  taken.key = report_.key;
  taken.phase = Phase::kBetween;
  taken.step_count = decision.step_count;
  taken.document_bytes = static_cast<std::uint32_t>(execution.document.size());
  taken.document_crc = Crc32(AsBytes(execution.document));
  if (options_.job_limit.count != 0 && unix_time_ != 0) {
    taken.deadline = UnixTime(now_ + options_.job_limit);
  }
  if (known == Status::kIo || journal_.Put(taken) != Status::kOk) {
    FailForJournal();
    return Input::kJobOver;
  }
  ++counters_.jobs_taken;
  at_hand_ = true;
  ReckonLimit(execution);
  KeepDocument(execution.document);
  return Input::kJobTaken;
}

/// The document of the job at hand, after a boot. Where it was in it is in the journal.
Input Agent::TakeUpAgain(const jobs::Execution& execution) {
  Tell(event::JobTaken{execution.job_id, execution.execution_number, execution.document});
  if (running().document_bytes != execution.document.size() ||
      running().document_crc != Crc32(AsBytes(execution.document)) ||
      execution.document.size() > memory_.document.size()) {
    return RefuseJob("document-changed", {}, false);
  }
  ReckonLimit(execution);
  KeepDocument(execution.document);
  return Input::kJobTaken;
}

void Agent::KeepDocument(std::string_view document) {
  CopyText(reinterpret_cast<char*>(memory_.document.data()), document);
  document_size_ = static_cast<std::uint32_t>(document.size());
}

/// The job's own limit counts from when it was taken, whatever boots came since.
void Agent::ReckonLimit(const jobs::Execution& execution) {
  job_until_ = kNever;
  if (running().deadline != 0) {
    job_until_ = learned_at_ + Seconds(running().deadline - unix_time_);
  } else if (options_.job_limit.count != 0) {
    job_until_ = now_ + options_.job_limit;
  }
  // With a step timer this is the time left of that, and updates wind it up again.
  if (options_.step_timeout_minutes <= 0 && execution.seconds_before_timeout >= 0) {
    job_until_ = Earlier(job_until_, now_ + Seconds(execution.seconds_before_timeout));
  }
  check_at_ = kNever;
  check_due_ = false;
  WindHeartbeat();
}

Input Agent::RefuseJob(const char* reason, std::string_view name, bool no_action) {
  const bool succeed = no_action && !at_hand_ && options_.no_action == NoAction::kSucceed;
  Tell(event::NotDone{report_.key.job_id.view(), reason, succeed});
  // What is at hand may have had effects: then it is not REJECTED.
  const auto status = at_hand_  ? ExecutionStatus::kFailed
                      : succeed ? ExecutionStatus::kSucceeded
                                : ExecutionStatus::kRejected;
  EndJob(status, {.reason = UpToNul(reason), .name = name});
  return Input::kJobOver;
}

/// It is over here: on flash first, then the cloud is told.
void Agent::EndJob(ExecutionStatus status, const Ending& ending) {
  std::uint32_t& counter = status == ExecutionStatus::kSucceeded ? counters_.jobs_succeeded
                           : status == ExecutionStatus::kFailed  ? counters_.jobs_failed
                                                                 : counters_.jobs_rejected;
  ++counter;
  report_is_journaled_ =
      Remember(status, Delivery::kPending, ending.reason, FinalDetails(ending, payload()));
  has_report_ = true;
  plain_report_ = false;
}

/// There is no work at hand any more. False: that is not on flash.
bool Agent::Remember(ExecutionStatus status, Delivery delivery, std::string_view reason,
                     std::string_view details) {
  report_.status = status;
  report_.delivery = delivery;
  report_.refusal = delivery == Delivery::kPending ? jobs::ErrorCode::kUnknown : refusal_;
  report_.ended_at = UnixTime(now_);
  report_.reason.AssignTruncated(reason);
  const bool is_late =
      Planted(PlantedFault::kReportBeforeJournal) && delivery == Delivery::kPending;
  const bool is_behind =
      journal_.pending() != nullptr || (!at_hand_ && running().phase != Phase::kNone);
  const bool is_written = !is_behind && !is_late && journal_.End(report_, details) == Status::kOk;
  if (!is_written) last_error_ = kJournalFault;
  ForgetWork();
  return is_written;
}

/// How far the job at hand came. False: it cannot be written down, and fails for that.
bool Agent::Record(const Running& next) {
  if (journal_.Put(next) == Status::kOk) return true;
  FailForJournal();
  return false;
}

/// Without the journal nothing is begun. What cannot be written down is reported all the same.
void Agent::FailForJournal() {
  Tell(event::JournalFault{kJournalFault});
  EndJob(ExecutionStatus::kFailed, {.reason = kJournalFailed});
}

/// The cloud has it as over, whatever this device does.
void Agent::LoseJob() {
  if (Planted(PlantedFault::kIgnoreCancel) || lost_) return;
  ++counters_.jobs_lost;
  if (!step_runs_) return EndLost();
  lost_ = true;
  StopStep("canceled");
}

void Agent::EndLost() {
  static_cast<void>(Remember(ExecutionStatus::kCanceled, Delivery::kGone, "canceled", {}));
  Tell(event::JobLost{report_.key.job_id.view()});
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

/// Seconds; 0: not known.
std::int64_t Agent::UnixTime(Instant at) const {
  return unix_time_ == 0 ? 0 : unix_time_ + WholeSeconds(at - learned_at_);
}

}  // namespace fieldwork::agent
