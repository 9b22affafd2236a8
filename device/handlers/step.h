// What one step of a job document asks for, how it ended, and who carries it out.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "device/json/reader.h"

namespace fieldwork::handlers {

enum class StepKind : std::uint8_t {
  kReboot,   ///< Restart the device. The agent does it itself.
  kHandler,  ///< A program of the handler directory: `handler`, `path`, `args`.
  kCommand,  ///< A command line: `command`, its words separated by commas ("\," is a comma).
  kAction,   ///< Something of the product's own: `name`, `input`.
};

/// One step. Every member is a view into the document; absent members have an empty raw text.
/// Texts are JSON strings with their escapes: json::Unescape() gives the characters.
struct Step {
  StepKind kind = StepKind::kAction;
  json::Value name;         ///< A string. The action's name, or the operation.
  json::Value handler;      ///< kHandler: a string.
  json::Value path;         ///< kHandler: a string, or absent.
  json::Value args;         ///< kHandler: an array of strings, one string, or absent: StringsOf().
  json::Value command;      ///< kCommand: a string.
  json::Value run_as_user;  ///< A string, or absent. An empty one counts as absent.
  json::Value input;        ///< The action's `input`; of other forms the whole document.
  bool ignore_failure = false;
  bool include_stdout = false;
  std::int32_t stderr_lines_max = -1;  ///< allowStdErr; more lines fail the step. -1: any number.
};

/// The elements of an array of strings, or one string as if it stood in an array. REQUIRES: `value`
/// stands in an object or an array of validated text.
///
///   json::Children args = handlers::StringsOf(step.args);
///   while (args.Next()) Use(args.value());
json::Children StringsOf(json::Value value);

enum class StepEnd : std::uint8_t {
  kSucceeded,
  kExited,    ///< With `code`, not 0.
  kSignaled,  ///< By signal `code`.
  kFailed,    ///< For `reason`: it could not be started, or its result counts as a failure.
};

/// How a step ended. Views live as long as the call that hands it over.
struct StepResult {
  StepEnd end = StepEnd::kSucceeded;
  std::int32_t code = 0;
  /// kFailed: one stable, machine-readable word, at most 32 characters: "user-unknown".
  std::string_view reason = {};
  std::string_view out = {};  ///< The end of what it wrote to standard output; UTF-8 or not.
  std::string_view err = {};  ///< The same of standard error.
};

/// Of which execution a step is.
struct StepContext {
  std::string_view thing;
  std::string_view job_id;
  std::int64_t execution_number = 0;
  std::uint8_t number = 1;  ///< Counts from 1.
  std::uint8_t count = 1;
};

/// Carries out steps, one at a time; implemented by the port and by products. Calls come from
/// the agent's owner, on its thread, and do not block for long.
class Executor {
 public:
  /// Whether this step can be carried out here; asked for every step of a document before the
  /// first one begins. Null: yes. Otherwise one stable word for the cloud ("unknown-handler");
  /// the job is then REJECTED as a whole. Has no effect. Never asked about kReboot.
  virtual const char* WhyNot(const Step& step) = 0;

  /// Begins. The result now, or none: then Agent::OnStepEnd() is called later, exactly once.
  /// The views of `step` live as long as the step runs.
  virtual std::optional<StepResult> Start(const Step& step, const StepContext& context) = 0;

  /// Ends the step that runs: asks it to (`force` false), or makes it (true). It still ends with
  /// Agent::OnStepEnd(). Harmless when none runs.
  virtual void Stop(bool force) = 0;

 protected:
  ~Executor() = default;
};

}  // namespace fieldwork::handlers
