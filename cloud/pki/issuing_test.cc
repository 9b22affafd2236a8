// Decides which names go into the server's certificate and when it is due.
#include "cloud/pki/issuing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud/pki/authority.h"
#include "cloud/pki/certificates_test.h"

namespace fieldwork::pki {
namespace {

using std::chrono::days;
using testing::ElementsAre;

struct Issued {
  KeyPtr root_key = MakeEcKey();
  KeyPtr key = MakeEcKey();
  CertificatePtr root = MakeRoot(*root_key, kNow);
  std::vector<std::string> names = NormalNames({"a.example"});
  CertificatePtr server = MakeServer({root.get(), root_key.get()}, *key, names, kNow);
};

TEST(NormalNames, BracketsAndDoubles_AreTakenAway) {
  EXPECT_THAT(NormalNames({"[::1]", "localhost", "a-b.example", "10.0.0.1", "a-b.example"}),
              ElementsAre("localhost", "127.0.0.1", "::1", "a-b.example", "10.0.0.1"));
}

TEST(NormalNames, WhatCannotBeAName_IsRefused) {
  EXPECT_THROW(NormalNames({std::string(64, 'a')}), PkiError);
  EXPECT_THROW(NormalNames({".a"}), PkiError);
  EXPECT_THROW(NormalNames({"a\nb"}), PkiError);
}

TEST(WhyServerIsDue, FreshOne_IsNot) {
  const Issued issued;
  EXPECT_EQ(WhyServerIsDue(*issued.server, *issued.key, *issued.root_key, issued.names, kNow), "");
}

TEST(WhyServerIsDue, EachReason_IsTold) {
  const Issued issued;
  const KeyPtr other = MakeEcKey();
  const auto why = [&](EVP_PKEY& key, EVP_PKEY& root_key, const std::vector<std::string>& names,
                       domain::Time now) {
    return WhyServerIsDue(*issued.server, key, root_key, names, now);
  };
  EXPECT_EQ(why(*other, *issued.root_key, issued.names, kNow), "its key is another one");
  EXPECT_EQ(why(*issued.key, *other, issued.names, kNow), "the root did not sign it");
  EXPECT_EQ(why(*issued.key, *issued.root_key, issued.names, kNow - days{2}),
            "it is not valid yet");
  EXPECT_EQ(why(*issued.key, *issued.root_key, issued.names, kNow + days{340}), "it ends soon");
  EXPECT_EQ(why(*issued.key, *issued.root_key, NormalNames({"b.example"}), kNow),
            "b.example is not in it");
}

TEST(MakeDevice, Serials_AreLongAndDifferent) {
  const Issued issued;
  const auto serial = [&] {
    const CertificatePtr device =
        MakeDevice({issued.root.get(), issued.root_key.get()}, *issued.key, nullptr, kNow);
    const BignumPtr number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(device.get()), nullptr));
    EXPECT_FALSE(BN_is_negative(number.get()));
    EXPECT_GT(BN_num_bits(number.get()), 90);
    EXPECT_LE(BN_num_bits(number.get()), 128);
    return std::string(
        std::unique_ptr<char, decltype(&std::free)>(BN_bn2hex(number.get()), std::free).get());
  };
  EXPECT_NE(serial(), serial());
}

}  // namespace
}  // namespace fieldwork::pki
