// Decides who may use the data plane over mutual TLS, and what for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <boost/asio/ssl.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "cloud/http_api/client_certificate.h"
#include "cloud/http_api/testing/server_fixture.h"
#include "cloud/http_api/testing/test_pki.h"

namespace fieldwork::http_api {
namespace {

namespace asio = boost::asio;
using testing::Answer;
using ::testing::HasSubstr;
using testing::Request;
using testing::TestPki;
using TlsStream = asio::ssl::stream<asio::ip::tcp::socket>;

const std::string kAllowAll =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iotjobsdata:*",)"
    R"("Resource":"arn:aws:iot:us-east-1:000000000000:thing/t"}]})";

ClientCertificate ReadFile(const std::filesystem::path& path) {
  const std::unique_ptr<std::FILE, decltype(&std::fclose)> file(std::fopen(path.c_str(), "r"),
                                                                &std::fclose);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      PEM_read_X509(file.get(), nullptr, nullptr, nullptr), &X509_free);
  return ReadClientCertificate(*certificate);
}

class ServerTls : public testing::ServerFixture, public ::testing::Test {
 protected:
  using TlsClient = testing::Client<TlsStream>;

  void SetUp() override {
    ServerOptions options;
    options.tls = {pki.root_pem(), server_files.certificate_pem, server_files.key_pem};
    StartServer(options);
    store.Begin();
    AddThing("t");
    store.Commit();
  }

  /// Registers the device's certificate, with a policy if there is one.
  void Register(const std::string& policy,
                domain::CertificateStatus status = domain::CertificateStatus::kActive) {
    store.Begin();
    domain::Certificate certificate;
    certificate.id = ReadFile(device_files.certificate_pem).id;
    certificate.status = status;
    store.SaveCertificate(certificate);
    if (!policy.empty()) {
      AddPolicy("p", policy, context.names.CertificateArn(certificate.id));
    }
    store.Commit();
  }

  /// Empty: the server did not let it in.
  std::unique_ptr<TlsClient> ConnectWith(const std::optional<TestPki::Files>& files,
                                         int version_max = TLS1_3_VERSION) {
    client_context.emplace(asio::ssl::context::tls_client);
    SSL_CTX_set_max_proto_version(client_context->native_handle(), version_max);
    SSL_CTX_set_min_proto_version(client_context->native_handle(), TLS1_VERSION);
    SSL_CTX_set_security_level(client_context->native_handle(), 0);
    client_context->load_verify_file(pki.root_pem().string());
    client_context->set_verify_mode(asio::ssl::verify_peer);
    if (files) {
      client_context->use_certificate_chain_file(files->certificate_pem.string());
      client_context->use_private_key_file(files->key_pem.string(), asio::ssl::context::pem);
    }
    TlsStream stream(testing::Connect(*this), *client_context);
    if (!Await(Shake(stream))) return nullptr;
    return std::make_unique<TlsClient>(*this, std::move(stream));
  }
  Answer AskAsDevice(std::string_view text) {
    const auto client = ConnectWith(device_files);
    return client ? client->Ask(text) : Answer{};
  }

  static asio::awaitable<bool> Shake(TlsStream& stream) {
    boost::system::error_code error;
    co_await stream.async_handshake(asio::ssl::stream_base::client,
                                    asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
  }

  TestPki pki;
  TestPki::Files server_files = pki.Issue("server");
  TestPki::Files device_files = pki.Issue("device");
  std::optional<asio::ssl::context> client_context;
};

TEST_F(ServerTls, RegisteredAndAllowed_IsTheDataPlane) {
  Register(kAllowAll);
  const Answer answer = AskAsDevice(Request("GET /things/t/jobs"));
  EXPECT_EQ(answer.status, 200U) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr("queuedJobs"));
}

TEST_F(ServerTls, ScopeOfTheControlPlane_DoesNotLeadThere) {
  Register(kAllowAll);
  EXPECT_THAT(AskAsDevice(Request("GET /things/t/jobs", "", testing::Scope("iot"))).body,
              HasSubstr("queuedJobs"));
  const Answer answer = AskAsDevice(Request("DELETE /things/t"));
  EXPECT_EQ(answer.status, 404U);
  EXPECT_THAT(answer.message(), HasSubstr("DeleteThing of the control plane"));
  EXPECT_TRUE(store.HasThing("t"));
}

TEST_F(ServerTls, CertificateNotRegisteredOrNotActive_IsForbidden) {
  EXPECT_THAT(AskAsDevice(Request("GET /things/t/jobs")).message(), HasSubstr("not registered"));
  Register(kAllowAll, domain::CertificateStatus::kRevoked);
  const Answer answer = AskAsDevice(Request("GET /things/t/jobs"));
  EXPECT_EQ(answer.status, 403U);
  EXPECT_EQ(answer.error_type, "ForbiddenException");
  EXPECT_THAT(answer.message(), HasSubstr("not ACTIVE"));
}

TEST_F(ServerTls, Revocation_TakesEffectOnAnOpenConnection) {
  Register(kAllowAll);
  const auto client = ConnectWith(device_files);
  ASSERT_NE(client, nullptr);
  EXPECT_EQ(client->Ask(Request("GET /things/t/jobs")).status, 200U);
  Register("", domain::CertificateStatus::kInactive);
  EXPECT_EQ(client->Ask(Request("GET /things/t/jobs")).status, 403U);
}

TEST_F(ServerTls, PolicyThatDoesNotAllow_IsForbiddenAndNamesTheAction) {
  Register(kAllowAll);
  const Answer other = AskAsDevice(Request("PUT /things/other/jobs/$next", "{}"));
  EXPECT_EQ(other.status, 403U);
  EXPECT_THAT(other.message(), HasSubstr("iotjobsdata:StartNextPendingJobExecution on "
                                         "arn:aws:iot:us-east-1:000000000000:thing/other"));
}

TEST_F(ServerTls, NoPolicy_IsForbidden) {
  Register("");
  EXPECT_EQ(AskAsDevice(Request("GET /things/t/jobs")).status, 403U);
}

TEST_F(ServerTls, OlderActionName_AllowsToo) {
  Register(R"({"Version":"2012-10-17","Statement":{"Effect":"Allow",)"
           R"("Action":"iot:GetPendingJobExecutions","Resource":"*"}})");
  EXPECT_EQ(AskAsDevice(Request("GET /things/t/jobs")).status, 200U);
  EXPECT_EQ(AskAsDevice(Request("GET /things/t/jobs/$next")).status, 403U);
}

TEST_F(ServerTls, DenyOfOneName_OutweighsAllowOfTheOther) {
  Register(R"({"Version":"2012-10-17","Statement":[)"
           R"({"Effect":"Allow","Action":"iotjobsdata:*","Resource":"*"},)"
           R"({"Effect":"Deny","Action":"iot:GetPendingJobExecutions","Resource":"*"}]})");
  EXPECT_EQ(AskAsDevice(Request("GET /things/t/jobs")).status, 403U);
}

TEST_F(ServerTls, VariablesOfTheCertificate_HaveValuesAndThoseOfMqttHaveNone) {
  const std::string head =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iotjobsdata:*",)"
      R"("Resource":"arn:aws:iot:us-east-1:000000000000:thing/)";
  store.Begin();
  AddThing("device");
  store.Commit();
  Register(head + R"(${iot:Certificate.Subject.CommonName}"}]})");
  EXPECT_EQ(AskAsDevice(Request("GET /things/device/jobs")).status, 200U);
  EXPECT_EQ(AskAsDevice(Request("GET /things/t/jobs")).status, 403U);
  Register(head + R"(${iot:Connection.Thing.ThingName}"}]})");
  EXPECT_EQ(AskAsDevice(Request("GET /things/device/jobs")).status, 403U);
}

TEST_F(ServerTls, PoliciesOfTheThingsGroups_DoNotCountWithoutAClientId) {
  Register("");
  store.Begin();
  store.AttachToThing(ReadFile(device_files.certificate_pem).id, "t");
  AddGroup("g");
  AddMember("t", "g");
  AddPolicy("of-group", kAllowAll, GroupArn("g"));
  store.Commit();
  const Answer answer = AskAsDevice(Request("GET /things/t/jobs"));
  EXPECT_EQ(answer.status, 403U);
  EXPECT_THAT(answer.message(), HasSubstr("no policy attached to the client certificate"));
}

TEST_F(ServerTls, WithoutACertificateOfOurs_NothingIsAnswered) {
  // With TLS 1.3 the client learns of the refusal only when it reads.
  const auto none = ConnectWith(std::nullopt);
  EXPECT_TRUE(!none || none->Ask(Request("GET /things/t/jobs")).status == 0);
  const auto stranger = ConnectWith(pki.IssueSelfSigned("stranger"));
  EXPECT_TRUE(!stranger || stranger->Ask(Request("GET /things/t/jobs")).status == 0);
}

TEST_F(ServerTls, TlsVersions_AreTwelveAndThirteen) {
  Register(kAllowAll);
  const auto newer = ConnectWith(device_files, TLS1_2_VERSION);
  ASSERT_NE(newer, nullptr);
  EXPECT_EQ(newer->Ask(Request("GET /things/t/jobs")).status, 200U);
  EXPECT_EQ(ConnectWith(device_files, TLS1_1_VERSION), nullptr);
}

TEST_F(ServerTls, HandshakeThatDoesNotCome_IsGivenUp) {
  ServerOptions options;
  options.request_timeout = std::chrono::milliseconds{50};
  options.tls = {pki.root_pem(), server_files.certificate_pem, server_files.key_pem};
  StartServer(options);
  EXPECT_TRUE(testing::PlainClient(*this).IsClosed());
}

TEST_F(ServerTls, Reload_ServesTheNewCertificate) {
  Register(kAllowAll);
  const auto serial = [&](TlsClient& client) {
    const X509* peer = SSL_get0_peer_certificate(client.stream().native_handle());
    return ASN1_INTEGER_get(X509_get0_serialNumber(peer));
  };
  const auto before = ConnectWith(device_files);
  pki.Issue("server");
  server->ReloadTls();
  const auto after = ConnectWith(device_files);
  ASSERT_TRUE(before && after);
  EXPECT_NE(serial(*before), serial(*after));
  EXPECT_EQ(before->Ask(Request("GET /things/t/jobs")).status, 200U);
  std::filesystem::remove(server_files.key_pem);
  EXPECT_THROW(server->ReloadTls(), std::system_error);
  EXPECT_NE(ConnectWith(device_files), nullptr) << "the former ones go on";
}

TEST_F(ServerTls, Host_NeedNotBeLoopback) {
  ServerOptions options;
  options.host = "0.0.0.0";
  options.tls = {pki.root_pem(), server_files.certificate_pem, server_files.key_pem};
  EXPECT_NO_THROW(StartServer(options));
}

TEST(ReadClientCertificate, Fields_BecomeVariables) {
  TestPki pki;
  const ClientCertificate read = ReadFile(pki.Issue("device").certificate_pem);
  EXPECT_EQ(read.id.size(), 64U);
  const auto& variables = read.variables;
  EXPECT_EQ(variables.at("iot:CertificateId"), read.id);
  EXPECT_EQ(variables.at("iot:Certificate.Subject.CommonName"), "device");
  EXPECT_EQ(variables.at("iot:Certificate.Subject.Organization"), "Fieldwork");
  EXPECT_EQ(variables.at("iot:Certificate.Issuer.CommonName"), "root");
  EXPECT_EQ(variables.at("iot:Certificate.Subject.AlternativeName.DNSName"), "localhost");
  EXPECT_EQ(variables.at("iot:Certificate.Subject.AlternativeName.DNSName.1"), "other");
  EXPECT_EQ(variables.at("iot:Certificate.Subject.AlternativeName.IPAddress"), "127.0.0.1");
  EXPECT_EQ(variables.count("iot:Certificate.Subject.Country"), 0U);
}

}  // namespace
}  // namespace fieldwork::http_api
