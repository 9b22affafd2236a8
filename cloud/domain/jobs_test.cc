// Decides that a job lives as AWS documents it: creation, changes, cancelling, deletion.
#include "cloud/domain/jobs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud/domain/limits.h"
#include "cloud/domain/testing/expect.h"

namespace fieldwork::domain {
namespace {

using testing::At;
using testing::CodeOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::JobsFixture;
using ::testing::SizeIs;

TEST(CreateJob, Snapshot_IsRolledOutWhenTheCallReturns) {
  JobsFixture f;
  CreateJobRequest request = f.Request("j", {f.ThingArn("a"), f.ThingArn("b")});
  request.description = "Größe";
  request.in_progress_timeout_minutes = 5;
  request.tags = {{"team", "pumps"}};
  const auto created = f.jobs.Create(request, At(1));
  ASSERT_TRUE(created.ok());
  const Job& job = created.value();
  EXPECT_EQ(job.status, JobStatus::kInProgress);
  EXPECT_EQ(job.work, JobWork::kNone);
  EXPECT_EQ(job.created_at, At(1));
  EXPECT_EQ(job.description, "Größe");
  EXPECT_EQ(job.in_progress_timeout_minutes, 5);
  EXPECT_THAT(job.targets, ElementsAre(f.ThingArn("a"), f.ThingArn("b")));
  EXPECT_EQ(f.store.TagsOf(f.context.names.JobArn("j")).at(0).value, "pumps");
  for (const char* thing : {"a", "b"}) {
    const Execution execution = f.Latest(thing, "j");
    EXPECT_EQ(execution.status, ExecutionStatus::kQueued);
    EXPECT_EQ(execution.number, 1);
    EXPECT_EQ(execution.version, 1);
    EXPECT_EQ(execution.queued_at, At(1));
    EXPECT_EQ(execution.updated_at, At(1));
  }
  EXPECT_EQ(f.store.Counts("j")[ExecutionStatus::kQueued], 2);
  EXPECT_EQ(f.jobs.Document("j").value(), "{\"job\":\"j\"}");
}

TEST(CreateJob, BadFields_AreRefusedAndLeaveNothing) {
  JobsFixture f;
  const auto refused = [&](auto change) {
    CreateJobRequest request = f.Request("j", {f.ThingArn("a")});
    change(request);
    return CodeOf(f.jobs.Create(request, At(1)));
  };
  using R = CreateJobRequest;
  EXPECT_EQ(refused([](R& r) { r.id = "bad id!"; }), ErrorCode::kInvalidRequest);
  EXPECT_EQ(refused([](R& r) { r.id = std::string(65, 'j'); }), ErrorCode::kInvalidRequest);
  EXPECT_EQ(refused([](R& r) { r.targets.clear(); }), ErrorCode::kInvalidRequest);
  EXPECT_EQ(refused([](R& r) { r.targets = {"a"}; }), ErrorCode::kInvalidRequest);
  EXPECT_EQ(refused([&](R& r) { r.targets = {f.context.names.JobArn("a")}; }),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(refused([](R& r) { r.targets = {"arn:aws:iot:us-east-1:999999999999:thing/a"}; }),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(refused([&](R& r) { r.targets = {f.ThingArn("none")}; }), ErrorCode::kNotFound);
  EXPECT_EQ(refused([&](R& r) { r.targets = {f.GroupArn("none")}; }), ErrorCode::kNotFound);
  EXPECT_EQ(refused([&](R& r) { r.targets.assign(101, f.ThingArn("a")); }),
            ErrorCode::kLimitExceeded);
  EXPECT_EQ(refused([](R& r) { r.document.clear(); }), ErrorCode::kInvalidRequest);
  EXPECT_EQ(refused([](R& r) { r.document.assign(32769, 'x'); }), ErrorCode::kInvalidRequest);
  EXPECT_EQ(refused([](R& r) { r.description = std::string(2029, 'd'); }),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(refused([](R& r) { r.description = "a\tb"; }), ErrorCode::kInvalidRequest);
  EXPECT_EQ(refused([](R& r) { r.in_progress_timeout_minutes = 0; }), ErrorCode::kInvalidRequest);
  EXPECT_EQ(refused([](R& r) { r.in_progress_timeout_minutes = 10081; }),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(refused([](R& r) { r.tags = {{"", ""}}; }), ErrorCode::kInvalidRequest);
  EXPECT_THAT(f.jobs.List({}, {}).value().items, IsEmpty());
  EXPECT_THAT(f.TakeLines(), IsEmpty());
}

TEST(CreateJob, AtTheLimits_IsAccepted) {
  JobsFixture f;
  CreateJobRequest request = f.Request(std::string(64, 'j'), {});
  request.targets.assign(100, f.ThingArn("a"));
  request.document.assign(32768, 'x');
  request.description.assign(2028, 'd');
  request.in_progress_timeout_minutes = 10080;
  const auto created = f.jobs.Create(request, At(1));
  ASSERT_TRUE(created.ok()) << created.error().message;
  EXPECT_THAT(created.value().targets, SizeIs(1));
}

TEST(CreateJob, SameIdAgain_IsRefusedNamingTheJob) {
  JobsFixture f;
  f.CreateJob("j", {f.ThingArn("a")}, At(1));
  const auto again = f.jobs.Create(f.Request("j", {f.ThingArn("none")}), At(2));
  EXPECT_EQ(CodeOf(again), ErrorCode::kAlreadyExists);
  EXPECT_EQ(again.error().resource_id, "j");
  EXPECT_EQ(again.error().resource_arn, "arn:aws:iot:us-east-1:000000000000:job/j");
}

TEST(CreateJob, SnapshotOfAnEmptyGroup_CompletesAtOnce) {
  JobsFixture f;
  const auto created = f.jobs.Create(f.Request("j", {f.GroupArn("g")}), At(1));
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created.value().status, JobStatus::kCompleted);
  EXPECT_EQ(created.value().completed_at, At(1));
  EXPECT_THAT(f.TakeLines(), ElementsAre("job j completed"));
}

TEST(CreateJob, ContinuousOnAnEmptyGroup_Waits) {
  JobsFixture f;
  f.CreateJob("c", {f.GroupArn("g")}, At(1), TargetSelection::kContinuous);
  EXPECT_EQ(f.StatusOfJob("c"), JobStatus::kInProgress);
  EXPECT_EQ(f.store.FindJob("c")->work, JobWork::kNone);
}

TEST(Completion, LastExecutionEnds_SnapshotIsCompletedContinuousIsNot) {
  JobsFixture f;
  f.CreateJob("j", {f.ThingArn("a"), f.ThingArn("b")}, At(1));
  f.CreateJob("c", {f.ThingArn("a")}, At(1), TargetSelection::kContinuous);
  ASSERT_TRUE(f.Update("a", "j", "SUCCEEDED", At(2)).ok());
  ASSERT_TRUE(f.Update("a", "c", "SUCCEEDED", At(2)).ok());
  EXPECT_EQ(f.StatusOfJob("j"), JobStatus::kInProgress);
  ASSERT_TRUE(f.Update("b", "j", "FAILED", At(3)).ok());
  EXPECT_EQ(f.StatusOfJob("j"), JobStatus::kCompleted);
  EXPECT_EQ(f.store.FindJob("j")->completed_at, At(3));
  EXPECT_EQ(f.StatusOfJob("c"), JobStatus::kInProgress);
}

TEST(Completion, Event_CarriesTheCounts) {
  JobsFixture f;
  f.CreateJob("j", {f.ThingArn("a"), f.ThingArn("b")}, At(1));
  ASSERT_TRUE(f.Update("a", "j", "SUCCEEDED", At(2)).ok());
  ASSERT_TRUE(f.Update("b", "j", "FAILED", At(3)).ok());
  const Outbox outbox = f.TakeOutbox();
  const auto& event = std::get<JobEvent>(outbox.back());
  EXPECT_EQ(event.operation, "completed");
  EXPECT_EQ(event.job.status, JobStatus::kCompleted);
  EXPECT_EQ(event.counts[ExecutionStatus::kSucceeded], 1);
  EXPECT_EQ(event.counts[ExecutionStatus::kFailed], 1);
}

TEST(DescribeJob, UnknownOrMalformed_IsRefused) {
  JobsFixture f;
  EXPECT_EQ(CodeOf(f.jobs.Describe("none")), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(f.jobs.Describe("no ne")), ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(f.jobs.Document("none")), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(f.jobs.Document("")), ErrorCode::kInvalidRequest);
}

TEST(DescribeJob, CountsAndProcessingTargets_AreThere) {
  JobsFixture f;
  f.CreateJob("j", {f.ThingArn("a"), f.ThingArn("b")}, At(1));
  ASSERT_TRUE(f.executions.StartNext("a", {}, At(2)).ok());
  const auto described = f.jobs.Describe("j");
  ASSERT_TRUE(described.ok());
  EXPECT_EQ(described.value().counts[ExecutionStatus::kQueued], 1);
  EXPECT_EQ(described.value().counts[ExecutionStatus::kInProgress], 1);
  EXPECT_THAT(described.value().processing_targets, IsEmpty());
}

TEST(UpdateJob, Timeout_HoldsForExecutionsThatStartLater) {
  JobsFixture f;
  f.CreateJob("j", {f.ThingArn("a"), f.ThingArn("b")}, At(0));
  ASSERT_TRUE(f.executions.StartNext("a", {}, At(1)).ok());
  UpdateJobRequest request;
  request.in_progress_timeout_minutes = 1;
  request.description = "slow";
  ASSERT_TRUE(f.jobs.Update("j", request, At(2)).ok());
  ASSERT_TRUE(f.executions.StartNext("b", {}, At(3)).ok());
  EXPECT_EQ(f.Latest("a", "j").job_deadline, std::nullopt);
  EXPECT_EQ(f.Latest("b", "j").job_deadline, At(63));
  EXPECT_EQ(f.store.FindJob("j")->description, "slow");
  EXPECT_EQ(f.store.FindJob("j")->updated_at, At(2));
}

TEST(UpdateJob, BadFieldsUnknownOrOver_AreRefused) {
  JobsFixture f;
  f.CreateJob("j", {f.GroupArn("g")}, At(0));
  UpdateJobRequest bad;
  bad.in_progress_timeout_minutes = -1;
  EXPECT_EQ(CodeOf(f.jobs.Update("none", bad, At(1))), ErrorCode::kInvalidRequest);
  bad = {};
  bad.description = "a\nb";
  EXPECT_EQ(CodeOf(f.jobs.Update("none", bad, At(1))), ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(f.jobs.Update("none", {}, At(1))), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(f.jobs.Update("j", {}, At(1))), ErrorCode::kInvalidRequest);
}

TEST(CancelJob, Queued_AreCancelledRunningOnesGoOn) {
  JobsFixture f;
  f.CreateJob("j", {f.ThingArn("a"), f.ThingArn("b")}, At(0));
  ASSERT_TRUE(f.executions.StartNext("a", {}, At(1)).ok());
  f.TakeOutbox();
  CancelJobRequest request;
  request.reason_code = "WRONG_FILE";
  request.comment = "see the log";
  const auto canceled = f.jobs.Cancel("j", request, At(2));
  ASSERT_TRUE(canceled.ok());
  EXPECT_EQ(canceled.value().status, JobStatus::kCanceled);
  EXPECT_EQ(canceled.value().reason_code, "WRONG_FILE");
  EXPECT_EQ(canceled.value().comment, "see the log");
  EXPECT_FALSE(canceled.value().force_canceled);
  EXPECT_THAT(f.TakeLines(), ElementsAre("job j cancellation_in_progress", "b: notify 0 next none",
                                         "execution j@b canceled", "job j canceled"));
  ASSERT_TRUE(f.Update("a", "j", "SUCCEEDED", At(3)).ok());
  EXPECT_EQ(f.StatusOfJob("j"), JobStatus::kCanceled);
  EXPECT_THAT(f.TakeLines(), ElementsAre("a: notify 0 next none", "execution j@a succeeded"));
}

TEST(CancelJob, Force_CancelsRunningOnesToo) {
  JobsFixture f;
  f.CreateJob("j", {f.ThingArn("a"), f.ThingArn("b")}, At(0));
  ASSERT_TRUE(f.executions.StartNext("a", {}, At(1)).ok());
  CancelJobRequest request;
  request.force = true;
  ASSERT_TRUE(f.jobs.Cancel("j", request, At(2)).ok());
  for (const char* thing : {"a", "b"}) {
    EXPECT_EQ(f.StatusOf(thing, "j"), ExecutionStatus::kCanceled);
    EXPECT_TRUE(f.Latest(thing, "j").force_canceled);
  }
  EXPECT_TRUE(f.store.FindJob("j")->force_canceled);
  EXPECT_EQ(f.store.NextDeadline(), std::nullopt);
}

TEST(CancelJob, OverUnknownOrBadFields_AreRefused) {
  JobsFixture f;
  f.CreateJob("done", {f.GroupArn("g")}, At(0));
  f.CreateJob("j", {f.ThingArn("a")}, At(0));
  EXPECT_EQ(CodeOf(f.jobs.Cancel("done", {}, At(1))), ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(f.jobs.Cancel("none", {}, At(1))), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(f.jobs.Cancel("j", {"lower", "", false}, At(1))), ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(f.jobs.Cancel("j", {"", std::string(2029, 'c'), false}, At(1))),
            ErrorCode::kInvalidRequest);
  ASSERT_TRUE(f.jobs.Cancel("j", {}, At(1)).ok());
  EXPECT_EQ(CodeOf(f.jobs.Cancel("j", {}, At(1))), ErrorCode::kInvalidRequest);
}

TEST(DeleteJob, Over_TakesItsExecutionsTagsAndIdAlong) {
  JobsFixture f;
  CreateJobRequest request = f.Request("j", {f.ThingArn("a")});
  request.tags = {{"k", "v"}};
  ASSERT_TRUE(f.jobs.Create(request, At(0)).ok());
  ASSERT_TRUE(f.Update("a", "j", "SUCCEEDED", At(1)).ok());
  f.TakeOutbox();
  ASSERT_TRUE(f.jobs.Delete("j", false, At(2)).ok());
  EXPECT_THAT(f.TakeLines(),
              ElementsAre("job j deletion_in_progress", "execution j@a deleted", "job j deleted"));
  EXPECT_EQ(CodeOf(f.jobs.Describe("j")), ErrorCode::kNotFound);
  EXPECT_EQ(f.store.FindExecution("a", "j", std::nullopt), std::nullopt);
  EXPECT_THAT(f.store.TagsOf(f.context.names.JobArn("j")), IsEmpty());
  f.CreateJob("j", {f.ThingArn("a")}, At(3));
  EXPECT_EQ(f.Latest("a", "j").number, 1);
}

TEST(DeleteJob, InProgress_WantsForceAndNotifiesWhoHadItPending) {
  JobsFixture f;
  f.CreateJob("j", {f.ThingArn("a"), f.ThingArn("b")}, At(0));
  ASSERT_TRUE(f.executions.StartNext("a", {}, At(1)).ok());
  f.TakeOutbox();
  EXPECT_EQ(CodeOf(f.jobs.Delete("j", false, At(2))), ErrorCode::kInvalidStateTransition);
  ASSERT_TRUE(f.jobs.Delete("j", true, At(3)).ok());
  EXPECT_THAT(f.TakeLines(), ElementsAre("job j deletion_in_progress", "a: notify 0 next none",
                                         "execution j@a deleted", "b: notify 0 next none",
                                         "execution j@b deleted", "job j deleted"));
  EXPECT_EQ(CodeOf(f.Update("a", "j", "SUCCEEDED", At(4))), ErrorCode::kNotFound);
}

TEST(DeleteJob, UnknownOrMalformed_IsRefused) {
  JobsFixture f;
  EXPECT_EQ(CodeOf(f.jobs.Delete("none", true, At(1))), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(f.jobs.Delete("no ne", true, At(1))), ErrorCode::kInvalidRequest);
}

TEST(AssociateTargets, NewThings_GetTheJob) {
  JobsFixture f;
  f.CreateJob("c", {f.ThingArn("a")}, At(0), TargetSelection::kContinuous);
  f.AddMember("b", "h");
  f.TakeOutbox();
  const auto associated =
      f.jobs.AssociateTargets("c", {f.ThingArn("a"), f.GroupArn("g")}, "more", At(1));
  ASSERT_TRUE(associated.ok());
  EXPECT_THAT(associated.value().targets, ElementsAre(f.ThingArn("a"), f.GroupArn("g")));
  EXPECT_EQ(associated.value().comment, "more");
  EXPECT_EQ(associated.value().work, JobWork::kNone);
  EXPECT_THAT(f.TakeLines(), ElementsAre("b: notify 1 next c#1"));
}

TEST(AssociateTargets, WrongJobOrTargets_AreRefused) {
  JobsFixture f;
  f.CreateJob("s", {f.ThingArn("a")}, At(0));
  f.CreateJob("c", {f.ThingArn("a")}, At(0), TargetSelection::kContinuous);
  const auto code = [&](std::string_view job, const std::vector<std::string>& targets) {
    return CodeOf(f.jobs.AssociateTargets(job, targets, "", At(1)));
  };
  EXPECT_EQ(code("s", {f.ThingArn("b")}), ErrorCode::kInvalidRequest);
  EXPECT_EQ(code("none", {f.ThingArn("b")}), ErrorCode::kNotFound);
  EXPECT_EQ(code("c", {}), ErrorCode::kInvalidRequest);
  EXPECT_EQ(code("c", {"b"}), ErrorCode::kInvalidRequest);
  EXPECT_EQ(code("c", {f.ThingArn("none")}), ErrorCode::kNotFound);
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i) {
    f.AddThing("t" + std::to_string(i));
    many.push_back(f.ThingArn("t" + std::to_string(i)));
  }
  EXPECT_EQ(code("c", many), ErrorCode::kLimitExceeded);
  ASSERT_TRUE(f.jobs.Cancel("c", {}, At(2)).ok());
  EXPECT_EQ(code("c", {f.ThingArn("b")}), ErrorCode::kInvalidRequest);
}

TEST(ListJobs, Filters_AndRefusesWhatIsNotThere) {
  JobsFixture f;
  f.CreateJob("s", {f.ThingArn("a")}, At(0));
  f.CreateJob("c", {f.GroupArn("g")}, At(1), TargetSelection::kContinuous);
  const auto ids = [&](const JobFilter& filter) {
    std::vector<std::string> found;
    const auto page = f.jobs.List(filter, {});
    for (const Job& job : page.value().items) {
      found.push_back(job.id);
    }
    return found;
  };
  EXPECT_THAT(ids({}), ElementsAre("c", "s"));
  EXPECT_THAT(ids({std::nullopt, TargetSelection::kSnapshot, ""}), ElementsAre("s"));
  EXPECT_THAT(ids({std::nullopt, std::nullopt, f.GroupArn("g")}), ElementsAre("c"));
  EXPECT_THAT(ids({JobStatus::kCanceled, std::nullopt, ""}), IsEmpty());
  EXPECT_EQ(CodeOf(f.jobs.List({std::nullopt, std::nullopt, f.GroupArn("none")}, {})),
            ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(f.jobs.List({}, {0, ""})), ErrorCode::kInvalidRequest);
}

}  // namespace
}  // namespace fieldwork::domain
