// Decides what AWS's message broker takes from a device whatever its policies say: topics, sizes,
// quality of service.
//
// Source: AWS general reference, "AWS IoT Core message broker and protocol limits and quotas"; AWS
// IoT developer guide, "Reserved topics", "MQTT". Pure; sizes in bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace fieldwork::broker {

inline constexpr std::size_t kTopicBytesMax = 256;
inline constexpr std::size_t kTopicSlashesMax = 7;
inline constexpr std::size_t kPayloadBytesMax = 128 * 1024;
inline constexpr std::size_t kClientIdBytesMax = 128;
inline constexpr std::size_t kThingNameBytesMax = 128;
inline constexpr std::size_t kSubscriptionsMax = 50;  ///< Of one connection.

/// A device's request to the Jobs service. Views point into the topic.
struct JobsRequest {
  std::string_view thing;  ///< A legal thing name.
  std::string_view rest;   ///< What follows "/jobs/", not empty.
};

struct Publication {
  std::string_view topic;
  std::size_t payload_bytes = 0;
  std::uint8_t qos = 0;
  bool retain = false;
};

/// "$aws/things/T/jobs/REST" taken apart; empty for every other topic.
std::optional<JobsRequest> ParseJobsRequest(std::string_view topic);

/// Why a device's message is refused, a clause for the log ("..."); empty: it may pass.
std::string_view WhyNotPublish(const Publication& publication);

/// The same for a message that a connection leaves behind: reserved topics are closed to it.
std::string_view WhyNotWill(const Publication& publication);

/// Why a device's subscription is refused; empty: it may pass. `qos` is the one asked for.
std::string_view WhyNotSubscribe(std::string_view filter, std::uint8_t qos);

/// Why a device may not have this client id; empty: it may.
std::string_view WhyNotClientId(std::string_view client_id);

/// False for topics that no device ever gets, whatever it subscribed to.
bool IsDeliverable(std::string_view topic);

/// Turns the topic of a request into the private one where it stands, and ends it with a NUL: the
/// private one is not longer. `topic` must be one that ParseJobsRequest() takes apart as `request`.
void RewriteToPrivate(char* topic, const JobsRequest& request);

}  // namespace fieldwork::broker
