// The line format, what must never get through it, and the levels.
#include "apps/device/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <string>

#include "apps/device/testing/captured_output.h"

namespace fieldwork::board {
namespace {

std::string Line(LogLevel level, std::int64_t ms, std::string_view tag,
                 std::initializer_list<LogPart> parts) {
  std::array<char, kMaxLine> out;
  const std::size_t size = FormatLogLine(level, Millis{ms}, tag, parts, out);
  return {out.data(), size};
}

TEST(LogLine, TextAndNumbers_AreAsOnTheBoard) {
  EXPECT_EQ(Line(LogLevel::kInfo, 12, "main", {"boot reason ", 4}),
            "[I] (12) main: boot reason 4\r\n");
  EXPECT_EQ(Line(LogLevel::kDebug, 25071, "aws", {"PUBACK received for packet id ", 2u, "."}),
            "[D] (25071) aws: PUBACK received for packet id 2.\r\n");
  EXPECT_EQ(Line(LogLevel::kError, 0, "t", {INT64_MIN}), "[E] (0) t: -9223372036854775808\r\n");
}

TEST(LogLine, ControlCharacters_StayOnOneLineAndHarmless) {
  EXPECT_EQ(Line(LogLevel::kWarn, 1, "t", {"a\r\nb\x1b[2J\x7f\tc"}), "[W] (1) t: a??b?[2J??c\r\n");
  EXPECT_EQ(Line(LogLevel::kWarn, 1, "t",
                 {"\xC2\x9B"
                  "2J"}),
            "[W] (1) t: \xC2?2J\r\n");
}

TEST(LogLine, ForeignLetters_StayReadable) {
  EXPECT_EQ(Line(LogLevel::kInfo, 1, "wifi", {"caf\xC3\xA9"}), "[I] (1) wifi: caf\xC3\xA9\r\n");
}

TEST(LogLine, UrlQuery_IsNeverWritten) {
  EXPECT_EQ(Line(LogLevel::kInfo, 1, "t",
                 {R"({"url":"https://b.example/f.bin?X-Amz-Signature=5ec4e7","n":1})"}),
            "[I] (1) t: {\"url\":\"https://b.example/f.bin?...\",\"n\":1}\r\n");
}

TEST(LogLine, UrlQueryCutAcrossParts_IsNeverWritten) {
  const std::string line =
      Line(LogLevel::kInfo, 1, "t", {"http:", "//h/x", "?to", "ken=secret", " then more"});
  EXPECT_EQ(line, "[I] (1) t: http://h/x?... then more\r\n");
}

TEST(LogLine, QuestionMarkOutsideUrl_Stays) {
  EXPECT_EQ(Line(LogLevel::kInfo, 1, "t", {"ready? yes: a/b?c"}),
            "[I] (1) t: ready? yes: a/b?c\r\n");
}

TEST(LogLine, TooLong_IsCutAndSaysSo) {
  const std::string line = Line(LogLevel::kInfo, 1, "t", {std::string(5000, 'x')});
  EXPECT_LE(line.size(), kMaxLine);
  EXPECT_TRUE(line.ends_with("xxx...\r\n"));
}

TEST(LogLevels, Words_GoBothWays) {
  for (const char* word : {"none", "error", "warn", "info", "debug", "verbose"}) {
    const auto level = ParseLogLevel(word);
    ASSERT_TRUE(level.has_value()) << word;
    EXPECT_STREQ(LogLevelName(*level), word);
  }
  EXPECT_FALSE(ParseLogLevel("INFO").has_value());
  EXPECT_FALSE(ParseLogLevel("").has_value());
}

TEST(LogToPipe, LinesAboveTheLevel_AreNotWritten) {
  CapturedOutput captured;
  Output output(captured.fd());
  Log log(
      output, LogLevel::kInfo, [] { return Instant{1500}; }, Instant{1000});
  log.Debug("t", {"hidden"});
  log.Info("t", {"shown"});
  EXPECT_EQ(captured.Take(), "[I] (500) t: shown\r\n");
  log.set_level(LogLevel::kNone);
  log.Error("t", {"hidden"});
  EXPECT_EQ(captured.Take(), "");
}

TEST(LogToPipe, Prompt_IsHiddenBeforeAndShownAfterEachLine) {
  struct Keeper final : PromptKeeper {
    explicit Keeper(Output& o) : output(o) {}
    void HidePrompt() override { output.Write("<"); }
    void ShowPrompt() override { output.Write(">"); }
    Output& output;
  };
  CapturedOutput captured;
  Output output(captured.fd());
  Keeper keeper(output);
  output.set_prompt_keeper(&keeper);
  Log log(
      output, LogLevel::kInfo, [] { return Instant{0}; }, Instant{0});
  log.Info("t", {"x"});
  EXPECT_EQ(captured.Take(), "<[I] (0) t: x\r\n>");
}

TEST(LogToPipe, ReaderThatStopped_CostsLinesNotTheBoard) {
  CapturedOutput captured;
  const int size = fcntl(captured.fd(), F_SETPIPE_SZ, 8192);
  ASSERT_GT(size, 0);
  Output output(captured.fd(), 0);
  const std::string filler(static_cast<std::size_t>(size), 'x');
  output.Write(filler);
  output.Write("lost");
  output.Write("lost too");
  EXPECT_EQ(output.lost_count(), 2u);
  captured.Take();
  output.Write("back");
  EXPECT_EQ(captured.Take(), "back\r\n(2 pieces of output lost)\r\n");
}

}  // namespace
}  // namespace fieldwork::board
