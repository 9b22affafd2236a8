// Decides how the tests of the server speak: a server on a free port of loopback, the real rules on
// a store in memory, and clients in the same io_context, so that nothing needs a thread or a sleep.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "cloud/domain/batch.h"
#include "cloud/http_api/server.h"
#include "cloud/http_api/testing/api_fixture.h"

namespace fieldwork::http_api::testing {

/// What came back; status 0: the connection ended without an answer.
struct Answer {
  unsigned status = 0;
  std::string error_type;
  std::string body;
  bool keep_alive = false;
  std::map<std::string, std::string> fields;

  std::string message() const {
    const Json json = Json::parse(body, nullptr, false);
    return json.is_object() ? json.value("message", "") : "";
  }
};

/// One that fails when it is told to, and makes keys only while `keys_may_go` is free.
class TestAuthority final : public FakeAuthority {
 public:
  domain::IssuedKeys CreateKeysAndCertificate(domain::Time now) override {
    const std::lock_guard lock(keys_may_go);
    keys_thread = std::this_thread::get_id();
    if (keys_throw) throw std::runtime_error("no keys");
    auto keys = FakeAuthority::CreateKeysAndCertificate(now);
    keys.certificate.id = std::string(63, 'a') + kNames[keys_count++ % kNames.size()];
    return keys;
  }
  domain::Result<domain::Certificate> SignRequest(std::string_view csr_pem,
                                                  domain::Time now) override {
    if (sign_throws) throw std::runtime_error("secret detail");
    return FakeAuthority::SignRequest(csr_pem, now);
  }

  std::mutex keys_may_go;
  std::atomic<bool> keys_throw = false;
  bool sign_throws = false;
  std::thread::id keys_thread;  ///< Read it after an answer.

 private:
  static constexpr std::string_view kNames = "0123456789abcdef";
  std::size_t keys_count = 0;
};

struct ServerFixture : ApiFixture {
  using Tcp = boost::asio::ip::tcp;

  ServerFixture() { store.Commit(); }

  void StartServer(ServerOptions options = {}) {
    options.port = 0;
    server = std::make_unique<Server>(io.get_executor(), std::move(options), api, batch,
                                      [this] { return now; });
    server->Start();
  }

  /// Runs the loop until `work` is done; a test failure after ten seconds.
  template <typename T>
  T Await(boost::asio::awaitable<T> work) {
    std::optional<T> result;
    bool threw = false;
    boost::asio::co_spawn(io, std::move(work), [&](const std::exception_ptr& thrown, T value) {
      threw = thrown != nullptr;
      result = std::move(value);
    });
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!result && std::chrono::steady_clock::now() < give_up) {
      io.restart();
      io.run_one_for(std::chrono::milliseconds{100});
    }
    EXPECT_TRUE(result && !threw) << "the client of the test did not come to its end";
    return result ? std::move(*result) : T{};
  }
  /// What is ready now, and what that makes ready.
  void Poll() {
    io.restart();
    while (io.poll() > 0) {
    }
  }

  TestAuthority authority;
  Api api{context.names, jobs, executions, registry, access, authority, {}, PemOf('0', "0")};
  boost::asio::io_context io{1};
  domain::Time now = domain::testing::At(0);
  domain::Batch batch{store, outbox, [this] { boost::asio::post(io, [this] { batch.Flush(); }); },
                      [](const domain::Outbox&) {}};
  std::unique_ptr<Server> server;
};

/// One client connection over `Stream`.
template <typename Stream>
class Client {
 public:
  Client(ServerFixture& fixture, Stream stream) : fixture_(fixture), stream_(std::move(stream)) {}

  Stream& stream() { return stream_; }

  bool Send(std::string_view text) { return fixture_.Await(SendAll(std::string(text))); }
  Answer Receive(bool to_head = false) { return fixture_.Await(ReceiveOne(to_head)); }
  Answer Ask(std::string_view text) {
    Send(text);
    return Receive();
  }
  /// So many bytes; fewer if the connection ends before.
  std::string ReceiveBytes(std::size_t size) { return fixture_.Await(ReadBytes(size)); }
  /// Did the server close, without a further byte?
  bool IsClosed() { return ReceiveBytes(1).empty() && buffer_.size() == 0; }

 private:
  template <typename T>
  using Task = boost::asio::awaitable<T>;

  Task<bool> SendAll(std::string text) {
    boost::system::error_code error;
    const auto bytes = boost::asio::buffer(text);
    co_await boost::asio::async_write(
        stream_, bytes, boost::asio::redirect_error(boost::asio::use_awaitable, error));
    co_return !error;
  }
  Task<std::string> ReadBytes(std::size_t size) {
    boost::system::error_code error;
    std::string text(size, '\0');
    const auto space = boost::asio::buffer(text);
    const std::size_t got = co_await boost::asio::async_read(
        stream_, space, boost::asio::redirect_error(boost::asio::use_awaitable, error));
    text.resize(got);
    co_return text;
  }
  Task<Answer> ReceiveOne(bool to_head) {
    namespace http = boost::beast::http;
    http::response_parser<http::string_body> parser;
    parser.skip(to_head);
    boost::system::error_code error;
    co_await http::async_read(stream_, buffer_, parser,
                              boost::asio::redirect_error(boost::asio::use_awaitable, error));
    Answer answer;
    if (error) co_return answer;
    const auto& message = parser.get();
    answer.status = message.result_int();
    answer.error_type = std::string(message["x-amzn-ErrorType"]);
    answer.body = message.body();
    answer.keep_alive = message.keep_alive();
    for (const auto& field : message) {
      answer.fields.emplace(field.name_string(), field.value());
    }
    co_return answer;
  }

  ServerFixture& fixture_;
  Stream stream_;
  boost::beast::flat_buffer buffer_;
};

inline ServerFixture::Tcp::socket Connect(ServerFixture& fixture) {
  ServerFixture::Tcp::socket socket(fixture.io);
  const auto loopback = boost::asio::ip::address_v4::loopback();
  socket.connect({loopback, fixture.server->port()});
  return socket;
}

struct PlainClient : Client<ServerFixture::Tcp::socket> {
  explicit PlainClient(ServerFixture& fixture) : Client(fixture, Connect(fixture)) {}
};

/// "GET /things HTTP/1.1" with a Host, `more` header lines (each with CRLF) and a body.
inline std::string Request(std::string_view line, std::string_view body = "",
                           std::string_view more = "") {
  std::string text(line);
  text.append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n").append(more);
  if (!body.empty())
    text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  return text.append("\r\n").append(body);
}

inline std::string Scope(std::string_view service) {
  return "Authorization: AWS4-HMAC-SHA256 Credential=x/20240101/us-east-1/" + std::string(service) +
         "/aws4_request, SignedHeaders=host, Signature=0\r\n";
}

}  // namespace fieldwork::http_api::testing
