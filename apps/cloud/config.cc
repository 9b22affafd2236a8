#include "apps/cloud/config.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "apps/config/section.h"
#include "cloud/domain/throttle.h"

namespace fieldwork::cloud {
namespace {

using config::Section;

HostPort Address(const std::string& text, const char* what) {
  const std::optional<HostPort> address = ParseHostPort(text);
  if (address) return *address;
  throw ConfigError(std::string(what) + ": '" + text +
                    "' is not HOST:PORT, such as 127.0.0.1:8080 (port 0 takes a free one)");
}

void TakeAddress(Section& section, const char* key, HostPort& address) {
  const std::optional<std::string> text = section.Text(key);
  if (!text) return;
  const std::optional<HostPort> parsed = ParseHostPort(*text);
  if (!parsed) section.Refuse(key, "must be \"HOST:PORT\", such as \"127.0.0.1:8080\"");
  address = *parsed;
}

bool IsMadeOfDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void ReadAccessKeys(Section& section, const std::string& path, ServeConfig& config) {
  const toml::array* list = section.List("access_keys");
  if (list == nullptr) return;
  for (const toml::node& node : *list) {
    if (!node.is_table()) {
      section.Refuse("access_keys", "must be tables: [[http.access_keys]] with id and secret");
    }
    Section key(path, "http.access_keys", node.as_table());
    const std::string id = key.RequiredText("id", "give the access key id");
    config.access_keys[id] = key.RequiredText("secret", "give the secret access key");
    key.RefuseOthers();
  }
}

void ReadHttp(Section section, const std::string& path, ServeConfig& config) {
  TakeAddress(section, "listen", config.http);
  if (const auto text = section.Text("mutual_tls")) {
    config.mutual_tls = Address(*text, "http.mutual_tls");
  }
  ReadAccessKeys(section, path, config);
  section.RefuseOthers();
}

void ReadMqtt(Section section, ServeConfig& config) {
  TakeAddress(section, "listen", config.mqtt);
  section.Flag("port_443", config.port_443);
  config.endpoint = section.Text("endpoint").value_or(config.endpoint);
  section.RefuseOthers();
}

void ReadCloud(Section section, ServeConfig& config) {
  config.region = section.Text("region").value_or(config.region);
  config.account = section.Text("account").value_or(config.account);
  section.RefuseOthers();
}

void ReadLimits(Section section, ServeConfig& config) {
  section.Number("device_requests_per_second", config.device_requests_per_second, 0,
                 domain::kRequestsPerSecondMax);
  section.RefuseOthers();
}

void ReadFile(std::string_view text, const std::string& path, ServeConfig& config) {
  try {
    const toml::table root = toml::parse(text, path);
    Section top(path, "", &root);
    ReadCloud(top.Sub("cloud"), config);
    ReadHttp(top.Sub("http"), path, config);
    ReadMqtt(top.Sub("mqtt"), config);
    ReadLimits(top.Sub("limits"), config);
    Section log = top.Sub("log");
    config.log_level = log.Text("level").value_or(config.log_level);
    log.RefuseOthers();
    top.RefuseOthers();
  } catch (const toml::parse_error& error) {
    config::Fail(path, error.source(), "not TOML: " + std::string(error.description()));
  }
}

void ApplyAccessKey(const Overrides& overrides, ServeConfig& config) {
  if (!overrides.access_key_id && !overrides.secret_access_key) return;
  if (!overrides.access_key_id || !overrides.secret_access_key) {
    throw ConfigError(
        "FIELDWORK_ACCESS_KEY_ID and FIELDWORK_SECRET_ACCESS_KEY belong together: "
        "one of them is not set");
  }
  config.access_keys[*overrides.access_key_id] = *overrides.secret_access_key;
}

void Apply(const Overrides& overrides, ServeConfig& config) {
  if (overrides.http) config.http = Address(*overrides.http, "--http");
  if (overrides.mqtt) config.mqtt = Address(*overrides.mqtt, "--mqtt");
  if (overrides.mutual_tls) config.mutual_tls = Address(*overrides.mutual_tls, "--mutual-tls");
  if (overrides.endpoint) config.endpoint = *overrides.endpoint;
  if (overrides.region) config.region = *overrides.region;
  if (overrides.account) config.account = *overrides.account;
  if (overrides.log_level) config.log_level = *overrides.log_level;
  config.port_443 = config.port_443 || overrides.port_443;
  config.keep_broker = overrides.keep_broker;
  ApplyAccessKey(overrides, config);
  if (overrides.store && *overrides.store != "sqlite") {
    throw ConfigError("--store " + *overrides.store +
                      ": only sqlite is supported by this version (the file is DATA/cloud.db)");
  }
}

bool IsWildcard(const HostPort& address) {
  return address.host == "0.0.0.0" || address.host == "::";
}

// Clients are told a name that leads here; of a wildcard only the machine's own name does.
std::string EndpointOf(const HostPort& address) {
  if (!IsWildcard(address)) return address.host;
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) != 0) return "localhost";
  return name;
}

void Check(ServeConfig& config) {
  const bool is_named = IsWildcard(config.http) && !config.endpoint.empty();
  config.jobs_endpoint = is_named ? config.endpoint : EndpointOf(config.http);
  if (config.endpoint.empty()) config.endpoint = EndpointOf(config.mqtt);
  if (config.account.size() != 12 || !IsMadeOfDigits(config.account)) {
    throw ConfigError("the account '" + config.account + "' is not one of twelve digits");
  }
  const bool region_fits = std::all_of(config.region.begin(), config.region.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (config.region.empty() || !region_fits) {
    throw ConfigError("the region '" + config.region + "' is not like us-east-1");
  }
  static constexpr std::string_view kLevels[] = {"debug", "info", "warn", "error", "off"};
  if (std::find(std::begin(kLevels), std::end(kLevels), config.log_level) == std::end(kLevels)) {
    throw ConfigError("the log level '" + config.log_level +
                      "' is none of debug, info, warn, error, off");
  }
  if (!IsLoopback(config.http.host) && config.access_keys.empty()) {
    throw ConfigError(
        "HTTP at " + config.http.ToText() +
        " could be reached from outside, and no credentials are set: set "
        "FIELDWORK_ACCESS_KEY_ID and FIELDWORK_SECRET_ACCESS_KEY, or listen on 127.0.0.1");
  }
}

}  // namespace

std::string HostPort::ToText() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<HostPort> ParseHostPort(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  HostPort address{std::string(host), 0};
  const char* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, address.port);
  if (digits.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  if (address.host.empty() || address.host.find_first_of("/@ []") != std::string::npos) {
    return std::nullopt;
  }
  return address;
}

bool IsLoopback(std::string_view host) {
  in_addr v4{};
  const std::string text(host);
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return text == "localhost" || text == "::1";
}

ServeConfig ParseServeConfig(const std::filesystem::path& data, std::string_view text,
                             const std::string& path, const Overrides& overrides) {
  ServeConfig config;
  config.data = data;
  ReadFile(text, path, config);
  Apply(overrides, config);
  Check(config);
  return config;
}

ServeConfig LoadServeConfig(const std::filesystem::path& data, const std::string& file,
                            const Overrides& overrides) {
  if (file.empty()) return ParseServeConfig(data, "", "", overrides);
  return ParseServeConfig(data, config::ReadConfigFile(file, "give its path with --config"), file,
                          overrides);
}

}  // namespace fieldwork::cloud
