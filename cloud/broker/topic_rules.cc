// Decides the rules of topic_rules.h.
#include "cloud/broker/topic_rules.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "cloud/broker/protocol.h"

namespace fieldwork::broker {
namespace {

constexpr std::string_view kThings = "$aws/things/";
constexpr std::string_view kJobs = "/jobs/";

// A private topic has one separator more than the prefix.
static_assert(kRequestPrefix.size() + 1 <= kThings.size() + kJobs.size());
static_assert(kRequestPrefix.size() >= kThings.size(), "the thing's name moves towards the end");

bool IsThingName(std::string_view name) {
  return !name.empty() && name.size() <= kThingNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == ':' || c == '_' || c == '-';
         });
}

/// True for the topics that only the service publishes on: what a device sent there would pass for
/// its answer.
bool IsOfService(std::string_view rest) {
  return rest == "notify" || rest == "notify-next" || rest.starts_with("notify-namespace-") ||
         rest.ends_with("/accepted") || rest.ends_with("/rejected");
}

std::string_view WhyNotTopic(std::string_view topic) {
  if (topic.size() > kTopicBytesMax) return "the topic has more than 256 bytes";
  const auto slashes = static_cast<std::size_t>(std::count(topic.begin(), topic.end(), '/'));
  if (slashes > kTopicSlashesMax) return "the topic has more than 7 slashes";
  if (topic.starts_with(kPrivatePrefix)) return "the topic is private to the service";
  return {};
}

std::string_view WhyNotAnyPublication(const Publication& publication) {
  if (publication.qos > 1) return "QoS 2 is not supported";
  if (publication.payload_bytes > kPayloadBytesMax) return "the payload has more than 128 KB";
  return WhyNotTopic(publication.topic);
}

/// The first four levels of a filter; levels that are not there are empty.
std::array<std::string_view, 4> FirstLevels(std::string_view filter) {
  std::array<std::string_view, 4> levels;
  for (std::string_view& level : levels) {
    const std::size_t end = std::min(filter.find('/'), filter.size());
    level = filter.substr(0, end);
    filter.remove_prefix(std::min(end + 1, filter.size()));
  }
  return levels;
}

bool Covers(std::string_view level, std::string_view name) {
  return level == name || level == "+" || level == "#";
}

/// True if something is published under "$aws" that the filter can match.
bool IsServed(std::string_view filter) {
  const auto levels = FirstLevels(filter);
  if (levels[0] != "$aws") return false;
  if (levels[1] == "#" || Covers(levels[1], "events")) return true;
  if (!Covers(levels[1], "things")) return false;
  return levels[2] == "#" || Covers(levels[3], "jobs");
}

}  // namespace

std::optional<JobsRequest> ParseJobsRequest(std::string_view topic) {
  if (!topic.starts_with(kThings)) return std::nullopt;
  const std::string_view tail = topic.substr(kThings.size());
  const std::size_t end = tail.find('/');
  if (end == std::string_view::npos || !tail.substr(end).starts_with(kJobs)) return std::nullopt;
  const JobsRequest request{tail.substr(0, end), tail.substr(end + kJobs.size())};
  if (!IsThingName(request.thing) || request.rest.empty()) return std::nullopt;
  return request;
}

std::string_view WhyNotPublish(const Publication& publication) {
  if (const auto why = WhyNotAnyPublication(publication); !why.empty()) return why;
  if (!publication.topic.starts_with('$')) return {};
  if (publication.retain) return "a message on a reserved topic cannot be retained";
  const auto request = ParseJobsRequest(publication.topic);
  if (!request) return "the reserved topic is not one of $aws/things/THING/jobs/...";
  if (IsOfService(request->rest)) return "only the service publishes on this topic";
  return {};
}

std::string_view WhyNotWill(const Publication& publication) {
  if (const auto why = WhyNotAnyPublication(publication); !why.empty()) return why;
  if (publication.topic.starts_with('$')) return "a will cannot go to a reserved topic";
  return {};
}

std::string_view WhyNotSubscribe(std::string_view filter, std::uint8_t qos) {
  if (qos > 1) return "QoS 2 is not supported";
  if (const auto why = WhyNotTopic(filter); !why.empty()) return why;
  if (!filter.starts_with('$') || IsServed(filter)) return {};
  return "of the reserved topics only $aws/things/THING/jobs/... and $aws/events/... are served";
}

std::string_view WhyNotClientId(std::string_view client_id) {
  if (client_id.empty()) return "the client id is empty";
  if (client_id.size() > kClientIdBytesMax) return "the client id has more than 128 bytes";
  if (client_id.starts_with('$')) return "the client id begins with '$'";
  if (client_id.starts_with(kServiceUser)) return "the client id is the service's";
  return {};
}

bool IsDeliverable(std::string_view topic) {
  return !topic.starts_with(kPrivatePrefix) && !topic.starts_with("$SYS") &&
         !topic.starts_with("$CONTROL");
}

void RewriteToPrivate(char* topic, const JobsRequest& request) {
  // The views point into `topic`: the name moves towards the end, into what is not needed any
  // more, and only then the rest towards the beginning.
  char* const thing = topic + kRequestPrefix.size();
  const std::size_t thing_bytes = request.thing.size();
  const std::size_t rest_bytes = request.rest.size();
  std::memmove(thing, request.thing.data(), thing_bytes);
  std::memcpy(topic, kRequestPrefix.data(), kRequestPrefix.size());
  thing[thing_bytes] = '/';
  std::memmove(thing + thing_bytes + 1, request.rest.data(), rest_bytes);
  thing[thing_bytes + 1 + rest_bytes] = '\0';
}

}  // namespace fieldwork::broker
