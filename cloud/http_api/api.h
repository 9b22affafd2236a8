// Decides what an API handler sees and gives: one request, taken apart, in; JSON or an error out.
//
// A handler runs inside the batch's transaction and never waits. What it answers leaves after the
// commit. Handlers never build error JSON: cloud/http_api/errors.cc does, from the one table.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloud/domain/access.h"
#include "cloud/domain/certificate_authority.h"
#include "cloud/domain/executions.h"
#include "cloud/domain/jobs.h"
#include "cloud/domain/registry.h"
#include "cloud/domain/result.h"

namespace fieldwork::http_api {

using Json = nlohmann::ordered_json;

/// Which API the request is for; the paths of the two overlap (SigV4 scope, or mutual TLS, tells).
enum class Plane : std::uint8_t { kControl, kJobsData };

struct ApiRequest {
  std::string operation;                       ///< AWS name: "CreateJob".
  std::vector<std::string> labels;             ///< The URI's {labels}, in order, decoded.
  std::map<std::string, std::string> query;    ///< Decoded.
  std::map<std::string, std::string> headers;  ///< Names in lower case.
  Json body;                                   ///< An object; {} when there was no body.
  std::string certificate_id;                  ///< Who asks, over mutual TLS; else empty.
  /// CreateKeysAndCertificate only: made on another thread before the handler runs.
  std::optional<domain::IssuedKeys> issued;
};

/// Where devices and tools reach this cloud, for DescribeEndpoint.
struct Endpoints {
  std::string mqtt;  ///< "127.0.0.1" or "127.0.0.1:18883" when the port is not 8883.
  std::string jobs;  ///< The data plane, likewise.
};

/// Everything that handlers work with. Borrowed; one thread.
struct Api {
  domain::Names names;
  domain::Jobs& jobs;
  domain::Executions& executions;
  domain::Registry& registry;
  domain::Access& access;
  domain::CertificateAuthority& authority;
  Endpoints endpoints;
  /// The root certificate of `authority`: RegisterCertificate takes what it signed.
  std::string root_pem{};
};

using Handler = domain::Result<Json> (*)(Api& api, const ApiRequest& request, domain::Time now);

/// A row of the table of operations (cloud/http_api/routes.cc).
struct Route {
  std::string_view operation;
  std::string_view method;
  std::string_view path;  ///< "/things/{thingName}/jobs/{jobId}": literals and labels.
  Plane plane = Plane::kControl;
  Handler handler = nullptr;  ///< Null: known to AWS and not supported here; answered with 501.
};

}  // namespace fieldwork::http_api
