#include "device/agent/transitions.h"

#include <cstddef>

namespace fieldwork::agent {

namespace {

using enum State;
using enum Input;
// Action is spelt out: kNothing beside kNoJob would read as one kind of thing.

// clang-format off
constexpr Transition kRows[] = {
  // from         on                 to            action
  {kStopped,     kStart,            kOpening,     Action::kOpenTransport},

  {kWaiting,     kTimer,            kOpening,     Action::kOpenTransport},
  {kWaiting,     kNetworkBack,      kWaiting,     Action::kBackOff},
  {kWaiting,     kStop,             kStopped,     Action::kNothing},
  {kWaiting,     kRestartNow,       kStopped,     Action::kPrepareOffline},

  {kOpening,     kTransportUp,      kConnecting,  Action::kSendConnect},
  {kOpening,     kTransportDown,    kWaiting,     Action::kBackOff},
  {kOpening,     kStop,             kLeaving,     Action::kCloseTransport},
  {kOpening,     kRestartNow,       kRestarting,  Action::kPrepareRestart},

  {kConnecting,  kConnectedNew,     kSubscribing, Action::kSendSubscribe},
  {kConnecting,  kConnectedResumed, kReady,       Action::kChooseWork},
  {kConnecting,  kStop,             kLeaving,     Action::kCloseTransport},
  {kConnecting,  kRestartNow,       kRestarting,  Action::kPrepareRestart},

  {kSubscribing, kSubscribed,       kReady,       Action::kChooseWork},
  // Without notify-next the device would be deaf; a later attempt may find another policy.
  {kSubscribing, kSubscribeRefused, kClosing,     Action::kCloseTransport},

  {kReady,       kWorkAsk,          kAsking,      Action::kSendStartNext},
  {kReady,       kWorkOn,           kWorking,     Action::kWatchWork},
  {kReady,       kWorkAnnounce,     kAnnouncing,  Action::kSendUpdate},
  {kReady,       kWorkCheck,        kChecking,    Action::kSendCheck},
  {kReady,       kWorkReport,       kReporting,   Action::kSendUpdate},
  {kReady,       kWorkRestart,      kRestarting,  Action::kPrepareRestart},

  {kAsking,      kNoJob,            kIdle,        Action::kGoIdle},
  {kAsking,      kJobTaken,         kReady,       Action::kChooseWork},
  {kAsking,      kJobOver,          kReporting,   Action::kSendUpdate},
  {kAsking,      kJobTooLarge,      kSizing,      Action::kSendSizing},
  // The reply on its way may have been made before the job that the notice is about.
  {kAsking,      kNotified,         kAsking,      Action::kRememberNotice},
  {kAsking,      kRefusedRetry,     kAsking,      Action::kAskAgainLater},
  {kAsking,      kTimer,            kAsking,      Action::kSendStartNext},

  {kIdle,        kNotified,         kAsking,      Action::kSendStartNext},
  {kIdle,        kTimer,            kAsking,      Action::kSendStartNext},
  {kIdle,        kWorkChanged,      kReady,       Action::kChooseWork},

  {kWorking,     kNotified,         kReady,       Action::kChooseWork},
  {kWorking,     kWorkChanged,      kReady,       Action::kChooseWork},
  {kWorking,     kTimer,            kReady,       Action::kChooseWork},

  // A reply that a broker kept may be about a job of yesterday: never reject today's for it.
  {kSizing,      kJobSized,         kConfirming,  Action::kSendConfirm},
  {kSizing,      kNoJob,            kReady,       Action::kChooseWork},
  {kSizing,      kRefusedRetry,     kSizing,      Action::kAskAgainLater},
  {kSizing,      kTimer,            kSizing,      Action::kSendSizing},

  {kConfirming,  kJobOver,          kReporting,   Action::kSendUpdate},
  {kConfirming,  kJobTaken,         kReady,       Action::kChooseWork},
  {kConfirming,  kRefusedGone,      kReady,       Action::kAbandon},
  {kConfirming,  kRefusedRetry,     kConfirming,  Action::kAskAgainLater},
  {kConfirming,  kTimer,            kConfirming,  Action::kSendConfirm},

  {kAnnouncing,  kAccepted,         kReady,       Action::kAnnounced},
  {kAnnouncing,  kRefusedRetry,     kAnnouncing,  Action::kAskAgainLater},
  {kAnnouncing,  kRefusedGone,      kReady,       Action::kAbandon},
  {kAnnouncing,  kRefusedCheck,     kChecking,    Action::kSendCheck},
  {kAnnouncing,  kTimer,            kAnnouncing,  Action::kSendUpdate},
  // What is new is more worth saying than what was.
  {kAnnouncing,  kWorkChanged,      kReady,       Action::kChooseWork},

  {kReporting,   kAccepted,         kReady,       Action::kFinish},
  {kReporting,   kRefusedRetry,     kReporting,   Action::kAskAgainLater},
  {kReporting,   kRefusedGone,      kReady,       Action::kAbandon},
  {kReporting,   kRefusedCheck,     kChecking,    Action::kSendCheck},
  {kReporting,   kTimer,            kReporting,   Action::kSendUpdate},

  {kChecking,    kStillOpen,        kReady,       Action::kChooseWork},
  {kChecking,    kJobTaken,         kReady,       Action::kChooseWork},
  {kChecking,    kJobOver,          kReporting,   Action::kSendUpdate},
  {kChecking,    kRefusedGone,      kReady,       Action::kAbandon},
  {kChecking,    kRefusedRetry,     kChecking,    Action::kAskAgainLater},
  {kChecking,    kTimer,            kChecking,    Action::kSendCheck},
  {kChecking,    kWorkChanged,      kReady,       Action::kChooseWork},

  // The broker has DISCONNECT, or the time for it is over: nothing more to wait for.
  {kRestarting,  kTransportDown,    kStopped,     Action::kRestart},
  {kRestarting,  kTimer,            kStopped,     Action::kRestart},
  {kRestarting,  kSessionOver,      kRestarting,  Action::kCloseTransport},
  // The journal failed: without it nobody could tell after the boot that it was ours.
  {kRestarting,  kJobOver,          kClosing,     Action::kCloseTransport},
  // The journal says "rebooting": a reboot that was asked for is not called back.
  {kRestarting,  kStop,             kRestarting,  Action::kNothing},

  {kLeaving,     kTransportDown,    kStopped,     Action::kNothing},
  {kLeaving,     kSessionOver,      kLeaving,     Action::kCloseTransport},
  {kLeaving,     kTimer,            kLeaving,     Action::kCloseTransport},
  {kLeaving,     kStop,             kLeaving,     Action::kNothing},
  // Started again before the old connection was gone: as if it had been lost.
  {kLeaving,     kStart,            kClosing,     Action::kCloseTransport},

  {kClosing,     kTransportDown,    kWaiting,     Action::kBackOff},
  {kClosing,     kStop,             kLeaving,     Action::kCloseTransport},
  {kClosing,     kRestartNow,       kRestarting,  Action::kPrepareRestart},
};
// clang-format on

/// What has a connection, from the state of the row on to the last one, does the same on these.
constexpr Transition kOnlineRows[] = {
    // Work that was begun stays in the journal, or with the cloud, for the next connection.
    {kConnecting, kTransportDown, kWaiting, Action::kBackOff},
    {kConnecting, kSessionOver, kClosing, Action::kCloseTransport},
    // All but the first can say DISCONNECT.
    {kSubscribing, kStop, kLeaving, Action::kDisconnect},
    {kSubscribing, kRestartNow, kRestarting, Action::kPrepareRestart},
};
constexpr State kLastOnline = kChecking;
static_assert(static_cast<int>(kLastOnline) - static_cast<int>(kConnecting) == 10,
              "those with a connection stand together in the enum");

// As a list of rows, not a matrix: a third of the flash, and an input is a rare thing.
constexpr const Transition* Find(State state, Input input) {
  for (const Transition& row : kRows) {
    if (row.from == state && row.on == input) return &row;
  }
  for (const Transition& row : kOnlineRows) {
    if (row.on == input && row.from <= state && state <= kLastOnline) return &row;
  }
  return nullptr;
}

consteval bool NoneIsDeclaredTwice() {
  for (const Transition& row : kRows) {
    if (Find(row.from, row.on) != &row) return false;
    for (const Transition& other : kOnlineRows) {
      if (row.on == other.on && other.from <= row.from && row.from <= kLastOnline) return false;
    }
  }
  return true;
}
static_assert(NoneIsDeclaredTwice(), "an input has one row in each state");

consteval bool EveryStateBut(State a, State b, Input input) {
  for (std::size_t s = 0; s < kStates; ++s) {
    const auto state = static_cast<State>(s);
    if (state != a && state != b && Find(state, input) == nullptr) return false;
  }
  return true;
}

static_assert(EveryStateBut(kStopped, kWaiting, kTransportDown),
              "wherever a transport may be, its loss must be handled");
static_assert(EveryStateBut(kStopped, kStopped, kStop), "a started agent can be stopped");

}  // namespace

const Transition* Next(State state, Input input) { return Find(state, input); }

const char* StateName(State state) {
  static constexpr const char* kNames[kStates] = {"stopped",          "waiting to connect",
                                                  "opening",          "connecting",
                                                  "subscribing",      "ready",
                                                  "asking for a job", "idle",
                                                  "sizing",           "confirming",
                                                  "working",          "announcing",
                                                  "reporting",        "checking",
                                                  "restarting",       "leaving",
                                                  "closing"};
  return kNames[static_cast<std::size_t>(state)];
}

}  // namespace fieldwork::agent
