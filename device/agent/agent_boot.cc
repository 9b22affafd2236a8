// What became, while the device was away, of the execution that was at hand.
#include "device/agent/agent.h"
#include "device/agent/planted_fault.h"

namespace fieldwork::agent {

using jobs::ExecutionStatus;

void Agent::RecallWork() {
  const Status status = journal_.Open();
  if (status == Status::kMalformed) journal_fault_ = "the journal is damaged; what is left counts";
  if (status == Status::kIo || status == Status::kBadArgument) {
    journal_fault_ = "the journal cannot be read";
  }
  if (const Ended* const pending = journal_.pending()) {
    if (Planted(PlantedFault::kForgetStatusAtBoot)) {
      static_cast<void>(journal_.Settle(Delivery::kGone, jobs::ErrorCode::kUnknown));
      return;
    }
    report_ = *pending;
    has_report_ = report_is_journaled_ = true;
    resumed_ = "report";
    return;
  }
  const Phase phase = running().phase;
  at_hand_ = phase != Phase::kNone;
  if (!at_hand_) return;
  report_.key = running().key;
  resumed_ = "none";
  if (journal_.was_damaged()) {
    // It may have come further than what is left of the journal says.
    resumed_ = "journal-damaged";
    EndJob(ExecutionStatus::kFailed, {.reason = UpToNul(resumed_)});
  } else if (phase == Phase::kStep) {
    // Whether it had its effect is not known, so it does not begin again.
    StepOver(false, "interrupted");
  } else if (phase == Phase::kRebooting) {
    JudgeReboot();
  }
}

/// The device asked for a reboot; now a program runs again. Did it come, and was it ours?
void Agent::JudgeReboot() {
  Running next = running();
  const bool same_boot = boot_.count == next.boot_count;
  if (same_boot && next.attempts < kMaxRebootAttempts) {
    next.phase = Phase::kBetween;  // The program was restarted, the device was not: once more.
    Record(next);
    return;
  }
  const bool ours = (!same_boot && boot_.reason == BootReason::kReboot) ||
                    Planted(PlantedFault::kRebootAlwaysProven);
  StepOver(ours, ours ? "rebooted" : same_boot ? "reboot-did-not-come" : "unexpected-boot");
}

/// A boot ended the step. Written down now, not when it is reported: the next boot may have
/// another reason.
void Agent::StepOver(bool succeeded, const char* reason) {
  resumed_ = reason;
  Running next = running();
  if (!succeeded) ++counters_.steps_failed;
  if (!succeeded && !next.ignore_failure) {
    if (Planted(PlantedFault::kRepeatInterruptedStep) && next.phase == Phase::kStep) {
      next.phase = Phase::kBetween;
      static_cast<void>(journal_.Put(next));
      return;
    }
    return EndJob(ExecutionStatus::kFailed, {.reason = UpToNul(reason), .after_boot = true});
  }
  if (next.step + 1 == next.step_count) {
    return EndJob(ExecutionStatus::kSucceeded, {.reason = UpToNul(reason), .after_boot = true});
  }
  GoToNextStep();
}

}  // namespace fieldwork::agent
