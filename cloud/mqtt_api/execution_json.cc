// Decides the order of the members of an execution; the contract is in execution_json.h.
#include "cloud/mqtt_api/execution_json.h"

#include "cloud/domain/executions.h"

namespace fieldwork::mqtt_api {
namespace {

void WriteStartedAt(PayloadWriter& out, const domain::Execution& execution) {
  if (execution.started_at) out.Integer("startedAt", domain::ToSeconds(*execution.started_at));
}

}  // namespace

void WriteDetails(PayloadWriter& out, const domain::StatusDetails& details) {
  if (details.empty()) return;
  out.BeginObject("statusDetails");
  for (const auto& [key, value] : details) out.String(key, value);
  out.EndObject();
}

void WriteExecution(PayloadWriter& out, const std::optional<domain::Delivery>& delivery,
                    domain::Time now) {
  if (!delivery) return;
  const domain::Execution& execution = delivery->execution;
  out.BeginObject("execution");
  out.String("jobId", execution.job);
  out.String("status", domain::NameOf(execution.status));
  WriteDetails(out, execution.details);
  out.Integer("queuedAt", domain::ToSeconds(execution.queued_at));
  WriteStartedAt(out, execution);
  out.Integer("lastUpdatedAt", domain::ToSeconds(execution.updated_at));
  out.Integer("versionNumber", execution.version);
  out.Integer("executionNumber", execution.number);
  if (const auto seconds = domain::SecondsBeforeTimeout(execution, now)) {
    out.Integer("approximateSecondsBeforeTimedOut", *seconds);
  }
  if (delivery->document) out.Raw("jobDocument", *delivery->document);
  out.EndObject();
}

void WriteSummary(PayloadWriter& out, const domain::Execution& execution) {
  out.BeginObject();
  out.String("jobId", execution.job);
  out.Integer("queuedAt", domain::ToSeconds(execution.queued_at));
  WriteStartedAt(out, execution);
  out.Integer("lastUpdatedAt", domain::ToSeconds(execution.updated_at));
  out.Integer("executionNumber", execution.number);
  out.Integer("versionNumber", execution.version);
  out.EndObject();
}

void WriteNotifySummary(PayloadWriter& out, const domain::Execution& execution) {
  out.BeginObject();
  out.String("jobId", execution.job);
  out.Integer("queuedAt", domain::ToSeconds(execution.queued_at));
  out.Integer("lastUpdatedAt", domain::ToSeconds(execution.updated_at));
  WriteStartedAt(out, execution);
  out.Integer("executionNumber", execution.number);
  out.Integer("versionNumber", execution.version);
  out.EndObject();
}

void WriteState(PayloadWriter& out, const domain::ExecutionState& state) {
  out.BeginObject("executionState");
  out.String("status", domain::NameOf(state.status));
  WriteDetails(out, state.details);
  out.Integer("versionNumber", state.version);
  out.EndObject();
}

std::size_t BytesExpected(const std::optional<domain::Delivery>& delivery) {
  constexpr std::size_t kEnvelope = 512;
  if (!delivery || !delivery->document) return kEnvelope;
  return kEnvelope + delivery->document->size();
}

}  // namespace fieldwork::mqtt_api
