#include "sim/campaign/plan.h"

#include <array>
#include <charconv>

#include "sim/campaign/machine_limits.h"

namespace fieldwork::sim {
namespace {

constexpr std::array<const char*, kKinds> kNames = {"one-step",
                                                    "instant-steps",
                                                    "many-steps",
                                                    "final-step",
                                                    "reboot-first",
                                                    "reboot-middle",
                                                    "reboot-last",
                                                    "reboot-only",
                                                    "reboot-twice",
                                                    "ignored-failure",
                                                    "failure",
                                                    "retried",
                                                    "operation",
                                                    "unknown",
                                                    "malformed",
                                                    "too-large-to-hold",
                                                    "too-large-to-receive",
                                                    "slow",
                                                    "long",
                                                    "cancel-queued",
                                                    "cancel-running",
                                                    "cancel-stubborn",
                                                    "cancel-rebooting",
                                                    "delete-running",
                                                    "timed-out",
                                                    "recreated-running",
                                                    "recreated-over",
                                                    "recreated-rebooting",
                                                    "offline",
                                                    "two-jobs",
                                                    "offered-again"};

std::string NameOf(int serial, std::size_t step) {
  return "e" + std::to_string(serial) + "." + std::to_string(step);
}

std::string StepText(const StepPlan& step, const std::string& name) {
  const std::string word = step.reboot ? "Reboot" : name;
  return R"({"action":{"name":")" + word + R"(","type":"runHandler","input":{"handler":")" + word +
         R"(","args":["x"]})" + (step.ignored ? R"(,"ignoreStepFailure":"true")" : "") + "}}";
}

std::string StepsText(const Plan& plan) {
  const bool has_final = plan.kind == Kind::kFinalStep;
  std::string text = R"({"version":"1.0","steps":[)";
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const bool is_final = has_final && i + 1 == plan.steps.size();
    if (is_final) text += R"(],"finalStep":)";
    if (i > 0 && !is_final) text += ",";
    text += StepText(plan.steps[i], NameOf(plan.serial, i));
  }
  return text + (has_final ? "}" : "]}");
}

std::string Padded(const Plan& plan, std::size_t size) {
  return R"({"operation":")" + NameOf(plan.serial, 0) + R"(","args":[")" + std::string(size, 'x') +
         R"("]})";
}

std::string DocumentText(const Plan& plan, Dice& dice) {
  static constexpr const char* kMalformed[] = {
      R"({"version":"1.0","steps":[{}]})", R"({"version":"1.0","steps":[]})", "[1,2]",
      R"({"operation":7})", R"({"version":"9.9","steps":[{"action":{"name":"a"}}]})"};
  switch (plan.kind) {
    case Kind::kOperation: return R"({"operation":")" + NameOf(plan.serial, 0) + R"("})";
    case Kind::kUnknown:
      return R"({"version":"1.0","steps":[)" + StepText({}, NameOf(plan.serial, 0)) + "," +
             StepText({}, "nobody-knows") + "]}";
    case Kind::kMalformed: return kMalformed[dice.Below(std::size(kMalformed))];
    case Kind::kTooLargeToHold: return Padded(plan, kDocumentBytes + 100);
    case Kind::kTooLargeToReceive: return Padded(plan, kReceiveBytes + 100);
    default: return StepsText(plan);
  }
}

void AddSteps(Plan& plan, std::size_t count, Dice& dice) {
  for (std::size_t i = 0; i < count; ++i) {
    StepPlan step;
    step.lasts = dice.Span(Millis{1}, Seconds(8));
    step.instant = plan.kind == Kind::kInstantSteps || dice.Chance(200);
    plan.steps.push_back(step);
  }
}

/// A step that is still at it when somebody interferes.
void AddLongStep(Plan& plan, Millis lasts) {
  StepPlan step;
  step.lasts = lasts;
  plan.steps.push_back(step);
}

void AddReboot(Plan& plan) {
  StepPlan step;
  step.reboot = true;
  plan.steps.push_back(step);
}

void AddRebootSteps(Plan& plan, Dice& dice) {
  const Kind kind = plan.kind;
  if (kind == Kind::kRebootMiddle || kind == Kind::kRebootLast) AddSteps(plan, 1, dice);
  AddReboot(plan);
  if (kind == Kind::kRebootFirst || kind == Kind::kRebootMiddle) AddSteps(plan, 1, dice);
  if (kind == Kind::kRebootTwice) {
    AddSteps(plan, 1, dice);
    AddReboot(plan);
  }
  if (kind == Kind::kCancelRebooting || kind == Kind::kRecreatedRebooting) AddSteps(plan, 1, dice);
}

void AddFailingSteps(Plan& plan, Dice& dice) {
  AddSteps(plan, 3, dice);
  plan.steps[1].fails = true;
  plan.steps[1].ignored = plan.kind == Kind::kIgnoredFailure;
  if (plan.kind != Kind::kIgnoredFailure) plan.outcome = Outcome::kFails;
  if (plan.kind == Kind::kRetried) plan.retries = 1;
}

void Interfere(Plan& plan, Deed deed, Moment moment) {
  plan.deed = deed;
  plan.moment = moment;
}

void AddInterference(Plan& plan, Dice& dice) {
  const Kind kind = plan.kind;
  if (kind == Kind::kCancelQueued) {
    AddSteps(plan, 1, dice);
    return Interfere(plan, Deed::kCancel, Moment::kQueued);
  }
  if (kind == Kind::kRecreatedOver) {
    AddSteps(plan, 2, dice);
    return Interfere(plan, Deed::kRecreate, Moment::kOver);
  }
  if (kind == Kind::kOfferedAgain) {
    AddSteps(plan, 2, dice);
    return Interfere(plan, Deed::kOfferAgain, Moment::kOver);
  }
  AddSteps(plan, 1, dice);
  AddLongStep(plan, Seconds(3 * 3600));
  AddSteps(plan, 1, dice);
  plan.steps[1].stubborn = kind == Kind::kCancelStubborn;
  plan.timeout_minutes = kind == Kind::kTimedOut ? 2 : 0;
  if (kind == Kind::kTimedOut) return;
  Interfere(plan,
            kind == Kind::kDeleteRunning      ? Deed::kDelete
            : kind == Kind::kRecreatedRunning ? Deed::kRecreate
                                              : Deed::kCancel,
            Moment::kRunning);
}

void Fill(Plan& plan, Dice& dice) {
  switch (plan.kind) {
    case Kind::kOneStep:
    case Kind::kOperation:
    case Kind::kOffline:
    case Kind::kTwoJobs: return AddSteps(plan, 1, dice);
    case Kind::kInstantSteps: return AddSteps(plan, 3, dice);
    case Kind::kManySteps: return AddSteps(plan, 5, dice);
    case Kind::kFinalStep: return AddSteps(plan, 3, dice);
    case Kind::kRebootFirst:
    case Kind::kRebootMiddle:
    case Kind::kRebootLast:
    case Kind::kRebootOnly:
    case Kind::kRebootTwice: return AddRebootSteps(plan, dice);
    case Kind::kCancelRebooting:
    case Kind::kRecreatedRebooting:
      AddRebootSteps(plan, dice);
      return Interfere(plan, plan.kind == Kind::kCancelRebooting ? Deed::kCancel : Deed::kRecreate,
                       Moment::kRebooting);
    case Kind::kIgnoredFailure:
    case Kind::kFailure:
    case Kind::kRetried: return AddFailingSteps(plan, dice);
    case Kind::kUnknown:
    case Kind::kMalformed:
    case Kind::kTooLargeToHold:
    case Kind::kTooLargeToReceive: plan.outcome = Outcome::kRejected; return;
    case Kind::kSlow:
      AddLongStep(plan, kStepLimit + Seconds(600));
      plan.outcome = Outcome::kFails;
      return;
    case Kind::kLong: return AddLongStep(plan, Seconds(60 * kStepTimerMinutes * 3 / 2));
    default: return AddInterference(plan, dice);
  }
}

}  // namespace

const char* KindName(Kind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::optional<Kind> KindNamed(std::string_view name) {
  for (std::size_t i = 0; i < kKinds; ++i) {
    if (kNames[i] == name) return static_cast<Kind>(i);
  }
  return std::nullopt;
}

const char* OutcomeStatus(Outcome outcome) {
  switch (outcome) {
    case Outcome::kSucceeds: return "SUCCEEDED";
    case Outcome::kFails: return "FAILED";
    case Outcome::kRejected: return "REJECTED";
  }
  return "";
}

Plan MakePlan(Kind kind, int serial, Dice& dice) {
  Plan plan;
  plan.kind = kind;
  plan.serial = serial;
  Fill(plan, dice);
  plan.document = DocumentText(plan, dice);
  return plan;
}

std::optional<StepName> ParseStepName(std::string_view text) {
  if (text.size() < 4 || text[0] != 'e') return std::nullopt;
  StepName name;
  const char* const end = text.data() + text.size();
  const auto serial = std::from_chars(text.data() + 1, end, name.serial);
  if (serial.ec != std::errc() || serial.ptr == end || *serial.ptr != '.') return std::nullopt;
  const auto step = std::from_chars(serial.ptr + 1, end, name.step);
  if (step.ec != std::errc() || step.ptr != end) return std::nullopt;
  return name;
}

}  // namespace fieldwork::sim
