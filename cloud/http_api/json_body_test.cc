// Decides that bodies are read or refused with the reason.
#include "cloud/http_api/json_body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fieldwork::http_api {
namespace {

using ::testing::HasSubstr;

std::string Problem(std::string_view body) {
  const auto result = ReadJsonBody(body);
  return result.ok() ? "" : result.error().message;
}

std::string Nested(int levels) {
  std::string text;
  for (int i = 0; i < levels - 1; ++i) text += "{\"a\":";
  text += "{}";
  text.append(static_cast<std::size_t>(levels - 1), '}');
  return text;
}

TEST(ReadJsonBody, NothingAndObjects_AreRead) {
  EXPECT_EQ(ReadJsonBody("").value(), Json::object());
  EXPECT_EQ(ReadJsonBody(" {\"a\":[1,\"}{\\\"\"]} ").value().dump(), "{\"a\":[1,\"}{\\\"\"]}");
}

TEST(ReadJsonBody, OtherJson_IsRefused) {
  EXPECT_EQ(Problem("[]"), "The body must be a JSON object.");
  EXPECT_EQ(Problem("\"text\""), "The body must be a JSON object.");
  EXPECT_EQ(Problem("null"), "The body must be a JSON object.");
}

TEST(ReadJsonBody, WhatIsNotJson_SaysWhere) {
  EXPECT_THAT(Problem("{\"a\":}"), HasSubstr("byte 6"));
  EXPECT_THAT(Problem("{} x"), HasSubstr("not JSON"));
  EXPECT_THAT(Problem("a=b"), HasSubstr("not JSON"));
  EXPECT_THAT(Problem("{\"a\":1e999}"), HasSubstr("number"));
}

TEST(ReadJsonBody, BytesThatAreNotUtf8_AreRefused) {
  EXPECT_EQ(Problem("{\"a\":\"\xFF\"}"), "The body is not UTF-8.");
}

TEST(ReadJsonBody, Depth_IsLimited) {
  EXPECT_EQ(Problem(Nested(kJsonDepthMax)), "");
  EXPECT_THAT(Problem(Nested(kJsonDepthMax + 1)), HasSubstr("64 levels"));
  EXPECT_THAT(Problem(std::string(200'000, '[')), HasSubstr("64 levels"));
  EXPECT_EQ(Problem("{\"a\":\"" + std::string(100, '[') + "\"}"), "") << "inside a string";
}

}  // namespace
}  // namespace fieldwork::http_api
