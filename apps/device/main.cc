// Flags, configuration, one board, and the exec that a reboot is; or one question to a board that
// runs.
#ifdef FIELDWORK_STATIC
#include <nss.h>
#endif

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "apps/device/board.h"
#include "apps/device/boot.h"
#include "apps/device/control_client.h"
#include "apps/device/service_notify.h"
#include "ports/posix/clock.h"

namespace {

using fieldwork::board::Board;
using fieldwork::board::ControlResult;
using fieldwork::board::Mode;

constexpr const char* kControlWords =
    "jobs, show ID, history, cancel ID, metrics, status, or version";

struct Flags {
  std::string config;
  bool run = false;
  std::vector<std::string> words;  // Of `ctl`; empty without.
};

// An exit status when the program is to end now: after --help, --version, or a mistake.
std::optional<int> ParseFlags(int argc, char** argv, Flags& flags) {
  CLI::App app("A board that carries out AWS IoT jobs", "fieldwork-device");
  app.add_option("--config", flags.config, "the board's configuration (device.toml)")
      ->envname("FIELDWORK_CONFIG")
      ->required();
  CLI::Option* run =
      app.add_flag("--run", flags.run, "no console: Wi-Fi, clock and agent start by themselves");
  CLI::App* ctl = app.add_subcommand("ctl", "ask the board that runs with this configuration");
  ctl->add_option("words", flags.words, kControlWords)->required();
  ctl->fallthrough();
  ctl->excludes(run);
  app.set_version_flag("--version", fieldwork::board::VersionText());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  return std::nullopt;
}

ControlResult RunControl(const Flags& flags) {
  std::string mistake;
  try {
    const fieldwork::board::Config config = fieldwork::board::LoadConfig(flags.config);
    if (!config.control_socket.empty()) {
      return fieldwork::board::AskBoard(config.control_socket,
                                        fieldwork::board::ControlLine(flags.words), stdout, stderr);
    }
    mistake = flags.config + ": control.socket is missing: give the path of the board's socket";
  } catch (const std::exception& error) {
    mistake = error.what();
  }
  std::fprintf(stderr, "fieldwork-device: %s\n", mistake.c_str());
  return ControlResult::kNoBoard;
}

int RunBoard(int argc, char** argv, fieldwork::Instant start) {
  Board::Ending ending;
  fieldwork::board::ServiceNotify service;
  {
    Flags flags;
    if (const auto status = ParseFlags(argc, argv, flags)) return *status;
    if (!flags.words.empty()) return static_cast<int>(RunControl(flags));
    Board board(fieldwork::board::LoadConfig(flags.config), flags.run ? Mode::kRun : Mode::kConsole,
                start, service);
    ending = board.Run();
  }
  if (!ending.restart) return 0;
  service.PutBack();
  fieldwork::board::Restart(fieldwork::agent::BootReason::kReboot, argv);
  std::fprintf(stderr, "fieldwork-device: cannot restart: %s\n", std::strerror(errno));
  return 1;
}

// In a static program the C library would load the machine's other name services (systemd, LDAP)
// and crash in them. /etc/passwd and /etc/group it reads by itself.
void LookUpUsersInFilesOnly() {
#ifdef FIELDWORK_STATIC
  for (const char* database : {"passwd", "group", "initgroups"}) {
    __nss_configure_lookup(database, "files");
  }
#endif
}

}  // namespace

int main(int argc, char** argv) {
  LookUpUsersInFilesOnly();
  const fieldwork::Instant start = fieldwork::posix::MonotonicNow();
  try {
    return RunBoard(argc, argv, start);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fieldwork-device: %s\n", error.what());
  }
  return 1;
}
