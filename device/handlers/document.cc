#include "device/handlers/document.h"

#include <array>

#include "device/base/result.h"
#include "device/json/reader.h"

namespace fieldwork::handlers {
namespace {

constexpr std::string_view kReboot = "reboot";

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// The whole word, whatever its case: "REBOOT" but neither "re" nor "Reboot now".
bool IsReboot(json::Value name) {
  std::array<char, 8> buffer;
  const auto text = json::Unescape(name, buffer);
  if (!text.ok() || text->size() != kReboot.size()) return false;
  for (std::size_t i = 0; i < kReboot.size(); ++i) {
    if (Lower((*text)[i]) != kReboot[i]) return false;
  }
  return true;
}

std::string_view Inside(json::Value string) {
  if (string.kind != json::Kind::kString) return string.raw;
  return {string.raw.data() + 1, string.raw.size() - 2};
}

Decision Unsupported(const char* reason, json::Value name) {
  return Decision{Verdict::kNoAction, reason, Inside(name)};
}

/// A step is {"action":{"name":...}}.
json::Value StepName(json::Value step) {
  json::Query query[] = {{"action.name"}};
  const Status status = json::Find(step.raw, query);
  return status == Status::kOk && query[0].found ? query[0].value : json::Value{};
}

/// One step alone can be done by one reboot; a sequence needs somebody who remembers how
/// far it came.
Decision DecideSteps(json::Value steps, const json::Query& final_step) {
  std::size_t count = 0;
  json::Value name;
  json::Children children(steps);
  while (children.Next()) {
    name = StepName(children.value());
    ++count;
    if (!IsReboot(name)) return Unsupported("unsupported-step", name);
  }
  if (final_step.found) {
    name = StepName(final_step.value);
    ++count;
  }
  if (count == 0) return Unsupported("no-operation", {});
  if (count > 1 || !IsReboot(name)) return Unsupported("unsupported-step", name);
  return Decision{Verdict::kReboot, ""};
}

/// Present, and more than an empty array.
bool AsksForConditions(const json::Query& conditions) {
  if (!conditions.found) return false;
  return conditions.value.kind != json::Kind::kArray || json::Children(conditions.value).Next();
}

Decision Invalid(const char* reason) { return Decision{Verdict::kInvalid, reason}; }

}  // namespace

Decision Decide(std::string_view document) {
  json::Query queries[] = {{"version"}, {"conditions"}, {"steps"}, {"finalStep"}, {"operation"}};
  const auto& [version, conditions, steps, final_step, operation] = queries;
  const Status status = json::Find(document, queries);
  if (status == Status::kTooLarge) return Invalid("document-too-deep");
  if (status != Status::kOk) return Invalid("document-malformed");
  if (document[document.find_first_not_of(" \t\r\n")] != '{') return Invalid("document-not-object");

  if (steps.found || final_step.found) {
    if (version.found && !json::Equals(version.value, "1.0")) {
      return Unsupported("unsupported-version", version.value);
    }
    if (AsksForConditions(conditions)) return Unsupported("unsupported-condition", {});
    return DecideSteps(steps.found ? steps.value : json::Value{}, final_step);
  }
  if (!operation.found) return Unsupported("no-operation", {});
  if (!IsReboot(operation.value)) return Unsupported("unsupported-operation", operation.value);
  return Decision{Verdict::kReboot, ""};
}

}  // namespace fieldwork::handlers
