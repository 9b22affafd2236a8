// A value or a reason, never both, and the macro that takes it apart.
#include "device/base/result.h"

#include <gtest/gtest.h>

#include <string_view>

namespace fieldwork {
namespace {

struct Point {
  int x = 0;
  int y = 0;
};

TEST(Result, FromAValue_IsOkAndHoldsIt) {
  const Result<int> result = 7;
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.status(), Status::kOk);
  EXPECT_EQ(*result, 7);
}

TEST(Result, FromAStatus_IsNotOkAndTellsIt) {
  const Result<int> result = Status::kMalformed;
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.status(), Status::kMalformed);
}

TEST(Result, Arrow_ReachesMembers) {
  const Result<Point> result = Point{3, 4};
  EXPECT_EQ(result->x, 3);
  EXPECT_EQ(result->y, 4);
}

TEST(Result, OfAView_KeepsTheView) {
  const Result<std::string_view> result = std::string_view("thing");
  EXPECT_EQ(*result, "thing");
}

TEST(Result, IsUsableAtCompileTime) {
  constexpr Result<int> kResult = 5;
  static_assert(kResult.ok() && *kResult == 5);
  static_assert(std::is_trivially_copyable_v<Result<int>>);
}

#ifndef NDEBUG
TEST(ResultDeathTest, ValueOfAnError_IsABug) {
  const Result<int> result = Status::kIo;
  EXPECT_DEATH(static_cast<void>(*result), "check failed: ok\\(\\)");
}

TEST(ResultDeathTest, OkWithoutAValue_IsABug) {
  EXPECT_DEATH(static_cast<void>(Result<int>(Status::kOk)), "check failed: status != Status::kOk");
}
#endif

TEST(ResultOfSize, HoldsAValueOrAStatus_InOneWord) {
  static_assert(sizeof(Result<std::size_t>) == sizeof(std::size_t));
  const Result<std::size_t> none = std::size_t{0};
  EXPECT_TRUE(none.ok());
  EXPECT_EQ(*none, 0u);
  EXPECT_EQ(none.status(), Status::kOk);
  const Result<std::size_t> large = std::size_t{PTRDIFF_MAX};
  EXPECT_TRUE(large.ok());
  EXPECT_EQ(*large, static_cast<std::size_t>(PTRDIFF_MAX));
  const Result<std::size_t> full = Status::kNoSpace;
  EXPECT_FALSE(full.ok());
  EXPECT_EQ(full.status(), Status::kNoSpace);
}

Result<int> Half(int n) {
  if (n % 2 != 0) return Status::kBadArgument;
  return n / 2;
}

Result<int> Quarter(int n) {
  FIELDWORK_ASSIGN_OR_RETURN(const int half, Half(n));
  FIELDWORK_ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

Status CheckQuarter(int n) {
  FIELDWORK_ASSIGN_OR_RETURN(const int quarter, Quarter(n));
  return quarter == n / 4 ? Status::kOk : Status::kIo;
}

TEST(AssignOrReturn, AllOk_BindsEachValue) {
  const Result<int> result = Quarter(12);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(*result, 3);
}

TEST(AssignOrReturn, AnError_ReturnsItsStatus) {
  EXPECT_EQ(Quarter(7).status(), Status::kBadArgument);
  EXPECT_EQ(Quarter(6).status(), Status::kBadArgument);
}

TEST(AssignOrReturn, InAFunctionOfStatus_Works) {
  EXPECT_EQ(CheckQuarter(8), Status::kOk);
  EXPECT_EQ(CheckQuarter(9), Status::kBadArgument);
}

}  // namespace
}  // namespace fieldwork
