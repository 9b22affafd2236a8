// Names for logs, and the macro that returns early.
#include "device/base/status.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace fieldwork {
namespace {

constexpr Status kAll[] = {Status::kOk,        Status::kNeedMore,   Status::kNoSpace,
                           Status::kTooLarge,  Status::kWrongState, Status::kBadArgument,
                           Status::kMalformed, Status::kNotFound,   Status::kIo};

TEST(Status, EveryValue_HasANameOfItsOwn) {
  std::set<std::string> names;
  for (const Status status : kAll) names.insert(StatusName(status));
  EXPECT_EQ(names.size(), std::size(kAll));
  EXPECT_EQ(names.count("unknown"), 0u);
}

TEST(Status, Names_AreStable) {
  EXPECT_STREQ(StatusName(Status::kOk), "ok");
  EXPECT_STREQ(StatusName(Status::kWrongState), "wrong-state");
}

TEST(Status, ValueOutsideTheSet_IsUnknownNotNull) {
  EXPECT_STREQ(StatusName(static_cast<Status>(200)), "unknown");
}

Status TryTwo(Status first, Status second, int* reached) {
  FIELDWORK_TRY(first);
  *reached = 1;
  FIELDWORK_TRY(second);
  *reached = 2;
  return Status::kOk;
}

TEST(Try, AllOk_GoesOn) {
  int reached = 0;
  EXPECT_EQ(TryTwo(Status::kOk, Status::kOk, &reached), Status::kOk);
  EXPECT_EQ(reached, 2);
}

TEST(Try, Error_ReturnsItAndStops) {
  int reached = 0;
  EXPECT_EQ(TryTwo(Status::kOk, Status::kIo, &reached), Status::kIo);
  EXPECT_EQ(reached, 1);
  reached = 0;
  EXPECT_EQ(TryTwo(Status::kNeedMore, Status::kIo, &reached), Status::kNeedMore);
  EXPECT_EQ(reached, 0);
}

TEST(Try, Expression_IsEvaluatedOnce) {
  int calls = 0;
  const auto count = [&calls] {
    ++calls;
    return Status::kOk;
  };
  const auto run = [&count]() -> Status {
    FIELDWORK_TRY(count());
    return Status::kOk;
  };
  EXPECT_EQ(run(), Status::kOk);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace fieldwork
