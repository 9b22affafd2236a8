// Decides that every error of the rules has a name and a status that the API models know.
#include "cloud/http_api/errors.h"

#include <gtest/gtest.h>

#include "cloud/http_api/plane.h"

namespace fieldwork::http_api {
namespace {

using domain::Error;
using domain::ErrorCode;

struct Row {
  ErrorCode code;
  const char* control_type;
  unsigned control_status;
  const char* data_type;
  unsigned data_status;
};

// Written out a second time, from the models, so that a slip in the table does not go unseen.
constexpr Row kRows[] = {
    {ErrorCode::kInvalidRequest, "InvalidRequestException", 400, "InvalidRequestException", 400},
    {ErrorCode::kNotFound, "ResourceNotFoundException", 404, "ResourceNotFoundException", 404},
    {ErrorCode::kLimitExceeded, "LimitExceededException", 410, "LimitExceededException", 410},
    {ErrorCode::kInvalidStateTransition, "InvalidStateTransitionException", 409,
     "InvalidStateTransitionException", 409},
    {ErrorCode::kVersionMismatch, "VersionConflictException", 409,
     "InvalidStateTransitionException", 409},
    {ErrorCode::kVersionConflict, "VersionConflictException", 409,
     "InvalidStateTransitionException", 409},
    {ErrorCode::kTerminalState, "InvalidStateTransitionException", 409, "TerminalStateException",
     410},
    {ErrorCode::kCertificateValidation, "CertificateValidationException", 400,
     "CertificateValidationException", 400},
};

TEST(ErrorReply, EachCode_HasTheModelsNameAndStatus) {
  for (const Row& row : kRows) {
    const Reply control = ErrorReply(Plane::kControl, {row.code, "why"});
    EXPECT_EQ(control.error_type, row.control_type);
    EXPECT_EQ(control.status, row.control_status) << row.control_type;
    const Reply data = ErrorReply(Plane::kJobsData, {row.code, "why"});
    EXPECT_EQ(data.error_type, row.data_type);
    EXPECT_EQ(data.status, row.data_status) << row.data_type;
    EXPECT_EQ(data.body, R"({"message":"why"})");
  }
}

TEST(ErrorReply, CodesOfTheControlPlaneOnly_HaveTheirStatus) {
  const auto status = [](ErrorCode code) {
    const Reply reply = ErrorReply(Plane::kControl, {code, "why"});
    return reply.error_type + " " + std::to_string(reply.status);
  };
  EXPECT_EQ(status(ErrorCode::kConflict), "ConflictException 409");
  EXPECT_EQ(status(ErrorCode::kDeleteConflict), "DeleteConflictException 409");
  EXPECT_EQ(status(ErrorCode::kVersionsLimitExceeded), "VersionsLimitExceededException 409");
  EXPECT_EQ(status(ErrorCode::kCertificateState), "CertificateStateException 406");
  EXPECT_EQ(status(ErrorCode::kCertificateConflict), "CertificateConflictException 409");
  EXPECT_EQ(status(ErrorCode::kMalformedPolicy), "MalformedPolicyException 400");
  EXPECT_EQ(status(ErrorCode::kUnauthorized), "UnauthorizedException 401");
}

TEST(ErrorReply, AlreadyExists_NamesTheResource) {
  const Error error{ErrorCode::kAlreadyExists, "why", "id", "arn"};
  const Reply reply = ErrorReply(Plane::kControl, error);
  EXPECT_EQ(reply.status, 409U);
  EXPECT_EQ(reply.error_type, "ResourceAlreadyExistsException");
  EXPECT_EQ(reply.body, R"({"message":"why","resourceId":"id","resourceArn":"arn"})");
}

TEST(ErrorReply, TextThatIsNotUtf8_StillIsJson) {
  const Reply reply = ErrorReply(Plane::kControl, domain::InvalidRequest("a\xFF"));
  EXPECT_TRUE(Json::accept(reply.body));
}

TEST(ThrottlingReply, Planes_HaveDifferentStatus) {
  EXPECT_EQ(ThrottlingReply(Plane::kControl, "x").status, 400U);
  EXPECT_EQ(ThrottlingReply(Plane::kJobsData, "x").status, 429U);
}

TEST(DecidePlane, ScopeDecides_WhateverTheHost) {
  EXPECT_EQ(DecidePlane("iot", "a.jobs.iot.us-east-1.amazonaws.com"), Plane::kControl);
  EXPECT_EQ(DecidePlane("execute-api", "127.0.0.1"), Plane::kControl);
  EXPECT_EQ(DecidePlane("iotdata", "127.0.0.1"), Plane::kControl);
  EXPECT_EQ(DecidePlane("iot-jobs-data", "127.0.0.1"), Plane::kJobsData);
}

TEST(DecidePlane, WithoutAScope_TheHostDecides) {
  EXPECT_EQ(DecidePlane("", "127.0.0.1:8080"), Plane::kControl);
  EXPECT_EQ(DecidePlane("", "iot.us-east-1.amazonaws.com"), Plane::kControl);
  EXPECT_EQ(DecidePlane("", "Prefix.JOBS.iot.us-east-1.amazonaws.com"), Plane::kJobsData);
  EXPECT_EQ(DecidePlane("", "data.jobs.iot.us-east-1.amazonaws.com"), Plane::kJobsData);
  EXPECT_EQ(DecidePlane("", "jobs.localhost:8080"), Plane::kJobsData);
  EXPECT_EQ(DecidePlane("", ""), Plane::kControl);
}

}  // namespace
}  // namespace fieldwork::http_api
