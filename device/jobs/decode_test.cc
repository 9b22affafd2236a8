// Replies and notifications against the golden vectors; what is forgiven and what is not.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "device/jobs/messages.h"
#include "device/jobs/vectors_test.h"

namespace fieldwork::jobs {
namespace {

// ---- Executions ------------------------------------------------------------------------

TEST(DecodeExecution, StartNextAccepted_GivesEveryField) {
  const std::string payload = Vector("start_next_accepted.json");
  const auto reply = DecodeExecution(payload);
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->client_token, "sn-1");
  EXPECT_EQ(reply->timestamp, 1700000100);
  const Execution& execution = reply->execution;
  EXPECT_EQ(execution.job_id, "reboot-7");
  EXPECT_EQ(execution.status, ExecutionStatus::kInProgress);
  EXPECT_EQ(execution.status_details, R"({"step":"claimed"})");
  EXPECT_EQ(execution.queued_at, 1700000000);
  EXPECT_EQ(execution.started_at, 1700000100);
  EXPECT_EQ(execution.last_updated_at, 1700000100);
  EXPECT_EQ(execution.version_number, 2);
  EXPECT_EQ(execution.execution_number, 1);
  EXPECT_EQ(execution.seconds_before_timeout, 599);
  EXPECT_TRUE(execution.document.starts_with(R"({"version":"1.0","steps":[)"));
  EXPECT_TRUE(execution.document.ends_with(R"("runAsUser":""}}]})"));
}

TEST(DecodeExecution, Document_PointsIntoThePayload) {
  const std::string payload = Vector("start_next_accepted_afr_ota.json");
  const auto reply = DecodeExecution(payload);
  ASSERT_TRUE(reply.ok());
  EXPECT_TRUE(IsJobId(reply->execution.job_id));
  EXPECT_TRUE(reply->execution.document.starts_with(R"({"afr_ota":{)"));
  EXPECT_GE(reply->execution.document.data(), payload.data());
  EXPECT_LE(reply->execution.document.data() + reply->execution.document.size(),
            payload.data() + payload.size());
}

TEST(DecodeExecution, Queued_HasNoStartAndNoDetails) {
  for (const char* name : {"describe_accepted.json", "notify_next.json"}) {
    const std::string payload = Vector(name);
    const auto reply = DecodeExecution(payload);
    ASSERT_TRUE(reply.ok()) << name;
    EXPECT_EQ(reply->execution.status, ExecutionStatus::kQueued);
    EXPECT_EQ(reply->execution.status_details, "");
    EXPECT_EQ(reply->execution.started_at, 0);
    EXPECT_EQ(reply->execution.version_number, 1);
    EXPECT_EQ(reply->execution.seconds_before_timeout, -1);
    EXPECT_EQ(reply->execution.document, R"({"operation":"test"})");
  }
}

TEST(DecodeExecution, WithoutDocument_LeavesItEmpty) {
  const std::string payload = Vector("describe_accepted_no_document.json");
  const auto reply = DecodeExecution(payload);
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->execution.job_id, "A");
  EXPECT_EQ(reply->execution.execution_number, 2);
  EXPECT_EQ(reply->execution.document, "");
}

TEST(DecodeExecution, NothingPending_HasNoJobIdHoweverItIsSaid) {
  for (const char* name : {"start_next_accepted_none.json", "describe_accepted_none.json",
                           "describe_accepted_null.json", "describe_accepted_hollow.json",
                           "notify_next_none.json", "notify_next_bare.json"}) {
    const std::string payload = Vector(name);
    const auto reply = DecodeExecution(payload);
    ASSERT_TRUE(reply.ok()) << name;
    EXPECT_EQ(reply->execution.job_id, "") << name;
    EXPECT_EQ(reply->execution.status, ExecutionStatus::kUnknown) << name;
  }
}

TEST(DecodeExecution, Milliseconds_AreReadAsSecondsAndOtherNumbersAsTheyAre) {
  const std::string payload = Vector("describe_accepted_milliseconds.json");
  const auto reply = DecodeExecution(payload);
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->timestamp, 1700000200);
  EXPECT_EQ(reply->execution.queued_at, 1700000000);
  EXPECT_EQ(reply->execution.started_at, 1700000050);
  EXPECT_EQ(reply->execution.execution_number, 1234567890);
  const auto long_number =
      DecodeExecution(R"({"execution":{"jobId":"A","executionNumber":1700000000123}})");
  EXPECT_EQ(long_number->execution.execution_number, 1700000000123);
}

TEST(DecodeExecution, StringsAndFractions_AreReadAsWholeNumbers) {
  const std::string payload = Vector("describe_accepted_fractions.json");
  const auto reply = DecodeExecution(payload);
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->timestamp, 1700000200);
  EXPECT_EQ(reply->execution.queued_at, 1700000000);
  EXPECT_EQ(reply->execution.started_at, 1700000050);
  EXPECT_EQ(reply->execution.last_updated_at, 1700000050);
  EXPECT_EQ(reply->execution.version_number, 2);
  EXPECT_EQ(reply->execution.execution_number, 1);
  EXPECT_EQ(reply->execution.seconds_before_timeout, 0);  // Over, not unknown.
  EXPECT_EQ(reply->execution.document, R"("{\"operation\":\"test\"}")");
}

TEST(DecodeExecution, UnknownKeysAndNulls_ArePassedOver) {
  const auto reply = DecodeExecution(
      R"( {"clientToken":null,"timestamp":null,"new":{"execution":1},"execution":)"
      R"({"jobId":"A","status":"PAUSED","statusDetails":null,"queuedAt":null,"x":[{}],)"
      R"("approximateSecondsBeforeTimedOut":null,"jobDocument":null}} )");
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->client_token, "");
  EXPECT_EQ(reply->execution.job_id, "A");
  EXPECT_EQ(reply->execution.status, ExecutionStatus::kUnknown);
  EXPECT_EQ(reply->execution.status_details, "");
  EXPECT_EQ(reply->execution.seconds_before_timeout, -1);
  EXPECT_EQ(reply->execution.document, "null");
}

TEST(DecodeExecution, LargestNumber_FitsAndOneMoreDoesNot) {
  EXPECT_EQ(DecodeExecution(R"({"execution":{"executionNumber":9223372036854775807}})")
                ->execution.execution_number,
            INT64_MAX);
  EXPECT_EQ(DecodeExecution(R"({"execution":{"executionNumber":9223372036854775808}})").status(),
            Status::kMalformed);
  EXPECT_EQ(DecodeExecution(R"({"execution":{"executionNumber":92233720368547758070}})").status(),
            Status::kMalformed);
}

TEST(DecodeExecution, WhatMakesNoSense_IsMalformed) {
  const std::string long_id(kMaxJobId + 1, 'j');
  for (const std::string& payload : {
           std::string(),
           std::string(" "),
           std::string("[]"),
           std::string("null"),
           std::string("\"text\""),
           std::string("{"),
           std::string("{}x"),
           std::string(R"({"execution":"A"})"),
           std::string(R"({"execution":[]})"),
           std::string(R"({"execution":{"jobId":""}})"),
           std::string(R"({"execution":{"jobId":7}})"),
           std::string(R"({"execution":{"jobId":"$next"}})"),
           std::string(R"({"execution":{"jobId":"a/b"}})"),
           std::string(R"({"execution":{"jobId":"a\u0062"}})"),
           R"({"execution":{"jobId":")" + long_id + R"("}})",
           std::string(R"({"execution":{"jobId":"A","jobId":"B"}})"),
           std::string(R"({"execution":{"status":1}})"),
           std::string(R"({"execution":{"statusDetails":"x"}})"),
           std::string(R"({"execution":{"versionNumber":1.5}})"),
           std::string(R"({"execution":{"versionNumber":1e3}})"),
           std::string(R"({"execution":{"versionNumber":"x"}})"),
           std::string(R"({"execution":{"versionNumber":""}})"),
           std::string(R"({"execution":{"versionNumber":"-"}})"),
           std::string(R"({"execution":{"versionNumber":" 1"}})"),
           std::string(R"({"execution":{"versionNumber":true}})"),
           std::string(R"({"execution":{"queuedAt":"1700000000.5x"}})"),
           std::string(R"({"execution":{"queuedAt":1.7e9}})"),
           std::string(R"({"clientToken":1})"),
           std::string(R"({"timestamp":{}})"),
       }) {
    EXPECT_EQ(DecodeExecution(payload).status(), Status::kMalformed) << payload;
  }
}

TEST(DecodeExecution, NestedTooDeep_IsTooLarge) {
  const std::string payload =
      R"({"execution":{"jobDocument":)" + std::string(100, '[') + std::string(100, ']') + "}}";
  EXPECT_EQ(DecodeExecution(payload).status(), Status::kTooLarge);
}

// ---- Update ----------------------------------------------------------------------------

TEST(DecodeUpdate, LeastReplies_HaveNoState) {
  const std::string payload = Vector("update_accepted.json");
  const auto reply = DecodeUpdate(payload);
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->client_token, "up-1");
  EXPECT_EQ(reply->timestamp, 1700000300);
  EXPECT_EQ(reply->state.status, ExecutionStatus::kUnknown);
  EXPECT_EQ(reply->document, "");

  const std::string of_board = Vector("update_accepted_board.json");
  EXPECT_EQ(of_board.size(), 24u);  // As in the board's published log.
  EXPECT_EQ(DecodeUpdate(of_board)->client_token, "");
}

TEST(DecodeUpdate, FullReply_GivesStateAndDocument) {
  const std::string payload = Vector("update_accepted_full.json");
  const auto reply = DecodeUpdate(payload);
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->client_token, "up-2");
  EXPECT_EQ(reply->state.status, ExecutionStatus::kInProgress);
  EXPECT_EQ(reply->state.status_details, R"({"receive":"12/80"})");
  EXPECT_EQ(reply->state.version_number, 4);
  EXPECT_EQ(reply->document, R"({"operation":"test"})");
}

TEST(DecodeUpdate, StateOfAnotherType_IsMalformed) {
  EXPECT_EQ(DecodeUpdate(R"({"executionState":"FAILED"})").status(), Status::kMalformed);
  EXPECT_EQ(DecodeUpdate("[1]").status(), Status::kMalformed);
}

// ---- Rejections ------------------------------------------------------------------------

struct RejectionRow {
  const char* vector;
  ErrorCode code;
  std::string_view text;
};
constexpr RejectionRow kRejections[] = {
    {"rejected_invalid_topic.json", ErrorCode::kInvalidTopic, "InvalidTopic"},
    {"rejected_invalid_json.json", ErrorCode::kInvalidJson, "InvalidJson"},
    {"rejected_invalid_request.json", ErrorCode::kInvalidRequest, "InvalidRequest"},
    {"rejected_invalid_state_transition.json", ErrorCode::kInvalidStateTransition,
     "InvalidStateTransition"},
    {"rejected_resource_not_found.json", ErrorCode::kResourceNotFound, "ResourceNotFound"},
    {"rejected_version_mismatch.json", ErrorCode::kVersionMismatch, "VersionMismatch"},
    {"rejected_internal_error.json", ErrorCode::kInternalError, "InternalError"},
    {"rejected_request_throttled.json", ErrorCode::kRequestThrottled, "RequestThrottled"},
    {"rejected_terminal_state_reached.json", ErrorCode::kTerminalStateReached,
     "TerminalStateReached"},
};

TEST(DecodeRejection, EveryCode_IsKnown) {
  for (const RejectionRow& row : kRejections) {
    const std::string payload = Vector(row.vector);
    const auto rejection = DecodeRejection(payload);
    ASSERT_TRUE(rejection.ok()) << row.vector;
    EXPECT_EQ(rejection->code, row.code) << row.vector;
    EXPECT_EQ(rejection->code_text, row.text);
    EXPECT_FALSE(rejection->message.empty()) << row.vector;
    EXPECT_EQ(rejection->timestamp, 1700000400);
  }
}

TEST(DecodeRejection, VersionMismatch_CarriesTheState) {
  const std::string payload = Vector("rejected_version_mismatch.json");
  const auto rejection = DecodeRejection(payload);
  ASSERT_TRUE(rejection.ok());
  EXPECT_EQ(rejection->client_token, "t");
  EXPECT_EQ(rejection->state.status, ExecutionStatus::kInProgress);
  EXPECT_EQ(rejection->state.status_details, R"({"p":"1"})");
  EXPECT_EQ(rejection->state.version_number, 3);
}

TEST(DecodeRejection, StateTransition_CarriesTheTerminalState) {
  const std::string payload = Vector("rejected_invalid_state_transition.json");
  EXPECT_EQ(DecodeRejection(payload)->state.status, ExecutionStatus::kCanceled);
}

TEST(DecodeRejection, Message_IsHandedOnWithItsEscapes) {
  const std::string payload = Vector("rejected_invalid_request.json");
  EXPECT_EQ(DecodeRejection(payload)->message,
            R"(Status \"QUEUED\" is not one that a device may report.)");
}

TEST(DecodeRejection, NewOrMissingCode_IsUnknown) {
  EXPECT_EQ(DecodeRejection("{}")->code, ErrorCode::kUnknown);
  const auto rejection = DecodeRejection(R"({"code":"Teapot"})");
  EXPECT_EQ(rejection->code, ErrorCode::kUnknown);
  EXPECT_EQ(rejection->code_text, "Teapot");
}

// ---- Lists -----------------------------------------------------------------------------

struct Lists {
  std::array<ExecutionSummary, 15> in_progress;
  std::array<ExecutionSummary, 15> queued;
};

void ExpectJobsAAndB(const Result<PendingReply>& reply, const Lists& lists) {
  ASSERT_TRUE(reply.ok());
  ASSERT_EQ(reply->in_progress_count, 1u);
  EXPECT_EQ(lists.in_progress[0].job_id, "A");
  EXPECT_EQ(lists.in_progress[0].queued_at, 1700000000);
  EXPECT_EQ(lists.in_progress[0].started_at, 1700000050);
  EXPECT_EQ(lists.in_progress[0].last_updated_at, 1700000050);
  EXPECT_EQ(lists.in_progress[0].version_number, 2);
  EXPECT_EQ(lists.in_progress[0].execution_number, 1);
  ASSERT_EQ(reply->queued_count, 1u);
  EXPECT_EQ(lists.queued[0].job_id, "B");
  EXPECT_EQ(lists.queued[0].started_at, 0);
}

TEST(DecodePending, BothLists_AreRead) {
  const std::string payload = Vector("get_pending_accepted.json");
  Lists lists;
  const auto reply = DecodePending(payload, lists.in_progress, lists.queued);
  ExpectJobsAAndB(reply, lists);
  EXPECT_EQ(reply->client_token, "t1");
  EXPECT_EQ(reply->timestamp, 1700000100);
}

TEST(DecodeNotify, BothLists_AreRead) {
  const std::string payload = Vector("notify.json");
  Lists lists;
  const auto reply = DecodeNotify(payload, lists.in_progress, lists.queued);
  ExpectJobsAAndB(reply, lists);
  EXPECT_EQ(reply->timestamp, 1700000200);
}

TEST(DecodePending, EmptyOrMissingLists_CountNothing) {
  for (const std::string& payload : {Vector("get_pending_accepted_empty.json"), std::string("{}"),
                                     std::string(R"({"inProgressJobs":null})")}) {
    const auto reply = DecodePending(payload, {}, {});
    ASSERT_TRUE(reply.ok()) << payload;
    EXPECT_EQ(reply->in_progress_count + reply->queued_count, 0u);
  }
}

TEST(DecodeNotify, EmptyOrMissingLists_CountNothing) {
  for (const std::string& payload :
       {Vector("notify_none.json"), Vector("notify_empty_list.json"), std::string("{}"),
        std::string(R"({"jobs":null})"), std::string(R"({"jobs":{"PAUSED":[{"jobId":"A"}]}})")}) {
    const auto reply = DecodeNotify(payload, {}, {});
    ASSERT_TRUE(reply.ok()) << payload;
    EXPECT_EQ(reply->in_progress_count + reply->queued_count, 0u);
  }
}

TEST(DecodePending, MoreThanTheCallerHolds_AreCounted) {
  std::array<ExecutionSummary, 1> queued;
  const auto reply =
      DecodePending(R"({"queuedJobs":[{"jobId":"A"},{"jobId":"B"},{"jobId":"C"}]})", {}, queued);
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->queued_count, 3u);
  EXPECT_EQ(queued[0].job_id, "A");
}

TEST(DecodePending, EntryWithoutJobId_IsPassedOver) {
  std::array<ExecutionSummary, 2> queued;
  const auto reply =
      DecodePending(R"({"queuedJobs":[{},{"jobId":null},{"jobId":"B"}]})", {}, queued);
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->queued_count, 1u);
  EXPECT_EQ(queued[0].job_id, "B");
}

TEST(DecodePending, WhatMakesNoSense_IsMalformed) {
  for (const std::string_view payload : {
           "",
           "[]",
           R"({"queuedJobs":{}})",
           R"({"queuedJobs":7})",
           R"({"queuedJobs":["A"]})",
           R"({"queuedJobs":[null]})",
           R"({"queuedJobs":[{"jobId":"a b"}]})",
           R"({"queuedJobs":[{"jobId":"A","queuedAt":"x"}]})",
       }) {
    EXPECT_EQ(DecodePending(payload, {}, {}).status(), Status::kMalformed) << payload;
  }
  EXPECT_EQ(DecodeNotify(R"({"jobs":[]})", {}, {}).status(), Status::kMalformed);
  EXPECT_EQ(DecodeNotify(R"({"jobs":{"QUEUED":{}}})", {}, {}).status(), Status::kMalformed);
}

}  // namespace
}  // namespace fieldwork::jobs
