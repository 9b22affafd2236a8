#include "apps/cloud/http_client.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/system/system_error.hpp>
#include <cctype>
#include <chrono>
#include <ctime>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "apps/cloud/config.h"
#include "cloud/http_api/sigv4.h"

namespace fieldwork::cloud {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

constexpr std::chrono::seconds kPatience{30};

HostPort AddressIn(const std::string& url) {
  static constexpr std::string_view kScheme = "http://";
  std::string rest = url.starts_with(kScheme) ? url.substr(kScheme.size()) : "";
  if (rest.ends_with('/')) rest.pop_back();
  if (auto address = ParseHostPort(rest)) return *address;
  if (auto address = ParseHostPort(rest + ":80")) return *address;
  throw std::invalid_argument("'" + url + "' is not a URL like http://127.0.0.1:8080");
}

std::string Timestamp() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc);
  return text;
}

std::string ErrorType(const Response& response) {
  const std::string text(response["x-amzn-ErrorType"]);
  return text.substr(0, text.find(':'));
}

}  // namespace

class HttpClient::State {
 public:
  explicit State(const Options& options)
      : options_(options), address_(AddressIn(options.url)), stream_(io_) {}

  HttpReply Send(Request request) {
    std::exception_ptr failure;
    HttpReply reply;
    io_.restart();
    asio::co_spawn(
        io_, [&]() -> asio::awaitable<void> { reply = co_await Exchange(request); },
        [&](std::exception_ptr error) { failure = std::move(error); });
    io_.run();
    if (!failure) return reply;
    stream_.close();
    try {
      std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
      throw std::system_error(error.code());  // What the contract names; its text is for people.
    }
  }

  Request Make(const std::string& method, const std::string& target,
               const std::map<std::string, std::string>& headers, std::string body) const {
    Request request(http::string_to_verb(method), target, 11);
    request.set(http::field::host, address_.ToText());
    for (const auto& [name, value] : headers) request.set(name, value);
    if (!body.empty()) request.set(http::field::content_type, "application/json");
    request.body() = std::move(body);
    request.prepare_payload();
    if (!options_.access_key_id.empty()) Sign(request);
    return request;
  }

 private:
  void Sign(Request& request) const {
    const std::string timestamp = Timestamp();
    request.set("x-amz-date", timestamp);
    const std::vector<std::pair<std::string, std::string>> headers = ToBeSigned(request);
    const std::string target(request.target());
    const std::size_t query = std::min(target.find('?'), target.size());
    const std::string method(request.method_string());
    const http_api::SignedRequest to_sign{
        method, std::string_view(target).substr(0, query),
        query == target.size() ? "" : std::string_view(target).substr(query + 1), request.body(),
        headers};
    const http_api::CredentialScope scope{options_.access_key_id, timestamp.substr(0, 8),
                                          options_.region, "iot"};
    request.set(http::field::authorization,
                http_api::Sign(to_sign, scope, timestamp, options_.secret_access_key));
  }

  // The host, and all that AWS gives a meaning to: unsigned, such a header would be refused.
  static std::vector<std::pair<std::string, std::string>> ToBeSigned(const Request& request) {
    std::vector<std::pair<std::string, std::string>> headers;
    for (const auto& field : request) {
      std::string name(field.name_string());
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      if (name == "host" || name.starts_with("x-amz")) headers.emplace_back(name, field.value());
    }
    std::sort(headers.begin(), headers.end());
    return headers;
  }

  asio::awaitable<void> Connect() {
    if (stream_.socket().is_open()) co_return;
    asio::ip::tcp::resolver resolver(io_);
    const auto places = co_await resolver.async_resolve(
        address_.host, std::to_string(address_.port), asio::use_awaitable);
    stream_.expires_after(kPatience);
    co_await stream_.async_connect(places, asio::use_awaitable);
  }

  asio::awaitable<HttpReply> Exchange(Request& request) {
    co_await Connect();
    stream_.expires_after(kPatience);
    co_await http::async_write(stream_, request, asio::use_awaitable);
    Response response;
    co_await http::async_read(stream_, buffer_, response, asio::use_awaitable);
    if (!response.keep_alive()) stream_.close();
    co_return HttpReply{static_cast<int>(response.result_int()), ErrorType(response),
                        std::move(response.body())};
  }

  Options options_;
  HostPort address_;
  asio::io_context io_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
};

HttpClient::HttpClient(const Options& options) : state_(std::make_unique<State>(options)) {}
HttpClient::~HttpClient() = default;

HttpReply HttpClient::Send(const std::string& method, const std::string& target,
                           const std::map<std::string, std::string>& headers,
                           const nlohmann::json& body) {
  return state_->Send(
      state_->Make(method, target, headers, body.is_null() ? std::string() : body.dump()));
}

}  // namespace fieldwork::cloud
