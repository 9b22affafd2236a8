// Decides how the service and the broker's plugin speak: topics, user properties, frames.
//
// The plugin hands a device's request to the service by rewriting its topic and adding MQTT 5 user
// properties; the service answers on control topics, which the broker gives to the plugin and to
// nobody else. All of it travels on the private listener only. Private topics do not begin with
// '$', so that a shared subscription can take them. Version 1; both sides are of one build.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fieldwork::broker {

/// `$aws/things/T/jobs/REST` of a device becomes kRequestPrefix + "T/REST", which is never longer:
/// the plugin rewrites the topic where it stands.
inline constexpr std::string_view kPrivatePrefix = "fw-private/";
inline constexpr std::string_view kRequestPrefix = "fw-private/jobs/";
inline constexpr std::string_view kRequestFilter = "fw-private/jobs/#";

/// User properties of a request. Those that a client sent itself are taken away before.
inline constexpr std::string_view kClientProperty = "client";        ///< MQTT client id.
inline constexpr std::string_view kPrincipalProperty = "principal";  ///< Certificate id, 64 hex.
inline constexpr std::string_view kQosProperty = "qos";  ///< "0" or "1": as it was sent.

/// The service's own login at the private listener; the password is in the plugin's options. Its
/// client ids begin with the same text, and no device may take one that does.
inline constexpr std::string_view kServiceUser = "fieldwork-service";

/// What is to be delivered: any number of frames in one message (Frame). Replies come with QoS 0,
/// publications with QoS 1.
inline constexpr const char* kDeliveryTopic = "$CONTROL/fieldwork-delivery/v1";
/// Who may do what: one JSON object in a message (below), QoS 1, in order.
inline constexpr const char* kAccessTopic = "$CONTROL/fieldwork-access/v1";

/// A reply to one client, delivered whether it subscribed or not; or, without a client, an ordinary
/// publication to whoever subscribed.
struct Frame {
  std::string_view client;  ///< Client id, at most 65535 bytes; empty: to all subscribers.
  std::string_view topic;
  std::string_view payload;
  std::uint8_t qos = 0;  ///< 0 or 1.
};

/// Appends: u8 qos, u16 length + client, u16 length + topic, u32 length + payload; big-endian.
void AppendFrame(std::string& out, const Frame& frame);

/// Takes the first frame off `bytes`; its views point into them. Empty at the end; a frame that is
/// cut short or has a QoS above 1 sets `malformed` and ends it too.
std::optional<Frame> TakeFrame(std::string_view& bytes, bool& malformed);

// Messages on kAccessTopic, JSON, member `op`:
//   {"op":"begin"}                        a full picture follows; the old one holds until "end"
//   {"op":"policy","id":ID,"document":{..}}   ID names one version of one policy
//   {"op":"principal","id":CERT,"active":BOOL,   replaces what was known
//     "policies":[ID,...],                       of the certificate: they always count
//     "things":[{"name":T,"attributes":{..},
//       "policies":[ID,...]}]}                   of T's groups: only if the client id is T
//   {"op":"remove","id":CERT}             not registered any more
//   {"op":"end"}                          the picture is whole: what was not named is gone
// Outside begin/end, "policy" comes before the first principal that names it. After each principal
// that changed, the plugin closes its connections if they are not allowed any more.

}  // namespace fieldwork::broker
