// The JSON writer: commas, nesting, escapes.
#include "cloud/mqtt_api/payload_writer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

namespace fieldwork::mqtt_api {
namespace {

TEST(PayloadWriter, NestedMembers_AreSeparatedOnceEach) {
  PayloadWriter out;
  out.BeginObject();
  out.Integer("a", 1);
  out.BeginObject("b");
  out.Bool("c", true);
  out.Bool("d", false);
  out.EndObject();
  out.BeginArray("e");
  out.String("x");
  out.BeginObject();
  out.EndObject();
  out.BeginObject();
  out.Raw("f", "[null]");
  out.EndObject();
  out.BeginObject();
  out.Integer("i", 0);
  out.EndObject();
  out.EndArray();
  out.BeginArray("g");
  out.EndArray();
  out.String("h", "");
  out.EndObject();
  EXPECT_EQ(std::move(out).Take(),
            R"({"a":1,"b":{"c":true,"d":false},"e":["x",{},{"f":[null]},{"i":0}],"g":[],"h":""})");
}

TEST(PayloadWriter, Extremes_AreWrittenWhole) {
  PayloadWriter out;
  out.BeginObject();
  out.Integer("least", std::numeric_limits<std::int64_t>::min());
  out.Integer("most", std::numeric_limits<std::int64_t>::max());
  out.EndObject();
  EXPECT_EQ(std::move(out).Take(), R"({"least":-9223372036854775808,"most":9223372036854775807})");
}

TEST(PayloadWriter, EveryByteThatMustBe_IsEscaped) {
  std::string all;
  for (char c = 0; c < 0x7F; ++c) all += c;
  all += "\x7F \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x94\xA7";
  PayloadWriter out;
  out.BeginObject();
  out.String("k\"", all);
  out.EndObject();
  const std::string json = std::move(out).Take();
  EXPECT_EQ(nlohmann::json::parse(json).at("k\"").get<std::string>(), all);
  EXPECT_NE(json.find(R"(\u0000\u0001)"), std::string::npos);
  EXPECT_NE(json.find(R"(\b\t\n\u000b\f\r)"), std::string::npos);
  EXPECT_NE(json.find(R"(\u001f)"), std::string::npos);
}

}  // namespace
}  // namespace fieldwork::mqtt_api
