// Decides what is known of each certificate: whether it may be used, its things, its policies.
//
// Fed by the messages on kAccessTopic (protocol.h). A full picture is put together beside the one
// in force and takes its place whole. Policies are parsed once and shared. What cannot be
// understood never allows anything: a certificate with a policy that is not known or not readable
// is inactive. One thread. Memory: about 280 bytes for a certificate with one thing and one policy.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cloud/broker/certificate_id.h"
#include "cloud/policy/policy.h"

namespace fieldwork::broker {

/// By their ids on kAccessTopic; null: the document could not be parsed.
using Documents = std::unordered_map<std::string, std::unique_ptr<const policy::Document>>;

/// Owned by the Principals that they came from.
using Policies = std::vector<const policy::Document*>;

struct Thing {
  std::string name;
  std::vector<std::pair<std::string, std::string>> attributes;
  Policies policies;  ///< Of its groups: for a client with the thing's name alone.
};

struct Principal {
  bool active = false;
  std::vector<Thing> things;  ///< No two of one name.
  Policies policies;          ///< Of the certificate: for all its clients.
};

/// What a message changed; check the connections that this names.
struct AccessChange {
  enum class Scope : std::uint8_t { kNothing, kOne, kAll };
  Scope scope = Scope::kNothing;
  CertificateId certificate{};  ///< With kOne.
  std::string problem;          ///< Not empty: one sentence for the log. The message is malformed,
                                ///< or what it says was taken as "not allowed".
};

class Principals {
 public:
  /// One message. Throws only std::bad_alloc; a malformed message changes nothing.
  AccessChange Apply(std::string_view json);

  /// A whole picture has arrived at least once.
  bool complete() const { return complete_; }

  /// Null: not registered. Valid until the next Apply().
  const Principal* Find(const CertificateId& id) const;
  std::size_t size() const { return current_.principals.size(); }

 private:
  struct Picture {
    Documents policies;
    std::unordered_map<CertificateId, Principal, CertificateIdHash> principals;
  };
  struct Message;

  AccessChange Carry(const Message& message);
  AccessChange AddPolicy(const Message& message);
  AccessChange SetPrincipal(const Message& message);
  AccessChange Remove(const Message& message);
  AccessChange End();
  Picture& target() { return next_ ? *next_ : current_; }
  AccessChange ChangeOf(const CertificateId& id) const;

  Picture current_;
  std::unique_ptr<Picture> next_;  // Between "begin" and "end".
  bool complete_ = false;
};

}  // namespace fieldwork::broker
