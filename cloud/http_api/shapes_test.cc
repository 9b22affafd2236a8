// Times to the millisecond, and what is left out.
#include "cloud/http_api/shapes.h"

#include <gtest/gtest.h>

namespace fieldwork::http_api {
namespace {

std::string Printed(std::int64_t ms) { return Json(EpochSeconds(domain::FromMillis(ms))).dump(); }

TEST(EpochSeconds, Milliseconds_ArePrintedExactly) {
  EXPECT_EQ(Printed(1541526002609), "1541526002.609");
  EXPECT_EQ(Printed(1704067200000), "1704067200.0");
  EXPECT_EQ(Printed(1704067200001), "1704067200.001");
  EXPECT_EQ(Printed(4102444799999), "4102444799.999");
  EXPECT_EQ(Printed(0), "0.0");
}

// A step that is prime, over 130 years: every fraction comes by many times.
TEST(EpochSeconds, AnyMillisecond_HasAtMostThreeDecimals) {
  constexpr std::int64_t kStep = 20'000'003;
  for (std::int64_t ms = 1; ms < 4'102'444'800'000; ms += kStep) {
    const std::string text = Printed(ms);
    const std::size_t point = text.find('.');
    ASSERT_NE(point, std::string::npos) << ms;
    ASSERT_LE(text.size() - point - 1, 3U) << text;
    std::string digits = text.substr(point + 1);
    digits.append(3 - digits.size(), '0');
    ASSERT_EQ(std::stoll(text.substr(0, point) + digits), ms) << text;
  }
}

TEST(Shapes, TextWithoutCharacters_IsLeftOut) {
  Json json = Json::object();
  PutText(json, "comment", "");
  PutTime(json, "completedAt", std::nullopt);
  EXPECT_TRUE(json.empty());
  PutText(json, "comment", "x");
  EXPECT_EQ(json.dump(), R"({"comment":"x"})");
}

TEST(Shapes, Texts_KeepTheirOrder) {
  EXPECT_EQ(TextsJson({{"z", "1"}, {"a", "2"}}).dump(), R"({"z":"1","a":"2"})");
  EXPECT_EQ(TextsJson({}).dump(), "{}");
  EXPECT_EQ(AttributesJson({{"b", "1"}, {"a", "2"}}).dump(), R"({"a":"2","b":"1"})");
}

TEST(Shapes, NoGroups_IsAnEmptyList) {
  EXPECT_EQ(GroupNamesJson(domain::Names{}, {}).dump(), "[]");
}

}  // namespace
}  // namespace fieldwork::http_api
