// Decides what a device may do with its job executions: the four requests of the data plane, over
// MQTT or HTTP alike, and the timers.
//
// Checks come in the order of docs/aws-compatibility.md: fields, existence, state, version. Whoever
// asks has been authorised before; thing and job names are checked here (InvalidRequest).
// Source: AWS developer guide, "Jobs device MQTT and HTTPS APIs"; readings of what it leaves open
// are marked in executions.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloud/domain/context.h"
#include "cloud/domain/outbox.h"
#include "cloud/domain/result.h"

namespace fieldwork::domain {

struct PendingLists {
  std::vector<Execution> in_progress;
  std::vector<Execution> queued;  ///< Both together at most 10, IN_PROGRESS first.
};

struct StartNextRequest {
  std::optional<StatusDetails> details;
  std::optional<std::int64_t> step_timeout_minutes;  ///< 1..10080, or -1: none.
};

struct DescribeRequest {
  std::optional<std::int64_t> number;  ///< Empty: the latest.
  bool include_document = true;
};

struct UpdateRequest {
  std::string status;  ///< As sent; empty if absent, which is refused.
  std::optional<StatusDetails> details;
  std::optional<std::int64_t> expected_version;
  std::optional<std::int64_t> number;
  std::optional<std::int64_t> step_timeout_minutes;
  bool include_state = false;
  bool include_document = false;
};

struct UpdateReply {
  std::optional<ExecutionState> state;
  std::optional<std::string> document;
};

class Executions {
 public:
  explicit Executions(Context& context) : context_(context) {}

  /// kNotFound: there is no such thing.
  Result<PendingLists> GetPending(std::string_view thing);

  /// Empty: nothing is pending. A queued head becomes IN_PROGRESS; one in progress is returned as
  /// it is, only its step timer is set anew if the request names one.
  Result<std::optional<Delivery>> StartNext(std::string_view thing, const StartNextRequest& request,
                                            Time now);

  /// `job` may be "$next": then empty means that nothing is pending. kTerminalState: it is over.
  Result<std::optional<Delivery>> Describe(std::string_view thing, std::string_view job,
                                           const DescribeRequest& request);

  /// kInvalidStateTransition and kVersionMismatch carry the state.
  Result<UpdateReply> Update(std::string_view thing, std::string_view job,
                             const UpdateRequest& request, Time now);

  /// Times out at most `limit` executions whose deadline has come. Returns how many it was.
  int ExpireDue(Time now, int limit);

 private:
  Context& context_;
};

/// Whole seconds until the execution times out, the one that has begun not counted, as AWS does it
/// (599 at the start of ten minutes); empty when no timer runs. Never negative.
std::optional<std::int64_t> SecondsBeforeTimeout(const Execution& execution, Time now);

}  // namespace fieldwork::domain
