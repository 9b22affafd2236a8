// Decides on which stores the contract tests run, and what each test starts from.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include "cloud/domain/testing/fixture.h"
#include "cloud/domain/testing/memory_store.h"
#include "cloud/store/sqlite_store.h"

namespace fieldwork::store {

using domain::testing::At;

/// A folder of its own for a test, gone with it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = testing::TempDir() + "fieldwork-store-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

struct InMemory {
  domain::testing::MemoryStore store;
};
struct InSqlite {
  TemporaryFolder folder;
  SqliteStore store{folder / "cloud.db"};
};

/// A transaction is open when a test begins.
template <typename Kind>
class StoreContract : public testing::Test {
 protected:
  StoreContract() { store.Begin(); }
  ~StoreContract() override { store.Rollback(); }

  /// What the database says, not what the open transaction remembers.
  void CommitAndGoOn() {
    store.Commit();
    store.Begin();
  }

 private:
  Kind kind_;

 protected:
  domain::Store& store = kind_.store;
};
using Stores = testing::Types<InMemory, InSqlite>;

/// Every item, read in pages of `limit`; `list(page_request)` reads one. Fails if a page is too
/// long or if there is no end.
template <typename List>
auto AllPages(int limit, List list) {
  decltype(list(domain::PageRequest{}).items) all;
  domain::PageRequest request{limit, ""};
  for (int pages = 0; pages < 1000; ++pages) {
    auto page = list(request);
    EXPECT_LE(page.items.size(), static_cast<std::size_t>(limit));
    all.insert(all.end(), page.items.begin(), page.items.end());
    if (page.next.empty()) {
      return all;
    }
    EXPECT_EQ(page.items.size(), static_cast<std::size_t>(limit)) << "a short page that goes on";
    request.after = page.next;
  }
  ADD_FAILURE() << "the pages do not end";
  return all;
}

template <typename T>
std::vector<std::string> NamesOf(const std::vector<T>& items) {
  std::vector<std::string> names;
  for (const T& item : items) {
    if constexpr (requires { item.name; }) {
      names.push_back(item.name);
    } else {
      names.push_back(item.id);
    }
  }
  return names;
}

using Names = std::vector<std::string>;

}  // namespace fieldwork::store
