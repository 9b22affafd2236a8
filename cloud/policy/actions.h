// Decides which actions a policy may name, and which of them a pattern such as "iot:Pub*" means.
//
// A pattern is turned into a set of actions when the document is parsed, so that a request costs
// one test of a bit. Names are compared without regard to case, as IAM does. Source: AWS IoT
// developer guide, "AWS IoT Core policy actions"; AWS IoT Greengrass V2 developer guide, "AWS IoT
// policies for data plane operations".
#pragma once

#include <cstdint>
#include <string_view>

namespace fieldwork::policy {

/// One bit for each known action.
using ActionSet = std::uint64_t;

/// The bit of an action by its exact name; 0 if it is not known.
ActionSet ActionNamed(std::string_view name);

/// Every known action that the pattern matches ('*' any text, '?' one character); 0: none.
ActionSet ActionsMatching(std::string_view pattern);

}  // namespace fieldwork::policy
