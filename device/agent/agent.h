// The whole device side as one object: keeps a connection to AWS IoT, takes the jobs of
// one thing in turn, and reports each until the cloud has accepted the report.
//
// Sans-IO. The port owns sockets, TLS, clock, and flash; it drives the agent like this:
//
//   1. One mutation: Start, Stop, OnTransportUp, OnTransportDown, OnReceived, OnTime,
//      OnStepProgress, OnStepEnd.
//   2. Drain: NextEvent() until it is empty, then BytesToSend()/OnSent() until empty or
//      the transport takes no more.
//   3. Sleep until Deadline(), or until the transport can be read or written.
//
// Spec:    AWS IoT Developer Guide, "Jobs device MQTT API"; MQTT 3.1.1.
// Memory:  the caller's buffers and this object; no heap.
// Threads: one owner; calls must not overlap.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "device/agent/backoff.h"
#include "device/agent/boot.h"
#include "device/agent/flash.h"
#include "device/agent/journal.h"
#include "device/agent/transitions.h"
#include "device/base/bytes.h"
#include "device/base/fixed_string.h"
#include "device/base/random.h"
#include "device/base/time.h"
#include "device/handlers/document.h"
#include "device/handlers/step.h"
#include "device/jobs/messages.h"
#include "device/mqtt/session.h"

namespace fieldwork::agent {

/// What to report for a document that asks for nothing this device can do.
enum class NoAction : std::uint8_t {
  kReject,   ///< REJECTED, with the reason. What is honest.
  kSucceed,  ///< SUCCEEDED, as the vendor demo of the board does.
};

struct Options {
  /// Name of the thing, 1 to 128 characters; also the MQTT client id. Outlives the agent.
  std::string_view thing = {};
  /// MQTT user name (AWS reads SDK metrics from it); empty sends none. Outlives the agent.
  std::string_view user_name = {};
  /// Seconds, 30 to 1200 at AWS.
  std::uint16_t keep_alive_s = 60;
  NoAction no_action = NoAction::kReject;
  /// Longest wait of the doubling part of the reconnect delay.
  Millis reconnect_cap = Seconds(180);
  /// Subscribe to `notify` and the reply topics too. AWS IoT sends replies to a client that has
  /// not subscribed; a plain broker does not. Refused filters of these are put up with.
  bool subscribe_replies = true;

  /// What `conditions` of a document are compared with. Outlives the agent.
  std::span<const handlers::Attribute> attributes = {};
  /// How long one step, and a whole job, may take; 0: for ever. The cloud's own limit
  /// (approximateSecondsBeforeTimedOut) holds beside them.
  Millis step_limit{0};
  Millis job_limit{0};
  /// From asking a step to stop until it is killed.
  Millis stop_grace = Seconds(10);
  /// The step timer that is asked of the cloud with start-next and every update, 1 to 10080
  /// minutes; 0: none. While a step runs it is kept alive by an update at half its time.
  std::int32_t step_timeout_minutes = 0;
  /// Between two progress updates, at least.
  Millis progress_interval = Seconds(5);
  /// An idle agent asks for a job that often without being told of one, and up to a quarter
  /// later; while a job runs, whether it is still wanted. 0: never.
  Millis reconcile = Seconds(900);
  /// How long a reboot step waits for the cloud to know that it comes.
  Millis reboot_patience = Seconds(60);
};

/// The product's memory. All of it outlives the agent.
struct Memory {
  MutableBytes receive;  ///< The largest message; 128 bytes at least.
  MutableBytes send;     ///< What is not acknowledged; 2 KiB is plenty without step output.
  /// The document of the job at hand; a larger one is REJECTED. After that, the details of its
  /// final status: those that do not fit lose the output first. 256 bytes at least.
  MutableBytes document;
  MutableBytes payload;  ///< One request; 512 bytes at least, 3 KiB holds both output tails.
};

/// Since the program started; for a person and for metrics. They stop at 2^32 - 1.
struct Counters {
  std::uint32_t connections = 0;  ///< CONNACK with success.
  std::uint32_t jobs_taken = 0;   ///< Executions taken, not counting those taken up again.
  std::uint32_t jobs_succeeded = 0;
  std::uint32_t jobs_failed = 0;
  std::uint32_t jobs_rejected = 0;
  std::uint32_t jobs_lost = 0;  ///< Cancelled, timed out or removed at the cloud.
  std::uint32_t steps_begun = 0;
  std::uint32_t steps_failed = 0;
  std::uint32_t steps_stopped = 0;  ///< For a limit, a cancel, or the agent's own stop.
  std::uint32_t updates_sent = 0;   ///< Repetitions included.
  std::uint32_t updates_accepted = 0;
  std::uint32_t requests_refused = 0;
  std::uint32_t replies_missed = 0;  ///< No reply in time.
};

/// What the port is to do, or may tell a person. Views live until the next mutation.
namespace event {

/// Open TCP and TLS, then call OnTransportUp() or OnTransportDown().
struct OpenTransport {};
/// Send what BytesToSend() still has, close, then call OnTransportDown().
struct CloseTransport {};
/// All that must be known after the boot is on flash. Restart the device now.
struct Reboot {
  std::string_view job_id;
};

// News, for a log. Nothing depends on it.

struct Connected {
  bool session_present = false;
};
/// The broker refused CONNECT with this return code (MQTT 3.1.1 table 3.1; AWS adds 7).
struct ConnectRefused {
  std::uint8_t code = 0;
};
struct Disconnected {
  const char* why = "";  ///< Stable text, never null.
};
/// The next attempt comes after this wait.
struct Waiting {
  Millis delay;
};
struct Subscribing {};
struct SubscribeRefused {};
/// Asking for a job; `first` since this connection came up.
struct Asking {
  std::string_view payload;
  bool first = false;
};
struct NoJob {};
struct JobTaken {
  std::string_view job_id;
  std::int64_t execution_number = 0;
  std::string_view document;  ///< JSON text; empty when it was too large to hold.
};
/// The document asks for nothing that this device does.
struct NotDone {
  std::string_view job_id;
  const char* reason = "";  ///< As reported in statusDetails.
  bool succeed = false;     ///< NoAction::kSucceed turned it into SUCCEEDED.
};
/// A step has begun: its record is on flash.
struct StepBegun {
  std::string_view job_id;
  std::uint8_t number = 1;  ///< Counts from 1.
  std::uint8_t count = 1;
  std::string_view name;  ///< As it stands in the document: a JSON string with its quotes.
};
struct StepEnded {
  std::string_view job_id;
  std::uint8_t number = 1;
  handlers::StepEnd end = handlers::StepEnd::kSucceeded;
  std::int32_t code = 0;
  std::string_view reason;  ///< As reported; empty when it succeeded.
};
/// The step that runs is asked to stop.
struct StepStopping {
  std::string_view job_id;
  const char* reason = "";  ///< "canceled", "step-time-limit", ...
};
/// The execution at hand is over at the cloud; nothing is reported for it.
struct JobLost {
  std::string_view job_id;
};
/// A report leaves for the cloud.
struct Reporting {
  std::string_view job_id;
  std::string_view payload;
};
/// The cloud accepted a report; with a terminal status the job is over.
struct Reported {
  std::string_view job_id;
  std::string_view status;
};
enum class Verdict : std::uint8_t {
  kRetry,         ///< Sent again later.
  kGiveUp,        ///< The execution is over or gone at the cloud, or it will never be accepted.
  kDescribe,      ///< The execution is looked up first.
  kAlreadyThere,  ///< The cloud has that status: as good as accepted.
};
/// The cloud said no to a request.
struct Refused {
  std::string_view topic;
  std::string_view code;
  std::string_view message;
  Verdict verdict = Verdict::kRetry;
};
/// No reply came in time; the same request goes out again now.
struct NoReply {};
/// A message larger than the receive buffer arrived and was skipped.
struct TooLarge {
  std::string_view topic;
  std::uint32_t payload_bytes = 0;
};
/// A message on a topic this agent has no use for.
struct Ignored {
  std::string_view topic;
};
/// At Start(): the journal holds a job of an earlier boot.
struct Resumed {
  std::string_view job_id;
  /// What became of the step it was at: "rebooted", "unexpected-boot", "reboot-did-not-come",
  /// "interrupted"; "report" when only its report is missing; "none" when it goes on.
  std::string_view outcome;
};
/// The journal cannot be written or read; jobs that need it fail with this reason.
struct JournalFault {
  const char* why = "";
};

}  // namespace event

using Event =
    std::variant<event::OpenTransport, event::CloseTransport, event::Reboot, event::Connected,
                 event::ConnectRefused, event::Disconnected, event::Waiting, event::Subscribing,
                 event::SubscribeRefused, event::Asking, event::NoJob, event::JobTaken,
                 event::NotDone, event::StepBegun, event::StepEnded, event::StepStopping,
                 event::JobLost, event::Reporting, event::Reported, event::Refused, event::NoReply,
                 event::TooLarge, event::Ignored, event::Resumed, event::JournalFault>;

class Agent {
 public:
  /// A request whose reply does not come in this time is sent again, later and later.
  static constexpr Millis kReplyTimeout = Seconds(10);
  /// A connection that lived so long was a good one: the next reconnect is quick again.
  static constexpr Millis kStable = Seconds(60);
  /// How long DISCONNECT may take before the agent goes on without it.
  static constexpr Millis kLeaveTimeout = Seconds(2);
  /// A reboot that does not come is asked for so many times in all.
  static constexpr std::uint8_t kMaxRebootAttempts = 3;

  /// `flash` needs what Journal says. `executor` carries out the steps. `seed` is entropy of
  /// this boot. All of them, and the texts of `options`, outlive the agent. Reads the journal.
  Agent(const Options& options, const Memory& memory, Flash& flash, Boot boot,
        handlers::Executor& executor, std::uint32_t seed);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  /// Connects, and stays connected, until Stop(). Harmless when started already.
  void Start(Instant now);
  /// Leaves the broker in order; stopped() follows within kLeaveTimeout, once the port
  /// closed the transport. A step that runs is stopped first: its job is reported FAILED with
  /// "agent-stopped" at the next start.
  void Stop(Instant now);
  bool stopped() const { return state_ == State::kStopped && !step_runs_; }

  /// The journal holds a job that is not over, or not reported: the port should Start() without
  /// being asked.
  bool has_unfinished_job() const;
  /// For a person: "idle", "reporting", ...
  const char* state_name() const { return StateName(state_); }
  /// The job at hand, or empty. Valid until the next mutation.
  std::string_view job_id() const;
  /// The execution at hand; phase kNone: none, or only its report is missing (job_id()).
  const Running& running() const { return journal_.running(); }
  /// Of the step that runs, 0 to 100; empty: it has not said.
  std::optional<std::uint8_t> percent() const { return percent_; }
  const Counters& counters() const { return counters_; }
  /// The last thing that went wrong, stable text; empty when nothing has.
  std::string_view last_error() const { return last_error_; }
  /// For its history. Not to be written to.
  Journal& journal() { return journal_; }

  /// A person gives up the job at hand: it is reported FAILED with "canceled-on-device".
  /// kNotFound: another job is at hand, or none, or only its report is missing.
  Status GiveUpJob(Instant now, std::string_view job_id);

  /// The network was away and is back: the wait that grew meanwhile starts over, short. Not
  /// at once, since a whole site may have lost it together. Harmless at any time.
  void OnNetworkBack(Instant now);

  /// The step that runs is so far, 0 to 100.
  void OnStepProgress(Instant now, std::uint8_t percent);
  /// The step that Executor::Start() began is over.
  void OnStepEnd(Instant now, const handlers::StepResult& result);

  void OnTransportUp(Instant now);
  /// The transport is closed or could not be opened. `why`: stable text for the log, never
  /// null; empty when the agent asked for it.
  void OnTransportDown(Instant now, const char* why);

  /// Read from the transport into this, then OnReceived(). Empty: drain the events first.
  MutableBytes ReceiveSpace() { return session_.ReceiveSpace(); }
  void OnReceived(Instant now, std::size_t count) { session_.OnReceived(now, count); }
  /// Valid until the next call.
  Bytes BytesToSend() const { return session_.BytesToSend(); }
  void OnSent(Instant now, std::size_t count) { session_.OnSent(now, count); }

  /// Call at or after Deadline(); earlier calls are harmless.
  void OnTime(Instant now);
  /// When OnTime() next matters, or kNever. Changes after every other call.
  Instant Deadline() const {
    return Earlier(Earlier(deadline_, WorkDeadline()), session_.Deadline());
  }

  std::optional<Event> NextEvent(Instant now);

 private:
  // The most events that one input leads to, with room to spare.
  static constexpr std::size_t kMaxEvents = 8;
  static constexpr std::size_t kMaxRecords = 8;

  // What the session tells, turned into inputs of the table. agent.cc
  void OnSessionEvent(const mqtt::Event& event);
  Input OnConnected(bool session_present);
  Input OnSessionClose(const mqtt::event::Close& close);
  Input OnSuback(const mqtt::Suback& suback);

  // Messages of the Jobs service; `text` is the topic as it came. agent_replies.cc
  Input OnMessage(std::string_view text, std::string_view payload);
  Input OnOversize(std::string_view text, std::uint32_t payload_bytes);
  Input OnNotify(std::string_view payload);
  Input OnNotifyNext(std::string_view payload);
  Input OnAccepted(std::string_view payload);
  Input OnStartNextReply(const jobs::Execution& execution);
  Input OnDescribeReply(const jobs::Execution& execution);
  Input OnUpdateReply(jobs::ExecutionStatus status);
  Input OnRejected(const jobs::ParsedTopic& topic, std::string_view text, std::string_view payload);
  Input Ignore(std::string_view topic);
  bool IsOurReply(std::string_view client_token) const;
  bool IsAboutOurJob(const jobs::ParsedTopic& topic) const;
  void LearnTime(std::int64_t timestamp);

  // The execution at hand: taken, refused, over, lost. agent_work.cc
  Input TakeJob(const jobs::Execution& execution);
  Input TakeUpAgain(const jobs::Execution& execution);
  bool MendJournal();
  Input RefuseJob(const char* reason, std::string_view name, bool no_action);
  void KeepDocument(std::string_view document);
  void ReckonLimit(const jobs::Execution& execution);
  void WindHeartbeat();
  /// How it ends, beside its status.
  struct Ending {
    std::string_view reason = {};
    std::string_view name = {};                    // What was not understood.
    const handlers::StepResult* result = nullptr;  // Of the step that ended it.
    bool after_boot = false;                       // The boot decided it.
  };
  void EndJob(jobs::ExecutionStatus status, const Ending& ending);
  bool Remember(jobs::ExecutionStatus status, Delivery delivery, std::string_view reason,
                std::string_view details);
  bool Record(const Running& next);
  void FailForJournal();
  void LoseJob();
  void EndLost();
  void ForgetWork();
  void Settle(Delivery delivery);
  std::int64_t UnixTime(Instant at) const;

  // After a boot: what became of it. agent_boot.cc
  void RecallWork();
  void JudgeReboot();
  void StepOver(bool succeeded, const char* reason);

  // Its steps. agent_steps.cc
  bool ContinueWork();
  bool CanBeginStep() const;
  void BeginStep();
  void BeginReboot();
  bool RecordReboot();
  bool RecordBegin(Phase phase, const handlers::Step& step);
  void GoToNextStep();
  void FinishStep(const handlers::StepResult& result);
  void StopStep(const char* reason);
  void OnWorkTime();
  Instant WorkDeadline() const;
  handlers::Step CurrentStep() const;
  std::string_view document() const { return AsText(memory_.document.first(document_size_)); }

  // The table, and what its actions do. agent.cc
  void Apply(Input input);
  Input Do(Action action);
  Input ChooseWork() const;
  Input PrepareRestart();
  void BackOff();
  void AskAgainLater();
  void Leave();
  void WatchWork();
  Instant ReconcileTime();

  // Requests. agent_requests.cc
  Status SendSubscribe();
  void SendStartNext();
  void SendDescribe(std::string_view job, std::int64_t execution_number, bool include_document);
  void SendUpdate();
  void PublishRequest(jobs::Topic topic, std::string_view job, std::string_view payload);
  void NewToken();
  std::span<char> payload() const;

  // What statusDetails say. agent_details.cc
  std::string_view StepName(std::span<char> out) const;
  std::string_view ProgressDetails(std::span<char> out) const;
  std::string_view FinalDetails(const Ending& ending, std::span<char> out) const;

  /// Built where it is kept: a copy of the variant at each call would cost 2 KB of flash.
  template <class E>
  void Tell(const E& event) {
    NewEvent().emplace<E>(event);
  }
  Event& NewEvent();

  // The small ones first: that is shorter code on Cortex-M.

  State state_ = State::kStopped;
  bool awaiting_reply_ = false;  // The timer is a reply's, not a delay.
  bool ask_later_ = false;       // The last job was given up: no hurry with the next.
  bool notified_ = false;        // notify-next came while start-next was out.
  bool first_question_ = false;  // None was asked on this connection.
  bool ever_subscribed_ = false;
  std::uint8_t events_begin_ = 0;
  std::uint8_t events_count_ = 0;

  // The execution at hand is journal_.running(), as long as at_hand_ says so: what the journal
  // could not write down is over all the same.
  bool at_hand_ = false;
  bool lost_ = false;  // It is over at the cloud; its step is being stopped.
  bool step_runs_ = false;
  bool reboot_waits_ = false;  // Its reboot step waits for the cloud to know.
  bool work_changed_ = false;  // The table is to be told.
  bool progress_due_ = false;
  bool check_due_ = false;  // Is it still wanted?
  std::optional<std::uint8_t> percent_;

  bool has_report_ = false;
  bool report_is_journaled_ = false;
  bool plain_report_ = false;  // Leave statusDetails out: they were refused.
  jobs::ErrorCode refusal_ = jobs::ErrorCode::kUnknown;  // Of the last rejection.

  std::uint32_t document_size_ = 0;    // In memory_.document; 0: to be asked for.
  const char* stop_reason_ = nullptr;  // Why its step is being stopped.
  const char* close_reason_ = "";      // Why the transport was told to close.
  const char* resumed_ = nullptr;      // What became of a job of an earlier boot; told once.
  const char* journal_fault_ = nullptr;
  std::string_view last_error_;
  handlers::Executor& executor_;
  Random random_;
  const std::uint32_t nonce_;
  std::uint32_t requests_ = 0;
  Counters counters_;

  Instant now_{0};             // Of the last mutation.
  Instant deadline_ = kNever;  // Of the state; kTimer when it comes.
  Instant connected_at_ = kNever;
  Instant step_until_ = kNever;
  Instant job_until_ = kNever;
  Instant kill_at_ = kNever;
  Instant reboot_by_ = kNever;
  Instant progress_at_ = kNever;  // Not before.
  Instant heartbeat_at_ = kNever;
  Instant check_at_ = kNever;
  // By the cloud's clock it was this Unix time, in seconds, at that instant; 0: not known.
  std::int64_t unix_time_ = 0;
  Instant learned_at_{0};
  // Of the execution at hand or reported, as the cloud counts it; 0: it has to be asked for.
  // kNoVersion: it is over there. An update then tells with which status, and changes nothing.
  std::int64_t version_ = 0;
  static constexpr std::int64_t kNoVersion = INT32_MAX;

  Backoff reconnect_;
  Backoff retry_;
  const Boot boot_;
  const Memory memory_;
  const Options options_;
  Journal journal_;
  // Of the last execution: its key names the one at hand, or else the one that is looked at or
  // reported; the rest is the final status that the cloud has not got, when has_report_.
  Ended report_;
  FixedString<20> token_;        // Of the request that waits for its reply.
  FixedString<32> step_reason_;  // Of the last step that failed.
  const mqtt::Connect connect_;
  std::array<mqtt::SendRecord, kMaxRecords> records_;
  mqtt::Session session_;
  std::array<Event, kMaxEvents> events_;
};

}  // namespace fieldwork::agent
