// Decides which policy variables and condition keys there are; every other name is malformed.
//
// Names are compared without regard to case, as IAM does, and asked for in the spelling of AWS.
// Source: AWS IoT developer guide, "Basic policy variables", "Thing policy variables", "X.509
// certificate policy variables".
#pragma once

#include <string>
#include <string_view>

namespace fieldwork::policy {

enum class KeyKind : std::uint8_t {
  kSingle,             ///< One value, or none.
  kCertificateList,    ///< "....List": the values `name`, `name`.1, `name`.2, ...
  kConnectAttributes,  ///< One text, the values between commas; none at all if it is empty.
};

struct Key {
  std::string name;  ///< As Variables is asked for it; without ".List".
  KeyKind kind = KeyKind::kSingle;
};

/// Throws Malformed if there is no such condition key, or it cannot be evaluated.
Key ConditionKey(std::string_view name);

/// The name of a variable that stands in "${...}" as Variables is asked for it. Throws Malformed.
std::string VariableName(std::string_view name);

/// Values of these are inserted only if they hold no wildcard.
bool IsOfCertificate(std::string_view name);

}  // namespace fieldwork::policy
