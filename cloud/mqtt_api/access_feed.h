// Decides what the plugin is told about certificates and policies (cloud/broker/protocol.h).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "cloud/domain/access.h"

namespace fieldwork::mqtt_api {

class AccessFeed {
 public:
  /// `send` takes one message for broker::kAccessTopic.
  AccessFeed(domain::Access& access, std::function<void(std::string_view json)> send)
      : access_(access), send_(std::move(send)) {}

  /// The whole picture, begin to end. Reads the store: inside a transaction.
  void SendAll();
  /// One certificate, with the policies that the plugin has not had yet.
  void SendChange(std::string_view certificate_id);

 private:
  void SendPrincipal(const domain::Principal& principal);
  void SendNew(const std::vector<domain::Policy>& policies);

  domain::Access& access_;
  std::function<void(std::string_view)> send_;
  std::unordered_set<std::string> sent_policies_;
};

}  // namespace fieldwork::mqtt_api
