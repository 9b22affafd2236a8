// Decides what device.toml may say: every key, its range, and what a mistake is told.
//
// Relative paths in the file are relative to the file. Unknown keys are mistakes. The
// parsed tree is gone when LoadConfig() returns.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/config/error.h"
#include "apps/device/log.h"
#include "device/base/time.h"
#include "ports/posix/sntp_driver.h"
#include "ports/posix/step_process.h"

namespace fieldwork::board {

using MacAddress = std::array<std::uint8_t, 6>;

struct AccessPoint {
  std::string ssid;                     ///< 1 to 32 bytes.
  std::optional<std::string> password;  ///< 8 to 63 bytes; absent: an open network.
  MacAddress bssid{};
  int channel = 1;  ///< 1 to 14.
  int rssi = -50;   ///< dBm, -120 to 0.
  bool up = true;
};

enum class WifiDriver : std::uint8_t {
  kSimulated,  ///< A station with the access points of the configuration.
  kHost,       ///< The host's network is the board's network.
};

enum class ClockSource : std::uint8_t {
  kNtp,   ///< Unset at boot; set by SNTP.
  kHost,  ///< The host's clock is trusted as it is.
};

/// What a reboot is.
enum class RebootBy : std::uint8_t {
  kProgram,    ///< The simulated board: the program executes itself again.
  kSystemctl,  ///< The machine's, through `systemctl reboot`.
  kSyscall,    ///< The machine's, through sync() and reboot(2).
};

struct Config {
  std::string path;  ///< The file this came from.

  std::string thing;  ///< 1 to 128 of a-z A-Z 0-9 : _ -
  std::string endpoint;
  std::uint16_t port = 8883;
  std::string ca_file, certificate_file, private_key_file;

  std::uint16_t keep_alive_s = 60;
  std::uint32_t receive_buffer_bytes = 40960;
  std::uint32_t send_buffer_bytes = 8192;
  /// AWS's largest document, 32 KiB, with room for the escapes that its text may have.
  std::uint32_t document_buffer_bytes = 36864;
  std::uint32_t payload_buffer_bytes = 4096;  ///< Less where send_buffer is small.
  Millis reconnect_cap = Seconds(180);
  bool metrics = true;  ///< Name the software in the MQTT user name, as AWS SDKs do.

  bool no_action_succeeds = false;
  bool subscribe_replies = true;       ///< False where a policy allows notify-next alone.
  posix::StepProcess::Options steps;   ///< Its directory is absolute, or empty.
  Millis step_limit{0}, job_limit{0};  ///< 0: none.
  Millis stop_grace = Seconds(10);
  Millis reconcile = Seconds(900);    ///< 0: never.
  std::int32_t step_timeout_min = 0;  ///< 0: none is asked of the cloud.
  /// What conditions of documents are compared with: key, value.
  std::vector<std::pair<std::string, std::string>> attributes;
  std::string control_socket;  ///< Empty: none.

  std::string flash_file;
  std::string name = "W800";  ///< The prompt; 1 to 32 of a-z A-Z 0-9 . _ -
  bool resume = true;         ///< Start by itself after a boot with an unfinished job.
  RebootBy reboot = RebootBy::kProgram;

  WifiDriver driver = WifiDriver::kSimulated;
  std::string ssid, password;  ///< For --run; empty: none.
  MacAddress mac{};
  Millis connect_time = Millis{700};
  std::vector<AccessPoint> access_points;

  std::vector<posix::TimeServer> ntp_servers;
  int utc_offset_min = 480;
  ClockSource clock = ClockSource::kNtp;

  LogLevel log_level = LogLevel::kDebug;
};

using config::ConfigError;

/// Throws ConfigError.
Config LoadConfig(const std::string& path);
/// The same from text; `path` is for messages and for relative paths.
Config ParseConfig(std::string_view text, const std::string& path);

/// "28:6d:ce:8d:2d:da" as hexadecimal pairs; empty for anything else.
std::optional<MacAddress> ParseMac(std::string_view text);

}  // namespace fieldwork::board
