// Documents on both sides of each limit.
#include "cloud/http_api/job_document.h"

#include <gtest/gtest.h>

#include <string>

#include "cloud/domain/limits.h"

namespace fieldwork::http_api {
namespace {

std::string RefusalOf(std::string_view text) {
  const auto status = CheckJobDocument(text);
  if (status.ok()) return "";
  EXPECT_EQ(status.error().code, domain::ErrorCode::kInvalidRequest);
  return status.error().message;
}

std::string Nested(int levels) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += R"({"a":)";
  text += "1";
  return text.append(static_cast<std::size_t>(levels), '}');
}

std::string OfBytes(std::size_t size) {
  const std::string frame = R"({"a":""})";
  return R"({"a":")" + std::string(size - frame.size(), 'x') + R"("})";
}

TEST(JobDocument, JsonObject_IsTaken) {
  EXPECT_EQ(RefusalOf("{}"), "");
  EXPECT_EQ(RefusalOf(" {\"operation\": \"reboot\",\n \"delay\": 1.5e3, \"ü\": [null, true]} "),
            "");
  EXPECT_EQ(RefusalOf(R"({"url":"${aws_region}","text":"\u00e4 \ud83d\ude00"})"), "");
}

TEST(JobDocument, NotJson_IsRefused) {
  EXPECT_EQ(RefusalOf(""), "document is not valid JSON in UTF-8: see character 1.");
  for (const char* text : {"{", "{'a':1}", "{\"a\":1} x", "{\"a\":1,}", "{\"a\":\"\xFF\"}",
                           "{\"a\":\"\\ud800\"}", "{\"a\":01}", "// c\n{}", "{\"a\":NaN}"}) {
    EXPECT_TRUE(RefusalOf(text).starts_with("document is not valid JSON in UTF-8")) << text;
  }
}

TEST(JobDocument, AnotherValueThanAnObject_IsRefused) {
  for (const char* text : {"[]", "\"{}\"", "1", "null", "true"}) {
    EXPECT_EQ(RefusalOf(text), "document must be a JSON object: devices read it as one.") << text;
  }
}

TEST(JobDocument, WhatCannotStandInsideAMessage_IsRefused) {
  const std::string kMessage =
      "document must be JSON without a byte order mark and without NUL characters.";
  EXPECT_EQ(RefusalOf("\xEF\xBB\xBF{}"), kMessage);
  EXPECT_EQ(RefusalOf(std::string_view("{}\0{", 4)), kMessage);
}

TEST(JobDocument, NumberBeyondDouble_IsRefused) {
  EXPECT_EQ(RefusalOf(R"({"a":1e999})"),
            "document has a number that is too large for JSON readers.");
}

TEST(JobDocument, DepthUpTo64_IsTaken) {
  EXPECT_EQ(RefusalOf(Nested(64)), "");
  EXPECT_EQ(RefusalOf(Nested(65)), "document must not be nested deeper than 64 levels.");
  EXPECT_EQ(RefusalOf(std::string(16000, '[') + std::string(16000, ']')),
            "document must not be nested deeper than 64 levels.");
}

TEST(JobDocument, SizeUpTo32768Bytes_IsTaken) {
  EXPECT_EQ(RefusalOf(OfBytes(domain::kJobDocumentBytesMax)), "");
  EXPECT_EQ(RefusalOf(OfBytes(domain::kJobDocumentBytesMax + 1)),
            "document must be at most 32768 bytes long and has 32769.");
}

TEST(JobDocument, PlaceholderOfAws_IsRefusedWhereverItStands) {
  const std::string deepest = [] {
    std::string text;
    for (int i = 0; i < 64; ++i) text += R"({"a":)";
    text += R"("${aws:iot:parameter:x}")";
    return text.append(64, '}');
  }();
  for (const std::string& text :
       {std::string(R"({"url":"${aws:iot:s3-presigned-url:https://s3.amazonaws.com/b/k}"})"),
        std::string(R"({"url":"\u0024{aws:iot:s3-presigned-url-v2:x}"})"),
        std::string(R"({"${aws:iot:job-id}":1})"), deepest}) {
    EXPECT_TRUE(RefusalOf(text).starts_with("document has a placeholder")) << text;
  }
}

}  // namespace
}  // namespace fieldwork::http_api
