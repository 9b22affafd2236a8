// Certificates: who may be registered, in which status, for which thing.
#include <gtest/gtest.h>

#include "cloud/http_api/handlers.h"
#include "cloud/http_api/testing/api_fixture.h"

namespace fieldwork::http_api {
namespace {

using std::chrono::milliseconds;
using testing::At;
using testing::ErrorCode;
using testing::ExpectJson;
using testing::PemOf;
using testing::Query;

const std::string kA(64, 'a');
const std::string kArnA = "arn:aws:iot:us-east-1:000000000000:cert/" + kA;

struct CertificatesApi : testing::ApiFixture, ::testing::Test {
  std::string StatusOf(char seed) {
    const Json reply = Call(DescribeCertificate, Ask({std::string(64, seed)}));
    return reply["certificateDescription"]["status"].get<std::string>();
  }
};

TEST_F(CertificatesApi, CreateKeys_HandsOutTheKeysOnce) {
  ApiRequest request = Ask({}, Json::object(), {{"setAsActive", "true"}});
  request.issued = authority.CreateKeysAndCertificate(At(0));
  ExpectJson(Call(CreateKeysAndCertificate, request), R"({
    "certificateArn": ")" + kArnA + R"(", "certificateId": ")" +
                                                          kA + R"(",
    "certificatePem": "-----BEGIN CERTIFICATE-----\na by 0\n-----END CERTIFICATE-----\n",
    "keyPair": {"PublicKey": "public key", "PrivateKey": "private key"}})");
  EXPECT_EQ(StatusOf('a'), "ACTIVE");
  EXPECT_EQ(store.FindCertificate(kA)->pem.find("private"), std::string::npos);
}

TEST_F(CertificatesApi, CreateKeys_IsInactiveUnlessAsked) {
  ApiRequest request = Ask({});
  request.issued = authority.CreateKeysAndCertificate(At(0));
  Call(CreateKeysAndCertificate, request);
  EXPECT_EQ(StatusOf('a'), "INACTIVE");
  request.query["setAsActive"] = "yes";
  EXPECT_EQ(Invalid(CreateKeysAndCertificate, request), "setAsActive must be true or false.");
}

TEST_F(CertificatesApi, SigningRequest_BecomesACertificate) {
  ExpectJson(Call(CreateCertificateFromCsr,
                  Ask({}, {{"certificateSigningRequest", "csr b"}}, {{"setAsActive", "true"}})),
             R"({"certificateArn": ")" + context.names.CertificateArn(std::string(64, 'b')) +
                 R"(", "certificateId": ")" + std::string(64, 'b') +
                 R"(", "certificatePem":
                 "-----BEGIN CERTIFICATE-----\nb by 0\n-----END CERTIFICATE-----\n"})");
  EXPECT_EQ(StatusOf('b'), "ACTIVE");
}

TEST_F(CertificatesApi, SigningRequest_ThatIsNoneIsRefused) {
  const std::pair<Json, const char*> kRefused[] = {
      {Json::object(), "certificateSigningRequest is required."},
      {{{"certificateSigningRequest", std::string(4097, 'x')}},
       "certificateSigningRequest must be 1 to 4096 characters long."},
      {{{"certificateSigningRequest", "x"}}, "It is not a CSR."},
  };
  for (const auto& [body, message] : kRefused) {
    EXPECT_EQ(Invalid(CreateCertificateFromCsr, Ask({}, body)), message);
  }
}

TEST_F(CertificatesApi, Register_TakesWhatTheRootSigned) {
  ExpectJson(Call(RegisterCertificate, Ask({}, {{"certificatePem", PemOf('a', "0")},
                                                {"caCertificatePem", PemOf('0', "0")},
                                                {"status", "ACTIVE"}})),
             R"({"certificateArn": ")" + kArnA + R"(", "certificateId": ")" + kA + R"("})");
  EXPECT_EQ(StatusOf('a'), "ACTIVE");
  Call(RegisterCertificate,
       Ask({}, {{"certificatePem", PemOf('b', "0")}}, {{"setAsActive", "true"}}));
  EXPECT_EQ(StatusOf('b'), "ACTIVE");
  Call(RegisterCertificate, Ask({}, {{"certificatePem", PemOf('c', "0")}, {"status", "REVOKED"}},
                                {{"setAsActive", "true"}}));
  EXPECT_EQ(StatusOf('c'), "REVOKED");
  Call(RegisterCertificate, Ask({}, {{"certificatePem", PemOf('d', "0")}}));
  EXPECT_EQ(StatusOf('d'), "INACTIVE");
}

TEST_F(CertificatesApi, Register_RefusesOtherCasAndWhatIsThere) {
  const auto code = [this](Json body) {
    return CodeOf(RegisterCertificate, Ask({}, std::move(body)));
  };
  const domain::Error foreign =
      Refusal(RegisterCertificate, Ask({}, {{"certificatePem", PemOf('a', "9")}}));
  EXPECT_EQ(foreign.code, ErrorCode::kCertificateValidation);
  EXPECT_EQ(foreign.message,
            "certificatePem is not signed by a CA of this service, and none can be registered: use "
            "RegisterCertificateWithoutCA.");
  const domain::Error broken = Refusal(RegisterCertificate, Ask({}, {{"certificatePem", "x"}}));
  EXPECT_EQ(broken.code, ErrorCode::kCertificateValidation);
  EXPECT_EQ(broken.message.find("RegisterCertificateWithoutCA"), std::string::npos);
  EXPECT_EQ(code({{"certificatePem", PemOf('a', "9")}, {"caCertificatePem", PemOf('9', "9")}}),
            ErrorCode::kCertificateValidation);
  const domain::Error other_ca = Refusal(
      RegisterCertificate,
      Ask({}, {{"certificatePem", PemOf('a', "0")}, {"caCertificatePem", PemOf('9', "9")}}));
  EXPECT_EQ(other_ca.code, ErrorCode::kCertificateValidation);
  EXPECT_NE(other_ca.message.find("RegisterCertificateWithoutCA"), std::string::npos);
  Call(RegisterCertificate, Ask({}, {{"certificatePem", PemOf('a', "0")}}));
  EXPECT_EQ(code({{"certificatePem", PemOf('a', "0")}}), ErrorCode::kAlreadyExists);
}

TEST_F(CertificatesApi, ServiceWithoutARoot_RegistersNothingOfACa) {
  Api rootless = api;
  rootless.root_pem.clear();
  const auto result =
      RegisterCertificate(rootless, Ask({}, {{"certificatePem", PemOf('a', "9")}}), At(0));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kCertificateValidation);
}

TEST_F(CertificatesApi, Register_RefusesStatusesOfAws) {
  for (const Handler handler : {RegisterCertificate, RegisterCertificateWithoutCA}) {
    const auto with = [&](const char* status) {
      return Ask({}, {{"certificatePem", PemOf('a', "0")}, {"status", status}});
    };
    EXPECT_EQ(CodeOf(handler, with("PENDING_ACTIVATION")), ErrorCode::kCertificateState);
    EXPECT_EQ(CodeOf(handler, with("REGISTER_INACTIVE")), ErrorCode::kCertificateState);
    EXPECT_EQ(Invalid(handler, with("active")), "status cannot be 'active'.");
    EXPECT_EQ(Invalid(handler, Ask({})), "certificatePem is required.");
  }
}

TEST_F(CertificatesApi, RegisterWithoutCa_TakesAnyIssuerAndSaysSo) {
  ExpectJson(Call(RegisterCertificateWithoutCA,
                  Ask({}, {{"certificatePem", PemOf('a', "9")}, {"status", "ACTIVE"}}),
                  At(3) + milliseconds(5)),
             R"({"certificateArn": ")" + kArnA + R"(", "certificateId": ")" + kA + R"("})");
  ExpectJson(Call(DescribeCertificate, Ask({kA})), R"({"certificateDescription": {
    "certificateArn": ")" + kArnA + R"(", "certificateId": ")" +
                                                       kA + R"(", "status": "ACTIVE",
    "certificatePem": "-----BEGIN CERTIFICATE-----\na by 9\n-----END CERTIFICATE-----\n",
    "ownedBy": "000000000000", "creationDate": 1704067203.005, "lastModifiedDate": 1704067203.005,
    "customerVersion": 1, "transferData": {},
    "validity": {"notBefore": 1704067200.0, "notAfter": 1704153600.0},
    "certificateMode": "SNI_ONLY"}})");
}

TEST_F(CertificatesApi, Describe_TakesUpperCaseAndRefusesOtherIds) {
  AddCertificate('a');
  const Json reply = Call(DescribeCertificate, Ask({std::string(64, 'A')}));
  EXPECT_EQ(reply["certificateDescription"]["certificateId"], kA);
  EXPECT_EQ(reply["certificateDescription"]["certificateMode"], "DEFAULT");
  EXPECT_EQ(CodeOf(DescribeCertificate, Ask({std::string(64, 'b')})), ErrorCode::kNotFound);
  EXPECT_EQ(Invalid(DescribeCertificate, Ask({"abc"})),
            "certificateId must be 64 characters long, of [a-fA-F0-9].");
}

TEST_F(CertificatesApi, Update_SetsTheThreeStatusesOnly) {
  AddCertificate('a');
  const auto with = [this](Query query) { return Ask({kA}, Json::object(), std::move(query)); };
  for (const char* status : {"INACTIVE", "ACTIVE", "REVOKED"}) {
    ExpectJson(Call(UpdateCertificate, with({{"newStatus", status}}), At(1)), "{}");
    EXPECT_EQ(StatusOf('a'), status);
  }
  EXPECT_EQ(CodeOf(UpdateCertificate, with({{"newStatus", "PENDING_TRANSFER"}})),
            ErrorCode::kCertificateState);
  EXPECT_EQ(Invalid(UpdateCertificate, with({{"newStatus", "GONE"}})),
            "newStatus cannot be 'GONE'.");
  EXPECT_EQ(Invalid(UpdateCertificate, with({})), "newStatus is required.");
}

TEST_F(CertificatesApi, Delete_NeedsAnInactiveOneWithoutPolicies) {
  AddCertificate('a');
  AddPolicy("p", "{}", kArnA);
  EXPECT_EQ(CodeOf(DeleteCertificate, Ask({kA})), ErrorCode::kCertificateState);
  Call(UpdateCertificate, Ask({kA}, Json::object(), {{"newStatus", "INACTIVE"}}));
  EXPECT_EQ(CodeOf(DeleteCertificate, Ask({kA})), ErrorCode::kDeleteConflict);
  ExpectJson(Call(DeleteCertificate, Ask({kA}, Json::object(), {{"forceDelete", "true"}})), "{}");
  EXPECT_EQ(CodeOf(DeleteCertificate, Ask({kA})), ErrorCode::kNotFound);
}

TEST_F(CertificatesApi, List_IsInTheOrderAskedFor) {
  AddCertificate('a');
  AddCertificate('b');
  const Json ascending =
      Call(ListCertificates, Ask({}, Json::object(), {{"isAscendingOrder", "true"}}));
  ASSERT_EQ(ascending["certificates"].size(), 2U);
  ExpectJson(ascending["certificates"][0], R"({
    "certificateArn": ")" + kArnA + R"(", "certificateId": ")" +
                                               kA + R"(", "status": "ACTIVE",
    "certificateMode": "DEFAULT", "creationDate": 1704067200.0})");
  const Json descending = Call(ListCertificates, Ask({}));
  EXPECT_EQ(descending["certificates"][0]["certificateId"], std::string(64, 'b'));
}

TEST_F(CertificatesApi, List_Has25OnAPageUnlessAsked) {
  for (int i = 0; i < 26; ++i) {
    domain::Certificate certificate;
    certificate.id = std::string(62, '0') + std::to_string(10 + i);
    store.SaveCertificate(certificate);
  }
  const Json first = Call(ListCertificates, Ask({}));
  EXPECT_EQ(first["certificates"].size(), 25U);
  const Query next = {{"marker", first.at("nextMarker").get<std::string>()}};
  const Json second = Call(ListCertificates, Ask({}, Json::object(), next));
  EXPECT_EQ(second["certificates"].size(), 1U);
  EXPECT_FALSE(second.contains("nextMarker"));
  EXPECT_EQ(Invalid(ListCertificates, Ask({}, Json::object(), {{"pageSize", "251"}})),
            "pageSize must be an integer from 1 to 250.");
}

TEST_F(CertificatesApi, Principals_AreAttachedByHeader) {
  AddThing("t");
  AddCertificate('a');
  const auto with = [](ApiRequest request) {
    request.headers["x-amzn-principal"] = kArnA;
    return request;
  };
  ExpectJson(Call(AttachThingPrincipal, with(Ask({"t"}))), "{}");
  ExpectJson(Call(ListThingPrincipals, Ask({"t"})), R"({"principals": [")" + kArnA + R"("]})");
  ExpectJson(Call(ListPrincipalThings, with(Ask({}))), R"({"things": ["t"]})");
  ExpectJson(Call(DetachThingPrincipal, with(Ask({"t"}))), "{}");
  ExpectJson(Call(ListThingPrincipals, Ask({"t"})), R"({"principals": []})");
}

TEST_F(CertificatesApi, Principals_ThatAreNoneAreRefused) {
  AddThing("t");
  AddCertificate('a');
  for (const Handler handler : {AttachThingPrincipal, DetachThingPrincipal, ListPrincipalThings}) {
    EXPECT_EQ(Invalid(handler, Ask({"t"})), "the header x-amzn-principal is required.");
  }
  EXPECT_EQ(CodeOf(AttachThingPrincipal, AskWithHeader({"t"}, "x-amzn-principal", ThingArn("t"))),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(
      CodeOf(AttachThingPrincipal, AskWithHeader({"t"}, "x-amzn-principal", CertificateArn('b'))),
      ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(AttachThingPrincipal, AskWithHeader({"nobody"}, "x-amzn-principal", kArnA)),
            ErrorCode::kNotFound);
  const Query exclusive = {{"thingPrincipalType", "EXCLUSIVE_THING"}};
  EXPECT_EQ(
      Invalid(AttachThingPrincipal, AskWithHeader({"t"}, "x-amzn-principal", kArnA, exclusive)),
      "thingPrincipalType can only be NON_EXCLUSIVE_THING here: leave it out.");
  EXPECT_EQ(CodeOf(ListThingPrincipals, Ask({"nobody"})), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace fieldwork::http_api
