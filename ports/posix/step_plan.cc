// The rules of the configuration, one after the other.
#include "ports/posix/step_plan.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "device/json/reader.h"
#include "ports/posix/command_line.h"
#include "ports/posix/handler_file.h"

namespace fieldwork::posix {
namespace {

using handlers::Step;
using handlers::StepKind;

bool IsAbsent(const json::Value& value) { return value.raw.empty(); }

// Nothing: it is not a string, or no string that a process can be given.
std::optional<std::string> Text(const json::Value& value) {
  std::string text(value.raw.size(), '\0');
  const auto unescaped = json::Unescape(value, text);
  if (!unescaped.ok()) return std::nullopt;
  text.resize((*unescaped).size());
  if (text.find('\0') != std::string::npos) return std::nullopt;
  return text;
}

bool OperationIsAllowed(const StepProcess::Options& options, const Step& step) {
  const auto& allowed = options.allowed_operations;
  return allowed.empty() || std::any_of(allowed.begin(), allowed.end(), [&](const auto& name) {
           return !IsAbsent(step.name) && json::Equals(step.name, name);
         });
}

// The directory that `path` of the document stands for.
std::optional<std::string> Directory(const StepProcess::Options& options, const json::Value& path) {
  if (IsAbsent(path)) return options.handler_directory;
  const auto text = Text(path);
  if (!text) return std::nullopt;
  if (text->empty() || *text == "default") return options.handler_directory;
  const auto is_named = [&](const std::string& known) {
    return WithoutSlashAtEnd(known) == WithoutSlashAtEnd(*text);
  };
  if (is_named(options.handler_directory)) return options.handler_directory;
  const auto& allowed = options.allowed_paths;
  const auto found = std::find_if(allowed.begin(), allowed.end(), is_named);
  return found == allowed.end() ? std::nullopt : std::optional(*found);
}

const char* PlanHandler(const StepProcess::Options& options, const Step& step, StepPlan& plan) {
  if (options.handler_directory.empty()) return "no-handlers";
  auto directory = Directory(options, step.path);
  if (!directory) return "path-not-allowed";
  plan.directory = WithoutSlashAtEnd(*directory);
  const auto name = Text(step.handler);
  if (!name || !HandlerNameIsValid(*name)) return "handler-name-invalid";
  plan.handler = *name;
  plan.argv = {plan.directory + "/" + plan.handler, plan.user};
  if (IsAbsent(step.args)) return nullptr;
  if (step.args.kind != json::Kind::kArray) return "argument-invalid";
  json::Children args(step.args);
  while (args.Next()) {
    auto text = Text(args.value());
    if (!text) return "argument-invalid";
    plan.argv.push_back(std::move(*text));
  }
  return nullptr;
}

const char* PlanCommand(const StepProcess::Options& options, const Step& step, StepPlan& plan) {
  if (!options.run_command) return "command-not-allowed";
  const auto command = Text(step.command);
  auto words = command ? SplitCommand(*command) : std::nullopt;
  if (!words) return "command-invalid";
  plan.argv = std::move(*words);
  return nullptr;
}

const char* Plan(const StepProcess::Options& options, const Step& step, StepPlan& plan) {
  if (step.kind != StepKind::kHandler && step.kind != StepKind::kCommand) return "unsupported-step";
  if (!OperationIsAllowed(options, step)) return "operation-not-allowed";
  if (!IsAbsent(step.run_as_user)) {
    const auto user = Text(step.run_as_user);
    if (!user) return "argument-invalid";
    plan.user = *user;
  }
  return step.kind == StepKind::kHandler ? PlanHandler(options, step, plan)
                                         : PlanCommand(options, step, plan);
}

}  // namespace

std::variant<StepPlan, const char*> PlanStep(const StepProcess::Options& options,
                                             const handlers::Step& step) {
  StepPlan plan;
  if (const char* const reason = Plan(options, step, plan)) return reason;
  return plan;
}

}  // namespace fieldwork::posix
