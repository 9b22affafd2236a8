// What survives: a full disk, a commit that fails, a process that is killed, readers beside.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cloud/store/connection_spy_test.h"
#include "cloud/store/store_contract_test.h"

namespace fieldwork::store {
namespace {

using domain::StoreError;
using testing::HasSubstr;

void SaveThing(domain::Store& store, int number) {
  store.SaveThing({"t" + std::to_string(number), "", {{"fill", std::string(700, 'x')}}, 1, At(0)});
}

int CountThings(domain::Store& store) {
  return static_cast<int>(store.ListThings("", "", false, {1'000'000, ""}).items.size());
}

class Durability : public testing::Test {
 protected:
  TemporaryFolder folder_;
  std::string path_ = folder_ / "cloud.db";
};

TEST_F(Durability, FullDisk_TakesTheTransactionBackAndGoesOnWhenThereIsRoom) {
  ConnectionSpy spy;
  SqliteStore store(path_);
  store.Begin();
  SaveThing(store, 0);
  store.Commit();
  Ask(spy.last(), "PRAGMA max_page_count = 60");
  store.Begin();
  std::string words;
  try {
    for (int i = 1; i < 10000; ++i) {
      SaveThing(store, i);
    }
  } catch (const StoreError& error) {
    words = error.what();
  }
  EXPECT_THAT(words, HasSubstr("the disk is full"));
  // SQLite may have rolled back by itself: nothing is written past the error.
  EXPECT_THROW(
      {
        SaveThing(store, 10001);
        store.Commit();
      },
      StoreError);
  store.Rollback();
  EXPECT_EQ(CountThings(store), 1);
  EXPECT_EQ(Ask(spy.last(), "PRAGMA integrity_check"), Names{"ok"});

  Ask(spy.last(), "PRAGMA max_page_count = 100000");
  store.Begin();
  for (int i = 1; i < 500; ++i) {
    SaveThing(store, i);
  }
  store.Commit();
  EXPECT_EQ(CountThings(store), 500);
}

/// While it lives, no file grows beyond so many bytes.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

TEST_F(Durability, CommitThatFails_IsAsIfNothingHadBeen) {
  SqliteStore store(path_);
  store.Begin();
  SaveThing(store, 0);
  store.Commit();
  store.Begin();
  for (int i = 1; i < 100; ++i) {
    SaveThing(store, i);
  }
  {
    FileSizeLimit limit(std::filesystem::file_size(path_ + "-wal") + 20000);
    EXPECT_THROW(store.Commit(), StoreError);
  }
  store.Rollback();
  EXPECT_EQ(CountThings(store), 1);
  store.Begin();
  SaveThing(store, 1);
  store.Commit();
  EXPECT_EQ(CountThings(store), 2);
}

TEST_F(Durability, SecondProcess_ReadsWhatIsCommitted) {
  SqliteStore store(path_);
  store.Begin();
  SaveThing(store, 0);
  SaveThing(store, 1);
  store.Commit();
  store.Begin();
  SaveThing(store, 2);
  const pid_t reader = ::fork();
  if (reader == 0) {
    sqlite3* connection = nullptr;
    sqlite3_open_v2(path_.c_str(), &connection, SQLITE_OPEN_READONLY, nullptr);
    const auto counts = Ask(connection, "SELECT count(*) FROM things");
    ::_exit(counts.size() == 1 ? std::stoi(counts[0]) : 99);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(reader, &status, 0), reader);
  EXPECT_EQ(WEXITSTATUS(status), 2);
  store.Commit();
  EXPECT_EQ(CountThings(store), 3);
}

[[noreturn]] void CommitAndAcknowledgeForEver(const std::string& path, int acknowledgements) {
  SqliteStore store(path);
  for (int number = 0;; ++number) {
    store.Begin();
    SaveThing(store, number);
    domain::Execution execution;
    execution.thing = "t" + std::to_string(number);
    execution.job = "j";
    store.InsertExecution(execution);
    store.Commit();
    if (::write(acknowledgements, &number, sizeof number) != sizeof number) {
      ::_exit(1);
    }
  }
}

/// Lets a child commit until it has acknowledged `wanted`, kills it; returns how many it had.
int KillAfter(const std::string& path, int wanted) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t writer = ::fork();
  if (writer == 0) {
    ::close(ends[0]);
    CommitAndAcknowledgeForEver(path, ends[1]);
  }
  ::close(ends[1]);
  int number = 0;
  int acknowledged = 0;
  while (::read(ends[0], &number, sizeof number) == sizeof number) {
    acknowledged = number + 1;
    if (acknowledged == wanted) {
      ::kill(writer, SIGKILL);
    }
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(writer, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  return acknowledged;
}

TEST_F(Durability, KilledProcess_HasLostNothingThatItAcknowledged) {
  for (const int wanted : {1, 7, 60}) {
    const std::string path = folder_ / std::to_string(wanted);
    const int acknowledged = KillAfter(path, wanted);
    ASSERT_GE(acknowledged, wanted);
    ConnectionSpy spy;
    SqliteStore store(path);
    for (int number = 0; number < acknowledged; ++number) {
      const std::string thing = "t" + std::to_string(number);
      EXPECT_TRUE(store.HasThing(thing)) << thing;
      EXPECT_EQ(store.Pending(thing, 10).size(), 1U) << thing;
    }
    EXPECT_LE(CountThings(store), acknowledged + 1);  // One may be committed and not told.
    EXPECT_EQ(store.ExecutionsOf("j", {}, 1'000'000).size(),
              static_cast<std::size_t>(CountThings(store)));
    EXPECT_EQ(Ask(spy.last(), "PRAGMA integrity_check"), Names{"ok"});
  }
}

}  // namespace
}  // namespace fieldwork::store
