// Shapes that several operations share; the rules are in the header.
#include "cloud/http_api/shapes.h"

namespace fieldwork::http_api {

double EpochSeconds(domain::Time time) {
  // The nearest double to a number of 13 digits prints as that number again.
  return static_cast<double>(domain::ToMillis(time)) / 1000.0;
}

void PutText(Json& json, const char* name, std::string_view value) {
  if (!value.empty()) json[name] = value;
}

void PutTime(Json& json, const char* name, const std::optional<domain::Time>& time) {
  if (time) json[name] = EpochSeconds(*time);
}

Json TextsJson(const domain::StatusDetails& texts) {
  Json json = Json::object();
  for (const auto& [key, value] : texts) json[key] = value;
  return json;
}

Json AttributesJson(const domain::Attributes& attributes) {
  Json json = Json::object();
  for (const auto& [key, value] : attributes) json[key] = value;
  return json;
}

Json GroupNamesJson(const domain::Names& names, const std::vector<std::string>& groups) {
  Json json = Json::array();
  for (const std::string& group : groups) {
    json.push_back({{"groupName", group}, {"groupArn", names.GroupArn(group)}});
  }
  return json;
}

Json PolicyNameJson(const domain::Names& names, const domain::Policy& policy) {
  return {{"policyName", policy.name}, {"policyArn", names.PolicyArn(policy.name)}};
}

}  // namespace fieldwork::http_api
