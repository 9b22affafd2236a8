// Answers other programs of this machine on a Unix stream socket: one line of request, an answer,
// the end.
//
//   request   up to 256 bytes of text and LF
//   answer    "0" (done) or "1" (not done) and LF, then lines of text; then the socket is closed
//
// Only root and the program's own user may ask: the socket has mode 0600, and the kernel says who
// has connected. A client that is slow or silent is dropped after kPatience, and is waited for by
// nobody meanwhile.
//
// Poll-driven: AddPollFds(), OnPoll(), Deadline(), OnTime().
//
// Memory:  kMostClients requests, and the answers until they are read.
// Threads: one owner.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "device/base/time.h"
#include "ports/posix/unique_fd.h"

namespace fieldwork::board {

class ControlServer {
 public:
  /// More have to wait until one of them is served.
  static constexpr std::size_t kMostClients = 4;
  static constexpr std::size_t kMostRequestBytes = 256;
  /// From connecting until the answer was read.
  static constexpr Millis kPatience = Seconds(5);

  struct Answer {
    bool done = true;
    std::string text;  ///< Lines, each with LF.
  };
  class Handler {
   public:
    /// `line` has no line end and no control characters.
    virtual Answer OnRequest(std::string_view line) = 0;

   protected:
    ~Handler() = default;
  };

  /// Makes the socket. One that a program has left behind is taken away first; one that somebody
  /// answers on is not, nor is anything else of that name. Null then, or when the folder does not
  /// let it: `error` names the path and says why. `handler` outlives the server.
  static std::unique_ptr<ControlServer> Open(const std::string& path, Handler& handler,
                                             std::string& error);
  /// Takes the socket away, if it is still this server's.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  void AddPollFds(std::vector<pollfd>& fds) const;
  /// Accepts last: a descriptor that was closed meanwhile may come back with its number.
  void OnPoll(Instant now, std::span<const pollfd> fds);
  void OnTime(Instant now);
  Instant Deadline() const;

 private:
  struct Client {
    posix::UniqueFd fd;
    Instant until = kNever;
    std::string request;
    std::string answer;     // What of it is still to be sent.
    bool is_asking = true;  // No whole request yet.
  };

  ControlServer(std::string path, posix::UniqueFd listener, Handler& handler);

  void Accept(Instant now);
  void Serve(Client& client, short happened);
  void Receive(Client& client);
  void Reply(Client& client, std::string_view line);
  void Send(Client& client);
  void DropClosed();

  const std::string path_;
  posix::UniqueFd listener_;
  Handler& handler_;
  dev_t device_ = 0;  // Of the socket's file, to know it again.
  ino_t inode_ = 0;
  std::vector<Client> clients_;
  Instant accept_again_ = Instant{0};  // Not before: descriptors had run out.
};

}  // namespace fieldwork::board
