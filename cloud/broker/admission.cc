// Decides logins, and what a change of access closes.
#include "cloud/broker/admission.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>

#include "cloud/broker/protocol.h"
#include "cloud/broker/topic_rules.h"

namespace fieldwork::broker {
namespace {

constexpr int kMqtt31 = 3;

/// Takes as long for a wrong guess as for the right one: digests are compared, whole.
bool EqualSecrets(std::string_view a, std::string_view b) {
  std::array<std::array<unsigned char, SHA256_DIGEST_LENGTH>, 2> digests{};
  SHA256(reinterpret_cast<const unsigned char*>(a.data()), a.size(), digests[0].data());
  SHA256(reinterpret_cast<const unsigned char*>(b.data()), b.size(), digests[1].data());
  return CRYPTO_memcmp(digests[0].data(), digests[1].data(), digests[0].size()) == 0;
}

std::string Quoted(std::string_view client_id) {
  return "client '" + std::string(client_id.substr(0, kClientIdBytesMax)) + "'";
}

int Refuse(const Client& client, std::string_view why) {
  Log(MOSQ_LOG_NOTICE, Quoted(client.id()) + " refused: " + std::string(why));
  return MOSQ_ERR_AUTH;
}

}  // namespace

int Admission::OnLogin(mosquitto_evt_basic_auth& login) {
  const Certificate certificate = Client(login.client).certificate();
  return certificate ? LogIn(login.client, *certificate) : LogIn(login);
}

int Admission::LogIn(const mosquitto_evt_basic_auth& login) {
  const Client client(login.client);
  if (login.username == nullptr || login.username != kServiceUser) {
    return Refuse(client, "it has no certificate");
  }
  if (login.password == nullptr || !EqualSecrets(login.password, password_)) {
    return Refuse(client, "the service's password is another one");
  }
  if (!client.id().starts_with(kServiceUser)) {
    return Refuse(client, "the service's client ids begin with its user name");
  }
  return MOSQ_ERR_SUCCESS;
}

int Admission::LogIn(mosquitto* client, X509& certificate) {
  if (!knowledge_.principals.complete()) {
    if (!said_to_wait_) {
      Log(MOSQ_LOG_NOTICE, "devices have to wait: the service has not said yet who may connect");
      said_to_wait_ = true;
    }
    return MOSQ_ERR_UNKNOWN;
  }
  CertificateId id{};
  if (X509_digest(&certificate, EVP_sha256(), id.data(), nullptr) != 1) return MOSQ_ERR_UNKNOWN;
  const Client asking(client);
  if (const std::string why = WhyNot(asking, id); !why.empty()) return Refuse(asking, why);
  if (const int error = mosquitto_set_username(client, ToHex(id).c_str())) return error;
  knowledge_.connections.Add(asking.id(), id, client);
  return MOSQ_ERR_SUCCESS;
}

std::string Admission::WhyNot(const Client& client, const CertificateId& certificate) const {
  if (mosquitto_client_protocol_version(client.get()) == kMqtt31) {
    return "MQTT 3.1 is not supported; use 3.1.1 or 5";
  }
  if (const auto why = WhyNotClientId(client.id()); !why.empty()) return std::string(why);
  const Principal* const principal = knowledge_.principals.Find(certificate);
  const std::string name = "certificate " + ToHex(certificate);
  if (principal == nullptr) return name + " is not registered";
  if (!principal->active) return name + " is not active";
  // The last will is not told; traffic.cc asks about it when it is about to be sent.
  const policy::Variables variables = client.variables();
  const bool may = knowledge_.permissions.MayConnect(
      {client.id(), certificate, *principal, variables}, {.persistent = client.persistent()});
  return may ? "" : name + " has no policy that allows iot:Connect for this client id";
}

void Admission::OnDisconnect(mosquitto_evt_disconnect& event) {
  knowledge_.connections.Remove(Client(event.client).id(), event.client);
}

int Admission::OnAccess(mosquitto_evt_control& message) {
  if (!Client(message.client).is_service()) return MOSQ_ERR_PROTOCOL;
  const AccessChange change = knowledge_.principals.Apply(
      {static_cast<const char*>(message.payload), message.payload ? message.payloadlen : 0});
  if (!change.problem.empty()) Log(MOSQ_LOG_ERR, change.problem);
  switch (change.scope) {
    case AccessChange::Scope::kNothing: break;
    case AccessChange::Scope::kOne:
      CloseWhatIsNotAllowed(knowledge_.connections.OfCertificate(change.certificate));
      break;
    case AccessChange::Scope::kAll:
      Log(MOSQ_LOG_NOTICE,
          "access of " + std::to_string(knowledge_.principals.size()) + " certificates is known");
      CloseWhatIsNotAllowed(knowledge_.connections.All());
      break;
  }
  return MOSQ_ERR_SUCCESS;
}

void Admission::CloseWhatIsNotAllowed(const std::vector<std::string>& client_ids) {
  for (const std::string& id : client_ids) {
    // A connection may have gone with the one before it: wills are sent, and all that follows.
    const Client client(knowledge_.connections.Find(id));
    if (client.get() == nullptr) continue;
    const bool may = knowledge_.Ask(client, [&](const Caller& caller) {
      return knowledge_.permissions.MayConnect(caller, {.persistent = client.persistent()});
    });
    if (may) continue;
    Log(MOSQ_LOG_NOTICE, Quoted(id) + " closed: it may not connect any more");
    mosquitto_kick_client_by_clientid(id.c_str(), true);
  }
}

}  // namespace fieldwork::broker
