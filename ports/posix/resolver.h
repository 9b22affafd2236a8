// Turns a host name into addresses without blocking: c-ares over the name servers and
// /etc/hosts of the host.
//
// Numeric addresses, "localhost" and "*.localhost" (RFC 6761 section 6.3) are done at once
// and ask nobody.
//
// Memory:  the c-ares channel lives only from Start() to the answer.
// Threads: one owner; calls must not overlap.
#pragma once

#include <poll.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "device/base/time.h"
#include "ports/posix/socket_address.h"

namespace fieldwork::posix {

class Resolver {
 public:
  enum class State : std::uint8_t {
    kIdle,    ///< Nothing asked, or cancelled.
    kBusy,    ///< Waiting for name servers.
    kDone,    ///< addresses() has at least one.
    kFailed,  ///< error() says why; Start() asks anew.
  };

  /// How long a name may take in all.
  static constexpr Millis kTimeLimit = Seconds(15);

  Resolver();
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Asks for the addresses of `host`, IPv4 and IPv6, in the order to try them; each comes
  /// back with `port` in it. `udp` says which kind of socket they are for. A query under way
  /// is dropped. Look at state() afterwards: the answer may be there already.
  void Start(Instant now, const std::string& host, std::uint16_t port, bool udp);
  /// Drops a query under way and all results. Harmless when idle.
  void Cancel();

  /// Asks these servers from the next Start() on, in place of those of /etc/resolv.conf:
  /// "192.0.2.53", "192.0.2.53:5353", separated by commas. Empty: back to the host's.
  void set_servers(std::string servers) { servers_ = std::move(servers); }

  State state() const { return state_; }
  const std::vector<SocketAddress>& addresses() const { return addresses_; }
  /// For a person; empty unless kFailed.
  std::string error() const { return error_; }

  /// Adds nothing unless kBusy.
  void AddPollFds(std::vector<pollfd>& fds) const;
  /// `fds` may hold descriptors of others; those are passed over.
  void OnPoll(Instant now, std::span<const pollfd> fds);
  /// When OnTime() next matters; kNever unless kBusy. Changes with every other call.
  Instant Deadline() const;
  /// Earlier calls are harmless.
  void OnTime(Instant now);

 private:
  struct Query;

  void Finish();
  void Fail(const std::string& why);

  State state_ = State::kIdle;
  std::string servers_;
  std::string host_;
  std::string error_;
  std::vector<SocketAddress> addresses_;
  std::unique_ptr<Query> query_;
  Instant last_now_;
  Instant limit_ = kNever;
};

}  // namespace fieldwork::posix
