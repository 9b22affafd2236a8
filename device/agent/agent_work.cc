// The job at hand: taken, refused, remembered in the journal, judged after a boot.
#include "device/agent/agent.h"
#include "device/handlers/document.h"

namespace fieldwork::agent {

using jobs::ExecutionStatus;

void Agent::RecallWork() {
  const Status status = journal_.Load(work_);
  if (status == Status::kMalformed) journal_fault_ = "the journal is damaged; starting a new one";
  if (status == Status::kIo) journal_fault_ = "the journal cannot be read";
  if (work_.phase == Phase::kRebooting) JudgeReboot();
  if (work_.phase == Phase::kDone) {
    last_ = work_;
    work_ = JournalRecord{};
  }
  work_is_journaled_ = work_.phase != Phase::kNone;
}

/// The device asked for a reboot; now a program runs again. Did it come, and was it ours?
void Agent::JudgeReboot() {
  const bool same_boot = boot_.count == work_.boot_count;
  if (same_boot && work_.attempts < kMaxRebootAttempts) {
    work_.phase = Phase::kTaken;  // The program was restarted, the device was not: once more.
  } else {
    const bool ours = !same_boot && boot_.reason == BootReason::kReboot;
    work_.status = ours ? ExecutionStatus::kSucceeded : ExecutionStatus::kFailed;
    work_.outcome = ours        ? Outcome::kRebooted
                    : same_boot ? Outcome::kRebootDidNotCome
                                : Outcome::kUnexpectedBoot;
    work_.boot_reason = static_cast<std::uint8_t>(boot_.reason);
    work_.phase = Phase::kReporting;
  }
  // Now, not when it is reported: the next boot may have another reason.
  if (journal_.Store(work_) != Status::kOk) journal_fault_ = "the journal cannot be written";
}

/// The execution is the one at hand; nothing is decided about it.
void Agent::NameWork(const jobs::Execution& execution) {
  work_ = JournalRecord{};
  static_cast<void>(work_.job_id.Assign(execution.job_id));
  work_.execution_number = execution.execution_number;
  work_.queued_at = execution.queued_at;
}

Input Agent::TakeJob(const jobs::Execution& execution) {
  Tell(event::JobTaken{execution.job_id, execution.execution_number, execution.document});
  plain_report_ = false;
  if (last_.IsSameExecution(execution)) {
    work_ = last_;  // Carried out already; the cloud did not take the status.
    work_.phase = Phase::kReporting;
    return Input::kJobOver;
  }
  NameWork(execution);
  const handlers::Decision decision = handlers::Decide(execution.document);
  if (decision.verdict != handlers::Verdict::kReboot) {
    return RefuseJob(decision.reason, decision.name,
                     decision.verdict == handlers::Verdict::kNoAction);
  }
  refusal_ = "";
  work_.phase = Phase::kTaken;
  return StoreWork() == Status::kOk ? Input::kJobReboot : FailForJournal();
}

Input Agent::RefuseJob(const char* reason, std::string_view name, bool no_action) {
  const bool succeed = no_action && options_.no_action == NoAction::kSucceed;
  work_.phase = Phase::kReporting;
  work_.status = succeed ? ExecutionStatus::kSucceeded : ExecutionStatus::kRejected;
  refusal_ = reason;
  refused_name_.AssignTruncated(name);
  Tell(event::NotDone{work_.job_id.view(), reason, succeed});
  return Input::kJobOver;
}

Input Agent::FailForJournal() {
  Tell(event::JournalFault{"the journal cannot be written"});
  work_.phase = Phase::kReporting;
  work_.status = ExecutionStatus::kFailed;
  work_.outcome = Outcome::kJournalFailed;
  return Input::kJobOver;
}

Status Agent::StoreWork() {
  FIELDWORK_TRY(journal_.Store(work_));
  work_is_journaled_ = true;
  return Status::kOk;
}

/// The cloud has the final status, or wants none. A job without effect leaves no trace: the
/// journal goes back to the last one that had an effect.
void Agent::FinishWork() {
  if (work_is_journaled_) {
    if (work_.phase == Phase::kReporting) {
      last_ = work_;
      last_.phase = Phase::kDone;
    }
    if (journal_.Store(last_) != Status::kOk) {
      Tell(event::JournalFault{"the journal cannot be written"});
    }
  }
  work_ = JournalRecord{};
  work_is_journaled_ = false;
  refusal_ = "";
}

}  // namespace fieldwork::agent
