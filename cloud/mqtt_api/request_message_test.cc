// What the plugin's messages must look like to be requests.
#include "cloud/mqtt_api/request_message.h"

#include <gtest/gtest.h>
#include <mqtt_protocol.h>

#include <string>
#include <utility>
#include <vector>

#include "cloud/broker/protocol.h"

namespace fieldwork::mqtt_api {
namespace {

const std::string kPrefix(broker::kRequestPrefix);

using Pairs = std::vector<std::pair<std::string, std::string>>;

class RequestMessageTest : public ::testing::Test {
 protected:
  ~RequestMessageTest() override { mosquitto_property_free_all(&properties_); }

  std::string Read(std::string topic, const Pairs& pairs, std::string payload = "{}") {
    topic_ = std::move(topic);
    payload_ = std::move(payload);
    mosquitto_property_free_all(&properties_);
    for (const auto& [name, value] : pairs) {
      mosquitto_property_add_string_pair(&properties_, MQTT_PROP_USER_PROPERTY, name.c_str(),
                                         value.c_str());
    }
    mosquitto_message message{};
    message.topic = topic_.data();
    message.payload = payload_.data();
    message.payloadlen = static_cast<int>(payload_.size());
    read_ = RequestMessage();
    const char* const problem = read_.Read(message, properties_);
    return problem == nullptr ? "" : problem;
  }

  const IncomingRequest& request() const { return read_.request(); }

  const Pairs whole_ = {{"client", "c"}, {"principal", "p"}, {"qos", "1"}};

 private:
  std::string topic_;
  std::string payload_;
  mosquitto_property* properties_ = nullptr;
  RequestMessage read_;
};

TEST_F(RequestMessageTest, MessageOfThePlugin_IsTakenApart) {
  ASSERT_EQ(Read(kPrefix + "board:1/J/update",
                 {{"x", "y"}, {"qos", "0"}, {"principal", "abc"}, {"client", "board:1"}},
                 R"({"status":"FAILED"})"),
            "");
  EXPECT_EQ(request().thing, "board:1");
  EXPECT_EQ(request().rest, "J/update");
  EXPECT_EQ(request().client, "board:1");
  EXPECT_EQ(request().principal, "abc");
  EXPECT_EQ(request().qos, 0);
  EXPECT_EQ(request().payload, R"({"status":"FAILED"})");
}

TEST_F(RequestMessageTest, QosOne_IsKeptAndPayloadMayBeEmpty) {
  ASSERT_EQ(Read(kPrefix + "T/$next/get", whole_, ""), "");
  EXPECT_EQ(request().qos, 1);
  EXPECT_EQ(request().rest, "$next/get");
  EXPECT_TRUE(request().payload.empty());
}

TEST_F(RequestMessageTest, OtherTopics_AreNone) {
  EXPECT_EQ(Read("$aws/things/T/jobs/get", whole_), "its topic is not one of the plugin's");
  for (const std::string& topic : {kPrefix + "", kPrefix + "T", kPrefix + "T/", kPrefix + "/get"}) {
    EXPECT_EQ(Read(topic, whole_), "its topic names no thing or no operation") << topic;
  }
}

TEST_F(RequestMessageTest, MissingProperties_AreNamed) {
  const std::string topic = kPrefix + "T/get";
  EXPECT_EQ(Read(topic, {}), "it does not say which client asks");
  EXPECT_EQ(Read(topic, {{"client", "c"}, {"qos", "1"}}), "it does not say which certificate asks");
  EXPECT_EQ(Read(topic, {{"client", "c"}, {"principal", "p"}}),
            "it does not say with which QoS it was sent");
  EXPECT_EQ(Read(topic, {{"client", "c"}, {"principal", "p"}, {"qos", "2"}}),
            "it does not say with which QoS it was sent");
}

}  // namespace
}  // namespace fieldwork::mqtt_api
