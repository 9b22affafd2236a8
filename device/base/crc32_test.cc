#include "device/base/crc32.h"

#include <gtest/gtest.h>

#include <string>

namespace fieldwork {
namespace {

TEST(Crc32, CheckValue_IsTheOneEverybodyHas) {
  EXPECT_EQ(Crc32(AsBytes("123456789")), 0xCBF43926u);
}

TEST(Crc32, Nothing_IsZero) { EXPECT_EQ(Crc32({}), 0u); }

TEST(Crc32, BlankFlash_DoesNotLookLikeItsOwnChecksum) {
  const std::string blank(104, '\xFF');
  EXPECT_NE(Crc32(AsBytes(blank)), 0xFFFFFFFFu);
}

}  // namespace
}  // namespace fieldwork
