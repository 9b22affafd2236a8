// Days are counted from 0000-03-01, so that the leap day is the last of its year and the
// length of every month before it is fixed.
#include "device/base/civil_time.h"

#include <algorithm>

namespace fieldwork {
namespace {

constexpr std::int64_t kSecondsPerDay = 86400;
// Days of the years 0 to 9999 fit in 32 bits: 64 cost a small core a library call each.
constexpr std::int32_t kDaysPer400Years = 146097;
constexpr std::int32_t kDaysPer100Years = 36524;
constexpr std::int32_t kDaysPer4Years = 1461;
/// 1970-01-01 in days since 0000-03-01.
constexpr std::int32_t kUnixEpochDay = 719468;

/// 0000-01-01 00:00:00 and 9999-12-31 23:59:59.
constexpr std::int64_t kUnixMin = -62167219200;
constexpr std::int64_t kUnixMax = 253402300799;

constexpr bool IsLeap(std::int32_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

constexpr int DaysInMonth(std::int32_t year, int month) {
  constexpr std::uint8_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[month - 1] + (month == 2 && IsLeap(year) ? 1 : 0);
}

/// Days from 1 March to the first of the month that comes `month` (0 to 11) after it. The
/// months from March on have 31, 30, 31, 30, 31 days, over and over: 153 in each five.
constexpr std::int32_t DaysBeforeMonth(std::int32_t month) { return (153 * month + 2) / 5; }

/// Rounds towards minus infinity, so that times before 1970 keep their order.
template <class Int>
constexpr Int FloorDiv(Int a, Int b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

void SetDate(std::int32_t day, CivilTime* civil) {
  // January and February of the year 0 lie before day 0.
  const std::int32_t cycle = FloorDiv<std::int32_t>(day, kDaysPer400Years);
  std::int32_t rest = day - cycle * kDaysPer400Years;
  // The last day of a cycle and of each four years is the leap day: it must not open a fifth part.
  const std::int32_t century = std::min<std::int32_t>(rest / kDaysPer100Years, 3);
  rest -= century * kDaysPer100Years;
  const std::int32_t four = rest / kDaysPer4Years;
  rest -= four * kDaysPer4Years;
  const std::int32_t one = std::min<std::int32_t>(rest / 365, 3);
  rest -= one * 365;

  const std::int32_t month = (5 * rest + 2) / 153;
  const bool next_year = month >= 10;
  civil->year = cycle * 400 + century * 100 + four * 4 + one + (next_year ? 1 : 0);
  civil->month = static_cast<std::uint8_t>(next_year ? month - 9 : month + 3);
  civil->day = static_cast<std::uint8_t>(rest - DaysBeforeMonth(month) + 1);
}

char* PutDigits(char* out, int width, std::int32_t value) {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return out + width;
}

}  // namespace

CivilTime CivilFromUnix(std::int64_t unix_s, std::int32_t utc_offset_min) {
  // Clamped on both sides of the sum: the first keeps the sum from overflowing.
  const std::int64_t local =
      std::clamp(std::clamp(unix_s, kUnixMin - kSecondsPerDay, kUnixMax + kSecondsPerDay) +
                     std::int64_t{utc_offset_min} * 60,
                 kUnixMin, kUnixMax);
  const auto day = static_cast<std::int32_t>(FloorDiv<std::int64_t>(local, kSecondsPerDay));
  const auto second = static_cast<std::int32_t>(local - day * kSecondsPerDay);

  CivilTime civil;
  SetDate(day + kUnixEpochDay, &civil);
  civil.hour = static_cast<std::uint8_t>(second / 3600);
  civil.minute = static_cast<std::uint8_t>(second / 60 % 60);
  civil.second = static_cast<std::uint8_t>(second % 60);
  return civil;
}

std::optional<std::int64_t> UnixFromCivil(const CivilTime& civil) {
  if (civil.year < 0 || civil.year > 9999) return std::nullopt;
  if (civil.month < 1 || civil.month > 12) return std::nullopt;
  if (civil.day < 1 || civil.day > DaysInMonth(civil.year, civil.month)) return std::nullopt;
  if (civil.hour > 23 || civil.minute > 59 || civil.second > 59) return std::nullopt;

  const bool before_march = civil.month < 3;
  const std::int32_t year = civil.year - (before_march ? 1 : 0);
  const std::int32_t month = before_march ? civil.month + 9 : civil.month - 3;
  const std::int32_t leap_days = FloorDiv<std::int32_t>(year, 4) -
                                 FloorDiv<std::int32_t>(year, 100) +
                                 FloorDiv<std::int32_t>(year, 400);
  const std::int32_t day =
      year * 365 + leap_days + DaysBeforeMonth(month) + civil.day - 1 - kUnixEpochDay;
  return day * kSecondsPerDay + civil.hour * 3600 + civil.minute * 60 + civil.second;
}

std::string_view FormatCivil(std::int64_t unix_ms, std::int32_t utc_offset_min,
                             std::span<char, kCivilTextBytes> out) {
  const CivilTime civil = CivilFromUnix(FloorDiv<std::int64_t>(unix_ms, 1000), utc_offset_min);
  char* at = PutDigits(out.data(), 4, civil.year);
  *at++ = '-';
  at = PutDigits(at, 2, civil.month);
  *at++ = '-';
  at = PutDigits(at, 2, civil.day);
  *at++ = ' ';
  at = PutDigits(at, 2, civil.hour);
  *at++ = ':';
  at = PutDigits(at, 2, civil.minute);
  *at++ = ':';
  PutDigits(at, 2, civil.second);
  return {out.data(), out.size()};
}

}  // namespace fieldwork
