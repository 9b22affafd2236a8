// Decides what one connection does; see connection.h.
#include "cloud/http_api/connection.h"

#include <openssl/ssl.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "cloud/http_api/errors.h"
#include "cloud/http_api/http_message.h"

namespace fieldwork::http_api {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;
using TlsStream = asio::ssl::stream<tcp::socket>;

// After a refusal the peer may still be sending: that is read and thrown away for so long and so
// much, since closing at once would reset the connection and the answer with it.
constexpr milliseconds kLingerTimeout{1'000};
constexpr std::size_t kLingerBytesMax = std::size_t{4} * 1024 * 1024;
constexpr std::size_t kReadBytes = 4096;

template <typename Stream>
class StreamConnection final : public Connection {
 public:
  StreamConnection(Stream stream, std::shared_ptr<asio::ssl::context> context,
                   std::shared_ptr<Service> service)
      : context_(std::move(context)),
        service_(std::move(service)),
        stream_(std::move(stream)),
        timer_(stream_.get_executor()),
        buffer_(service_->options.header_bytes_max + kReadBytes) {}

  void Start(std::function<void()> on_done) override { Spawn(Serve(), std::move(on_done)); }
  void Refuse(Reply reply, std::function<void()> on_done) override {
    Spawn(ServeRefusal(std::move(reply)), std::move(on_done));
  }
  void Stop() override {
    stopping_ = true;
    if (!is_answering_) Cancel();
  }

 private:
  static constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;

  void Spawn(asio::awaitable<void> work, std::function<void()> on_done) {
    asio::co_spawn(stream_.get_executor(), std::move(work),
                   [self = shared_from_this(),
                    on_done = std::move(on_done)](const std::exception_ptr& thrown) {
                     if (thrown) LogFault(thrown);
                     on_done();
                   });
  }

  static void LogFault(const std::exception_ptr& thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      spdlog::error("HTTP connection closed by a fault of this service: {}", error.what());
    }
  }

  tcp::socket& Socket() { return beast::get_lowest_layer(stream_); }

  void Cancel() {
    error_code ignored;
    Socket().cancel(ignored);
  }

  // What waits on the socket at that time ends with operation_aborted.
  void SetDeadline(milliseconds after) {
    is_late_ = false;
    timer_.expires_after(after);
    timer_.async_wait([this, weak = weak_from_this()](const error_code& error) {
      const auto self = weak.lock();
      // It may have been set anew after it went off and before this ran.
      if (error || !self || timer_.expiry() > std::chrono::steady_clock::now()) return;
      is_late_ = true;
      Cancel();
    });
  }
  void ClearDeadline() { timer_.expires_at(std::chrono::steady_clock::time_point::max()); }

  asio::awaitable<void> Serve() {
    error_code no_peer;
    source_ip_ = Socket().remote_endpoint(no_peer).address().to_string();
    if constexpr (kIsTls) {
      const bool has_peer = co_await Handshake();
      if (!has_peer) co_return;
    }
    bool is_first = true;
    bool goes_on = true;
    while (goes_on && !stopping_) {
      const auto& options = service_->options;
      const bool begins =
          co_await FirstByte(is_first ? options.request_timeout : options.idle_timeout);
      if (!begins || stopping_) break;
      goes_on = co_await OneRequest();
      is_first = false;
    }
    co_await Close();
  }

  asio::awaitable<void> ServeRefusal(Reply reply) {
    const bool written = co_await Write(reply, {}, false);
    if (written) co_await Linger();
  }

  asio::awaitable<bool> Handshake() {
    error_code error;
    SetDeadline(service_->options.request_timeout);
    co_await stream_.async_handshake(asio::ssl::stream_base::server,
                                     asio::redirect_error(asio::use_awaitable, error));
    ClearDeadline();
    if (error) {
      const std::string reason = is_late_ ? "it took too long" : error.message();
      spdlog::info("HTTPS: no connection with {}: {}", source_ip_, reason);
      co_return false;
    }
    X509* peer = SSL_get0_peer_certificate(stream_.native_handle());
    if (peer == nullptr) co_return false;
    certificate_ = ReadClientCertificate(*peer);
    co_return true;
  }

  asio::awaitable<bool> FirstByte(milliseconds timeout) {
    if (buffer_.size() > 0) co_return true;
    error_code error;
    SetDeadline(timeout);
    const auto space = buffer_.prepare(kReadBytes);
    const std::size_t size =
        co_await stream_.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
    ClearDeadline();
    buffer_.commit(size);
    co_return !error;
  }

  // Returns whether another request may follow.
  asio::awaitable<bool> OneRequest() {
    RequestParser parser;
    parser.header_limit(static_cast<std::uint32_t>(service_->options.header_bytes_max));
    parser.body_limit(service_->options.body_bytes_max);
    SetDeadline(service_->options.request_timeout);
    const error_code error = co_await Read(parser);
    ClearDeadline();
    if (error) {
      const auto refusal = is_late_ ? TimeoutReply() : ReplyToReadError(error);
      if (refusal && !stopping_) co_await ServeRefusal(*refusal);
      co_return false;
    }

    is_answering_ = true;
    const ResponseForm form{parser.get().version(), parser.get().keep_alive()};
    HttpRequest request = ToHttpRequest(parser.get());
    request.source_ip = source_ip_;
    if (certificate_) request.certificate = &*certificate_;
    const Reply reply = co_await service_->dispatcher.Handle(request);
    const bool written = co_await Write(reply, form, request.method == "HEAD");
    is_answering_ = false;
    co_return written&& form.keep_alive && !stopping_;
  }

  asio::awaitable<error_code> Read(RequestParser& parser) {
    error_code error;
    co_await http::async_read_header(stream_, buffer_, parser,
                                     asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return error;
    const bool wants_leave =
        beast::iequals(parser.get()[http::field::expect], "100-continue") && !parser.is_done();
    if (wants_leave && parser.get().version() >= 11) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      const auto bytes = asio::buffer(kContinue);
      co_await asio::async_write(stream_, bytes, asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return error;
    }
    if (parser.is_done()) co_return error;
    co_await http::async_read(stream_, buffer_, parser,
                              asio::redirect_error(asio::use_awaitable, error));
    co_return error;
  }

  asio::awaitable<bool> Write(const Reply& reply, ResponseForm form, bool head_only) {
    form.keep_alive = form.keep_alive && !stopping_;
    const Response response = ToResponse(reply, form, service_->dispatcher.Now());
    http::response_serializer<http::string_body> serializer(response);
    error_code error;
    SetDeadline(service_->options.write_timeout);
    if (head_only) {
      co_await http::async_write_header(stream_, serializer,
                                        asio::redirect_error(asio::use_awaitable, error));
    } else {
      co_await http::async_write(stream_, serializer,
                                 asio::redirect_error(asio::use_awaitable, error));
    }
    ClearDeadline();
    co_return !error;
  }

  asio::awaitable<void> Linger() {
    error_code error;
    if constexpr (!kIsTls) Socket().shutdown(tcp::socket::shutdown_send, error);
    std::array<char, kReadBytes> thrown_away{};
    const auto space = asio::buffer(thrown_away);
    SetDeadline(std::min(kLingerTimeout, service_->options.write_timeout));
    for (std::size_t total = 0; !error && !is_late_ && total < kLingerBytesMax;) {
      total += co_await Socket().async_read_some(space,
                                                 asio::redirect_error(asio::use_awaitable, error));
    }
    ClearDeadline();
  }

  asio::awaitable<void> Close() {
    error_code ignored;
    if constexpr (kIsTls) {
      SetDeadline(std::min(kLingerTimeout, service_->options.write_timeout));
      co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
      ClearDeadline();
    }
    Socket().shutdown(tcp::socket::shutdown_both, ignored);
    Socket().close(ignored);
  }

  std::shared_ptr<asio::ssl::context> context_;  // Of the stream; it may be a former one.
  std::shared_ptr<Service> service_;
  Stream stream_;
  asio::steady_timer timer_;
  beast::flat_buffer buffer_;
  std::optional<ClientCertificate> certificate_;
  std::string source_ip_;
  bool is_late_ = false;       // The deadline passed; set by the timer.
  bool is_answering_ = false;  // A whole request is here and its answer is not yet gone.
  bool stopping_ = false;
};

}  // namespace

std::shared_ptr<Connection> MakeConnection(tcp::socket socket, std::shared_ptr<Service> service) {
  return std::make_shared<StreamConnection<tcp::socket>>(std::move(socket), nullptr,
                                                         std::move(service));
}

std::shared_ptr<Connection> MakeTlsConnection(tcp::socket socket,
                                              std::shared_ptr<asio::ssl::context> context,
                                              std::shared_ptr<Service> service) {
  TlsStream stream(std::move(socket), *context);
  return std::make_shared<StreamConnection<TlsStream>>(std::move(stream), std::move(context),
                                                       std::move(service));
}

}  // namespace fieldwork::http_api
