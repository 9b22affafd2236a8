// Carries requests for the client; decides which address of a name is asked.
#include "ports/posix/sntp_driver.h"

#include <sys/random.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace fieldwork::posix {
namespace {

/// Of datagrams taken in one OnPoll(): a flood must not keep us from everything else.
constexpr int kDatagramsMax = 16;
/// Of news nobody takes; the oldest goes first.
constexpr std::size_t kNewsMax = 64;

template <class Int>
Int RandomNumber() {
  Int number = 0;
  std::size_t done = 0;
  while (done < sizeof number) {
    const ssize_t got =
        ::getrandom(reinterpret_cast<char*>(&number) + done, sizeof number - done, 0);
    // Only a kernel without the call fails but for EINTR. A guessable number would let others set
    // our clock, and with it decide which certificates are valid: better no program at all.
    if (got < 0 && errno != EINTR) std::abort();
    if (got > 0) done += static_cast<std::size_t>(got);
  }
  return number;
}

sntp::Options WithCount(sntp::Options options, std::size_t count) {
  // 0 is what the client refuses; a count beyond its type must not wrap to a legal one.
  options.server_count = count <= sntp::kServersMax ? static_cast<std::uint8_t>(count) : 0;
  return options;
}

bool ParsePort(std::string_view text, std::uint16_t* port) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, *port);
  return error == std::errc() && rest == end && *port != 0;
}

bool Has(std::span<const pollfd> fds, int fd) {
  for (const pollfd& entry : fds) {
    if (entry.fd == fd && entry.revents != 0) return true;
  }
  return false;
}

}  // namespace

std::optional<TimeServer> ParseTimeServer(const std::string& text, std::string* error) {
  const bool bracketed = text.starts_with('[');
  const std::size_t first_colon = text.find(':');
  const std::size_t last_colon = text.rfind(':');
  std::size_t host_end = text.size();
  std::size_t host_begin = 0;
  std::optional<std::size_t> port_begin;
  if (bracketed) {
    host_begin = 1;
    host_end = text.find(']');
    if (host_end == std::string::npos) {
      *error = "no ']' in '" + text + "'";
      return std::nullopt;
    }
    if (host_end + 1 < text.size()) port_begin = host_end + 1;
  } else if (first_colon != std::string::npos && first_colon == last_colon) {
    host_end = first_colon;
    port_begin = first_colon;
  }

  TimeServer server;
  server.host = text.substr(host_begin, host_end - host_begin);
  const bool is_v6 = server.host.find(':') != std::string::npos;
  if (server.host.empty() || server.host.find_first_of(" \t[]/") != std::string::npos) {
    *error = "no host name in '" + text + "'";
    return std::nullopt;
  }
  if ((is_v6 || bracketed) && (!is_v6 || !ParseNumericAddress(server.host, 0))) {
    *error = "not an IPv6 address in '" + text + "'";
    return std::nullopt;
  }
  if (port_begin && (text[*port_begin] != ':' ||
                     !ParsePort(std::string_view(text).substr(*port_begin + 1), &server.port))) {
    *error = "not a port from 1 to 65535 in '" + text + "'";
    return std::nullopt;
  }
  return server;
}

SntpDriver::SntpDriver(std::vector<TimeServer> servers, WallClock& clock,
                       const sntp::Options& timing)
    : servers_(std::move(servers)),
      clock_(clock),
      client_(WithCount(timing, servers_.size()), RandomNumber<std::uint32_t>()) {}

Status SntpDriver::Start(Instant now) {
  FIELDWORK_TRY(client_.Start(now));
  Settle(now);
  return Status::kOk;
}

void SntpDriver::Stop() {
  client_.Stop();
  LeaveServer();
}

void SntpDriver::AddPollFds(std::vector<pollfd>& fds) const {
  resolver_.AddPollFds(fds);
  if (phase_ == Phase::kAsked) fds.push_back({socket_.fd(), POLLIN, 0});
}

void SntpDriver::OnPoll(Instant now, std::span<const pollfd> fds) {
  if (phase_ == Phase::kResolving) resolver_.OnPoll(now, fds);
  if (phase_ == Phase::kAsked && Has(fds, socket_.fd())) Receive(now);
  Settle(now);
}

Instant SntpDriver::Deadline() const { return Earlier(client_.Deadline(), resolver_.Deadline()); }

void SntpDriver::OnTime(Instant now) {
  if (phase_ == Phase::kResolving) resolver_.OnTime(now);
  client_.OnTime(now);
  Settle(now);
}

std::optional<SntpNews> SntpDriver::NextEvent() {
  if (news_.empty()) return std::nullopt;
  SntpNews news = std::move(news_.front());
  news_.pop_front();
  return news;
}

/// Drains the client and does what it wants, until it wants nothing more now. Ends: each turn
/// but the last one uses up a server of the client's round.
void SntpDriver::Settle(Instant now) {
  do {
    while (const std::optional<sntp::Event> event = client_.NextEvent()) Handle(*event);
  } while (Proceed(now));
}

void SntpDriver::Handle(const sntp::Event& event) {
  if (const auto* send = std::get_if<sntp::event::SendRequest>(&event)) {
    current_ = send->server;
    tried_addresses_ = 0;
    detail_.clear();
    phase_ = Phase::kToResolve;
  } else if (const auto* synchronised = std::get_if<sntp::event::Synchronised>(&event)) {
    HandleSynchronised(*synchronised);
  } else if (const auto* failed = std::get_if<sntp::event::ServerFailed>(&event)) {
    HandleFailed(*failed);
  } else if (const auto* waiting = std::get_if<sntp::event::Waiting>(&event)) {
    Report(SntpNews::Kind::kWaiting, 0, {}, waiting->delay);
  }
}

void SntpDriver::HandleSynchronised(const sntp::event::Synchronised& event) {
  std::optional<Millis> step;
  if (clock_.is_set()) step = Millis{event.unix_ms - clock_.UnixMs(event.at)};
  clock_.Set(event.at, event.unix_ms);
  last_server_ = event.server;
  LeaveServer();
  Report(SntpNews::Kind::kSynchronised, event.server, {}, event.round_trip, step);
}

void SntpDriver::HandleFailed(const sntp::event::ServerFailed& event) {
  // Silence is the only failure of an address that its own network does not report.
  if (event.why == sntp::Failure::kTimeout) ++first_address_[event.server];
  std::string text = sntp::FailureName(event.why);
  if (event.why == sntp::Failure::kUnreachable) text += ": " + detail_;
  if (event.why == sntp::Failure::kNotSent) text += ": the name was not found in time";
  LeaveServer();
  Report(SntpNews::Kind::kServerFailed, event.server, std::move(text));
}

/// True when the client heard something and is to be drained again.
bool SntpDriver::Proceed(Instant now) {
  if (phase_ == Phase::kToResolve) {
    phase_ = Phase::kResolving;
    resolver_.Start(now, servers_[current_].host, servers_[current_].port, /*udp=*/true);
  }
  if (phase_ != Phase::kResolving) return false;
  switch (resolver_.state()) {
    case Resolver::State::kIdle:
    case Resolver::State::kBusy: return false;
    case Resolver::State::kDone: return AskNextAddress(now);
    case Resolver::State::kFailed: break;
  }
  detail_ = resolver_.error();
  client_.OnUnreachable(now, current_);
  return true;
}

bool SntpDriver::AskNextAddress(Instant now) {
  const std::vector<SocketAddress>& addresses = resolver_.addresses();
  while (tried_addresses_ < addresses.size()) {
    const std::size_t turn = first_address_[current_] + tried_addresses_++;
    if (Ask(now, addresses[turn % addresses.size()])) return false;
  }
  client_.OnUnreachable(now, current_);
  return true;
}

bool SntpDriver::Ask(Instant now, const SocketAddress& address) {
  address_ = ToText(address);
  Status status = socket_.Connect(address);
  if (status == Status::kOk) {
    const Result<sntp::Packet> request = client_.Request(now, RandomNumber<std::uint64_t>());
    status = request.ok() ? socket_.Send(*request) : request.status();
  }
  // A kernel without room for 48 bytes loses them like the network does: the timeout helps.
  if (status == Status::kOk || status == Status::kNeedMore) {
    phase_ = Phase::kAsked;
    Report(SntpNews::Kind::kAsking, current_, address_);
    return true;
  }
  NoteSocketError();
  return false;
}

void SntpDriver::Receive(Instant now) {
  std::array<std::uint8_t, 512> buffer;
  for (int i = 0; i < kDatagramsMax && phase_ == Phase::kAsked; ++i) {
    const Result<std::size_t> received = socket_.Receive(buffer);
    if (received.status() == Status::kNeedMore) return;
    if (received.ok()) {
      client_.OnReply(now, current_, Bytes(buffer).first(*received));
      while (const std::optional<sntp::Event> event = client_.NextEvent()) Handle(*event);
      continue;
    }
    NoteSocketError();
    AskNextAddress(now);
    return;
  }
}

void SntpDriver::LeaveServer() {
  phase_ = Phase::kIdle;
  resolver_.Cancel();
  socket_.Close();
}

void SntpDriver::NoteSocketError() {
  detail_ = address_ + ": " + std::strerror(socket_.error_number());
}

void SntpDriver::Report(SntpNews::Kind kind, std::size_t server, std::string text, Millis span,
                        std::optional<Millis> step) {
  if (news_.size() == kNewsMax) news_.pop_front();
  news_.push_back({kind, server, std::move(text), span, step});
}

}  // namespace fieldwork::posix
