// Decides how statements add up to a decision; see policy.h.
#include "cloud/policy/policy.h"

#include <algorithm>

#include "cloud/policy/malformed.h"
#include "cloud/policy/parser.h"
#include "cloud/policy/statement.h"
#include "cloud/policy/values.h"

namespace fieldwork::policy {
namespace {

bool Applies(const Document::Statement& statement, ActionSet action, std::string_view resource,
             Values& values) {
  if ((statement.actions & action) == 0) return false;
  const auto matches = [&](const Pattern& pattern) { return pattern.Matches(resource, values); };
  const auto holds = [&](const Condition& condition) { return condition.Holds(values); };
  return std::any_of(statement.resources.begin(), statement.resources.end(), matches) &&
         std::all_of(statement.conditions.begin(), statement.conditions.end(), holds);
}

}  // namespace

Document::Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

std::variant<Document, std::string> Document::Parse(std::string_view json) {
  try {
    Document document;
    document.statements_ = ParseStatements(json);
    return document;
  } catch (const Malformed& malformed) {
    return malformed.why;
  }
}

Decision Evaluate(std::span<const Document* const> documents, const Request& request,
                  const Variables& variables) {
  const ActionSet action = ActionNamed(request.action);
  Values values(variables);
  bool allowed = false;
  for (const Document* document : documents) {
    for (const Document::Statement& statement : document->statements()) {
      // Once something allows it, only a Deny can change the decision.
      if (allowed && statement.effect == Effect::kAllow) continue;
      if (!Applies(statement, action, request.resource, values)) continue;
      if (statement.effect == Effect::kDeny) return Decision::kDenied;
      allowed = true;
    }
  }
  return allowed ? Decision::kAllowed : Decision::kNotAllowed;
}

}  // namespace fieldwork::policy
