// Flags, configuration, one board, and the exec that a reboot is.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>
#include <string>

#include "apps/device/board.h"
#include "apps/device/boot.h"
#include "ports/posix/clock.h"

namespace {

using fieldwork::board::Board;
using fieldwork::board::Mode;

struct Flags {
  std::string config;
  bool run = false;
};

// An exit status when the program is to end now: after --help, --version, or a mistake.
std::optional<int> ParseFlags(int argc, char** argv, Flags& flags) {
  CLI::App app("A board that carries out AWS IoT jobs", "fieldwork-device");
  app.add_option("--config", flags.config, "the board's configuration (device.toml)")
      ->envname("FIELDWORK_CONFIG")
      ->required();
  app.add_flag("--run", flags.run, "no console: Wi-Fi, clock and agent start by themselves");
  app.set_version_flag("--version", fieldwork::board::VersionText());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  return std::nullopt;
}

int RunBoard(int argc, char** argv, fieldwork::Instant start) {
  Board::Ending ending;
  {
    Flags flags;
    if (const auto status = ParseFlags(argc, argv, flags)) return *status;
    Board board(fieldwork::board::LoadConfig(flags.config), flags.run ? Mode::kRun : Mode::kConsole,
                start);
    ending = board.Run();
  }
  if (!ending.restart) return 0;
  fieldwork::board::Restart(fieldwork::agent::BootReason::kReboot, argv);
  std::fprintf(stderr, "fieldwork-device: cannot restart: %s\n", std::strerror(errno));
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const fieldwork::Instant start = fieldwork::posix::MonotonicNow();
  try {
    return RunBoard(argc, argv, start);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fieldwork-device: %s\n", error.what());
  }
  return 1;
}
