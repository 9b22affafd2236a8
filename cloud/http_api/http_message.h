// Decides how our requests and replies are HTTP: which fields a response has, which error of the
// parser means which status.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <string>

#include "cloud/domain/time.h"
#include "cloud/http_api/intake.h"
#include "cloud/http_api/reply.h"

namespace fieldwork::http_api {

using RequestParser = boost::beast::http::request_parser<boost::beast::http::string_body>;
using Response = boost::beast::http::response<boost::beast::http::string_body>;

/// Takes the body out of the message; `source_ip` and `certificate` are left empty.
HttpRequest ToHttpRequest(RequestParser::value_type& message);

struct ResponseForm {
  unsigned version = 11;  ///< 10 or 11, as the request's.
  bool keep_alive = false;
};
Response ToResponse(const Reply& reply, const ResponseForm& form, domain::Time now);

/// What to answer when reading stopped with `error`; empty: the peer went away, nobody listens.
std::optional<Reply> ReplyToReadError(const boost::system::error_code& error);
Reply TimeoutReply();

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
std::string HttpDate(domain::Time time);

}  // namespace fieldwork::http_api
