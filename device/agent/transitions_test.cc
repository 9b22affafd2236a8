#include "device/agent/transitions.h"

#include <gtest/gtest.h>

#include <set>

namespace fieldwork::agent {
namespace {

TEST(Transitions, EveryState_CanBeReachedFromStopped) {
  std::set<State> reached = {State::kStopped};
  for (bool grew = true; grew;) {
    grew = false;
    for (const State from : std::set<State>(reached)) {
      for (std::size_t input = 0; input < kInputs; ++input) {
        const Transition* transition = Next(from, static_cast<Input>(input));
        if (transition != nullptr) grew |= reached.insert(transition->to).second;
      }
    }
  }
  EXPECT_EQ(reached.size(), kStates);
}

TEST(Transitions, OnlyAfterTheJournal_TheDeviceIsRestarted) {
  for (std::size_t state = 0; state < kStates; ++state) {
    for (std::size_t input = 0; input < kInputs; ++input) {
      const Transition* transition = Next(static_cast<State>(state), static_cast<Input>(input));
      if (transition == nullptr) continue;
      if (transition->action == Action::kRestart) {
        EXPECT_EQ(transition->from, State::kRestarting);
      }
      if (transition->to == State::kRestarting && transition->from != State::kRestarting) {
        EXPECT_EQ(transition->action, Action::kPrepareRestart);
      }
    }
  }
}

TEST(Transitions, EveryRequestThatWaits_IsSentAgainWhenTheTimeIsOver) {
  for (const State state : {State::kAsking, State::kSizing, State::kConfirming, State::kAnnouncing,
                            State::kReporting, State::kChecking}) {
    const Transition* transition = Next(state, Input::kTimer);
    ASSERT_NE(transition, nullptr) << StateName(state);
    EXPECT_EQ(transition->to, state) << StateName(state);
  }
}

TEST(Transitions, ConnectionLost_NeverForgetsToTryAgain) {
  for (std::size_t i = 0; i < kStates; ++i) {
    const auto state = static_cast<State>(i);
    const Transition* transition = Next(state, Input::kTransportDown);
    if (transition == nullptr || state == State::kRestarting || state == State::kLeaving) continue;
    EXPECT_EQ(transition->to, State::kWaiting) << StateName(state);
    EXPECT_EQ(transition->action, Action::kBackOff) << StateName(state);
  }
}

TEST(StateName, EveryState_HasOne) {
  for (std::size_t i = 0; i < kStates; ++i) EXPECT_STRNE(StateName(static_cast<State>(i)), "");
}

}  // namespace
}  // namespace fieldwork::agent
