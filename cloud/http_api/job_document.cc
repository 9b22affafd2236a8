// The checks of a job document, in the order in which they are told.
#include "cloud/http_api/job_document.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "cloud/domain/limits.h"

namespace fieldwork::http_api {
namespace {

using nlohmann::json;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

domain::Error Refusal(std::string_view what) {
  return domain::InvalidRequest("document " + std::string(what) + ".");
}

}  // namespace

domain::Status CheckJobDocument(std::string_view text) {
  if (text.size() > domain::kJobDocumentBytesMax) {
    return Refusal("must be at most " + std::to_string(domain::kJobDocumentBytesMax) +
                   " bytes long and has " + std::to_string(text.size()));
  }
  // The parser skips the one and stops at the other; inside a message neither is JSON.
  if (text.starts_with(kByteOrderMark) || text.find('\0') != std::string_view::npos) {
    return Refusal("must be JSON without a byte order mark and without NUL characters");
  }
  int depth_max = 0;
  const auto measure = [&depth_max](int depth, json::parse_event_t event, json&) {
    const bool opens =
        event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
    if (opens) depth_max = std::max(depth_max, depth + 1);
    return depth <= kJobDocumentDepthMax;  // What is too deep is not kept.
  };
  json document;
  try {
    document = json::parse(text, measure);
  } catch (const json::parse_error& error) {
    return Refusal("is not valid JSON in UTF-8: see character " + std::to_string(error.byte));
  } catch (const json::out_of_range&) {
    return Refusal("has a number that is too large for JSON readers");
  }
  if (depth_max > kJobDocumentDepthMax) {
    return Refusal("must not be nested deeper than " + std::to_string(kJobDocumentDepthMax) +
                   " levels");
  }
  if (!document.is_object()) return Refusal("must be a JSON object: devices read it as one");
  // Printed again, so that escapes such as \u0024 do not hide one.
  if (document.dump().find("${aws:iot:") != std::string::npos) {
    return Refusal(
        "has a placeholder ${aws:iot:...}, which this service does not replace: put the value "
        "itself there, a URL for instance");
  }
  return domain::Ok();
}

}  // namespace fieldwork::http_api
