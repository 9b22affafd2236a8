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

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "device/agent/boot.h"
#include "device/agent/flash.h"
#include "device/base/bytes.h"
#include "device/base/random.h"
#include "device/base/time.h"

namespace fieldwork::agent {

/// What to report for a document that asks for nothing this device can do.
enum class NoAction : std::uint8_t {
  kReject,   ///< REJECTED, with the reason. What is honest.
  kSucceed,  ///< SUCCEEDED, as the vendor demo of the board does.
};

struct Options {
  /// Name of the thing, 1 to 128 characters; also the MQTT client id. Outlives the agent.
  std::string_view thing;
  /// MQTT user name (AWS reads SDK metrics from it); empty sends none. Outlives the agent.
  std::string_view user_name;
  /// Seconds, 30 to 1200 at AWS.
  std::uint16_t keep_alive_s = 60;
  NoAction no_action = NoAction::kReject;
  /// Longest wait of the doubling part of the reconnect delay.
  Millis reconnect_cap = Seconds(180);
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
/// No reply came in time; the request goes out again after `delay`.
struct NoReply {
  Millis delay;
};
/// A message larger than the receive buffer arrived and was skipped.
struct TooLarge {
  std::string_view topic;
  std::uint32_t payload_bytes = 0;
};
/// A message on a topic this agent has no use for.
struct Ignored {
  std::string_view topic;
};
/// After a reboot: what the journal says of the job that asked for it.
struct Resumed {
  std::string_view job_id;
  bool rebooted = false;    ///< The boot was the one the job asked for.
  const char* why = "";     ///< If not, the reason; stable text, never null.
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

// class Agent follows with the implementation:
//   Agent(const Options&, MutableBytes receive, MutableBytes send, Flash&, Boot, std::uint32_t seed);
//   void Start(Instant now);            // connects, for ever
//   void Stop(Instant now);             // orderly DISCONNECT, then event::CloseTransport
//   bool has_unfinished_job() const;    // the journal holds a job to report: start by yourself
//   std::string_view state_name() const;
//   void OnTransportUp(Instant now);
//   void OnTransportDown(Instant now, const char* why);
//   MutableBytes ReceiveSpace();        // read from the transport into this
//   void OnReceived(Instant now, std::size_t n);
//   Bytes BytesToSend();                // view until the next call
//   void OnSent(Instant now, std::size_t n);
//   void OnTime(Instant now);
//   Instant Deadline() const;           // kNever when there is nothing to wait for
//   std::optional<Event> NextEvent(Instant now);

}  // namespace fieldwork::agent
