// Decides what an instant is in the cloud: milliseconds since 1970, UTC, always an argument.
//
// Nothing in cloud/domain or cloud/store reads a clock; the composition root does, once a request.
#pragma once

#include <chrono>
#include <cstdint>

namespace fieldwork::domain {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

constexpr Time FromMillis(std::int64_t ms) { return Time{std::chrono::milliseconds{ms}}; }
constexpr std::int64_t ToMillis(Time time) { return time.time_since_epoch().count(); }
/// Whole seconds, as every time in an MQTT message is (rounded down).
constexpr std::int64_t ToSeconds(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace fieldwork::domain
