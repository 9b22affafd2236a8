// Decides that the authority's files are whole and closed.
#include "cloud/pki/private_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "cloud/pki/authority.h"
#include "cloud/pki/certificates_test.h"

namespace fieldwork::pki {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(WriteWhole, ModeIsExact_WhateverTheUmask) {
  const TemporaryFolder folder;
  const mode_t before = umask(0777);
  WriteWhole(folder.path() / "key", "secret", kKeyMode);
  umask(before);
  struct stat status {};
  ASSERT_EQ(stat((folder.path() / "key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, kKeyMode);
  EXPECT_EQ(ReadSecret(folder.path() / "key"), "secret");
}

TEST(WriteWhole, LeftoverOfACrash_IsReplaced) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "key.new") << "half";
  WriteWhole(folder.path() / "key", "whole", kKeyMode);
  EXPECT_EQ(ReadWhole(folder.path() / "key"), "whole");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "key.new"));
}

TEST(WriteWhole, LinkAtTheTemporaryName_IsNotFollowed) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "victim") << "mine";
  std::filesystem::create_symlink(folder.path() / "victim", folder.path() / "key.new");
  WriteWhole(folder.path() / "key", "whole", kKeyMode);
  EXPECT_EQ(ContentOf(folder.path() / "victim"), "mine");
}

TEST(WriteWhole, NoFolder_SaysWhereAndNotWhat) {
  try {
    WriteWhole("/nowhere/key", "secret", kKeyMode);
    FAIL();
  } catch (const PkiError& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nowhere/key"));
    EXPECT_THAT(error.what(), Not(HasSubstr("secret")));
  }
}

TEST(WriteWhole, CannotBeWritten_KeepsTheOldFile) {
  const TemporaryFolder folder;
  WriteWhole(folder.path() / "key", "old", kKeyMode);
  std::filesystem::create_directory(folder.path() / "key.new");  // Cannot be created as a file.
  EXPECT_THROW(WriteWhole(folder.path() / "key", "new", kKeyMode), PkiError);
  EXPECT_EQ(ReadWhole(folder.path() / "key"), "old");
}

TEST(Read, MissingIsEmpty_TooLargeAndFolderAreRefused) {
  const TemporaryFolder folder;
  EXPECT_EQ(ReadWhole(folder.path() / "none"), std::nullopt);
  EXPECT_EQ(ReadSecret(folder.path() / "none"), std::nullopt);
  WriteWhole(folder.path() / "large", std::string(2'000'000, 'x'), kKeyMode);
  EXPECT_THROW(ReadWhole(folder.path() / "large"), PkiError);
  EXPECT_THROW(ReadWhole(folder.path()), PkiError);
}

TEST(ReadSecret, ReadableByOthers_IsRefused) {
  const TemporaryFolder folder;
  WriteWhole(folder.path() / "key", "secret", 0644);
  EXPECT_THROW(ReadSecret(folder.path() / "key"), PkiError);
  EXPECT_EQ(ReadWhole(folder.path() / "key"), "secret");
}

}  // namespace
}  // namespace fieldwork::pki
