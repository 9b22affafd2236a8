// Decides how the listener with mutual TLS makes its connections: TLS 1.2 or later, no connection
// without a client certificate that our root has signed, no session tickets.
//
// Source: AWS IoT developer guide, "Transport security in AWS IoT Core".
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "cloud/http_api/server.h"

namespace fieldwork::http_api {

/// Throws std::system_error when a file cannot be read or does not hold what it should; the message
/// names the file.
std::shared_ptr<boost::asio::ssl::context> MakeTlsContext(const ServerOptions::Tls& files);

}  // namespace fieldwork::http_api
