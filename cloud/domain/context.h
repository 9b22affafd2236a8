// Decides what every rule works with: the store, the outbox, and the names of this cloud.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cloud/domain/outbox.h"
#include "cloud/domain/store.h"

namespace fieldwork::domain {

/// Where this cloud says it is; part of every ARN.
struct Names {
  std::string region = "us-east-1";
  std::string account = "000000000000";

  std::string ThingArn(std::string_view name) const { return Arn("thing/", name); }
  std::string GroupArn(std::string_view name) const { return Arn("thinggroup/", name); }
  std::string JobArn(std::string_view id) const { return Arn("job/", id); }
  std::string CertificateArn(std::string_view id) const { return Arn("cert/", id); }
  std::string PolicyArn(std::string_view name) const { return Arn("policy/", name); }

  /// What stands behind `kind` ("thing/", "cert/", ...) in an ARN of this account and region; empty
  /// if it is another kind of ARN, of somebody else, or none.
  std::string_view NameIn(std::string_view arn, std::string_view kind) const;

 private:
  std::string Arn(std::string_view kind, std::string_view name) const {
    return std::string("arn:aws:iot:")
        .append(region)
        .append(":")
        .append(account)
        .append(":")
        .append(kind)
        .append(name);
  }
};

/// Borrowed by the rule classes; outlives them. `uuid` gives a new UUID at every call.
struct Context {
  Store& store;
  Outbox& outbox;
  Names names;
  std::function<std::string()> uuid;
  /// Set by the rules when Jobs::DoSomeWork() has something to do; cleared by whoever calls it.
  bool work_left = false;
};

}  // namespace fieldwork::domain
