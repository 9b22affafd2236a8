// Decides what one statement of a policy is once it is parsed.
#pragma once

#include <vector>

#include "cloud/policy/actions.h"
#include "cloud/policy/condition.h"
#include "cloud/policy/pattern.h"
#include "cloud/policy/policy.h"

namespace fieldwork::policy {

struct Document::Statement {
  Effect effect = Effect::kDeny;
  ActionSet actions = 0;
  std::vector<Pattern> resources;
  std::vector<Condition> conditions;  ///< All of them have to hold.
};

}  // namespace fieldwork::policy
