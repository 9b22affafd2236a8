// Decides how access messages are read, and what each changes.
#include "cloud/broker/principals.h"

#include <nlohmann/json.hpp>
#include <variant>

namespace fieldwork::broker {
namespace {

using Json = nlohmann::json;

/// How the reading of a message ends when a member is missing or of another type.
struct Unreadable {
  std::string why;
};

const Json& Member(const Json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end()) throw Unreadable{"'" + std::string(name) + "' is missing"};
  return *member;
}

const std::string& Text(const Json& value, const char* name) {
  if (!value.is_string()) throw Unreadable{"'" + std::string(name) + "' is not a text"};
  return value.get_ref<const std::string&>();
}

const Json& Array(const Json& object, const char* name) {
  const Json& value = Member(object, name);
  if (!value.is_array()) throw Unreadable{"'" + std::string(name) + "' is not an array"};
  return value;
}

CertificateId Certificate(const Json& object) {
  const auto id = CertificateIdFromHex(Text(Member(object, "id"), "id"));
  if (!id) throw Unreadable{"'id' is not 64 lower-case hexadecimal digits"};
  return *id;
}

Thing ReadThing(const Json& object) {
  if (!object.is_object()) throw Unreadable{"a thing is not an object"};
  Thing thing{Text(Member(object, "name"), "name"), {}, {}};
  const auto attributes = object.find("attributes");
  if (attributes == object.end()) return thing;
  if (!attributes->is_object()) throw Unreadable{"'attributes' is not an object"};
  thing.attributes.reserve(attributes->size());
  for (const auto& [key, value] : attributes->items()) {
    thing.attributes.emplace_back(key, Text(value, "attributes"));
  }
  return thing;
}

/// The documents that `object` names. `unusable`: the name of one that is not known or unreadable.
Policies PoliciesIn(const Json& object, const Documents& known,
                    std::optional<std::string>& unusable) {
  const Json& names = Array(object, "policies");
  Policies policies;
  policies.reserve(names.size());
  for (const Json& name : names) {
    const std::string& id = Text(name, "policies");
    const auto policy = known.find(id);
    if (policy != known.end() && policy->second) {
      policies.push_back(policy->second.get());
    } else {
      unusable = id;
    }
  }
  return policies;
}

AccessChange Malformed(const std::string& why) {
  AccessChange change;
  change.problem = "malformed access message: " + why;
  return change;
}

}  // namespace

struct Principals::Message {
  const Json& json;
  const std::string& op;
};

AccessChange Principals::Apply(std::string_view json) {
  try {
    const Json message = Json::parse(json);
    if (!message.is_object()) throw Unreadable{"it is not an object"};
    return Carry({message, Text(Member(message, "op"), "op")});
  } catch (const Unreadable& unreadable) {
    return Malformed(unreadable.why);
  } catch (const Json::exception& exception) {
    return Malformed(exception.what());
  }
}

AccessChange Principals::Carry(const Message& message) {
  if (message.op == "principal") return SetPrincipal(message);
  if (message.op == "policy") return AddPolicy(message);
  if (message.op == "remove") return Remove(message);
  if (message.op == "end") return End();
  if (message.op != "begin") throw Unreadable{"there is no op '" + message.op + "'"};
  next_ = std::make_unique<Picture>();
  return {};
}

AccessChange Principals::AddPolicy(const Message& message) {
  const std::string& id = Text(Member(message.json, "id"), "id");
  const Json& document = Member(message.json, "document");
  // An id means one version for good, and principals may point to it already.
  if (target().policies.contains(id)) return {};
  auto parsed = policy::Document::Parse(document.dump());
  AccessChange change;
  std::unique_ptr<const policy::Document> readable;
  if (auto* const why = std::get_if<std::string>(&parsed)) {
    change.problem = "policy '" + id + "' allows nothing, it cannot be read: " + *why;
  } else {
    readable = std::make_unique<const policy::Document>(std::move(std::get<0>(parsed)));
  }
  target().policies.emplace(id, std::move(readable));
  return change;
}

AccessChange Principals::SetPrincipal(const Message& message) {
  const CertificateId id = Certificate(message.json);
  const Json& active = Member(message.json, "active");
  if (!active.is_boolean()) throw Unreadable{"'active' is not a boolean"};
  const Json& things = Array(message.json, "things");

  std::optional<std::string> unusable;
  Principal principal{.active = active.get<bool>(), .things = {}, .policies = {}};
  principal.policies = PoliciesIn(message.json, target().policies, unusable);
  principal.things.reserve(things.size());
  for (const Json& thing : things) {
    principal.things.push_back(ReadThing(thing));
    principal.things.back().policies = PoliciesIn(thing, target().policies, unusable);
  }
  if (unusable) principal.active = false;
  target().principals.insert_or_assign(id, std::move(principal));
  AccessChange change = ChangeOf(id);
  if (unusable) {
    change.problem = "certificate " + ToHex(id) + " is refused: the policy '" + *unusable +
                     "' is not known or cannot be read";
  }
  return change;
}

AccessChange Principals::Remove(const Message& message) {
  const CertificateId id = Certificate(message.json);
  target().principals.erase(id);
  return ChangeOf(id);
}

AccessChange Principals::End() {
  if (!next_) throw Unreadable{"'end' without 'begin'"};
  current_ = std::move(*next_);
  next_.reset();
  complete_ = true;
  return {.scope = AccessChange::Scope::kAll, .certificate = {}, .problem = {}};
}

AccessChange Principals::ChangeOf(const CertificateId& id) const {
  if (next_) return {};
  return {.scope = AccessChange::Scope::kOne, .certificate = id, .problem = {}};
}

const Principal* Principals::Find(const CertificateId& id) const {
  const auto found = current_.principals.find(id);
  return found == current_.principals.end() ? nullptr : &found->second;
}

}  // namespace fieldwork::broker
