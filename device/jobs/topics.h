// Names every topic of the AWS IoT Jobs MQTT API, both ways: builds the ones a device
// publishes and subscribes to, and tells what an incoming one is about.
//
// Spec: AWS IoT Developer Guide, "Jobs device MQTT API" and "Reserved topics, job topics".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "device/base/result.h"

namespace fieldwork::jobs {

inline constexpr std::size_t kMaxThingName = 128;  ///< [a-zA-Z0-9:_-]+
inline constexpr std::size_t kMaxJobId = 64;       ///< [a-zA-Z0-9_-]+
/// In place of a job id in Describe: the next pending execution.
inline constexpr std::string_view kNextJob = "$next";

enum class Topic : std::uint8_t {
  kNotify,              ///< $aws/things/{thing}/jobs/notify
  kNotifyNext,          ///< $aws/things/{thing}/jobs/notify-next
  kGetPending,          ///< $aws/things/{thing}/jobs/get
  kGetPendingAccepted,  ///< $aws/things/{thing}/jobs/get/accepted
  kGetPendingRejected,  ///< $aws/things/{thing}/jobs/get/rejected
  kStartNext,           ///< $aws/things/{thing}/jobs/start-next
  kStartNextAccepted,   ///< $aws/things/{thing}/jobs/start-next/accepted
  kStartNextRejected,   ///< $aws/things/{thing}/jobs/start-next/rejected
  kDescribe,            ///< $aws/things/{thing}/jobs/{job}/get
  kDescribeAccepted,    ///< $aws/things/{thing}/jobs/{job}/get/accepted
  kDescribeRejected,    ///< $aws/things/{thing}/jobs/{job}/get/rejected
  kUpdate,              ///< $aws/things/{thing}/jobs/{job}/update
  kUpdateAccepted,      ///< $aws/things/{thing}/jobs/{job}/update/accepted
  kUpdateRejected,      ///< $aws/things/{thing}/jobs/{job}/update/rejected
};

/// Enough for every topic of any thing and job.
inline constexpr std::size_t kMaxTopic =
    sizeof("$aws/things//jobs//update/accepted") - 1 + kMaxThingName + kMaxJobId;

/// Writes the topic into `out` and returns it. `job` is used by Describe and Update alone:
/// a job id, or kNextJob, or "+" to subscribe to the replies for all jobs.
/// kBadArgument: thing or job has an illegal character or length. kNoSpace: `out` is too
/// small (kMaxTopic always suffices).
Result<std::string_view> FormatTopic(Topic topic, std::string_view thing, std::string_view job,
                                     std::span<char> out);

struct ParsedTopic {
  Topic topic = Topic::kNotify;
  /// Of Describe and Update: the job id or "$next". A view into the parsed text.
  std::string_view job;
};

/// What `text` is, if it is a Jobs topic of this very thing. kNotFound: anything else,
/// another thing's topics and job ids with illegal characters included.
Result<ParsedTopic> ParseTopic(std::string_view text, std::string_view thing);

bool IsThingName(std::string_view name);
bool IsJobId(std::string_view id);

}  // namespace fieldwork::jobs
