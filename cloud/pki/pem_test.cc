// Decides that one PEM block is taken and nothing that only contains one.
#include "cloud/pki/pem.h"

#include <gtest/gtest.h>

#include "cloud/pki/certificates_test.h"
#include "cloud/pki/issuing.h"

namespace fieldwork::pki {
namespace {

std::string AnyCertificate() {
  const KeyPtr key = MakeEcKey();
  return ToPem(*MakeRoot(*key, kNow));
}

TEST(ParseCertificate, OneBlock_IsTaken) {
  const std::string pem = AnyCertificate();
  EXPECT_NE(ParseCertificate(pem), nullptr);
  EXPECT_NE(ParseCertificate(pem + "\r\n \n"), nullptr);
  EXPECT_NE(ParseCertificate("Certificate:\n  Data: ...\n" + pem), nullptr);
}

TEST(ParseCertificate, SeveralBlocksOrSomethingBehind_IsRefused) {
  const std::string pem = AnyCertificate();
  const KeyPtr key = MakeEcKey();
  EXPECT_EQ(ParseCertificate(pem + pem), nullptr);
  EXPECT_EQ(ParseCertificate(pem + "x"), nullptr);
  EXPECT_EQ(ParseCertificate(PrivateKeyPem(*key) + pem), nullptr);
  EXPECT_EQ(ParseCertificate(pem + PublicKeyPem(*key)), nullptr);
}

TEST(ParseCertificate, BrokenText_IsRefused) {
  const std::string pem = AnyCertificate();
  EXPECT_EQ(ParseCertificate(""), nullptr);
  EXPECT_EQ(ParseCertificate(pem.substr(0, pem.size() / 2)), nullptr);
  std::string changed = pem;
  changed[100] = '!';
  EXPECT_EQ(ParseCertificate(changed), nullptr);
  EXPECT_EQ(ParseCertificate(std::string(2'000'000, 'x') + pem), nullptr);
}

TEST(ParsePrivateKey, WrittenForm_ComesBack) {
  const KeyPtr key = MakeEcKey();
  const std::string pem = PrivateKeyPem(*key);
  EXPECT_TRUE(pem.starts_with("-----BEGIN EC PRIVATE KEY-----"));
  const KeyPtr back = ParsePrivateKey(pem);
  ASSERT_NE(back, nullptr);
  EXPECT_EQ(EVP_PKEY_eq(key.get(), back.get()), 1);
}

TEST(WhyKeyIsRefused, NoKey_SaysSo) {
  EXPECT_EQ(WhyKeyIsRefused(nullptr), "its key is neither RSA nor EC");
  EXPECT_EQ(WhyKeyIsRefused(MakeEcKey().get()), "");
}

TEST(WhyKeyIsRefused, P521_IsTaken) {
  const KeyPtr key(EVP_EC_gen("P-521"));
  EXPECT_EQ(WhyKeyIsRefused(key.get()), "");
}

}  // namespace
}  // namespace fieldwork::pki
