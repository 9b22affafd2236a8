// A run follows from its seed; plans and the ledger say what they should.
#include "sim/campaign/campaign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/campaign/ledger.h"
#include "sim/campaign/plan.h"

namespace fieldwork::sim {
namespace {

class CampaignLedger : public testing::Test {
 protected:
  const Execution& Create(Kind kind) {
    plan = MakePlan(kind, 1, dice);
    return cloud.Create("a", plan);
  }
  void DoStep(std::size_t step) {
    ledger.OnBegin({1, step}, 1);
    ledger.OnEffect({1, step}, 1);
    ledger.OnEndedWell({1, step}, 1);
  }

  CampaignLedger() {
    cloud.set_publish([](const std::string&, const std::string&) {});
  }

  Timeline timeline;
  Trace trace{timeline, false};
  Faults faults;
  JobsCloud cloud{timeline, Dice(1), trace, faults, "t", 1'700'000'000};
  Ledger ledger{cloud, trace};
  Dice dice{5};
  Plan plan;
};

TEST_F(CampaignLedger, StepsInOrder_MaySucceed) {
  const Execution& execution = Create(Kind::kFinalStep);
  for (std::size_t i = 0; i < 3; ++i) DoStep(i);
  ledger.Judge(execution, "SUCCEEDED");
  EXPECT_EQ(trace.name(), "");
}

TEST_F(CampaignLedger, MissingStep_IsWorkNotDone) {
  const Execution& execution = Create(Kind::kFinalStep);
  DoStep(0);
  DoStep(1);
  ledger.Judge(execution, "SUCCEEDED");
  EXPECT_EQ(trace.name(), "NoStatusForWorkNotDone");
}

TEST_F(CampaignLedger, StepAgain_IsAnEffectTwice) {
  Create(Kind::kFinalStep);
  DoStep(0);
  ledger.OnBegin({1, 0}, 1);
  EXPECT_EQ(trace.name(), "NoEffectTwice");
}

TEST_F(CampaignLedger, StepOutOfTurn_IsFound) {
  Create(Kind::kFinalStep);
  ledger.OnBegin({1, 1}, 1);
  EXPECT_EQ(trace.name(), "NoEffectTwice");
}

TEST_F(CampaignLedger, StepOfWhatIsKnownToBeOver_IsFound) {
  const Execution& execution = Create(Kind::kFinalStep);
  DoStep(0);
  ledger.OnKnownOver(execution);
  ledger.OnBegin({1, 1}, 1);
  EXPECT_EQ(trace.name(), "NoEffectTwice");
}

TEST_F(CampaignLedger, RejectedAfterAStep_IsFound) {
  const Execution& execution = Create(Kind::kFinalStep);
  DoStep(0);
  ledger.Judge(execution, "REJECTED");
  EXPECT_EQ(trace.name(), "NoStatusForWorkNotDone");
}

TEST_F(CampaignLedger, FailureNeedsACause) {
  const Execution& execution = Create(Kind::kOneStep);
  ledger.OnBegin({1, 0}, 1);
  ledger.OnDisturbance();
  ledger.Judge(execution, "FAILED");
  EXPECT_EQ(trace.name(), "");
  ledger.RecordOf(execution).disturbed = false;
  ledger.Judge(execution, "FAILED");
  EXPECT_EQ(trace.name(), "NoFailureWithoutCause");
}

TEST_F(CampaignLedger, RebootMustBeProven) {
  const Execution& execution = Create(Kind::kRebootOnly);
  ledger.OnRebootAsked(execution, 0);
  ledger.OnRebootProven(execution, 0);
  ledger.Judge(execution, "SUCCEEDED");
  EXPECT_EQ(trace.name(), "");
  ledger.RecordOf(execution).steps[0].reboots_proven = 0;
  ledger.Judge(execution, "SUCCEEDED");
  EXPECT_EQ(trace.name(), "NoStatusForWorkNotDone");
}

TEST_F(CampaignLedger, FourthReboot_IsALoop) {
  const Execution& execution = Create(Kind::kRebootOnly);
  for (int i = 0; i < 3; ++i) ledger.OnRebootAsked(execution, 0);
  EXPECT_EQ(trace.name(), "");
  ledger.OnRebootAsked(execution, 0);
  EXPECT_EQ(trace.name(), "NoLoop");
}

TEST(CampaignPlan, KindNames_AreReadBack) {
  for (std::size_t i = 0; i < kKinds; ++i) {
    const Kind kind = static_cast<Kind>(i);
    EXPECT_EQ(KindNamed(KindName(kind)), kind);
  }
  EXPECT_FALSE(KindNamed("none"));
}

TEST(CampaignPlan, StepNames_AreReadBack) {
  EXPECT_EQ(ParseStepName("e12.3")->serial, 12);
  EXPECT_EQ(ParseStepName("e12.3")->step, 3u);
  EXPECT_FALSE(ParseStepName("e12."));
  EXPECT_FALSE(ParseStepName("nobody-knows"));
  EXPECT_FALSE(ParseStepName("e1.2x"));
}

TEST(CampaignCuts, TextsAreReadBack) {
  EXPECT_EQ(CutsText(*ParseCuts("torn:3,after:5,point:7")), "torn:3,after:5,point:7");
  EXPECT_EQ(CutsText(*ParseCuts("3")), "torn:3");
  EXPECT_FALSE(ParseCuts("torn:"));
  EXPECT_FALSE(ParseCuts("0"));
}

TEST(CampaignRun, SameSeed_SameTrace) {
  Campaign campaign([](const RunResult&, const std::string&) { return true; });
  const RunResult a = sim::Run(campaign.SetupOfSeed(3));
  const RunResult b = sim::Run(campaign.SetupOfSeed(3));
  EXPECT_EQ(a.trace, b.trace);
  EXPECT_EQ(a.points, b.points);
}

}  // namespace
}  // namespace fieldwork::sim
