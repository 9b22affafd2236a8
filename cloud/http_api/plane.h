// Decides which of the two APIs a request is for. Some paths are the same in both
// (GET /things/{t}/jobs), so that the path cannot tell.
#pragma once

#include <string_view>

#include "cloud/http_api/api.h"

namespace fieldwork::http_api {

/// `service`: that of the signature's scope, empty if the request is not signed. It decides:
/// "iot-jobs-data" is the data plane; "iot", "execute-api" (the CLI up to 2.9) and any other are
/// the control plane. Without it the Host does: "{prefix}.jobs.iot.{region}...", the name that AWS
/// gives to the data plane, or a host that begins with "jobs." or "data.jobs.".
Plane DecidePlane(std::string_view service, std::string_view host);

}  // namespace fieldwork::http_api
