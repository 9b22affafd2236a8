// Decides which texts MQTT allows: UTF-8 strings, topic names, topic filters; and whether
// a filter matches a name.
//
// Spec: MQTT 3.1.1 sections 1.5.3 and 4.7.
#pragma once

#include <string_view>

namespace fieldwork::mqtt {

/// Well-formed UTF-8 without U+0000 and surrogates, at most 65,535 bytes.
/// [MQTT-1.5.3-1], [MQTT-1.5.3-2]
bool IsValidText(std::string_view text);

/// Also not empty and without wildcards. [MQTT-4.7.3-1], [MQTT-3.3.2-2]
bool IsValidTopicName(std::string_view name);

/// Wildcards stand alone in their level, '#' last. [MQTT-4.7.1-2], [MQTT-4.7.1-3]
bool IsValidTopicFilter(std::string_view filter);

/// Whether a subscription to `filter` covers `name`; both must be valid. A wildcard at the
/// start does not match a name that begins with '$'. [MQTT-4.7.2-1]
/// The standard's rules: "a/#" matches "a" (AWS IoT's broker decides otherwise).
bool Matches(std::string_view filter, std::string_view name);

}  // namespace fieldwork::mqtt
