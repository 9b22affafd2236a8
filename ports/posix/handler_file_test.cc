// Which files and directories are safe, one flaw at a time.
#include "ports/posix/handler_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ports/posix/testing/pki.h"

namespace fieldwork::posix {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::TempFolder;
using testing::WriteFile;

struct HandlerFileTest : ::testing::Test {
  HandlerFileTest() {
    mkdir(opt.c_str(), 0755);
    mkdir(jobs.c_str(), 0755);
    WriteFile(File(), "#!/bin/sh\n", 0755);
  }

  std::string File(const std::string& name = "hello.sh") const { return jobs + "/" + name; }
  HandlerFile Open(const std::string& name = "hello.sh") {
    return OpenHandler(jobs, name, folder.path());
  }
  void ExpectNotSafe(const HandlerFile& handler, const std::string& path, const char* why) {
    EXPECT_STREQ(handler.reason, "handler-not-safe");
    EXPECT_FALSE(handler.fd.valid());
    EXPECT_THAT(handler.problem, StartsWith(path + ": "));
    EXPECT_THAT(handler.problem, HasSubstr(why));
  }

  TempFolder folder;
  std::string opt = folder.File("opt");
  std::string jobs = opt + "/jobs";
};

TEST(HandlerName, OneHarmlessComponent_IsValid) {
  for (const char* name : {"a", "install-packages.sh", "A_1.2", "x--", "reboot..sh"}) {
    EXPECT_TRUE(HandlerNameIsValid(name)) << name;
  }
  EXPECT_TRUE(HandlerNameIsValid(std::string(255, 'a')));
}

TEST(HandlerName, AnythingElse_IsNot) {
  using namespace std::string_view_literals;
  for (const std::string_view name :
       {""sv, "."sv, ".."sv, ".hidden"sv, "-rf"sv, "../../bin/sh"sv, "/bin/sh"sv, "a/../b"sv,
        "a/b"sv, "a\nb"sv, "a\0b"sv, "a b"sv, "a;b"sv, "$(a)"sv, "ä"sv, "a\\b"sv}) {
    EXPECT_FALSE(HandlerNameIsValid(name)) << name;
  }
  EXPECT_FALSE(HandlerNameIsValid(std::string(256, 'a')));
  EXPECT_FALSE(HandlerNameIsValid(std::string(4096, 'a')));
}

TEST_F(HandlerFileTest, OwnFileThatNobodyElseCanWrite_IsOpened) {
  const HandlerFile handler = Open();
  EXPECT_EQ(handler.reason, nullptr) << handler.problem;
  struct stat opened {};
  struct stat named {};
  ASSERT_EQ(fstat(handler.fd.get(), &opened), 0);
  ASSERT_EQ(stat(File().c_str(), &named), 0);
  EXPECT_EQ(opened.st_ino, named.st_ino);
}

TEST_F(HandlerFileTest, ModesThatLetOthersIn_AreNotSafe) {
  for (const mode_t mode : {0775, 0757, 0777}) {
    chmod(File().c_str(), mode);
    ExpectNotSafe(Open(), File(), "can write to it");
  }
  for (const mode_t mode : {04755, 02755}) {
    chmod(File().c_str(), mode);
    ExpectNotSafe(Open(), File(), "set-user-id");
  }
  chmod(File().c_str(), 0644);
  ExpectNotSafe(Open(), File(), "chmod u+x");
}

TEST_F(HandlerFileTest, DirectoriesThatOthersCanWrite_AreNotSafe) {
  for (const mode_t mode : {0775, 0777, 01777}) {
    chmod(jobs.c_str(), mode);
    ExpectNotSafe(Open(), jobs, "can write to it");
    chmod(jobs.c_str(), 0755);
    chmod(opt.c_str(), mode);
    ExpectNotSafe(Open(), opt, "can write to it");
    chmod(opt.c_str(), 0755);
  }
}

TEST_F(HandlerFileTest, FolderThatIsTrustedAbove_IsLookedAtItself) {
  chmod(folder.path().c_str(), 0777);
  ExpectNotSafe(Open(), folder.path(), "can write to it");
}

TEST_F(HandlerFileTest, BelowTmp_IsNotSafe) {
  struct stat tmp {};
  if (stat("/tmp", &tmp) != 0 || (tmp.st_mode & S_IWOTH) == 0) {
    GTEST_SKIP() << "others cannot write to /tmp here";
  }
  ExpectNotSafe(OpenHandler(jobs, "hello.sh"), "/tmp", "can write to it");
  // A trust that is not about this directory changes nothing.
  ExpectNotSafe(OpenHandler(jobs, "hello.sh", folder.path() + "x"), "/tmp", "can write to it");
}

TEST_F(HandlerFileTest, SymbolicLinks_AreNotSafe) {
  ASSERT_EQ(symlink(File().c_str(), File("link").c_str()), 0);
  ExpectNotSafe(Open("link"), File("link"), "symbolic link");
  ASSERT_EQ(symlink("/bin/sh", File("out").c_str()), 0);
  ExpectNotSafe(Open("out"), File("out"), "symbolic link");
  const std::string other = folder.File("other");
  ASSERT_EQ(symlink(opt.c_str(), other.c_str()), 0);
  ExpectNotSafe(OpenHandler(other + "/jobs", "hello.sh", folder.path()), other, "symbolic link");
}

TEST_F(HandlerFileTest, WhatIsNoFile_IsNotSafe) {
  mkdir(File("folder").c_str(), 0755);
  ExpectNotSafe(Open("folder"), File("folder"), "not a regular file");
  ASSERT_EQ(mkfifo(File("pipe").c_str(), 0755), 0);
  ExpectNotSafe(Open("pipe"), File("pipe"), "not a regular file");
  ExpectNotSafe(OpenHandler(File(), "x", folder.path()), File(), "not a directory");
}

TEST_F(HandlerFileTest, PathsThatWander_AreNotSafe) {
  ExpectNotSafe(OpenHandler(jobs + "/../jobs", "hello.sh", folder.path()), jobs + "/..", "..");
  ExpectNotSafe(OpenHandler("jobs", "hello.sh"), "jobs", "absolute");
  ExpectNotSafe(OpenHandler("", "hello.sh"), "", "absolute");
}

TEST_F(HandlerFileTest, SlashesInExcess_DoNotMatter) {
  const HandlerFile handler =
      OpenHandler(folder.path() + "//opt/jobs//", "hello.sh", folder.path() + "/");
  EXPECT_EQ(handler.reason, nullptr) << handler.problem;
}

TEST_F(HandlerFileTest, NotThere_IsUnknown) {
  EXPECT_STREQ(Open("absent").reason, "unknown-handler");
  EXPECT_STREQ(OpenHandler(folder.File("absent"), "a", folder.path()).reason, "unknown-handler");
  EXPECT_FALSE(HandlerExists(jobs, "absent"));
  EXPECT_FALSE(HandlerExists(folder.File("absent"), "a"));
  EXPECT_TRUE(HandlerExists(jobs, "hello.sh"));
}

TEST_F(HandlerFileTest, OwnedByAnother_IsNotSafe) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to give files away";
  ASSERT_EQ(chown(File().c_str(), 65534, 0), 0);
  ExpectNotSafe(Open(), File(), "uid 65534");
  ASSERT_EQ(chown(File().c_str(), 0, 0), 0);
  ASSERT_EQ(chown(jobs.c_str(), 65534, 0), 0);
  ExpectNotSafe(Open(), jobs, "uid 65534");
}

}  // namespace
}  // namespace fieldwork::posix
