// Decides how the connections are kept.
#include "cloud/broker/connections.h"

#include <algorithm>
#include <utility>

namespace fieldwork::broker {

void Connections::Add(std::string_view client_id, const CertificateId& certificate,
                      const mosquitto* client) {
  if (const auto old = live_.find(client_id); old != live_.end()) Forget(old);
  const auto [added, is_new] =
      live_.try_emplace(std::string(client_id), Connection{client, certificate, {}});
  by_certificate_.emplace(certificate, &added->first);
}

void Connections::Remove(std::string_view client_id, const mosquitto* client) {
  const auto connection = live_.find(client_id);
  if (connection != live_.end() && connection->second.client == client) Forget(connection);
}

void Connections::Forget(Live::iterator connection) {
  const auto [first, last] = by_certificate_.equal_range(connection->second.certificate);
  const auto entry = std::find_if(
      first, last, [&](const auto& candidate) { return candidate.second == &connection->first; });
  if (entry != last) by_certificate_.erase(entry);
  live_.erase(connection);
}

const mosquitto* Connections::Find(std::string_view client_id) const {
  const auto connection = live_.find(client_id);
  return connection == live_.end() ? nullptr : connection->second.client;
}

std::vector<std::string> Connections::OfCertificate(const CertificateId& certificate) const {
  std::vector<std::string> ids;
  const auto [first, last] = by_certificate_.equal_range(certificate);
  for (auto entry = first; entry != last; ++entry) ids.push_back(*entry->second);
  return ids;
}

std::vector<std::string> Connections::All() const {
  std::vector<std::string> ids;
  ids.reserve(live_.size());
  for (const auto& [id, connection] : live_) ids.push_back(id);
  return ids;
}

bool Connections::Subscribe(std::string_view client_id, std::string_view filter, std::size_t max) {
  const auto connection = live_.find(client_id);
  if (connection == live_.end()) return false;
  auto& filters = connection->second.filters;
  const std::size_t hash = Hash()(filter);
  if (std::find(filters.begin(), filters.end(), hash) != filters.end()) return true;
  if (filters.size() >= max) return false;
  filters.push_back(hash);
  return true;
}

void Connections::Unsubscribe(std::string_view client_id, std::string_view filter) {
  const auto connection = live_.find(client_id);
  if (connection != live_.end()) std::erase(connection->second.filters, Hash()(filter));
}

}  // namespace fieldwork::broker
