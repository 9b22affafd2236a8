// Non-blocking connect over several addresses.
#include "ports/posix/tcp_connector.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "device/base/check.h"

namespace fieldwork::posix {
namespace {

// Enough for every address of an ordinary host; a long answer must not make a long log line.
constexpr std::size_t kErrorsBytesMax = 300;

bool SetOption(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

// Zero when the connection stands.
int PendingError(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

}  // namespace

std::vector<SocketAddress> InterleaveFamilies(const std::vector<SocketAddress>& addresses) {
  std::vector<SocketAddress> first;
  std::vector<SocketAddress> second;
  for (const SocketAddress& address : addresses) {
    (address.family() == addresses.front().family() ? first : second).push_back(address);
  }
  std::vector<SocketAddress> out;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) out.push_back(first[i]);
    if (i < second.size()) out.push_back(second[i]);
  }
  return out;
}

void TcpConnector::Start(Instant now, const std::vector<SocketAddress>& addresses, Millis limit) {
  Cancel();
  waiting_ = InterleaveFamilies(addresses);
  std::reverse(waiting_.begin(), waiting_.end());
  limit_ = now + limit;
  state_ = State::kBusy;
  StartAttempts(now);
}

void TcpConnector::Cancel() {
  waiting_.clear();
  attempts_.clear();
  connected_.Reset();
  errors_.clear();
  error_.clear();
  next_attempt_ = kNever;
  limit_ = kNever;
  state_ = State::kIdle;
}

UniqueFd TcpConnector::TakeFd() {
  FIELDWORK_DCHECK(state_ == State::kConnected);
  state_ = State::kIdle;
  return std::move(connected_);
}

void TcpConnector::AddPollFds(std::vector<pollfd>& fds) const {
  for (const Attempt& attempt : attempts_) fds.push_back(pollfd{attempt.fd.get(), POLLOUT, 0});
}

void TcpConnector::OnPoll(Instant now, std::span<const pollfd> fds) {
  if (state_ != State::kBusy) return;
  bool failed = false;
  for (std::size_t i = 0; i < attempts_.size();) {
    const int fd = attempts_[i].fd.get();
    const auto seen = std::find_if(fds.begin(), fds.end(),
                                   [fd](const pollfd& p) { return p.fd == fd && p.revents != 0; });
    if (seen == fds.end()) {
      ++i;
      continue;
    }
    const int error = PendingError(fd);
    if (error == 0) return Connected(attempts_[i]);
    NoteError(attempts_[i].address, error);
    attempts_.erase(attempts_.begin() + static_cast<std::ptrdiff_t>(i));
    failed = true;
  }
  if (failed) StartAttempts(now);
}

Instant TcpConnector::Deadline() const {
  return state_ == State::kBusy ? Earlier(limit_, next_attempt_) : kNever;
}

void TcpConnector::OnTime(Instant now) {
  if (state_ != State::kBusy) return;
  if (now >= limit_) {
    for (const Attempt& attempt : attempts_) NoteError(attempt.address, ETIMEDOUT);
    return Fail("no connection in time");
  }
  if (now >= next_attempt_) StartAttempts(now);
}

// Starts one attempt; one that fails on the spot hands its turn to the next address.
void TcpConnector::StartAttempts(Instant now) {
  next_attempt_ = kNever;
  while (!waiting_.empty() && state_ == State::kBusy) {
    const SocketAddress address = waiting_.back();
    waiting_.pop_back();
    if (StartOne(address)) break;
  }
  if (state_ != State::kBusy) return;
  if (attempts_.empty()) return Fail("cannot connect");
  if (!waiting_.empty()) next_attempt_ = now + kAttemptDelay;
}

bool TcpConnector::StartOne(const SocketAddress& address) {
  UniqueFd fd(socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  // Small messages that wait for an answer: Nagle's delay would be added to each of them.
  if (!fd.valid() || !SetOption(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1)) {
    NoteError(address, errno);
    return false;
  }
  // Best effort: without it the keep alive of MQTT still finds a dead link, later.
  static_cast<void>(
      SetOption(fd.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(kUserTimeout.count)));
  Attempt attempt{std::move(fd), address};
  if (connect(attempt.fd.get(), address.get(), address.length) == 0) {
    Connected(attempt);
    return true;
  }
  if (errno != EINPROGRESS) {
    NoteError(address, errno);
    return false;
  }
  attempts_.push_back(std::move(attempt));
  return true;
}

void TcpConnector::Connected(Attempt& attempt) {
  UniqueFd winner = std::move(attempt.fd);
  peer_ = attempt.address;
  Cancel();
  connected_ = std::move(winner);
  state_ = State::kConnected;
}

void TcpConnector::NoteError(const SocketAddress& address, int error) {
  if (errors_.size() >= kErrorsBytesMax) return;
  if (!errors_.empty()) errors_ += "; ";
  errors_ += ToText(address) + ": " + std::strerror(error);
}

void TcpConnector::Fail(const std::string& why) {
  const std::string detail = errors_.empty() ? "no address to connect to" : errors_;
  Cancel();
  error_ = why + ": " + detail;
  state_ = State::kFailed;
}

}  // namespace fieldwork::posix
