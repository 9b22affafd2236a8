#include "apps/device/job_report.h"

#include <array>
#include <cstdio>

#include "apps/device/lines.h"
#include "device/base/civil_time.h"

namespace fieldwork::board {
namespace {

using agent::Phase;

const char* RefusalText(jobs::ErrorCode code) {
  switch (code) {
    case jobs::ErrorCode::kUnknown: return "";
    case jobs::ErrorCode::kInvalidTopic: return "InvalidTopic";
    case jobs::ErrorCode::kInvalidJson: return "InvalidJson";
    case jobs::ErrorCode::kInvalidRequest: return "InvalidRequest";
    case jobs::ErrorCode::kInvalidStateTransition: return "InvalidStateTransition";
    case jobs::ErrorCode::kResourceNotFound: return "ResourceNotFound";
    case jobs::ErrorCode::kVersionMismatch: return "VersionMismatch";
    case jobs::ErrorCode::kInternalError: return "InternalError";
    case jobs::ErrorCode::kRequestThrottled: return "RequestThrottled";
    case jobs::ErrorCode::kTerminalStateReached: return "TerminalStateReached";
  }
  return "";
}

std::string DeliverySentence(const agent::Ended& ended) {
  const std::string code = RefusalText(ended.refusal);
  const std::string said = code.empty() ? "" : " (" + code + ")";
  switch (ended.delivery) {
    case agent::Delivery::kPending: return "waiting: the cloud has not got it yet";
    case agent::Delivery::kAccepted: return "accepted by the cloud";
    case agent::Delivery::kGone: return "none: the execution is over or gone at the cloud" + said;
    case agent::Delivery::kRefused: return "refused by the cloud" + said;
  }
  return "";
}

std::string StepText(const agent::Running& running) {
  return std::to_string(running.step + 1) + "/" + std::to_string(running.step_count);
}

std::string StateText(const agent::Running& running, const StepView& step) {
  switch (running.phase) {
    case Phase::kNone: return "none";
    case Phase::kBetween: return "step " + StepText(running) + " comes next";
    case Phase::kStep:
      if (step.runs) return "step " + StepText(running) + " runs";
      return "step " + StepText(running) + " was begun, and does not run";
    case Phase::kRebooting:
      return "rebooting, step " + StepText(running) + ", attempt " +
             std::to_string(running.attempts);
  }
  return "";
}

void TellKey(const agent::ExecutionKey& key, std::vector<std::string>& lines) {
  lines.push_back("job: " + Printable(key.job_id.view()));
  lines.push_back("execution: " + std::to_string(key.number));
}

void TellProgress(const agent::Running& running, const StepView& step,
                  std::vector<std::string>& lines) {
  lines.push_back("state: " + StateText(running, step));
  if (!step.runs) return;
  if (!step.name.empty()) lines.push_back("step: " + std::string(step.name));
  if (step.percent) lines.push_back("percent: " + std::to_string(*step.percent));
}

}  // namespace

std::vector<std::string> TellJobAtHand(const agent::Running& running, const StepView& step,
                                       const agent::Ended* pending) {
  std::vector<std::string> lines;
  if (running.phase != Phase::kNone) {
    TellKey(running.key, lines);
    TellProgress(running, step, lines);
  }
  if (pending != nullptr) lines.push_back("waits for its report: " + HistoryLine(*pending));
  if (lines.empty()) lines.emplace_back("no job");
  return lines;
}

std::vector<std::string> TellRunning(const agent::Running& running, const StepView& step) {
  std::vector<std::string> lines;
  TellKey(running.key, lines);
  lines.push_back("queued at: " + TimeText(running.key.queued_at));
  lines.emplace_back("status: IN_PROGRESS");
  TellProgress(running, step, lines);
  if (running.deadline != 0) lines.push_back("has to end by: " + TimeText(running.deadline));
  return lines;
}

std::vector<std::string> TellEnded(const agent::Ended& ended) {
  std::vector<std::string> lines;
  TellKey(ended.key, lines);
  lines.push_back("queued at: " + TimeText(ended.key.queued_at));
  lines.push_back("status: " + std::string(jobs::StatusText(ended.status)));
  lines.push_back("report: " + DeliverySentence(ended));
  lines.push_back("reason: " + (ended.reason.empty() ? "none" : Printable(ended.reason.view())));
  lines.push_back("ended at: " + TimeText(ended.ended_at));
  return lines;
}

std::string HistoryLine(const agent::Ended& ended) {
  const std::string id = Printable(ended.key.job_id.view());
  const std::string reason = ended.reason.empty() ? "-" : Printable(ended.reason.view());
  const std::string status(jobs::StatusText(ended.status));
  char line[256];
  std::snprintf(line, sizeof line, "%-24s %4lld  %-9s  %-8s  %-24s  %s", id.c_str(),
                static_cast<long long>(ended.key.number), status.c_str(),
                DeliveryText(ended.delivery), reason.c_str(), TimeText(ended.ended_at).c_str());
  return line;
}

const char* DeliveryText(agent::Delivery delivery) {
  switch (delivery) {
    case agent::Delivery::kPending: return "waiting";
    case agent::Delivery::kAccepted: return "accepted";
    case agent::Delivery::kGone: return "gone";
    case agent::Delivery::kRefused: return "refused";
  }
  return "";
}

std::string TimeText(std::int64_t unix_s) {
  if (unix_s == 0) return "-";
  std::array<char, kCivilTextBytes> text;
  std::string time(FormatCivil(unix_s * 1000, 0, text));
  time[10] = 'T';
  return time + "Z";
}

}  // namespace fieldwork::board
