// Decides that signatures of real clients are accepted, and nothing that differs from them.
//
// testdata/sigv4_vectors.json holds requests that botocore signed (make_sigv4_vectors.py beside
// it).
#include "cloud/http_api/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "cloud/http_api/api.h"

namespace fieldwork::http_api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Credentials = std::map<std::string, std::string>;

struct Vector {
  std::string name, method, path, query, body;
  NameValues headers;

  SignedRequest request() const { return {method, path, query, body, headers}; }
};

struct Vectors {
  Credentials credentials;
  domain::Time signed_at;
  std::vector<Vector> all;

  Vector Named(std::string_view name) const {
    for (const Vector& vector : all) {
      if (vector.name == name) return vector;
    }
    ADD_FAILURE() << "no vector " << name;
    return {};
  }
};

Vectors Load() {
  std::ifstream file(FIELDWORK_SOURCE_DIR "/cloud/http_api/testdata/sigv4_vectors.json");
  const Json json = Json::parse(file);
  Vectors vectors{{{json["access_key_id"], json["secret_key"]}},
                  domain::FromMillis(json["signed_at_seconds"].get<std::int64_t>() * 1000),
                  {}};
  for (const Json& entry : json["vectors"]) {
    const std::string text = entry["target"];
    const auto target = SplitTarget(text);
    Vector vector{entry["name"],
                  entry["method"],
                  std::string(target->path),
                  std::string(target->query),
                  entry["body"],
                  {}};
    for (const Json& header : entry["headers"]) {
      vector.headers.emplace_back(LowerCase(header[0].get<std::string>()), header[1]);
    }
    vectors.all.push_back(std::move(vector));
  }
  return vectors;
}

struct Outcome {
  std::string type;  // "" if it was accepted.
  std::string message;
  std::string service;
};

Outcome Verify(const Vector& vector, const Credentials& credentials, domain::Time now) {
  const auto result = VerifySignature(vector.request(), credentials, now);
  if (const auto* error = std::get_if<SignatureError>(&result)) {
    return {std::string(error->type), error->message, ""};
  }
  return {"", "", std::get<CredentialScope>(result).service};
}

std::string* Header(Vector& vector, std::string_view name) {
  for (auto& [key, value] : vector.headers) {
    if (key == name) return &value;
  }
  return nullptr;
}

void Replace(std::string& text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

class SigV4 : public ::testing::Test {
 protected:
  Outcome Check(const Vector& vector, std::chrono::seconds later = std::chrono::seconds{0}) const {
    return Verify(vector, vectors_.credentials, vectors_.signed_at + later);
  }

  const Vectors vectors_ = Load();
};

TEST_F(SigV4, WhatBotocoreSigned_IsAccepted) {
  ASSERT_GE(vectors_.all.size(), 21U);
  for (const Vector& vector : vectors_.all) {
    const Outcome outcome = Check(vector);
    EXPECT_EQ(outcome.type, "") << vector.name << ": " << outcome.message;
    const auto scope = ParseScope(vector.request());
    ASSERT_TRUE(scope) << vector.name;
    EXPECT_EQ(scope->service, outcome.service);
    EXPECT_EQ(scope->region, "us-east-1");
  }
}

TEST_F(SigV4, AnyChange_IsRefused) {
  for (Vector vector : vectors_.all) {
    Vector other_path = vector;
    other_path.path += "x";
    EXPECT_EQ(Check(other_path).type, "InvalidSignatureException") << vector.name;
    Vector other_query = vector;
    other_query.query += "&added=1";
    EXPECT_EQ(Check(other_query).type, "InvalidSignatureException") << vector.name;
    Vector other_body = vector;
    other_body.body += " ";
    EXPECT_EQ(Check(other_body).type, "InvalidSignatureException") << vector.name;
    Vector other_method = vector;
    other_method.method = "PATCH";
    EXPECT_EQ(Check(other_method).type, "InvalidSignatureException") << vector.name;
    Vector other_host = vector;
    *Header(other_host, "host") = "127.0.0.1:8081";
    EXPECT_EQ(Check(other_host).type, "InvalidSignatureException") << vector.name;
  }
}

TEST_F(SigV4, OtherSecret_IsRefusedWithoutShowingAnything) {
  const Vector vector = vectors_.Named("body");
  const Outcome outcome = Verify(vector, {{"AKIDEXAMPLE", "other"}}, vectors_.signed_at);
  EXPECT_EQ(outcome.type, "InvalidSignatureException");
  EXPECT_THAT(outcome.message, Not(HasSubstr("Signature=")));
  EXPECT_THAT(outcome.message, Not(HasSubstr("6ea4")));
}

TEST_F(SigV4, UnknownAccessKey_IsUnrecognized) {
  EXPECT_EQ(Verify(vectors_.Named("body"), {{"AKIDOTHER", "x"}}, vectors_.signed_at).type,
            "UnrecognizedClientException");
}

TEST_F(SigV4, SessionToken_IsRefusedClearly) {
  Vector vector = vectors_.Named("body");
  vector.headers.emplace_back("x-amz-security-token", "token");
  const Outcome outcome = Check(vector);
  EXPECT_EQ(outcome.type, "UnrecognizedClientException");
  EXPECT_THAT(outcome.message, HasSubstr("session"));
}

TEST_F(SigV4, Clock_MayBeFiveMinutesOff) {
  using std::chrono::seconds;
  const Vector vector = vectors_.Named("no body");
  EXPECT_EQ(Check(vector, seconds{300}).type, "");
  EXPECT_EQ(Check(vector, seconds{-300}).type, "");
  EXPECT_EQ(Check(vector, seconds{301}).type, "InvalidSignatureException");
  EXPECT_THAT(Check(vector, seconds{301}).message, HasSubstr("expired"));
  EXPECT_EQ(Check(vector, seconds{-301}).type, "InvalidSignatureException");
}

TEST_F(SigV4, Presigned_HoldsAsLongAsItSays) {
  using std::chrono::seconds;
  const Vector vector = vectors_.Named("presigned");
  EXPECT_EQ(Check(vector, seconds{60}).type, "");
  EXPECT_EQ(Check(vector, seconds{61}).type, "RequestExpired");
  EXPECT_EQ(Check(vector, seconds{-301}).type, "InvalidSignatureException");
  const Vector week = vectors_.Named("presigned for long");
  EXPECT_EQ(Check(week, seconds{604800}).type, "");
  EXPECT_EQ(Check(week, seconds{604801}).type, "RequestExpired");
}

TEST_F(SigV4, PresignedForMoreThanAWeek_IsRefused) {
  Vector vector = vectors_.Named("presigned for long");
  Replace(vector.query, "X-Amz-Expires=604800", "X-Amz-Expires=604801");
  const Outcome outcome = Check(vector);
  EXPECT_EQ(outcome.type, "IncompleteSignatureException");
  EXPECT_THAT(outcome.message, HasSubstr("X-Amz-Expires"));
}

TEST_F(SigV4, PresignedWithAPartMissing_NamesIt) {
  for (const std::string name : {"X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
                                 "X-Amz-SignedHeaders", "X-Amz-Signature"}) {
    Vector vector = vectors_.Named("presigned");
    Replace(vector.query, name + "=", "Z" + name + "=");
    const Outcome outcome = Check(vector);
    EXPECT_EQ(outcome.type, "IncompleteSignatureException") << name;
    EXPECT_THAT(outcome.message, HasSubstr(name));
  }
}

TEST_F(SigV4, Unsigned_IsMissing) {
  Vector vector = vectors_.Named("no body");
  Header(vector, "authorization")->clear();
  vector.headers = {{"host", "127.0.0.1:8080"}};
  EXPECT_EQ(Check(vector).type, "MissingAuthenticationTokenException");
  EXPECT_FALSE(ParseScope(vector.request()));
}

TEST_F(SigV4, HeaderWithAPartMissing_NamesIt) {
  for (const std::string name : {"Credential", "SignedHeaders", "Signature"}) {
    Vector vector = vectors_.Named("no body");
    Replace(*Header(vector, "authorization"), name + "=", "Z" + name + "=");
    const Outcome outcome = Check(vector);
    EXPECT_EQ(outcome.type, "IncompleteSignatureException") << name;
    EXPECT_THAT(outcome.message, HasSubstr("'" + name + "'"));
  }
}

TEST_F(SigV4, HeaderThatCannotBeRead_IsIncomplete) {
  for (const std::string text :
       {"", "Basic eDp5", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 ,,=,",
        "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=a/20260131/r/iot/other, SignedHeaders=host, Signature=0"}) {
    Vector vector = vectors_.Named("no body");
    *Header(vector, "authorization") = text;
    EXPECT_EQ(Check(vector).type, "IncompleteSignatureException") << text;
  }
}

TEST_F(SigV4, HostNotSigned_IsIncomplete) {
  Vector vector = vectors_.Named("no body");
  Replace(*Header(vector, "authorization"), "SignedHeaders=host;", "SignedHeaders=");
  EXPECT_THAT(Check(vector).message, HasSubstr("'host'"));
}

TEST_F(SigV4, DateOfAnotherDayInTheScope_IsIncomplete) {
  Vector vector = vectors_.Named("no body");
  Replace(*Header(vector, "authorization"), "/20260131/", "/20260130/");
  EXPECT_EQ(Check(vector).type, "IncompleteSignatureException");
}

TEST_F(SigV4, TimeThatIsNone_IsIncomplete) {
  for (const std::string text : {"", "20260131T235958", "20260231T000000Z", "20260131T246000Z",
                                 "2026013-T235958Z", "20260131 235958Z"}) {
    Vector vector = vectors_.Named("no body");
    *Header(vector, "x-amz-date") = text;
    EXPECT_EQ(Check(vector).type, "IncompleteSignatureException") << text;
  }
}

TEST_F(SigV4, HeaderWithAMeaningAddedLater_IsRefused) {
  Vector vector = vectors_.Named("no body");
  vector.headers.emplace_back("x-amzn-principal", "arn:aws:iot:us-east-1:000000000000:cert/cd");
  const Outcome outcome = Check(vector);
  EXPECT_EQ(outcome.type, "InvalidSignatureException");
  EXPECT_THAT(outcome.message, HasSubstr("x-amzn-principal"));
}

TEST_F(SigV4, ClaimedHashOfTheBody_MustBeTrue) {
  Vector vector = vectors_.Named("no body");
  vector.headers.emplace_back("x-amz-content-sha256", std::string(64, '0'));
  EXPECT_THAT(Check(vector).message, HasSubstr("x-amz-content-sha256"));
  *Header(vector, "x-amz-content-sha256") = "UNSIGNED-PAYLOAD";
  EXPECT_THAT(Check(vector).message, HasSubstr("must be signed"));
  *Header(vector, "x-amz-content-sha256") =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  EXPECT_EQ(Check(vector).type, "");
}

// The example of AWS General Reference, "Create a signed AWS API request".
TEST_F(SigV4, ExampleOfTheDocumentation_IsAccepted) {
  const NameValues headers = {
      {"content-type", "application/x-www-form-urlencoded; charset=utf-8"},
      {"host", "iam.amazonaws.com"},
      {"x-amz-date", "20150830T123600Z"},
      {"authorization",
       "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
       "SignedHeaders=content-type;host;x-amz-date, "
       "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"}};
  const SignedRequest request{"GET", "/", "Action=ListUsers&Version=2010-05-08", "", headers};
  const auto result =
      VerifySignature(request, vectors_.credentials, domain::FromMillis(1'440'938'160'000));
  ASSERT_TRUE(std::holds_alternative<CredentialScope>(result))
      << std::get<SignatureError>(result).message;
  EXPECT_EQ(std::get<CredentialScope>(result).service, "iam");
}

TEST(ParseScope, BareCredential_IsEnough) {
  const NameValues headers = {
      {"authorization",
       "AWS4-HMAC-SHA256 Credential=x/20260101/eu-west-1/iot-jobs-data/aws4_request"}};
  const auto scope = ParseScope({"GET", "/", "", "", headers});
  ASSERT_TRUE(scope);
  EXPECT_EQ(scope->service, "iot-jobs-data");
  EXPECT_EQ(scope->region, "eu-west-1");
}

}  // namespace
}  // namespace fieldwork::http_api
