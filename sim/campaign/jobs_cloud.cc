#include "sim/campaign/jobs_cloud.h"

#include <algorithm>
#include <set>
#include <utility>

#include "sim/campaign/text.h"

namespace fieldwork::sim {
namespace {

bool IsReportable(const std::string& status) {
  return status == "IN_PROGRESS" || status == "SUCCEEDED" || status == "FAILED" ||
         status == "REJECTED";
}

std::string Pair(const char* key, std::int64_t value) {
  return ",\"" + std::string(key) + "\":" + std::to_string(value);
}

/// The members of `jobs` in a notify message.
std::string ListText(const std::vector<const Execution*>& pending) {
  std::string queued;
  std::string in_progress;
  for (const Execution* execution : pending) {
    std::string& text = execution->status == "QUEUED" ? queued : in_progress;
    text += (text.empty() ? "" : ",") + ("{\"jobId\":\"" + execution->job_id + "\"") +
            Pair("queuedAt", execution->queued_at) + Pair("lastUpdatedAt", execution->updated_at) +
            Pair("executionNumber", execution->number) + Pair("versionNumber", execution->version) +
            "}";
  }
  std::string jobs;
  if (!in_progress.empty()) jobs = "\"IN_PROGRESS\":[" + in_progress + "]";
  if (!queued.empty()) jobs += (jobs.empty() ? "" : ",") + ("\"QUEUED\":[" + queued + "]");
  return jobs;
}

std::string KeyOf(const Execution& execution) {
  return execution.job_id + "/" + std::to_string(execution.number) + "/" +
         std::to_string(execution.queued_at);
}

}  // namespace

JobsCloud::JobsCloud(Timeline& timeline, Dice dice, Trace& trace, const Faults& faults,
                     std::string thing, std::int64_t epoch)
    : timeline_(timeline),
      dice_(dice),
      trace_(trace),
      faults_(faults),
      prefix_("$aws/things/" + thing + "/jobs/"),
      epoch_(epoch) {}

// ---- People ---------------------------------------------------------------------------------

Execution& JobsCloud::Create(const std::string& job_id, const Plan& plan) {
  Execution& execution = executions_.emplace_back();
  execution.job_id = job_id;
  execution.plan = &plan;
  execution.queued_at = execution.updated_at = SecondsNow();
  execution.retries_left = plan.retries;
  trace_.Say("cloud", "created " + job_id + " (" + KindName(plan.kind) + ")");
  Notify();
  return execution;
}

void JobsCloud::Cancel(Execution& execution) {
  if (!execution.is_pending()) return;
  trace_.Say("cloud", "cancelled " + execution.job_id);
  Finish(execution, "CANCELED");
}

void JobsCloud::Delete(Execution& execution) {
  if (execution.deleted) return;
  trace_.Say("cloud", "deleted " + execution.job_id);
  execution.deleted = true;
  if (!execution.is_terminal()) execution.over_at = timeline_.now();
  Notify();
}

// ---- The device -----------------------------------------------------------------------------

void JobsCloud::OnMessage(const std::string& topic, const std::string& payload) {
  if (topic.compare(0, prefix_.size(), prefix_) != 0) return;
  const std::string rest = topic.substr(prefix_.size());
  const Request request{topic, payload, TextOf(payload, "clientToken")};
  if (FailAtRandom(request)) return;
  if (rest == "start-next") return StartNext(request);
  const std::size_t slash = rest.find('/');
  if (slash == std::string::npos) return;
  const std::string job = rest.substr(0, slash);
  const std::string verb = rest.substr(slash + 1);
  if (verb == "get") Describe(request, job);
  if (verb == "update") Update(request, job);
}

bool JobsCloud::FailAtRandom(const Request& request) {
  if (dice_.Chance(faults_.internal_error)) {
    Reject(request, "InternalError", nullptr);
    return true;
  }
  if (dice_.Chance(faults_.throttled)) {
    Reject(request, "RequestThrottled", nullptr);
    return true;
  }
  return false;
}

void JobsCloud::StartNext(const Request& request) {
  if (AnswerStale(request)) return;
  Execution* const head = Head();
  if (head == nullptr) return Accept(request, "");
  if (head->status == "QUEUED") Start(*head);
  SetStepTimer(*head, request.payload);
  Accept(request, ",\"execution\":" + Describe(*head, true, head->status));
  Notify();
}

// A replica that has not heard of the last final status yet: the execution is offered again.
bool JobsCloud::AnswerStale(const Request& request) {
  if (!std::exchange(offer_again_, false) && !dice_.Chance(faults_.stale)) return false;
  for (auto it = executions_.rbegin(); it != executions_.rend(); ++it) {
    if (it->deleted || !it->is_reported()) continue;
    trace_.Say("cloud", "answers from before the end of " + it->job_id);
    Accept(request, ",\"execution\":" + Describe(*it, true, "IN_PROGRESS"));
    return true;
  }
  return false;
}

void JobsCloud::Describe(const Request& request, const std::string& job) {
  Execution* const execution =
      job == "$next" ? Head() : Find(job, NumberOf(request.payload, "executionNumber"));
  const bool with_document =
      request.payload.find("\"includeJobDocument\":false") == std::string::npos;
  if (execution == nullptr) {
    if (job == "$next") return Accept(request, "");
    return Reject(request, "ResourceNotFound", nullptr);
  }
  if (execution->is_terminal()) return Reject(request, "TerminalStateReached", execution);
  Accept(request, ",\"execution\":" + Describe(*execution, with_document, execution->status));
}

void JobsCloud::Update(const Request& request, const std::string& job) {
  const std::string status = TextOf(request.payload, "status");
  Execution* const execution = Find(job, NumberOf(request.payload, "executionNumber"));
  if (!IsReportable(status)) return Reject(request, "InvalidRequest", nullptr);
  if (execution == nullptr) return Reject(request, "ResourceNotFound", nullptr);
  // A copy of an update that comes late enough lands on the job that was made anew meanwhile, with
  // the same number and perhaps the same version: AWS's API has no name that tells the two apart,
  // so no device can prevent it. This cloud can.
  const auto [addressed, is_first] = addressed_.try_emplace(request.token, execution);
  if (!request.token.empty() && !is_first && addressed->second != execution) {
    return Reject(request, "ResourceNotFound", nullptr);
  }
  if (execution->is_terminal()) {
    const bool contradicts =
        status != "IN_PROGRESS" && execution->is_reported() && status != execution->status;
    if (contradicts && on_contradiction) on_contradiction(*execution, status);
    return Reject(request, "InvalidStateTransition", execution);
  }
  const std::int64_t expected = NumberOf(request.payload, "expectedVersion");
  // Nor may a copy be taken later that was refused for its version before.
  const bool is_stale = !request.token.empty() && mismatched_.contains(request.token);
  if (is_stale || (expected != 0 && expected != execution->version)) {
    mismatched_.insert(request.token);
    return Reject(request, "VersionMismatch", execution);
  }
  ApplyUpdate(request, *execution, status);
}

void JobsCloud::ApplyUpdate(const Request& request, Execution& execution,
                            const std::string& status) {
  if (execution.status == "QUEUED") Start(execution);
  ++execution.version;
  execution.updated_at = SecondsNow();
  const std::string details = ObjectOf(request.payload, "statusDetails");
  if (!details.empty()) execution.details = details;
  execution.accepted.push_back(status);
  SetStepTimer(execution, request.payload);
  const bool is_final = status != "IN_PROGRESS";
  if (is_final) {
    execution.status = status;
    execution.over_at = timeline_.now();
  }
  if (on_accepted) on_accepted(execution, status);
  std::string more;
  if (FlagOf(request.payload, "includeJobExecutionState")) {
    more = ",\"executionState\":{\"status\":\"" + status + "\"" +
           (execution.details.empty() ? "" : ",\"statusDetails\":" + execution.details) +
           Pair("versionNumber", execution.version) + "}";
  }
  if (FlagOf(request.payload, "includeJobDocument")) {
    more += ",\"jobDocument\":" + execution.plan->document;
  }
  Accept(request, more);
  if (is_final) Finish(execution, status);
}

void JobsCloud::Accept(const Request& request, const std::string& more) {
  publish_(request.topic + "/accepted",
           "{" + (request.token.empty() ? "" : "\"clientToken\":\"" + request.token + "\",") +
               "\"timestamp\":" + std::to_string(SecondsNow()) + more + "}");
}

void JobsCloud::Reject(const Request& request, const char* code, const Execution* execution) {
  std::string text = "{\"code\":\"" + std::string(code) + "\",\"message\":\"no\"";
  if (!request.token.empty()) text += ",\"clientToken\":\"" + request.token + "\"";
  text += Pair("timestamp", SecondsNow());
  const std::string word = code;
  if (execution != nullptr && word != "TerminalStateReached") {
    text += ",\"executionState\":{\"status\":\"" + execution->status + "\"" +
            Pair("versionNumber", execution->version) + "}";
  }
  const bool is_over = word == "ResourceNotFound" || word == "TerminalStateReached" ||
                       word == "InvalidStateTransition";
  if (is_over && on_over_told) {
    const std::size_t begin = prefix_.size();
    const std::string job = request.topic.substr(begin, request.topic.find('/', begin) - begin);
    for (const Execution& known : executions_) {
      if (known.job_id == job && !known.is_pending()) on_over_told(known, request.token);
    }
  }
  publish_(request.topic + "/rejected", text + "}");
}

// ---- Executions -----------------------------------------------------------------------------

std::vector<const Execution*> JobsCloud::Pending() const {
  std::vector<const Execution*> pending;
  for (const Execution& execution : executions_) {
    if (execution.is_pending()) pending.push_back(&execution);
  }
  std::stable_sort(pending.begin(), pending.end(), [](const Execution* a, const Execution* b) {
    return a->status == "IN_PROGRESS" && b->status == "QUEUED";
  });
  return pending;
}

bool JobsCloud::has_pending() const { return !Pending().empty(); }

Execution* JobsCloud::Head() {
  const auto pending = Pending();
  return pending.empty() ? nullptr : Find(pending[0]->job_id, pending[0]->number);
}

Execution* JobsCloud::Find(const std::string& job, std::int64_t number) {
  Execution* found = nullptr;
  for (Execution& execution : executions_) {
    if (execution.deleted || execution.job_id != job) continue;
    if (number == 0 || execution.number == number) found = &execution;
  }
  return found;
}

std::string JobsCloud::Describe(const Execution& execution, bool with_document,
                                std::string_view status) const {
  std::string text = "{\"jobId\":\"" + execution.job_id + "\",\"status\":\"";
  text += status;
  text += "\"";
  if (!execution.details.empty()) text += ",\"statusDetails\":" + execution.details;
  text += Pair("queuedAt", execution.queued_at);
  if (execution.started_at != 0) text += Pair("startedAt", execution.started_at);
  text += Pair("lastUpdatedAt", execution.updated_at) + Pair("versionNumber", execution.version) +
          Pair("executionNumber", execution.number);
  const Instant deadline = Earlier(execution.job_deadline, execution.step_deadline);
  if (deadline != kNever && status == "IN_PROGRESS") {
    text += Pair("approximateSecondsBeforeTimedOut", (deadline - timeline_.now()).count / 1000);
  }
  if (with_document) text += ",\"jobDocument\":" + execution.plan->document;
  return text + "}";
}

void JobsCloud::Start(Execution& execution) {
  execution.status = "IN_PROGRESS";
  ++execution.version;
  execution.started_at = execution.updated_at = SecondsNow();
  if (execution.plan->timeout_minutes > 0) {
    execution.job_deadline = timeline_.now() + Seconds(60 * execution.plan->timeout_minutes);
    WatchDeadline(execution);
  }
}

void JobsCloud::SetStepTimer(Execution& execution, const std::string& payload) {
  const std::int64_t minutes = NumberOf(payload, "stepTimeoutInMinutes");
  if (minutes == 0 || execution.is_terminal()) return;
  execution.step_deadline = minutes < 0 ? kNever : timeline_.now() + Seconds(60 * minutes);
  WatchDeadline(execution);
}

void JobsCloud::WatchDeadline(Execution& execution) {
  const Instant deadline = Earlier(execution.job_deadline, execution.step_deadline);
  if (deadline == kNever) return;
  timeline_.At(deadline, [this, &execution] {
    const Instant due = Earlier(execution.job_deadline, execution.step_deadline);
    if (due > timeline_.now() || !execution.is_pending()) return;
    trace_.Say("cloud", "timed out " + execution.job_id);
    Finish(execution, "TIMED_OUT");
  });
}

void JobsCloud::Finish(Execution& execution, const std::string& status) {
  execution.status = status;
  execution.over_at = timeline_.now();
  if (!execution.is_reported()) ++execution.version;
  if (status == "FAILED" && execution.retries_left > 0 && !execution.deleted) {
    Execution& retry = executions_.emplace_back();
    retry.job_id = execution.job_id;
    retry.number = execution.number + 1;
    retry.queued_at = retry.updated_at = SecondsNow();
    retry.plan = execution.plan;
    retry.retries_left = execution.retries_left - 1;
  }
  Notify();
}

void JobsCloud::Notify() {
  const auto pending = Pending();
  std::set<std::string> list;
  for (const Execution* execution : pending) list.insert(KeyOf(*execution));
  const std::string head = pending.empty() ? "" : KeyOf(*pending[0]);
  const std::string stamp = "{\"timestamp\":" + std::to_string(SecondsNow());
  if (std::exchange(notified_list_, list) != list) {
    publish_(prefix_ + "notify", stamp + ",\"jobs\":{" + ListText(pending) + "}}");
  }
  if (std::exchange(notified_head_, head) != head) {
    const std::string execution =
        pending.empty() ? "" : ",\"execution\":" + Describe(*pending[0], true, pending[0]->status);
    publish_(prefix_ + "notify-next", stamp + execution + "}");
  }
}

}  // namespace fieldwork::sim
