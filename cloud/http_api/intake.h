// Decides what a request asks for before any rule sees it: who signed it, which plane, which
// operation, what its labels, query and body say; or how it is refused.
//
// No network, no clock, no store; devices' requests are counted here. Loopback without credentials
// takes any signature, or none; requests that a browser sends for some other web site are refused
// then, since nothing else would stop them.
#pragma once

#include <map>
#include <string>
#include <variant>

#include "cloud/domain/throttle.h"
#include "cloud/domain/time.h"
#include "cloud/http_api/api.h"
#include "cloud/http_api/client_certificate.h"
#include "cloud/http_api/reply.h"
#include "cloud/http_api/url.h"

namespace fieldwork::http_api {

struct HttpRequest {
  std::string method;
  std::string target;  ///< As in the request line.
  NameValues headers;  ///< Names in lower case, in the order of arrival.
  std::string body;
  std::string source_ip;
  const ClientCertificate* certificate = nullptr;  ///< Set: it came over mutual TLS.
};

/// Ready for the handler.
struct Call {
  const Route* route = nullptr;  ///< With a handler.
  ApiRequest request;
};

struct IntakeOptions {
  std::map<std::string, std::string> credentials;  ///< As ServerOptions has them.
  std::string root_pem;                            ///< The text; empty: it is not served.
  domain::Throttle* device_requests = nullptr;     ///< As ServerOptions has it.
};

/// A Reply, if there is nothing left to do.
std::variant<Call, Reply> TakeIn(const IntakeOptions& options, const HttpRequest& request,
                                 domain::Time now);

}  // namespace fieldwork::http_api
