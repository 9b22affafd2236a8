// Decides what one character of UTF-8 is. Every text that comes from outside passes here.
//
// Spec: RFC 3629 section 4.
#pragma once

#include <cstdint>

namespace fieldwork {

/// The place after the character that begins at `p`, which is before `end`; null when it is
/// ill-formed: cut short, overlong, half of a surrogate pair, beyond U+10FFFF.
const char* ScanUtf8(const char* p, const char* end, std::uint32_t& code_point);

}  // namespace fieldwork
