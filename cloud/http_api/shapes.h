// Decides how the shapes that several operations share look in JSON.
//
// Control plane: times are seconds since 1970 with the milliseconds as a fraction. Data plane:
// whole seconds. A member without a value is left out. Source: the service models iot 2015-05-28
// and iot-jobs-data 2017-09-29 that AWS publishes; the examples of the AWS CLI reference for the
// objects that are there though empty.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloud/domain/executions.h"
#include "cloud/domain/records.h"
#include "cloud/http_api/api.h"

namespace fieldwork::http_api {

double EpochSeconds(domain::Time time);
/// Puts `value` under `name` unless there is none (an empty text is none).
void PutText(Json& json, const char* name, std::string_view value);
void PutTime(Json& json, const char* name, const std::optional<domain::Time>& time);

/// {"key": "value", ...} in the order given.
Json TextsJson(const domain::StatusDetails& texts);
Json AttributesJson(const domain::Attributes& attributes);
/// [{"groupName": ..., "groupArn": ...}, ...]
Json GroupNamesJson(const domain::Names& names, const std::vector<std::string>& groups);
/// {"policyName": ..., "policyArn": ...}
Json PolicyNameJson(const domain::Names& names, const domain::Policy& policy);

}  // namespace fieldwork::http_api
