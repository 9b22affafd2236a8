// Decides which word of a list a text is.
#include "device/jobs/words.h"

#include "device/base/bytes.h"

namespace fieldwork::jobs {

const char* SkipWords(const char* packed, std::size_t index) {
  for (; index > 0; --index) packed += 1 + *packed;
  return packed;
}

std::size_t FindWord(const char* packed, const char* text, std::size_t size) {
  for (std::size_t index = 0; *packed != kEndOfWords; ++index) {
    const std::string_view word = Word(packed);
    if (word.size() == size && AreEqual(word.data(), text, size)) return index;
    packed += 1 + word.size();
  }
  return 0;
}

}  // namespace fieldwork::jobs
