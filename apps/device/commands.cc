#include "apps/device/commands.h"

#include <algorithm>
#include <iterator>

#include "apps/device/lines.h"

namespace fieldwork::board {
namespace {

const Command* FindCommand(std::string_view name) {
  const auto table = Commands();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [name](const Command& command) { return name == command.name; });
  return found == table.end() ? nullptr : &*found;
}

void PrintForms(Machine& machine, const Command& command) {
  std::string_view rest = command.usage;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    machine.Print("    " + std::string(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

bool Help(Machine& machine, Arguments arguments, Progression&) {
  if (arguments.size() > 1) return false;
  if (arguments.empty()) {
    machine.Print("COMMAND LIST:");
    for (const Command& command : Commands()) {
      std::string line = command.name;
      line.resize(std::max(line.size(), kNameColumnBytes), ' ');
      machine.Print(line + "-- " + command.description);
    }
    return true;
  }
  const Command* command = FindCommand(arguments[0]);
  if (command == nullptr) {
    machine.Refuse("Command not found");
    return true;
  }
  machine.Print(command->description);
  machine.Print("usage:");
  PrintForms(machine, *command);
  return true;
}

bool Cls(Machine& machine, Arguments arguments, Progression&) {
  if (!arguments.empty()) return false;
  machine.ClearScreen();
  return true;
}

bool Version(Machine& machine, Arguments arguments, Progression&) {
  if (!arguments.empty()) return false;
  machine.ShowVersion();
  return true;
}

bool RebootBoard(Machine& machine, Arguments arguments, Progression&) {
  if (!arguments.empty()) return false;
  machine.Reboot();
  return true;
}

bool Task(Machine& machine, Arguments arguments, Progression&) {
  if (!arguments.empty()) return false;
  machine.ShowTasks();
  return true;
}

bool Free(Machine& machine, Arguments arguments, Progression&) {
  if (!arguments.empty()) return false;
  machine.ShowMemory();
  return true;
}

bool LogCommand(Machine& machine, Arguments arguments, Progression&) {
  if (arguments.size() == 1 && arguments[0] == "get") {
    machine.Print(std::string("log level: ") + LogLevelName(machine.log_level()));
    return true;
  }
  if (arguments.size() != 2 || arguments[0] != "set") return false;
  const std::optional<LogLevel> level = ParseLogLevel(arguments[1]);
  if (!level) return false;
  machine.set_log_level(*level);
  return true;
}

bool Wifi(Machine& machine, Arguments arguments, Progression& progression) {
  if (arguments.empty()) return false;
  const std::string& word = arguments[0];
  const std::size_t count = arguments.size();
  if (word == "init" && count == 1) {
    machine.WifiInit();
  } else if (word == "deinit" && count == 1) {
    machine.WifiDeinit();
  } else if (word == "scan" && count <= 2) {
    machine.WifiScan(count == 2 ? arguments[1] : std::string_view());
  } else if (word == "connect" && (count == 2 || count == 3)) {
    progression = machine.WifiConnect(arguments[1], count == 3 ? arguments[2] : std::string_view());
  } else if (word == "disconnect" && count == 1) {
    machine.WifiDisconnect();
  } else {
    return false;
  }
  return true;
}

bool Ntp(Machine& machine, Arguments arguments, Progression& progression) {
  if (arguments.empty()) {
    progression = machine.NtpShow();
    return true;
  }
  if (arguments.size() != 1) return false;
  if (arguments[0] == "start") {
    machine.NtpStart();
  } else if (arguments[0] == "stop") {
    machine.NtpStop();
  } else {
    return false;
  }
  return true;
}

bool AwsJob(Machine& machine, Arguments arguments, Progression&) {
  if (arguments.empty()) {
    machine.JobsStart();
    return true;
  }
  if (arguments.size() != 1) return false;
  if (arguments[0] == "stop") {
    machine.JobsStop();
  } else if (arguments[0] == "status") {
    machine.JobsStatus();
  } else {
    return false;
  }
  return true;
}

bool Jobs(Machine& machine, Arguments arguments, Progression&) {
  if (arguments.empty()) {
    machine.ShowJob();
    return true;
  }
  const std::string& word = arguments[0];
  const std::size_t count = arguments.size();
  if (word == "show" && count == 2) {
    machine.ShowJobNamed(arguments[1]);
  } else if (word == "history" && count == 1) {
    machine.ShowJobHistory();
  } else if (word == "cancel" && count == 2) {
    machine.CancelJob(arguments[1]);
  } else if (word == "metrics" && count == 1) {
    machine.ShowMetrics();
  } else {
    return false;
  }
  return true;
}

constexpr const char* kLogWords[] = {"get", "set"};
constexpr const char* kWifiWords[] = {"init", "deinit", "scan", "connect", "disconnect"};
constexpr const char* kNtpWords[] = {"start", "stop"};
constexpr const char* kAwsJobWords[] = {"stop", "status"};
constexpr const char* kJobsWords[] = {"show", "history", "cancel", "metrics"};

constexpr Command kCommands[] = {
    {"help", "display information about commands", "help [command]", {}, Help},
    {"cls", "clear the screen", "cls", {}, Cls},
    {"version", "show the version", "version", {}, Version},
    {"reboot", "restart the board", "reboot", {}, RebootBoard},
    {"task", "show what the board is doing", "task", {}, Task},
    {"free", "show the memory in use", "free", {}, Free},
    {"log", "get or set the log level", "log get\nlog set none|error|warn|info|debug|verbose",
     kLogWords, LogCommand},
    {"wifi", "control the wifi station",
     "wifi init\nwifi deinit\nwifi scan [ssid]\nwifi connect <ssid> [password]\nwifi disconnect\n"
     "names and passwords with blanks go in quotes: \"my net\"",
     kWifiWords, Wifi},
    {"ntp", "control or show the network clock", "ntp\nntp start\nntp stop", kNtpWords, Ntp},
    {"aws_job", "aws job demo", "aws_job\naws_job stop\naws_job status", kAwsJobWords, AwsJob},
    {"jobs", "show, look up or give up jobs",
     "jobs\njobs show <id>\njobs history\njobs cancel <id>\njobs metrics", kJobsWords, Jobs},
};

}  // namespace

std::span<const Command> Commands() { return kCommands; }

Progression RunCommand(Machine& machine, std::string_view line) {
  std::vector<std::string> words;
  if (!SplitWords(line, words)) {
    machine.Refuse("A quote is not closed");
    return Progression::kDone;
  }
  if (words.empty()) return Progression::kDone;
  const Command* command = FindCommand(words[0]);
  if (command == nullptr) {
    machine.Refuse("Command not found");
    return Progression::kDone;
  }
  Progression progression = Progression::kDone;
  if (!command->handler(machine, Arguments(words).subspan(1), progression)) {
    machine.Refuse("usage:");
    PrintForms(machine, *command);
  }
  return progression;
}

bool IsForPrograms(std::string_view line) {
  std::vector<std::string> words;
  if (!SplitWords(line, words) || words.empty()) return false;
  if (words[0] == "jobs" || words[0] == "version") return true;
  return words.size() == 2 && words[0] == "aws_job" && words[1] == "status";
}

std::vector<std::string> Complete(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(' ');
  if (begin != std::string_view::npos) line.remove_prefix(begin);
  if (begin == std::string_view::npos) line = {};
  std::vector<std::string> words;
  const auto take = [&words](std::string_view prefix, const char* word) {
    if (std::string_view(word).starts_with(prefix)) words.emplace_back(word);
  };
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) {
    for (const Command& command : Commands()) take(line, command.name);
    return words;
  }
  const Command* command = FindCommand(line.substr(0, blank));
  const std::size_t second = line.find_first_not_of(' ', blank);
  const std::string_view prefix =
      second == std::string_view::npos ? std::string_view() : line.substr(second);
  if (command == nullptr || prefix.find(' ') != std::string_view::npos) return words;
  for (const char* word : command->words) take(prefix, word);
  if (command->name == std::string_view("help")) {
    for (const Command& other : Commands()) take(prefix, other.name);
  }
  return words;
}

std::string WithoutPassword(std::string_view line) {
  std::vector<std::string> words;
  const bool closed = SplitWords(line, words);
  const bool is_connect = words.size() >= 2 && words[0] == "wifi" && words[1] == "connect";
  if (!is_connect || (closed && words.size() < 4)) return std::string(line);
  // A name with blanks is shown in quotes, as it has to be typed.
  std::string shown = "wifi connect";
  if (words.size() > 2 && closed) {
    const bool quoted = words[2].find(' ') != std::string::npos;
    shown += quoted ? " \"" + words[2] + "\"" : " " + words[2];
  }
  return shown + " ********";
}

}  // namespace fieldwork::board
