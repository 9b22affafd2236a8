// Shows a product's own action at work, the agent left out: job documents are decided, checked
// with the executor, and carried out step by step, as the agent does it.
#include <cstdio>
#include <string_view>

#include "device/handlers/actions.h"
#include "device/handlers/document.h"
#include "examples/blink/blink.h"

namespace {

using namespace fieldwork;

class PrintedLamp final : public example::Lamp {
 public:
  void Set(bool on) override { std::puts(on ? "  lamp on" : "  lamp off"); }
};

constexpr std::string_view kDocuments[] = {
    R"({"action":"Blink","times":2})",
    R"({"version":"1.0","steps":[{"action":{"name":"blink","input":{"times":1}}},)"
    R"({"action":{"name":"Reboot","type":"runHandler","input":{"handler":"reboot.sh"}}}]})",
    R"({"action":"Blink","times":"often"})",
    R"({"action":"Beep"})",
};

/// Why not, or null. All of it is asked before anything is done.
const char* WhyNot(std::string_view document, std::uint8_t count, handlers::Executor& executor) {
  for (std::uint8_t i = 0; i < count; ++i) {
    const handlers::Step step = handlers::StepAt(document, i);
    if (step.kind == handlers::StepKind::kReboot) continue;  // The agent's own.
    if (const char* why = executor.WhyNot(step)) return why;
  }
  return nullptr;
}

/// What the execution's status would be.
const char* Run(std::string_view document, handlers::Executor& executor) {
  const handlers::Decision decision = handlers::Decide(document, {});
  const bool is_plan = decision.verdict == handlers::Verdict::kPlan;
  const char* why = is_plan ? WhyNot(document, decision.step_count, executor) : decision.reason;
  if (why != nullptr) {
    std::printf("  %s\n", why);
    return "REJECTED";
  }
  for (std::uint8_t i = 0; i < decision.step_count; ++i) {
    const handlers::Step step = handlers::StepAt(document, i);
    if (step.kind == handlers::StepKind::kReboot) {
      std::puts("  reboot");
      continue;
    }
    const auto result = executor.Start(step, {.thing = "lamp",
                                              .job_id = "example",
                                              .number = static_cast<std::uint8_t>(i + 1),
                                              .count = decision.step_count});
    // Blink never takes long, so that there is always a result.
    if (!result.has_value() || result->end != handlers::StepEnd::kSucceeded) return "FAILED";
  }
  return "SUCCEEDED";
}

}  // namespace

int main() {
  PrintedLamp lamp;
  example::Blink blink(lamp);
  handlers::Action* const actions[] = {&blink};
  handlers::Actions executor(actions);
  for (const std::string_view document : kDocuments) {
    std::printf("%.*s\n", static_cast<int>(document.size()), document.data());
    std::printf("  %s\n", Run(document, executor));
  }
  return 0;
}
