#include "sim/campaign/ledger.h"

#include <algorithm>

namespace fieldwork::sim {
namespace {

// agent::Agent::kMaxRebootAttempts, as its users are promised.
constexpr int kMaxReboots = 3;

std::string Label(const Execution& execution, std::size_t step) {
  return execution.job_id + "/" + std::to_string(execution.number) + " step " +
         std::to_string(step + 1);
}

}  // namespace

bool WorkRecord::untouched() const {
  return std::all_of(steps.begin(), steps.end(), [](const StepRecord& step) {
    return step.begun == 0 && step.effects == 0 && step.reboots_asked == 0;
  });
}

Execution* Ledger::Find(int serial, std::int64_t number) {
  for (Execution& execution : cloud_.executions()) {
    if (execution.plan->serial == serial && execution.number == number) return &execution;
  }
  return nullptr;
}

WorkRecord& Ledger::RecordOf(const Execution& execution) {
  WorkRecord& record = records_[{execution.plan->serial, execution.number}];
  record.steps.resize(execution.plan->steps.size());
  return record;
}

StepRecord* Ledger::Look(const StepName& step, std::int64_t number, const char* what) {
  Execution* const execution = Find(step.serial, number);
  if (execution == nullptr || step.step >= execution->plan->steps.size()) {
    trace_.Break(Invariant::kNoEffectTwice, std::string(what) + " of a step that nobody ordered");
    return nullptr;
  }
  return &RecordOf(*execution).steps[step.step];
}

void Ledger::CheckTurn(const Execution& execution, std::size_t step) {
  const WorkRecord& record = RecordOf(execution);
  if (record.known_over) {
    trace_.Break(Invariant::kNoEffectTwice,
                 Label(execution, step) + " begins though the device knows that it is over");
  }
  if (execution.is_reported()) {
    trace_.Break(Invariant::kNoEffectTwice,
                 Label(execution, step) + " begins after its final status was accepted");
  }
  for (std::size_t i = 0; i < step; ++i) {
    const StepPlan& plan = execution.plan->steps[i];
    const StepRecord& before = record.steps[i];
    const bool done = plan.reboot ? before.reboots_proven > 0 : before.ended_well;
    if (!done && !plan.ignored) {
      trace_.Break(Invariant::kNoEffectTwice, Label(execution, step) + " begins before step " +
                                                  std::to_string(i + 1) + " has succeeded");
    }
  }
  for (std::size_t i = step + 1; i < record.steps.size(); ++i) {
    if (record.steps[i].begun + record.steps[i].reboots_asked > 0) {
      trace_.Break(Invariant::kNoEffectTwice,
                   Label(execution, step) + " begins after step " + std::to_string(i + 1));
    }
  }
}

void Ledger::OnBegin(const StepName& step, std::int64_t number) {
  StepRecord* const record = Look(step, number, "start");
  if (record == nullptr) return;
  const Execution& execution = *Find(step.serial, number);
  CheckTurn(execution, step.step);
  if (++record->begun > 1) {
    trace_.Break(Invariant::kNoEffectTwice,
                 Label(execution, step.step) + " begins for the second time");
  }
}

void Ledger::OnEffect(const StepName& step, std::int64_t number) {
  StepRecord* const record = Look(step, number, "effect");
  if (record == nullptr) return;
  if (++record->effects > 1) {
    trace_.Break(Invariant::kNoEffectTwice,
                 Label(*Find(step.serial, number), step.step) + " has its effect twice");
  }
}

void Ledger::OnEndedWell(const StepName& step, std::int64_t number) {
  StepRecord* const record = Look(step, number, "end");
  if (record != nullptr) record->ended_well = true;
}

void Ledger::OnRebootAsked(const Execution& execution, std::size_t step) {
  WorkRecord& record = RecordOf(execution);
  if (step >= record.steps.size() || !execution.plan->steps[step].reboot) {
    return trace_.Break(Invariant::kNoLoop, "a reboot that " + execution.job_id +
                                                " does not ask for, step " +
                                                std::to_string(step + 1));
  }
  CheckTurn(execution, step);
  // A device that lost its power before it could write the proof down may try once more.
  if (record.steps[step].reboots_proven > 0 && !record.disturbed) {
    trace_.Break(Invariant::kNoEffectTwice, Label(execution, step) + " reboots once more");
  }
  if (++record.steps[step].reboots_asked > kMaxReboots) {
    trace_.Break(Invariant::kNoLoop, Label(execution, step) + " reboots too often");
  }
}

void Ledger::OnRebootProven(const Execution& execution, std::size_t step) {
  ++RecordOf(execution).steps[step].reboots_proven;
}

void Ledger::OnDisturbance() {
  for (const Execution& execution : cloud_.executions()) {
    if (execution.is_pending()) RecordOf(execution).disturbed = true;
  }
}

void Ledger::OnKnownOver(const Execution& execution) { RecordOf(execution).known_over = true; }

void Ledger::Judge(const Execution& execution, const std::string& status) {
  if (status == "IN_PROGRESS") return;
  const WorkRecord& record = RecordOf(execution);
  if (status == "REJECTED" && !record.untouched()) {
    trace_.Break(Invariant::kNoStatusForWorkNotDone,
                 execution.job_id + " is REJECTED though a step of it began");
  }
  if (status == "SUCCEEDED") JudgeSuccess(execution);
  const std::string expected = OutcomeStatus(execution.plan->outcome);
  // The device knows the cloud's time limit, and may be the first to act on it.
  const bool has_cause = record.disturbed || execution.plan->timeout_minutes > 0;
  const bool excused =
      has_cause && status == "FAILED" && execution.plan->outcome != Outcome::kRejected;
  if (status != expected && !excused) {
    trace_.Break(Invariant::kNoFailureWithoutCause, execution.job_id + " is " + status + " where " +
                                                        expected +
                                                        " is right: " + execution.details);
  }
}

void Ledger::JudgeSuccess(const Execution& execution) {
  const WorkRecord& record = RecordOf(execution);
  for (std::size_t i = 0; i < record.steps.size(); ++i) {
    const StepPlan& plan = execution.plan->steps[i];
    const StepRecord& step = record.steps[i];
    const bool done = plan.reboot ? step.reboots_proven > 0 : step.effects > 0 && !plan.fails;
    if (!done && !plan.ignored) {
      trace_.Break(
          Invariant::kNoStatusForWorkNotDone,
          execution.job_id + " is SUCCEEDED, but step " + std::to_string(i + 1) + " was not done");
    }
  }
  if (record.steps.empty()) {
    trace_.Break(Invariant::kNoStatusForWorkNotDone,
                 execution.job_id + " is SUCCEEDED, but nothing in it can be done");
  }
}

}  // namespace fieldwork::sim
