// Decides the rows of the table of errors.
#include "cloud/http_api/errors.h"

namespace fieldwork::http_api {
namespace {

using domain::ErrorCode;

struct Exception {
  std::string_view type;
  unsigned status;
};

Exception ControlException(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidRequest: return {"InvalidRequestException", 400};
    case ErrorCode::kNotFound: return {"ResourceNotFoundException", 404};
    case ErrorCode::kAlreadyExists: return {"ResourceAlreadyExistsException", 409};
    case ErrorCode::kLimitExceeded: return {"LimitExceededException", 410};
    case ErrorCode::kInvalidStateTransition: return {"InvalidStateTransitionException", 409};
    case ErrorCode::kVersionMismatch: return {"VersionConflictException", 409};
    case ErrorCode::kVersionConflict: return {"VersionConflictException", 409};
    case ErrorCode::kTerminalState: return {"InvalidStateTransitionException", 409};
    case ErrorCode::kConflict: return {"ConflictException", 409};
    case ErrorCode::kDeleteConflict: return {"DeleteConflictException", 409};
    case ErrorCode::kVersionsLimitExceeded: return {"VersionsLimitExceededException", 409};
    case ErrorCode::kCertificateState: return {"CertificateStateException", 406};
    case ErrorCode::kCertificateConflict: return {"CertificateConflictException", 409};
    case ErrorCode::kCertificateValidation: return {"CertificateValidationException", 400};
    case ErrorCode::kMalformedPolicy: return {"MalformedPolicyException", 400};
    case ErrorCode::kUnauthorized: return {"UnauthorizedException", 401};
  }
  return {"InternalFailureException", 500};
}

// The data plane models fewer exceptions. A wrong expectedVersion has none of its own there: the
// nearest one that typed SDKs catch is InvalidStateTransitionException.
Exception DataException(ErrorCode code) {
  switch (code) {
    case ErrorCode::kVersionMismatch:
    case ErrorCode::kVersionConflict:
    case ErrorCode::kConflict: return {"InvalidStateTransitionException", 409};
    case ErrorCode::kTerminalState: return {"TerminalStateException", 410};
    default: return ControlException(code);
  }
}

std::string Dump(const Json& body) {
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Reply ErrorReply(Plane plane, const domain::Error& error) {
  const Exception exception =
      plane == Plane::kControl ? ControlException(error.code) : DataException(error.code);
  Json body{{"message", error.message}};
  if (!error.resource_id.empty()) body["resourceId"] = error.resource_id;
  if (!error.resource_arn.empty()) body["resourceArn"] = error.resource_arn;
  return {
      .status = exception.status, .error_type = std::string(exception.type), .body = Dump(body)};
}

Reply FaultReply(unsigned status, std::string_view type, std::string_view message) {
  return {
      .status = status, .error_type = std::string(type), .body = Dump(Json{{"message", message}})};
}

Reply UnavailableReply() {
  return FaultReply(503, "ServiceUnavailableException",
                    "The service could not store this; nothing of it was done. Try again.");
}

Reply InternalFailureReply() {
  return FaultReply(500, "InternalFailureException",
                    "The service has a fault; its log names it. Nothing of the request was done.");
}

Reply ThrottlingReply(Plane plane, std::string_view message) {
  return FaultReply(plane == Plane::kControl ? 400 : 429, "ThrottlingException", message);
}

}  // namespace fieldwork::http_api
