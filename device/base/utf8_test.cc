#include "device/base/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace fieldwork {
namespace {

/// The code point, when the whole of `text` is one character; -1 otherwise.
std::int64_t Scan(std::string_view text) {
  std::uint32_t code = 0;
  const char* const end = text.data() + text.size();
  return ScanUtf8(text.data(), end, code) == end ? static_cast<std::int64_t>(code) : -1;
}

std::string Encode(std::uint32_t code) {
  const auto tail = [code](int shift) {
    return static_cast<char>(0x80 | ((code >> shift) & 0x3F));
  };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xC0 | code >> 6), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xE0 | code >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | code >> 18), tail(12), tail(6), tail(0)};
}

TEST(ScanUtf8, EveryCodePoint_IsReadButSurrogates) {
  for (std::uint32_t code = 0; code <= 0x10FFFF; ++code) {
    const bool surrogate = code >= 0xD800 && code < 0xE000;
    ASSERT_EQ(Scan(Encode(code)), surrogate ? -1 : static_cast<std::int64_t>(code));
  }
}

TEST(ScanUtf8, EveryPairOfBytes_IsReadOnlyIfItIsTheOneSpelling) {
  for (unsigned a = 0x80; a < 0x100; ++a) {
    for (unsigned b = 0; b < 0x100; ++b) {
      const std::string text = {static_cast<char>(a), static_cast<char>(b)};
      const bool good = a >= 0xC2 && a < 0xE0 && (b & 0xC0) == 0x80;
      ASSERT_EQ(Scan(text) >= 0, good) << a << " " << b;
    }
  }
}

TEST(ScanUtf8, OverlongForms_AreRefused) {
  for (const char* text : {"\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF",
                           "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF"}) {
    EXPECT_EQ(Scan(text), -1);
  }
}

TEST(ScanUtf8, BeyondTheLastCodePoint_IsRefused) {
  for (const char* text :
       {"\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xF8\x88\x80\x80\x80", "\xFE", "\xFF"}) {
    EXPECT_EQ(Scan(text), -1);
  }
}

TEST(ScanUtf8, CutShort_IsRefusedWithoutReadingOn) {
  const std::string_view character = "\xF0\x9F\x98\x80";
  for (std::size_t size = 1; size < character.size(); ++size) {
    std::uint32_t code = 0;
    EXPECT_EQ(ScanUtf8(character.data(), character.data() + size, code), nullptr);
  }
}

}  // namespace
}  // namespace fieldwork
