#include "device/agent/transitions.h"

namespace fieldwork::agent {

// Declared and never defined: the compiler names it when a row is declared twice.
void TransitionDeclaredTwice();

namespace {

struct Row {
  State from;
  Input on;
  State to;
  Action action;
};

using enum State;
using enum Input;
// Action is spelt out: kNothing beside kNoJob would read as one kind of thing.

// clang-format off
constexpr Row kRows[] = {
  // from         on                 to            action
  {kStopped,     kStart,            kOpening,     Action::kOpenTransport},

  {kWaiting,     kTimer,            kOpening,     Action::kOpenTransport},
  {kWaiting,     kNetworkBack,      kWaiting,     Action::kBackOff},
  {kWaiting,     kStop,             kStopped,     Action::kNothing},

  {kOpening,     kTransportUp,      kConnecting,  Action::kSendConnect},
  {kOpening,     kTransportDown,    kWaiting,     Action::kBackOff},
  {kOpening,     kStop,             kLeaving,     Action::kCloseTransport},

  {kConnecting,  kConnectedNew,     kSubscribing, Action::kSendSubscribe},
  {kConnecting,  kConnectedResumed, kReady,       Action::kChooseWork},
  {kConnecting,  kStop,             kLeaving,     Action::kCloseTransport},

  {kSubscribing, kSubscribed,       kReady,       Action::kChooseWork},
  // Without notify-next the device would be deaf; a later attempt may find another policy.
  {kSubscribing, kSubscribeRefused, kClosing,     Action::kCloseTransport},

  {kReady,       kWorkAsk,          kAsking,      Action::kSendStartNext},
  {kReady,       kWorkAnnounce,     kAnnouncing,  Action::kSendUpdate},
  {kReady,       kWorkReport,       kReporting,   Action::kSendUpdate},

  {kAsking,      kNoJob,            kIdle,        Action::kGoIdle},
  {kAsking,      kJobReboot,        kAnnouncing,  Action::kSendUpdate},
  {kAsking,      kJobOver,          kReporting,   Action::kSendUpdate},
  {kAsking,      kJobTooLarge,      kSizing,      Action::kSendSizing},
  // The reply on its way may have been made before the job that the notice is about.
  {kAsking,      kNotified,         kAsking,      Action::kRememberNotice},
  {kAsking,      kRefusedRetry,     kAsking,      Action::kAskAgainLater},
  {kAsking,      kTimer,            kAsking,      Action::kSendStartNext},

  {kIdle,        kNotified,         kAsking,      Action::kSendStartNext},

  {kSizing,      kJobOver,          kReporting,   Action::kSendUpdate},
  {kSizing,      kNoJob,            kReady,       Action::kChooseWork},
  {kSizing,      kRefusedRetry,     kSizing,      Action::kAskAgainLater},
  {kSizing,      kTimer,            kSizing,      Action::kSendSizing},

  {kAnnouncing,  kAccepted,         kRestarting,  Action::kPrepareRestart},
  {kAnnouncing,  kRefusedRetry,     kAnnouncing,  Action::kAskAgainLater},
  {kAnnouncing,  kRefusedGone,      kReady,       Action::kAbandon},
  {kAnnouncing,  kRefusedCheck,     kChecking,    Action::kSendCheck},
  {kAnnouncing,  kTimer,            kAnnouncing,  Action::kSendUpdate},

  {kReporting,   kAccepted,         kReady,       Action::kFinish},
  {kReporting,   kRefusedRetry,     kReporting,   Action::kAskAgainLater},
  {kReporting,   kRefusedGone,      kReady,       Action::kAbandon},
  {kReporting,   kRefusedCheck,     kChecking,    Action::kSendCheck},
  {kReporting,   kTimer,            kReporting,   Action::kSendUpdate},

  {kChecking,    kStillOpen,        kReady,       Action::kChooseWork},
  {kChecking,    kRefusedGone,      kReady,       Action::kAbandon},
  {kChecking,    kRefusedRetry,     kChecking,    Action::kAskAgainLater},
  {kChecking,    kTimer,            kChecking,    Action::kSendCheck},

  // The broker has DISCONNECT, or the time for it is over: nothing more to wait for.
  {kRestarting,  kTransportDown,    kStopped,     Action::kRestart},
  {kRestarting,  kTimer,            kStopped,     Action::kRestart},
  {kRestarting,  kSessionOver,      kRestarting,  Action::kCloseTransport},
  // The journal failed: without it nobody could tell after the boot that it was ours.
  {kRestarting,  kJobOver,          kReporting,   Action::kSendUpdate},
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
};
// clang-format on

/// These have a connection whose loss, uselessness and end mean the same in each.
constexpr State kOnline[] = {kSubscribing, kReady,      kAsking,    kIdle,
                             kSizing,      kAnnouncing, kReporting, kChecking};

using Table = std::array<std::array<Transition, kInputs>, kStates>;

consteval void Declare(Table& table, const Row& row) {
  Transition& cell = table[static_cast<std::size_t>(row.from)][static_cast<std::size_t>(row.on)];
  if (cell.declared) TransitionDeclaredTwice();
  cell = Transition{row.to, row.action, true};
}

consteval Table Build() {
  Table table{};
  for (const Row& row : kRows) Declare(table, row);
  for (const State state : kOnline) {
    // Work that was begun stays in the journal, or with the cloud, for the next connection.
    Declare(table, {state, kTransportDown, kWaiting, Action::kBackOff});
    Declare(table, {state, kSessionOver, kClosing, Action::kCloseTransport});
    Declare(table, {state, kStop, kLeaving, Action::kDisconnect});
  }
  Declare(table, {kConnecting, kTransportDown, kWaiting, Action::kBackOff});
  Declare(table, {kConnecting, kSessionOver, kClosing, Action::kCloseTransport});
  return table;
}

constexpr Table kTable = Build();

consteval bool EveryStateBut(State a, State b, Input input) {
  for (std::size_t s = 0; s < kStates; ++s) {
    if (s == static_cast<std::size_t>(a) || s == static_cast<std::size_t>(b)) continue;
    if (!kTable[s][static_cast<std::size_t>(input)].declared) return false;
  }
  return true;
}

static_assert(EveryStateBut(kStopped, kWaiting, kTransportDown),
              "wherever a transport may be, its loss must be handled");
static_assert(EveryStateBut(kStopped, kStopped, kStop), "a started agent can be stopped");

}  // namespace

const Transition& Next(State state, Input input) {
  return kTable[static_cast<std::size_t>(state)][static_cast<std::size_t>(input)];
}

const char* StateName(State state) {
  static constexpr const char* kNames[kStates] = {
      "stopped",   "waiting to connect", "opening",    "connecting", "subscribing",
      "ready",     "asking for a job",   "idle",       "sizing",     "announcing",
      "reporting", "checking",           "restarting", "leaving",    "closing"};
  return kNames[static_cast<std::size_t>(state)];
}

}  // namespace fieldwork::agent
