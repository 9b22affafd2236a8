// Decides that a request is understood, or refused with a reason, before any rule sees it.
#include "cloud/http_api/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace fieldwork::http_api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

constexpr domain::Time kNow{};

HttpRequest Ask(std::string method, std::string target, NameValues headers = {},
                std::string body = "") {
  headers.emplace_back("host", "127.0.0.1:8080");
  return {std::move(method), std::move(target), std::move(headers), std::move(body), "127.0.0.1"};
}

Call Taken(const HttpRequest& request) {
  auto result = TakeIn({}, request, kNow);
  if (auto* call = std::get_if<Call>(&result)) return std::move(*call);
  ADD_FAILURE() << "refused: " << std::get<Reply>(result).body;
  return {};
}

Reply Refused(const HttpRequest& request, const IntakeOptions& options = {}) {
  auto result = TakeIn(options, request, kNow);
  if (auto* reply = std::get_if<Reply>(&result)) return std::move(*reply);
  ADD_FAILURE() << "taken in: " << std::get<Call>(result).request.operation;
  return {};
}

NameValues Scope(const std::string& service) {
  return {{"authorization",
           "AWS4-HMAC-SHA256 Credential=x/20240101/us-east-1/" + service + "/aws4_request"}};
}

TEST(TakeIn, EveryPartOfARequest_IsThere) {
  const Call call = Taken(Ask("PUT", "/things/a%3Ab/jobs/j/cancel?force=true&x=%20",
                              {{"x-amzn-principal", "p"}, {"x-twice", "1"}, {"x-twice", "2"}},
                              R"({"expectedVersion":1})"));
  ASSERT_NE(call.route, nullptr);
  EXPECT_EQ(call.request.operation, "CancelJobExecution");
  EXPECT_EQ(call.route->plane, Plane::kControl);
  EXPECT_THAT(call.request.labels, ElementsAre("a:b", "j"));
  EXPECT_THAT(call.request.query, ElementsAre(Pair("force", "true"), Pair("x", " ")));
  EXPECT_EQ(call.request.headers.at("x-amzn-principal"), "p");
  EXPECT_EQ(call.request.headers.at("x-twice"), "1,2");
  EXPECT_EQ(call.request.body.at("expectedVersion"), 1);
  EXPECT_EQ(call.request.certificate_id, "");
}

TEST(TakeIn, ClientCertificate_IsTheDataPlane) {
  ClientCertificate certificate{"abc", {}};
  HttpRequest request = Ask("GET", "/things/t/jobs", Scope("iot"));
  request.certificate = &certificate;
  const Call call = Taken(request);
  EXPECT_EQ(call.request.operation, "GetPendingJobExecutions");
  EXPECT_EQ(call.request.certificate_id, "abc");
}

TEST(TakeIn, HostOfJobs_IsTheDataPlaneWhenUnsigned) {
  HttpRequest request = Ask("GET", "/things/t/jobs");
  request.headers = {{"host", "abc.jobs.iot.us-east-1.amazonaws.com"}};
  EXPECT_EQ(Taken(request).request.operation, "GetPendingJobExecutions");
}

TEST(TakeIn, UnknownPath_SaysThatAwsHasNone) {
  const Reply reply = Refused(Ask("GET", "/nothing/here?X-Amz-Signature=0123456789"));
  EXPECT_EQ(reply.status, 404U);
  EXPECT_EQ(reply.error_type, "UnknownOperationException");
  EXPECT_THAT(reply.body, HasSubstr("GET /nothing/here"));
  EXPECT_THAT(reply.body, Not(HasSubstr("0123456789"))) << "a query may hold a signature";
}

TEST(TakeIn, OperationOfTheOtherPlane_IsPointedOut) {
  const Reply reply = Refused(Ask("PUT", "/things/t/jobs/$next", Scope("iot"), "{}"));
  EXPECT_EQ(reply.status, 404U);
  EXPECT_THAT(reply.body, HasSubstr("StartNextPendingJobExecution of the data plane"));
}

TEST(TakeIn, OperationWithoutAFunction_Is501WithItsName) {
  EXPECT_THAT(Refused(Ask("PUT", "/job-templates/x", {}, "not even JSON")).body,
              HasSubstr("CreateJobTemplate is not supported"));
  const Reply command = Refused(Ask("POST", "/command-executions", Scope("iot-jobs-data")));
  EXPECT_EQ(command.status, 501U);
  EXPECT_THAT(command.body, HasSubstr("StartCommandExecution"));
}

TEST(TakeIn, BadQuery_IsInvalid) {
  EXPECT_EQ(Refused(Ask("GET", "/jobs?a=%zz")).error_type, "InvalidRequestException");
  const Reply twice = Refused(Ask("GET", "/jobs?status=A&status=B"));
  EXPECT_EQ(twice.status, 400U);
  EXPECT_THAT(twice.body, HasSubstr("'status' twice"));
}

TEST(TakeIn, BadPath_IsInvalid) {
  EXPECT_EQ(Refused(Ask("GET", "/things/%FF")).status, 400U);
  EXPECT_EQ(Refused(Ask("GET", "things")).status, 400U);
}

TEST(TakeIn, BadBody_IsASerializationException) {
  const Reply reply = Refused(Ask("PUT", "/jobs/j", {}, "{"));
  EXPECT_EQ(reply.status, 400U);
  EXPECT_EQ(reply.error_type, "SerializationException");
}

TEST(TakeIn, PageOfAnotherSite_IsRefusedWithoutCredentials) {
  const Reply reply =
      Refused(Ask("POST", "/things/t", {{"origin", "http://elsewhere.example"}}, "{}"));
  EXPECT_EQ(reply.status, 403U);
  EXPECT_EQ(Refused(Ask("POST", "/things/t", {{"origin", "null"}}, "{}")).status, 403U);
  EXPECT_EQ(Taken(Ask("POST", "/things/t", {{"origin", "http://127.0.0.1:8080"}}, "{}"))
                .request.operation,
            "CreateThing");
}

TEST(TakeIn, Credentials_AreVerifiedBeforeAnythingIsTold) {
  const IntakeOptions options{{{"AKID", "secret"}}, "PEM"};
  EXPECT_EQ(Refused(Ask("GET", "/nothing"), options).status, 403U);
  EXPECT_EQ(Refused(Ask("GET", "/nothing", Scope("iot")), options).error_type,
            "IncompleteSignatureException");
}

TEST(TakeIn, RootCertificate_NeedsNoSignature) {
  const IntakeOptions options{{{"AKID", "secret"}}, "PEM"};
  const Reply reply = Refused(Ask("GET", "/AmazonRootCA1.pem"), options);
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.body, "PEM");
  EXPECT_EQ(Refused(Ask("HEAD", "/AmazonRootCA1.pem"), options).status, 200U);
  EXPECT_EQ(Refused(Ask("GET", "/AmazonRootCA1.pem")).status, 404U) << "there is none to serve";
}

TEST(TakeIn, TooManyRequestsOfDevices_AreThrottledWhateverTheySay) {
  domain::Throttle throttle(2);
  const IntakeOptions options{{}, "", &throttle};
  const auto type_of = [&](HttpRequest request, domain::Time now = kNow) {
    const auto result = TakeIn(options, request, now);
    const auto* reply = std::get_if<Reply>(&result);
    return reply == nullptr ? "" : reply->error_type;
  };
  const NameValues data = Scope("iot-jobs-data");
  EXPECT_EQ(type_of(Ask("GET", "/things/t/jobs", data)), "");
  EXPECT_EQ(type_of(Ask("PUT", "/things/t/jobs/$next", data, "{")), "SerializationException");
  const Reply reply = Refused(Ask("GET", "/things/t/jobs", data), options);
  EXPECT_EQ(reply.status, 429U);
  EXPECT_EQ(reply.error_type, "ThrottlingException");
  EXPECT_EQ(reply.body, R"({"message":"Rate exceeded."})");
  for (const char* target :
       {"/things/t/jobs/$next", "/things/t/jobs/j", "/things/t/jobs/j?a=%zz"}) {
    EXPECT_EQ(type_of(Ask("GET", target, data)), "ThrottlingException") << target;
  }
  EXPECT_EQ(type_of(Ask("POST", "/things/t/jobs/j", data, "{")), "ThrottlingException");
  EXPECT_EQ(type_of(Ask("GET", "/things/t/jobs", data), kNow + std::chrono::milliseconds(500)), "");
}

TEST(TakeIn, OtherRequests_DoNotCountAsDevices) {
  domain::Throttle throttle(1);
  const IntakeOptions options{{}, "", &throttle};
  const NameValues data = Scope("iot-jobs-data");
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(std::holds_alternative<Call>(TakeIn(options, Ask("GET", "/jobs"), kNow)));
    EXPECT_EQ(Refused(Ask("GET", "/nothing", data), options).status, 404U);
    EXPECT_EQ(Refused(Ask("POST", "/command-executions", data), options).status, 501U);
  }
  EXPECT_TRUE(
      std::holds_alternative<Call>(TakeIn(options, Ask("GET", "/things/t/jobs", data), kNow)));
}

TEST(TakeIn, RequestOfAStranger_DoesNotCountAsADevices) {
  domain::Throttle throttle(1);
  const IntakeOptions options{{{"AKID", "secret"}}, "", &throttle};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Refused(Ask("GET", "/things/t/jobs", Scope("iot-jobs-data")), options).status, 403U);
  }
  EXPECT_TRUE(throttle.Take(kNow));
}

TEST(TakeIn, OtherMethods_Are405) {
  const Reply reply = Refused(Ask("TRACE", "/things"));
  EXPECT_EQ(reply.status, 405U);
  EXPECT_THAT(reply.allow, HasSubstr("PATCH"));
}

}  // namespace
}  // namespace fieldwork::http_api
