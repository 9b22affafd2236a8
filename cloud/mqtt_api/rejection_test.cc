// The table of refusals, and that every rejected vector is what the service writes.
#include "cloud/mqtt_api/rejection.h"

#include <gtest/gtest.h>

#include "cloud/mqtt_api/vectors_test.h"

namespace fieldwork::mqtt_api {
namespace {

using domain::ErrorCode;
using domain::ExecutionStatus;

const domain::Time kNow = domain::FromMillis(1'700'000'400'999);  // Rounded down to seconds.

TEST(Rejection, EveryErrorOfTheRules_WritesItsVector) {
  const struct {
    const char* vector;
    domain::Error error;
  } cases[] = {
      {"jobs/rejected_invalid_request.json",
       domain::InvalidRequest("Status \"QUEUED\" is not one that a device may report.")},
      {"jobs/rejected_resource_not_found.json", domain::NotFound("There is no such execution.")},
      {"jobs/rejected_terminal_state_reached.json",
       {ErrorCode::kTerminalState, "The execution is in a terminal state."}},
      {"jobs/rejected_invalid_state_transition.json",
       {ErrorCode::kInvalidStateTransition,
        "The execution is in a terminal state.",
        {},
        {},
        domain::ExecutionState{ExecutionStatus::kCanceled, {}, 3}}},
      {"jobs/rejected_version_mismatch.json",
       {ErrorCode::kVersionMismatch,
        "Expected version 2, found version 3.",
        {},
        {},
        domain::ExecutionState{ExecutionStatus::kInProgress, {{"p", "1"}}, 3}}},
  };
  for (const auto& [vector, error] : cases) {
    EXPECT_EQ(RejectedPayload(error, "t", kNow), Vector(vector)) << vector;
  }
}

TEST(Rejection, StateOfOtherErrors_StaysAtHome) {
  domain::Error error = domain::NotFound("No.");
  error.state = domain::ExecutionState{};
  EXPECT_EQ(RejectedPayload(error, std::nullopt, kNow),
            R"({"code":"ResourceNotFound","message":"No.","timestamp":1700000400})");
}

TEST(Rejection, WhatNoDeviceCanRunInto_IsAnInvalidRequest) {
  for (const ErrorCode code : {ErrorCode::kAlreadyExists, ErrorCode::kUnauthorized,
                               ErrorCode::kVersionConflict, ErrorCode::kMalformedPolicy}) {
    EXPECT_EQ(RejectionCode(code), "InvalidRequest");
  }
}

TEST(Rejection, OutsideOfTheRules_CodeIsAsGiven) {
  EXPECT_EQ(RejectedPayload(kInternalError, "Internal error.", "t", kNow),
            Vector("jobs/rejected_internal_error.json"));
  EXPECT_EQ(RejectedPayload(kInvalidJson, "The payload is not JSON.", std::nullopt, kNow),
            Vector("jobs/rejected_invalid_json.json"));
  EXPECT_EQ(RejectedPayload(kRequestThrottled, "Rate exceeded.", "t", kNow),
            Vector("jobs/rejected_request_throttled.json"));
}

}  // namespace
}  // namespace fieldwork::mqtt_api
