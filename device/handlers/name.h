// Decides whether a name in a job document is a word that this device knows.
#pragma once

#include <cstddef>
#include <string_view>

#include "device/json/reader.h"

namespace fieldwork::handlers {

/// Bytes of a word that a name can be compared with.
inline constexpr std::size_t kMaxWord = 64;

/// True when `name` is a string that, its escapes resolved, is the whole of `word` in any case of
/// ASCII letters: "REBOOT" is "reboot", "re" and "Reboot now" are not. A word longer than kMaxWord
/// is nobody's name.
bool IsWord(json::Value name, std::string_view word);

}  // namespace fieldwork::handlers
