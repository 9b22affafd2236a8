// Decides which bodies are read; the rule is in the header.
#include "cloud/http_api/json_body.h"

#include <algorithm>

#include "cloud/http_api/url.h"

namespace fieldwork::http_api {
namespace {

// Counted before anything is built. Brackets inside strings do not count; whether they match is the
// parser's affair.
int Depth(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') deepest = std::max(deepest, ++depth);
    if (c == '}' || c == ']') --depth;
  }
  return deepest;
}

}  // namespace

domain::Result<Json> ReadJsonBody(std::string_view body) {
  if (body.empty()) return Json::object();
  if (!IsUtf8(body)) return domain::InvalidRequest("The body is not UTF-8.");
  if (Depth(body) > kJsonDepthMax) {
    return domain::InvalidRequest("The body has more than " + std::to_string(kJsonDepthMax) +
                                  " levels of JSON.");
  }
  try {
    Json json = Json::parse(body);
    if (!json.is_object()) return domain::InvalidRequest("The body must be a JSON object.");
    return json;
  } catch (const Json::parse_error& error) {
    return domain::InvalidRequest("The body is not JSON: it is wrong at byte " +
                                  std::to_string(error.byte) + ".");
  } catch (const Json::out_of_range&) {
    return domain::InvalidRequest("The body has a number that is too large.");
  }
}

}  // namespace fieldwork::http_api
