// Decides what a message of the plugin must look like to be a device's request.
//
// Source: cloud/broker/protocol.h.
#pragma once

#include <mosquitto.h>

#include <cstdint>
#include <string>

#include "cloud/mqtt_api/broker_link.h"

namespace fieldwork::mqtt_api {

/// Keeps what the views of request() point to, besides the message itself.
class RequestMessage {
 public:
  /// Returns nullptr if it is a request; request() then lives as long as this object and `message`.
  /// Otherwise what is wrong with it, for the log.
  const char* Read(const mosquitto_message& message, const mosquitto_property* properties);

  const IncomingRequest& request() const { return request_; }

 private:
  void ReadProperties(const mosquitto_property* properties);

  IncomingRequest request_;
  std::string client_;
  std::string principal_;
  std::string qos_;
};

}  // namespace fieldwork::mqtt_api
