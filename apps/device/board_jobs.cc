// What the words about jobs do, and what they answer.
#include <string>

#include "apps/device/board.h"
#include "apps/device/job_report.h"
#include "apps/device/lines.h"
#include "apps/device/metrics.h"

namespace fieldwork::board {
namespace {

StepView StepOf(const AgentTask& task) {
  return {task.step_runs(), task.step_name(), task.agent().percent()};
}

}  // namespace

void Board::PrintLines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) Print(line);
}

void Board::JobsStatus() {
  Print(std::string("state: ") + task_->state_text());
  Print("job: " + (task_->job_id().empty() ? "none" : std::string(task_->job_id())));
  Print("thing: " + config_.thing);
  Print("endpoint: " + config_.endpoint + ":" + std::to_string(config_.port));
  Print(std::string("connection: ") + task_->link_text());
  if (task_->next_attempt() != kNever) {
    const std::int64_t ms = (task_->next_attempt() - now_).count;
    Print("next attempt: in " + std::to_string(ms <= 0 ? 0 : (ms + 999) / 1000) + " s");
  }
  const std::string error = Printable(task_->agent().last_error());
  Print("last error: " + (error.empty() ? "none" : error));
  PrintLines(CounterLines(task_->agent().counters()));
}

void Board::ShowJob() {
  PrintLines(TellJobAtHand(task_->agent().running(), StepOf(*task_), task_->journal().pending()));
}

// Every execution of that name: a job that was retried has several.
void Board::ShowJobNamed(std::string_view id) {
  const agent::Running& running = task_->agent().running();
  bool found = running.phase != agent::Phase::kNone && running.key.job_id.view() == id;
  if (found) PrintLines(TellRunning(running, StepOf(*task_)));
  agent::Ended ended;
  Status status = Status::kOk;
  for (std::size_t i = 0; (status = task_->journal().At(i, ended)) == Status::kOk; ++i) {
    if (ended.key.job_id.view() != id) continue;
    if (found) Print("");
    found = true;
    PrintLines(TellEnded(ended));
  }
  if (status == Status::kIo) return Refuse("the journal cannot be read: flash fails");
  if (!found) Refuse("no such job on this device: 'jobs history' lists those it remembers");
}

void Board::ShowJobHistory() {
  agent::Ended ended;
  std::size_t count = 0;
  Status status = Status::kOk;
  while ((status = task_->journal().At(count, ended)) == Status::kOk) {
    Print(HistoryLine(ended));
    ++count;
  }
  if (status == Status::kIo) return Refuse("the journal cannot be read: flash fails");
  if (count == 0) Print("no job has ended yet");
}

void Board::CancelJob(std::string_view id) {
  switch (task_->GiveUpJob(now_, id)) {
    case Status::kOk:
      return Print(
          "given up: its step is stopped, and FAILED with \"canceled-on-device\" is "
          "reported to the cloud");
    case Status::kNotFound:
      return Refuse("that job is not at hand, so there is nothing to stop: 'jobs' shows what is");
    default: return Refuse("it cannot be given up: flash fails");
  }
}

void Board::ShowMetrics() {
  const bool runs = task_->agent().running().phase != agent::Phase::kNone;
  PrintLines(MetricLines(task_->agent().counters(),
                         {task_->connected(), runs, task_->journal().erases()}));
}

}  // namespace fieldwork::board
