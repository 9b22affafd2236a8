// Which files a device may start with, and what it says about the others.
#include "ports/posix/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ports/posix/testing/child_process.h"
#include "ports/posix/testing/pki.h"

namespace fieldwork::posix {
namespace {

using testing::Certificate;
using testing::CertificateSpec;
using ::testing::HasSubstr;
using testing::KeyKind;
using testing::ReadFile;
using testing::TestPki;
using testing::WriteFile;

CertificateSpec Device(KeyKind key) {
  CertificateSpec spec;
  spec.name = "device";
  spec.usage = "clientAuth";
  spec.key = key;
  return spec;
}

struct CredentialsTest : ::testing::Test {
  std::unique_ptr<Credentials> Load() {
    return Credentials::Load({pki.ca_path(), device.path, device.key_path}, error);
  }

  TestPki pki;
  Certificate device = pki.Issue(Device(KeyKind::kP256));
  std::string error;
};

TEST_F(CredentialsTest, EcKey_IsLoaded) {
  const auto loaded = Load();
  ASSERT_NE(loaded, nullptr) << error;
  EXPECT_EQ(loaded->ca_skipped(), 0);
  EXPECT_EQ(mbedtls_pk_get_bitlen(loaded->private_key()), 256u);
}

TEST_F(CredentialsTest, RsaKey_IsLoadedInBothPemForms) {
  device = pki.Issue(Device(KeyKind::kRsa2048));
  EXPECT_NE(Load(), nullptr) << error;
  testing::RunOrThrow(
      {"openssl", "rsa", "-traditional", "-in", device.key_path, "-out", pki.File("old.key")});
  chmod(pki.File("old.key").c_str(), 0600);
  EXPECT_THAT(ReadFile(pki.File("old.key")), HasSubstr("BEGIN RSA PRIVATE KEY"));
  device.key_path = pki.File("old.key");
  EXPECT_NE(Load(), nullptr) << error;
}

TEST_F(CredentialsTest, WeakRsaKey_IsRefused) {
  device = pki.Issue(Device(KeyKind::kRsa1024));
  EXPECT_EQ(Load(), nullptr);
  EXPECT_THAT(error, HasSubstr("RSA with 1024 bits; at least 2048 are needed"));
}

TEST_F(CredentialsTest, KeyThatOthersCanRead_IsRefusedWithTheRemedy) {
  for (const mode_t mode : {0644u, 0640u, 0602u, 0610u}) {
    chmod(device.key_path.c_str(), mode);
    EXPECT_EQ(Load(), nullptr);
    EXPECT_THAT(error, HasSubstr("chmod 600 " + device.key_path));
  }
  chmod(device.key_path.c_str(), 0400);
  EXPECT_NE(Load(), nullptr) << error;
}

TEST_F(CredentialsTest, KeyOfAnotherUser_IsRefused) {
  if (chown(device.key_path.c_str(), 12345, getegid()) != 0) GTEST_SKIP() << "needs root";
  EXPECT_EQ(Load(), nullptr);
  EXPECT_THAT(error, HasSubstr("belongs to another user (uid 12345)"));
}

TEST_F(CredentialsTest, KeyThatIsNoRegularFile_IsRefused) {
  device.key_path = pki.File("fifo");
  ASSERT_EQ(mkfifo(device.key_path.c_str(), 0600), 0);
  EXPECT_EQ(Load(), nullptr);
  EXPECT_THAT(error, HasSubstr(device.key_path + ": not a regular file"));
}

TEST_F(CredentialsTest, KeyOfAnotherCertificate_IsRefused) {
  CertificateSpec other = Device(KeyKind::kP256);
  other.name = "other";
  device.key_path = pki.Issue(other).key_path;
  EXPECT_EQ(Load(), nullptr);
  EXPECT_THAT(error, HasSubstr("does not belong to the certificate in " + device.path));
}

TEST_F(CredentialsTest, KeyOfAnotherKind_IsRefused) {
  CertificateSpec other = Device(KeyKind::kRsa2048);
  other.name = "other";
  device.key_path = pki.Issue(other).key_path;
  EXPECT_EQ(Load(), nullptr);
  EXPECT_THAT(error, HasSubstr("does not belong to the certificate"));
}

TEST_F(CredentialsTest, EncryptedKey_IsRefused) {
  const std::string locked = pki.File("locked.key");
  testing::RunOrThrow({"openssl", "pkcs8", "-topk8", "-in", device.key_path, "-passout",
                       "pass:secret", "-out", locked});
  chmod(locked.c_str(), 0600);
  device.key_path = locked;
  EXPECT_EQ(Load(), nullptr);
  EXPECT_THAT(error, HasSubstr(locked + " is encrypted"));
}

TEST_F(CredentialsTest, KeyOnAnotherCurve_IsRefused) {
  const std::string path = pki.File("k1.key");
  testing::RunOrThrow({"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                       "ec_paramgen_curve:secp256k1", "-out", path});
  chmod(path.c_str(), 0600);
  device.key_path = path;
  EXPECT_EQ(Load(), nullptr);
  EXPECT_THAT(error, HasSubstr("curve other than P-256"));
}

TEST_F(CredentialsTest, MissingFile_IsNamedWithTheReason) {
  device.path = "/nowhere/certificate.pem.crt";
  EXPECT_EQ(Load(), nullptr);
  EXPECT_EQ(error, "cannot read /nowhere/certificate.pem.crt: No such file or directory");
}

TEST_F(CredentialsTest, EmptyFile_IsNamedWithTheReason) {
  WriteFile(device.path, "");
  EXPECT_EQ(Load(), nullptr);
  EXPECT_EQ(error, "cannot read " + device.path + ": the file is empty");
}

TEST_F(CredentialsTest, FilesSwapped_AreNamedForWhatTheyAreNot) {
  std::swap(device.path, device.key_path);
  chmod(device.key_path.c_str(), 0600);
  EXPECT_EQ(Load(), nullptr);
  EXPECT_EQ(error, device.path + " holds no PEM certificate");
  device.path = device.key_path;
  EXPECT_EQ(Load(), nullptr);
  EXPECT_EQ(error, device.key_path + " holds no PEM private key");
}

TEST_F(CredentialsTest, DamagedCertificate_IsRefused) {
  std::string text = ReadFile(device.path);
  text[text.size() / 2] = '!';
  WriteFile(device.path, text);
  EXPECT_EQ(Load(), nullptr);
  EXPECT_THAT(error, HasSubstr("bad certificate in " + device.path));
}

TEST_F(CredentialsTest, DamagedKey_IsRefused) {
  WriteFile(device.key_path,
            "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBM=\n-----END PRIVATE KEY-----\n");
  EXPECT_EQ(Load(), nullptr);
  EXPECT_THAT(error, HasSubstr("bad private key in " + device.key_path));
}

TEST_F(CredentialsTest, DamagedPartOfACaBundle_IsCountedAsSkipped) {
  const std::string good = ReadFile(pki.ca_path());
  WriteFile(pki.ca_path(),
            "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n" + good + good);
  const auto loaded = Load();
  ASSERT_NE(loaded, nullptr) << error;
  EXPECT_EQ(loaded->ca_skipped(), 1);
}

TEST_F(CredentialsTest, DamagedPartOfTheDeviceChain_IsRefused) {
  WriteFile(device.path, ReadFile(device.path) +
                             "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
  EXPECT_EQ(Load(), nullptr);
  EXPECT_THAT(error, HasSubstr("part of the chain is damaged"));
}

TEST_F(CredentialsTest, EachLoad_HasItsOwnId) { EXPECT_NE(Load()->id(), Load()->id()); }

}  // namespace
}  // namespace fieldwork::posix
