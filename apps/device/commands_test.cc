// The words of every command, what help prints, and what happens to a line that is wrong.
#include "apps/device/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fieldwork::board {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Writes down every call; the connect and show commands go on for a while.
class FakeMachine final : public Machine {
 public:
  void Print(std::string_view line) override { printed.emplace_back(line); }
  void Refuse(std::string_view line) override {
    refused = true;
    Print(line);
  }
  void ClearScreen() override { Note("cls"); }
  void ShowVersion() override { Note("version"); }
  void ShowTasks() override { Note("task"); }
  void ShowMemory() override { Note("free"); }
  void Reboot() override { Note("reboot"); }
  LogLevel log_level() const override { return level; }
  void set_log_level(LogLevel new_level) override { level = new_level; }
  void WifiInit() override { Note("init"); }
  void WifiDeinit() override { Note("deinit"); }
  void WifiScan(std::string_view ssid) override { Note("scan(" + std::string(ssid) + ")"); }
  Progression WifiConnect(std::string_view ssid, std::string_view password) override {
    Note("connect(" + std::string(ssid) + "," + std::string(password) + ")");
    return Progression::kPending;
  }
  void WifiDisconnect() override { Note("disconnect"); }
  void NtpStart() override { Note("ntp start"); }
  void NtpStop() override { Note("ntp stop"); }
  Progression NtpShow() override {
    Note("ntp");
    return Progression::kPending;
  }
  void JobsStart() override { Note("jobs start"); }
  void JobsStop() override { Note("jobs stop"); }
  void JobsStatus() override { Note("jobs status"); }
  void ShowJob() override { Note("job"); }
  void ShowJobNamed(std::string_view id) override { Note("show(" + std::string(id) + ")"); }
  void ShowJobHistory() override { Note("history"); }
  void CancelJob(std::string_view id) override { Note("cancel(" + std::string(id) + ")"); }
  void ShowMetrics() override { Note("metrics"); }

  std::vector<std::string> calls, printed;
  LogLevel level = LogLevel::kDebug;
  bool refused = false;

 private:
  void Note(std::string call) { calls.push_back(std::move(call)); }
};

TEST(Commands, EachLine_CallsWhatItSays) {
  const std::pair<const char*, const char*> lines[] = {
      {"cls", "cls"},
      {"version", "version"},
      {"reboot", "reboot"},
      {"task", "task"},
      {"free", "free"},
      {"wifi init", "init"},
      {"wifi deinit", "deinit"},
      {"wifi scan", "scan()"},
      {"wifi scan \"my net\"", "scan(my net)"},
      {"wifi connect 61test 12345678", "connect(61test,12345678)"},
      {"wifi connect open", "connect(open,)"},
      {"  wifi   connect \"my net\" 'my word' ", "connect(my net,my word)"},
      {"wifi disconnect", "disconnect"},
      {"ntp", "ntp"},
      {"ntp start", "ntp start"},
      {"ntp stop", "ntp stop"},
      {"aws_job", "jobs start"},
      {"aws_job stop", "jobs stop"},
      {"aws_job status", "jobs status"},
      {"jobs", "job"},
      {"jobs show fw-1", "show(fw-1)"},
      {"jobs history", "history"},
      {"jobs cancel fw-1", "cancel(fw-1)"},
      {"jobs metrics", "metrics"},
  };
  for (const auto& [line, call] : lines) {
    FakeMachine machine;
    RunCommand(machine, line);
    EXPECT_THAT(machine.calls, ElementsAre(call)) << line;
    EXPECT_THAT(machine.printed, IsEmpty()) << line;
    EXPECT_FALSE(machine.refused) << line;
  }
}

TEST(Commands, WrongArguments_DoNothingAndShowTheUsage) {
  for (const char* line :
       {"cls x",         "version x", "reboot now",    "task x",         "free x",
        "wifi",          "wifi on",   "wifi init x",   "wifi connect",   "wifi connect a b c",
        "wifi scan a b", "ntp x",     "ntp start x",   "aws_job x",      "aws_job stop x",
        "log",           "log set",   "log set loud",  "log get x",      "help a b",
        "jobs x",        "jobs show", "jobs show a b", "jobs history x", "jobs cancel",
        "jobs metrics x"}) {
    FakeMachine machine;
    EXPECT_EQ(RunCommand(machine, line), Progression::kDone);
    EXPECT_THAT(machine.calls, IsEmpty()) << line;
    ASSERT_GE(machine.printed.size(), 2u) << line;
    EXPECT_EQ(machine.printed[0], "usage:") << line;
    EXPECT_TRUE(machine.refused) << line;
  }
}

TEST(Commands, CommandsThatGoOn_SaySo) {
  FakeMachine machine;
  EXPECT_EQ(RunCommand(machine, "wifi connect a"), Progression::kPending);
  EXPECT_EQ(RunCommand(machine, "ntp"), Progression::kPending);
  EXPECT_EQ(RunCommand(machine, "wifi init"), Progression::kDone);
}

TEST(Commands, UnknownOrEmptyOrUnclosed_IsToldApart) {
  FakeMachine machine;
  RunCommand(machine, "WIFI init");
  RunCommand(machine, "");
  RunCommand(machine, "   ");
  RunCommand(machine, "wifi connect \"a");
  EXPECT_THAT(machine.printed, ElementsAre("Command not found", "A quote is not closed"));
  EXPECT_TRUE(machine.refused);
}

TEST(Commands, LogLevel_IsShownAndSet) {
  FakeMachine machine;
  RunCommand(machine, "log get");
  RunCommand(machine, "log set warn");
  RunCommand(machine, "log get");
  EXPECT_EQ(machine.level, LogLevel::kWarn);
  EXPECT_THAT(machine.printed, ElementsAre("log level: debug", "log level: warn"));
}

TEST(Help, List_PadsNamesToTheColumn) {
  FakeMachine machine;
  RunCommand(machine, "help");
  ASSERT_EQ(machine.printed.size(), 1 + Commands().size());
  EXPECT_EQ(machine.printed[0], "COMMAND LIST:");
  EXPECT_THAT(machine.printed, testing::Contains("aws_job               -- aws job demo"));
  for (std::size_t i = 1; i < machine.printed.size(); ++i) {
    EXPECT_EQ(machine.printed[i].find("-- "), kNameColumnBytes) << machine.printed[i];
  }
}

TEST(Help, OneCommand_ShowsDescriptionAndUsage) {
  FakeMachine machine;
  RunCommand(machine, "help ntp");
  EXPECT_THAT(machine.printed, ElementsAre("control or show the network clock", "usage:", "    ntp",
                                           "    ntp start", "    ntp stop"));
}

TEST(Help, OneCommand_IsNoRefusal) {
  FakeMachine machine;
  RunCommand(machine, "help jobs");
  EXPECT_THAT(machine.printed, testing::Contains("    jobs cancel <id>"));
  EXPECT_FALSE(machine.refused);
}

TEST(Help, UnknownCommand_IsNotFound) {
  FakeMachine machine;
  RunCommand(machine, "help nothing");
  EXPECT_THAT(machine.printed, ElementsAre("Command not found"));
}

TEST(IsForPrograms, OnlyWordsAboutJobs) {
  for (const char* line : {"jobs", "jobs show fw-1", " jobs  cancel fw-1", "jobs nonsense",
                           "aws_job status", "version"}) {
    EXPECT_TRUE(IsForPrograms(line)) << line;
  }
  for (const char* line : {"", "aws_job", "aws_job stop", "aws_job status x", "wifi connect a b",
                           "reboot", "log set none", "ntp stop", "jobs \"open", "help", "Jobs"}) {
    EXPECT_FALSE(IsForPrograms(line)) << line;
  }
}

TEST(Complete, CommandAndSubCommand_AreFound) {
  EXPECT_THAT(Complete("w"), ElementsAre("wifi"));
  EXPECT_THAT(Complete(" aws"), ElementsAre("aws_job"));
  EXPECT_EQ(Complete("").size(), Commands().size());
  EXPECT_THAT(Complete("wifi "), ElementsAre("init", "deinit", "scan", "connect", "disconnect"));
  EXPECT_THAT(Complete("j"), ElementsAre("jobs"));
  EXPECT_THAT(Complete("jobs "), ElementsAre("show", "history", "cancel", "metrics"));
  EXPECT_THAT(Complete("wifi d"), ElementsAre("deinit", "disconnect"));
  EXPECT_THAT(Complete("help w"), ElementsAre("wifi"));
  EXPECT_THAT(Complete("wifi connect d"), IsEmpty());
  EXPECT_THAT(Complete("nothing d"), IsEmpty());
  EXPECT_THAT(Complete("version "), IsEmpty());
}

TEST(WithoutPassword, OnlyThePasswordOfConnect_IsHidden) {
  EXPECT_EQ(WithoutPassword("wifi connect 61test 12345678"), "wifi connect 61test ********");
  EXPECT_EQ(WithoutPassword("wifi connect \"a b\" 'pass word'"), "wifi connect \"a b\" ********");
  EXPECT_EQ(WithoutPassword("wifi connect open"), "wifi connect open");
  EXPECT_EQ(WithoutPassword("wifi scan a b"), "wifi scan a b");
  EXPECT_EQ(WithoutPassword("wifi connect a \"never closed"), "wifi connect ********");
  EXPECT_EQ(WithoutPassword("help"), "help");
}

}  // namespace
}  // namespace fieldwork::board
