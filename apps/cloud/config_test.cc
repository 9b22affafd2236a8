#include "apps/cloud/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fieldwork::cloud {
namespace {

using testing::HasSubstr;

ServeConfig Parse(std::string_view text, const Overrides& overrides = {}) {
  return ParseServeConfig("/data", text, "cloud.toml", overrides);
}

std::string Refusal(std::string_view text, const Overrides& overrides = {}) {
  try {
    Parse(text, overrides);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(ServeConfig, NothingSaid_IsLoopbackOnTheUsualPorts) {
  const ServeConfig config = Parse("");
  EXPECT_EQ(config.http.ToText(), "127.0.0.1:8080");
  EXPECT_EQ(config.mqtt.ToText(), "127.0.0.1:8883");
  EXPECT_EQ(config.endpoint, "127.0.0.1");
  EXPECT_EQ(config.region, "us-east-1");
  EXPECT_EQ(config.account, "000000000000");
  EXPECT_FALSE(config.mutual_tls);
  EXPECT_TRUE(config.access_keys.empty());
}

TEST(ServeConfig, AFlag_GoesBeforeTheFile) {
  Overrides overrides;
  overrides.http = "127.0.0.1:0";
  overrides.region = "eu-west-1";
  const ServeConfig config = Parse(
      "[http]\nlisten = \"127.0.0.1:9000\"\n[mqtt]\nlisten = \"127.0.0.1:9001\"\n"
      "[cloud]\nregion = \"us-west-2\"\n",
      overrides);
  EXPECT_EQ(config.http.port, 0);
  EXPECT_EQ(config.mqtt.port, 9001);
  EXPECT_EQ(config.region, "eu-west-1");
}

TEST(ServeConfig, AnUnknownKey_IsNamedWithItsLine) {
  EXPECT_THAT(Refusal("[http]\nlisten = \"127.0.0.1:1\"\nlissten = 3\n"),
              HasSubstr("cloud.toml:3: http.lissten is unknown"));
}

TEST(ServeConfig, AnAddressWithoutPort_IsRefused) {
  EXPECT_THAT(Refusal("[mqtt]\nlisten = \"127.0.0.1\"\n"), HasSubstr("HOST:PORT"));
  Overrides overrides;
  overrides.http = "8080";
  EXPECT_THAT(Refusal("", overrides), HasSubstr("--http: '8080' is not HOST:PORT"));
}

TEST(ServeConfig, OutsideWithoutCredentials_IsRefused) {
  Overrides overrides;
  overrides.http = "0.0.0.0:8080";
  EXPECT_THAT(Refusal("", overrides), HasSubstr("no credentials are set"));
  overrides.access_key_id = "AKID";
  overrides.secret_access_key = "secret";
  EXPECT_EQ(Parse("", overrides).access_keys.at("AKID"), "secret");
}

TEST(ServeConfig, AHostThatOnlyLooksLikeLoopback_IsOutside) {
  EXPECT_FALSE(IsLoopback("127.example.com"));
  EXPECT_TRUE(IsLoopback("127.0.0.2"));
  EXPECT_TRUE(IsLoopback("::1"));
  EXPECT_TRUE(IsLoopback("localhost"));
}

TEST(ServeConfig, HalfACredential_IsRefusedWithoutTheSecret) {
  Overrides overrides;
  overrides.secret_access_key = "topsecret";
  const std::string refusal = Refusal("", overrides);
  EXPECT_THAT(refusal, HasSubstr("belong together"));
  EXPECT_EQ(refusal.find("topsecret"), std::string::npos);
}

TEST(ServeConfig, AccessKeysInTheFile_AreTablesOfIdAndSecret) {
  const ServeConfig config = Parse(
      "[[http.access_keys]]\nid = \"A\"\nsecret = \"s\"\n"
      "[[http.access_keys]]\nid = \"B\"\nsecret = \"t\"\n");
  EXPECT_EQ(config.access_keys.size(), 2u);
  EXPECT_THAT(Refusal("[http]\naccess_keys = [\"A\"]\n"), HasSubstr("must be tables"));
}

TEST(ServeConfig, AnotherStore_IsRefusedByName) {
  Overrides overrides;
  overrides.store = "postgresql://db";
  EXPECT_THAT(Refusal("", overrides), HasSubstr("only sqlite is supported"));
}

TEST(ServeConfig, AnAccountThatIsNone_IsRefused) {
  EXPECT_THAT(Refusal("[cloud]\naccount = \"12345\"\n"), HasSubstr("twelve digits"));
}

TEST(ServeConfig, RequestsOfDevices_HaveALimitIfOneIsSet) {
  const auto limit = [](std::string_view value) {
    return "[limits]\ndevice_requests_per_second = " + std::string(value) + "\n";
  };
  EXPECT_EQ(Parse("").device_requests_per_second, 0);
  EXPECT_EQ(Parse("[limits]\n").device_requests_per_second, 0);
  for (const int value : {0, 1, 200, 1'000'000}) {
    EXPECT_EQ(Parse(limit(std::to_string(value))).device_requests_per_second, value);
  }
  for (const char* value : {"-1", "1000001", "0.5", "\"200\"", "true"}) {
    EXPECT_THAT(Refusal(limit(value)),
                HasSubstr("cloud.toml:2: limits.device_requests_per_second must be a whole number "
                          "from 0 to 1000000"));
  }
  EXPECT_THAT(Refusal("[limits]\nrequests = 1\n"),
              HasSubstr("limits.requests is unknown: remove it, or use one of "
                        "device_requests_per_second"));
}

TEST(ServeConfig, AWildcardListener_TellsDevicesTheMachinesName) {
  Overrides overrides;
  overrides.mqtt = "0.0.0.0:8883";
  EXPECT_NE(Parse("", overrides).endpoint, "0.0.0.0");
  overrides.endpoint = "iot.example.com";
  EXPECT_EQ(Parse("", overrides).endpoint, "iot.example.com");
}

TEST(ServeConfig, AWildcardListenerForHttp_GivesItsNameForJobs) {
  Overrides overrides;
  overrides.access_key_id = "id";
  overrides.secret_access_key = "secret";
  EXPECT_EQ(Parse("", overrides).jobs_endpoint, "127.0.0.1");
  for (const char* wildcard : {"0.0.0.0:8080", "[::]:8080"}) {
    overrides.http = wildcard;
    overrides.endpoint.reset();
    EXPECT_NE(Parse("", overrides).jobs_endpoint, "0.0.0.0");
    EXPECT_NE(Parse("", overrides).jobs_endpoint, "::");
    overrides.endpoint = "iot.example.com";
    EXPECT_EQ(Parse("", overrides).jobs_endpoint, "iot.example.com");
  }
  overrides.http = "127.0.0.1:8080";
  EXPECT_EQ(Parse("", overrides).jobs_endpoint, "127.0.0.1");
}

TEST(HostPort, SixInBrackets_GoesThereAndBack) {
  const auto address = ParseHostPort("[::1]:8080");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "::1");
  EXPECT_EQ(address->ToText(), "[::1]:8080");
  EXPECT_FALSE(ParseHostPort("::1:8080"));
  EXPECT_FALSE(ParseHostPort("host:70000"));
  EXPECT_FALSE(ParseHostPort(":1"));
  EXPECT_FALSE(ParseHostPort("host:"));
}

}  // namespace
}  // namespace fieldwork::cloud
