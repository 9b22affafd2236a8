#include "device/handlers/actions.h"

#include <gtest/gtest.h>

#include <string>

#include "device/handlers/document.h"
#include "device/handlers/name.h"

namespace fieldwork::handlers {
namespace {

// Ends at once with kExited and the number it was made with, or, `is_long`, later.
class Fake final : public Action {
 public:
  explicit Fake(const char* name, int code = 1) : name_(name), code_(code) {}

  std::string_view name() const override { return name_; }
  const char* WhyNot(const Step&) override { return why_not; }
  std::optional<StepResult> Start(const Step&, const StepContext& context) override {
    job = context.job_id;
    ++starts;
    if (is_long) return std::nullopt;
    return StepResult{.end = StepEnd::kExited, .code = code_};
  }
  void Stop(bool force) override { force ? ++kills : ++stops; }

  const char* why_not = nullptr;
  bool is_long = false;
  int starts = 0;
  int stops = 0;
  int kills = 0;
  std::string job;

 private:
  const char* name_;
  int code_;
};

class FakeExecutor final : public Executor {
 public:
  const char* WhyNot(const Step&) override { return "unknown-handler"; }
  std::optional<StepResult> Start(const Step&, const StepContext&) override {
    ++starts;
    return std::nullopt;
  }
  void Stop(bool force) override { force ? ++kills : ++stops; }

  int starts = 0;
  int stops = 0;
  int kills = 0;
};

Step StepNamed(std::string_view name_with_quotes) {
  Step step;
  step.name = {json::Kind::kString, name_with_quotes};
  return step;
}

class ActionsTest : public testing::Test {
 protected:
  Fake blink_{"Blink", 1};
  Fake beep_{"beep", 2};
  Action* actions_[2] = {&blink_, &beep_};
  FakeExecutor other_;
  StepContext context_{.thing = "t", .job_id = "j"};
};

TEST_F(ActionsTest, NameInAnyCase_GoesToItsAction) {
  Actions actions(actions_);
  for (const char* name : {R"("Blink")", R"("BLINK")", R"("bl\u0069nk")"}) {
    const Step step = StepNamed(name);
    EXPECT_EQ(actions.WhyNot(step), nullptr) << name;
    EXPECT_EQ(actions.Start(step, context_)->code, 1) << name;
  }
  EXPECT_EQ(actions.Start(StepNamed(R"("Beep")"), context_)->code, 2);
  EXPECT_EQ(blink_.starts, 3);
  EXPECT_EQ(blink_.job, "j");
}

TEST_F(ActionsTest, StepOfADocument_GoesToItsAction) {
  Actions actions(actions_);
  constexpr std::string_view kDocument = R"({"operation":"BEEP","args":["2"]})";
  ASSERT_EQ(Decide(kDocument, {}).verdict, Verdict::kPlan);
  const Step step = StepAt(kDocument, 0);
  EXPECT_EQ(actions.WhyNot(step), nullptr);
  EXPECT_EQ(actions.Start(step, context_)->code, 2);
}

TEST_F(ActionsTest, ActionThatDeclines_SaysWhy) {
  Actions actions(actions_, &other_);
  beep_.why_not = "no-speaker";
  EXPECT_STREQ(actions.WhyNot(StepNamed(R"("beep")")), "no-speaker");
}

TEST_F(ActionsTest, UnknownNameWithoutAnotherExecutor_IsRefused) {
  Actions actions(actions_);
  for (const char* name : {R"("Blin")", R"("Blinks")", R"("")"}) {
    EXPECT_STREQ(actions.WhyNot(StepNamed(name)), "unsupported-step") << name;
  }
  EXPECT_STREQ(actions.WhyNot(Step{}), "unsupported-step");
  const auto result = actions.Start(StepNamed(R"("x")"), context_);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->end, StepEnd::kFailed);
  EXPECT_EQ(result->reason, "unsupported-step");
  actions.Stop(true);
  EXPECT_EQ(blink_.kills + beep_.kills, 0);
}

TEST_F(ActionsTest, UnknownNameWithAnotherExecutor_GoesThere) {
  Actions actions(actions_, &other_);
  const Step step = StepNamed(R"("x")");
  EXPECT_STREQ(actions.WhyNot(step), "unknown-handler");
  EXPECT_FALSE(actions.Start(step, context_).has_value());
  EXPECT_EQ(other_.starts, 1);
}

TEST_F(ActionsTest, Stop_ReachesTheOneThatRuns) {
  Actions actions(actions_, &other_);
  blink_.is_long = true;
  ASSERT_FALSE(actions.Start(StepNamed(R"("blink")"), context_).has_value());
  actions.Stop(false);
  actions.Stop(true);
  EXPECT_EQ(blink_.stops, 1);
  EXPECT_EQ(blink_.kills, 1);
  EXPECT_EQ(other_.stops, 0);

  ASSERT_FALSE(actions.Start(StepNamed(R"("x")"), context_).has_value());
  actions.Stop(false);
  EXPECT_EQ(other_.stops, 1);
  EXPECT_EQ(blink_.stops, 1);
}

TEST_F(ActionsTest, StopAfterAnActionThatEndedAtOnce_DoesNotReachIt) {
  Actions actions(actions_);
  ASSERT_TRUE(actions.Start(StepNamed(R"("blink")"), context_).has_value());
  actions.Stop(false);
  EXPECT_EQ(blink_.stops, 0);
}

TEST(IsWord, LongestWord_IsCompared) {
  const std::string word(kMaxWord, 'w');
  const std::string name = '"' + word + '"';
  EXPECT_TRUE(IsWord({json::Kind::kString, name}, word));
  const std::string longer = '"' + word + "w\"";
  EXPECT_FALSE(IsWord({json::Kind::kString, longer}, word + "w"));
}

}  // namespace
}  // namespace fieldwork::handlers
