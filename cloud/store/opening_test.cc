// What is opened, what is refused and left as it was, and what a new database looks like.
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "cloud/store/connection_spy_test.h"
#include "cloud/store/migrations.h"
#include "cloud/store/store_contract_test.h"

namespace fieldwork::store {
namespace {

using domain::StoreError;
using testing::HasSubstr;

std::string BytesOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

std::string ErrorOfOpening(const std::string& path) {
  try {
    SqliteStore store(path);
  } catch (const StoreError& error) {
    return error.what();
  }
  return "opened";
}

unsigned ModeOf(const std::string& path) {
  struct stat about {};
  EXPECT_EQ(::stat(path.c_str(), &about), 0) << path;
  return about.st_mode & 0777U;
}

void WriteThing(SqliteStore& store, const std::string& name) {
  store.Begin();
  store.SaveThing({name, "", {}, 1, At(0)});
  store.Commit();
}

class Opening : public testing::Test {
 protected:
  void ExpectRefused(const std::string& words) {
    const std::string before = BytesOf(path_);
    const std::string wal_before = BytesOf(path_ + "-wal");
    EXPECT_THAT(ErrorOfOpening(path_), HasSubstr(words));
    EXPECT_THAT(ErrorOfOpening(path_), HasSubstr(path_));
    EXPECT_TRUE(BytesOf(path_) == before) << "the file was touched";
    EXPECT_TRUE(BytesOf(path_ + "-wal") == wal_before) << "the WAL was touched";
  }

  TemporaryFolder folder_;
  std::string path_ = folder_ / "cloud.db";
};

TEST_F(Opening, NewFileAndItsCompanions_AreTheOwnersAlone) {
  const mode_t umask_before = ::umask(0);
  SqliteStore store(path_);
  WriteThing(store, "t");
  ::umask(umask_before);
  EXPECT_EQ(ModeOf(path_), 0600U);
  EXPECT_EQ(ModeOf(path_ + "-wal"), 0600U);
  EXPECT_EQ(ModeOf(path_ + "-shm"), 0600U);
}

TEST_F(Opening, FileThatOthersCouldRead_IsTakenFromThem) {
  { SqliteStore store(path_); }
  ::chmod(path_.c_str(), 0644);
  SqliteStore store(path_);
  EXPECT_EQ(ModeOf(path_), 0600U);
}

TEST_F(Opening, Settings_AreDurableAndBounded) {
  ConnectionSpy spy;
  SqliteStore store(path_);
  EXPECT_EQ(Ask(spy.last(), "PRAGMA journal_mode"), Names{"wal"});
  EXPECT_EQ(Ask(spy.last(), "PRAGMA synchronous"), Names{"2"});  // FULL
  EXPECT_EQ(Ask(spy.last(), "PRAGMA mmap_size"), Names{"0"});
  EXPECT_EQ(Ask(spy.last(), "PRAGMA application_id"), Names{std::to_string(kApplicationId)});
  EXPECT_EQ(Ask(spy.last(), "PRAGMA user_version"), Names{std::to_string(NewestSchema())});
}

TEST_F(Opening, WalUnderManyCommits_StaysSmall) {
  SqliteStore store(path_);
  const std::string description(3500, 'x');  // About a page a group.
  for (int commit = 0; commit < 150; ++commit) {
    store.Begin();
    for (int group = 0; group < 100; ++group) {
      store.SaveGroup({"g" + std::to_string(group), "", "", description, {}, commit, At(0)});
    }
    store.Commit();
  }
  EXPECT_LT(std::filesystem::file_size(path_ + "-wal"), 24U << 20U);  // Of 60 MB that it saw.
}

TEST_F(Opening, ClosedAndOpenedAgain_KeepsWhatWasCommitted) {
  {
    SqliteStore store(path_);
    WriteThing(store, "kept");
    store.Begin();
    store.SaveThing({"not committed", "", {}, 1, At(0)});
  }
  SqliteStore store(path_);
  EXPECT_TRUE(store.HasThing("kept"));
  EXPECT_FALSE(store.HasThing("not committed"));
}

TEST_F(Opening, QueueOrderAfterReopening_GoesOnRising) {
  domain::Execution first;
  first.thing = "t";
  first.job = "a";
  {
    SqliteStore store(path_);
    store.Begin();
    store.InsertExecution(first);
    store.Commit();
  }
  SqliteStore store(path_);
  domain::Execution second;
  second.thing = "t";
  second.job = "b";
  store.Begin();
  store.InsertExecution(second);
  EXPECT_GT(second.queue_order, first.queue_order);
}

TEST_F(Opening, NewerSchema_IsRefusedUntouched) {
  { SqliteStore store(path_); }
  { OwnConnection(path_).Execute("PRAGMA user_version = 99"); }
  ExpectRefused("version 99");
}

TEST_F(Opening, NewerSchemaThatIsOnlyInTheWal_IsRefusedUntouched) {
  { SqliteStore store(path_); }
  {
    OwnConnection newer(path_);
    sqlite3_db_config(newer.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    newer.Execute("PRAGMA user_version = 99");
  }
  ASSERT_GT(std::filesystem::file_size(path_ + "-wal"), 0U);
  ExpectRefused("version 99");
}

TEST_F(Opening, FileThatIsNoDatabase_IsRefusedUntouched) {
  std::ofstream(path_) << "certainly no database";
  ExpectRefused("is not a database");
  std::ofstream(path_) << std::string(5000, 'x');
  ExpectRefused("is not a database");
}

TEST_F(Opening, DatabaseOfAnotherProgram_IsRefusedUntouched) {
  { OwnConnection(path_).Execute("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)"); }
  ExpectRefused("another program");
  { OwnConnection(path_).Execute("PRAGMA application_id = 77"); }
  ExpectRefused("another program");
}

TEST_F(Opening, FileOfAStartThatWasCutShort_IsUsed) {
  std::ofstream(path_).close();
  { SqliteStore store(path_); }
  std::filesystem::remove(path_);
  { OwnConnection(path_).Execute("PRAGMA journal_mode = WAL"); }  // No tables yet.
  SqliteStore store(path_);
  WriteThing(store, "t");
  EXPECT_TRUE(store.HasThing("t"));
}

TEST_F(Opening, DamagedFile_IsAnError) {
  {
    SqliteStore store(path_);
    WriteThing(store, "t");
  }
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);
  file << std::string(20000, 'x');
  file.close();
  EXPECT_THAT(ErrorOfOpening(path_), HasSubstr("the file is damaged"));
}

TEST_F(Opening, PathsThatCannotBe_AreRefusedWithTheReason) {
  EXPECT_THAT(ErrorOfOpening(folder_ / "none/cloud.db"), HasSubstr("its folder does not exist"));
  EXPECT_THAT(ErrorOfOpening(folder_ / ""), HasSubstr("cannot be opened"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "none"));
}

TEST_F(Opening, Memory_HoldsADatabaseWithoutAFile) {
  SqliteStore store(":memory:");
  WriteThing(store, "t");
  EXPECT_TRUE(store.HasThing("t"));
  EXPECT_FALSE(std::filesystem::exists(":memory:"));
}

TEST_F(Opening, MisuseOfTransactions_ThrowsAndLeavesTheStoreUsable) {
  SqliteStore store(path_);
  EXPECT_THROW(store.SaveThing({"t", "", {}, 1, At(0)}), StoreError);
  EXPECT_THROW(store.Commit(), StoreError);
  store.Begin();
  EXPECT_THROW(store.Begin(), StoreError);
  domain::Job unknown;
  unknown.id = "unknown";
  EXPECT_THROW(store.SaveJob(unknown), StoreError);
  EXPECT_THROW(store.SaveExecution({}), StoreError);
  store.InsertJob(unknown, "{}");
  EXPECT_THROW(store.InsertJob(unknown, "{}"), StoreError);
  store.Rollback();
  WriteThing(store, "t");
  EXPECT_TRUE(store.HasThing("t"));
}

TEST_F(Opening, RowThatStandsForNothing_IsAnError) {
  SqliteStore store(path_);
  store.Begin();
  domain::Job job;
  job.id = "j";
  store.InsertJob(job, "{}");
  store.SaveGroup({"g", "", "", "", {}, 1, At(0)});
  store.Commit();
  // A second connection of this process is safe here: nothing reads the file by other means.
  OwnConnection other(path_);
  other.Execute("UPDATE jobs SET status = 9; UPDATE thing_groups SET attributes = '5:x'");
  EXPECT_THROW(store.FindJob("j"), StoreError);
  EXPECT_THROW(store.FindGroup("g"), StoreError);
}

// Objects of a schema, without what SQLite makes by itself, white space evened out.
Names SchemaOf(sqlite3* connection) {
  Names objects = Ask(connection,
                      "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || sql "
                      "FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name");
  for (std::string& object : objects) {
    std::istringstream words(object);
    object.clear();
    for (std::string word; words >> word;) {
      object += word + " ";
    }
  }
  return objects;
}

TEST(Migrations, TheirSum_IsSchemaSql) {
  OwnConnection by_steps(":memory:");
  for (const Migration& migration : Migrations()) {
    by_steps.Execute(migration.sql);
  }
  OwnConnection at_once(":memory:");
  at_once.Execute(BytesOf(std::string(FIELDWORK_SOURCE_DIR) + "/cloud/store/schema.sql"));
  EXPECT_EQ(SchemaOf(by_steps.handle()), SchemaOf(at_once.handle()));
  EXPECT_GT(SchemaOf(at_once.handle()).size(), 15U);
}

TEST(Migrations, AreNumberedFromOneWithoutAGap) {
  int expected = 1;
  for (const Migration& migration : Migrations()) {
    EXPECT_EQ(migration.number, expected++);
  }
  EXPECT_EQ(NewestSchema(), expected - 1);
}

TEST(Migrations, DatabaseThatIsUpToDate_IsNotWritten) {
  TemporaryFolder folder;
  { SqliteStore store(folder / "cloud.db"); }
  const std::string before = BytesOf(folder / "cloud.db");
  { SqliteStore store(folder / "cloud.db"); }
  EXPECT_TRUE(BytesOf(folder / "cloud.db") == before);
}

}  // namespace
}  // namespace fieldwork::store
