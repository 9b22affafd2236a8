// What a test can make the store do besides: fail. The rest is in cloud/store/store_contract_*.cc.
#include "cloud/domain/testing/memory_store.h"

#include <gtest/gtest.h>

#include "cloud/domain/testing/fixture.h"

namespace fieldwork::domain::testing {
namespace {

TEST(MemoryStore, FailedBegin_LeavesNoTransaction) {
  MemoryStore store;
  store.FailBegin(2);
  store.Begin();
  store.Commit();
  EXPECT_THROW(store.Begin(), StoreError);
  EXPECT_FALSE(store.in_transaction());
  store.Begin();
  EXPECT_TRUE(store.in_transaction());
}

TEST(MemoryStore, FailedCommit_WantsARollback) {
  Fixture fixture;
  fixture.AddThing("kept");
  fixture.store.Commit();
  fixture.store.Begin();
  fixture.AddThing("lost");
  fixture.store.FailCommit();
  EXPECT_THROW(fixture.store.Commit(), StoreError);
  EXPECT_TRUE(fixture.store.in_transaction());
  fixture.store.Rollback();
  EXPECT_TRUE(fixture.store.HasThing("kept"));
  EXPECT_FALSE(fixture.store.HasThing("lost"));
  EXPECT_EQ(fixture.store.commits_count(), 1);
  EXPECT_EQ(fixture.store.rollbacks_count(), 1);
}

TEST(MemoryStore, FailedWrite_ChangesNothingAndFailsOnce) {
  Fixture fixture;
  fixture.store.FailWrite(3);
  fixture.AddThing("a");
  fixture.AddThing("b");
  EXPECT_THROW(fixture.AddThing("c"), StoreError);
  EXPECT_FALSE(fixture.store.HasThing("c"));
  fixture.AddThing("c");
  EXPECT_TRUE(fixture.store.HasThing("c"));
}

TEST(MemoryStore, MisuseOfTransactions_IsAnAssertion) {
  EXPECT_DEBUG_DEATH({ Fixture().store.Begin(); }, "in_transaction_");
  EXPECT_DEBUG_DEATH({ MemoryStore().Commit(); }, "in_transaction_");
  EXPECT_DEBUG_DEATH({ MemoryStore().DeleteThing("t"); }, "in_transaction_");
}

TEST(Fixture, Uuids_CountUp) {
  Fixture fixture;
  EXPECT_EQ(fixture.context.uuid(), "00000000-0000-4000-8000-000000000001");
  EXPECT_EQ(fixture.context.uuid(), "00000000-0000-4000-8000-000000000002");
}

}  // namespace
}  // namespace fieldwork::domain::testing
