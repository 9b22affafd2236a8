#include "apps/device/config.h"

#include <algorithm>
#include <charconv>

#include "apps/device/config_parts.h"

namespace fieldwork::board {
namespace {

using config::Fail;
using config::Section;

/// What a request needs in the send buffer besides its payload: the longest topic, and MQTT.
constexpr std::uint32_t kRequestOverhead = 512;

// A board that was given no address still has one of its own: locally administered, from
// the thing's name (FNV-1a), the same at every boot.
MacAddress MacFromName(std::string_view thing) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : thing) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  MacAddress mac{0x02};
  for (std::size_t i = 1; i < mac.size(); ++i) {
    mac[i] = static_cast<std::uint8_t>(hash >> (8 * i));
  }
  return mac;
}

std::optional<MacAddress> Mac(Section& section, const char* key) {
  const std::optional<std::string> text = section.Text(key);
  if (!text) return std::nullopt;
  const std::optional<MacAddress> mac = ParseMac(*text);
  if (!mac) section.Refuse(key, "must be six hexadecimal pairs, as in 28:6d:ce:8d:2d:da");
  return mac;
}

std::string Ssid(Section& section, const char* key, std::string text) {
  if (text.size() > 32) section.Refuse(key, "must be at most 32 bytes long");
  return text;
}

std::string Password(Section& section, const char* key, std::string text) {
  if (text.size() < 8 || text.size() > 63) section.Refuse(key, "must be 8 to 63 bytes long");
  return text;
}

void ReadDevice(Section section, Config& config) {
  config.thing = section.RequiredText("thing", "give the name of the thing this device is");
  if (config.thing.size() > 128 || !IsMadeOf(config.thing, ":_-")) {
    section.Refuse("thing", "must be 1 to 128 letters, digits, ':', '_' or '-'");
  }
  config.endpoint =
      section.RequiredText("endpoint", "give the host name of the data endpoint (iot:Data-ATS)");
  if (config.endpoint.find_first_of("/ @") != std::string::npos) {
    section.Refuse("endpoint", "must be a host name alone, without scheme, path or user");
  }
  section.Number("port", config.port, 1, 65535);
  config.ca_file =
      Resolve(config.path, section.RequiredText("ca", "give the file with the root certificate"));
  config.certificate_file =
      Resolve(config.path,
              section.RequiredText("certificate", "give the file with the device's certificate"));
  config.private_key_file =
      Resolve(config.path,
              section.RequiredText("private_key", "give the file with the device's private key"));
  section.RefuseOthers();
}

void ReadMqtt(Section section, Config& config) {
  section.Number("keep_alive_s", config.keep_alive_s, 5, 1200);
  section.Number("receive_buffer", config.receive_buffer_bytes, 1024, 1 << 20);
  // Holds CONNECT and SUBSCRIBE of the longest thing name.
  section.Number("send_buffer", config.send_buffer_bytes, 2048, 1 << 20);
  section.Number("document_buffer", config.document_buffer_bytes, 256, 1 << 20);
  const std::uint32_t most_payload = config.send_buffer_bytes - kRequestOverhead;
  config.payload_buffer_bytes = std::min(config.payload_buffer_bytes, most_payload);
  section.Number("payload_buffer", config.payload_buffer_bytes, 512, 1 << 20);
  if (config.payload_buffer_bytes > most_payload) {
    section.Refuse("payload_buffer", "must be " + std::to_string(kRequestOverhead) +
                                         " bytes smaller than mqtt.send_buffer, which has " +
                                         std::to_string(config.send_buffer_bytes));
  }
  std::int64_t cap_s = config.reconnect_cap.count / 1000;
  section.Number("reconnect_cap_s", cap_s, 1, 86400);
  config.reconnect_cap = Seconds(cap_s);
  section.Flag("metrics", config.metrics);
  section.RefuseOthers();
}

void ReadBoard(Section section, Config& config) {
  config.flash_file = Resolve(config.path, section.Text("flash").value_or("flash.bin"));
  config.name = section.Text("name").value_or(config.name);
  if (config.name.empty() || config.name.size() > 32 || !IsMadeOf(config.name, "._-")) {
    section.Refuse("name", "must be 1 to 32 letters, digits, '.', '_' or '-'");
  }
  section.Flag("resume", config.resume);
  constexpr RebootBy kWays[] = {RebootBy::kProgram, RebootBy::kSystemctl, RebootBy::kSyscall};
  config.reboot = kWays[section.Choice("reboot", {"program", "systemctl", "syscall"}, 0)];
  section.RefuseOthers();
}

AccessPoint ReadAccessPoint(Section section, std::size_t index) {
  AccessPoint point;
  point.ssid = Ssid(section, "ssid", section.RequiredText("ssid", "give the network's name"));
  if (auto password = section.Text("password")) {
    point.password = Password(section, "password", *std::move(password));
  }
  // Numbered addresses for access points that were given none, so that a scan tells them apart.
  const MacAddress standard{0x02, 0, 0, 0, 0, static_cast<std::uint8_t>(index + 1)};
  point.bssid = Mac(section, "bssid").value_or(standard);
  section.Number("channel", point.channel, 1, 14);
  section.Number("rssi", point.rssi, -120, 0);
  section.Flag("up", point.up);
  section.RefuseOthers();
  return point;
}

void ReadWifi(Section section, Config& config) {
  config.driver = section.Choice("driver", {"simulated", "host"}, 0) == 1 ? WifiDriver::kHost
                                                                          : WifiDriver::kSimulated;
  config.ssid = Ssid(section, "ssid", section.Text("ssid").value_or(""));
  if (auto password = section.Text("password")) {
    config.password = Password(section, "password", *std::move(password));
  }
  config.mac = Mac(section, "mac").value_or(MacFromName(config.thing));
  section.Number("connect_ms", config.connect_time.count, 0, 60000);
  if (const toml::array* list = section.List("access_point")) {
    for (const toml::node& node : *list) {
      if (!node.is_table()) {
        section.Refuse("access_point", "must be a table: [[wifi.access_point]]");
      }
      config.access_points.push_back(ReadAccessPoint(
          Section(config.path, "wifi.access_point", node.as_table()), config.access_points.size()));
    }
  }
  section.RefuseOthers();
}

void ReadNtp(Section section, Config& config) {
  if (const toml::array* list = section.List("servers")) {
    for (const toml::node& node : *list) {
      if (!node.is_string()) section.Refuse("servers", "must be a list of texts");
      std::string error;
      auto server = posix::ParseTimeServer(node.as_string()->get(), &error);
      if (!server) section.Refuse("servers", "has " + error + ": use \"host\" or \"host:port\"");
      config.ntp_servers.push_back(*std::move(server));
    }
  } else {
    config.ntp_servers = {{"pool.ntp.org", 123}};
  }
  if (config.ntp_servers.empty() || config.ntp_servers.size() > sntp::kServersMax) {
    section.Refuse("servers", "must name 1 to " + std::to_string(sntp::kServersMax) + " servers");
  }
  section.Number("utc_offset_min", config.utc_offset_min, -720, 840);
  config.clock =
      section.Choice("clock", {"ntp", "host"}, 0) == 1 ? ClockSource::kHost : ClockSource::kNtp;
  section.RefuseOthers();
}

void ReadLog(Section section, Config& config) {
  const std::string word = section.Text("level").value_or("debug");
  const std::optional<LogLevel> level = ParseLogLevel(word);
  if (!level) section.Refuse("level", "must be none, error, warn, info, debug or verbose");
  config.log_level = *level;
  section.RefuseOthers();
}

}  // namespace

std::string Resolve(const std::string& config_path, const std::string& file) {
  const std::size_t slash = config_path.rfind('/');
  if (file.starts_with('/') || slash == std::string::npos) return file;
  return config_path.substr(0, slash + 1) + file;
}

bool IsMadeOf(std::string_view text, std::string_view extra) {
  return std::all_of(text.begin(), text.end(), [extra](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           extra.find(c) != std::string_view::npos;
  });
}

std::optional<MacAddress> ParseMac(std::string_view text) {
  MacAddress mac{};
  if (text.size() != 17) return std::nullopt;
  for (std::size_t i = 0; i < mac.size(); ++i) {
    const char* pair = text.data() + 3 * i;
    if (i > 0 && pair[-1] != ':') return std::nullopt;
    const auto parsed = std::from_chars(pair, pair + 2, mac[i], 16);
    if (parsed.ec != std::errc() || parsed.ptr != pair + 2) return std::nullopt;
  }
  return mac;
}

Config ParseConfig(std::string_view text, const std::string& path) {
  Config config;
  config.path = path;
  try {
    const toml::table root = toml::parse(text, path);
    Section top(config.path, "", &root);
    ReadDevice(top.Sub("device"), config);
    ReadMqtt(top.Sub("mqtt"), config);
    ReadJobs(top.Sub("jobs"), config);
    ReadAttributes(top.Sub("attributes"), root["attributes"].as_table(), config);
    ReadControl(top.Sub("control"), config);
    ReadBoard(top.Sub("board"), config);
    ReadWifi(top.Sub("wifi"), config);
    ReadNtp(top.Sub("ntp"), config);
    ReadLog(top.Sub("log"), config);
    top.RefuseOthers();
  } catch (const toml::parse_error& error) {
    Fail(path, error.source(), "not TOML: " + std::string(error.description()));
  }
  return config;
}

Config LoadConfig(const std::string& path) {
  return ParseConfig(
      config::ReadConfigFile(path, "give the path of the board's configuration with --config"),
      path);
}

}  // namespace fieldwork::board
