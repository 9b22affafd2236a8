#include "apps/device/control_server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace fieldwork::board {
namespace {

constexpr Millis kAcceptPause = Seconds(1);

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

int Bind(int fd, const std::string& path) {
  const sockaddr_un address = AddressOf(path);
  // The mode is right from the first instant on; there is one thread, so nobody else sees this.
  const mode_t old = umask(0177);
  const int result = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = errno;
  umask(old);
  return result == 0 ? 0 : error;
}

// Empty when a socket that nobody answers on was in the way, and is gone now.
std::string TakeAwayStale(const std::string& path) {
  struct stat file {};
  if (lstat(path.c_str(), &file) != 0) return std::strerror(errno);
  if (!S_ISSOCK(file.st_mode)) return "it is there already, and is no socket";
  const posix::UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe.valid()) return std::strerror(errno);
  const sockaddr_un address = AddressOf(path);
  const int result =
      connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (result == 0 || errno != ECONNREFUSED) return "another program answers on it";
  if (unlink(path.c_str()) != 0) return std::strerror(errno);
  return "";
}

bool MayAsk(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == 0 || peer.uid == geteuid();
}

bool HasControlCharacters(std::string_view line) {
  return std::any_of(line.begin(), line.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// What is left unread turns the end of the answer into an error for its reader.
void Discard(int fd) {
  char piece[4096];
  for (int i = 0; i < 16 && recv(fd, piece, sizeof piece, 0) > 0; ++i) {
  }
}

}  // namespace

std::unique_ptr<ControlServer> ControlServer::Open(const std::string& path, Handler& handler,
                                                   std::string& error) {
  const auto fail = [&error, &path](const std::string& why) {
    error = path + " (control.socket): " + why;
    return nullptr;
  };
  if (path.size() >= sizeof(sockaddr_un::sun_path)) return fail("the path is too long");
  posix::UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return fail(std::strerror(errno));
  int bound = Bind(fd.get(), path);
  if (bound == EADDRINUSE) {
    if (const std::string why = TakeAwayStale(path); !why.empty()) return fail(why);
    bound = Bind(fd.get(), path);
  }
  if (bound != 0) return fail(std::strerror(bound));
  std::unique_ptr<ControlServer> server(new ControlServer(path, std::move(fd), handler));
  if (listen(server->listener_.get(), static_cast<int>(kMostClients)) != 0) {
    return fail(std::strerror(errno));
  }
  return server;
}

ControlServer::ControlServer(std::string path, posix::UniqueFd listener, Handler& handler)
    : path_(std::move(path)), listener_(std::move(listener)), handler_(handler) {
  struct stat file {};
  if (lstat(path_.c_str(), &file) != 0) return;
  device_ = file.st_dev;
  inode_ = file.st_ino;
}

ControlServer::~ControlServer() {
  struct stat file {};
  const bool ours =
      lstat(path_.c_str(), &file) == 0 && file.st_dev == device_ && file.st_ino == inode_;
  if (ours) unlink(path_.c_str());
}

void ControlServer::AddPollFds(std::vector<pollfd>& fds) const {
  const bool has_room = clients_.size() < kMostClients && accept_again_ == Instant{0};
  if (has_room) fds.push_back({listener_.get(), POLLIN, 0});
  for (const Client& client : clients_) {
    const int events = client.is_asking ? POLLIN : POLLOUT;
    fds.push_back({client.fd.get(), static_cast<short>(events), 0});
  }
}

void ControlServer::OnPoll(Instant now, std::span<const pollfd> fds) {
  bool knocked = false;
  for (const pollfd& entry : fds) {
    if (entry.revents == 0) continue;
    knocked = knocked || entry.fd == listener_.get();
    const auto client = std::find_if(clients_.begin(), clients_.end(),
                                     [&entry](const Client& c) { return c.fd.get() == entry.fd; });
    if (client != clients_.end()) Serve(*client, entry.revents);
  }
  DropClosed();
  if (knocked) Accept(now);
}

void ControlServer::OnTime(Instant now) {
  if (now >= accept_again_) accept_again_ = Instant{0};
  for (Client& client : clients_) {
    if (now >= client.until) client.fd.Reset();
  }
  DropClosed();
}

Instant ControlServer::Deadline() const {
  Instant next = accept_again_ == Instant{0} ? kNever : accept_again_;
  for (const Client& client : clients_) next = Earlier(next, client.until);
  return next;
}

void ControlServer::Accept(Instant now) {
  while (clients_.size() < kMostClients) {
    posix::UniqueFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd.valid()) {
      const bool short_of = errno == EMFILE || errno == ENFILE || errno == ENOMEM;
      if (short_of) accept_again_ = now + kAcceptPause;
      return;
    }
    Client client;
    client.until = now + kPatience;
    const bool may_ask = MayAsk(fd.get());
    client.fd = std::move(fd);
    if (!may_ask) {
      client.is_asking = false;
      client.answer = "1\nonly root and the user of the board may ask\n";
    }
    clients_.push_back(std::move(client));
  }
}

void ControlServer::Serve(Client& client, short happened) {
  if (!client.is_asking) {
    // Who has hung up reads no answer.
    if ((happened & POLLERR) != 0) return client.fd.Reset();
    return Send(client);
  }
  Receive(client);
}

void ControlServer::Receive(Client& client) {
  char piece[kMostRequestBytes + 1];
  const ssize_t count = recv(client.fd.get(), piece, sizeof piece, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return client.fd.Reset();  // Without a line end there was no request.
  client.request.append(piece, static_cast<std::size_t>(count));
  const std::size_t end = client.request.find('\n');
  if (end == std::string::npos && client.request.size() <= kMostRequestBytes) return;
  Reply(client, std::string_view(client.request).substr(0, end));
}

void ControlServer::Reply(Client& client, std::string_view line) {
  Answer answer{false, "a request is one line of text, at most 256 bytes\n"};
  if (line.size() <= kMostRequestBytes && !HasControlCharacters(line)) {
    answer = handler_.OnRequest(line);
  }
  client.is_asking = false;
  client.answer = (answer.done ? "0\n" : "1\n") + answer.text;
  Send(client);
}

void ControlServer::Send(Client& client) {
  while (!client.answer.empty()) {
    const ssize_t count =
        send(client.fd.get(), client.answer.data(), client.answer.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) break;
    client.answer.erase(0, static_cast<std::size_t>(count));
  }
  Discard(client.fd.get());
  client.fd.Reset();
}

void ControlServer::DropClosed() {
  std::erase_if(clients_, [](const Client& client) { return !client.fd.valid(); });
}

}  // namespace fieldwork::board
