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
bool Agent::ContinueWork() {
  if (work_changed_) {
    work_changed_ = false;
    Apply(Input::kWorkChanged);
    return true;
  }
  if (!CanBeginStep()) return false;
  BeginStep();
  return true;
}

bool Agent::CanBeginStep() const {
  return at_hand_ && document_size_ != 0 && !step_runs_ && !reboot_waits_ && !lost_ &&
         running().phase == Phase::kBetween && state_ != State::kStopped &&
         state_ != State::kLeaving;
}

void Agent::BeginStep() {
  if (now_ >= job_until_) return EndJob(ExecutionStatus::kFailed, {.reason = kJobTimeLimit});
  const Step step = CurrentStep();
  if (step.kind == handlers::StepKind::kReboot) return BeginReboot();

  const Running& at = running();
  std::optional<StepResult> result;
  const handlers::StepContext context{options_.thing, job_id(), report_.key.number,
                                      static_cast<std::uint8_t>(at.step + 1), at.step_count};
  if (Planted(PlantedFault::kEffectBeforeJournal)) result = executor_.Start(step, context);
  if (!RecordBegin(Phase::kStep, step)) return;
  Tell(event::StepBegun{job_id(), context.number, context.count, step.name.raw});
  ++counters_.steps_begun;
  step_runs_ = true;
  stop_reason_ = nullptr;
  percent_.reset();
  step_until_ = After(now_, options_.step_limit);
  progress_due_ = true;
  progress_at_ = now_ + options_.progress_interval;
  // So that the time of the progress is waited for.
  if (state_ == State::kWorking) work_changed_ = true;
  if (!Planted(PlantedFault::kEffectBeforeJournal)) result = executor_.Start(step, context);
  if (result) FinishStep(*result);
}

/// False: it cannot be written down, so it does not begin.
bool Agent::RecordBegin(Phase phase, const Step& step) {
  Running begun = running();
  begun.phase = phase;
  begun.boot_count = boot_.count;
  begun.ignore_failure = step.ignore_failure;
  if (phase == Phase::kRebooting) ++begun.attempts;
  return Record(begun);
}

/// The cloud is to know before the device goes away.
void Agent::BeginReboot() {
  reboot_waits_ = true;
  reboot_by_ = now_ + options_.reboot_patience;
  work_changed_ = true;
}

/// False: the journal cannot say that the reboot was ours, so there is none.
bool Agent::RecordReboot() {
  reboot_waits_ = false;
  return RecordBegin(Phase::kRebooting, CurrentStep());
}

void Agent::OnStepProgress(Instant now, std::uint8_t percent) {
  now_ = now;
  if (!step_runs_ || percent > 100 || percent_ == percent) return;
  percent_ = percent;
  progress_due_ = true;
  if (state_ == State::kWorking) Apply(Input::kWorkChanged);
}

void Agent::OnStepEnd(Instant now, const StepResult& result) {
  now_ = now;
  if (step_runs_) FinishStep(result);
}

void Agent::FinishStep(const StepResult& result) {
  step_runs_ = false;
  if (lost_) return EndLost();
  const Step step = CurrentStep();
  StepResult reported = result;
  if (!step.include_stdout) reported.out = {};

  // What was asked to stop and ends well may have ended early.
  const bool is_stopped = stop_reason_ != nullptr;
  const bool succeeded = result.end == StepEnd::kSucceeded && !is_stopped;
  step_reason_.AssignTruncated(is_stopped ? UpToNul(stop_reason_) : ReasonOf(result));
  const Running& at = running();
  const auto number = static_cast<std::uint8_t>(at.step + 1);
  Tell(event::StepEnded{job_id(), number, result.end, result.code, step_reason_.view()});
  if (!succeeded) ++counters_.steps_failed;
  const bool goes_on =
      succeeded || (step.ignore_failure && (!is_stopped || stop_reason_ == kStepTimeLimit));
  if (!goes_on) {
    return EndJob(ExecutionStatus::kFailed, {.reason = step_reason_.view(), .result = &reported});
  }
  if (number == at.step_count) {
    return EndJob(ExecutionStatus::kSucceeded, {.result = &reported});
  }
  GoToNextStep();
}

void Agent::GoToNextStep() {
  Running after = running();
  after.phase = Phase::kBetween;
  after.attempts = 0;
  ++after.step;
  Record(after);
}

void Agent::StopStep(const char* reason) {
  if (stop_reason_ != nullptr) return;
  stop_reason_ = reason;
  kill_at_ = now_ + options_.stop_grace;
  ++counters_.steps_stopped;
  Tell(event::StepStopping{job_id(), reason});
  executor_.Stop(false);
}

Status Agent::GiveUpJob(Instant now, std::string_view job) {
  now_ = now;
  static constexpr const char* kReason = "canceled-on-device";
  if (!at_hand_ || lost_ || !AreEqual(job, job_id())) return Status::kNotFound;
  if (step_runs_) {
    StopStep(kReason);
  } else {
    EndJob(ExecutionStatus::kFailed, {.reason = kReason});
  }
  return Status::kOk;
}

Instant Agent::WorkDeadline() const {
  if (reboot_waits_) return reboot_by_;
  if (!step_runs_) return kNever;
  return stop_reason_ != nullptr ? kill_at_ : Earlier(step_until_, job_until_);
}

void Agent::OnWorkTime() {
  if (reboot_waits_) {
    reboot_by_ = kNever;
    Apply(Input::kRestartNow);
  } else if (stop_reason_ != nullptr) {
    kill_at_ = now_ + kKillAgain;
    executor_.Stop(true);
  } else {
    StopStep(now_ >= step_until_ ? kStepTimeLimit : kJobTimeLimit);
  }
}

}  // namespace fieldwork::agent
