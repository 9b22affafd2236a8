// Which word a text is, and which are none of the list.
#include "device/jobs/words.h"

#include <gtest/gtest.h>

namespace fieldwork::jobs {
namespace {

constexpr auto kWords = PackWords("", "one", "three", "four");

std::size_t Find(std::string_view text) {
  return FindWord(kWords.data(), text.data(), text.size());
}

TEST(Words, EachWord_IsFoundWhereItIs) {
  EXPECT_EQ(Find("one"), 1u);
  EXPECT_EQ(Find("three"), 2u);
  EXPECT_EQ(Find("four"), 3u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(Find(Word(SkipWords(kWords.data(), i))), i);
}

TEST(Words, AnyOtherText_IsTheFirstWord) {
  for (const std::string_view text : {"", "on", "ones", "One", "threefour", "\3one", "\x7F"}) {
    EXPECT_EQ(Find(text), 0u) << text;
  }
}

TEST(Words, PackedList_HasASizeForEachAndAnEnd) {
  EXPECT_EQ(std::string_view(kWords.data(), kWords.size()),
            std::string_view("\0\3one\5three\4four\x7F", 17));
}

}  // namespace
}  // namespace fieldwork::jobs
