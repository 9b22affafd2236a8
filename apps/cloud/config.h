// Decides what `fieldwork-cloud serve` may be told: every flag, variable and key, and which wins.
//
// Flags go before environment variables, those before the TOML file. Unknown keys are mistakes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/config/error.h"

namespace fieldwork::cloud {

using config::ConfigError;

struct HostPort {
  std::string host;
  std::uint16_t port = 0;  ///< 0: a free one.

  std::string ToText() const;
};

/// "127.0.0.1:8080", "localhost:0", "[::1]:8080"; empty for anything else.
std::optional<HostPort> ParseHostPort(std::string_view text);

/// 127.0.0.0/8, ::1 or localhost: nobody outside this machine gets there.
bool IsLoopback(std::string_view host);

/// What came from flags or the environment; empty: not said there.
struct Overrides {
  std::optional<std::string> http, mqtt, mutual_tls, store, endpoint, region, account, log_level;
  bool port_443 = false;
  bool keep_broker = false;
  std::optional<std::string> access_key_id, secret_access_key;
};

struct ServeConfig {
  std::filesystem::path data;
  HostPort http{"127.0.0.1", 8080};
  HostPort mqtt{"127.0.0.1", 8883};
  std::optional<HostPort> mutual_tls;  ///< The HTTPS listener of the data plane; empty: none.
  bool port_443 = false;
  bool keep_broker = false;
  std::string endpoint;       ///< The host name that DescribeEndpoint gives to devices.
  std::string jobs_endpoint;  ///< The one it gives for iot:Jobs; it follows from the others.
  std::string region = "us-east-1";
  std::string account = "000000000000";
  std::string log_level = "info";
  int device_requests_per_second = 0;              ///< Over MQTT and HTTP together; 0: no limit.
  std::map<std::string, std::string> access_keys;  ///< Id to secret.
};

/// `file` empty: no TOML file. Throws ConfigError.
ServeConfig LoadServeConfig(const std::filesystem::path& data, const std::string& file,
                            const Overrides& overrides);
/// The same from text; `path` is for messages.
ServeConfig ParseServeConfig(const std::filesystem::path& data, std::string_view text,
                             const std::string& path, const Overrides& overrides);

}  // namespace fieldwork::cloud
