// Decides how a policy document is taken apart; see parser.h.
#include "cloud/policy/parser.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "cloud/policy/malformed.h"

namespace fieldwork::policy {
namespace {

using Json = nlohmann::json;

constexpr int kDepthMax = 16;

// Looks over the JSON parser's shoulder: the library itself keeps the last of two equal members.
class Guard {
 public:
  void See(int depth, Json::parse_event_t event, const Json& parsed) {
    if (depth >= kDepthMax) throw Malformed("the document is more than 16 levels deep");
    if (event == Json::parse_event_t::object_start) open_.emplace_back();
    if (event == Json::parse_event_t::object_end) open_.pop_back();
    if (event != Json::parse_event_t::key) return;
    const auto& key = parsed.get_ref<const std::string&>();
    if (!open_.back().insert(key).second) {
      throw Malformed("the member '" + key + "' stands twice in one object");
    }
  }

 private:
  std::vector<std::set<std::string>> open_;
};

Json ParseJson(std::string_view text) {
  Guard guard;
  const auto see = [&](int depth, Json::parse_event_t event, Json& parsed) {
    guard.See(depth, event, parsed);
    return true;
  };
  try {
    return Json::parse(text, see);
  } catch (const Json::parse_error& error) {
    throw Malformed("the document is not JSON: see byte " + std::to_string(error.byte));
  }
}

const std::string& Text(const Json& value, std::string_view what) {
  if (!value.is_string()) throw Malformed(std::string(what) + " must be a string");
  return value.get_ref<const std::string&>();
}

// One element, or an array of them.
std::vector<std::string> Texts(const Json& value, const std::string& what) {
  if (value.is_string()) return {value.get<std::string>()};
  if (!value.is_array()) throw Malformed(what + " must be a string or an array of strings");
  std::vector<std::string> texts;
  for (const Json& item : value) texts.push_back(Text(item, "each " + what));
  if (texts.empty()) throw Malformed(what + " is empty");
  return texts;
}

const Json& Member(const Json& object, const std::string& name) {
  const auto found = object.find(name);
  if (found == object.end()) throw Malformed("'" + name + "' is missing");
  return *found;
}

// What a condition compares with; JSON numbers and booleans are as good as their text.
std::string ConditionValue(const Json& value, std::string_view key) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean() || value.is_number_integer()) return value.dump();
  throw Malformed("each value of '" + std::string(key) +
                  "' must be a string, an integer, true or false");
}

std::vector<Condition> ParseConditions(const Json& block, bool variables) {
  if (!block.is_object()) throw Malformed("Condition must be an object");
  std::vector<Condition> conditions;
  for (const auto& [op_name, keys] : block.items()) {
    const Operator op = ParseOperator(op_name);
    if (!keys.is_object() || keys.empty()) {
      throw Malformed("Condition." + op_name + " must be an object that names a condition key");
    }
    for (const auto& [key, value] : keys.items()) {
      std::vector<std::string> values;
      if (!value.is_array()) values.push_back(ConditionValue(value, key));
      for (const Json& item : value.is_array() ? value : Json::array()) {
        values.push_back(ConditionValue(item, key));
      }
      conditions.push_back(Condition::Parse(op, key, values, variables));
    }
  }
  return conditions;
}

Effect ParseEffect(const Json& value) {
  const std::string& text = Text(value, "Effect");
  if (text == "Allow") return Effect::kAllow;
  if (text == "Deny") return Effect::kDeny;
  throw Malformed("Effect must be 'Allow' or 'Deny', not '" + text + "'");
}

ActionSet ParseActions(const Json& value) {
  ActionSet actions = 0;
  for (const std::string& pattern : Texts(value, "Action")) {
    const ActionSet matching = ActionsMatching(pattern);
    if (matching == 0)
      throw Malformed("the action '" + pattern + "' is none that AWS IoT policies know");
    actions |= matching;
  }
  return actions;
}

std::vector<Pattern> ParseResources(const Json& value, bool variables) {
  std::vector<Pattern> resources;
  for (const std::string& text : Texts(value, "Resource")) {
    if (text != "*" && text.compare(0, 4, "arn:") != 0) {
      throw Malformed("the resource '" + text + "' is neither '*' nor an ARN");
    }
    resources.push_back(Pattern::Parse(text, {true, false, variables}));
  }
  return resources;
}

void RefuseOtherMembers(const Json& statement) {
  for (const auto& item : statement.items()) {
    const std::string& name = item.key();
    if (name == "NotAction" || name == "NotResource") {
      throw Malformed(name + " is not evaluated here: name what is meant with " + name.substr(3));
    }
    if (name == "Principal" || name == "NotPrincipal") {
      throw Malformed("AWS IoT policies have no " + name + ": attach the policy to one instead");
    }
    if (name != "Sid" && name != "Effect" && name != "Action" && name != "Resource" &&
        name != "Condition") {
      throw Malformed("the element '" + name + "' is not known");
    }
  }
}

Document::Statement ParseStatement(const Json& value, bool variables) {
  if (!value.is_object()) throw Malformed("it must be an object");
  RefuseOtherMembers(value);
  if (const auto sid = value.find("Sid"); sid != value.end()) Text(*sid, "Sid");
  Document::Statement statement;
  statement.effect = ParseEffect(Member(value, "Effect"));
  statement.actions = ParseActions(Member(value, "Action"));
  statement.resources = ParseResources(Member(value, "Resource"), variables);
  if (const auto condition = value.find("Condition"); condition != value.end()) {
    statement.conditions = ParseConditions(*condition, variables);
  }
  return statement;
}

// Whether variables may be used. Before 2012-10-17 "${" meant itself, which nobody intends today.
bool ParseVersion(const Json& value) {
  const std::string& version = Text(value, "Version");
  if (version == "2012-10-17") return true;
  if (version == "2008-10-17") return false;
  throw Malformed("Version must be '2012-10-17' or '2008-10-17', not '" + version + "'");
}

}  // namespace

std::vector<Document::Statement> ParseStatements(std::string_view text) {
  const Json document = ParseJson(text);
  if (!document.is_object()) throw Malformed("the document is not a JSON object");
  for (const auto& item : document.items()) {
    if (item.key() != "Version" && item.key() != "Id" && item.key() != "Statement") {
      throw Malformed("the element '" + item.key() + "' is not known");
    }
  }
  const bool variables = ParseVersion(Member(document, "Version"));
  if (const auto id = document.find("Id"); id != document.end()) Text(*id, "Id");

  const Json& given = Member(document, "Statement");
  if (given.is_array() && given.empty()) throw Malformed("Statement is empty");
  const Json list = given.is_array() ? given : Json::array({given});
  std::vector<Document::Statement> statements;
  for (const Json& item : list) {
    try {
      statements.push_back(ParseStatement(item, variables));
    } catch (const Malformed& malformed) {
      throw Malformed("statement " + std::to_string(statements.size() + 1) + ": " + malformed.why);
    }
  }
  return statements;
}

}  // namespace fieldwork::policy
