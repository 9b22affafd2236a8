// Decides how a request is refused over MQTT: the one table from errors to AWS's codes, and the
// payload of a rejected message.
//
// Source: AWS developer guide, "Jobs APIs", ErrorResponse; vectors rejected_*.json in spec/jobs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cloud/domain/result.h"
#include "cloud/domain/time.h"

namespace fieldwork::mqtt_api {

/// The codes that exist; the text of each is what the device reads.
inline constexpr std::string_view kInvalidTopic = "InvalidTopic";
inline constexpr std::string_view kInvalidJson = "InvalidJson";
inline constexpr std::string_view kInternalError = "InternalError";
inline constexpr std::string_view kRequestThrottled = "RequestThrottled";

/// The code for an error of the rules. What no device request can run into is InvalidRequest.
std::string_view RejectionCode(domain::ErrorCode code);

/// The payload for an error of the rules; executionState when the error carries it.
std::string RejectedPayload(const domain::Error& error,
                            const std::optional<std::string>& client_token, domain::Time now);

/// The payload for what the rules never see: kInvalidTopic, kInvalidJson, kInternalError,
/// kRequestThrottled.
std::string RejectedPayload(std::string_view code, std::string_view message,
                            const std::optional<std::string>& client_token, domain::Time now);

}  // namespace fieldwork::mqtt_api
