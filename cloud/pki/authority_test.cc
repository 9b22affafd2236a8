// Decides that what the authority issues is good in the eyes of OpenSSL, and that it opens,
// completes or refuses its folder as it should.
#include "cloud/pki/authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "cloud/pki/certificates_test.h"
#include "cloud/pki/pem.h"

namespace fieldwork::pki {
namespace {

using domain::ErrorCode;
using std::chrono::days;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class AuthorityTest : public testing::Test {
 protected:
  std::filesystem::path File(const char* name) const { return folder_.path() / "pki" / name; }
  std::string Content(const char* name) const { return ContentOf(File(name)); }
  Authority Open(const std::vector<std::string>& names = {}, domain::Time now = kNow) const {
    return Authority(folder_.path() / "pki", names, now);
  }
  std::string OpenError() const {
    try {
      Open();
    } catch (const PkiError& error) {
      return error.what();
    }
    return "";
  }
  std::string Request(const std::string& key_arguments) const {
    return NewRequest(folder_.path(), NewKey(folder_.path(), key_arguments));
  }
  std::string SelfSigned(const std::string& key_arguments, const std::string& more = "") const {
    const std::string out = (folder_.path() / "self").string();
    Openssl("req -x509 -days 30 -subj /CN=self -key " + NewKey(folder_.path(), key_arguments) +
            " -out " + out + " " + more);
    return ContentOf(out);
  }

  TemporaryFolder folder_;
};

constexpr const char* kP256 = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";

TEST_F(AuthorityTest, FirstStart_MakesARootAndAServerThatOpensslTrusts) {
  const Authority authority = Open({"iot.example.org", "192.0.2.7"});
  const std::string root = Content("AmazonRootCA1.pem");
  EXPECT_EQ(Verdict(root, Content("server.pem"), X509_PURPOSE_SSL_SERVER, kNow), "ok");
  EXPECT_EQ(Verdict(root, Content("server.pem"), X509_PURPOSE_SSL_SERVER, kNow - days{1}), "ok");
  EXPECT_NE(Verdict(root, Content("server.pem"), X509_PURPOSE_SSL_CLIENT, kNow), "ok");
  EXPECT_EQ(SubjectOf(root), "CN=Fieldwork Local Root CA,O=Fieldwork");
  EXPECT_EQ(authority.root_pem(), File("AmazonRootCA1.pem"));
  const std::string command = "verify -attime " + std::to_string(domain::ToSeconds(kNow)) +
                              " -x509_strict -purpose sslserver -verify_hostname ";
  const std::string files =
      " -CAfile " + authority.root_pem().string() + " " + authority.server_pem().string();
  EXPECT_THAT(Openssl(command + "iot.example.org" + files), HasSubstr("server.pem: OK"));
  EXPECT_THAT(Openssl(command + "other.example.org" + files), HasSubstr("ostname mismatch"));
}

TEST_F(AuthorityTest, Keys_AreForTheirOwnerAlone) {
  const Authority authority = Open();
  for (const char* name : {"ca.key", "server.key"}) {
    struct stat status {};
    ASSERT_EQ(stat(File(name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600U) << name;
  }
}

TEST_F(AuthorityTest, OpenedAgain_NothingChanges) {
  Open({"a.example"});
  const std::string root = Content("AmazonRootCA1.pem");
  const std::string server = Content("server.pem");
  Authority again = Open({"a.example"}, kNow + days{30});
  EXPECT_FALSE(again.RenewServer(kNow + days{60}));
  EXPECT_EQ(Content("AmazonRootCA1.pem"), root);
  EXPECT_EQ(Content("server.pem"), server);
}

TEST_F(AuthorityTest, LessThanThirtyDaysLeft_RenewsTheServerUnderTheSameRoot) {
  Authority authority = Open();
  const std::string root = Content("AmazonRootCA1.pem");
  const std::string server = Content("server.pem");
  EXPECT_FALSE(authority.RenewServer(kNow + days{334}));
  EXPECT_EQ(Content("server.pem"), server);
  EXPECT_TRUE(authority.RenewServer(kNow + days{336}));
  EXPECT_NE(Content("server.pem"), server);
  EXPECT_EQ(Content("AmazonRootCA1.pem"), root);
  EXPECT_EQ(Verdict(root, Content("server.pem"), X509_PURPOSE_SSL_SERVER, kNow + days{600}), "ok");
  EXPECT_FALSE(authority.RenewServer(kNow + days{336}));
}

TEST_F(AuthorityTest, NameMissing_RenewsTheServer) {
  Open({"a.example"});
  Open({"a.example", "2001:db8::1"});
  const CertificatePtr server = CertificateOf(Content("server.pem"));
  EXPECT_EQ(X509_check_host(server.get(), "a.example", 0, 0, nullptr), 1);
  for (const char* address : {"2001:db8::1", "127.0.0.1", "::1"}) {
    EXPECT_EQ(X509_check_ip_asc(server.get(), address, 0), 1) << address;
  }
  EXPECT_EQ(X509_check_host(server.get(), "localhost", 0, 0, nullptr), 1);
}

TEST_F(AuthorityTest, ServerNameThatIsNone_IsRefused) {
  for (const char* name : {"", "a b", "x,DNS:evil.example", "a..b", "*.example"}) {
    EXPECT_THROW(Open({name}), PkiError) << name;
  }
}

TEST_F(AuthorityTest, CrashBetweenKeyAndCertificate_IsCompleted) {
  Open();
  const std::string key = Content("ca.key");
  std::filesystem::remove(File("AmazonRootCA1.pem"));
  std::filesystem::remove(File("server.pem"));
  Open();
  EXPECT_EQ(Content("ca.key"), key);
  EXPECT_EQ(
      Verdict(Content("AmazonRootCA1.pem"), Content("server.pem"), X509_PURPOSE_SSL_SERVER, kNow),
      "ok");
}

TEST_F(AuthorityTest, CrashBetweenNewServerKeyAndItsCertificate_IsCompleted) {
  Open();
  std::filesystem::copy(File("ca.key"), File("server.key"),
                        std::filesystem::copy_options::overwrite_existing);
  Open();
  const KeyPtr key = ParsePrivateKey(Content("server.key"));
  EXPECT_EQ(X509_check_private_key(CertificateOf(Content("server.pem")).get(), key.get()), 1);
}

TEST_F(AuthorityTest, RootKeyMissing_IsRefused) {
  Open();
  std::filesystem::remove(File("ca.key"));
  EXPECT_THAT(OpenError(), HasSubstr("ca.key is missing"));
}

TEST_F(AuthorityTest, RootOfAnotherKey_IsRefused) {
  Open();
  std::ofstream(File("AmazonRootCA1.pem")) << SelfSigned(kP256);
  EXPECT_THAT(OpenError(), HasSubstr("do not belong together"));
}

TEST_F(AuthorityTest, CorruptedRootFiles_AreRefusedWithoutTheirContent) {
  Open();
  const std::string pem = Content("AmazonRootCA1.pem");
  const std::string key = Content("ca.key");
  std::ofstream(File("AmazonRootCA1.pem")) << pem.substr(0, 200);
  EXPECT_THAT(OpenError(), HasSubstr("AmazonRootCA1.pem is not one certificate"));
  std::ofstream(File("AmazonRootCA1.pem")) << pem;
  std::ofstream(File("ca.key")) << key.substr(0, 100);
  const std::string error = OpenError();
  EXPECT_THAT(error, HasSubstr("ca.key is not a private key"));
  EXPECT_THAT(error, Not(HasSubstr(key.substr(40, 20))));
}

TEST_F(AuthorityTest, KeyThatOthersMayRead_IsRefused) {
  Open();
  for (const char* name : {"ca.key", "server.key"}) {
    chmod(File(name).c_str(), 0640);
    EXPECT_THAT(OpenError(), HasSubstr("others may read")) << name;
    chmod(File(name).c_str(), 0600);
  }
}

TEST_F(AuthorityTest, CreateKeysAndCertificate_IsAsAwsMakesThem) {
  Authority authority = Open();
  const domain::IssuedKeys issued = authority.CreateKeysAndCertificate(kNow);
  const std::string root = Content("AmazonRootCA1.pem");
  EXPECT_EQ(Verdict(root, issued.certificate.pem, X509_PURPOSE_SSL_CLIENT, kNow), "ok");
  EXPECT_NE(Verdict(root, issued.certificate.pem, X509_PURPOSE_SSL_SERVER, kNow), "ok");
  EXPECT_EQ(SubjectOf(issued.certificate.pem), "CN=AWS IoT Certificate");
  EXPECT_EQ(issued.certificate.not_after,
            domain::Time{std::chrono::seconds{2524607999}});  // 2049-12-31T23:59:59Z
  EXPECT_EQ(issued.certificate.not_before, kNow - days{1});
  EXPECT_THAT(issued.private_key_pem, HasSubstr("-----BEGIN RSA PRIVATE KEY-----"));
  EXPECT_THAT(issued.public_key_pem, HasSubstr("-----BEGIN PUBLIC KEY-----"));
  const KeyPtr key = ParsePrivateKey(issued.private_key_pem);
  EXPECT_EQ(EVP_PKEY_get_bits(key.get()), 2048);
  EXPECT_EQ(PublicKeyPem(*key), issued.public_key_pem);
  EXPECT_EQ(X509_check_private_key(CertificateOf(issued.certificate.pem).get(), key.get()), 1);
  std::ofstream(folder_.path() / "c.pem") << issued.certificate.pem;
  std::string print =
      Openssl("x509 -noout -fingerprint -sha256 -in " + (folder_.path() / "c.pem").string());
  std::erase(print, ':');
  for (char& c : print) c = static_cast<char>(std::tolower(c));
  EXPECT_THAT(print, HasSubstr(issued.certificate.id));
  EXPECT_THAT(issued.certificate.id, MatchesRegex("[0-9a-f]{64}"));
}

TEST_F(AuthorityTest, SeveralThreads_GetDifferentCertificates) {
  Authority authority = Open();
  std::vector<std::string> ids(4);
  std::vector<std::thread> threads;
  for (std::string& id : ids) {
    threads.emplace_back([&] { id = authority.CreateKeysAndCertificate(kNow).certificate.id; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
}

TEST_F(AuthorityTest, SignRequest_KeepsSubjectAndKey) {
  Authority authority = Open();
  for (const char* kind : {kP256, "-algorithm EC -pkeyopt ec_paramgen_curve:P-384",
                           "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"}) {
    const auto signed_one = authority.SignRequest(Request(kind), kNow);
    ASSERT_TRUE(signed_one.ok()) << kind << signed_one.error().message;
    const std::string& pem = signed_one.value().pem;
    EXPECT_EQ(SubjectOf(pem), "O=Acme,CN=thing-7");
    EXPECT_EQ(Verdict(Content("AmazonRootCA1.pem"), pem, X509_PURPOSE_SSL_CLIENT, kNow), "ok");
    const KeyPtr key = ParsePrivateKey(ContentOf(folder_.path() / "key"));
    EXPECT_EQ(X509_check_private_key(CertificateOf(pem).get(), key.get()), 1) << kind;
  }
}

TEST_F(AuthorityTest, SignRequest_WeakOrUnknownKeys_AreRefused) {
  Authority authority = Open();
  for (const char* kind : {"-algorithm RSA -pkeyopt rsa_keygen_bits:1024", "-algorithm ED25519",
                           "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1"}) {
    const std::string request = Request(kind);
    ASSERT_THAT(request, HasSubstr("CERTIFICATE REQUEST"));
    const auto refused = authority.SignRequest(request, kNow);
    ASSERT_FALSE(refused.ok()) << kind;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidRequest);
    EXPECT_THAT(refused.error().message, HasSubstr("key"));
  }
}

TEST_F(AuthorityTest, SignRequest_SignatureOfAnotherKey_IsRefused) {
  Authority authority = Open();
  const std::string pem = Request(kP256);
  const BioPtr bio(BIO_new_mem_buf(pem.data(), -1));
  const RequestPtr request(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  const KeyPtr other(EVP_EC_gen("P-256"));
  ASSERT_GT(X509_REQ_sign(request.get(), other.get(), EVP_sha256()), 0);
  const BioPtr out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_REQ(out.get(), request.get());
  const char* data = nullptr;
  const long bytes = BIO_get_mem_data(out.get(), &data);
  const auto refused =
      authority.SignRequest(std::string_view(data, static_cast<std::size_t>(bytes)), kNow);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("not signed with the key"));
}

TEST_F(AuthorityTest, SignRequest_WhatIsNoRequest_IsRefused) {
  Authority authority = Open();
  const std::string request = Request(kP256);
  for (const std::string& text : {std::string(), std::string("hello"), request + request,
                                  Content("server.pem"), request.substr(0, 100)}) {
    const auto refused = authority.SignRequest(text, kNow);
    ASSERT_FALSE(refused.ok()) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidRequest);
  }
}

TEST_F(AuthorityTest, Read_ForeignCertificate_TellsIdAndValidity) {
  Authority authority = Open();
  const std::string pem = SelfSigned(kP256);
  const auto read = authority.Read(pem, "");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read.value().pem, pem);
  EXPECT_EQ(read.value().not_after - read.value().not_before, days{30});
}

TEST_F(AuthorityTest, Read_WithItsCa_ChecksTheSignature) {
  Authority authority = Open();
  const std::string root = Content("AmazonRootCA1.pem");
  const std::string device = authority.SignRequest(Request(kP256), kNow).value().pem;
  EXPECT_TRUE(authority.Read(device, root).ok());
  EXPECT_FALSE(authority.Read(SelfSigned(kP256), root).ok());
  const auto by_no_ca = authority.Read(device, device);
  ASSERT_FALSE(by_no_ca.ok());
  EXPECT_EQ(by_no_ca.error().code, ErrorCode::kCertificateValidation);
  EXPECT_THAT(by_no_ca.error().message, HasSubstr("did not sign it"));
  EXPECT_THAT(authority.Read(device, "no CA").error().message, HasSubstr("caCertificatePem"));
}

TEST_F(AuthorityTest, Read_WeakKeyOrDigest_IsRefused) {
  Authority authority = Open();
  for (const std::string& pem : {SelfSigned("-algorithm RSA -pkeyopt rsa_keygen_bits:1024"),
                                 SelfSigned("-algorithm ED25519"), SelfSigned(kP256, "-sha1")}) {
    ASSERT_THAT(pem, HasSubstr("BEGIN CERTIFICATE"));
    const auto refused = authority.Read(pem, "");
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kCertificateValidation);
  }
}

}  // namespace
}  // namespace fieldwork::pki
