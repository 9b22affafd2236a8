// Decides that only the one way of writing a certificate's id is read.
#include "cloud/broker/certificate_id.h"

#include <gtest/gtest.h>

namespace fieldwork::broker {
namespace {

TEST(CertificateIds, Hex_GoesThereAndBack) {
  const std::string text = "00ff10a9" + std::string(48, '7') + "deadbeef";
  const auto id = CertificateIdFromHex(text);
  ASSERT_TRUE(id);
  EXPECT_EQ((*id)[1], 0xFF);
  EXPECT_EQ((*id)[31], 0xEF);
  EXPECT_EQ(ToHex(*id), text);
}

TEST(CertificateIds, OtherTexts_AreNone) {
  EXPECT_FALSE(CertificateIdFromHex(""));
  EXPECT_FALSE(CertificateIdFromHex(std::string(63, 'a')));
  EXPECT_FALSE(CertificateIdFromHex(std::string(65, 'a')));
  EXPECT_FALSE(CertificateIdFromHex(std::string(64, 'A')));
  EXPECT_FALSE(CertificateIdFromHex(std::string(63, 'a') + "g"));
  EXPECT_FALSE(CertificateIdFromHex("fieldwork-service"));
}

}  // namespace
}  // namespace fieldwork::broker
