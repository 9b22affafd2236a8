// Decides what the rules of things, groups, certificates and policies say alike: the refusals that
// several of them share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "cloud/domain/checks.h"
#include "cloud/domain/limits.h"
#include "cloud/domain/result.h"

namespace fieldwork::domain {

inline Status CheckGroupName(std::string_view group) {
  if (!IsGroupName(group)) {
    return InvalidRequest(
        "The thing group name is not 1 to 128 characters of a-z, A-Z, 0-9, ':', '_', '-'.");
  }
  return Ok();
}

inline Error NoSuchGroup(std::string_view group) {
  return NotFound("There is no thing group " + Quote(group) + "; create it first.");
}

/// kVersionConflict unless `expected` is empty or `stored`.
inline Status CheckVersion(std::string_view what, std::int64_t stored,
                           std::optional<std::int64_t> expected) {
  if (expected && *expected != stored) {
    return Error{ErrorCode::kVersionConflict, "expectedVersion is " + std::to_string(*expected) +
                                                  ", but " + std::string(what) + " has version " +
                                                  std::to_string(stored) + "; read it again."};
  }
  return Ok();
}

inline Error AlreadyExists(std::string message, std::string_view id, std::string arn) {
  return {ErrorCode::kAlreadyExists, std::move(message), std::string(id), std::move(arn)};
}

}  // namespace fieldwork::domain
