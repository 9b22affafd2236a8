// Decides who may connect, and who may stay connected when what is known of it changes.
//
// A client without a certificate is the service or nobody. A device needs a certificate that is
// registered and active, and iot:Connect for its client id. Until the service has sent a whole
// picture no device is let in: its connection is closed without a CONNACK, as if the broker were
// not there yet, so that it tries again.
#pragma once

#include <mosquitto.h>
#include <mosquitto_broker.h>

#include <string>
#include <string_view>
#include <vector>

#include "cloud/broker/client.h"
#include "cloud/broker/connections.h"
#include "cloud/broker/permissions.h"
#include "cloud/broker/principals.h"

namespace fieldwork::broker {

/// What the plugin knows; one for a broker.
struct Knowledge {
  Permissions permissions;
  Principals principals;
  Connections connections;

  /// question(caller), or false if the client's certificate is not known.
  template <typename Question>
  bool Ask(const Client& client, const Question& question) const {
    const auto id = client.certificate_id();
    const Principal* const principal = id ? principals.Find(*id) : nullptr;
    if (principal == nullptr) return false;
    const policy::Variables variables = client.variables();
    return question(Caller{client.id(), *id, *principal, variables});
  }
};

class Admission {
 public:
  Admission(Knowledge& knowledge, std::string password)
      : knowledge_(knowledge), password_(std::move(password)) {}

  /// A login: MOSQ_ERR_SUCCESS, MOSQ_ERR_AUTH (refused), or another error (closed).
  int OnLogin(mosquitto_evt_basic_auth& login);
  void OnDisconnect(mosquitto_evt_disconnect& event);
  /// A message on kAccessTopic. Closes the connections that are not allowed any more.
  int OnAccess(mosquitto_evt_control& message);

 private:
  int LogIn(const mosquitto_evt_basic_auth& login);
  int LogIn(mosquitto* client, X509& certificate);
  /// Why the device may not connect; empty: it may.
  std::string WhyNot(const Client& client, const CertificateId& certificate) const;
  void CloseWhatIsNotAllowed(const std::vector<std::string>& client_ids);

  Knowledge& knowledge_;
  const std::string password_;
  bool said_to_wait_ = false;
};

}  // namespace fieldwork::broker
