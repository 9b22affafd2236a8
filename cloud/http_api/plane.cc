// Decides which of the two APIs a request is for; the rule is in the header.
#include "cloud/http_api/plane.h"

#include <string>

#include "cloud/http_api/url.h"

namespace fieldwork::http_api {

Plane DecidePlane(std::string_view service, std::string_view host) {
  if (!service.empty()) {
    return service == "iot-jobs-data" ? Plane::kJobsData : Plane::kControl;
  }
  const std::string name = LowerCase(host);
  const bool of_jobs = name.find(".jobs.iot.") != std::string::npos || name.starts_with("jobs.") ||
                       name.starts_with("data.jobs.");
  return of_jobs ? Plane::kJobsData : Plane::kControl;
}

}  // namespace fieldwork::http_api
