// Decides which bodies are read: UTF-8, one JSON object, at most 64 levels deep; nothing is {}.
#pragma once

#include <string_view>

#include "cloud/http_api/api.h"

namespace fieldwork::http_api {

inline constexpr int kJsonDepthMax = 64;

/// kInvalidRequest with what is wrong, and where.
domain::Result<Json> ReadJsonBody(std::string_view body);

}  // namespace fieldwork::http_api
