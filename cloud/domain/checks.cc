// Decides the words of the refusals that several rules share.
#include "cloud/domain/checks.h"

namespace fieldwork::domain {

std::string Quote(std::string_view text) { return std::string("\"").append(text).append("\""); }

Status CheckThingName(std::string_view thing) {
  if (!IsThingName(thing)) {
    return InvalidRequest(
        "The thing name is not 1 to 128 characters of a-z, A-Z, 0-9, ':', '_', '-'.");
  }
  return Ok();
}

Status CheckJobId(std::string_view job) {
  if (!IsJobId(job)) {
    return InvalidRequest("The job id is not 1 to 64 characters of a-z, A-Z, 0-9, '_', '-'.");
  }
  return Ok();
}

Status CheckExecutionName(std::string_view thing, std::string_view job) {
  CLOUD_TRY(CheckThingName(thing));
  return CheckJobId(job);
}

Status CheckTimeoutMinutes(std::string_view what, std::int64_t minutes) {
  if (minutes < 1 || minutes > kTimeoutMinutesMax) {
    return InvalidRequest(std::string(what) + " is " + std::to_string(minutes) + "; 1 to " +
                          std::to_string(kTimeoutMinutesMax) + " are allowed.");
  }
  return Ok();
}

Error NoSuchThing(std::string_view thing) {
  return NotFound("There is no thing " + Quote(thing) + "; create it first.");
}

Error NoSuchJob(std::string_view job) { return NotFound("There is no job " + Quote(job) + "."); }

Error NoSuchExecution(std::string_view thing, std::string_view job,
                      std::optional<std::int64_t> number) {
  const std::string which = number ? " " + std::to_string(*number) : std::string();
  return NotFound("There is no execution" + which + " of job " + Quote(job) + " on thing " +
                  Quote(thing) + ".");
}

Error WrongState(ErrorCode code, const Execution& execution, std::string_view advice) {
  std::string message = "The execution of job " + Quote(execution.job) + " on thing " +
                        Quote(execution.thing) + " is " + std::string(NameOf(execution.status)) +
                        "; " + std::string(advice);
  Error error{code, std::move(message)};
  error.state = StateOf(execution);
  return error;
}

Error WrongVersion(ErrorCode code, const Execution& execution, std::int64_t expected) {
  std::string message = "expectedVersion is " + std::to_string(expected) +
                        ", but the execution of job " + Quote(execution.job) + " on thing " +
                        Quote(execution.thing) + " has version " +
                        std::to_string(execution.version) + "; read it again.";
  Error error{code, std::move(message)};
  error.state = StateOf(execution);
  return error;
}

}  // namespace fieldwork::domain
