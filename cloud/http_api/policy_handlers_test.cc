// Policies, their versions, and what they are attached to.
#include <gtest/gtest.h>

#include "cloud/http_api/handlers.h"
#include "cloud/http_api/testing/api_fixture.h"

namespace fieldwork::http_api {
namespace {

using testing::At;
using testing::ErrorCode;
using testing::ExpectJson;
using testing::Query;

constexpr const char* kDocument =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]})";

struct PoliciesApi : testing::ApiFixture, ::testing::Test {
  PoliciesApi() {
    AddCertificate('a');
    AddGroup("g");
  }
  void Create(const std::string& name, std::int64_t seconds = 0) {
    Call(CreatePolicy, Ask({name}, {{"policyDocument", kDocument}}), At(seconds));
  }
  std::string NamesOf(const Json& reply) {
    std::string text;
    for (const Json& policy : reply["policies"])
      text += policy["policyName"].get<std::string>() + " ";
    return text;
  }
};

TEST_F(PoliciesApi, CreatePolicy_IsVersionOne) {
  const Json reply = Call(CreatePolicy, Ask({"p"}, {{"policyDocument", kDocument}}));
  EXPECT_EQ(reply, (Json{{"policyName", "p"},
                         {"policyArn", "arn:aws:iot:us-east-1:000000000000:policy/p"},
                         {"policyDocument", kDocument},
                         {"policyVersionId", "1"}}));
  const Json got = Call(GetPolicy, Ask({"p"}));
  EXPECT_EQ(got, (Json{{"policyName", "p"},
                       {"policyArn", "arn:aws:iot:us-east-1:000000000000:policy/p"},
                       {"policyDocument", kDocument},
                       {"defaultVersionId", "1"},
                       {"creationDate", 1704067200.0},
                       {"lastModifiedDate", 1704067200.0}}));
}

TEST_F(PoliciesApi, DocumentThatIsNoPolicy_IsMalformed) {
  for (const char* document : {"", "{}", "[]", "{", R"({"Version":"2012-10-17"})"}) {
    EXPECT_EQ(CodeOf(CreatePolicy, Ask({"p"}, {{"policyDocument", document}})),
              ErrorCode::kMalformedPolicy)
        << document;
  }
  Create("p");
  const domain::Error error = Refusal(CreatePolicyVersion, Ask({"p"}, {{"policyDocument", "{}"}}));
  EXPECT_EQ(error.code, ErrorCode::kMalformedPolicy);
  EXPECT_EQ(error.message, "The policy document is malformed: 'Version' is missing.");
  EXPECT_EQ(Invalid(CreatePolicy, Ask({"p"})), "policyDocument is required.");
  EXPECT_EQ(Invalid(CreatePolicy, Ask({"p"}, {{"policyDocument", Json::object()}})),
            "policyDocument must be a string.");
}

TEST_F(PoliciesApi, PolicyThatExists_IsNotMadeAgain) {
  Create("p");
  EXPECT_EQ(CodeOf(CreatePolicy, Ask({"p"}, {{"policyDocument", kDocument}})),
            ErrorCode::kAlreadyExists);
  EXPECT_EQ(Invalid(CreatePolicy, Ask({"a b"}, {{"policyDocument", kDocument}})),
            "policyName must be 1 to 128 characters long, of [a-zA-Z0-9_+=,.@-].");
}

TEST_F(PoliciesApi, Versions_AreListedNewestFirst) {
  Create("p");
  const Json second =
      Call(CreatePolicyVersion,
           Ask({"p"}, {{"policyDocument", kDocument}}, {{"setAsDefault", "true"}}), At(5));
  EXPECT_EQ(second, (Json{{"policyArn", "arn:aws:iot:us-east-1:000000000000:policy/p"},
                          {"policyDocument", kDocument},
                          {"policyVersionId", "2"},
                          {"isDefaultVersion", true}}));
  ExpectJson(Call(ListPolicyVersions, Ask({"p"})), R"({"policyVersions": [
    {"versionId": "2", "isDefaultVersion": true, "createDate": 1704067205.0},
    {"versionId": "1", "isDefaultVersion": false, "createDate": 1704067200.0}]})");
  EXPECT_EQ(Call(GetPolicy, Ask({"p"}))["lastModifiedDate"], 1704067205.0);
}

TEST_F(PoliciesApi, Version_CanBeReadMadeDefaultAndDeleted) {
  Create("p");
  Call(CreatePolicyVersion, Ask({"p"}, {{"policyDocument", kDocument}}), At(5));
  EXPECT_EQ(Call(GetPolicyVersion, Ask({"p", "2"})),
            (Json{{"policyArn", "arn:aws:iot:us-east-1:000000000000:policy/p"},
                  {"policyName", "p"},
                  {"policyDocument", kDocument},
                  {"policyVersionId", "2"},
                  {"isDefaultVersion", false},
                  {"creationDate", 1704067205.0},
                  {"lastModifiedDate", 1704067205.0}}));
  EXPECT_EQ(CodeOf(DeletePolicyVersion, Ask({"p", "1"})), ErrorCode::kDeleteConflict);
  ExpectJson(Call(SetDefaultPolicyVersion, Ask({"p", "2"})), "{}");
  ExpectJson(Call(DeletePolicyVersion, Ask({"p", "1"})), "{}");
  EXPECT_EQ(Call(GetPolicy, Ask({"p"}))["defaultVersionId"], "2");
}

TEST_F(PoliciesApi, VersionThatIsNotThere_IsNotFound) {
  Create("p");
  for (const Handler handler : {GetPolicyVersion, SetDefaultPolicyVersion, DeletePolicyVersion}) {
    EXPECT_EQ(CodeOf(handler, Ask({"p", "7"})), ErrorCode::kNotFound);
    EXPECT_EQ(CodeOf(handler, Ask({"nobody", "1"})), ErrorCode::kNotFound);
    EXPECT_EQ(Invalid(handler, Ask({"p", "one"})),
              "policyVersionId must be 1 to 18 characters long, of [0-9].");
  }
}

TEST_F(PoliciesApi, UnknownPolicy_IsNotFound) {
  for (const Handler handler :
       {GetPolicy, DeletePolicy, ListPolicyVersions, ListTargetsForPolicy}) {
    EXPECT_EQ(CodeOf(handler, Ask({"nobody"})), ErrorCode::kNotFound);
  }
  EXPECT_EQ(CodeOf(AttachPolicy, Ask({"nobody"}, {{"target", CertificateArn('a')}})),
            ErrorCode::kNotFound);
}

TEST_F(PoliciesApi, DeletePolicy_WaitsForItsTargets) {
  Create("p");
  Call(AttachPolicy, Ask({"p"}, {{"target", CertificateArn('a')}}));
  EXPECT_EQ(CodeOf(DeletePolicy, Ask({"p"})), ErrorCode::kDeleteConflict);
  Call(DetachPolicy, Ask({"p"}, {{"target", CertificateArn('a')}}));
  ExpectJson(Call(DeletePolicy, Ask({"p"})), "{}");
}

TEST_F(PoliciesApi, ListPolicies_IsInTheOrderAskedFor) {
  Create("x", 0);
  Create("y", 1);
  ExpectJson(Call(ListPolicies,
                  Ask({}, Json::object(), {{"isAscendingOrder", "true"}, {"pageSize", "250"}})),
             R"({"policies": [
    {"policyName": "x", "policyArn": "arn:aws:iot:us-east-1:000000000000:policy/x"},
    {"policyName": "y", "policyArn": "arn:aws:iot:us-east-1:000000000000:policy/y"}]})");
  EXPECT_EQ(NamesOf(Call(ListPolicies, Ask({}))), "y x ");
  const Json first = Call(ListPolicies, Ask({}, Json::object(), {{"pageSize", "1"}}));
  const Query next = {{"marker", first.at("nextMarker").get<std::string>()}};
  EXPECT_EQ(NamesOf(Call(ListPolicies, Ask({}, Json::object(), next))), "x ");
}

TEST_F(PoliciesApi, Targets_AreCertificatesAndGroups) {
  Create("p");
  ExpectJson(Call(AttachPolicy, Ask({"p"}, {{"target", CertificateArn('a')}})), "{}");
  ExpectJson(Call(AttachPolicy, Ask({"p"}, {{"target", GroupArn("g")}})), "{}");
  EXPECT_EQ(Call(ListTargetsForPolicy, Ask({"p"}))["targets"].size(), 2U);
  EXPECT_EQ(NamesOf(Call(ListAttachedPolicies, Ask({CertificateArn('a')}))), "p ");
  AddGroup("h", "g");
  EXPECT_EQ(NamesOf(Call(ListAttachedPolicies, Ask({GroupArn("h")}))), "");
  EXPECT_EQ(NamesOf(Call(ListAttachedPolicies,
                         Ask({GroupArn("h")}, Json::object(), {{"recursive", "true"}}))),
            "p ");
}

TEST_F(PoliciesApi, TargetThatIsNone_IsRefused) {
  Create("p");
  for (const Handler handler : {AttachPolicy, DetachPolicy}) {
    EXPECT_EQ(Invalid(handler, Ask({"p"})), "target is required.");
    EXPECT_EQ(Invalid(handler, Ask({"p"}, {{"target", "a b"}})),
              "target must be 1 to 2048 characters long, of printable characters without spaces.");
  }
  EXPECT_EQ(CodeOf(AttachPolicy, Ask({"p"}, {{"target", ThingArn("t")}})),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(CodeOf(ListAttachedPolicies, Ask({"arn"})), ErrorCode::kInvalidRequest);
}

TEST_F(PoliciesApi, PrincipalPolicies_AreTheOlderNameOfTheSame) {
  const auto with = [this](ApiRequest request) {
    request.headers["x-amzn-iot-principal"] = CertificateArn('a');
    return request;
  };
  Create("x", 0);
  Create("y", 1);
  ExpectJson(Call(AttachPrincipalPolicy, with(Ask({"x"}))), "{}");
  Call(AttachPrincipalPolicy, with(Ask({"y"})));
  EXPECT_EQ(NamesOf(Call(ListPrincipalPolicies, with(Ask({})))), "y x ");
  EXPECT_EQ(NamesOf(Call(ListPrincipalPolicies,
                         with(Ask({}, Json::object(), {{"isAscendingOrder", "true"}})))),
            "x y ");
  const Json first =
      Call(ListPrincipalPolicies, with(Ask({}, Json::object(), {{"pageSize", "1"}})));
  const Query next = {{"marker", first.at("nextMarker").get<std::string>()}};
  EXPECT_EQ(NamesOf(Call(ListPrincipalPolicies, with(Ask({}, Json::object(), next)))), "x ");
  ExpectJson(Call(DetachPrincipalPolicy, with(Ask({"x"}))), "{}");
  EXPECT_EQ(NamesOf(Call(ListAttachedPolicies, Ask({CertificateArn('a')}))), "y ");
}

TEST_F(PoliciesApi, PrincipalThatIsNoCertificate_IsRefused) {
  Create("p");
  for (const Handler handler :
       {AttachPrincipalPolicy, DetachPrincipalPolicy, ListPrincipalPolicies}) {
    EXPECT_EQ(Invalid(handler, Ask({"p"})), "the header x-amzn-iot-principal is required.");
    EXPECT_EQ(Invalid(handler, AskWithHeader({"p"}, "x-amzn-iot-principal", GroupArn("g"))),
              "x-amzn-iot-principal must be the ARN of a certificate of this account and region.");
  }
}

}  // namespace
}  // namespace fieldwork::http_api
