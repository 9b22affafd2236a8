// Decides which of a host's addresses a TCP connection goes to: all are tried, a little apart,
// and the first that connects wins.
//
// Spec:    RFC 8305 (Happy Eyeballs) sections 4 and 5, with all addresses known beforehand:
//          families take turns; the next attempt starts 250 ms after the last one, or at once
//          when an attempt fails.
// Threads: one owner; calls must not overlap.
#pragma once

#include <poll.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "device/base/time.h"
#include "ports/posix/socket_address.h"
#include "ports/posix/unique_fd.h"

namespace fieldwork::posix {

/// The addresses in the order to try them: families in turn, starting with the first one's,
/// order kept within each family (RFC 8305 section 4).
std::vector<SocketAddress> InterleaveFamilies(const std::vector<SocketAddress>& addresses);

class TcpConnector {
 public:
  enum class State : std::uint8_t {
    kIdle,       ///< Nothing asked, cancelled, or the socket was taken.
    kBusy,       ///< At least one attempt is under way.
    kConnected,  ///< TakeFd() has the socket.
    kFailed,     ///< error() says why.
  };

  /// RFC 8305 section 8, "Connection Attempt Delay".
  static constexpr Millis kAttemptDelay{250};
  /// Unacknowledged data older than this ends a connection (TCP_USER_TIMEOUT).
  static constexpr Millis kUserTimeout = Seconds(30);

  /// Ends in kFailed when nothing is connected `limit` from now, or no address is left.
  /// Attempts of an earlier call are dropped. Look at state() afterwards.
  void Start(Instant now, const std::vector<SocketAddress>& addresses, Millis limit);
  /// Closes all attempts. Harmless when idle.
  void Cancel();

  /// The connected socket: non-blocking, closed on exec, Nagle off. REQUIRES: kConnected;
  /// the state is kIdle afterwards.
  UniqueFd TakeFd();

  State state() const { return state_; }
  /// Where TakeFd()'s socket leads. Valid from kConnected to the next Start() or Cancel().
  const SocketAddress& peer() const { return peer_; }
  /// For a person: each address with its error. Empty unless kFailed.
  const std::string& error() const { return error_; }

  void AddPollFds(std::vector<pollfd>& fds) const;
  /// `fds` may hold descriptors of others; those are passed over.
  void OnPoll(Instant now, std::span<const pollfd> fds);
  /// When OnTime() next matters; kNever unless kBusy. Changes with every other call.
  Instant Deadline() const;
  /// Earlier calls are harmless.
  void OnTime(Instant now);

 private:
  struct Attempt {
    UniqueFd fd;
    SocketAddress address;
  };

  void StartAttempts(Instant now);
  bool StartOne(const SocketAddress& address);
  void Connected(Attempt& attempt);
  void NoteError(const SocketAddress& address, int error);
  void Fail(const std::string& why);

  State state_ = State::kIdle;
  std::vector<SocketAddress> waiting_;  // Not tried yet; the next one is the last.
  std::vector<Attempt> attempts_;
  UniqueFd connected_;
  SocketAddress peer_;
  Instant next_attempt_ = kNever;
  Instant limit_ = kNever;
  std::string errors_;
  std::string error_;
};

}  // namespace fieldwork::posix
