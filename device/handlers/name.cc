// Decides whether a name is a word: escapes first, then letter by letter.
#include "device/handlers/name.h"

#include <array>

namespace fieldwork::handlers {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool IsWord(json::Value name, std::string_view word) {
  std::array<char, kMaxWord> buffer;
  const auto text = json::Unescape(name, buffer);
  if (!text.ok() || text->size() != word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (Lower((*text)[i]) != Lower(word[i])) return false;
  }
  return true;
}

}  // namespace fieldwork::handlers
