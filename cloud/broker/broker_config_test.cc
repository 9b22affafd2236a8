// Decides that mosquitto.conf says what the service was asked for, and nothing that was smuggled
// in.
#include "cloud/broker/broker_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud/broker/supervisor.h"

namespace fieldwork::broker {
namespace {

using testing::HasSubstr;
using testing::Not;

BrokerConfig Asked() {
  BrokerConfig config;
  config.host = "127.0.0.1";
  config.port = 18883;
  config.password = "00ff";
  config.region = "eu-central-1";
  config.account = "123456789012";
  return config;
}

TEST(BrokerConfig, Usual_HasOneTlsListenerThePluginAndThePrivateSocketLast) {
  const std::string text = ConfigText(Asked());
  EXPECT_THAT(text, HasSubstr("\nlistener 18883 127.0.0.1\n"));
  EXPECT_THAT(text, HasSubstr("\nrequire_certificate true\n"));
  EXPECT_THAT(text, HasSubstr("\nplugin ./fieldwork_broker.so\n"));
  EXPECT_THAT(text, HasSubstr("\nplugin_opt_service_password 00ff\n"));
  EXPECT_THAT(text, HasSubstr("\nplugin_opt_region eu-central-1\n"));
  EXPECT_THAT(text, HasSubstr("\nplugin_opt_account 123456789012\n"));
  EXPECT_THAT(text, HasSubstr("\nallow_anonymous false\n"));
  EXPECT_TRUE(text.ends_with("\nlistener 0 broker.sock\n"));
  EXPECT_THAT(text, Not(HasSubstr("listener 443")));
  EXPECT_THAT(text, Not(HasSubstr("user ")));
}

TEST(BrokerConfig, QosTwo_IsRefusedToDevicesOnly) {
  const std::string text = ConfigText(Asked());
  EXPECT_GT(text.find("max_qos 1"), text.find("listener 18883"));
  EXPECT_LT(text.find("max_qos 1"), text.find("listener 0"));
}

TEST(BrokerConfig, Port443_IsAListenerWithTheSameRules) {
  BrokerConfig config = Asked();
  config.port_443 = true;
  const std::string text = ConfigText(config);
  const std::size_t at = text.find("\nlistener 443 127.0.0.1\n");
  ASSERT_NE(at, std::string::npos);
  EXPECT_THAT(text.substr(at), HasSubstr("\nrequire_certificate true\n"));
  EXPECT_THAT(text.substr(at), HasSubstr("\ntls_version tlsv1.2\n"));
}

TEST(BrokerConfig, NoOtherUser_SaysThatRootIsMeant) {
  BrokerConfig config = Asked();
  config.as_root = true;
  EXPECT_THAT(ConfigText(config), HasSubstr("\nuser root\n"));
}

TEST(BrokerConfig, ValueWithALineEnd_IsRefused) {
  BrokerConfig config = Asked();
  config.region = "x\nallow_anonymous true";
  EXPECT_THROW(ConfigText(config), BrokerError);
}

TEST(BrokerConfig, EmptyOrSeveralWords_AreRefused) {
  for (const char* host : {"", "a b", "#x"}) {
    BrokerConfig config = Asked();
    config.host = host;
    EXPECT_THROW(ConfigText(config), BrokerError) << host;
  }
}

}  // namespace
}  // namespace fieldwork::broker
