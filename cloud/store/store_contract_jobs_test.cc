// What every store does with jobs, their counts and the rollout queue.
#include <map>

#include "cloud/store/store_contract_test.h"

namespace fieldwork::store {
namespace {

using domain::ExecutionStatus;
using domain::Job;
using domain::JobFilter;
using domain::JobStatus;
using domain::JobWork;
using domain::PageRequest;
using domain::TargetSelection;
using testing::ElementsAre;
using testing::IsEmpty;

template <typename Kind>
class StoreJobs : public StoreContract<Kind> {
 protected:
  Job AddJob(const std::string& id, const std::vector<std::string>& targets = {"arn:t"},
             TargetSelection selection = TargetSelection::kSnapshot) {
    Job job;
    job.id = id;
    job.targets = targets;
    job.selection = selection;
    this->store.InsertJob(job, "{\"of\":\"" + id + "\"}");
    return job;
  }
  Names Jobs(const JobFilter& filter) {
    return NamesOf(
        AllPages(2, [&](const PageRequest& page) { return this->store.ListJobs(filter, page); }));
  }
  void Set(Job job, JobStatus status, JobWork work) {
    job.status = status;
    job.work = work;
    this->store.SaveJob(job);
  }
};
TYPED_TEST_SUITE(StoreJobs, Stores);

TYPED_TEST(StoreJobs, InsertedJob_ComesBackAsItWas) {
  Job job{"j",
          0,
          JobStatus::kCompleted,
          JobWork::kForceCancel,
          TargetSelection::kContinuous,
          {"arn:b", "arn:a", "arn:b"},
          "about\n\"it\"",
          15,
          true,
          "CODE",
          "a comment",
          At(1),
          At(2),
          At(3)};
  this->store.InsertJob(job, "{\"a\":1}");
  this->CommitAndGoOn();
  const auto found = this->store.FindJob("j");
  ASSERT_TRUE(found.has_value());
  EXPECT_GT(job.sequence, 0);
  EXPECT_EQ(found->sequence, job.sequence);
  EXPECT_EQ(found->status, JobStatus::kCompleted);
  EXPECT_EQ(found->work, JobWork::kForceCancel);
  EXPECT_EQ(found->selection, TargetSelection::kContinuous);
  EXPECT_THAT(found->targets, ElementsAre("arn:b", "arn:a", "arn:b"));
  EXPECT_EQ(found->description, "about\n\"it\"");
  EXPECT_EQ(found->in_progress_timeout_minutes, 15);
  EXPECT_TRUE(found->force_canceled);
  EXPECT_EQ(found->reason_code, "CODE");
  EXPECT_EQ(found->comment, "a comment");
  EXPECT_EQ(found->created_at, At(1));
  EXPECT_EQ(found->updated_at, At(2));
  EXPECT_EQ(found->completed_at, At(3));
  EXPECT_EQ(this->store.JobDocument("j"), "{\"a\":1}");
  EXPECT_EQ(this->store.JobDocument("none"), "");
  EXPECT_FALSE(this->store.FindJob("J").has_value());
}

TYPED_TEST(StoreJobs, SavedJob_ChangesWhatMayChange) {
  const Job created = this->AddJob("j", {"arn:a"});
  Job job = created;
  job.sequence = 0;
  job.selection = TargetSelection::kContinuous;
  job.created_at = At(99);
  job.status = JobStatus::kCanceled;
  job.work = JobWork::kCancel;
  job.targets = {"arn:a", "arn:b"};
  job.description = "new";
  job.in_progress_timeout_minutes = 3;
  job.completed_at = At(5);
  this->store.SaveJob(job);
  const auto found = this->store.FindJob("j");
  EXPECT_EQ(found->sequence, created.sequence);
  EXPECT_EQ(found->selection, created.selection);
  EXPECT_EQ(found->created_at, created.created_at);
  EXPECT_EQ(found->status, JobStatus::kCanceled);
  EXPECT_EQ(found->work, JobWork::kCancel);
  EXPECT_THAT(found->targets, ElementsAre("arn:a", "arn:b"));
  EXPECT_EQ(found->description, "new");
  EXPECT_EQ(found->in_progress_timeout_minutes, 3);
  EXPECT_EQ(found->completed_at, At(5));
  job.completed_at.reset();
  job.in_progress_timeout_minutes.reset();
  this->store.SaveJob(job);
  EXPECT_FALSE(this->store.FindJob("j")->completed_at.has_value());
  EXPECT_FALSE(this->store.FindJob("j")->in_progress_timeout_minutes.has_value());
}

TYPED_TEST(StoreJobs, DeletedJob_LeavesNothing) {
  this->AddJob("j", {"arn:t"}, TargetSelection::kContinuous);
  this->store.MoveCount("j", {}, ExecutionStatus::kQueued);
  this->store.QueueRollout("j", "t");
  this->store.DeleteJob("j");
  EXPECT_FALSE(this->store.FindJob("j").has_value());
  EXPECT_EQ(this->store.JobDocument("j"), "");
  EXPECT_EQ(this->store.Counts("j")[ExecutionStatus::kQueued], 0);
  EXPECT_THAT(this->store.TakeRollout("j", 10), IsEmpty());
  EXPECT_THAT(this->store.ContinuousJobsOn("arn:t"), IsEmpty());
  this->AddJob("j", {"arn:u"});
  EXPECT_THAT(this->store.FindJob("j")->targets, ElementsAre("arn:u"));
}

TYPED_TEST(StoreJobs, ListOfJobs_NewestFirstByEveryFilter) {
  const auto snapshot = TargetSelection::kSnapshot;
  const auto continuous = TargetSelection::kContinuous;
  this->AddJob("z", {"arn:g", "arn:g"}, continuous);
  this->Set(this->AddJob("y", {"arn:g"}, snapshot), JobStatus::kCanceled, JobWork::kNone);
  this->AddJob("x", {"arn:h"}, snapshot);
  this->Set(this->AddJob("w", {"arn:h", "arn:g"}, continuous), JobStatus::kCanceled,
            JobWork::kNone);
  this->AddJob("v", {"arn:g"}, snapshot);
  EXPECT_THAT(this->Jobs({}), ElementsAre("v", "w", "x", "y", "z"));
  EXPECT_THAT(this->Jobs({{}, {}, "arn:g"}), ElementsAre("v", "w", "y", "z"));
  EXPECT_THAT(this->Jobs({JobStatus::kCanceled, {}, ""}), ElementsAre("w", "y"));
  EXPECT_THAT(this->Jobs({{}, snapshot, ""}), ElementsAre("v", "x", "y"));
  EXPECT_THAT(this->Jobs({JobStatus::kInProgress, continuous, ""}), ElementsAre("z"));
  EXPECT_THAT(this->Jobs({JobStatus::kCanceled, continuous, "arn:g"}), ElementsAre("w"));
  EXPECT_THAT(this->Jobs({{}, {}, "arn"}), IsEmpty());
  EXPECT_EQ(this->store.CountJobs(JobStatus::kCanceled), 2);
  EXPECT_EQ(this->store.CountJobs(JobStatus::kInProgress), 3);
  EXPECT_EQ(this->store.CountJobs(JobStatus::kCompleted), 0);
}

TYPED_TEST(StoreJobs, JobsAddedAndDeletedBetweenPages_DisturbNoOther) {
  for (const char* id : {"1", "2", "3", "4", "5"}) {
    this->AddJob(id);
  }
  const auto first = this->store.ListJobs({}, {2, ""});
  EXPECT_THAT(NamesOf(first.items), ElementsAre("5", "4"));
  this->AddJob("6");
  this->store.DeleteJob("4");
  this->store.DeleteJob("2");
  const auto second = this->store.ListJobs({}, {2, first.next});
  EXPECT_THAT(NamesOf(second.items), ElementsAre("3", "1"));
  EXPECT_EQ(second.next, "");
}

TYPED_TEST(StoreJobs, ContinuousJobsOn_AreThoseInProgressOldestFirst) {
  const auto continuous = TargetSelection::kContinuous;
  this->AddJob("late-name-first-made", {"arn:g"}, continuous);
  this->AddJob("a", {"arn:x", "arn:g"}, continuous);
  this->AddJob("snapshot", {"arn:g"});
  this->AddJob("elsewhere", {"arn:x"}, continuous);
  this->Set(this->AddJob("over", {"arn:g"}, continuous), JobStatus::kCanceled, JobWork::kNone);
  EXPECT_THAT(this->store.ContinuousJobsOn("arn:g"), ElementsAre("late-name-first-made", "a"));
  EXPECT_THAT(this->store.ContinuousJobsOn("arn"), IsEmpty());
}

TYPED_TEST(StoreJobs, JobsWithWork_OldestFirstUpToTheLimit) {
  const Job c = this->AddJob("c");
  const Job b = this->AddJob("b");
  const Job a = this->AddJob("a");
  this->Set(c, JobStatus::kInProgress, JobWork::kRollout);
  this->Set(b, JobStatus::kCanceled, JobWork::kCancel);
  this->Set(a, JobStatus::kDeletionInProgress, JobWork::kDelete);
  EXPECT_THAT(this->store.JobsWithWork(10), ElementsAre("c", "b", "a"));
  EXPECT_THAT(this->store.JobsWithWork(2), ElementsAre("c", "b"));
  this->Set(c, JobStatus::kInProgress, JobWork::kNone);
  EXPECT_THAT(this->store.JobsWithWork(10), ElementsAre("b", "a"));
}

TYPED_TEST(StoreJobs, Counts_MoveBetweenAllStatuses) {
  this->AddJob("j");
  this->AddJob("other");
  for (int status = 0; status < static_cast<int>(domain::kExecutionStatuses); ++status) {
    for (int times = 0; times <= status; ++times) {
      this->store.MoveCount("j", {}, static_cast<ExecutionStatus>(status));
    }
  }
  this->store.MoveCount("j", ExecutionStatus::kCanceled, ExecutionStatus::kQueued);
  this->store.MoveCount("j", ExecutionStatus::kFailed, {});
  this->store.MoveCount("none", {}, ExecutionStatus::kQueued);
  this->CommitAndGoOn();
  EXPECT_THAT(this->store.Counts("j").of, ElementsAre(2, 2, 3, 3, 5, 6, 7, 7));
  EXPECT_THAT(this->store.Counts("other").of, ElementsAre(0, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(this->store.Counts("none").of, ElementsAre(0, 0, 0, 0, 0, 0, 0, 0));
}

TYPED_TEST(StoreJobs, RolloutQueue_FirstInFirstOutAndOncePerJob) {
  for (const char* thing : {"c", "a", "b", "c", "a"}) {
    this->store.QueueRollout("j", thing);
  }
  this->store.QueueRollout("k", "a");
  EXPECT_THAT(this->store.TakeRollout("j", 2), ElementsAre("c", "a"));
  this->store.QueueRollout("j", "c");  // Taken: it may come again, at the end.
  EXPECT_THAT(this->store.TakeRollout("j", 0), IsEmpty());
  EXPECT_THAT(this->store.TakeRollout("j", 10), ElementsAre("b", "c"));
  EXPECT_THAT(this->store.TakeRollout("j", 10), IsEmpty());
  EXPECT_THAT(this->store.TakeRollout("k", 10), ElementsAre("a"));
}

TYPED_TEST(StoreJobs, RolloutOfGroup_QueuesItsSubtreeBehindWhatWaits) {
  this->store.SaveGroup({"root", "", "", "", {}, 1, At(0)});
  this->store.SaveGroup({"leaf", "", "root", "", {}, 1, At(0)});
  this->store.AddMember("d", "root");
  this->store.AddMember("b", "leaf");
  this->store.AddMember("c", "leaf");
  this->store.AddMember("b", "root");
  this->store.AddMember("z", "other");
  this->store.QueueRollout("j", "x");
  this->store.QueueRollout("j", "c");
  this->store.QueueRolloutOfGroup("j", "root");
  EXPECT_THAT(this->store.TakeRollout("j", 10), ElementsAre("x", "c", "b", "d"));
  this->store.QueueRolloutOfGroup("j", "none");
  EXPECT_THAT(this->store.TakeRollout("j", 10), IsEmpty());
}

TYPED_TEST(StoreJobs, RolloutQueue_IsClearedByJobAndByThing) {
  for (const char* job : {"j", "k"}) {
    for (const char* thing : {"a", "b"}) {
      this->store.QueueRollout(job, thing);
    }
  }
  this->store.RemoveFromRollout("a");
  this->store.ClearRollout("k");
  EXPECT_THAT(this->store.TakeRollout("j", 10), ElementsAre("b"));
  EXPECT_THAT(this->store.TakeRollout("k", 10), IsEmpty());
}

}  // namespace
}  // namespace fieldwork::store
