// Each key, each default, and each kind of mistake with the message a person gets.
#include "apps/device/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fieldwork::board {
namespace {

using testing::HasSubstr;

constexpr const char* kDevice = R"([device]
thing = "wm_demo_1"
endpoint = "localhost"
ca = "cert/ca.pem"
certificate = "cert/certificate.pem.crt"
private_key = "/keys/private.pem.key"
)";

Config Parse(const std::string& rest) {
  return ParseConfig(kDevice + rest, "/etc/board/device.toml");
}

// The message for kDevice followed by `rest`, whose first line is number 7.
std::string Mistake(const std::string& rest, const std::string& head = kDevice) {
  try {
    ParseConfig(head + rest, "d/device.toml");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Config, OnlyWhatIsRequired_HasTheDocumentedDefaults) {
  const Config config = Parse("");
  EXPECT_EQ(config.port, 8883);
  EXPECT_EQ(config.keep_alive_s, 60);
  EXPECT_EQ(config.receive_buffer_bytes, 40960u);
  EXPECT_EQ(config.send_buffer_bytes, 8192u);
  EXPECT_EQ(config.document_buffer_bytes, 36864u);
  EXPECT_EQ(config.payload_buffer_bytes, 4096u);
  EXPECT_EQ(config.reconnect_cap, Seconds(180));
  EXPECT_TRUE(config.metrics);
  EXPECT_FALSE(config.no_action_succeeds);
  EXPECT_TRUE(config.subscribe_replies);
  EXPECT_EQ(config.name, "W800");
  EXPECT_TRUE(config.resume);
  EXPECT_EQ(config.reboot, RebootBy::kProgram);
  EXPECT_EQ(config.driver, WifiDriver::kSimulated);
  EXPECT_EQ(config.connect_time, Millis{700});
  EXPECT_EQ(config.utc_offset_min, 480);
  EXPECT_EQ(config.clock, ClockSource::kNtp);
  EXPECT_EQ(config.log_level, LogLevel::kDebug);
}

TEST(Config, Paths_AreRelativeToTheFile) {
  const Config config = Parse("");
  EXPECT_EQ(config.ca_file, "/etc/board/cert/ca.pem");
  EXPECT_EQ(config.private_key_file, "/keys/private.pem.key");
  EXPECT_EQ(config.flash_file, "/etc/board/flash.bin");
  EXPECT_EQ(ParseConfig(kDevice, "device.toml").flash_file, "flash.bin");
}

TEST(Config, EveryKey_IsTaken) {
  const Config config = Parse(R"(port = 443
[mqtt]
keep_alive_s = 5
receive_buffer = 1024
send_buffer = 2048
document_buffer = 256
payload_buffer = 512
reconnect_cap_s = 10
metrics = false
[jobs]
no_action = "succeed"
subscribe_replies = false
[board]
flash = "f/flash.bin"
name = "W801"
resume = false
reboot = "syscall"
[wifi]
driver = "host"
ssid = "61test"
password = "12345678"
mac = "28:6D:ce:8d:2d:da"
connect_ms = 0
[[wifi.access_point]]
ssid = "61test"
password = "12345678"
bssid = "94:83:C4:3A:BA:9E"
channel = 6
rssi = -40
up = false
[[wifi.access_point]]
ssid = "open"
[ntp]
servers = ["ntp.example", "127.0.0.1:11123", "[::1]:99"]
utc_offset_min = -90
clock = "host"
[log]
level = "none"
)");
  EXPECT_EQ(config.port, 443);
  EXPECT_EQ(config.keep_alive_s, 5);
  EXPECT_EQ(config.receive_buffer_bytes, 1024u);
  EXPECT_EQ(config.send_buffer_bytes, 2048u);
  EXPECT_EQ(config.document_buffer_bytes, 256u);
  EXPECT_EQ(config.payload_buffer_bytes, 512u);
  EXPECT_EQ(config.reconnect_cap, Seconds(10));
  EXPECT_FALSE(config.metrics);
  EXPECT_TRUE(config.no_action_succeeds);
  EXPECT_FALSE(config.subscribe_replies);
  EXPECT_EQ(config.flash_file, "/etc/board/f/flash.bin");
  EXPECT_EQ(config.name, "W801");
  EXPECT_EQ(config.reboot, RebootBy::kSyscall);
  EXPECT_FALSE(config.resume);
  EXPECT_EQ(config.driver, WifiDriver::kHost);
  EXPECT_EQ(config.ssid, "61test");
  EXPECT_EQ(config.password, "12345678");
  EXPECT_EQ(config.mac, (MacAddress{0x28, 0x6d, 0xce, 0x8d, 0x2d, 0xda}));
  EXPECT_EQ(config.connect_time, Millis{0});
  ASSERT_EQ(config.access_points.size(), 2u);
  EXPECT_EQ(config.access_points[0].bssid, (MacAddress{0x94, 0x83, 0xC4, 0x3A, 0xBA, 0x9E}));
  EXPECT_EQ(config.access_points[0].channel, 6);
  EXPECT_EQ(config.access_points[0].rssi, -40);
  EXPECT_FALSE(config.access_points[0].up);
  EXPECT_FALSE(config.access_points[1].password.has_value());
  ASSERT_EQ(config.ntp_servers.size(), 3u);
  EXPECT_EQ(config.ntp_servers[0].port, 123);
  EXPECT_EQ(config.ntp_servers[1].host, "127.0.0.1");
  EXPECT_EQ(config.ntp_servers[1].port, 11123);
  EXPECT_EQ(config.ntp_servers[2].host, "::1");
  EXPECT_EQ(config.ntp_servers[2].port, 99);
  EXPECT_EQ(config.utc_offset_min, -90);
  EXPECT_EQ(config.clock, ClockSource::kHost);
  EXPECT_EQ(config.log_level, LogLevel::kNone);
}

TEST(Config, SmallSendBuffer_HasASmallerPayloadUnlessToldOtherwise) {
  EXPECT_EQ(Parse("[mqtt]\nsend_buffer = 4096\n").payload_buffer_bytes, 3584u);
  EXPECT_EQ(Mistake("[mqtt]\nsend_buffer = 4096\npayload_buffer = 3585\n"),
            "d/device.toml:9: mqtt.payload_buffer must be 512 bytes smaller than mqtt.send_buffer, "
            "which has 4096");
}

TEST(Config, BoardsWithoutAMac_DifferAndKeepTheirs) {
  EXPECT_EQ(Parse("").mac, Parse("").mac);
  EXPECT_EQ(Parse("").mac[0], 0x02);
  std::string other = kDevice;
  other.replace(other.find("wm_demo_1"), 9, "wm_demo_2");
  EXPECT_NE(Parse("").mac, ParseConfig(other, "x").mac);
}

TEST(ConfigMistake, Message_NamesFileLineKeyAndRemedy) {
  EXPECT_EQ(Mistake("[mqtt]\nkeep_alive_s = 3\n"),
            "d/device.toml:8: mqtt.keep_alive_s must be a whole number from 5 to 1200, not 3");
}

TEST(ConfigMistake, UnknownKeyOrTable_IsRefused) {
  EXPECT_EQ(Mistake("[jobs]\nno_acton = \"reject\"\n"),
            "d/device.toml:8: jobs.no_acton is unknown: remove it, or use one of no_action, "
            "subscribe_replies, handlers, allowed_paths, allowed_operations, run_command, path, "
            "output_tail, step_limit_s, job_limit_s, reconcile_s, stop_grace_s, step_timeout_min, "
            "limits");
  EXPECT_THAT(Mistake("[wlan]\n"), HasSubstr("d/device.toml:7: wlan is unknown"));
  EXPECT_THAT(Mistake("[[wifi.access_point]]\nssid = \"a\"\nsid = 1\n"),
              HasSubstr(":9: wifi.access_point.sid is unknown"));
}

TEST(ConfigMistake, MissingKey_SaysWhatToGive) {
  EXPECT_EQ(Mistake("", "[device]\n"),
            "d/device.toml:1: device.thing is missing: give the name of the thing this device is");
  EXPECT_THAT(Mistake("", "# nothing\n"), HasSubstr("device.thing is missing"));
  EXPECT_THAT(Mistake("[[wifi.access_point]]\n"), HasSubstr("wifi.access_point.ssid is missing"));
}

TEST(ConfigMistake, NotToml_NamesTheLine) {
  EXPECT_THAT(Mistake("[mqtt\n"), HasSubstr("d/device.toml:7: not TOML: "));
}

struct BadValue {
  const char* toml;
  const char* message;
};
/// What GoogleTest prints, and ctest puts into the name of the test.
void PrintTo(const BadValue& value, std::ostream* out) { *out << value.message; }
class ConfigBadValue : public testing::TestWithParam<BadValue> {};

TEST_P(ConfigBadValue, IsRefusedWithItsRule) {
  EXPECT_THAT(Mistake(GetParam().toml), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Each, ConfigBadValue,
    testing::Values(
        BadValue{"port = 0\n", "device.port must be a whole number from 1 to 65535"},
        BadValue{"port = \"x\"\n", "device.port must be a whole number"},
        BadValue{"[mqtt]\nreceive_buffer = 1023\n", "mqtt.receive_buffer must be"},
        BadValue{"[mqtt]\nsend_buffer = 1\n", "mqtt.send_buffer must be"},
        BadValue{"[mqtt]\ndocument_buffer = 255\n", "mqtt.document_buffer must be"},
        BadValue{"[mqtt]\npayload_buffer = 511\n", "mqtt.payload_buffer must be"},
        BadValue{"[mqtt]\nreconnect_cap_s = 0\n", "mqtt.reconnect_cap_s must be"},
        BadValue{"[mqtt]\nmetrics = 1\n", "mqtt.metrics must be true or false"},
        BadValue{"[jobs]\nno_action = \"x\"\n", "must be one of \"reject\", \"succeed\""},
        BadValue{"[board]\nname = \"\"\n", "board.name must be 1 to 32"},
        BadValue{"[board]\nname = \"a b\"\n", "board.name must be 1 to 32"},
        BadValue{"[board]\nname = 8\n", "board.name must be text in quotes"},
        BadValue{"[board]\nflash = \"a\\u0000b\"\n", "must not hold control characters"},
        BadValue{"[board]\nreboot = \"sudo\"\n",
                 "board.reboot must be one of \"program\", \"systemctl\", \"syscall\""},
        BadValue{"[wifi]\ndriver = \"hos\"\n", "must be one of \"simulated\", \"host\""},
        BadValue{"[wifi]\nmac = \"28-6d-ce-8d-2d-da\"\n", "wifi.mac must be six hexadecimal"},
        BadValue{"[wifi]\npassword = \"short\"\n", "wifi.password must be 8 to 63 bytes"},
        BadValue{"[wifi]\nssid = \"123456789012345678901234567890123\"\n", "at most 32 bytes"},
        BadValue{"[wifi]\naccess_point = 3\n", "wifi.access_point must be a list"},
        BadValue{"[[wifi.access_point]]\nssid = \"a\"\nchannel = 15\n", "from 1 to 14"},
        BadValue{"[ntp]\nservers = [\"h:x\"]\n", "h:x"},
        BadValue{"[ntp]\nservers = [\"\"]\n", "ntp.servers has no host name"},
        BadValue{"[ntp]\nservers = []\n", "ntp.servers must name 1 to 8 servers"},
        BadValue{"[ntp]\nservers = [1]\n", "must be a list of texts"},
        BadValue{"[ntp]\nutc_offset_min = 900\n", "ntp.utc_offset_min must be"},
        BadValue{"[log]\nlevel = \"loud\"\n", "log.level must be none, error"},
        BadValue{"device2 = 1\n", "device.device2 is unknown"}));

TEST(ConfigMistake, BadThingName_IsRefused) {
  std::string head = kDevice;
  head.replace(head.find("wm_demo_1"), 9, "wm/demo");
  EXPECT_THAT(Mistake("", head), HasSubstr(":2: device.thing must be 1 to 128 letters"));
}

TEST(ConfigMistake, EndpointWithScheme_IsRefused) {
  std::string head = kDevice;
  head.replace(head.find("localhost"), 9, "https://localhost");
  EXPECT_THAT(Mistake("", head), HasSubstr(":3: device.endpoint must be a host name alone"));
}

TEST(LoadConfig, NoSuchFile_SaysWhatToGive) {
  try {
    LoadConfig("/nonexistent/device.toml");
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nonexistent/device.toml: No such file"));
    EXPECT_THAT(error.what(), HasSubstr("--config"));
  }
}

TEST(ParseMac, AnythingButSixPairs_IsRefused) {
  EXPECT_TRUE(ParseMac("00:00:00:00:00:00").has_value());
  for (const char* text : {"", "00:00:00:00:00", "00:00:00:00:00:0g", "0:000:00:00:00:00",
                           "00-00:00:00:00:00", "00:00:00:00:00:00:00"}) {
    EXPECT_FALSE(ParseMac(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace fieldwork::board
