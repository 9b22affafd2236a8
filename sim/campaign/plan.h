// The jobs of the campaign: what their documents say, how their steps behave, and how each must
// end when nothing disturbs it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/base/time.h"
#include "sim/campaign/dice.h"

namespace fieldwork::sim {

enum class Kind : std::uint8_t {
  kOneStep,
  kInstantSteps,  ///< Steps that are over when Start() returns.
  kManySteps,
  kFinalStep,
  kRebootFirst,
  kRebootMiddle,
  kRebootLast,
  kRebootOnly,
  kRebootTwice,
  kIgnoredFailure,
  kFailure,
  kRetried,  ///< Fails, and the cloud queues a second execution.
  kOperation,
  kUnknown,  ///< A sound document with a step that nobody here can do.
  kMalformed,
  kTooLargeToHold,  ///< Can be received, but not kept.
  kTooLargeToReceive,
  kSlow,  ///< Longer than the step limit.
  kLong,  ///< Longer than the step timer at the cloud, which must be kept alive.
  kCancelQueued,
  kCancelRunning,
  kCancelStubborn,  ///< The step does not stop when asked to.
  kCancelRebooting,
  kDeleteRunning,
  kTimedOut,          ///< At the cloud, while the step runs.
  kRecreatedRunning,  ///< Deleted and made anew under the same id while the step runs.
  kRecreatedOver,     ///< The same after it was over.
  kRecreatedRebooting,
  kOffline,  ///< Queued while the device is off.
  kTwoJobs,
  kOfferedAgain,  ///< The cloud offers it once more after its final status.
};
inline constexpr std::size_t kKinds = 31;
/// "one-step", ...
const char* KindName(Kind kind);
std::optional<Kind> KindNamed(std::string_view name);

struct StepPlan {
  bool reboot = false;
  bool instant = false;
  Millis lasts = Seconds(3);
  bool fails = false;
  bool ignored = false;   ///< ignoreStepFailure.
  bool stubborn = false;  ///< Ends by force only.
};

enum class Outcome : std::uint8_t { kSucceeds, kFails, kRejected };
const char* OutcomeStatus(Outcome outcome);

/// What people do to the job at the cloud, and when.
enum class Deed : std::uint8_t { kNone, kCancel, kDelete, kRecreate, kOfferAgain };
enum class Moment : std::uint8_t { kQueued, kRunning, kRebooting, kOver };

struct Plan {
  Kind kind = Kind::kOneStep;
  std::vector<StepPlan> steps;  ///< Empty: there is nothing that could be carried out.
  Outcome outcome = Outcome::kSucceeds;
  std::string document;
  int serial = 0;   ///< Names the job in its document: the steps are "e<serial>.<step>".
  int retries = 0;  ///< Executions that the cloud adds after a failure.
  int timeout_minutes = 0;
  Deed deed = Deed::kNone;
  Moment moment = Moment::kQueued;
};

/// `dice` decides how long steps take. Sizes of too large documents suit the buffers that
/// machine.h gives the agent.
Plan MakePlan(Kind kind, int serial, Dice& dice);

/// The job's serial and the step's index in the name of a step; nothing when it is not ours.
struct StepName {
  int serial = 0;
  std::size_t step = 0;
};
std::optional<StepName> ParseStepName(std::string_view text);

}  // namespace fieldwork::sim
