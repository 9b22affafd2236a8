// When to ask which time server, whom to believe, and how long to leave a server alone.
//
// Sans-IO, driven by the three steps of device/README.md. The port owns the sockets and the
// names; servers are known here by their place in its list, the first one preferred.
//
// A round asks every server once, until one gives the time. After a round without success the
// client waits, longer each time, and goes on for ever. After a success it asks again
// every poll interval, first the server that answered last.
//
// Spec:    RFC 4330 sections 5, 8 and 10.
// Memory:  this object; no heap.
// Threads: one owner; calls must not overlap.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "device/base/bytes.h"
#include "device/base/random.h"
#include "device/base/result.h"
#include "device/base/time.h"
#include "device/sntp/packet.h"

namespace fieldwork::sntp {

inline constexpr std::size_t kServersMax = 8;

/// RFC 4330 section 10: no server is asked more often, "under any conditions".
inline constexpr Millis kPollMin = Seconds(15);

struct Options {
  /// 1 to kServersMax.
  std::uint8_t server_count = 0;
  /// How long the port may take from SendRequest to Request(): looking up a name. Above 0.
  Millis send_timeout = Seconds(10);
  /// How long a server may take to answer. Above 0.
  Millis reply_timeout = Seconds(3);
  /// From one success to the next request; up to a sixteenth is added at random, so that a
  /// fleet does not ask in step. At least kPollMin.
  Millis poll_interval = Seconds(3600);
  /// After the n-th failed round: 1 s + U(0, min(cap, base * 2^n)), counted from the first
  /// instant a server may be asked again. 0 <= base <= cap.
  Millis backoff_base = Seconds(4);
  Millis backoff_cap = Seconds(1024);
};

enum class Failure : std::uint8_t {
  kNotSent,         ///< The port did not get a request out within send_timeout.
  kUnreachable,     ///< The port says so: no such name, no route, port closed.
  kTimeout,         ///< No valid reply within reply_timeout.
  kMalformed,       ///< The reply breaks the format.
  kUnsynchronised,  ///< The server does not know the time.
  kRateLimited,     ///< Asked too often; left alone for 64 s, twice as long each time, to 4096 s.
  kDenied,          ///< Access refused; left alone for a day.
};

/// A short, stable text for logs. Never null.
const char* FailureName(Failure failure);

namespace event {

/// Find the server's address, then call Request() and send what it returns; or OnUnreachable().
struct SendRequest {
  std::uint8_t server = 0;
};
/// At the instant `at` it was `unix_ms`: set the clock with both.
struct Synchronised {
  std::uint8_t server = 0;
  Instant at;
  std::int64_t unix_ms = 0;
  Millis round_trip;  ///< On the network alone. The time is wrong by half of it at most.
};

// News, for a log. Nothing depends on it.

struct ServerFailed {
  std::uint8_t server = 0;
  Failure why = Failure::kTimeout;
};
/// No server is left to ask; the next round comes after this wait.
struct Waiting {
  Millis delay;
};

}  // namespace event

using Event =
    std::variant<event::SendRequest, event::Synchronised, event::ServerFailed, event::Waiting>;

class Client {
 public:
  /// `seed` is for jitter alone; see device/base/random.h.
  Client(const Options& options, std::uint32_t seed);

  /// Begins the first round at once; only a server that was asked less than kPollMin ago, or
  /// that sent us away, is left out even across Stop() and Start(). kWrongState: already started.
  /// kBadArgument: an option is outside its range.
  Status Start(Instant now);
  /// Forgets the pending request and its events. Harmless when stopped.
  void Stop();

  /// The request to send to the server of SendRequest, now: the round trip counts from here.
  /// `nonce` comes from the platform's source of secret random numbers, fresh for each call.
  /// May be called again for a second address of the same server; then only replies to the last
  /// request count. kWrongState: no request is wanted (any more); send nothing.
  Result<Packet> Request(Instant now, std::uint64_t nonce);
  /// Bytes came from `server`, whose request went to the address they came from (a connected
  /// socket sees to that). What is no answer to the pending request is counted and ignored.
  void OnReply(Instant now, std::size_t server, Bytes bytes);
  /// The server's name or address leads nowhere. Ignored unless it is the one being asked.
  void OnUnreachable(Instant now, std::size_t server);
  /// Call at or after Deadline(); earlier calls are harmless.
  void OnTime(Instant now);

  /// kNever when stopped. Changes with every call above.
  Instant Deadline() const { return deadline_; }
  /// Ask until it is empty, after every call above.
  std::optional<Event> NextEvent();

  bool started() const { return state_ != State::kStopped; }
  /// Replies that answered no pending request: late or forged. Wraps.
  std::uint32_t ignored_replies() const { return ignored_replies_; }

 private:
  enum class State : std::uint8_t {
    kStopped,   ///< Start() leads out.
    kSending,   ///< SendRequest is with the port; Request() is awaited.
    kAwaiting,  ///< A request is on its way; its reply is awaited.
    kPausing,   ///< All servers failed or are left alone; the next round is awaited.
    kIdle,      ///< The time is known; the next poll is awaited.
  };
  struct Server {
    Instant not_before{INT64_MIN};  // When it may be asked again.
    std::uint8_t rate_limits = 0;   // Kisses RATE since its last good reply.
  };

  bool OptionsAreValid() const;
  void BeginRound(Instant now);
  void AskNext(Instant now);
  void Pause(Instant now);
  void Fail(Instant now, Failure why);
  void Accept(Instant now, const Reply& reply);
  void HoldAfter(Instant now, Failure why);
  bool TryPick(Instant now, std::uint8_t* server) const;
  bool IsCurrent(std::size_t server) const;
  void Push(const Event& event);

  Options options_;
  Random random_;
  State state_ = State::kStopped;
  Instant deadline_ = kNever;
  std::array<Server, kServersMax> servers_{};
  std::uint8_t preferred_ = 0;      // The first of a round.
  std::uint8_t current_ = 0;        // Valid in kSending and kAwaiting.
  std::uint8_t tried_ = 0;          // Bit per server: asked in this round.
  std::uint8_t failed_rounds_ = 0;  // Since the last success.
  std::uint64_t nonce_ = 0;         // Of the pending request, in kAwaiting.
  Instant sent_at_;                 // Likewise.
  std::uint32_t ignored_replies_ = 0;

  // One call makes at most two: a failure or success, and what follows from it.
  std::array<Event, 2> events_{};
  std::uint8_t event_count_ = 0;
  std::uint8_t event_next_ = 0;
};

}  // namespace fieldwork::sntp
