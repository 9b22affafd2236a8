// Decides the resource of each action and the value of each policy variable.
#include "cloud/broker/permissions.h"

#include <algorithm>
#include <optional>

namespace fieldwork::broker {
namespace {

constexpr std::string_view kThing = "iot:Connection.Thing.";
constexpr std::string_view kAttribute = "Attributes[";

/// The thing of the connection: attached to the certificate and named like the client.
const Thing* ThingOf(const Caller& caller) {
  const auto& things = caller.principal.things;
  const auto thing = std::find_if(things.begin(), things.end(), [&](const Thing& candidate) {
    return candidate.name == caller.client_id;
  });
  return thing == things.end() ? nullptr : &*thing;
}

std::optional<std::string> ThingVariable(const Thing* thing, std::string_view name) {
  if (name == "IsAttached") return thing ? "true" : "false";
  if (thing == nullptr) return std::nullopt;
  if (name == "ThingName") return thing->name;
  if (!name.starts_with(kAttribute) || !name.ends_with(']')) return std::nullopt;
  name.remove_prefix(kAttribute.size());
  name.remove_suffix(1);
  for (const auto& [key, value] : thing->attributes) {
    if (key == name) return value;
  }
  return std::nullopt;
}

struct Question {
  const Caller& caller;
  const Thing* thing;  // ThingOf(caller)
  std::string_view connect_attributes;
};

std::optional<std::string> Variable(const Question& question, std::string_view name) {
  if (name.starts_with(kThing)) {
    return ThingVariable(question.thing, name.substr(kThing.size()));
  }
  if (name == "iot:ClientId") return std::string(question.caller.client_id);
  if (name == "iot:CertificateId") return ToHex(question.caller.certificate);
  if (name == "iot:ConnectAttributes") return std::string(question.connect_attributes);
  return question.caller.connection ? question.caller.connection(name) : std::nullopt;
}

std::string_view TextOf(ConnectAttributes attributes) {
  if (attributes.persistent && attributes.last_will) return "PersistentConnect,LastWill";
  if (attributes.persistent) return "PersistentConnect";
  return attributes.last_will ? "LastWill" : "";
}

}  // namespace

Permissions::Permissions(std::string_view region, std::string_view account) : arn_("arn:aws:iot:") {
  arn_.append(region).append(":").append(account).append(":");
}

bool Permissions::Allows(const Caller& caller, std::string_view action, std::string_view kind,
                         std::string_view name, std::string_view connect_attributes) const {
  if (!caller.principal.active) return false;
  std::string resource;
  resource.reserve(arn_.size() + kind.size() + name.size());
  resource.append(arn_).append(kind).append(name);
  const Thing* const thing = ThingOf(caller);
  const Question question{caller, thing, connect_attributes};
  const auto variables = [&question](std::string_view asked) { return Variable(question, asked); };
  const auto evaluate = [&](const Policies& policies) {
    return policy::Evaluate(policies, {action, resource}, variables);
  };
  const policy::Decision own = evaluate(caller.principal.policies);
  if (thing == nullptr || own == policy::Decision::kDenied) {
    return own == policy::Decision::kAllowed;
  }
  const policy::Decision of_groups = evaluate(thing->policies);
  if (of_groups == policy::Decision::kDenied) return false;
  return own == policy::Decision::kAllowed || of_groups == policy::Decision::kAllowed;
}

bool Permissions::MayConnect(const Caller& caller, ConnectAttributes attributes) const {
  return Allows(caller, "iot:Connect", "client/", caller.client_id, TextOf(attributes));
}

bool Permissions::MayPublish(const Caller& caller, std::string_view topic, bool retain) const {
  return Allows(caller, "iot:Publish", "topic/", topic, {}) &&
         (!retain || Allows(caller, "iot:RetainPublish", "topic/", topic, {}));
}

bool Permissions::MaySubscribe(const Caller& caller, std::string_view filter) const {
  return Allows(caller, "iot:Subscribe", "topicfilter/", filter, {});
}

bool Permissions::MayReceive(const Caller& caller, std::string_view topic) const {
  return Allows(caller, "iot:Receive", "topic/", topic, {});
}

}  // namespace fieldwork::broker
