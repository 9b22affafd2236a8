// A product's own action: blinks a lamp so many times.
//
//   {"action":"Blink","times":3}
//   {"version":"1.0","steps":[{"action":{"name":"Blink","input":{"times":3}}}]}
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "device/handlers/actions.h"
#include "device/json/reader.h"

namespace fieldwork::example {

/// What the board has; on a real one it sets a pin.
class Lamp {
 public:
  virtual void Set(bool on) = 0;

 protected:
  ~Lamp() = default;
};

class Blink final : public handlers::Action {
 public:
  explicit Blink(Lamp& lamp) : lamp_(lamp) {}

  std::string_view name() const override { return "Blink"; }

  // Before anything is done: a document that asks for nonsense is REJECTED as a whole.
  const char* WhyNot(const handlers::Step& step) override {
    return TimesOf(step).has_value() ? nullptr : "blink-times-invalid";
  }

  // Done when it returns. An action that takes long returns nothing, and calls
  // Agent::OnStepEnd() later.
  std::optional<handlers::StepResult> Start(const handlers::Step& step,
                                            const handlers::StepContext&) override {
    const auto times = TimesOf(step);
    if (!times.has_value()) {
      return handlers::StepResult{.end = handlers::StepEnd::kFailed,
                                  .reason = "blink-times-invalid"};
    }
    for (std::int64_t i = 0; i < *times; ++i) {
      lamp_.Set(true);
      lamp_.Set(false);
    }
    return handlers::StepResult{};
  }

 private:
  static constexpr std::int64_t kMostTimes = 10;

  static std::optional<std::int64_t> TimesOf(const handlers::Step& step) {
    json::Query times[] = {{"times"}};
    if (step.input.raw.empty() || json::Find(step.input.raw, times) != Status::kOk) return {};
    const auto number = json::ToInt64(times[0].value);
    if (!number.ok() || *number < 1 || *number > kMostTimes) return {};
    return *number;
  }

  Lamp& lamp_;
};

}  // namespace fieldwork::example
