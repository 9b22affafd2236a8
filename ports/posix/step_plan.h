// Decides what a step of a document asks of this host, and whether the configuration allows it.
// Looks at texts only, never at the file system.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "device/handlers/step.h"
#include "ports/posix/step_process.h"

namespace fieldwork::posix {

struct StepPlan {
  std::string directory;          ///< Of the handler; empty for a command.
  std::string handler;            ///< A sound name; empty for a command.
  std::vector<std::string> argv;  ///< For a command its words; the program is argv[0]'s.
  std::string user;               ///< Empty: none was named.
};

/// The plan, or the word of StepProcess::WhyNot(). No text of it has a NUL in it.
std::variant<StepPlan, const char*> PlanStep(const StepProcess::Options& options,
                                             const handlers::Step& step);

}  // namespace fieldwork::posix
