// Known dates in both directions, the odd days of the calendar, and dates that do not exist.
#include "device/base/civil_time.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace fieldwork {
namespace {

struct Known {
  std::int64_t unix_s;
  CivilTime civil;
};

// Checked against `date -u -d @N`.
constexpr Known kKnown[] = {
    {0, {1970, 1, 1, 0, 0, 0}},
    {-1, {1969, 12, 31, 23, 59, 59}},
    {951'782'399, {2000, 2, 28, 23, 59, 59}},
    {951'782'400, {2000, 2, 29, 0, 0, 0}},
    {951'868'800, {2000, 3, 1, 0, 0, 0}},
    {1'078'012'800, {2004, 2, 29, 0, 0, 0}},
    {1'577'836'800, {2020, 1, 1, 0, 0, 0}},
    {1'739'152'115, {2025, 2, 10, 1, 48, 35}},
    {2'085'978'495, {2036, 2, 7, 6, 28, 15}},
    {2'085'978'496, {2036, 2, 7, 6, 28, 16}},
    {2'147'483'648, {2038, 1, 19, 3, 14, 8}},
    {4'107'542'399, {2100, 2, 28, 23, 59, 59}},
    {4'107'542'400, {2100, 3, 1, 0, 0, 0}},
    {-62'167'219'200, {0, 1, 1, 0, 0, 0}},
    {-62'162'035'201, {0, 2, 29, 23, 59, 59}},
    {253'402'300'799, {9999, 12, 31, 23, 59, 59}},
};

TEST(CivilTime, KnownInstants_HaveTheirDates) {
  for (const Known& known : kKnown) {
    EXPECT_EQ(CivilFromUnix(known.unix_s), known.civil) << known.unix_s;
  }
}

TEST(CivilTime, KnownDates_HaveTheirInstants) {
  for (const Known& known : kKnown) {
    EXPECT_EQ(UnixFromCivil(known.civil), known.unix_s);
  }
}

TEST(CivilTime, EveryDayFrom1600To2800_ComesBackAndFollowsTheFormer) {
  CivilTime former = CivilFromUnix(-11'676'096'000 - 86'400);
  EXPECT_EQ(former, (CivilTime{1599, 12, 31, 0, 0, 0}));
  for (std::int64_t day = -11'676'096'000; day < 26'192'246'400; day += 86'400) {
    const CivilTime civil = CivilFromUnix(day);
    ASSERT_EQ(UnixFromCivil(civil), day);
    const bool same_month = civil.month == former.month && civil.day == former.day + 1;
    const bool next_month = civil.day == 1 && civil.month == former.month % 12 + 1;
    ASSERT_TRUE(same_month || next_month) << day;
    ASSERT_EQ(civil.year, former.year + (civil.month < former.month ? 1 : 0));
    former = civil;
  }
}

TEST(CivilTime, UtcOffset_MovesTheDateEastAndWest) {
  EXPECT_EQ(CivilFromUnix(1'739'152'115, 480), (CivilTime{2025, 2, 10, 9, 48, 35}));
  EXPECT_EQ(CivilFromUnix(1'739'152'115, -570), (CivilTime{2025, 2, 9, 16, 18, 35}));
}

TEST(CivilTime, OutsideTheYears_IsHeldAtTheEdge) {
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(CivilFromUnix(kMin), (CivilTime{0, 1, 1, 0, 0, 0}));
  EXPECT_EQ(CivilFromUnix(kMax, 480), (CivilTime{9999, 12, 31, 23, 59, 59}));
  EXPECT_EQ(CivilFromUnix(253'402'300'799, 1), (CivilTime{9999, 12, 31, 23, 59, 59}));
}

TEST(CivilTime, DatesThatDoNotExist_AreRefused) {
  constexpr CivilTime kNone[] = {
      {2023, 2, 29, 0, 0, 0}, {2100, 2, 29, 0, 0, 0}, {2024, 2, 30, 0, 0, 0},
      {2024, 4, 31, 0, 0, 0}, {2024, 0, 1, 0, 0, 0},  {2024, 13, 1, 0, 0, 0},
      {2024, 1, 0, 0, 0, 0},  {2024, 1, 32, 0, 0, 0}, {2024, 1, 1, 24, 0, 0},
      {2024, 1, 1, 0, 60, 0}, {2024, 1, 1, 0, 0, 60}, {-1, 1, 1, 0, 0, 0},
      {10000, 1, 1, 0, 0, 0},
  };
  for (const CivilTime& civil : kNone) {
    EXPECT_FALSE(UnixFromCivil(civil).has_value()) << civil.year << '-' << int{civil.month};
  }
}

TEST(CivilTime, Format_IsFixedWidthAtTheOffset) {
  std::array<char, kCivilTextBytes> text{};
  EXPECT_EQ(FormatCivil(1'739'152'115'999, 480, text), "2025-02-10 09:48:35");
  EXPECT_EQ(FormatCivil(0, 0, text), "1970-01-01 00:00:00");
  EXPECT_EQ(FormatCivil(-62'167'219'200'000, 0, text), "0000-01-01 00:00:00");
}

TEST(CivilTime, FormatBefore1970_RoundsDown) {
  std::array<char, kCivilTextBytes> text{};
  EXPECT_EQ(FormatCivil(-1, 0, text), "1969-12-31 23:59:59");
}

}  // namespace
}  // namespace fieldwork
