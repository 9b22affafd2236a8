// Decides what a job document asks for, step by step, and whether it is one that this agent
// understands. Whether the device can do it is the Executor's to say.
//
// Understood:
//   AWS schema "1.0"    {"version":"1.0","steps":[{"action":{..}},..],"finalStep":{..},
//                        "conditions":[..],"includeStdOut":..}   (the managed templates are these)
//   the older form      {"operation":"install","args":[..],"path":..,"allowStdErr":..}
//   plain actions       {"action":"print","message":..} or {"action":{"name":..,"input":..}}
// A step is a reboot when its name, its operation, or its handler without ".sh" is the whole word
// "reboot", in any case. An afr_ota document is a plain action named "afr_ota".
//
// When a document has several of them, the first of this list counts.
//
// Lenient as AWS's own agent is: booleans and numbers may be strings ("true", "1"); null and ""
// count as absent; unknown keys are passed over. Strict where a mistake would do harm: a key of
// these that occurs twice, a wrong type, an empty list of steps. docs/job-documents.md has it all.
//
// Spec: AWS IoT Developer Guide, managed templates; AWS IoT Device Client, job document schema.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "device/handlers/step.h"

namespace fieldwork::handlers {

/// What the device says of itself for `conditions`: ("operating_system", "linux").
struct Attribute {
  std::string_view key;
  std::string_view value;  ///< At most kMaxAttributeValue bytes; a longer one equals nothing.
};
inline constexpr std::size_t kMaxAttributeValue = 128;

enum class Verdict : std::uint8_t {
  kPlan,      ///< Steps to carry out.
  kNoAction,  ///< A sound document that asks for nothing this agent knows.
  kInvalid,   ///< Not a document that anybody could carry out.
  kNotMet,    ///< Its conditions do not hold here.
};

/// Steps of one document, the final step included.
inline constexpr std::size_t kMaxSteps = 64;

struct Decision {
  Verdict verdict = Verdict::kInvalid;
  /// Why not, in one stable, machine-readable word; empty for kPlan:
  ///   document-malformed    not JSON, or a key that is looked for stands in an object twice
  ///   document-not-object   JSON, but not an object
  ///   document-too-deep     more nesting than json::kMaxDepth
  ///   document-step-invalid a step without what its type needs, or with a wrong type; `name`
  ///                         is the step's, if it has one
  ///   document-too-many-steps
  ///   unsupported-version   a schema version other than "1.0"
  ///   unsupported-condition a condition that cannot be evaluated here; `name` is its type if
  ///                         that is why, otherwise its key
  ///   condition-not-met     (kNotMet) `name` is its key
  ///   unsupported-step      an action type other than runHandler and runCommand; it is `name`
  ///   no-operation          nothing that names an operation
  const char* reason = "";
  /// Raw text of the name that was not understood, escapes unresolved; or empty. A view
  /// into the document.
  std::string_view name = {};
  std::uint8_t step_count = 0;  ///< With kPlan, 1 to kMaxSteps.
};

/// `document` is the raw JSON of jobDocument. Every step is checked.
Decision Decide(std::string_view document, std::span<const Attribute> attributes);

/// Step `index`, from 0. REQUIRES: Decide() said kPlan for this text, and index < step_count.
Step StepAt(std::string_view document, std::uint8_t index);

}  // namespace fieldwork::handlers
