// Decides which messages pass: what a device may publish, subscribe to and receive, what becomes of
// its requests, and how replies reach it.
//
// AWS's own topic rules come first (topic_rules.h), then the policies. What may not be published or
// subscribed to closes the connection; what may not be received is not delivered, in silence. All
// of it is open to the service.
#pragma once

#include <mosquitto.h>
#include <mosquitto_broker.h>

#include <string>

#include "cloud/broker/admission.h"
#include "cloud/broker/protocol.h"
#include "cloud/broker/topic_rules.h"

namespace fieldwork::broker {

class Traffic {
 public:
  explicit Traffic(Knowledge& knowledge) : knowledge_(knowledge) {}

  /// MOSQ_ERR_SUCCESS, MOSQ_ERR_ACL_DENIED (just not done), or another error (closed).
  int OnAclCheck(mosquitto_evt_acl_check& check);
  /// A publication that passed: a device's request is made over to the service.
  int OnMessage(mosquitto_evt_message& message);
  /// A message on kDeliveryTopic.
  int OnDelivery(mosquitto_evt_control& message);

 private:
  int CheckPublish(const Client& client, const mosquitto_evt_acl_check& check);
  int CheckWill(const Client& client, const mosquitto_evt_acl_check& check);
  int CheckSubscribe(const Client& client, const mosquitto_evt_acl_check& check);
  int CheckReceive(const Client& client, const char* topic);
  void Deliver(const Frame& frame);
  bool MayReply(const std::string& client_id, const std::string& topic);

  Knowledge& knowledge_;
};

}  // namespace fieldwork::broker
