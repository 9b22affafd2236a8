// Decides which JSON texts are policy documents.
//
// Objects may not name a member twice, nothing may follow the document, and it is at most 16 levels
// deep: what two readers could understand differently is malformed.
#pragma once

#include <string_view>
#include <vector>

#include "cloud/policy/statement.h"

namespace fieldwork::policy {

/// Throws Malformed.
std::vector<Document::Statement> ParseStatements(std::string_view json);

}  // namespace fieldwork::policy
