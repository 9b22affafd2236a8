// The steps of the job at hand: begun, watched, stopped, over.
#include "device/agent/agent.h"
#include "device/agent/planted_fault.h"

namespace fieldwork::agent {

using handlers::Step;
using handlers::StepEnd;
using handlers::StepResult;
using jobs::ExecutionStatus;

namespace {

constexpr const char* kStepTimeLimit = "step-time-limit";
constexpr const char* kJobTimeLimit = "job-time-limit";

// Between two attempts to kill what does not die.
constexpr Millis kKillAgain = Seconds(5);

Instant After(Instant now, Millis span) { return span.count == 0 ? kNever : now + span; }

std::string_view ReasonOf(const StepResult& result) {
  switch (result.end) {
    case StepEnd::kSucceeded: return {};
    case StepEnd::kExited: return "step-failed";
    case StepEnd::kSignaled: return "step-killed";
    case StepEnd::kFailed: return result.reason;
  }
  return {};
}

}  // namespace

Step Agent::CurrentStep() const { return handlers::StepAt(document(), running().step); }

/// One thing at a time, so that its events are told before the next. False: nothing to do now.
bool Agent::ContinueWork(Instant now) {
  if (work_changed_) {
    work_changed_ = false;
    Apply(now, Input::kWorkChanged);
    return true;
  }
  if (!CanBeginStep()) return false;
  BeginStep(now);
  return true;
}

bool Agent::CanBeginStep() const {
  return at_hand_ && document_size_ != 0 && !step_runs_ && !reboot_waits_ && !lost_ &&
         running().phase == Phase::kBetween && state_ != State::kStopped &&
         state_ != State::kLeaving;
}

void Agent::BeginStep(Instant now) {
  if (now >= job_until_) return EndJob(now, ExecutionStatus::kFailed, {.reason = kJobTimeLimit});
  const Step step = CurrentStep();
  if (step.kind == handlers::StepKind::kReboot) return BeginReboot(now);

  Running next = running();
  next.phase = Phase::kStep;
  next.boot_count = boot_.count;
  next.ignore_failure = step.ignore_failure;
  std::optional<StepResult> result;
  const handlers::StepContext context{options_.thing, job_id(), next.key.number,
                                      static_cast<std::uint8_t>(next.step + 1), next.step_count};
  if (Planted(PlantedFault::kEffectBeforeJournal)) result = executor_.Start(step, context);
  if (journal_.Put(next) != Status::kOk) return FailForJournal(now);
  Tell(event::StepBegun{job_id(), context.number, context.count, step.name.raw});
  ++counters_.steps_begun;
  step_runs_ = true;
  stop_reason_ = nullptr;
  percent_.reset();
  step_until_ = After(now, options_.step_limit);
  progress_due_ = true;
  progress_at_ = now + options_.progress_interval;
  // So that the time of the progress is waited for.
  if (state_ == State::kWorking) work_changed_ = true;
  if (!Planted(PlantedFault::kEffectBeforeJournal)) result = executor_.Start(step, context);
  if (result) FinishStep(now, *result);
}

/// The cloud is to know before the device goes away.
void Agent::BeginReboot(Instant now) {
  reboot_waits_ = true;
  reboot_by_ = now + options_.reboot_patience;
  work_changed_ = true;
}

/// False: the journal cannot say that the reboot was ours, so there is none.
bool Agent::RecordReboot(Instant now) {
  Running next = running();
  next.phase = Phase::kRebooting;
  next.boot_count = boot_.count;
  next.ignore_failure = CurrentStep().ignore_failure;
  ++next.attempts;
  reboot_waits_ = false;
  if (journal_.Put(next) == Status::kOk) return true;
  FailForJournal(now);
  return false;
}

void Agent::OnStepProgress(Instant now, std::uint8_t percent) {
  if (!step_runs_ || percent > 100 || percent_ == percent) return;
  percent_ = percent;
  progress_due_ = true;
  if (state_ == State::kWorking) Apply(now, Input::kWorkChanged);
}

void Agent::OnStepEnd(Instant now, const StepResult& result) {
  if (step_runs_) FinishStep(now, result);
}

void Agent::FinishStep(Instant now, const StepResult& result) {
  step_runs_ = false;
  if (lost_) return EndLost(now);
  const Step step = CurrentStep();
  StepResult reported = result;
  if (!step.include_stdout) reported.out = {};

  Running next = running();
  const bool succeeded = result.end == StepEnd::kSucceeded;
  const bool is_last = next.step + 1 == next.step_count;
  // Too late to stop what has succeeded; but nothing follows.
  const bool is_stopped = stop_reason_ != nullptr && stop_reason_ != kStepTimeLimit;
  step_reason_.AssignTruncated(succeeded                 ? std::string_view()
                               : stop_reason_ != nullptr ? std::string_view(stop_reason_)
                                                         : ReasonOf(result));
  Tell(event::StepEnded{job_id(), static_cast<std::uint8_t>(next.step + 1), result.end, result.code,
                        step_reason_.view()});
  if (!succeeded) ++counters_.steps_failed;
  if (!succeeded && (is_stopped || !step.ignore_failure)) {
    return EndJob(now, ExecutionStatus::kFailed,
                  {.reason = step_reason_.view(), .result = &reported});
  }
  if (is_last) return EndJob(now, ExecutionStatus::kSucceeded, {.result = &reported});
  if (is_stopped) {
    return EndJob(now, ExecutionStatus::kFailed, {.reason = stop_reason_, .result = &reported});
  }
  next.phase = Phase::kBetween;
  next.attempts = 0;
  ++next.step;
  if (journal_.Put(next) != Status::kOk) FailForJournal(now);
}

void Agent::StopStep(Instant now, const char* reason) {
  if (stop_reason_ != nullptr) return;
  stop_reason_ = reason;
  kill_at_ = now + options_.stop_grace;
  ++counters_.steps_stopped;
  Tell(event::StepStopping{job_id(), reason});
  executor_.Stop(false);
}

Status Agent::GiveUpJob(Instant now, std::string_view job) {
  static constexpr const char* kReason = "canceled-on-device";
  if (!at_hand_ || lost_ || job != job_id()) return Status::kNotFound;
  if (step_runs_) {
    StopStep(now, kReason);
  } else {
    EndJob(now, ExecutionStatus::kFailed, {.reason = kReason});
  }
  return Status::kOk;
}

Instant Agent::WorkDeadline() const {
  if (reboot_waits_) return reboot_by_;
  if (!step_runs_) return kNever;
  return stop_reason_ != nullptr ? kill_at_ : Earlier(step_until_, job_until_);
}

void Agent::OnWorkTime(Instant now) {
  if (reboot_waits_) {
    reboot_by_ = kNever;
    Apply(now, Input::kRestartNow);
  } else if (stop_reason_ != nullptr) {
    kill_at_ = now + kKillAgain;
    executor_.Stop(true);
  } else {
    StopStep(now, now >= step_until_ ? kStepTimeLimit : kJobTimeLimit);
  }
}

}  // namespace fieldwork::agent
