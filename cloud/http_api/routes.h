// Decides which operation a method and a path mean: the one table of every operation of the two
// APIs, those included that this cloud does not have.
//
// Paths are split at '/' before they are decoded, so that an ARN may be a label. No operation of
// either API is told from another by its query or a header: method and path are enough, once the
// plane is known.
// Source: the service models iot 2015-05-28 and iot-jobs-data 2017-09-29 that AWS publishes.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cloud/http_api/api.h"

namespace fieldwork::http_api {

/// route_table.cc
std::span<const Route> Routes();

struct Match {
  const Route* route = nullptr;  ///< Null: no operation of AWS has this method and path.
  std::vector<std::string> labels;
};

/// `path` as it stands in the request line, without the query. A literal goes before a label, from
/// left to right; a label is never empty. Percent-encoding that is wrong matches nothing.
Match FindRoute(Plane plane, std::string_view method, std::string_view path);

}  // namespace fieldwork::http_api
