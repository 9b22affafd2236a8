// The whole device side as one object: keeps a connection to AWS IoT, takes the jobs of
// one thing in turn, and reports each until the cloud has accepted the report.
//
// Sans-IO. The port owns sockets, TLS, clock, and flash; it drives the agent like this:
//
//   1. One mutation: Start, Stop, OnTransportUp, OnTransportDown, OnReceived, OnTime.
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
  /// Subscribe to the reply topics too. AWS IoT sends replies to a client that has not
  /// subscribed; a plain broker does not. Refused reply filters are put up with.
  bool subscribe_replies = true;
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
  /// What will be reported: "rebooted", "unexpected-boot", "reboot-did-not-come"; "none"
  /// when its work had not begun, and begins now.
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
                 event::NotDone, event::Reporting, event::Reported, event::Refused, event::NoReply,
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

  /// `receive` decides the largest job document (its message must fit, 128 bytes at least);
  /// `send` holds what is not acknowledged, 1 KiB is plenty. `flash` needs two sectors.
  /// `seed` is entropy of this boot. All of them, and the texts of `options`, outlive the
  /// agent. Reads the journal.
  Agent(const Options& options, MutableBytes receive, MutableBytes send, Flash& flash, Boot boot,
        std::uint32_t seed);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  /// Connects, and stays connected, until Stop(). Harmless when started already.
  void Start(Instant now);
  /// Leaves the broker in order; stopped() follows within kLeaveTimeout, once the port
  /// closed the transport.
  void Stop(Instant now);
  bool stopped() const { return state_ == State::kStopped; }

  /// The journal holds a job of an earlier boot that is not reported: the port should
  /// Start() without being asked.
  bool has_unfinished_job() const { return work_is_journaled_; }
  /// For a person: "idle", "reporting", ...
  const char* state_name() const { return StateName(state_); }
  /// The job at hand, or empty. Valid until the next mutation.
  std::string_view job_id() const { return work_.job_id.view(); }

  /// The network was away and is back: the wait that grew meanwhile starts over, short. Not
  /// at once, since a whole site may have lost it together. Harmless at any time.
  void OnNetworkBack(Instant now);

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
  Instant Deadline() const { return Earlier(deadline_, session_.Deadline()); }

  std::optional<Event> NextEvent(Instant now);

 private:
  // The most events that one input leads to, with room to spare.
  static constexpr std::size_t kMaxEvents = 8;
  static constexpr std::size_t kMaxRecords = 8;
  static constexpr std::size_t kMaxPayload = 384;

  // What the session tells, turned into inputs of the table. agent.cc
  void OnSessionEvent(Instant now, const mqtt::Event& event);
  std::optional<Input> OnConnected(Instant now, bool session_present);
  std::optional<Input> OnSessionClose(const mqtt::event::Close& close);
  std::optional<Input> OnSuback(const mqtt::Suback& suback);

  // Messages of the Jobs service; `text` is the topic as it came. agent_replies.cc
  std::optional<Input> OnMessage(std::string_view text, std::string_view payload);
  std::optional<Input> OnOversize(std::string_view text, std::uint32_t payload_bytes);
  std::optional<Input> OnNotifyNext(std::string_view payload);
  std::optional<Input> OnStartNextReply(std::string_view payload);
  std::optional<Input> OnDescribeReply(std::string_view payload);
  std::optional<Input> OnUpdateReply(std::string_view job, std::string_view payload);
  std::optional<Input> OnRejected(const jobs::ParsedTopic& topic, std::string_view text,
                                  std::string_view payload);
  std::optional<Input> Ignore(std::string_view topic);
  bool IsOurReply(std::string_view client_token) const;
  bool IsAboutOurJob(const jobs::ParsedTopic& topic) const;

  // The job at hand. agent_work.cc
  void RecallWork();
  void JudgeReboot();
  void NameWork(const jobs::Execution& execution);
  Input TakeJob(const jobs::Execution& execution);
  Input RefuseJob(const char* reason, std::string_view name, bool no_action);
  Input FailForJournal();
  Status StoreWork();
  void FinishWork();

  // The table, and what its actions do. agent.cc
  void Apply(Instant now, Input input);
  std::optional<Input> Do(Instant now, Action action);
  std::optional<Input> ChooseWork() const;
  std::optional<Input> PrepareRestart(Instant now);
  void BackOff(Instant now);
  void AskAgainLater(Instant now);
  void Leave(Instant now);

  // Requests. agent_requests.cc
  Status SendSubscribe();
  void SendStartNext(Instant now);
  void SendDescribe(Instant now, std::string_view job, std::int64_t execution_number,
                    bool include_document);
  void SendUpdate(Instant now);
  void PublishRequest(Instant now, jobs::Topic topic, std::string_view job,
                      std::string_view payload);
  void NewToken();

  /// Built where it is kept: a copy of the variant at each call would cost 2 KB of flash.
  template <class E>
  void Tell(const E& event) {
    NewEvent().emplace<E>(event);
  }
  Event& NewEvent();

  const Options options_;
  const mqtt::Connect connect_;
  std::array<mqtt::SendRecord, kMaxRecords> records_;
  mqtt::Session session_;
  Journal journal_;
  const Boot boot_;
  Random random_;
  Backoff reconnect_;
  Backoff retry_;

  State state_ = State::kStopped;
  Instant deadline_ = kNever;  // Of the state; kTimer when it comes.
  Instant connected_at_ = kNever;
  const char* close_reason_ = "";  // Why the transport was told to close.

  JournalRecord work_;            // The job at hand; phase kNone when there is none.
  JournalRecord last_;            // The last job that had an effect, and is done.
  const char* refusal_ = "";      // Why the job at hand is not carried out, or "".
  FixedString<64> refused_name_;  // What in its document was not understood.
  bool work_is_journaled_ = false;
  bool plain_report_ = false;  // Leave statusDetails out: they were refused.

  FixedString<20> token_;  // Of the request that waits for its reply.
  std::uint32_t requests_ = 0;
  const std::uint32_t nonce_;
  bool awaiting_reply_ = false;  // The timer is a reply's, not a delay.
  bool ask_later_ = false;       // The last job was given up: no hurry with the next.
  bool notified_ = false;        // notify-next came while start-next was out.
  bool first_question_ = false;  // None was asked on this connection.
  bool ever_subscribed_ = false;
  bool resumed_told_ = false;
  const char* journal_fault_ = nullptr;

  std::array<char, kMaxPayload> payload_;
  std::array<Event, kMaxEvents> events_;
  std::uint8_t events_begin_ = 0;
  std::uint8_t events_count_ = 0;
};

}  // namespace fieldwork::agent
