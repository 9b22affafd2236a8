// Decides how a request comes in over HTTP and how its answer goes out: connections, limits, SigV4,
// planes, routing, the wait for the commit.
//
// Limits hold a slow or hostile client off: size of head and body, number of connections, time for
// a request to arrive, for an answer to be taken and for an idle connection. Loopback without
// credentials accepts any signature; with credentials every request must be signed by one of them.
// One io_context, one thread; Boost.Beast does HTTP.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "cloud/domain/batch.h"
#include "cloud/domain/throttle.h"
#include "cloud/http_api/api.h"

namespace fieldwork::http_api {

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;  ///< 0: a free one.
  std::size_t header_bytes_max = 16 * 1024;
  std::size_t body_bytes_max = 256 * 1024;
  std::size_t connections_max = 512;
  std::chrono::milliseconds request_timeout{10'000};  ///< From its first byte to its last.
  std::chrono::milliseconds idle_timeout{60'000};
  std::chrono::milliseconds write_timeout{10'000};
  /// Access key id to secret key. Empty: signatures are not verified (loopback only).
  std::map<std::string, std::string> credentials;
  std::filesystem::path root_pem;  ///< Served as /AmazonRootCA1.pem; empty: not served.
  /// Counts the requests of the data plane; one that it does not let pass is answered with 429
  /// ThrottlingException, and reads and changes nothing. Borrowed; null: there is no limit.
  domain::Throttle* device_requests = nullptr;
  /// Set for the listener with mutual TLS: the data plane alone, who asks is its certificate.
  struct Tls {
    std::filesystem::path ca_pem;
    std::filesystem::path certificate_pem;
    std::filesystem::path key_pem;
  };
  std::optional<Tls> tls;
};

class Server {
 public:
  /// Has the port when it returns; answers after Start(). Borrows `api` and `batch`. `clock` is
  /// asked for each request and each answer. Throws std::system_error when the port cannot be had,
  /// the host is unknown, or a file cannot be read, and std::invalid_argument when the host is not
  /// loopback and there are no credentials; not with `tls`, where a certificate says who asks.
  Server(boost::asio::any_io_executor executor, ServerOptions options, Api& api,
         domain::Batch& batch, std::function<domain::Time()> clock);
  /// Stops, and waits for keys that are being made. What is left of the connections goes away in
  /// the executor's context: run it until it has no work, or destroy it, before `api` and `batch`.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void Start();
  /// Takes no more connections, lets answers under way leave, closes the rest.
  void Stop();
  std::uint16_t port() const;
  /// Reads certificate and key again (they were renewed), for new connections. Throws
  /// std::system_error, and goes on with the former ones.
  void ReloadTls();

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace fieldwork::http_api
