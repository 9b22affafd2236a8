// The c-ares side of Resolver.
#include "ports/posix/resolver.h"

#include <ares.h>
#include <sys/time.h>

#include <array>
#include <cstring>
#include <utility>

namespace fieldwork::posix {
namespace {

// One question to one server; c-ares lengthens it with each round.
constexpr int kServerTimeoutMs = 2000;
constexpr int kRounds = 3;

bool IsLocalhost(std::string host) {
  for (char& c : host) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (!host.empty() && host.back() == '.') host.pop_back();
  const std::string suffix = ".localhost";
  if (host == "localhost") return true;
  return host.size() > suffix.size() &&
         host.compare(host.size() - suffix.size(), suffix.size(), suffix) == 0;
}

}  // namespace

// The channel and what its callback leaves. The callback may come inside ares_getaddrinfo()
// or ares_process_fd(), where the channel must not be destroyed: so it only takes notes.
struct Resolver::Query {
  ~Query() {
    if (channel != nullptr) ares_destroy(channel);
    if (library) ares_library_cleanup();
  }

  /// The c-ares status; ARES_SUCCESS when the query is on its way or already answered.
  int Begin(const std::string& host, std::uint16_t port, bool udp, const std::string& servers);

  static void OnAnswer(void* self, int status, int timeouts, ares_addrinfo* answer);

  ares_channel channel = nullptr;
  bool library = false;
  bool answered = false;
  int status = ARES_SUCCESS;
  std::vector<SocketAddress> addresses;
};

int Resolver::Query::Begin(const std::string& host, std::uint16_t port, bool udp,
                           const std::string& servers) {
  if (const int failed = ares_library_init(ARES_LIB_INIT_ALL); failed != ARES_SUCCESS) {
    return failed;
  }
  library = true;
  ares_options options{};
  options.timeout = kServerTimeoutMs;
  options.tries = kRounds;
  const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES;
  if (const int failed = ares_init_options(&channel, &options, mask); failed != ARES_SUCCESS) {
    return failed;
  }
  if (!servers.empty()) {
    const int failed = ares_set_servers_ports_csv(channel, servers.c_str());
    if (failed != ARES_SUCCESS) return failed;
  }
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = udp ? SOCK_DGRAM : SOCK_STREAM;
  hints.ai_flags = ARES_AI_NUMERICSERV;
  const std::string service = std::to_string(port);
  ares_getaddrinfo(channel, host.c_str(), service.c_str(), &hints, &Query::OnAnswer, this);
  return ARES_SUCCESS;
}

void Resolver::Query::OnAnswer(void* self, int status, int /*timeouts*/, ares_addrinfo* answer) {
  auto& query = *static_cast<Query*>(self);
  query.answered = true;
  query.status = status;
  if (answer == nullptr) return;
  for (const ares_addrinfo_node* node = answer->nodes; node != nullptr; node = node->ai_next) {
    SocketAddress address;
    if (node->ai_addrlen > sizeof(address.storage)) continue;
    std::memcpy(&address.storage, node->ai_addr, node->ai_addrlen);
    address.length = node->ai_addrlen;
    query.addresses.push_back(address);
  }
  ares_freeaddrinfo(answer);
}

Resolver::Resolver() = default;
Resolver::~Resolver() = default;

void Resolver::Start(Instant now, const std::string& host, std::uint16_t port, bool udp) {
  Cancel();
  host_ = host;
  last_now_ = now;
  if (host.empty()) return Fail("no host name given");
  if (const auto numeric = ParseNumericAddress(host, port)) {
    addresses_.push_back(*numeric);
    state_ = State::kDone;
    return;
  }
  if (IsLocalhost(host)) {
    for (const char* loopback : {"127.0.0.1", "::1"}) {
      if (const auto address = ParseNumericAddress(loopback, port)) addresses_.push_back(*address);
    }
    state_ = State::kDone;
    return;
  }
  query_ = std::make_unique<Query>();
  state_ = State::kBusy;
  limit_ = now + kTimeLimit;
  const int status = query_->Begin(host, port, udp, servers_);
  if (status != ARES_SUCCESS) return Fail(ares_strerror(status));
  Finish();
}

void Resolver::Cancel() {
  query_.reset();
  addresses_.clear();
  error_.clear();
  limit_ = kNever;
  state_ = State::kIdle;
}

void Resolver::AddPollFds(std::vector<pollfd>& fds) const {
  if (state_ != State::kBusy) return;
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const auto bits =
      static_cast<unsigned>(ares_getsock(query_->channel, sockets.data(), ARES_GETSOCK_MAXNUM));
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    int events = 0;
    if (ARES_GETSOCK_READABLE(bits, i) != 0) events |= POLLIN;
    if (ARES_GETSOCK_WRITABLE(bits, i) != 0) events |= POLLOUT;
    if (events == 0) continue;
    fds.push_back(pollfd{sockets[i], static_cast<short>(events), 0});
  }
}

void Resolver::OnPoll(Instant now, std::span<const pollfd> fds) {
  if (state_ != State::kBusy) return;
  last_now_ = now;
  std::vector<pollfd> mine;
  AddPollFds(mine);
  for (const pollfd& own : mine) {
    for (const pollfd& seen : fds) {
      if (seen.fd != own.fd || seen.revents == 0) continue;
      const int failed = seen.revents & (POLLERR | POLLHUP);
      const bool readable = (seen.revents & POLLIN) != 0 || failed != 0;
      const bool writable = (seen.revents & POLLOUT) != 0;
      ares_process_fd(query_->channel, readable ? own.fd : ARES_SOCKET_BAD,
                      writable ? own.fd : ARES_SOCKET_BAD);
      break;
    }
  }
  Finish();
}

Instant Resolver::Deadline() const {
  if (state_ != State::kBusy) return kNever;
  timeval left{};
  if (ares_timeout(query_->channel, nullptr, &left) == nullptr) return limit_;
  // Rounded up: a wait that ends a fraction early would only be repeated.
  const Millis wait{std::int64_t{left.tv_sec} * 1000 + left.tv_usec / 1000 + 1};
  return Earlier(limit_, last_now_ + wait);
}

void Resolver::OnTime(Instant now) {
  if (state_ != State::kBusy) return;
  last_now_ = now;
  if (now >= limit_) {
    return Fail("no answer from the name servers within " +
                std::to_string(kTimeLimit.count / 1000) + " s");
  }
  // c-ares keeps its retries by its own clock; this only lets it look.
  ares_process_fd(query_->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  Finish();
}

void Resolver::Finish() {
  if (!query_->answered) return;
  if (query_->status != ARES_SUCCESS) return Fail(ares_strerror(query_->status));
  if (query_->addresses.empty()) return Fail("the name has no address");
  addresses_ = std::move(query_->addresses);
  query_.reset();
  state_ = State::kDone;
}

void Resolver::Fail(const std::string& why) {
  Cancel();
  error_ = "cannot resolve '" + host_ + "': " + why;
  state_ = State::kFailed;
}

}  // namespace fieldwork::posix
