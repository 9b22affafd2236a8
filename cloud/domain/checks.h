// Decides what the rules say when a name, a number or a thing is not right: the refusals that
// several of them share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cloud/domain/limits.h"
#include "cloud/domain/result.h"

namespace fieldwork::domain {

/// A name whose form was checked, between quotation marks.
std::string Quote(std::string_view text);

/// kInvalidRequest unless they have the form of such names.
Status CheckThingName(std::string_view thing);
Status CheckJobId(std::string_view job);
Status CheckExecutionName(std::string_view thing, std::string_view job);
/// kInvalidRequest unless 1..10080; `what` is the field's name in the API.
Status CheckTimeoutMinutes(std::string_view what, std::int64_t minutes);

Error NoSuchThing(std::string_view thing);
Error NoSuchJob(std::string_view job);
Error NoSuchExecution(std::string_view thing, std::string_view job,
                      std::optional<std::int64_t> number);

/// `code` with the sentence "The execution of job J on thing T is IN_PROGRESS; <advice>".
Error WrongState(ErrorCode code, const Execution& execution, std::string_view advice);
/// `code`: expectedVersion is not the stored one.
Error WrongVersion(ErrorCode code, const Execution& execution, std::int64_t expected);

}  // namespace fieldwork::domain
