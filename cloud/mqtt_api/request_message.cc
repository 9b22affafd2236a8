// Decides how a message is taken apart; the contract is in request_message.h.
#include "cloud/mqtt_api/request_message.h"

#include <mqtt_protocol.h>

#include <cstdlib>

#include "cloud/broker/protocol.h"

namespace fieldwork::mqtt_api {

const char* RequestMessage::Read(const mosquitto_message& message,
                                 const mosquitto_property* properties) {
  std::string_view topic = message.topic;
  if (!topic.starts_with(broker::kRequestPrefix)) return "its topic is not one of the plugin's";
  topic.remove_prefix(broker::kRequestPrefix.size());
  const std::size_t slash = topic.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == topic.size()) {
    return "its topic names no thing or no operation";
  }
  ReadProperties(properties);
  if (client_.empty()) return "it does not say which client asks";
  if (principal_.empty()) return "it does not say which certificate asks";
  if (qos_ != "0" && qos_ != "1") return "it does not say with which QoS it was sent";
  request_.thing = topic.substr(0, slash);
  request_.rest = topic.substr(slash + 1);
  request_.payload = {static_cast<const char*>(message.payload),
                      static_cast<std::size_t>(message.payloadlen)};
  request_.client = client_;
  request_.principal = principal_;
  request_.qos = qos_ == "1" ? 1 : 0;
  return nullptr;
}

void RequestMessage::ReadProperties(const mosquitto_property* properties) {
  bool skip_first = false;
  for (const mosquitto_property* at = properties; at != nullptr; skip_first = true) {
    char* name = nullptr;
    char* value = nullptr;
    at =
        mosquitto_property_read_string_pair(at, MQTT_PROP_USER_PROPERTY, &name, &value, skip_first);
    if (at == nullptr) return;
    const std::string_view key = name;
    if (key == broker::kClientProperty) client_ = value;
    if (key == broker::kPrincipalProperty) principal_ = value;
    if (key == broker::kQosProperty) qos_ = value;
    std::free(name);
    std::free(value);
  }
}

}  // namespace fieldwork::mqtt_api
