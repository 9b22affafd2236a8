// Decides which connection a client id or a certificate means now, and how many subscriptions each
// connection has made.
//
// A client that takes over another's id is in its place from its login on; what the broker still
// says of the old one afterwards changes nothing for the new one. Clients are known by address
// only. One thread. Memory: about 250 bytes a connection, and 8 for each subscription.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cloud/broker/certificate_id.h"

struct mosquitto;

namespace fieldwork::broker {

class Connections {
 public:
  /// After the login was accepted. One that has the id already is forgotten.
  void Add(std::string_view client_id, const CertificateId& certificate, const mosquitto* client);
  /// Harmless if another client has taken the id over, or none was added.
  void Remove(std::string_view client_id, const mosquitto* client);

  /// The connection that has the id now; null: none.
  const mosquitto* Find(std::string_view client_id) const;
  bool IsLive(std::string_view client_id, const mosquitto* client) const {
    return client != nullptr && Find(client_id) == client;
  }

  /// Copies: what is done with them may change the connections.
  std::vector<std::string> OfCertificate(const CertificateId& certificate) const;
  std::vector<std::string> All() const;
  std::size_t size() const { return live_.size(); }

  /// False if the connection has `max` other subscriptions already, or is not live.
  bool Subscribe(std::string_view client_id, std::string_view filter, std::size_t max);
  void Unsubscribe(std::string_view client_id, std::string_view filter);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  struct Connection {
    const mosquitto* client;
    CertificateId certificate;
    std::vector<std::size_t> filters;  // Their hashes; two that share one count once.
  };
  using Live = std::unordered_map<std::string, Connection, Hash, std::equal_to<>>;

  void Forget(Live::iterator connection);

  Live live_;
  // Keys of live_, whose nodes do not move.
  std::unordered_multimap<CertificateId, const std::string*, CertificateIdHash> by_certificate_;
};

}  // namespace fieldwork::broker
