// Decides that a device hears of its queue exactly when AWS tells it: one test for each row of the
// account of notify and notify-next. Source: AWS developer guide, "Jobs notifications".
#include "cloud/domain/queue_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud/domain/testing/expect.h"

namespace fieldwork::domain {
namespace {

using testing::At;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

// Thing "a" with the jobs "j1" to "j3" queued one after the other, and what that said forgotten.
struct QueueFixture : testing::JobsFixture {
  explicit QueueFixture(int jobs_count = 3) {
    for (int i = 1; i <= jobs_count; ++i) {
      CreateJob("j" + std::to_string(i), {ThingArn("a")}, At(i));
    }
    TakeOutbox();
  }
  // The lines of notices to "a" alone: what events say is tested elsewhere.
  std::vector<std::string> TakeNotices() {
    std::vector<std::string> notices = TakeLines();
    std::erase_if(notices, [](const std::string& line) { return !line.starts_with("a:"); });
    return notices;
  }
};

TEST(QueueWatch, FirstExecutionAdded_BothNotices) {
  testing::JobsFixture f;
  f.CreateJob("j1", {f.ThingArn("a")}, At(1));
  EXPECT_THAT(f.TakeLines(), ElementsAre("a: notify 1 next j1#1"));
}

TEST(QueueWatch, AddedBehindOthers_NotifyOnly) {
  QueueFixture f(1);
  f.CreateJob("j2", {f.ThingArn("a")}, At(2));
  EXPECT_THAT(f.TakeNotices(), ElementsAre("a: notify 2"));
}

TEST(QueueWatch, HeadStarts_NoNotice) {
  QueueFixture f;
  ASSERT_TRUE(f.executions.StartNext("a", {}, At(10)).ok());
  EXPECT_THAT(f.TakeNotices(), IsEmpty());
}

TEST(QueueWatch, HeadStartsByUpdate_NoNotice) {
  QueueFixture f;
  ASSERT_TRUE(f.Update("a", "j1", "IN_PROGRESS", At(10)).ok());
  EXPECT_THAT(f.TakeNotices(), IsEmpty());
}

TEST(QueueWatch, NonHeadStartsAndNothingElseIsInProgress_NotifyNextOnly) {
  QueueFixture f;
  ASSERT_TRUE(f.Update("a", "j3", "IN_PROGRESS", At(10)).ok());
  EXPECT_THAT(f.TakeNotices(), ElementsAre("a: next j3#1"));
}

TEST(QueueWatch, NonHeadQueuedBeforeTheOneInProgressStarts_NotifyNextOnly) {
  QueueFixture f;
  ASSERT_TRUE(f.Update("a", "j3", "IN_PROGRESS", At(10)).ok());
  f.TakeOutbox();
  ASSERT_TRUE(f.Update("a", "j2", "IN_PROGRESS", At(11)).ok());
  EXPECT_THAT(f.TakeNotices(), ElementsAre("a: next j2#1"));
}

TEST(QueueWatch, NonHeadStartsBehindTheOneInProgress_NoNotice) {
  QueueFixture f;
  ASSERT_TRUE(f.executions.StartNext("a", {}, At(10)).ok());
  ASSERT_TRUE(f.Update("a", "j2", "IN_PROGRESS", At(11)).ok());
  EXPECT_THAT(f.TakeNotices(), IsEmpty());
}

TEST(QueueWatch, Progress_NoNotice) {
  QueueFixture f;
  ASSERT_TRUE(f.executions.StartNext("a", {}, At(10)).ok());
  UpdateRequest progress;
  progress.status = "IN_PROGRESS";
  progress.details = StatusDetails{{"percent", "50"}};
  ASSERT_TRUE(f.executions.Update("a", "j1", progress, At(11)).ok());
  EXPECT_THAT(f.TakeNotices(), IsEmpty());
}

TEST(QueueWatch, HeadEnds_BothNotices) {
  QueueFixture f;
  ASSERT_TRUE(f.executions.StartNext("a", {}, At(10)).ok());
  ASSERT_TRUE(f.Update("a", "j1", "SUCCEEDED", At(11)).ok());
  EXPECT_THAT(f.TakeNotices(), ElementsAre("a: notify 2 next j2#1"));
}

TEST(QueueWatch, QueuedHeadEndsDirectly_BothNotices) {
  QueueFixture f;
  ASSERT_TRUE(f.Update("a", "j1", "REJECTED", At(11)).ok());
  EXPECT_THAT(f.TakeNotices(), ElementsAre("a: notify 2 next j2#1"));
}

TEST(QueueWatch, HeadTimesOut_BothNotices) {
  QueueFixture f;
  StartNextRequest start;
  start.step_timeout_minutes = 1;
  ASSERT_TRUE(f.executions.StartNext("a", start, At(10)).ok());
  EXPECT_EQ(f.executions.ExpireDue(At(70), 10), 1);
  EXPECT_THAT(f.TakeNotices(), ElementsAre("a: notify 2 next j2#1"));
}

TEST(QueueWatch, HeadIsCancelled_BothNotices) {
  QueueFixture f;
  ASSERT_TRUE(f.jobs.CancelExecution("a", "j1", {}, At(10)).ok());
  EXPECT_THAT(f.TakeNotices(), ElementsAre("a: notify 2 next j2#1"));
}

TEST(QueueWatch, HeadIsForceDeleted_BothNotices) {
  QueueFixture f;
  ASSERT_TRUE(f.executions.StartNext("a", {}, At(10)).ok());
  ASSERT_TRUE(f.jobs.DeleteExecution("a", "j1", 1, true, At(11)).ok());
  EXPECT_THAT(f.TakeNotices(), ElementsAre("a: notify 2 next j2#1"));
}

TEST(QueueWatch, NonHeadEnds_NotifyOnly) {
  QueueFixture f;
  ASSERT_TRUE(f.executions.StartNext("a", {}, At(10)).ok());
  ASSERT_TRUE(f.Update("a", "j2", "IN_PROGRESS", At(11)).ok());
  ASSERT_TRUE(f.Update("a", "j2", "FAILED", At(12)).ok());
  EXPECT_THAT(f.TakeNotices(), ElementsAre("a: notify 2"));
}

TEST(QueueWatch, NonHeadIsDeleted_NotifyOnly) {
  QueueFixture f;
  ASSERT_TRUE(f.jobs.DeleteExecution("a", "j3", 1, false, At(10)).ok());
  EXPECT_THAT(f.TakeNotices(), ElementsAre("a: notify 2"));
}

TEST(QueueWatch, LastOneEnds_BothNoticesAndNothingInThem) {
  QueueFixture f(1);
  ASSERT_TRUE(f.Update("a", "j1", "SUCCEEDED", At(10)).ok());
  const Outbox outbox = f.TakeOutbox();
  const auto& notice = std::get<QueueNotice>(outbox.at(0));
  EXPECT_TRUE(notice.list_changed);
  EXPECT_TRUE(notice.next_changed);
  EXPECT_THAT(notice.pending, IsEmpty());
  EXPECT_EQ(notice.next, std::nullopt);
}

TEST(QueueWatch, EndedExecutionIsDeleted_NoNotice) {
  QueueFixture f;
  ASSERT_TRUE(f.Update("a", "j1", "SUCCEEDED", At(10)).ok());
  f.TakeOutbox();
  ASSERT_TRUE(f.jobs.DeleteExecution("a", "j1", 1, false, At(11)).ok());
  EXPECT_THAT(f.TakeNotices(), IsEmpty());
}

TEST(QueueWatch, RequeuedBehindOthers_NotifyOnly) {
  testing::JobsFixture f;
  f.CreateJob("c", {f.GroupArn("g")}, At(1), TargetSelection::kContinuous);
  f.CreateJob("j", {f.ThingArn("a")}, At(2));
  f.Join("a", "g", At(3));
  f.Leave("a", "g", At(4));
  f.TakeOutbox();
  f.Join("a", "g", At(5));
  EXPECT_THAT(f.TakeLines(), ElementsAre("a: notify 2"));
}

TEST(QueueWatch, SameJobWithTheNextNumber_IsAnotherHead) {
  testing::JobsFixture f;
  f.CreateJob("c", {f.GroupArn("g")}, At(1), TargetSelection::kContinuous);
  f.Join("a", "g", At(3));
  f.Leave("a", "g", At(4));
  f.TakeOutbox();
  f.Join("a", "g", At(5));
  EXPECT_THAT(f.TakeLines(), ElementsAre("a: notify 1 next c#2"));
}

TEST(QueueWatch, ChangeBeyondTheTenth_IsStillAChangeOfTheList) {
  QueueFixture f(12);
  ASSERT_TRUE(f.jobs.CancelExecution("a", "j12", {}, At(20)).ok());
  EXPECT_THAT(f.TakeNotices(), ElementsAre("a: notify 10"));
}

TEST(QueueWatch, SameMoment_OrderOfQueueingDecides) {
  testing::JobsFixture f;
  f.CreateJob("z", {f.ThingArn("a")}, At(1));
  f.CreateJob("b", {f.ThingArn("a")}, At(1));
  f.TakeOutbox();
  ASSERT_TRUE(f.Update("a", "b", "SUCCEEDED", At(2)).ok());
  EXPECT_EQ(f.TakeLines().front(), "a: notify 1");
}

TEST(QueueWatch, EveryNotice_IsOwedInTheStore) {
  QueueFixture f(1);
  EXPECT_THAT(f.store.OwedNotices(), ElementsAre("a"));
  f.store.ForgetNotice("a");
  ASSERT_TRUE(f.executions.StartNext("a", {}, At(10)).ok());
  EXPECT_THAT(f.store.OwedNotices(), IsEmpty());
  ASSERT_TRUE(f.Update("a", "j1", "SUCCEEDED", At(11)).ok());
  EXPECT_THAT(f.store.OwedNotices(), ElementsAre("a"));
}

TEST(QueueWatch, NextNotice_CarriesTheDocument) {
  QueueFixture f(2);
  ASSERT_TRUE(f.Update("a", "j1", "SUCCEEDED", At(10)).ok());
  const Outbox outbox = f.TakeOutbox();
  const auto& notice = std::get<QueueNotice>(outbox.at(0));
  ASSERT_TRUE(notice.next.has_value());
  EXPECT_EQ(notice.next->document, "{\"job\":\"j2\"}");
  EXPECT_EQ(notice.next->execution.status, ExecutionStatus::kQueued);
}

TEST(QueueWatch, TwoChangesInOneTransaction_AreTwoNotices) {
  testing::JobsFixture f;
  f.CreateJob("c1", {f.GroupArn("g")}, At(1), TargetSelection::kContinuous);
  f.CreateJob("c2", {f.GroupArn("g")}, At(2), TargetSelection::kContinuous);
  f.Join("a", "g", At(3));
  EXPECT_THAT(f.TakeLines(), ElementsAre("a: notify 1 next c1#1", "a: notify 2"));
}

}  // namespace
}  // namespace fieldwork::domain
