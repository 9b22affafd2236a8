// Decides which commands the console has, what their words are, and what help says. What a
// command does is the board's affair: it is called through Machine.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/device/log.h"

namespace fieldwork::board {

/// Whether the console may take the next line.
enum class Progression : std::uint8_t {
  kDone,
  kPending,  ///< The command goes on; whoever returned this says when it is over.
};

/// What the commands need of the board. Answers go to the person as lines of text.
class Machine {
 public:
  /// `line` without a line end.
  virtual void Print(std::string_view line) = 0;
  /// The same, of a command that was not carried out.
  virtual void Refuse(std::string_view line) = 0;
  virtual void ClearScreen() = 0;

  virtual void ShowVersion() = 0;
  virtual void ShowTasks() = 0;
  virtual void ShowMemory() = 0;
  virtual void Reboot() = 0;

  virtual LogLevel log_level() const = 0;
  virtual void set_log_level(LogLevel level) = 0;

  virtual void WifiInit() = 0;
  virtual void WifiDeinit() = 0;
  /// Empty: every network.
  virtual void WifiScan(std::string_view ssid) = 0;
  virtual Progression WifiConnect(std::string_view ssid, std::string_view password) = 0;
  virtual void WifiDisconnect() = 0;

  virtual void NtpStart() = 0;
  virtual void NtpStop() = 0;
  virtual Progression NtpShow() = 0;

  virtual void JobsStart() = 0;
  virtual void JobsStop() = 0;
  virtual void JobsStatus() = 0;

  virtual void ShowJob() = 0;
  virtual void ShowJobNamed(std::string_view id) = 0;
  virtual void ShowJobHistory() = 0;
  virtual void CancelJob(std::string_view id) = 0;
  virtual void ShowMetrics() = 0;

 protected:
  ~Machine() = default;
};

using Arguments = std::span<const std::string>;

struct Command {
  const char* name;
  const char* description;
  const char* usage;                   ///< One form per line, separated by '\n'.
  std::span<const char* const> words;  ///< What the first argument can be, for completion.
  /// False when the arguments are not what `usage` says; nothing was done then.
  bool (*handler)(Machine& machine, Arguments arguments, Progression& progression);
};

/// All of them, in the order that help prints.
std::span<const Command> Commands();

/// Runs one line: splits it, finds the command, says what is wrong with it if anything is.
/// An empty line does nothing.
Progression RunCommand(Machine& machine, std::string_view line);

/// Whether `line` is a command that another program may send: those that look at the agent, and
/// `jobs cancel`.
bool IsForPrograms(std::string_view line);

/// What the word at the end of `line` can become, whole words in order of the table.
std::vector<std::string> Complete(std::string_view line);

/// `line` as it may be shown to others: the password of "wifi connect" becomes "********".
std::string WithoutPassword(std::string_view line);

inline constexpr std::size_t kNameColumnBytes = 22;

}  // namespace fieldwork::board
