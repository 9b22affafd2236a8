// A product's own actions: the one header to include to teach the agent something new.
//
//   class Blink final : public handlers::Action {
//    public:
//     std::string_view name() const override { return "Blink"; }
//     std::optional<handlers::StepResult> Start(const handlers::Step& step,
//                                               const handlers::StepContext&) override { ... }
//   };
//
//   Blink blink;
//   handlers::Action* const kActions[] = {&blink};
//   handlers::Actions executor(kActions);        // or (kActions, &another_executor)
//   agent::Agent agent(options, memory, flash, boot, executor, seed);
//
// examples/blink is a whole program. A job document {"action":"Blink","times":3}, or a step of
// schema 1.0 named "Blink", then calls it.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "device/handlers/step.h"

namespace fieldwork::handlers {

class Action {
 public:
  /// Matched against the step's name, the whole word, in any case of ASCII letters; whatever kind
  /// the step is of. 1 to kMaxWord (64) bytes.
  virtual std::string_view name() const = 0;
  /// As Executor::WhyNot(); by default every step of this name can be done.
  virtual const char* WhyNot(const Step&) { return nullptr; }
  /// As Executor::Start(). An action that takes long returns nothing and calls
  /// Agent::OnStepEnd() when it is over.
  virtual std::optional<StepResult> Start(const Step& step, const StepContext& context) = 0;
  /// As Executor::Stop(); for actions that take long.
  virtual void Stop(bool) {}

 protected:
  ~Action() = default;
};

/// Finds the action by its name; what no action has the name of goes to `otherwise`, or, without
/// one, is refused: "unsupported-step". All that is given outlives it. No heap.
class Actions final : public Executor {
 public:
  explicit constexpr Actions(std::span<Action* const> actions, Executor* otherwise = nullptr)
      : actions_(actions), otherwise_(otherwise) {}

  // Here, so that the class has its type information wherever that is on: the library is built
  // without.
  const char* WhyNot(const Step& step) override {
    if (Action* const action = Find(step)) return action->WhyNot(step);
    return otherwise_ != nullptr ? otherwise_->WhyNot(step) : kUnsupported;
  }
  std::optional<StepResult> Start(const Step& step, const StepContext& context) override {
    running_ = Find(step);
    if (running_ == nullptr) {
      if (otherwise_ != nullptr) return otherwise_->Start(step, context);
      return StepResult{.end = StepEnd::kFailed, .reason = kUnsupported};
    }
    const auto result = running_->Start(step, context);
    if (result.has_value()) running_ = nullptr;
    return result;
  }
  void Stop(bool force) override {
    if (running_ != nullptr) return running_->Stop(force);
    if (otherwise_ != nullptr) otherwise_->Stop(force);
  }

 private:
  static constexpr char kUnsupported[] = "unsupported-step";

  Action* Find(const Step& step) const;

  std::span<Action* const> actions_;
  Executor* otherwise_;
  Action* running_ = nullptr;  // Null: none, or it is `otherwise_` that runs.
};

}  // namespace fieldwork::handlers
