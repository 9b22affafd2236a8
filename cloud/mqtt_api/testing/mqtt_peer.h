// Decides how a test takes the other part: it publishes requests as the
// plugin would. Driven by Poll(), no thread.
#pragma once

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <sys/ioctl.h>

#include <string>
#include <string_view>
#include <utility>

#include "cloud/broker/protocol.h"

namespace fieldwork::mqtt_api::testing {

class MqttPeer {
 public:
  MqttPeer() : mosquitto_(mosquitto_new("peer", true, this)) {
    mosquitto_int_option(mosquitto_, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_int_option(mosquitto_, MOSQ_OPT_RECEIVE_MAXIMUM, 65'535);
    mosquitto_int_option(mosquitto_, MOSQ_OPT_SEND_MAXIMUM, 65'535);
    mosquitto_connect_v5_callback_set(
        mosquitto_, [](mosquitto*, void* self, int reason, int, const mosquitto_property*) {
          static_cast<MqttPeer*>(self)->connected_ = reason == 0;
        });
    mosquitto_publish_callback_set(mosquitto_, [](mosquitto*, void* self, int) {
      ++static_cast<MqttPeer*>(self)->acknowledged_;
    });
  }
  ~MqttPeer() { mosquitto_destroy(mosquitto_); }
  MqttPeer(const MqttPeer&) = delete;
  MqttPeer& operator=(const MqttPeer&) = delete;

  bool Connect(const std::string& path) {
    return mosquitto_connect(mosquitto_, path.c_str(), 0, 60) == MOSQ_ERR_SUCCESS;
  }
  /// As the plugin hands it over.
  void Request(const std::string& rest_of_topic, std::string_view payload) {
    mosquitto_property* properties = nullptr;
    for (const auto& [name, value] :
         {std::pair{"client", "board"}, {"principal", "abc"}, {"qos", "1"}}) {
      mosquitto_property_add_string_pair(&properties, MQTT_PROP_USER_PROPERTY, name, value);
    }
    Publish(std::string(broker::kRequestPrefix) + rest_of_topic, payload, properties);
    mosquitto_property_free_all(&properties);
  }
  void Publish(const std::string& topic, std::string_view payload,
               const mosquitto_property* properties = nullptr) {
    mosquitto_publish_v5(mosquitto_, nullptr, topic.c_str(), static_cast<int>(payload.size()),
                         payload.data(), 1, false, properties);
  }

  /// Reads and writes what there is, in small part.
  void Poll() {
    int bytes_waiting = 0;
    for (int calls = 0; calls < 100; ++calls) {
      mosquitto_loop(mosquitto_, 0, 100);
      const int fd = mosquitto_socket(mosquitto_);
      if (fd < 0 || ::ioctl(fd, FIONREAD, &bytes_waiting) != 0 || bytes_waiting == 0) return;
    }
  }

  bool connected() const { return connected_; }
  std::size_t acknowledged() const { return acknowledged_; }

 private:
  mosquitto* mosquitto_;
  bool connected_ = false;
  std::size_t acknowledged_ = 0;
};

}  // namespace fieldwork::mqtt_api::testing
