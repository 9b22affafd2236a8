// Decides that a process is known by more than its pid, and that starting one fails with a reason.
#include "cloud/broker/broker_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "cloud/broker/supervisor.h"

namespace fieldwork::broker {
namespace {

using testing::HasSubstr;

class BrokerProcessTest : public testing::Test {
 protected:
  BrokerProcessTest() {
    char name[] = "/tmp/broker_process_XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~BrokerProcessTest() override { std::filesystem::remove_all(folder_); }

  // A program that takes the place of Mosquitto.
  std::string Script(const std::string& body) const {
    const std::filesystem::path path = folder_ / "script";
    std::ofstream(path) << "#!/bin/sh\n" << body << "\n";
    chmod(path.c_str(), 0755);
    return path;
  }
  BrokerProcess Start(const std::string& program, ProcessName* name = nullptr) const {
    return BrokerProcess::Start({program, folder_, std::nullopt, false},
                                [name](const ProcessName& started) {
                                  if (name != nullptr) *name = started;
                                });
  }

  std::filesystem::path folder_;
};

std::string ErrorOf(const std::string& program) {
  try {
    FindMosquitto(program);
  } catch (const BrokerError& error) {
    return error.what();
  }
  return "";
}

TEST_F(BrokerProcessTest, FindMosquitto_TellsWhatIsWrong) {
  EXPECT_EQ(ErrorOf("mosquitto"), "");
  EXPECT_THAT(ErrorOf("/nowhere/mosquitto"), HasSubstr("is not installed"));
  EXPECT_THAT(ErrorOf(Script("echo 'hello'")), HasSubstr("is not Mosquitto"));
  EXPECT_THAT(ErrorOf(Script("echo 'mosquitto version 2.0.10'")),
              HasSubstr("2.0.10; 2.0.11 or newer"));
  EXPECT_EQ(ErrorOf(Script("echo 'mosquitto version 2.1.0'")), "");
}

TEST_F(BrokerProcessTest, Start_RunsInTheFolderInASessionOfItsOwn) {
  ProcessName name;
  const BrokerProcess process = Start(Script("pwd; exec sleep 60"), &name);
  EXPECT_EQ(name.pid, process.pid());
  EXPECT_GT(name.start_time, 0U);
  EXPECT_EQ(getsid(process.pid()), process.pid());
  EXPECT_TRUE(BrokerProcess::Find(name, folder_).has_value());
  process.Signal(SIGKILL);
  ASSERT_TRUE(process.WaitForEnd(5000));
  EXPECT_EQ(process.Bury(), "signal 9");
  EXPECT_EQ(kill(process.pid(), 0), -1);  // No zombie.
}

TEST_F(BrokerProcessTest, Start_WhatItPrintsIsInTheLog) {
  const BrokerProcess process = Start(Script("echo out; echo err >&2; exit 3"));
  ASSERT_TRUE(process.WaitForEnd(5000));
  EXPECT_EQ(process.Bury(), "exit status 3");
  std::ifstream log(folder_ / "broker.log");
  const std::string text{std::istreambuf_iterator<char>(log), {}};
  EXPECT_EQ(text, "out\nerr\n");
}

TEST_F(BrokerProcessTest, Start_InheritsNoDescriptorsAndNoBlockedSignals) {
  const int open_here = dup(1);
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigprocmask(SIG_BLOCK, &term, nullptr);
  const BrokerProcess process =
      Start(Script("ls /proc/self/fd | wc -l; grep SigBlk /proc/self/status"));
  sigprocmask(SIG_UNBLOCK, &term, nullptr);
  close(open_here);
  ASSERT_TRUE(process.WaitForEnd(5000));
  process.Bury();
  std::ifstream log(folder_ / "broker.log");
  std::string count;
  std::string blocked;
  std::getline(log, count);
  std::getline(log, blocked);
  EXPECT_EQ(count, "4");  // 0, 1, 2, and the folder that ls reads.
  EXPECT_THAT(blocked, HasSubstr("0000000000000000"));
}

TEST_F(BrokerProcessTest, Start_ProgramThatCannotRun_SaysWhy) {
  std::ofstream(folder_ / "script") << "no program";
  try {
    Start(folder_ / "script");
    FAIL();
  } catch (const BrokerError& error) {
    EXPECT_THAT(error.what(), HasSubstr("execute it: Permission denied"));
  }
}

TEST_F(BrokerProcessTest, Start_NameCannotBeWrittenDown_LeavesNoProcess) {
  pid_t pid = -1;
  EXPECT_THROW(BrokerProcess::Start({Script("sleep 60"), folder_, std::nullopt, false},
                                    [&pid](const ProcessName& name) {
                                      pid = name.pid;
                                      throw BrokerError("disk full");
                                    }),
               BrokerError);
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST_F(BrokerProcessTest, Find_OtherStartTimeBootOrFolder_IsAnotherProcess) {
  ProcessName name;
  const BrokerProcess process = Start(Script("exec sleep 60"), &name);
  ProcessName later = name;
  ++later.start_time;
  ProcessName other_boot = name;
  other_boot.boot_id = "another";
  EXPECT_FALSE(BrokerProcess::Find(later, folder_).has_value());
  EXPECT_FALSE(BrokerProcess::Find(other_boot, folder_).has_value());
  EXPECT_FALSE(BrokerProcess::Find(name, "/").has_value());
  EXPECT_FALSE(BrokerProcess::Find(ProcessName{}, folder_).has_value());
  process.Signal(SIGKILL);
  process.WaitForEnd(5000);
  EXPECT_FALSE(BrokerProcess::Find(name, folder_).has_value());  // A zombie is no broker.
  process.Bury();
}

TEST(FindUser, UnknownOrRoot_IsNobodyToChangeTo) {
  EXPECT_FALSE(FindUser("no-such-user").has_value());
  EXPECT_FALSE(FindUser("root").has_value());
}

}  // namespace
}  // namespace fieldwork::broker
