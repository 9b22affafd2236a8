// Decides how the rules say no: a value, or one error of a closed set with a sentence for a person.
//
// An error is a refusal of a request: nothing was written, the next request may go on. What nobody
// can go on from (disk full, a broken database) is an exception and takes the whole batch back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "cloud/domain/records.h"

namespace fieldwork::domain {

/// One value for each AWS exception or MQTT rejection; the API layers own the one table that names
/// them (cloud/http_api/errors.cc, cloud/mqtt_api/rejection.cc).
enum class ErrorCode : std::uint8_t {
  kInvalidRequest,          ///< The request can never be right. HTTP 400.
  kNotFound,                ///< What it names is not there. HTTP 404.
  kAlreadyExists,           ///< HTTP 409; resource_id and resource_arn are set.
  kLimitExceeded,           ///< HTTP 410.
  kInvalidStateTransition,  ///< HTTP 409; over MQTT the execution's state comes with it.
  kVersionMismatch,         ///< A device's expectedVersion is not the stored one; with the state.
  kVersionConflict,         ///< The same in the control plane. HTTP 409.
  kTerminalState,           ///< A device describes an execution that is over. HTTP 410.
  kConflict,                ///< HTTP 409.
  kDeleteConflict,          ///< Something still refers to it. HTTP 409.
  kVersionsLimitExceeded,   ///< A sixth version of a policy. HTTP 409.
  kCertificateState,        ///< The certificate's status forbids it. HTTP 406.
  kCertificateConflict,     ///< HTTP 409.
  kCertificateValidation,   ///< Not a certificate, or not one to be trusted. HTTP 400.
  kMalformedPolicy,         ///< HTTP 400.
  kUnauthorized,            ///< HTTP 401.
};

struct Error {
  ErrorCode code = ErrorCode::kInvalidRequest;
  std::string message;                    ///< What, where, what to do. English, one sentence.
  std::string resource_id{};              ///< kAlreadyExists only.
  std::string resource_arn{};             ///< kAlreadyExists only.
  std::optional<ExecutionState> state{};  ///< kInvalidStateTransition, kVersionMismatch.
};

/// A T or an Error. Ask ok() before value().
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return held_.index() == 0; }
  const T& value() const& { return *std::get_if<0>(&held_); }
  T& value() & { return *std::get_if<0>(&held_); }
  T&& value() && { return std::move(*std::get_if<0>(&held_)); }
  const Error& error() const& { return *std::get_if<1>(&held_); }
  Error&& error() && { return std::move(*std::get_if<1>(&held_)); }

 private:
  std::variant<T, Error> held_;
};

/// For operations that answer nothing.
struct Nothing {};
using Status = Result<Nothing>;
inline Status Ok() { return Nothing{}; }

inline Error InvalidRequest(std::string message) {
  return {ErrorCode::kInvalidRequest, std::move(message)};
}
inline Error NotFound(std::string message) { return {ErrorCode::kNotFound, std::move(message)}; }

}  // namespace fieldwork::domain

// Return the error of `expression`, if it has one; the second keeps the value. Neither logs.
#define CLOUD_TRY(expression)                             \
  do {                                                    \
    if (auto cloud_try = (expression); !cloud_try.ok()) { \
      return std::move(cloud_try).error();                \
    }                                                     \
  } while (false)
#define CLOUD_JOIN2(a, b) a##b
#define CLOUD_JOIN(a, b) CLOUD_JOIN2(a, b)
#define CLOUD_ASSIGN_OR_RETURN(declaration, expression)         \
  auto CLOUD_JOIN(cloud_try_, __LINE__) = (expression);         \
  if (!CLOUD_JOIN(cloud_try_, __LINE__).ok()) {                 \
    return std::move(CLOUD_JOIN(cloud_try_, __LINE__)).error(); \
  }                                                             \
  declaration = std::move(CLOUD_JOIN(cloud_try_, __LINE__)).value()
