#include "apps/cloud/data_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>

namespace fieldwork::cloud {
namespace {

class DataFolderTest : public testing::Test {
 protected:
  DataFolderTest() : root_(testing::TempDir() + "data_folder_" + std::to_string(getpid())) {}
  ~DataFolderTest() override { std::filesystem::remove_all(root_); }

  std::filesystem::path root_;
};

TEST_F(DataFolderTest, AFolderThatIsMissing_IsMadeForItsOwnerAlone) {
  const DataFolder folder(root_ / "a" / "b");
  struct stat status {};
  ASSERT_EQ(stat((root_ / "a" / "b").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST_F(DataFolderTest, ASecondServiceOnIt_IsRefusedWithThePidOfTheFirst) {
  std::optional<DataFolder> first(root_);
  try {
    const DataFolder second(root_);
    FAIL() << "two services on one folder";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("pid " + std::to_string(getpid())));
  }
  first.reset();
  const DataFolder third(root_);
}

TEST_F(DataFolderTest, AFileInItsPlace_IsRefused) {
  std::filesystem::create_directories(root_);
  std::filesystem::path file = root_ / "file";
  EXPECT_NE(symlink("/dev/null", file.c_str()), -1);
  EXPECT_THROW(DataFolder folder(file), std::runtime_error);
}

}  // namespace
}  // namespace fieldwork::cloud
