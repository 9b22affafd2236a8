// Requests against the golden vectors, and what is mended, cut, or refused.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "device/jobs/messages.h"
#include "device/jobs/vectors_test.h"

namespace fieldwork::jobs {
namespace {

template <class Request>
Result<std::string_view> Write(const Request& request) {
  static std::array<char, 16384> out;
  return Encode(request, out);
}

template <class Request>
std::string Text(const Request& request) {
  const auto text = Write(request);
  EXPECT_TRUE(text.ok()) << StatusName(text.status());
  return text.ok() ? std::string(*text) : std::string();
}

TEST(GetPending, Vectors_AreWrittenByteForByte) {
  EXPECT_EQ(Text(GetPendingRequest{}), Vector("get_pending_request_empty.json"));
  EXPECT_EQ(Text(GetPendingRequest{.client_token = "gp-1"}), Vector("get_pending_request.json"));
}

TEST(StartNext, Vectors_AreWrittenByteForByte) {
  EXPECT_EQ(Text(StartNextRequest{}), Vector("start_next_request_empty.json"));
  EXPECT_EQ(Text(StartNextRequest{.client_token = "sn-1"}), Vector("start_next_request.json"));
  const Detail details[] = {{"step", "claimed"}};
  EXPECT_EQ(Text(StartNextRequest{
                .client_token = "sn-2", .details = details, .step_timeout_minutes = 30}),
            Vector("start_next_request_full.json"));
}

TEST(Describe, Vectors_AreWrittenByteForByte) {
  EXPECT_EQ(Text(DescribeRequest{}), Vector("describe_request_empty.json"));
  EXPECT_EQ(Text(DescribeRequest{.client_token = "ds-1"}), Vector("describe_request.json"));
  EXPECT_EQ(Text(DescribeRequest{
                .client_token = "ds-2", .execution_number = 2, .include_document = false}),
            Vector("describe_request_full.json"));
}

TEST(Update, Vectors_AreWrittenByteForByte) {
  EXPECT_EQ(Text(UpdateRequest{.status = ExecutionStatus::kSucceeded}),
            Vector("update_request_board.json"));

  const Detail progress[] = {{"receive", "12/80"}};
  EXPECT_EQ(Text(UpdateRequest{.details = progress, .expected_version = 2, .client_token = "up-1"}),
            Vector("update_request_progress.json"));

  const Detail failure[] = {{"reason", "exit code 1"}, {"stderr", "line 1 \"quoted\" \\ end"}};
  EXPECT_EQ(Text(UpdateRequest{.status = ExecutionStatus::kFailed,
                               .details = failure,
                               .expected_version = 3,
                               .execution_number = 1}),
            Vector("update_request_failed.json"));

  const Detail refusal[] = {{"reason", "unknown operation"}};
  EXPECT_EQ(Text(UpdateRequest{.status = ExecutionStatus::kRejected, .details = refusal}),
            Vector("update_request_rejected.json"));

  const Detail self_test[] = {{"self_test", "ready"}, {"updatedBy", "0x1000000"}};
  EXPECT_EQ(Text(UpdateRequest{.details = self_test,
                               .expected_version = 3,
                               .execution_number = 1,
                               .step_timeout_minutes = -1,
                               .include_state = true,
                               .include_document = true,
                               .client_token = "up-2"}),
            Vector("update_request_full.json"));
}

TEST(Update, StatusThatOnlyTheServiceSets_IsRefused) {
  for (const auto status :
       {ExecutionStatus::kUnknown, ExecutionStatus::kQueued, ExecutionStatus::kTimedOut,
        ExecutionStatus::kRemoved, ExecutionStatus::kCanceled}) {
    EXPECT_EQ(Write(UpdateRequest{.status = status}).status(), Status::kBadArgument)
        << StatusText(status);
  }
}

TEST(Update, NumbersOutsideTheirRange_AreRefused) {
  EXPECT_EQ(Write(UpdateRequest{.expected_version = -1}).status(), Status::kBadArgument);
  EXPECT_EQ(Write(UpdateRequest{.execution_number = -1}).status(), Status::kBadArgument);
  EXPECT_EQ(Write(UpdateRequest{.step_timeout_minutes = -2}).status(), Status::kBadArgument);
  EXPECT_EQ(Write(UpdateRequest{.step_timeout_minutes = 10081}).status(), Status::kBadArgument);
  EXPECT_EQ(Text(UpdateRequest{.execution_number = INT64_MAX, .step_timeout_minutes = 10080}),
            R"({"status":"IN_PROGRESS","executionNumber":9223372036854775807,)"
            R"("stepTimeoutInMinutes":10080})");
}

TEST(ClientToken, LongerThanTheLimit_IsRefused) {
  const std::string token(kMaxClientToken, 't');
  EXPECT_EQ(Text(GetPendingRequest{token}), R"({"clientToken":")" + token + R"("})");
  EXPECT_EQ(Write(GetPendingRequest{token + "t"}).status(), Status::kBadArgument);
}

TEST(Encode, EveryTooSmallBuffer_IsNoSpace) {
  const Detail details[] = {{"reason", "two\nlines"}, {"empty", ""}};
  const UpdateRequest request{.details = details, .expected_version = 7, .client_token = "t"};
  const std::string whole = Text(request);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::string out(size, '#');
    EXPECT_EQ(Encode(request, out).status(), Status::kNoSpace) << size;
  }
  std::string out(whole.size(), '#');
  EXPECT_EQ(*Encode(request, out), whole);
}

// ---- Details ---------------------------------------------------------------------------

// What becomes of one value, as JSON.
std::string Mended(std::string_view value) {
  const Detail details[] = {{"k", value}};
  const std::string text = Text(StartNextRequest{.details = details});
  constexpr std::string_view kBefore = R"({"statusDetails":{"k":)";
  constexpr std::string_view kAfter = "}}";
  EXPECT_TRUE(text.starts_with(kBefore) && text.ends_with(kAfter)) << text;
  return text.substr(kBefore.size(), text.size() - kBefore.size() - kAfter.size());
}

std::string Repeat(std::string_view piece, std::size_t count) {
  std::string text;
  while (count-- > 0) text += piece;
  return text;
}

std::string Quoted(const std::string& text) { return '"' + text + '"'; }

TEST(Details, KeysAgainstTheRules_AreRefused) {
  for (const std::string& key : {std::string(), std::string("a b"), std::string("a\""),
                                 std::string("\xC3\xA9"), std::string(kMaxDetailKey + 1, 'k')}) {
    const Detail details[] = {{key, "v"}};
    EXPECT_EQ(Write(StartNextRequest{.details = details}).status(), Status::kBadArgument) << key;
  }
  const std::string longest(kMaxDetailKey, 'k');
  const Detail details[] = {{longest, "v"}, {"a:b_C-1", "v"}};
  EXPECT_TRUE(Write(StartNextRequest{.details = details}).ok());
}

TEST(Details, MoreThanTen_AreRefused) {
  std::array<std::string, kMaxDetails + 1> keys;
  std::array<Detail, kMaxDetails + 1> details;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    keys[i] = "k" + std::to_string(i);
    details[i] = {keys[i], "v"};
  }
  EXPECT_EQ(Write(StartNextRequest{.details = details}).status(), Status::kBadArgument);
  EXPECT_TRUE(Write(StartNextRequest{.details = std::span(details).first(kMaxDetails)}).ok());
}

TEST(Details, SameKeyTwice_IsRefused) {
  const Detail details[] = {{"reason", "one"}, {"other", "two"}, {"reason", "three"}};
  EXPECT_EQ(Write(StartNextRequest{.details = details}).status(), Status::kBadArgument);
}

TEST(Details, ControlCharacters_BecomeSpaces) {
  EXPECT_EQ(Mended("two\r\nlines\n"), Quoted("two  lines "));
  EXPECT_EQ(Mended("\x1B[31mred\x1B[0m"), Quoted(" [31mred [0m"));
  EXPECT_EQ(Mended("\n"), Quoted(" "));
  EXPECT_EQ(Mended("\n\n\n"), Quoted("   "));
  EXPECT_EQ(Mended(std::string_view("a\0b", 3)), Quoted("a b"));
  EXPECT_EQ(Mended("a\x7F\xC2\x85z"), Quoted("a  z"));  // U+007F, U+0085
}

// The rest of \p{C}, which AWS's pattern excludes as well.
TEST(Details, FormatAndPrivateUseCharacters_BecomeSpaces) {
  EXPECT_EQ(Mended("a\xE2\x80\x8D!"), Quoted("a !"));        // U+200D zero width joiner
  EXPECT_EQ(Mended("\xEF\xBB\xBFtext"), Quoted(" text"));    // U+FEFF byte order mark
  EXPECT_EQ(Mended("\xEE\x82\xA0 main"), Quoted("  main"));  // U+E0A0, a prompt's icon
  EXPECT_EQ(Mended("\xF3\xA0\x80\xA0"), Quoted(" "));        // U+E0020 tag
}

TEST(Details, TextOfAnyLanguage_StaysAsItIs) {
  const std::string text =
      "Gr\xC3\xBC\xC3\x9F"
      "e \xE4\xBD\xA0\xE5\xA5\xBD \xF0\x9F\x98\x80 \xEF\xBF\xBD";
  EXPECT_EQ(Mended(text), Quoted(text));
}

TEST(Details, IllFormedUtf8_BecomesReplacementCharacters) {
  const std::string fffd = "\xEF\xBF\xBD";
  EXPECT_EQ(Mended("a\xFFz"), Quoted("a" + fffd + "z"));
  EXPECT_EQ(Mended("\xE4\xBD"), Quoted(Repeat(fffd, 2)));          // Cut short.
  EXPECT_EQ(Mended("\xC0\xAF"), Quoted(Repeat(fffd, 2)));          // Overlong.
  EXPECT_EQ(Mended("\xED\xA0\x80"), Quoted(Repeat(fffd, 3)));      // Half of a surrogate pair.
  EXPECT_EQ(Mended("\xF4\x90\x80\x80"), Quoted(Repeat(fffd, 4)));  // Beyond U+10FFFF.
  EXPECT_EQ(Mended("\xF8\x88\x80\x80\x80"), Quoted(Repeat(fffd, 5)));
}

TEST(Details, EmptyValue_BecomesSpace) { EXPECT_EQ(Mended(""), Quoted(" ")); }

TEST(Details, LongValue_KeepsItsHead) {
  const std::string longest(kMaxDetailValue, 'x');
  EXPECT_EQ(Mended(longest), Quoted(longest));
  EXPECT_EQ(Mended(longest + "tail"), Quoted(longest));
  EXPECT_EQ(Mended(longest + "\n"), Quoted(longest));
  EXPECT_EQ(Mended(Repeat("\n", kMaxDetailValue + 5)), Quoted(Repeat(" ", kMaxDetailValue)));
  // An escape is one character, however it is spelled in JSON.
  EXPECT_EQ(Mended(Repeat("\"", kMaxDetailValue + 5)), Quoted(Repeat("\\\"", kMaxDetailValue)));
}

TEST(Details, LongValue_IsCutBetweenCharacters) {
  const std::string three = "\xE4\xBD\xA0";
  EXPECT_EQ(Mended(Repeat(three, 2000)), Quoted(Repeat(three, kMaxDetailValue)));
  // Two units of UTF-16, by which AWS may count.
  const std::string four = "\xF0\x9F\x98\x80";
  EXPECT_EQ(Mended(Repeat(four, 2000)), Quoted(Repeat(four, kMaxDetailValue / 2)));
  EXPECT_EQ(Mended("x" + Repeat(four, 2000)), Quoted("x" + Repeat(four, kMaxDetailValue / 2 - 1)));
}

}  // namespace
}  // namespace fieldwork::jobs
