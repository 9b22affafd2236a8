// Decides each publication, subscription and delivery, and carries requests and replies.
#include "cloud/broker/traffic.h"

#include <mosquitto_plugin.h>
#include <mqtt_protocol.h>

#include <cstring>
#include <string>

namespace fieldwork::broker {
namespace {

constexpr std::string_view kNotAllowed = "no policy allows it";

// Where a message goes that has been sent on in another form; nobody subscribes to it.
constexpr std::string_view kNowhere = "fw-private/dropped";
static_assert(kNowhere.starts_with(kPrivatePrefix));
static_assert(kNowhere.size() <= std::string_view("$aws/things/T/jobs/R").size());

using Properties = std::unique_ptr<mosquitto_property, void (*)(mosquitto_property*)>;

Publication PublicationOf(const mosquitto_evt_acl_check& check) {
  return {check.topic, check.payloadlen, check.qos, check.retain};
}

/// Closes the connection; in MQTT 5 with a DISCONNECT that gives the reason as well as it can.
int Close(const Client& client, const mosquitto_evt_acl_check& check, std::string_view what,
          std::string_view why) {
  std::string line = "client '" + std::string(client.id()) + "' closed: ";
  line.append(what).append(" '").append(check.topic).append("': ").append(why);
  Log(MOSQ_LOG_NOTICE, line);
  return check.qos > 1 ? MOSQ_ERR_QOS_NOT_SUPPORTED : MOSQ_ERR_PROTOCOL;
}

/// Null: no memory.
Properties RequestProperties(const Client& client, std::uint8_t qos) {
  const auto certificate = client.certificate_id();
  const std::string principal = certificate ? ToHex(*certificate) : std::string();
  const std::string id(client.id());
  mosquitto_property* list = nullptr;
  const auto add = [&list](std::string_view name, const char* value) {
    return mosquitto_property_add_string_pair(&list, MQTT_PROP_USER_PROPERTY,
                                              std::string(name).c_str(), value) == MOSQ_ERR_SUCCESS;
  };
  const bool complete = add(kClientProperty, id.c_str()) &&
                        add(kPrincipalProperty, principal.c_str()) &&
                        add(kQosProperty, qos == 0 ? "0" : "1");
  const auto free_all = [](mosquitto_property* owned) { mosquitto_property_free_all(&owned); };
  Properties properties(list, free_all);
  if (!complete) properties.reset();
  return properties;
}

/// The payload and the properties are the broker's if it says MOSQ_ERR_SUCCESS.
int Publish(const char* client, const char* topic, std::string_view payload, int qos,
            Properties properties) {
  void* copy = nullptr;
  if (!payload.empty()) {
    copy = mosquitto_malloc(payload.size());
    if (copy == nullptr) return MOSQ_ERR_NOMEM;
    std::memcpy(copy, payload.data(), payload.size());
  }
  const int error = mosquitto_broker_publish(client, topic, static_cast<int>(payload.size()), copy,
                                             qos, false, properties.get());
  if (error == MOSQ_ERR_SUCCESS) {
    static_cast<void>(properties.release());
  } else {
    mosquitto_free(copy);
  }
  return error;
}

std::string_view PayloadOf(const void* payload, std::size_t bytes) {
  return payload == nullptr ? std::string_view()
                            : std::string_view(static_cast<const char*>(payload), bytes);
}

}  // namespace

int Traffic::OnAclCheck(mosquitto_evt_acl_check& check) {
  const Client client(check.client);
  if (client.is_service()) return MOSQ_ERR_SUCCESS;
  switch (check.access) {
    case MOSQ_ACL_WRITE:
      // The broker has nothing to tell a will by, but that its client is not connected any more.
      return knowledge_.connections.IsLive(client.id(), client.get()) ? CheckPublish(client, check)
                                                                      : CheckWill(client, check);
    case MOSQ_ACL_SUBSCRIBE: return CheckSubscribe(client, check);
    case MOSQ_ACL_UNSUBSCRIBE:
      knowledge_.connections.Unsubscribe(client.id(), check.topic);
      return MOSQ_ERR_SUCCESS;
    case MOSQ_ACL_READ: return CheckReceive(client, check.topic);
    default: return MOSQ_ERR_ACL_DENIED;
  }
}

int Traffic::CheckPublish(const Client& client, const mosquitto_evt_acl_check& check) {
  std::string_view why = WhyNotPublish(PublicationOf(check));
  const auto may = [&](const Caller& caller) {
    return knowledge_.permissions.MayPublish(caller, check.topic, check.retain);
  };
  if (why.empty() && !knowledge_.Ask(client, may)) why = kNotAllowed;
  return why.empty() ? MOSQ_ERR_SUCCESS : Close(client, check, "publish to", why);
}

int Traffic::CheckWill(const Client& client, const mosquitto_evt_acl_check& check) {
  std::string_view why = WhyNotWill(PublicationOf(check));
  const auto may = [&](const Caller& caller) {
    const ConnectAttributes attributes{.persistent = client.persistent(), .last_will = true};
    return knowledge_.permissions.MayConnect(caller, attributes) &&
           knowledge_.permissions.MayPublish(caller, check.topic, check.retain);
  };
  if (why.empty() && !knowledge_.Ask(client, may)) why = kNotAllowed;
  if (why.empty()) return MOSQ_ERR_SUCCESS;
  Log(MOSQ_LOG_NOTICE, "the will of client '" + std::string(client.id()) + "' is not sent: '" +
                           check.topic + "': " + std::string(why));
  return MOSQ_ERR_ACL_DENIED;
}

int Traffic::CheckSubscribe(const Client& client, const mosquitto_evt_acl_check& check) {
  std::string_view why = WhyNotSubscribe(check.topic, check.qos);
  const auto may = [&](const Caller& caller) {
    return knowledge_.permissions.MaySubscribe(caller, check.topic);
  };
  if (why.empty() && !knowledge_.Ask(client, may)) why = kNotAllowed;
  if (!why.empty()) return Close(client, check, "subscribe to", why);
  return knowledge_.connections.Subscribe(client.id(), check.topic, kSubscriptionsMax)
             ? MOSQ_ERR_SUCCESS
             : MOSQ_ERR_ACL_DENIED;
}

int Traffic::CheckReceive(const Client& client, const char* topic) {
  const auto may = [&](const Caller& caller) {
    return knowledge_.permissions.MayReceive(caller, topic);
  };
  return IsDeliverable(topic) && knowledge_.Ask(client, may) ? MOSQ_ERR_SUCCESS
                                                             : MOSQ_ERR_ACL_DENIED;
}

int Traffic::OnMessage(mosquitto_evt_message& message) {
  const Client client(message.client);
  if (client.is_service()) return MOSQ_ERR_SUCCESS;
  const auto request = ParseJobsRequest(message.topic);
  if (!request) return MOSQ_ERR_SUCCESS;
  Properties properties = RequestProperties(client, message.qos);
  if (!properties) return MOSQ_ERR_NOMEM;
  if (message.properties == nullptr) {
    RewriteToPrivate(message.topic, *request);
    message.properties = properties.release();
    return MOSQ_ERR_SUCCESS;
  }
  // The client's own properties must not reach the service. Who frees a list that is replaced
  // differs between versions of the broker (before 2.0.15 the plugin), so the list stays where it
  // is, with a message that goes nowhere, and the service gets another one.
  std::string topic(message.topic);
  RewriteToPrivate(topic.data(), *ParseJobsRequest(topic));
  const int error = Publish(nullptr, topic.c_str(), PayloadOf(message.payload, message.payloadlen),
                            message.qos, std::move(properties));
  if (error == MOSQ_ERR_SUCCESS) {
    std::memcpy(message.topic, kNowhere.data(), kNowhere.size());
    message.topic[kNowhere.size()] = '\0';
  }
  return error;
}

int Traffic::OnDelivery(mosquitto_evt_control& message) {
  if (!Client(message.client).is_service()) return MOSQ_ERR_PROTOCOL;
  std::string_view bytes = PayloadOf(message.payload, message.payloadlen);
  bool malformed = false;
  while (const auto frame = TakeFrame(bytes, malformed)) Deliver(*frame);
  if (malformed) {
    Log(MOSQ_LOG_ERR, "a message of frames is damaged: its last " + std::to_string(bytes.size()) +
                          " bytes were dropped");
  }
  return MOSQ_ERR_SUCCESS;
}

void Traffic::Deliver(const Frame& frame) {
  const std::string client(frame.client);
  const std::string topic(frame.topic);
  if (!client.empty() && !MayReply(client, topic)) return;
  const int error = Publish(client.empty() ? nullptr : client.c_str(), topic.c_str(), frame.payload,
                            frame.qos, {nullptr, nullptr});
  if (error == MOSQ_ERR_SUCCESS) return;
  Log(MOSQ_LOG_ERR, (client.empty() ? "publication on '" + topic : "reply to client '" + client) +
                        "' is lost: " + mosquitto_strerror(error));
}

// To one client the broker delivers without asking anybody.
bool Traffic::MayReply(const std::string& client_id, const std::string& topic) {
  const Client client(knowledge_.connections.Find(client_id));
  return client.get() != nullptr && CheckReceive(client, topic.c_str()) == MOSQ_ERR_SUCCESS;
}

}  // namespace fieldwork::broker
