// Decides what is read from the broker about a client.
#include "cloud/broker/client.h"

#include "cloud/broker/certificate_fields.h"
#include "cloud/broker/protocol.h"

namespace fieldwork::broker {
namespace {

std::string_view View(const char* text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

}  // namespace

std::string_view Client::id() const { return View(mosquitto_client_id(client_)); }

bool Client::is_service() const { return View(mosquitto_client_username(client_)) == kServiceUser; }

std::optional<CertificateId> Client::certificate_id() const {
  return CertificateIdFromHex(View(mosquitto_client_username(client_)));
}

Certificate Client::certificate() const {
  return {static_cast<X509*>(mosquitto_client_certificate(client_)), X509_free};
}

policy::Variables Client::variables() const {
  return [client = *this](std::string_view name) -> std::optional<std::string> {
    if (name == "aws:SourceIp") {
      const char* const address = mosquitto_client_address(client.get());
      if (address == nullptr) return std::nullopt;
      return std::string(address);
    }
    const Certificate certificate = client.certificate();
    return certificate ? CertificateField(*certificate, name) : std::nullopt;
  };
}

void Log(int level, const std::string& text) {
  mosquitto_log_printf(level, "fieldwork: %s", text.c_str());
}

}  // namespace fieldwork::broker
