// What a handler or a command is given, what becomes of its output, and what is refused.
#include "ports/posix/step_process_test.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

namespace fieldwork::posix {
namespace {

using handlers::StepEnd;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// ---- How it ended --------------------------------------------------------------------------

TEST_F(StepProcessTest, ExitCode_IsTold) {
  Script("exit.sh", "exit $2");
  EXPECT_EQ(Run(Handler("exit.sh", R"(["0"])")).end, StepEnd::kSucceeded);
  for (const int code : {1, 2, 126, 127, 128, 137, 255}) {
    const EndedStep ended = Run(Handler("exit.sh", "[\"" + std::to_string(code) + "\"]"));
    EXPECT_EQ(ended.end, StepEnd::kExited);
    EXPECT_EQ(ended.code, code);
    EXPECT_EQ(ended.reason, "");
  }
}

TEST_F(StepProcessTest, Signal_IsTold) {
  Script("die.sh", "kill -$2 $$");
  for (const int number : {SIGKILL, SIGSEGV, SIGTERM, SIGPIPE}) {
    const EndedStep ended = Run(Handler("die.sh", "[\"" + std::to_string(number) + "\"]"));
    EXPECT_EQ(ended.end, StepEnd::kSignaled);
    EXPECT_EQ(ended.code, number);
  }
}

TEST_F(StepProcessTest, FileThatCannotRun_IsExecFailed) {
  Script("ok.sh", "");
  testing::WriteFile(folder.File("garbage"), "garbage", 0755);
  testing::WriteFile(folder.File("lost"), "#!/no/such/interpreter\n", 0755);
  ExpectFailed(Run(Handler("garbage")), "exec-failed");
  EXPECT_THAT(Process().problem(), HasSubstr("Exec format error"));
  ExpectFailed(Run(Handler("lost")), "exec-failed");
  EXPECT_EQ(Run(Handler("ok.sh")).end, StepEnd::kSucceeded);
  EXPECT_EQ(Process().problem(), "");
}

TEST_F(StepProcessTest, LinesOfStderrAboveTheLimit_FailASuccess) {
  Script("talk.sh", "echo 1 >&2; printf 2 >&2; exit $2");
  handlers::Step step = Handler("talk.sh", R"(["0"])");
  step.stderr_lines_max = 2;
  EXPECT_EQ(Run(step).end, StepEnd::kSucceeded);
  step.stderr_lines_max = 1;
  const EndedStep ended = Run(step);
  ExpectFailed(ended, "stderr-output");
  EXPECT_EQ(ended.err, "1\n2");
  handlers::Step failing = Handler("talk.sh", R"(["3"])");
  failing.stderr_lines_max = 0;
  EXPECT_EQ(Run(failing).end, StepEnd::kExited);
}

// ---- What it is given ----------------------------------------------------------------------

TEST_F(StepProcessTest, Arguments_ArriveAsTheyStand) {
  Script("args.sh", R"(printf '<%s>\n' "$@")");
  const EndedStep ended = Run(Handler(
      "args.sh", R"x(["-n","a b","$(id)","`id`;x","*","","\"q\" \\ \u20ac","two\nlines","--"])x"));
  EXPECT_EQ(ended.out,
            "<>\n<-n>\n<a b>\n<$(id)>\n<`id`;x>\n<*>\n<>\n<\"q\" \\ €>\n<two\nlines>\n<-->\n");
}

TEST_F(StepProcessTest, RunAsUserOfTheDocument_IsTheFirstArgument) {
  Script("args.sh", R"(printf '<%s>\n' "$@")");
  handlers::Step step = Handler("args.sh", R"(["x"])");
  step.run_as_user = String("");
  EXPECT_EQ(Run(step).out, "<>\n<x>\n");
}

TEST_F(StepProcessTest, Environment_IsExactlyThis) {
  ASSERT_EQ(setenv("FIELDWORK_TEST_SECRET", "canary", 1), 0);
  options.run_command = true;
  const EndedStep ended = Run(Command("env"));
  std::vector<std::string> lines = Lines(ended.out);
  const auto home = std::find_if(lines.begin(), lines.end(),
                                 [](const auto& line) { return line.starts_with("HOME=/"); });
  ASSERT_NE(home, lines.end());
  lines.erase(home);
  EXPECT_THAT(lines,
              UnorderedElementsAre("FIELDWORK_THING=lamp", "FIELDWORK_JOB_ID=job-1",
                                   "FIELDWORK_EXECUTION_NUMBER=7", "FIELDWORK_STEP=2",
                                   "FIELDWORK_STEPS=3", "PATH=" + options.path, "LANG=C.UTF-8"));
  unsetenv("FIELDWORK_TEST_SECRET");
}

TEST_F(StepProcessTest, Handler_IsToldItsOwnPath) {
  Script("self.sh", R"(echo "$FIELDWORK_HANDLER")");
  EXPECT_EQ(Run(Handler("self.sh")).out, folder.File("self.sh") + "\n");
}

TEST_F(StepProcessTest, DirectoryUmaskAndInput_AreSet) {
  Script("where.sh", "pwd; umask; cat; readlink /proc/self/fd/0");
  const mode_t before = umask(077);
  EXPECT_EQ(Run(Handler("where.sh")).out, "/\n0022\n/dev/null\n");
  umask(before);
}

// ---- Its output ----------------------------------------------------------------------------

TEST_F(StepProcessTest, Progress_IsTakenAndStaysInTheOutput) {
  Script("steps.sh", "printf 'progress=1\\npro'; printf 'gress=40\\n'; echo progress=101");
  const EndedStep ended = Run(Handler("steps.sh"));
  EXPECT_EQ(Process().TakeProgress(), 40);
  EXPECT_EQ(Process().TakeProgress(), std::nullopt);
  EXPECT_EQ(ended.out, "progress=1\nprogress=40\nprogress=101\n");
}

TEST_F(StepProcessTest, ProgressOnStderr_IsNone) {
  Script("steps.sh", "echo progress=1 >&2");
  EXPECT_EQ(Run(Handler("steps.sh")).err, "progress=1\n");
  EXPECT_EQ(Process().TakeProgress(), std::nullopt);
}

TEST_F(StepProcessTest, MegabyteOnStderrFirst_DoesNotBlock) {
  Script("loud.sh", "head -c 1000000 /dev/zero | tr '\\0' e >&2; echo done");
  const EndedStep ended = Run(Handler("loud.sh"));
  EXPECT_EQ(ended.end, StepEnd::kSucceeded);
  EXPECT_EQ(ended.out, "done\n");
  EXPECT_EQ(ended.err, std::string(1024, 'e'));
}

TEST_F(StepProcessTest, MuchOutput_LeavesItsEnd) {
  options.tail_bytes = 10;
  Script("much.sh", "head -c 20000000 /dev/zero | tr '\\0' o; echo; echo the-end");
  const EndedStep ended = Run(Handler("much.sh"));
  EXPECT_EQ(ended.out, "o\nthe-end\n");
}

// ---- What is refused before anything begins ------------------------------------------------

TEST_F(StepProcessTest, HandlerNames_AreChecked) {
  for (const char* name :
       {"", "..", "../../bin/sh", "/bin/sh", "a/../b", "a\\nb", "a\\u0000b", ".x", "-x", "a b"}) {
    EXPECT_STREQ(Process().WhyNot(Handler(name)), "handler-name-invalid") << name;
  }
  EXPECT_STREQ(Process().WhyNot(Handler(std::string(4096, 'a'))), "handler-name-invalid");
  EXPECT_STREQ(Process().WhyNot(Handler("absent.sh")), "unknown-handler");
  Script("here.sh", "");
  EXPECT_EQ(Process().WhyNot(Handler("here.sh")), nullptr);
}

TEST_F(StepProcessTest, RefusedStep_DoesNotStartEither) {
  ExpectFailed(Run(Handler("../x")), "handler-name-invalid");
  ExpectFailed(Run(Handler("absent.sh")), "unknown-handler");
  EXPECT_FALSE(Process().is_running());
}

TEST_F(StepProcessTest, WithoutADirectory_ThereAreNoHandlers) {
  options.handler_directory = "";
  EXPECT_STREQ(Process().WhyNot(Handler("here.sh")), "no-handlers");
}

TEST_F(StepProcessTest, Path_MustBeAllowed) {
  const std::string more = folder.File("more");
  mkdir(more.c_str(), 0755);
  testing::WriteFile(more + "/extra.sh", "#!/bin/sh\necho extra\n", 0755);
  Script("usual.sh", "echo usual");
  options.allowed_paths = {more + "/"};
  handlers::Step step = Handler("extra.sh");
  step.path = String(more);
  EXPECT_EQ(Run(step).out, "extra\n");
  for (const std::string& path : {std::string("default"), std::string(""), folder.path()}) {
    step = Handler("usual.sh");
    step.path = String(path);
    EXPECT_EQ(Run(step).out, "usual\n") << path;
  }
  for (const std::string& path : {std::string("/bin"), more + "/..", std::string("more")}) {
    step.path = String(path);
    EXPECT_STREQ(Process().WhyNot(step), "path-not-allowed") << path;
  }
}

TEST_F(StepProcessTest, Operations_MayBeNarrowed) {
  Script("here.sh", "");
  options.allowed_operations = {"Install", "step"};
  EXPECT_EQ(Process().WhyNot(Handler("here.sh")), nullptr);
  handlers::Step step = Handler("here.sh");
  for (const char* name : {"Step", "Install2", ""}) {
    step.name = String(name);
    EXPECT_STREQ(Process().WhyNot(step), "operation-not-allowed");
  }
  step.name = {};
  EXPECT_STREQ(Process().WhyNot(step), "operation-not-allowed");
}

TEST_F(StepProcessTest, Arguments_AreCheckedForWhatNoProcessCanBeGiven) {
  Script("here.sh", "");
  EXPECT_STREQ(Process().WhyNot(Handler("here.sh", R"(["a\u0000b"])")), "argument-invalid");
  EXPECT_STREQ(Process().WhyNot(Handler("here.sh", R"(["a",1])")), "argument-invalid");
  handlers::Step step = Handler("here.sh");
  step.args = String("a");
  EXPECT_STREQ(Process().WhyNot(step), "argument-invalid");
  step = Handler("here.sh");
  step.run_as_user = Array("[]");
  EXPECT_STREQ(Process().WhyNot(step), "argument-invalid");
}

TEST_F(StepProcessTest, Actions_AreNotForThisOne) {
  handlers::Step step;
  step.kind = handlers::StepKind::kAction;
  EXPECT_STREQ(Process().WhyNot(step), "unsupported-step");
}

TEST_F(StepProcessTest, UnsafeHandler_FailsAndSaysWhatToDo) {
  Script("open.sh", "echo ran", 0777);
  EXPECT_EQ(Process().WhyNot(Handler("open.sh")), nullptr);
  const EndedStep ended = Run(Handler("open.sh"));
  ExpectFailed(ended, "handler-not-safe");
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(Process().problem(), StartsWith(folder.File("open.sh") + ": "));
  EXPECT_THAT(Process().problem(), EndsWith("run: chmod go-w"));
}

// ---- Commands ------------------------------------------------------------------------------

TEST_F(StepProcessTest, Command_NeedsLeave) {
  EXPECT_STREQ(Process().WhyNot(Command("echo")), "command-not-allowed");
}

TEST_F(StepProcessTest, Command_IsLookedUpAndGetsItsWords) {
  options.run_command = true;
  const EndedStep ended = Run(Command(R"x(printf,<%s>\\n,a b,c\\,d,$(id))x"));
  EXPECT_EQ(ended.out, "<a b>\n<c,d>\n<$(id)>\n");
  EXPECT_EQ(Run(Command("/bin/sh,-c,echo $0,zero")).out, "zero\n");
  EXPECT_EQ(Run(Command("false")).code, 1);
}

TEST_F(StepProcessTest, CommandThatIsNone_IsInvalid) {
  options.run_command = true;
  for (const char* command : {"", ",", "a,,b", "bin/sh", "a b", "sh,\\u0000"}) {
    EXPECT_STREQ(Process().WhyNot(Command(command)), "command-invalid") << command;
  }
}

TEST_F(StepProcessTest, CommandThatIsNowhere_IsExecFailed) {
  options.run_command = true;
  options.path = folder.path();
  ExpectFailed(Run(Command("sh")), "exec-failed");
  EXPECT_THAT(Process().problem(), HasSubstr(folder.path()));
  ExpectFailed(Run(Command("/no/such/program")), "exec-failed");
  EXPECT_THAT(Process().problem(), HasSubstr("No such file"));
}

}  // namespace
}  // namespace fieldwork::posix
