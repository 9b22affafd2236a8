// Decides what one connection does from its first byte to its last: requests one after the other,
// each within its limits of size and time, each answered before the next is looked at.
//
// Every wait has a deadline, so that a slow client costs its own connection and nothing else. What
// is refused before it could be read (408, 413, 431, malformed) is answered and the connection
// closed. Source: RFC 9112; 100-continue as RFC 9110 section 10.1.1.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "cloud/http_api/dispatcher.h"
#include "cloud/http_api/reply.h"
#include "cloud/http_api/server.h"

namespace fieldwork::http_api {

/// What all connections of a server share. Outlives them: each holds it.
struct Service {
  Service(const ServerOptions& server_options, boost::asio::any_io_executor executor,
          IntakeOptions intake, Api& api, domain::Batch& batch, std::function<domain::Time()> clock)
      : options(server_options),
        dispatcher(std::move(executor), std::move(intake), api, batch, std::move(clock)) {}

  const ServerOptions options;
  Dispatcher dispatcher;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  virtual ~Connection() = default;

  /// Once. It keeps itself alive until `on_done`, which is called last.
  virtual void Start(std::function<void()> on_done) = 0;
  /// Instead of Start(): no request is read, this is answered.
  virtual void Refuse(Reply reply, std::function<void()> on_done) = 0;
  /// Lets the answer under way leave, if there is one; otherwise closes at once.
  virtual void Stop() = 0;
};

std::shared_ptr<Connection> MakeConnection(boost::asio::ip::tcp::socket socket,
                                           std::shared_ptr<Service> service);
std::shared_ptr<Connection> MakeTlsConnection(boost::asio::ip::tcp::socket socket,
                                              std::shared_ptr<boost::asio::ssl::context> context,
                                              std::shared_ptr<Service> service);

}  // namespace fieldwork::http_api
