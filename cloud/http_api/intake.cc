// Decides what a request asks for; each step is a function, in the order in which they are asked.
#include "cloud/http_api/intake.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "cloud/http_api/errors.h"
#include "cloud/http_api/json_body.h"
#include "cloud/http_api/plane.h"
#include "cloud/http_api/routes.h"
#include "cloud/http_api/sigv4.h"

namespace fieldwork::http_api {
namespace {

constexpr std::string_view kRootPath = "/AmazonRootCA1.pem";
constexpr std::string_view kMethods = "GET, PUT, POST, PATCH, DELETE";
constexpr std::size_t kEchoMax = 200;

std::string_view HeaderValue(const HttpRequest& request, std::string_view name) {
  const auto found = std::find_if(request.headers.begin(), request.headers.end(),
                                  [&](const auto& header) { return header.first == name; });
  return found == request.headers.end() ? std::string_view() : found->second;
}

bool IsMethodOfApi(std::string_view method) {
  constexpr std::array<std::string_view, 5> kKnown = {"GET", "PUT", "POST", "PATCH", "DELETE"};
  return std::find(kKnown.begin(), kKnown.end(), method) != kKnown.end();
}

Reply MethodReply(const HttpRequest& request) {
  Reply reply = FaultReply(
      405, "UnknownOperationException",
      "No operation of AWS IoT has the method " + request.method.substr(0, kEchoMax) + ".");
  reply.allow = kMethods;
  return reply;
}

std::optional<Reply> ServeRoot(const IntakeOptions& options, const HttpRequest& request,
                               std::string_view path) {
  if (path != kRootPath || options.root_pem.empty()) return std::nullopt;
  if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
  return Reply{.body = options.root_pem, .content_type = "application/x-pem-file"};
}

// "http://127.0.0.1:8080" of a page against "127.0.0.1:8080" of the request.
bool IsFromOtherSite(const HttpRequest& request) {
  const std::string_view origin = HeaderValue(request, "origin");
  if (origin.empty()) return false;
  const std::size_t scheme = origin.find("://");
  return scheme == std::string_view::npos ||
         origin.substr(scheme + 3) != HeaderValue(request, "host");
}

std::variant<Plane, Reply> Authenticate(const IntakeOptions& options, const HttpRequest& request,
                                        const Target& target, domain::Time now) {
  if (request.certificate != nullptr) return Plane::kJobsData;
  const std::string_view host = HeaderValue(request, "host");
  const SignedRequest signed_request{request.method, target.path, target.query, request.body,
                                     request.headers};
  if (options.credentials.empty()) {
    if (IsFromOtherSite(request)) {
      return FaultReply(403, "AccessDeniedException",
                        "A page of another web site may not use this service. Set credentials, or "
                        "send the request without the header Origin.");
    }
    const auto scope = ParseScope(signed_request);
    return DecidePlane(scope ? scope->service : "", host);
  }
  auto verified = VerifySignature(signed_request, options.credentials, now);
  if (const auto* error = std::get_if<SignatureError>(&verified)) {
    return FaultReply(403, error->type, error->message);
  }
  return DecidePlane(std::get<CredentialScope>(verified).service, host);
}

// Which of the two APIs, in words.
std::string_view PlaneName(Plane plane) {
  return plane == Plane::kControl ? "the control plane (iot)" : "the data plane (iot-jobs-data)";
}

Reply NoSuchOperation(Plane plane, const HttpRequest& request, std::string_view path) {
  const std::string what = request.method + " " + std::string(path.substr(0, kEchoMax));
  std::string message = "No AWS operation of " + std::string(PlaneName(plane)) +
                        " has this method and path: " + what + ".";
  const Plane other = plane == Plane::kControl ? Plane::kJobsData : Plane::kControl;
  const Match elsewhere = FindRoute(other, request.method, path);
  if (elsewhere.route != nullptr) {
    message += " It is " + std::string(elsewhere.route->operation) + " of " +
               std::string(PlaneName(other)) + ", which is chosen by the service in the " +
               "signature's scope.";
  }
  return FaultReply(404, "UnknownOperationException", message);
}

Reply NotSupported(const Route& route) {
  return FaultReply(
      501, "NotImplementedException",
      "The operation " + std::string(route.operation) +
          " is not supported by this cloud. docs/aws-compatibility.md lists what is.");
}

// Only who may not ask and what is no operation go before: what the request says counts for
// nothing.
bool IsThrottled(const IntakeOptions& options, const Route& route, domain::Time now) {
  return route.plane == Plane::kJobsData && options.device_requests != nullptr &&
         !options.device_requests->Take(now);
}

std::variant<std::map<std::string, std::string>, Reply> ReadQuery(std::string_view text) {
  const auto pairs = ParseQuery(text);
  if (!pairs) {
    return FaultReply(400, "InvalidRequestException",
                      "The query is not well-formed percent-encoding of UTF-8.");
  }
  std::map<std::string, std::string> query;
  for (const auto& [name, value] : *pairs) {
    if (!query.emplace(name, value).second) {
      return FaultReply(400, "InvalidRequestException",
                        "The query has '" + name.substr(0, kEchoMax) + "' twice.");
    }
  }
  return query;
}

std::map<std::string, std::string> JoinHeaders(const NameValues& headers) {
  std::map<std::string, std::string> joined;
  for (const auto& [name, value] : headers) {
    const auto [place, is_new] = joined.emplace(name, value);
    if (!is_new) place->second.append(",").append(value);
  }
  return joined;
}

std::variant<Call, Reply> ReadCall(const IntakeOptions& options, const HttpRequest& request,
                                   const Target& target, Plane plane, domain::Time now) {
  if (!PercentDecode(target.path)) {
    return FaultReply(400, "InvalidRequestException",
                      "The path is not well-formed percent-encoding of UTF-8.");
  }
  Match match = FindRoute(plane, request.method, target.path);
  if (match.route == nullptr) return NoSuchOperation(plane, request, target.path);
  if (match.route->handler == nullptr) return NotSupported(*match.route);
  if (IsThrottled(options, *match.route, now)) return ThrottlingReply(plane, "Rate exceeded.");
  auto query = ReadQuery(target.query);
  if (auto* reply = std::get_if<Reply>(&query)) return std::move(*reply);
  auto body = ReadJsonBody(request.body);
  if (!body.ok()) return FaultReply(400, "SerializationException", body.error().message);

  Call call{match.route, {}};
  call.request.operation = match.route->operation;
  call.request.labels = std::move(match.labels);
  call.request.query = std::get<0>(std::move(query));
  call.request.headers = JoinHeaders(request.headers);
  call.request.body = std::move(body).value();
  if (request.certificate != nullptr) call.request.certificate_id = request.certificate->id;
  return call;
}

}  // namespace

std::variant<Call, Reply> TakeIn(const IntakeOptions& options, const HttpRequest& request,
                                 domain::Time now) {
  const auto target = SplitTarget(request.target);
  if (!target) {
    return FaultReply(400, "InvalidRequestException",
                      "The target of the request must be a path that begins with '/'.");
  }
  if (auto root = ServeRoot(options, request, target->path)) return std::move(*root);
  if (!IsMethodOfApi(request.method)) return MethodReply(request);
  auto plane = Authenticate(options, request, *target, now);
  if (auto* reply = std::get_if<Reply>(&plane)) return std::move(*reply);
  return ReadCall(options, request, *target, std::get<Plane>(plane), now);
}

}  // namespace fieldwork::http_api
