// Any bytes as a job document. What must hold:
//  * nothing crashes, and every view lies inside of the document;
//  * a plan has steps, each with what its kind needs; anything else has a reason;
//  * white space around a document changes nothing.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "device/handlers/document.h"

namespace fieldwork::handlers {
namespace {

constexpr Attribute kAttributes[] = {{"os", "linux"}, {"board", "w800-rev2"}, {"empty", ""}};

void Require(bool condition) {
  if (!condition) std::abort();
}

class Document {
 public:
  explicit Document(std::string_view text) : text_(text) {}

  void RequireWithin(std::string_view view) const {
    if (view.empty()) return;
    Require(view.data() >= text_.data());
    Require(view.data() + view.size() <= text_.data() + text_.size());
  }
  void RequireString(json::Value value) const {
    RequireWithin(value.raw);
    Require(value.kind == json::Kind::kString && value.raw.size() > 2);
    std::vector<char> said(value.raw.size());
    Require(json::Unescape(value, said).ok());
  }
  void RequireStringOrAbsent(json::Value value) const {
    if (!value.raw.empty()) RequireString(value);
  }
  void RequireSound(const Step& step) const {
    RequireString(step.name);
    RequireStringOrAbsent(step.run_as_user);
    RequireStringOrAbsent(step.path);
    RequireWithin(step.input.raw);
    RequireWithin(step.args.raw);
    Require(step.stderr_lines_max >= -1);
    if (step.kind == StepKind::kHandler) RequireString(step.handler);
    if (step.kind == StepKind::kCommand) RequireString(step.command);
    if (step.args.raw.empty()) return;
    json::Children args = StringsOf(step.args);
    while (args.Next()) {
      RequireWithin(args.value().raw);
      Require(args.value().kind == json::Kind::kString);
    }
  }

 private:
  std::string_view text_;
};

Decision Check(std::string_view text) {
  const Document document(text);
  const Decision decision = Decide(text, kAttributes);
  document.RequireWithin(decision.name);
  Require((decision.verdict == Verdict::kPlan) == (*decision.reason == '\0'));
  Require((decision.verdict == Verdict::kPlan) == (decision.step_count != 0));
  Require(decision.step_count <= kMaxSteps);
  for (std::uint8_t i = 0; i < decision.step_count; ++i) document.RequireSound(StepAt(text, i));
  return decision;
}

}  // namespace
}  // namespace fieldwork::handlers

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fieldwork::handlers;
  // A copy of exactly this size, so that the sanitizer sees a look past its end.
  const std::vector<char> exact(data, data + size);
  const Decision decision = Check({exact.data(), exact.size()});
  const std::string padded = " \n" + std::string(exact.begin(), exact.end()) + "\t ";
  const Decision again = Check(padded);
  Require(again.verdict == decision.verdict && again.step_count == decision.step_count);
  Require(std::strcmp(again.reason, decision.reason) == 0 && again.name == decision.name);
  return 0;
}
