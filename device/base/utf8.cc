#include "device/base/utf8.h"

namespace fieldwork {
namespace {

std::uint32_t Byte(const char* p) { return static_cast<unsigned char>(*p); }

// The first code point that needs so many bytes after the lead: a smaller one is overlong.
constexpr std::uint32_t kFirst[] = {0, 0x80, 0x800, 0x10000};

}  // namespace

const char* ScanUtf8(const char* p, const char* end, std::uint32_t& code_point) {
  const std::uint32_t lead = Byte(p);
  const int more = (lead >= 0xC0) + (lead >= 0xE0) + (lead >= 0xF0);
  // 0x80 to 0xBF is no lead; above 0xF7 the code point comes out too large.
  if ((lead & 0xC0u) == 0x80u || end - p <= more) return nullptr;
  std::uint32_t code = more == 0 ? lead : lead & (0x3Fu >> more);
  for (int i = 1; i <= more; ++i) {
    if ((Byte(p + i) & 0xC0u) != 0x80u) return nullptr;
    code = code << 6 | (Byte(p + i) & 0x3Fu);
  }
  const bool surrogate = code - 0xD800u < 0x800u;
  if (code < kFirst[more] || surrogate || code > 0x10FFFF || lead > 0xF4) return nullptr;
  code_point = code;
  return p + more + 1;
}

}  // namespace fieldwork
