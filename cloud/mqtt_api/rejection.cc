// Decides the code of each refusal; the contract is in rejection.h.
#include "cloud/mqtt_api/rejection.h"

#include "cloud/mqtt_api/execution_json.h"
#include "cloud/mqtt_api/payload_writer.h"

namespace fieldwork::mqtt_api {
namespace {

std::string Payload(std::string_view code, std::string_view message,
                    const std::optional<std::string>& client_token, domain::Time now,
                    const std::optional<domain::ExecutionState>& state) {
  PayloadWriter out;
  out.BeginObject();
  out.String("code", code);
  out.String("message", message);
  if (client_token) out.String("clientToken", *client_token);
  out.Integer("timestamp", domain::ToSeconds(now));
  if (state) WriteState(out, *state);
  out.EndObject();
  return std::move(out).Take();
}

}  // namespace

std::string_view RejectionCode(domain::ErrorCode code) {
  using domain::ErrorCode;
  switch (code) {
    case ErrorCode::kNotFound: return "ResourceNotFound";
    case ErrorCode::kInvalidStateTransition: return "InvalidStateTransition";
    case ErrorCode::kVersionMismatch: return "VersionMismatch";
    case ErrorCode::kTerminalState: return "TerminalStateReached";
    case ErrorCode::kInvalidRequest:
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kLimitExceeded:
    case ErrorCode::kVersionConflict:
    case ErrorCode::kConflict:
    case ErrorCode::kDeleteConflict:
    case ErrorCode::kVersionsLimitExceeded:
    case ErrorCode::kCertificateState:
    case ErrorCode::kCertificateConflict:
    case ErrorCode::kCertificateValidation:
    case ErrorCode::kMalformedPolicy:
    case ErrorCode::kUnauthorized: return "InvalidRequest";
  }
  return kInternalError;
}

std::string RejectedPayload(const domain::Error& error,
                            const std::optional<std::string>& client_token, domain::Time now) {
  // The state comes with these two only, even if an error of another kind should carry one.
  const bool with_state = error.code == domain::ErrorCode::kInvalidStateTransition ||
                          error.code == domain::ErrorCode::kVersionMismatch;
  return Payload(RejectionCode(error.code), error.message, client_token, now,
                 with_state ? error.state : std::nullopt);
}

std::string RejectedPayload(std::string_view code, std::string_view message,
                            const std::optional<std::string>& client_token, domain::Time now) {
  return Payload(code, message, client_token, now, std::nullopt);
}

}  // namespace fieldwork::mqtt_api
