// The states and the two limits on asking: once per round, and not before Server::not_before.
#include "device/sntp/client.h"

#include <algorithm>

#include "device/base/check.h"

namespace fieldwork::sntp {
namespace {

constexpr Millis kDeniedHold = Seconds(24 * 3600);
constexpr Millis kRateHold = Seconds(64);
constexpr std::uint8_t kRateDoublingsMax = 6;
/// Beyond this the cap has long been reached, and a larger shift could overflow.
constexpr std::uint8_t kRoundDoublingsMax = 20;
/// The two clocks that measure a round trip are read in whole milliseconds.
constexpr Millis kRoundingSlack = Millis{2};

static_assert(kServersMax <= 8, "Client::tried_ has one bit for each server");

}  // namespace

const char* FailureName(Failure failure) {
  switch (failure) {
    case Failure::kNotSent: return "could not send in time";
    case Failure::kUnreachable: return "unreachable";
    case Failure::kTimeout: return "no answer";
    case Failure::kMalformed: return "malformed answer";
    case Failure::kUnsynchronised: return "server not synchronised";
    case Failure::kRateLimited: return "asked too often";
    case Failure::kDenied: return "access denied";
  }
  return "unknown";
}

Client::Client(const Options& options, std::uint32_t seed) : options_(options), random_(seed) {}

Status Client::Start(Instant now) {
  if (state_ != State::kStopped) return Status::kWrongState;
  if (!OptionsAreValid()) return Status::kBadArgument;
  failed_rounds_ = 0;
  BeginRound(now);
  return Status::kOk;
}

void Client::Stop() {
  state_ = State::kStopped;
  deadline_ = kNever;
  event_count_ = event_next_ = 0;
}

Result<Packet> Client::Request(Instant now, std::uint64_t nonce) {
  if (state_ != State::kSending && state_ != State::kAwaiting) return Status::kWrongState;
  // Once in 2^64: the packet has no room for a nonce of 0.
  nonce_ = nonce != 0 ? nonce : 1;
  sent_at_ = now;
  servers_[current_].not_before = now + kPollMin;
  state_ = State::kAwaiting;
  deadline_ = now + options_.reply_timeout;
  return EncodeRequest(nonce_);
}

void Client::OnReply(Instant now, std::size_t server, Bytes bytes) {
  const Result<Reply> reply = DecodeReply(bytes);
  const bool awaited = state_ == State::kAwaiting && IsCurrent(server);
  const Verdict verdict = awaited && reply.ok() ? Judge(*reply, nonce_) : Verdict::kNotOurs;
  switch (verdict) {
    case Verdict::kGood: return Accept(now, *reply);
    // A failure here would let anybody who can send us a datagram turn us away from a server.
    case Verdict::kNotOurs: ++ignored_replies_; return;
    case Verdict::kMalformed: return Fail(now, Failure::kMalformed);
    case Verdict::kUnsynchronised: return Fail(now, Failure::kUnsynchronised);
    case Verdict::kRateLimited: return Fail(now, Failure::kRateLimited);
    case Verdict::kDenied: return Fail(now, Failure::kDenied);
  }
}

void Client::OnUnreachable(Instant now, std::size_t server) {
  if (state_ != State::kSending && state_ != State::kAwaiting) return;
  if (IsCurrent(server)) Fail(now, Failure::kUnreachable);
}

void Client::OnTime(Instant now) {
  if (now < deadline_) return;
  switch (state_) {
    case State::kStopped: return;
    case State::kSending: return Fail(now, Failure::kNotSent);
    case State::kAwaiting: return Fail(now, Failure::kTimeout);
    case State::kPausing:
    case State::kIdle: return BeginRound(now);
  }
}

std::optional<Event> Client::NextEvent() {
  if (event_next_ == event_count_) {
    event_count_ = event_next_ = 0;
    return std::nullopt;
  }
  return events_[event_next_++];
}

bool Client::OptionsAreValid() const {
  return options_.server_count >= 1 && options_.server_count <= kServersMax &&
         options_.send_timeout > Millis{0} && options_.reply_timeout > Millis{0} &&
         options_.poll_interval >= kPollMin && options_.backoff_base >= Millis{0} &&
         options_.backoff_base <= options_.backoff_cap;
}

void Client::BeginRound(Instant now) {
  tried_ = 0;
  AskNext(now);
}

void Client::AskNext(Instant now) {
  if (!TryPick(now, &current_)) return Pause(now);
  tried_ = static_cast<std::uint8_t>(tried_ | 1u << current_);
  // Already here: a server that cannot be reached is no reason to ask its name server at once.
  servers_[current_].not_before = now + kPollMin;
  state_ = State::kSending;
  deadline_ = now + options_.send_timeout;
  Push(event::SendRequest{current_});
}

void Client::Pause(Instant now) {
  Instant wake = kNever;
  for (std::size_t i = 0; i < options_.server_count; ++i) {
    wake = Earlier(wake, servers_[i].not_before);
  }
  wake = std::max(wake, now);
  // A round that asked nobody only waits for the first server to be free; it has not failed.
  if (tried_ != 0) {
    const Millis doubled{options_.backoff_base.count << failed_rounds_};
    wake = wake + Seconds(1) + random_.Upto(std::min(doubled, options_.backoff_cap));
    if (failed_rounds_ < kRoundDoublingsMax) ++failed_rounds_;
  }
  state_ = State::kPausing;
  deadline_ = wake;
  Push(event::Waiting{wake - now});
}

void Client::Fail(Instant now, Failure why) {
  HoldAfter(now, why);
  Push(event::ServerFailed{current_, why});
  AskNext(now);
}

void Client::Accept(Instant now, const Reply& reply) {
  const Millis elapsed = now - sent_at_;
  const Millis processing = Between(reply.receive, reply.transmit);
  // Longer than we waited, or less than nothing: the server's clock stepped in between.
  if (processing < Millis{0} || processing > elapsed + kRoundingSlack) {
    return Fail(now, Failure::kMalformed);
  }
  const Millis round_trip = std::max(elapsed - processing, Millis{0});
  servers_[current_].rate_limits = 0;
  preferred_ = current_;
  failed_rounds_ = 0;
  state_ = State::kIdle;
  deadline_ =
      now + options_.poll_interval + random_.Upto(Millis{options_.poll_interval.count / 16});
  Push(event::Synchronised{current_, now, UnixMs(reply.transmit) + round_trip.count / 2,
                           round_trip});
}

void Client::HoldAfter(Instant now, Failure why) {
  Server& server = servers_[current_];
  if (why == Failure::kDenied) {
    // RFC 5905 section 7.4 says for ever. But a name stands for many machines, and a device
    // that lives for years needs the time again some day.
    server.not_before = now + kDeniedHold;
  } else if (why == Failure::kRateLimited) {
    server.not_before = now + Millis{kRateHold.count << server.rate_limits};
    if (server.rate_limits < kRateDoublingsMax) ++server.rate_limits;
  }
}

bool Client::TryPick(Instant now, std::uint8_t* server) const {
  for (std::size_t i = 0; i < options_.server_count; ++i) {
    const std::size_t candidate = (preferred_ + i) % options_.server_count;
    if ((tried_ >> candidate & 1) != 0) continue;
    if (servers_[candidate].not_before > now) continue;
    *server = static_cast<std::uint8_t>(candidate);
    return true;
  }
  return false;
}

bool Client::IsCurrent(std::size_t server) const { return server == current_; }

void Client::Push(const Event& event) {
  // Holds as long as the owner drains between two calls, as device/README.md asks. If not,
  // the timers put right what the lost event would have started.
  FIELDWORK_DCHECK(event_count_ < events_.size());
  if (event_count_ == events_.size()) return;
  events_[event_count_++] = event;
}

}  // namespace fieldwork::sntp
