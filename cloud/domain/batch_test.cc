// Decides that nobody is told of what is not durable, whichever call fails.
#include "cloud/domain/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "cloud/domain/testing/fixture.h"

namespace fieldwork::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Requests that make a thing and leave one happening of its name; what leaves is in `log`.
struct BatchFixture : testing::Fixture {
  BatchFixture() { store.Commit(); }

  void Request(const std::string& name) {
    batch.Run([this, name] { MakeThing(name); }, ReplyFor(name));
  }
  void FailingRequest(const std::string& name) {
    batch.Run(
        [this, name] {
          MakeThing(name);
          throw StoreError("disk full");
        },
        ReplyFor(name));
  }
  void MakeThing(const std::string& name) {
    AddThing(name);
    outbox.push_back(AccessChange{name});
  }
  std::function<void(bool)> ReplyFor(const std::string& name) {
    return [this, name](bool committed) { log.push_back(name + (committed ? " ok" : " failed")); };
  }

  std::vector<std::string> log;
  int scheduled = 0;
  Batch batch{store, outbox, [this] { ++scheduled; },
              [this](const Outbox& published) {
                for (const Happening& happening : published) {
                  log.push_back("publish " + std::get<AccessChange>(happening).certificate_id);
                }
              }};
};

TEST(Batch, SeveralRequests_ShareOneCommitAndAreAnsweredInOrder) {
  BatchFixture f;
  const int commits = f.store.commits_count();
  f.Request("a");
  f.Request("b");
  f.Request("c");
  EXPECT_THAT(f.log, IsEmpty());
  EXPECT_EQ(f.batch.waiting(), 3U);
  EXPECT_EQ(f.scheduled, 1);
  f.batch.Flush();
  EXPECT_EQ(f.store.commits_count(), commits + 1);
  EXPECT_THAT(f.log, ElementsAre("a ok", "b ok", "c ok", "publish a", "publish b", "publish c"));
  EXPECT_EQ(f.batch.waiting(), 0U);
}

TEST(Batch, NothingOpen_FlushIsHarmless) {
  BatchFixture f;
  const int commits = f.store.commits_count();
  f.batch.Flush();
  EXPECT_EQ(f.store.commits_count(), commits);
  EXPECT_THAT(f.log, IsEmpty());
}

TEST(Batch, RequestSeesTheOnesBeforeIt_InTheSameTransaction) {
  BatchFixture f;
  f.Request("a");
  bool seen = false;
  f.batch.Run([&] { seen = f.store.HasThing("a"); }, f.ReplyFor("reader"));
  EXPECT_TRUE(seen);
  f.batch.Flush();
  EXPECT_THAT(f.log, ElementsAre("a ok", "reader ok", "publish a"));
}

TEST(Batch, FailingRequest_TakesTheWholeBatchBack) {
  BatchFixture f;
  f.Request("a");
  f.FailingRequest("b");
  bool ran = false;
  f.batch.Run([&] { ran = true; }, f.ReplyFor("c"));
  f.batch.Flush();
  EXPECT_FALSE(ran);
  EXPECT_THAT(f.log, ElementsAre("a failed", "b failed", "c failed"));
  EXPECT_FALSE(f.store.HasThing("a"));
  EXPECT_FALSE(f.store.in_transaction());
  EXPECT_THAT(f.outbox, IsEmpty());
}

TEST(Batch, FailingWriteOfTheStore_TakesTheWholeBatchBack) {
  BatchFixture f;
  f.Request("a");
  f.store.FailWrite();
  f.Request("b");
  f.batch.Flush();
  EXPECT_THAT(f.log, ElementsAre("a failed", "b failed"));
  EXPECT_FALSE(f.store.HasThing("a"));
}

TEST(Batch, FailingCommit_IsToldToEveryMemberAndNothingIsPublished) {
  BatchFixture f;
  f.store.FailCommit();
  f.Request("a");
  f.Request("b");
  f.batch.Flush();
  EXPECT_THAT(f.log, ElementsAre("a failed", "b failed"));
  EXPECT_FALSE(f.store.HasThing("a"));
  EXPECT_FALSE(f.store.in_transaction());
}

TEST(Batch, FailingBegin_IsToldToTheRequester) {
  BatchFixture f;
  f.store.FailBegin();
  bool ran = false;
  f.batch.Run([&] { ran = true; }, f.ReplyFor("a"));
  f.Request("b");
  EXPECT_EQ(f.scheduled, 1);
  f.batch.Flush();
  EXPECT_FALSE(ran);
  EXPECT_THAT(f.log, ElementsAre("a failed", "b failed"));
}

TEST(Batch, AfterAFailure_TheNextBatchWorks) {
  BatchFixture f;
  f.FailingRequest("a");
  f.batch.Flush();
  f.Request("b");
  EXPECT_EQ(f.scheduled, 2);
  f.batch.Flush();
  EXPECT_THAT(f.log, ElementsAre("a failed", "b ok", "publish b"));
  EXPECT_TRUE(f.store.HasThing("b"));
}

TEST(Batch, OutboxOfAFailedMember_IsNotSentByTheNextBatch) {
  BatchFixture f;
  f.FailingRequest("lost");
  f.batch.Flush();
  f.batch.Run([] {}, f.ReplyFor("quiet"));
  f.batch.Flush();
  EXPECT_THAT(f.log, ElementsAre("lost failed", "quiet ok"));
}

TEST(Batch, FaultOfTheProgram_PassesThroughAndTakesTheBatchBack) {
  BatchFixture f;
  f.Request("a");
  const auto faulty = [&] {
    f.MakeThing("half");
    throw std::logic_error("a bug");
  };
  EXPECT_THROW(f.batch.Run(faulty, f.ReplyFor("b")), std::logic_error);
  f.batch.Flush();
  EXPECT_THAT(f.log, ElementsAre("a failed", "b failed"));
  EXPECT_FALSE(f.store.HasThing("half"));
}

}  // namespace
}  // namespace fieldwork::domain
