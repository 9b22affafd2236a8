// Decides who a client of the broker is: the service, or the holder of a certificate.
//
// After a login was accepted a device's user name is its certificate's id (admission.h), whatever
// it sent itself; the broker keeps it with the session, so that it is known of offline clients as
// well.
#pragma once

#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <openssl/x509.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cloud/broker/certificate_id.h"
#include "cloud/policy/policy.h"

namespace fieldwork::broker {

using Certificate = std::unique_ptr<X509, void (*)(X509*)>;

/// A view of the broker's own object; as long as a callback.
class Client {
 public:
  explicit Client(const mosquitto* client) : client_(client) {}

  std::string_view id() const;  ///< Empty if it has none (any more).
  bool is_service() const;
  std::optional<CertificateId> certificate_id() const;  ///< Empty for the service.
  bool persistent() const { return !mosquitto_client_clean_session(client_); }

  /// What it showed in the TLS handshake; null without one, and when it is offline.
  Certificate certificate() const;
  /// "aws:SourceIp" and "iot:Certificate.*".
  policy::Variables variables() const;

  const mosquitto* get() const { return client_; }

 private:
  const mosquitto* client_;
};

/// One line in the broker's log, at MOSQ_LOG_...
void Log(int level, const std::string& text);

}  // namespace fieldwork::broker
