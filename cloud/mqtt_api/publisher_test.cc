// Every message that nobody asked for, against its vector.
#include "cloud/mqtt_api/publisher.h"

#include <gtest/gtest.h>

#include "cloud/mqtt_api/vectors_test.h"

namespace fieldwork::mqtt_api {
namespace {

using domain::Execution;
using domain::ExecutionStatus;

constexpr domain::Time Seconds(std::int64_t seconds) { return domain::FromMillis(seconds * 1000); }

Execution JobA() {
  Execution execution;
  execution.thing = "board-1";
  execution.job = "A";
  execution.status = ExecutionStatus::kInProgress;
  execution.version = 2;
  execution.queued_at = Seconds(1'700'000'000);
  execution.started_at = execution.updated_at = Seconds(1'700'000'050);
  return execution;
}

Execution JobB() {
  Execution execution;
  execution.thing = "board-1";
  execution.job = "B";
  execution.queued_at = execution.updated_at = Seconds(1'700'000'010);
  return execution;
}

domain::QueueNotice Notice(bool list, bool next, std::vector<Execution> pending) {
  domain::QueueNotice notice{"board-1", list, next, std::move(pending), {}};
  if (!notice.pending.empty()) {
    notice.next = domain::Delivery{notice.pending.front(), R"({"operation":"test"})"};
  }
  return notice;
}

std::string Only(const std::vector<Message>& messages, const std::string& topic) {
  EXPECT_EQ(messages.size(), 1u);
  if (messages.size() != 1) return {};
  EXPECT_EQ(messages[0].topic, topic);
  return messages[0].payload;
}

TEST(Publisher, ListChanged_WritesTheNotifyVectors) {
  const std::string topic = "$aws/things/board-1/jobs/notify";
  const auto now = Seconds(1'700'000'200);
  EXPECT_EQ(Only(MessagesOf(Notice(true, false, {JobA(), JobB()}), now), topic),
            Vector("jobs/notify.json"));
  EXPECT_EQ(Only(MessagesOf(Notice(true, false, {JobA()}), now), topic),
            Vector("jobs/notify_in_progress.json"));
  EXPECT_EQ(Only(MessagesOf(Notice(true, false, {}), Seconds(1'700'000'300)), topic),
            Vector("jobs/notify_none.json"));
}

TEST(Publisher, NextChanged_WritesTheNotifyNextVectors) {
  const std::string topic = "$aws/things/board-1/jobs/notify-next";
  const auto now = domain::FromMillis(1'700'000'300'000);
  EXPECT_EQ(Only(MessagesOf(Notice(false, true, {JobB()}), now), topic),
            Vector("jobs/notify_next.json"));
  EXPECT_EQ(Only(MessagesOf(Notice(false, true, {}), now), topic),
            Vector("jobs/notify_next_none.json"));
  Execution timed = JobA();
  timed.details = {{"step", "claimed"}};
  timed.job_deadline = Seconds(1'700'000'651);
  timed.step_deadline = Seconds(1'700'000'800);
  EXPECT_EQ(Only(MessagesOf(Notice(false, true, {timed}), now), topic),
            Vector("jobs/notify_next_in_progress.json"));
}

TEST(Publisher, BothChanged_NotifyComesFirst) {
  const auto messages = MessagesOf(Notice(true, true, {JobB()}), Seconds(1'700'000'300));
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_TRUE(messages[0].topic.ends_with("/notify"));
  EXPECT_TRUE(messages[1].topic.ends_with("/notify-next"));
  EXPECT_TRUE(MessagesOf(Notice(false, false, {JobB()}), Seconds(0)).empty());
}

class EventTest : public ::testing::Test {
 protected:
  static domain::Job Job() {
    domain::Job job;
    job.id = "reboot-7";
    job.targets = {names_.ThingArn("board-1"), names_.GroupArn("fleet")};
    job.description = "Weekly reboot";
    job.comment = "Wrong \"image\"";
    job.created_at = domain::FromMillis(1'700'000'000'123);
    job.updated_at = domain::FromMillis(1'700'000'500'456);
    job.completed_at = job.updated_at;
    return job;
  }
  std::string JobPayload(const std::string& operation, const domain::Job& job, char id) const {
    domain::JobEvent event{operation, job, {}};
    for (const auto& [status, count] : {std::pair{ExecutionStatus::kCanceled, 1},
                                        {ExecutionStatus::kRejected, 2},
                                        {ExecutionStatus::kFailed, 3},
                                        {ExecutionStatus::kRemoved, 4},
                                        {ExecutionStatus::kSucceeded, 5},
                                        {ExecutionStatus::kTimedOut, 6}}) {
      event.counts.of[static_cast<int>(status)] = count;
    }
    return Only(MessagesOf(event, settings_, names_,
                           std::string("7364ffd1-8b65-4824-85d5-6c14686c97c") + id, now_),
                "$aws/events/job/reboot-7/" + operation);
  }
  std::string ExecutionPayload(const std::string& operation, ExecutionStatus status,
                               const domain::StatusDetails& details, char id) const {
    domain::ExecutionEvent event{operation, {}};
    event.execution.thing = "board-1";
    event.execution.job = "reboot-7";
    event.execution.status = status;
    event.execution.details = details;
    return Only(MessagesOf(event, settings_, names_,
                           std::string("cca89fa5-8a7f-4ced-8c20-5e653afb357") + id, now_),
                "$aws/events/jobExecution/reboot-7/" + operation);
  }

  inline static const domain::Names names_;
  domain::EventSettings settings_{{{"JOB", true}, {"JOB_EXECUTION", true}}, {}, {}};
  domain::Time now_ = domain::FromMillis(1'700'000'500'456);
};

TEST_F(EventTest, JobEvents_WriteTheirVectors) {
  EXPECT_EQ(JobPayload("completed", Job(), '1'), Vector("events/job_completed.json"));
  domain::Job continuous = Job();
  continuous.selection = domain::TargetSelection::kContinuous;
  EXPECT_EQ(JobPayload("canceled", continuous, '2'), Vector("events/job_canceled.json"));
  EXPECT_EQ(JobPayload("cancellation_in_progress", Job(), '3'),
            Vector("events/job_cancellation_in_progress.json"));
  EXPECT_EQ(JobPayload("deleted", Job(), '4'), Vector("events/job_deleted.json"));
  domain::Job bare = Job();
  bare.description.clear();
  bare.comment.clear();
  EXPECT_EQ(JobPayload("deletion_in_progress", bare, '5'),
            Vector("events/job_deletion_in_progress.json"));
}

TEST_F(EventTest, ExecutionEvents_WriteTheirVectors) {
  EXPECT_EQ(ExecutionPayload("succeeded", ExecutionStatus::kSucceeded,
                             {{"reason", "rebooted"}, {"boots", "2"}}, '1'),
            Vector("events/job_execution_succeeded.json"));
  const struct {
    const char* operation;
    ExecutionStatus status;
    char id;
  } cases[] = {
      {"failed", ExecutionStatus::kFailed, '2'},     {"rejected", ExecutionStatus::kRejected, '3'},
      {"canceled", ExecutionStatus::kCanceled, '4'}, {"timed_out", ExecutionStatus::kTimedOut, '5'},
      {"removed", ExecutionStatus::kRemoved, '6'},   {"deleted", ExecutionStatus::kQueued, '7'},
  };
  for (const auto& [operation, status, id] : cases) {
    EXPECT_EQ(ExecutionPayload(operation, status, {}, id),
              Vector("events/job_execution_" + std::string(operation) + ".json"));
  }
}

TEST_F(EventTest, EventThatNobodyAskedFor_IsNotSent) {
  settings_.enabled = {{"JOB", false}, {"JOB_EXECUTION", true}};
  EXPECT_TRUE(
      MessagesOf(domain::JobEvent{"completed", Job(), {}}, settings_, names_, "", now_).empty());
  settings_.enabled = {{"JOB", true}};
  EXPECT_TRUE(
      MessagesOf(domain::ExecutionEvent{"succeeded", JobA()}, settings_, names_, "", now_).empty());
}

}  // namespace
}  // namespace fieldwork::mqtt_api
