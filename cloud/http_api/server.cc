// Decides how a request comes in: the port, the rule of loopback, how many connections at once.
#include "cloud/http_api/server.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "cloud/http_api/connection.h"
#include "cloud/http_api/errors.h"
#include "cloud/http_api/tls_context.h"

namespace fieldwork::http_api {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Connections over the limit are told so, as long as there are not too many of those as well.
constexpr std::size_t kRefusalsMax = 32;
// No file descriptors, no memory: accepting again at once would only burn the CPU.
constexpr std::chrono::milliseconds kAcceptPause{100};

std::string ReadFile(const std::filesystem::path& path) {
  if (path.empty()) return {};
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file || text.empty()) {
    throw std::system_error(errno, std::generic_category(), "cannot read " + path.string());
  }
  return text;
}

void Check(const error_code& error, const std::string& what) {
  if (error) throw std::system_error(error, what);
}

tcp::endpoint FindEndpoint(const asio::any_io_executor& executor, const ServerOptions& options) {
  if (options.host == "localhost") return {asio::ip::address_v4::loopback(), options.port};
  error_code error;
  const auto address = asio::ip::make_address(options.host, error);
  if (!error) return {address, options.port};
  tcp::resolver resolver(executor);
  const auto found = resolver.resolve(options.host, std::to_string(options.port), error);
  Check(error, "there is no host " + options.host + " to listen on");
  return found.begin()->endpoint();
}

void CheckLoopback(const tcp::endpoint& endpoint, const ServerOptions& options) {
  if (endpoint.address().is_loopback() || options.tls || !options.credentials.empty()) return;
  throw std::invalid_argument(
      "HTTP does not listen on " + options.host +
      " without credentials: everybody who reaches it could do everything. Set an access key, or "
      "listen on 127.0.0.1.");
}

tcp::acceptor Listen(const asio::any_io_executor& executor, const tcp::endpoint& endpoint,
                     const ServerOptions& options) {
  const std::string what = "cannot listen on " + options.host + ":" + std::to_string(options.port);
  tcp::acceptor acceptor(executor);
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  Check(error, what);
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  Check(error, what);
  acceptor.bind(endpoint, error);
  Check(error, what);
  acceptor.listen(asio::socket_base::max_listen_connections, error);
  Check(error, what);
  return acceptor;
}

}  // namespace

class Server::State : public std::enable_shared_from_this<Server::State> {
 public:
  State(const asio::any_io_executor& executor, const ServerOptions& options, Api& api,
        domain::Batch& batch, std::function<domain::Time()> clock)
      : executor_(executor),
        endpoint_(FindEndpoint(executor, options)),
        service_(std::make_shared<Service>(
            options, executor,
            IntakeOptions{options.credentials, ReadFile(options.root_pem), options.device_requests},
            api, batch, std::move(clock))),
        acceptor_(executor) {
    CheckLoopback(endpoint_, options);
    if (options.tls) tls_ = MakeTlsContext(*options.tls);
    acceptor_ = Listen(executor, endpoint_, options);
  }

  void Start() { asio::co_spawn(executor_, AcceptLoop(shared_from_this()), asio::detached); }

  void Stop() {
    error_code ignored;
    acceptor_.close(ignored);
    for (const auto& connection : connections_) connection->Stop();
    for (const auto& connection : refusals_) connection->Stop();
  }

  void StopKeys() { service_->dispatcher.Stop(); }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  void ReloadTls() {
    if (service_->options.tls) tls_ = MakeTlsContext(*service_->options.tls);
  }

 private:
  using Connections = std::set<std::shared_ptr<Connection>>;

  // `self` keeps this alive as long as the loop runs.
  static asio::awaitable<void> AcceptLoop(std::shared_ptr<State> self) {
    asio::steady_timer pause(self->executor_);
    while (self->acceptor_.is_open()) {
      error_code error;
      tcp::socket socket =
          co_await self->acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (!self->acceptor_.is_open()) co_return;
      if (!error) {
        self->Take(std::move(socket));
        continue;
      }
      spdlog::error("HTTP: no connection can be accepted: {}", error.message());
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
  }

  void Take(tcp::socket socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    if (connections_.size() >= service_->options.connections_max) {
      Refuse(std::move(socket));
      return;
    }
    is_full_ = false;
    auto connection = tls_ ? MakeTlsConnection(std::move(socket), tls_, service_)
                           : MakeConnection(std::move(socket), service_);
    connections_.insert(connection);
    connection->Start(Forget(&State::connections_, connection));
  }

  // A handshake would cost more than the refusal is worth: over TLS it is only closed.
  void Refuse(tcp::socket socket) {
    if (!std::exchange(is_full_, true)) {
      spdlog::warn("HTTP: {} connections are open, more are refused", connections_.size());
    }
    if (tls_ || refusals_.size() >= kRefusalsMax) return;
    auto connection = MakeConnection(std::move(socket), service_);
    refusals_.insert(connection);
    connection->Refuse(FaultReply(503, "ServiceUnavailableException",
                                  "Too many connections are open. Try again later."),
                       Forget(&State::refusals_, connection));
  }

  std::function<void()> Forget(Connections State::*set, const std::shared_ptr<Connection>& which) {
    return [weak = weak_from_this(), set, key = std::weak_ptr(which)] {
      const auto state = weak.lock();
      const auto connection = key.lock();
      if (state && connection) (state.get()->*set).erase(connection);
    };
  }

  asio::any_io_executor executor_;
  tcp::endpoint endpoint_;
  std::shared_ptr<Service> service_;
  tcp::acceptor acceptor_;
  std::shared_ptr<asio::ssl::context> tls_;
  Connections connections_;
  Connections refusals_;
  bool is_full_ = false;
};

Server::Server(asio::any_io_executor executor, ServerOptions options, Api& api,
               domain::Batch& batch, std::function<domain::Time()> clock)
    : state_(std::make_shared<State>(executor, options, api, batch, std::move(clock))) {}

Server::~Server() {
  state_->Stop();
  state_->StopKeys();
}

void Server::Start() { state_->Start(); }
void Server::Stop() { state_->Stop(); }
std::uint16_t Server::port() const { return state_->port(); }
void Server::ReloadTls() { state_->ReloadTls(); }

}  // namespace fieldwork::http_api
