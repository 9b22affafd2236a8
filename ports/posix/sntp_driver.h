// Keeps a WallClock right: gives sntp::Client its names, sockets and random numbers.
//
// A name may have many addresses. They are tried one after the other while the network says
// that they lead nowhere; silence ends the attempt with this server, and the next attempt
// starts with its next address.
//
// Poll-driven, no threads:
//   AddPollFds(fds); poll(fds, until Deadline()); OnPoll(now, fds); OnTime(now);
//   while (auto event = NextEvent()) ...
// `now` is ports/posix/clock.h's MonotonicNow(), read after poll() has returned: the round trip
// is measured with it.
#pragma once

#include <poll.h>

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "device/base/time.h"
#include "device/base/wall_clock.h"
#include "device/sntp/client.h"
#include "ports/posix/resolver.h"
#include "ports/posix/udp.h"

namespace fieldwork::posix {

struct TimeServer {
  std::string host;  ///< Name or numeric address, without brackets.
  std::uint16_t port = 123;
};

/// From "host", "host:port", "192.0.2.1:port", "2001:db8::1" or "[2001:db8::1]:port". Empty, and a
/// reason for a person in `error`, for everything else.
std::optional<TimeServer> ParseTimeServer(const std::string& text, std::string* error);

/// News for a log. Nothing depends on it.
struct SntpNews {
  enum class Kind : std::uint8_t {
    kAsking,        ///< `text` is the address that a request went to.
    kSynchronised,  ///< The clock was set; `span` is the round trip.
    kServerFailed,  ///< `text` says why.
    kWaiting,       ///< All servers failed; the next round comes after `span`.
  };
  Kind kind = Kind::kAsking;
  std::size_t server = 0;  ///< Place in servers(); not for kWaiting.
  std::string text;
  Millis span;
  /// kSynchronised: how far the clock was moved. Empty when it was not set before.
  std::optional<Millis> step;
};

class SntpDriver {
 public:
  /// `clock` outlives this object; nothing but a good reply sets it. `timing.server_count` is
  /// ignored: it follows from `servers`, the first one preferred.
  SntpDriver(std::vector<TimeServer> servers, WallClock& clock,
             const sntp::Options& timing = sntp::Options{});

  /// Asks at once; see sntp::Client::Start(). kWrongState: running already. kBadArgument: no
  /// server, more than sntp::kServersMax, or a timing out of its range.
  Status Start(Instant now);
  /// Closes everything; the clock stays as it is. Harmless when stopped.
  void Stop();

  bool running() const { return client_.started(); }
  const std::vector<TimeServer>& servers() const { return servers_; }
  /// Place in servers() of the one that set the clock last; empty when none has.
  std::optional<std::size_t> last_server() const { return last_server_; }

  void AddPollFds(std::vector<pollfd>& fds) const;
  /// `fds` may hold descriptors of others; those are passed over.
  void OnPoll(Instant now, std::span<const pollfd> fds);
  /// kNever when stopped. Changes with every other call.
  Instant Deadline() const;
  /// Earlier calls are harmless.
  void OnTime(Instant now);

  std::optional<SntpNews> NextEvent();

 private:
  enum class Phase : std::uint8_t {
    kIdle,       ///< The client wants nothing sent.
    kToResolve,  ///< It wants a request to go to current_.
    kResolving,  ///< The resolver looks for current_'s addresses.
    kAsked,      ///< A request is out; socket_ waits for the reply.
  };

  void Settle(Instant now);
  void Handle(const sntp::Event& event);
  void HandleSynchronised(const sntp::event::Synchronised& event);
  void HandleFailed(const sntp::event::ServerFailed& event);
  bool Proceed(Instant now);
  bool AskNextAddress(Instant now);
  bool Ask(Instant now, const SocketAddress& address);
  void Receive(Instant now);
  void LeaveServer();
  void NoteSocketError();
  void Report(SntpNews::Kind kind, std::size_t server, std::string text, Millis span = {},
              std::optional<Millis> step = {});

  std::vector<TimeServer> servers_;
  WallClock& clock_;
  sntp::Client client_;
  Resolver resolver_;
  UdpSocket socket_;
  Phase phase_ = Phase::kIdle;
  std::size_t current_ = 0;  // Server that is being asked; valid unless kIdle.
  std::size_t tried_addresses_ = 0;
  std::string address_;  // The one asked last, for a person.
  std::string detail_;   // Why current_ cannot be asked, as far as known.
  std::array<std::size_t, sntp::kServersMax> first_address_{};  // Moves on after a silence.
  std::optional<std::size_t> last_server_;
  std::deque<SntpNews> news_;
};

}  // namespace fieldwork::posix
