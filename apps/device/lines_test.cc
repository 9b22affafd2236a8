#include "apps/device/lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fieldwork::board {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Every line of `input` when it arrives in pieces of `step` bytes; "!" for one too long.
std::vector<std::string> Lines(std::string_view input, std::size_t step) {
  LineSplitter splitter;
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < input.size(); at += step) {
    std::string_view piece = input.substr(at, step);
    for (;;) {
      const LineSplitter::Event event = splitter.Next(piece);
      if (event == LineSplitter::Event::kNeedMore) break;
      lines.emplace_back(event == LineSplitter::Event::kLine ? splitter.line() : "!");
    }
  }
  if (splitter.Finish() == LineSplitter::Event::kLine) lines.emplace_back(splitter.line());
  return lines;
}

TEST(LineSplitter, EveryLineEndAndEveryCut_GivesTheSameLines) {
  for (std::size_t step = 1; step < 20; ++step) {
    EXPECT_THAT(Lines("help\r\nwifi init\n\nversion\rlast", step),
                ElementsAre("help", "wifi init", "", "version", "last"))
        << step;
  }
}

TEST(LineSplitter, LongestLine_IsTaken) {
  const std::string longest(kMaxLineBytes, 'x');
  EXPECT_THAT(Lines(longest + "\n", 7), ElementsAre(longest));
}

TEST(LineSplitter, OneByteMore_IsReportedAndTheNextLineIsFine) {
  EXPECT_THAT(Lines(std::string(kMaxLineBytes + 1, 'x') + "\nhelp\n", 64),
              ElementsAre("!", "help"));
}

TEST(LineSplitter, NothingAfterTheLastLineEnd_IsNoLine) {
  EXPECT_THAT(Lines("help\n", 64), ElementsAre("help"));
  EXPECT_THAT(Lines("", 64), IsEmpty());
}

std::vector<std::string> Words(std::string_view line) {
  std::vector<std::string> words;
  EXPECT_TRUE(SplitWords(line, words)) << line;
  return words;
}

TEST(SplitWords, Blanks_SeparateHoweverMany) {
  EXPECT_THAT(Words("  wifi \t connect  a b "), ElementsAre("wifi", "connect", "a", "b"));
  EXPECT_THAT(Words("   "), IsEmpty());
}

TEST(SplitWords, Quotes_HoldBlanksTogether) {
  EXPECT_THAT(Words(R"(wifi connect "my net" 'it is \ "so"')"),
              ElementsAre("wifi", "connect", "my net", R"(it is \ "so")"));
  EXPECT_THAT(Words(R"(a"b c"d "" e)"), ElementsAre("ab cd", "", "e"));
}

TEST(SplitWords, Backslash_TakesTheNextCharacterAsItIs) {
  EXPECT_THAT(Words(R"(my\ net \"x\" "a\"b" end\)"),
              ElementsAre("my net", "\"x\"", "a\"b", "end\\"));
}

TEST(SplitWords, OpenQuote_IsRefused) {
  std::vector<std::string> words;
  EXPECT_FALSE(SplitWords("wifi connect \"my net", words));
}

TEST(Printable, ControlCharacters_BecomeQuestionMarks) {
  EXPECT_EQ(Printable("a\x1b[2Jb\x7f\n"), "a?[2Jb??");
  EXPECT_EQ(Printable("\xC2\x9B"), "\xC2?");
  EXPECT_EQ(Printable("Gr\xC3\xBC\xC3\x9F"), "Gr\xC3\xBC\xC3\x9F");
}

}  // namespace
}  // namespace fieldwork::board
