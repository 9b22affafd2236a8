// All that the agent does, as one table: in which state, on what, it goes where and does
// what. A state is left through this table only.
//
// Persisted elsewhere: Phase in journal.h. What survives a power cut is decided there; the
// states here are lost, and the agent starts in kStopped.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fieldwork::agent {

/// Those from kConnecting to kChecking have a connection; keep them together.
enum class State : std::uint8_t {
  kStopped,      ///< Not started, or told to stop, or about to restart the device.
  kWaiting,      ///< The delay before the next attempt to connect is running.
  kOpening,      ///< The port opens TCP and TLS.
  kConnecting,   ///< CONNECT is out; CONNACK must come.
  kSubscribing,  ///< SUBSCRIBE is out.
  kReady,        ///< Between two pieces of work: chooses the next one at once.
  kAsking,       ///< start-next is out.
  kIdle,         ///< The cloud has no job. Waits for notify-next.
  kSizing,       ///< A document was too large: asks for the job at hand, without document.
  kConfirming,   ///< Asks for that job's own document: is it this one that is too large?
  kWorking,      ///< A step runs, or is about to; no request is out.
  kAnnouncing,   ///< IN_PROGRESS is out: how far the step came, or that a reboot comes.
  kReporting,    ///< The final status is out; it must be accepted.
  kChecking,     ///< The cloud's view of our execution is asked for.
  kRestarting,   ///< DISCONNECT before the reboot is out.
  kLeaving,      ///< DISCONNECT before the stop is out.
  kClosing,      ///< The port was told to close a useless connection.
};
inline constexpr std::size_t kStates = 17;

enum class Input : std::uint8_t {
  kStart,
  kStop,
  kTimer,        ///< The state's own time is over.
  kNetworkBack,  ///< The port has a network again.
  kTransportUp,
  kTransportDown,
  kSessionOver,       ///< The MQTT session found the connection to be of no use.
  kConnectedNew,      ///< CONNACK, and the broker knows no subscriptions of ours.
  kConnectedResumed,  ///< CONNACK, and our subscriptions are still there.
  kSubscribed,
  kSubscribeRefused,
  kWorkAsk,       ///< kReady found: no job at hand.
  kWorkOn,        ///< kReady found: a step runs, and there is nothing to say about it.
  kWorkAnnounce,  ///< kReady found: something to say about it.
  kWorkCheck,     ///< kReady found: the cloud's view of it is wanted, or its document.
  kWorkReport,    ///< kReady found: a final status that was not accepted.
  kWorkRestart,   ///< The cloud knows that the reboot comes.
  kRestartNow,    ///< The cloud could not be told in time.
  kWorkChanged,   ///< The job at hand came further, or is over.
  kNotified,      ///< A notice says that something changed.
  kNoJob,
  kJobTaken,      ///< A job was taken, and its steps can begin.
  kJobOver,       ///< A job was taken, and its final status is known already.
  kJobTooLarge,   ///< A job was taken whose document does not fit.
  kJobSized,      ///< The job at hand is known by name.
  kAccepted,      ///< update/accepted.
  kRefusedRetry,  ///< .../rejected: the same request again, later.
  kRefusedGone,   ///< .../rejected: this execution is over, whatever we do.
  kRefusedCheck,  ///< .../rejected: look before the next try.
  kStillOpen,     ///< Looked: the execution waits for our status.
  kNone,          ///< Nothing for the table: no state does anything on it.
};
inline constexpr std::size_t kInputs = 30;

enum class Action : std::uint8_t {
  kNothing,
  kOpenTransport,
  kCloseTransport,
  kBackOff,  ///< Arms the reconnect delay.
  kSendConnect,
  kSendSubscribe,
  kChooseWork,  ///< Posts one of kWork....
  kWatchWork,   ///< Arms the time of what is next to be said or asked about the job at hand.
  kSendStartNext,
  kAskAgainLater,  ///< Arms the retry delay.
  kSendUpdate,
  kSendSizing,
  kSendConfirm,
  kSendCheck,
  kRememberNotice,
  kGoIdle,
  kAnnounced,       ///< The cloud knows how far it came: the restart, or the next work.
  kFinish,          ///< The cloud knows the final status: into the journal, then the next work.
  kAbandon,         ///< The cloud wants no status any more: the same, or the step is stopped.
  kPrepareRestart,  ///< Journal first, then DISCONNECT.
  kPrepareOffline,  ///< Journal, then kRestart: there is no connection to leave.
  kRestart,         ///< Tells the port to restart the device.
  kDisconnect,
};

/// One row of the table.
struct Transition {
  State from;
  Input on;
  State to;
  Action action;
};

/// What a state does on an input; null when it has no row for it, which changes nothing: a
/// reply that came too late, a notice that says nothing new.
const Transition* Next(State state, Input input);

/// "stopped", "waiting", ... for `aws_job status` and logs.
const char* StateName(State state);

}  // namespace fieldwork::agent
