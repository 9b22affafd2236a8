// The process itself: what it inherits, who it is, how it is stopped, and that nothing stays.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iterator>
#include <thread>

#include "ports/posix/step_process_test.h"
#include "ports/posix/unique_fd.h"

namespace fieldwork::posix {
namespace {

using handlers::StepEnd;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr uid_t kNobody = 65534;

bool IsRoot() { return geteuid() == 0; }

// Also of processes that are not ours to wait for.
bool WaitForDeath(pid_t pid) {
  const UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd.valid()) return errno == ESRCH;
  pollfd fd{pidfd.get(), POLLIN, 0};
  return poll(&fd, 1, 20000) == 1;
}

std::ptrdiff_t OpenDescriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

bool HasChildren() {
  siginfo_t info{};
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

struct StepProcessRunTest : StepProcessTest {
  /// Starts a script that prints one line of numbers and goes on; returns the numbers.
  std::vector<pid_t> StartAndReadPids(const std::string& name) {
    const auto result = Process().Start(Handler(name), context);
    EXPECT_FALSE(result.has_value());
    while (!std::filesystem::exists(folder.File("pids"))) {
      if (!PollOnce()) return {};
    }
    std::vector<pid_t> pids;
    const std::string text = testing::ReadFile(folder.File("pids"));
    for (const char* at = text.c_str(); *at >= '0' && *at <= '9';) {
      char* end = nullptr;
      pids.push_back(static_cast<pid_t>(std::strtol(at, &end, 10)));
      at = *end == ' ' ? end + 1 : end;
    }
    return pids;
  }
  /// Until its first process is gone; tells no time.
  void PollUntilEnded() {
    while (Process().Deadline() == kNever) {
      std::vector<pollfd> fds;
      Process().AddPollFds(fds);
      ASSERT_GT(poll(fds.data(), fds.size(), 20000), 0);
      Process().OnPoll(fds);
    }
  }
  /// Shell: writes the pids where StartAndReadPids() looks, then wakes its poll.
  std::string Tell(const std::string& pids) {
    const std::string file = folder.File("pids");
    return "echo " + pids + " > " + file + ".new; mv " + file + ".new " + file + "; echo told\n";
  }
};

// ---- What it inherits ----------------------------------------------------------------------

TEST_F(StepProcessRunTest, MachineCode_HasThreeDescriptors) {
  const UniqueFd stray(fcntl(2, F_DUPFD, 20));  // Not closed on exec.
  std::filesystem::copy_file("/bin/ls", folder.File("ls"));
  chmod(folder.File("ls").c_str(), 0755);
  // The last is that of ls itself, which reads the directory.
  EXPECT_EQ(Run(Handler("ls", R"(["-1","/proc/self/fd"])")).out, "/proc/self/fd:\n0\n1\n2\n3\n");
}

TEST_F(StepProcessRunTest, Command_HasThreeDescriptors) {
  const UniqueFd stray(fcntl(2, F_DUPFD, 20));
  options.run_command = true;
  EXPECT_EQ(Run(Command("ls,-1,/proc/self/fd")).out, "0\n1\n2\n3\n");
}

TEST_F(StepProcessRunTest, Script_HasItselfBesides) {
  const UniqueFd stray(fcntl(2, F_DUPFD, 20));
  Script("fds.sh", "ls -l /proc/self/fd | sed -n 's/.* \\([0-9]* -> .*\\)/\\1/p'; echo $0");
  const std::string out = Run(Handler("fds.sh")).out;
  EXPECT_THAT(out, HasSubstr("0 -> /dev/null\n"));
  EXPECT_THAT(out, HasSubstr("3 -> " + folder.File("fds.sh") + "\n"));
  EXPECT_THAT(out, HasSubstr("4 -> /proc/"));  // That of ls.
  EXPECT_THAT(out, Not(HasSubstr("5 -> ")));
  EXPECT_THAT(out, HasSubstr("/dev/fd/3\n"));
}

TEST_F(StepProcessRunTest, AgentWithoutStandardDescriptors_StartsAllTheSame) {
  options.run_command = true;
  // In a process of its own: this one needs its standard descriptors.
  EXPECT_EXIT(
      {
        for (int fd = 0; fd <= 2; ++fd) close(fd);
        const EndedStep ended = Run(Command("ls,-1,/proc/self/fd"));
        _exit(ended.out == "0\n1\n2\n3\n" ? 42 : 1);
      },
      ::testing::ExitedWithCode(42), "");
}

TEST_F(StepProcessRunTest, Signals_AreAtTheirDefaults) {
  options.tail_bytes = 8192;
  options.run_command = true;
  sigset_t usr1;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &usr1, &before);
  auto* const pipe_before = signal(SIGPIPE, SIG_IGN);
  const std::string out = Run(Command("cat,/proc/self/status")).out;
  signal(SIGPIPE, pipe_before);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_THAT(out, HasSubstr("SigBlk:\t0000000000000000\n"));
  EXPECT_THAT(out, HasSubstr("SigIgn:\t0000000000000000\n"));
}

TEST_F(StepProcessRunTest, ItLeadsAGroupOfItsOwn) {
  Script("group.sh", "set -- $(cut -d' ' -f5 /proc/$$/stat); echo $$ $1");
  const std::string out = Run(Handler("group.sh")).out;
  const std::size_t blank = out.find(' ');
  EXPECT_EQ(out.substr(0, blank) + "\n", out.substr(blank + 1));
}

TEST_F(StepProcessRunTest, Limits_AreSet) {
  options.memory_bytes = 512 * 1024 * 1024;
  options.file_bytes = 1024 * 1024;
  options.cpu_seconds = 5;
  options.processes = 5000;
  options.open_files = 64;
  Script("limits.sh",
         "sed -En 's/^Max (address|file|cpu|processes|open) *[a-z]* *([0-9]+) *([0-9]+).*/"
         "\\1=\\2,\\3/p' /proc/self/limits; head -c 2000000 /dev/zero > $2");
  const std::string file = folder.File("large");
  const EndedStep ended = Run(Handler("limits.sh", "[\"" + file + "\"]"));
  EXPECT_EQ(ended.out,
            "cpu=5,6\nfile=1048576,1048576\nprocesses=5000,5000\nopen=64,64\n"
            "address=536870912,536870912\n");
  EXPECT_NE(ended.end, StepEnd::kSucceeded);
  EXPECT_EQ(std::filesystem::file_size(file), 1048576u);
}

TEST_F(StepProcessRunTest, CpuTime_RunsOut) {
  options.cpu_seconds = 1;
  Script("spin.sh", "while :; do :; done");
  const EndedStep ended = Run(Handler("spin.sh"));
  EXPECT_EQ(ended.end, StepEnd::kSignaled);
  EXPECT_EQ(ended.code, SIGXCPU);
}

// ---- Who it is -----------------------------------------------------------------------------

TEST_F(StepProcessRunTest, UnknownUser_IsNotRun) {
  Script("touch.sh", "touch " + folder.File("ran"));
  for (const char* name : {"no-such-user-here", "0", "65534", "root ", "-1"}) {
    handlers::Step step = Handler("touch.sh");
    step.run_as_user = String(name);
    EXPECT_EQ(Process().WhyNot(step), nullptr);
    ExpectFailed(Run(step), "user-unknown");
    EXPECT_THAT(Process().problem(), Not(HasSubstr(name)));
  }
  EXPECT_FALSE(std::filesystem::exists(folder.File("ran")));
}

TEST_F(StepProcessRunTest, OwnUser_NeedsNoSwitch) {
  options.run_command = true;
  std::string name = Run(Command("id,-un")).out;
  name.pop_back();
  Script("who.sh", "id -un; echo $1");
  handlers::Step step = Handler("who.sh");
  step.run_as_user = String(name);
  EXPECT_EQ(Run(step).out, name + "\n" + name + "\n");
}

TEST_F(StepProcessRunTest, AnotherUser_NeedsRoot) {
  if (IsRoot()) GTEST_SKIP() << "needs an agent that is not root";
  Script("who.sh", "id -un");
  handlers::Step step = Handler("who.sh");
  step.run_as_user = String("root");
  ExpectFailed(Run(step), "user-not-permitted");
}

TEST_F(StepProcessRunTest, AnotherUser_IsBecomeForGood) {
  if (!IsRoot()) GTEST_SKIP() << "needs root, to become somebody else";
  options.tail_bytes = 8192;
  Script("who.sh", "cat /proc/self/status; echo home=$HOME; echo open > /dev/stderr; cat /root/x");
  handlers::Step step = Handler("who.sh");
  step.run_as_user = String("nobody");
  const EndedStep ended = Run(step);
  const std::string four = "\t65534\t65534\t65534\t65534\n";
  EXPECT_THAT(ended.out, HasSubstr("Uid:" + four));
  EXPECT_THAT(ended.out, HasSubstr("Gid:" + four));
  EXPECT_THAT(ended.out, HasSubstr("Groups:\t65534 \n"));
  EXPECT_THAT(ended.out, HasSubstr("CapEff:\t0000000000000000\n"));
  EXPECT_THAT(ended.out, HasSubstr("home=/nonexistent\n"));
  EXPECT_THAT(ended.err, HasSubstr("open\n"));
  EXPECT_THAT(ended.err, HasSubstr("Permission denied"));
}

TEST_F(StepProcessRunTest, CommandOfAnotherUser_RunsAsThatUser) {
  if (!IsRoot()) GTEST_SKIP() << "needs root, to become somebody else";
  options.run_command = true;
  handlers::Step step = Command("id,-u");
  step.run_as_user = String("nobody");
  EXPECT_EQ(Run(step).out, "65534\n");
}

TEST_F(StepProcessRunTest, HandlerTheUserMayNotRead_IsExecFailed) {
  if (!IsRoot()) GTEST_SKIP() << "needs root, to become somebody else";
  Script("mine.sh", "", 0700);
  handlers::Step step = Handler("mine.sh");
  step.run_as_user = String("nobody");
  ExpectFailed(Run(step), "exec-failed");
  EXPECT_THAT(Process().problem(), HasSubstr("Permission denied"));
}

TEST_F(StepProcessRunTest, AgentThatIsNotRoot_RunsItsOwnHandlersAndBecomesNobodyElse) {
  if (!IsRoot()) GTEST_SKIP() << "needs root, to become somebody else";
  Script("who.sh", "id -u");
  for (const std::string& path : {folder.path(), folder.File("who.sh")}) {
    ASSERT_EQ(chown(path.c_str(), kNobody, kNobody), 0);
  }
  EXPECT_EXIT(
      {
        if (setresuid(kNobody, kNobody, kNobody) != 0) _exit(1);
        handlers::Step step = Handler("who.sh");
        step.run_as_user = String("nobody");
        if (Run(step).out != "65534\n") _exit(2);
        step.run_as_user = String("root");
        _exit(Run(step).reason == "user-not-permitted" ? 42 : 3);
      },
      ::testing::ExitedWithCode(42), "");
}

// ---- How it ends, and what stays -----------------------------------------------------------

TEST_F(StepProcessRunTest, Stop_AsksFirst) {
  Script("polite.sh", "trap 'echo bye; exit 3' TERM\n" + Tell("$$") + "while :; do sleep 1; done");
  ASSERT_EQ(StartAndReadPids("polite.sh").size(), 1u);
  Process().Stop(false);
  const EndedStep ended = Finish();
  EXPECT_EQ(ended.end, StepEnd::kExited);
  EXPECT_EQ(ended.code, 3);
  EXPECT_THAT(ended.out, HasSubstr("bye\n"));
  Process().Stop(true);  // Nothing runs: harmless.
}

TEST_F(StepProcessRunTest, Stop_WakesAHaltedStep) {
  Script("halted.sh", Tell("$$") + "kill -STOP $$");
  const auto pids = StartAndReadPids("halted.sh");
  ASSERT_EQ(pids.size(), 1u);
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(pids[0]), &info, WSTOPPED | WNOWAIT), 0);
  Process().Stop(false);
  EXPECT_EQ(Finish().code, SIGTERM);
}

TEST_F(StepProcessRunTest, StopByForce_KillsTheWholeGroup) {
  Script("stubborn.sh",
         "trap '' TERM\nsleep 1000 & child=$!\n" + Tell("$$ $child") + "while :; do sleep 1; done");
  const auto pids = StartAndReadPids("stubborn.sh");
  ASSERT_EQ(pids.size(), 2u);
  Process().Stop(false);
  Process().Stop(true);
  const EndedStep ended = Finish();
  EXPECT_EQ(ended.end, StepEnd::kSignaled);
  EXPECT_EQ(ended.code, SIGKILL);
  EXPECT_TRUE(WaitForDeath(pids[1]));
}

TEST_F(StepProcessRunTest, StoppedStepThatLeavesSomebodyBehind_TakesThemAlong) {
  Script("leader.sh", "(trap '' TERM; exec sleep 1000) & child=$!\ntrap 'exit 0' TERM\n" +
                          Tell("$$ $child") + "while :; do sleep 1; done");
  const auto pids = StartAndReadPids("leader.sh");
  ASSERT_EQ(pids.size(), 2u);
  Process().Stop(false);
  EXPECT_EQ(Finish().end, StepEnd::kSucceeded);
  EXPECT_TRUE(WaitForDeath(pids[1]));
}

TEST_F(StepProcessRunTest, ServiceThatAStepStarts_GoesOn) {
  Script("service.sh", "sleep 1000 > /dev/null 2>&1 & child=$!\n" + Tell("$child"));
  const auto pids = StartAndReadPids("service.sh");
  ASSERT_EQ(pids.size(), 1u);
  EXPECT_EQ(Finish().end, StepEnd::kSucceeded);
  EXPECT_EQ(kill(pids[0], 0), 0);
  kill(pids[0], SIGKILL);
  EXPECT_TRUE(WaitForDeath(pids[0]));
}

TEST_F(StepProcessRunTest, ServiceThatKeepsTheOutput_DelaysTheEndByASecond) {
  Script("keeper.sh", "echo first; sleep 1000 & child=$!\n" + Tell("$child"));
  ASSERT_FALSE(Process().Start(Handler("keeper.sh"), context).has_value());
  PollUntilEnded();
  const Instant start{1000000};  // Its own time: no second is waited for.
  EXPECT_FALSE(Process().TakeResult(start).has_value());
  EXPECT_EQ(Process().Deadline(), start + Seconds(1));
  EXPECT_FALSE(Process().TakeResult(start + Millis{999}).has_value());
  Process().OnTime(start + Seconds(1));
  const auto result = Process().TakeResult(start + Seconds(1));
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(Own(*result).out, "first\ntold\n");
  EXPECT_EQ(result->end, StepEnd::kSucceeded);
  EXPECT_FALSE(Process().TakeResult(start + Seconds(2)).has_value());
  const pid_t keeper = static_cast<pid_t>(std::stol(testing::ReadFile(folder.File("pids"))));
  kill(keeper, SIGKILL);
  EXPECT_TRUE(WaitForDeath(keeper));
}

TEST_F(StepProcessRunTest, StopAfterTheEnd_WaitsForNoMoreOutput) {
  Script("keeper.sh", "sleep 1000 & child=$!\n" + Tell("$child") + "exit 5");
  ASSERT_FALSE(Process().Start(Handler("keeper.sh"), context).has_value());
  PollUntilEnded();
  Process().Stop(false);
  const auto result = Process().TakeResult(Instant{1});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->code, 5);
  const pid_t keeper = static_cast<pid_t>(std::stol(testing::ReadFile(folder.File("pids"))));
  kill(keeper, SIGKILL);
  EXPECT_TRUE(WaitForDeath(keeper));
}

TEST_F(StepProcessRunTest, Destructor_KillsWhatRuns) {
  Script("long.sh", "sleep 1000 & child=$!\n" + Tell("$$ $child") + "wait");
  const auto pids = StartAndReadPids("long.sh");
  ASSERT_EQ(pids.size(), 2u);
  process.reset();
  EXPECT_EQ(kill(pids[0], 0), -1);  // Not even a zombie.
  EXPECT_TRUE(WaitForDeath(pids[1]));
}

TEST_F(StepProcessRunTest, AgentThatDies_TakesTheStepAlong) {
  Script("long.sh", Tell("$$") + "while :; do sleep 1; done");
  const pid_t agent = fork();
  if (agent == 0) {
    StartAndReadPids("long.sh");
    kill(getpid(), SIGKILL);
  }
  ASSERT_EQ(waitpid(agent, nullptr, 0), agent);
  const pid_t step = static_cast<pid_t>(std::stol(testing::ReadFile(folder.File("pids"))));
  EXPECT_TRUE(WaitForDeath(step));
}

TEST_F(StepProcessRunTest, ManySteps_LeaveNothing) {
  Script("ok.sh", "echo out; echo err >&2");
  testing::WriteFile(folder.File("garbage"), "garbage", 0755);
  Run(Handler("ok.sh"));  // What a library opens once and for all is open now.
  const auto before = OpenDescriptors();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Run(Handler("ok.sh")).out, "out\n");
    ExpectFailed(Run(Handler("garbage")), "exec-failed");
    ExpectFailed(Run(Handler("absent")), "unknown-handler");
  }
  // The last result is kept, its pipes are not.
  EXPECT_EQ(OpenDescriptors(), before);
  EXPECT_FALSE(HasChildren());
}

TEST_F(StepProcessRunTest, IgnoredChildSignal_LosesNoStatus) {
  auto* const before = signal(SIGCHLD, SIG_IGN);
  Script("fail.sh", "exit 9");
  EXPECT_EQ(Run(Handler("fail.sh")).code, 9);
  signal(SIGCHLD, before);
}

TEST_F(StepProcessRunTest, StatusThatSomebodyElseTook_IsNoSuccess) {
  Script("ok.sh", "");
  ASSERT_FALSE(Process().Start(Handler("ok.sh"), context).has_value());
  ASSERT_GT(waitpid(-1, nullptr, 0), 0);
  ExpectFailed(Finish(), "status-lost");
}

TEST_F(StepProcessRunTest, NoDescriptorsLeft_IsNoResources) {
  Script("ok.sh", "");
  Process();
  // The first time, the sanitizer's own check of a type needs a descriptor.
  EXPECT_EQ(Run(Handler("ok.sh")).reason, "");
  std::vector<UniqueFd> all;
  for (UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC)); fd.valid();
       fd = UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC))) {
    all.push_back(std::move(fd));
  }
  // One more free each time: another call fails.
  std::string reason = "no-resources";
  for (int free = 0; free < 12 && reason == "no-resources"; ++free) {
    reason = Run(Handler("ok.sh")).reason;
    EXPECT_TRUE(reason.empty() || reason == "no-resources") << reason;
    all.pop_back();
  }
  EXPECT_EQ(reason, "");
}

TEST_F(StepProcessRunTest, FileThatIsSwappedAllTheTime_IsNeverTheWrongOne) {
  Script("swap.sh", "echo good");
  Script("bad.sh", "echo bad", 0777);
  const std::string a = folder.File("swap.sh");
  const std::string b = folder.File("bad.sh");
  if (renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) != 0) {
    GTEST_SKIP() << "this file system cannot exchange two names";
  }
  std::atomic<bool> done = false;
  std::thread swapper([&] {
    while (!done) renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE);
  });
  for (int i = 0; i < 300; ++i) {
    const EndedStep ended = Run(Handler("swap.sh"));
    const bool ran = ended.end == StepEnd::kSucceeded && ended.out == "good\n";
    EXPECT_TRUE(ran || ended.reason == "handler-not-safe") << ended.out << ended.reason;
  }
  done = true;
  swapper.join();
}

}  // namespace
}  // namespace fieldwork::posix
