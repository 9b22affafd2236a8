// Decides the topics and payloads of what nobody asked for; the contract is in publisher.h.
#include "cloud/mqtt_api/publisher.h"

#include <algorithm>
#include <string_view>

#include "cloud/mqtt_api/execution_json.h"
#include "cloud/mqtt_api/payload_writer.h"

namespace fieldwork::mqtt_api {
namespace {

using domain::ExecutionStatus;

// The status of a job event is its operation in capitals: cancellation_in_progress is
// CANCELLATION_IN_PROGRESS, which is no status that a job can have.
std::string InCapitals(std::string_view operation) {
  std::string text(operation);
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

bool Asked(const domain::EventSettings& settings, const std::string& event_type) {
  const auto found = settings.enabled.find(event_type);
  return found != settings.enabled.end() && found->second;
}

// One list of a notify message; a list with nothing in it is left out.
void WriteList(PayloadWriter& out, const std::vector<domain::Execution>& pending,
               ExecutionStatus status) {
  const auto belongs = [status](const domain::Execution& each) { return each.status == status; };
  if (std::none_of(pending.begin(), pending.end(), belongs)) return;
  out.BeginArray(domain::NameOf(status));
  for (const domain::Execution& execution : pending) {
    if (belongs(execution)) WriteNotifySummary(out, execution);
  }
  out.EndArray();
}

std::string NotifyPayload(const domain::QueueNotice& notice, domain::Time now) {
  PayloadWriter out(256 + 192 * notice.pending.size());
  out.BeginObject();
  out.Integer("timestamp", domain::ToSeconds(now));
  out.BeginObject("jobs");
  WriteList(out, notice.pending, ExecutionStatus::kInProgress);
  WriteList(out, notice.pending, ExecutionStatus::kQueued);
  out.EndObject();
  out.EndObject();
  return std::move(out).Take();
}

std::string NotifyNextPayload(const domain::QueueNotice& notice, domain::Time now) {
  PayloadWriter out(BytesExpected(notice.next));
  out.BeginObject();
  out.Integer("timestamp", domain::ToSeconds(now));
  WriteExecution(out, notice.next, now);
  out.EndObject();
  return std::move(out).Take();
}

PayloadWriter BeginEvent(std::string_view type, const std::string& event_id, domain::Time now,
                         std::string_view operation, std::string_view job) {
  PayloadWriter out(512);
  out.BeginObject();
  out.String("eventType", type);
  out.String("eventId", event_id);
  out.Integer("timestamp", domain::ToSeconds(now));
  out.String("operation", operation);
  out.String("jobId", job);
  return out;
}

void WriteProcessDetails(PayloadWriter& out, const domain::JobCounts& counts) {
  out.BeginObject("jobProcessDetails");
  out.Integer("numberOfCanceledThings", counts[ExecutionStatus::kCanceled]);
  out.Integer("numberOfRejectedThings", counts[ExecutionStatus::kRejected]);
  out.Integer("numberOfFailedThings", counts[ExecutionStatus::kFailed]);
  out.Integer("numberOfRemovedThings", counts[ExecutionStatus::kRemoved]);
  out.Integer("numberOfSucceededThings", counts[ExecutionStatus::kSucceeded]);
  out.EndObject();
}

// AWS's samples have seconds in `timestamp` and milliseconds in the job's own times.
std::string JobEventPayload(const domain::JobEvent& event, const std::string& event_id,
                            domain::Time now) {
  const domain::Job& job = event.job;
  const bool completed = event.operation == "completed";
  const bool canceled = event.operation == "canceled";
  PayloadWriter out = BeginEvent("JOB", event_id, now, event.operation, job.id);
  out.String("status", InCapitals(event.operation));
  out.String("targetSelection", domain::NameOf(job.selection));
  out.BeginArray("targets");
  for (const std::string& target : job.targets) out.String(target);
  out.EndArray();
  if (!job.description.empty()) out.String("description", job.description);
  if (completed && job.completed_at) {
    out.Integer("completedAt", domain::ToMillis(*job.completed_at));
  }
  out.Integer("createdAt", domain::ToMillis(job.created_at));
  out.Integer("lastUpdatedAt", domain::ToMillis(job.updated_at));
  if (completed) WriteProcessDetails(out, event.counts);
  if (!completed && !canceled && !job.comment.empty()) out.String("comment", job.comment);
  out.EndObject();
  return std::move(out).Take();
}

}  // namespace

std::vector<Message> MessagesOf(const domain::QueueNotice& notice, domain::Time now) {
  std::vector<Message> messages;
  const std::string prefix = "$aws/things/" + notice.thing + "/jobs/";
  if (notice.list_changed) messages.push_back({prefix + "notify", NotifyPayload(notice, now)});
  if (notice.next_changed) {
    messages.push_back({prefix + "notify-next", NotifyNextPayload(notice, now)});
  }
  return messages;
}

std::vector<Message> MessagesOf(const domain::JobEvent& event,
                                const domain::EventSettings& settings, const domain::Names&,
                                const std::string& event_id, domain::Time now) {
  if (!Asked(settings, "JOB")) return {};
  return {{"$aws/events/job/" + event.job.id + "/" + event.operation,
           JobEventPayload(event, event_id, now)}};
}

std::vector<Message> MessagesOf(const domain::ExecutionEvent& event,
                                const domain::EventSettings& settings, const domain::Names& names,
                                const std::string& event_id, domain::Time now) {
  if (!Asked(settings, "JOB_EXECUTION")) return {};
  const domain::Execution& execution = event.execution;
  PayloadWriter out = BeginEvent("JOB_EXECUTION", event_id, now, event.operation, execution.job);
  out.String("thingArn", names.ThingArn(execution.thing));
  out.String("status", domain::NameOf(execution.status));
  WriteDetails(out, execution.details);
  out.EndObject();
  return {
      {"$aws/events/jobExecution/" + execution.job + "/" + event.operation, std::move(out).Take()}};
}

}  // namespace fieldwork::mqtt_api
