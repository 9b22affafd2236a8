// Decides how our requests and replies are HTTP; see http_message.h.
#include "cloud/http_api/http_message.h"

#include <array>
#include <boost/beast/http/error.hpp>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <chrono>
#include <cstdio>
#include <utility>

#include "cloud/http_api/errors.h"

namespace fieldwork::http_api {
namespace {

namespace http = boost::beast::http;

std::string RequestId() {
  static thread_local boost::uuids::random_generator_mt19937 generator;
  return boost::uuids::to_string(generator());
}

}  // namespace

HttpRequest ToHttpRequest(RequestParser::value_type& message) {
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  for (const auto& field : message) {
    request.headers.emplace_back(LowerCase(field.name_string()), field.value());
  }
  request.body = std::move(message.body());
  return request;
}

Response ToResponse(const Reply& reply, const ResponseForm& form, domain::Time now) {
  Response response(static_cast<http::status>(reply.status), form.version);
  response.set(http::field::date, HttpDate(now));
  response.set(http::field::content_type, reply.content_type);
  response.set("x-amzn-RequestId", RequestId());
  if (!reply.error_type.empty()) response.set("x-amzn-ErrorType", reply.error_type);
  if (!reply.allow.empty()) response.set(http::field::allow, reply.allow);
  response.keep_alive(form.keep_alive);
  response.body() = reply.body;
  response.prepare_payload();
  return response;
}

std::optional<Reply> ReplyToReadError(const boost::system::error_code& code) {
  if (code == http::error::header_limit || code == http::error::buffer_overflow) {
    return FaultReply(431, "RequestHeaderFieldsTooLargeException",
                      "The head of the request is too large.");
  }
  if (code == http::error::body_limit) {
    return FaultReply(413, "RequestEntityTooLargeException", "The body is too large.");
  }
  const bool gone = code == http::error::end_of_stream || code == http::error::partial_message;
  if (gone || code.category() != make_error_code(http::error::end_of_stream).category()) {
    return std::nullopt;
  }
  return FaultReply(400, "MalformedHttpRequestException",
                    "The request is not well-formed HTTP/1.1: " + code.message() + ".");
}

Reply TimeoutReply() {
  return FaultReply(408, "RequestTimeoutException", "The request took too long to arrive.");
}

std::string HttpDate(domain::Time time) {
  constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - day)};
  std::array<char, 64> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
      kDays.at(std::chrono::weekday{day}.c_encoding()), static_cast<unsigned>(date.day()),
      kMonths.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace fieldwork::http_api
