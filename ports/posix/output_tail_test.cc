// What is kept of output, however it is cut into pieces.
#include "ports/posix/output_tail.h"

#include <gtest/gtest.h>

#include <string>

namespace fieldwork::posix {
namespace {

TEST(OutputTail, ShorterThanItsLimit_IsKeptWhole) {
  OutputTail tail(8);
  EXPECT_EQ(tail.View(), "");
  tail.Append("abc");
  tail.Append("de");
  EXPECT_EQ(tail.View(), "abcde");
}

TEST(OutputTail, ExactlyItsLimit_IsKeptWholeEvenIfItBeginsInACharacter) {
  OutputTail tail(4);
  tail.Append(
      "\x80"
      "abc");
  EXPECT_EQ(tail.View(),
            "\x80"
            "abc");
}

TEST(OutputTail, Longer_LosesTheBeginning) {
  OutputTail tail(4);
  tail.Append("abc");
  tail.Append("def");
  EXPECT_EQ(tail.View(), "cdef");
  tail.Append("g");
  EXPECT_EQ(tail.View(), "defg");
  tail.Append("0123456789");
  EXPECT_EQ(tail.View(), "6789");
}

TEST(OutputTail, CutInACharacter_BeginsWithTheNextOne) {
  OutputTail tail(5);
  tail.Append("x€€");  // Three bytes each.
  EXPECT_EQ(tail.View(), "€");
}

TEST(OutputTail, NotUtf8_IsLeftAsItIs) {
  OutputTail tail(4);
  tail.Append("\x80\x80\x80\x80\x80\x80");
  EXPECT_EQ(tail.View(), "\x80\x80\x80\x80");
}

TEST(OutputTail, LimitOfNothing_KeepsNothing) {
  OutputTail tail(0);
  tail.Append("abc");
  EXPECT_EQ(tail.View(), "");
}

std::uint64_t LinesOf(std::string_view text) {
  LineCount lines;
  for (const char& c : text) lines.Append({&c, 1});
  return lines.count();
}

TEST(LineCount, CountsALastLineWithoutItsEnd) {
  EXPECT_EQ(LinesOf(""), 0u);
  EXPECT_EQ(LinesOf("a"), 1u);
  EXPECT_EQ(LinesOf("a\n"), 1u);
  EXPECT_EQ(LinesOf("a\nb"), 2u);
  EXPECT_EQ(LinesOf("\n\n"), 2u);
}

std::optional<std::uint8_t> ProgressOf(std::string_view text) {
  ProgressLines whole;
  whole.Append(text);
  ProgressLines pieces;
  for (const char& c : text) pieces.Append({&c, 1});
  const auto progress = whole.Take();
  EXPECT_EQ(pieces.Take(), progress) << text;
  EXPECT_EQ(whole.Take(), std::nullopt);
  return progress;
}

TEST(ProgressLines, WholeLines_Count) {
  EXPECT_EQ(ProgressOf("progress=0\n"), 0);
  EXPECT_EQ(ProgressOf("progress=100\r\n"), 100);
  EXPECT_EQ(ProgressOf("begin\nprogress=5\nprogress=42\nmore\n"), 42);
  EXPECT_EQ(ProgressOf("progress=007\n"), 7);
}

TEST(ProgressLines, AnythingElse_DoesNot) {
  for (const char* text :
       {"progress=5", " progress=5\n", "progress=5 \n", "progress=\n", "progress=101\n",
        "progress=256\n", "progress=-1\n", "progress=+1\n", "progress=1e1\n", "Progress=1\n",
        "progress=0005\n", "progress=5\r\r\n", "the progress=5\n", "progress= 5\n",
        "a very long line that ends in progress=5\n"}) {
    EXPECT_EQ(ProgressOf(text), std::nullopt) << text;
  }
}

TEST(ProgressLines, AfterALongLine_CountAgain) {
  EXPECT_EQ(ProgressOf(std::string(100000, 'x') + "\nprogress=9\n"), 9);
}

}  // namespace
}  // namespace fieldwork::posix
