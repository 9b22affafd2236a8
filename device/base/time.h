// Points and spans on the monotonic clock. Device code never reads a clock: whoever
// calls it passes `now`.
//
// 64 bits of milliseconds: no wrap to reason about (docs/decisions/0004).
#pragma once

#include <compare>
#include <cstdint>

namespace fieldwork {

/// A length of time in milliseconds.
struct Millis {
  std::int64_t count = 0;
  constexpr auto operator<=>(const Millis&) const = default;
};

constexpr Millis Seconds(std::int64_t seconds) { return Millis{seconds * 1000}; }
constexpr Millis operator+(Millis a, Millis b) { return {a.count + b.count}; }
constexpr Millis operator-(Millis a, Millis b) { return {a.count - b.count}; }

/// Whole seconds of `span`, which is from 0 to below 2^51 ms. Two divisions of 32 bits: one of 64
/// would be a library call of a kilobyte on a Cortex-M.
constexpr std::int64_t WholeSeconds(Millis span) {
  const auto eighths = static_cast<std::uint64_t>(span.count) >> 3;
  const auto high = static_cast<std::uint32_t>(eighths >> 16);
  const std::uint32_t low = (high % 125) << 16 | static_cast<std::uint32_t>(eighths & 0xFFFF);
  return (std::int64_t{high / 125} << 16) + low / 125;
}

/// Milliseconds since a start that the port chose (usually boot). Never steps.
struct Instant {
  std::int64_t ms = 0;
  constexpr auto operator<=>(const Instant&) const = default;
};

// Spelt out, since what a deadline is asked is this: on Cortex-M the way through <=> costs
// 88 bytes of a linked program.
constexpr bool operator<(Millis a, Millis b) { return a.count < b.count; }
constexpr bool operator>=(Millis a, Millis b) { return a.count >= b.count; }
constexpr bool operator<(Instant a, Instant b) { return a.ms < b.ms; }
constexpr bool operator>=(Instant a, Instant b) { return a.ms >= b.ms; }

constexpr Instant operator+(Instant at, Millis span) { return {at.ms + span.count}; }
constexpr Instant operator-(Instant at, Millis span) { return {at.ms - span.count}; }
constexpr Millis operator-(Instant later, Instant earlier) { return {later.ms - earlier.ms}; }

/// "No deadline": later than every instant a program meets.
inline constexpr Instant kNever{INT64_MAX};

constexpr Instant Earlier(Instant a, Instant b) { return a < b ? a : b; }

}  // namespace fieldwork
