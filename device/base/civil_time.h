// Which calendar date a Unix time is, and back, without the C library: its calendar pulls
// in time zones and locks. For a person's log line and for the dates in a certificate.
//
// Proleptic Gregorian calendar, no leap seconds, as POSIX counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace fieldwork {

struct CivilTime {
  std::int32_t year = 1970;  ///< 0 to 9999.
  std::uint8_t month = 1;    ///< 1 to 12.
  std::uint8_t day = 1;      ///< 1 to 31.
  std::uint8_t hour = 0;     ///< 0 to 23.
  std::uint8_t minute = 0;   ///< 0 to 59.
  std::uint8_t second = 0;   ///< 0 to 59.

  constexpr bool operator==(const CivilTime&) const = default;
};

/// What FormatCivil() writes: "YYYY-MM-DD HH:MM:SS".
inline constexpr std::size_t kCivilTextBytes = 19;

/// The date that clocks show `utc_offset_min` minutes east of Greenwich (west: negative; up
/// to a day). Times outside the years 0 to 9999 become the nearest date inside.
CivilTime CivilFromUnix(std::int64_t unix_s, std::int32_t utc_offset_min = 0);

/// Seconds since 1970-01-01 UTC of a date in UTC. Empty when there is no such date (a 30th
/// of February, an hour 24, a second 60).
std::optional<std::int64_t> UnixFromCivil(const CivilTime& civil);

/// Writes the date of CivilFromUnix(unix_ms / 1000, ...), fractions of a second dropped, and
/// returns a view of `out`; no NUL.
std::string_view FormatCivil(std::int64_t unix_ms, std::int32_t utc_offset_min,
                             std::span<char, kCivilTextBytes> out);

}  // namespace fieldwork
