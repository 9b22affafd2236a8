// Words of a command, and where its program is.
#include "ports/posix/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "ports/posix/testing/pki.h"

namespace fieldwork::posix {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;
using testing::TempFolder;
using testing::WriteFile;

TEST(SplitCommand, CommasSeparate_NothingElseDoes) {
  EXPECT_THAT(SplitCommand("echo"), Optional(ElementsAre("echo")));
  EXPECT_THAT(SplitCommand("echo,a b, c ,$(id);`id`|>"),
              Optional(ElementsAre("echo", "a b", " c ", "$(id);`id`|>")));
  EXPECT_THAT(SplitCommand("/bin/echo,-n,--"), Optional(ElementsAre("/bin/echo", "-n", "--")));
}

TEST(SplitCommand, Backslash_KeepsCommasAndItself) {
  EXPECT_THAT(SplitCommand(R"(echo,a\,b)"), Optional(ElementsAre("echo", "a,b")));
  EXPECT_THAT(SplitCommand(R"(echo,a\\,b)"), Optional(ElementsAre("echo", R"(a\)", "b")));
  EXPECT_THAT(SplitCommand(R"(echo,\n\)"), Optional(ElementsAre("echo", R"(\n\)")));
}

TEST(SplitCommand, EmptyWordsAndStrangePrograms_AreRefused) {
  for (const char* command : {"", ",", "echo,", ",echo", "echo,,a", "echo a", " echo", "./echo",
                              "bin/echo", "../echo", "a\tb", "a\nb"}) {
    EXPECT_EQ(SplitCommand(command), std::nullopt) << command;
  }
}

struct FindProgramTest : ::testing::Test {
  FindProgramTest() {
    for (const char* name : {"a", "b"}) mkdir(folder.File(name).c_str(), 0755);
    WriteFile(folder.File("a/plain"), "", 0644);
    WriteFile(folder.File("b/plain"), "", 0755);
    WriteFile(folder.File("b/tool"), "", 0755);
    mkdir(folder.File("a/tool").c_str(), 0755);
  }
  TempFolder folder;
  std::string path = folder.File("a") + "::relative:" + folder.File("b");
};

TEST_F(FindProgramTest, FirstExecutableFile_IsIt) {
  EXPECT_EQ(FindProgram("plain", path), folder.File("b/plain"));
  EXPECT_EQ(FindProgram("tool", path), folder.File("b/tool"));
}

TEST_F(FindProgramTest, Absolute_IsNotLookedUp) {
  EXPECT_EQ(FindProgram("/no/such", path), "/no/such");
}

TEST_F(FindProgramTest, None_IsEmpty) {
  EXPECT_EQ(FindProgram("absent", path), "");
  EXPECT_EQ(FindProgram("tool", ""), "");
}

}  // namespace
}  // namespace fieldwork::posix
