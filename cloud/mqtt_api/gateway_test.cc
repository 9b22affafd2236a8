// What answers a device: every accepted vector that the service can write, and the refusals in the
// order of the checks.
#include "cloud/mqtt_api/gateway.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cloud/domain/testing/fixture.h"
#include "cloud/mqtt_api/vectors_test.h"

namespace fieldwork::mqtt_api {
namespace {

using domain::Execution;
using domain::ExecutionStatus;
using nlohmann::json;

constexpr domain::Time Seconds(std::int64_t seconds) { return domain::FromMillis(seconds * 1000); }

class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest() { world_.AddThing("board-1"); }

  void AddJob(const std::string& id, const std::string& document = R"({"operation":"test"})") {
    domain::Job job;
    job.id = id;
    world_.store.InsertJob(job, document);
  }
  Execution Queued(const std::string& job, std::int64_t queued_at) {
    Execution execution;
    execution.thing = "board-1";
    execution.job = job;
    execution.queued_at = execution.updated_at = Seconds(queued_at);
    return execution;
  }
  Execution Started(const std::string& job, std::int64_t queued_at, std::int64_t started_at) {
    Execution execution = Queued(job, queued_at);
    execution.status = ExecutionStatus::kInProgress;
    execution.version = 2;
    execution.started_at = execution.updated_at = Seconds(started_at);
    return execution;
  }
  void Add(Execution execution, const std::string& document = R"({"operation":"test"})") {
    AddJob(execution.job, document);
    world_.store.MoveCount(execution.job, {}, execution.status);
    world_.store.InsertExecution(execution);
  }

  Answer Ask(std::string_view rest, std::string_view payload, domain::Time now,
             std::string_view thing = "board-1") {
    return Handle(executions_, {thing, rest, payload, "client", "principal", 1}, now);
  }
  void ExpectAccepted(const Answer& answer, const std::string& rest, const std::string& vector) {
    EXPECT_EQ(answer.topic, "$aws/things/board-1/jobs/" + rest + "/accepted");
    EXPECT_EQ(answer.payload, Vector(vector)) << vector;
  }
  /// The code of a refusal; empty if it was accepted.
  std::string Refusal(std::string_view rest, std::string_view payload,
                      std::string_view thing = "board-1") {
    const Answer answer = Ask(rest, payload, Seconds(1'700'000'400), thing);
    if (!answer.topic.ends_with("/rejected")) return "";
    return json::parse(answer.payload).at("code");
  }

  domain::testing::Fixture world_;
  domain::Executions executions_{world_.context};
};

TEST_F(GatewayTest, GetPending_WritesItsVectors) {
  const auto now = Seconds(1'700'000'100);
  ExpectAccepted(Ask("get", R"({"clientToken":"t1"})", now), "get",
                 "jobs/get_pending_accepted_empty.json");
  Add(Queued("B", 1'700'000'010));
  Add(Started("A", 1'700'000'000, 1'700'000'050));
  ExpectAccepted(Ask("get", R"({"clientToken":"t1"})", now), "get",
                 "jobs/get_pending_accepted.json");
}

TEST_F(GatewayTest, StartNextWithNothingPending_WritesItsVector) {
  ExpectAccepted(Ask("start-next", Vector("jobs/start_next_request.json"), Seconds(1'700'000'100)),
                 "start-next", "jobs/start_next_accepted_none.json");
}

TEST_F(GatewayTest, StartNextOfAJobInProgress_WritesItsVector) {
  const std::string vector = Vector("jobs/start_next_accepted.json");
  Execution execution = Started("reboot-7", 1'700'000'000, 1'700'000'100);
  execution.details = {{"step", "claimed"}};
  execution.job_deadline = domain::FromMillis(1'700'000'700'500);
  Add(execution, json::parse(vector).at("execution").at("jobDocument").dump());
  // The document goes out as it was stored, so that its members keep their order.
  const std::size_t document = vector.find(R"({"version")");
  world_.store.DeleteJob("reboot-7");
  AddJob("reboot-7", vector.substr(document, vector.size() - 2 - document));
  ExpectAccepted(
      Ask("start-next", R"({"clientToken":"sn-1"})", domain::FromMillis(1'700'000'100'600)),
      "start-next", "jobs/start_next_accepted.json");
}

TEST_F(GatewayTest, StartNextOfALargeDocument_WritesItsVector) {
  const std::string vector = Vector("jobs/start_next_accepted_afr_ota.json");
  const std::size_t document = vector.find(R"({"afr_ota")");
  Add(Queued("AFR_OTA-w800-app-1-4-2", 1'714'555'800),
      vector.substr(document, vector.size() - 2 - document));
  ExpectAccepted(Ask("start-next", R"({"clientToken":"w800-0001:17"})", Seconds(1'714'555'842)),
                 "start-next", "jobs/start_next_accepted_afr_ota.json");
}

TEST_F(GatewayTest, StartNextWithEveryField_StartsTheJobWithThem) {
  Add(Queued("A", 1'700'000'000));
  const Answer answer =
      Ask("start-next", Vector("jobs/start_next_request_full.json"), Seconds(1'700'000'100));
  const json execution = json::parse(answer.payload).at("execution");
  EXPECT_EQ(execution.at("statusDetails"), json({{"step", "claimed"}}));
  EXPECT_EQ(execution.at("approximateSecondsBeforeTimedOut"), 1799);
  EXPECT_EQ(execution.at("versionNumber"), 2);
}

TEST_F(GatewayTest, Describe_WritesItsVectors) {
  Add(Queued("A", 1'700'000'000));
  ExpectAccepted(Ask("A/get", Vector("jobs/describe_request.json"), Seconds(1'700'000'200)),
                 "A/get", "jobs/describe_accepted.json");
  ExpectAccepted(Ask("$next/get", Vector("jobs/describe_request.json"), Seconds(1'700'000'200)),
                 "$next/get", "jobs/describe_accepted.json");
}

TEST_F(GatewayTest, DescribeWithoutDocument_WritesItsVector) {
  Execution execution = Started("A", 1'700'000'000, 1'700'000'050);
  execution.number = 2;
  execution.version = 3;
  execution.details = {{"self_test", "ready"}};
  execution.updated_at = Seconds(1'700'000'150);
  Add(execution);
  ExpectAccepted(Ask("A/get", Vector("jobs/describe_request_full.json"), Seconds(1'700'000'200)),
                 "A/get", "jobs/describe_accepted_no_document.json");
}

TEST_F(GatewayTest, DescribeNextWithNothingPending_WritesItsVector) {
  ExpectAccepted(Ask("$next/get", Vector("jobs/describe_request.json"), Seconds(1'700'000'200)),
                 "$next/get", "jobs/describe_accepted_none.json");
}

TEST_F(GatewayTest, Update_WritesItsVectors) {
  Add(Started("A", 1'700'000'000, 1'700'000'050));
  const auto now = Seconds(1'700'000'300);
  ExpectAccepted(Ask("A/update", Vector("jobs/update_request_progress.json"), now), "A/update",
                 "jobs/update_accepted.json");
  ExpectAccepted(Ask("A/update",
                     R"({"clientToken":"up-2","status":"IN_PROGRESS","expectedVersion":"3",)"
                     R"("includeJobExecutionState":true,"includeJobDocument":true})",
                     now),
                 "A/update", "jobs/update_accepted_full.json");
  ExpectAccepted(Ask("A/update", Vector("jobs/update_request_board.json"), now), "A/update",
                 "jobs/update_accepted_board.json");
}

TEST_F(GatewayTest, UpdateWithEveryField_ChangesTheExecution) {
  Execution execution = Started("A", 1'700'000'000, 1'700'000'050);
  execution.version = 3;
  execution.step_deadline = Seconds(1'700'000'400);
  Add(execution);
  const Answer answer =
      Ask("A/update", Vector("jobs/update_request_full.json"), Seconds(1'700'000'300));
  EXPECT_TRUE(answer.topic.ends_with("/accepted")) << answer.payload;
  const auto stored = world_.store.FindExecution("board-1", "A", 1);
  EXPECT_EQ(stored->version, 4);
  EXPECT_FALSE(stored->step_deadline);
  EXPECT_EQ(stored->details.size(), 2u);
}

TEST_F(GatewayTest, TopicThatIsNoOperation_WritesItsVectorWhateverThePayload) {
  for (const char* rest :
       {"", "/", "/get", "x", "get/", "start-next/", "A/", "A/delete", "$next/update",
        "A/namespace-n/get", "get/accepted", "A/get/accepted", "A/update/rejected", "notify",
        "notify-next", "Get", "A//get", "start-next/accepted"}) {
    const Answer answer = Ask(rest, "not even JSON", Seconds(1'700'000'400));
    EXPECT_EQ(answer.topic, "$aws/things/board-1/jobs/" + std::string(rest) + "/rejected");
    EXPECT_EQ(answer.payload, Vector("jobs/rejected_invalid_topic.json")) << rest;
  }
}

TEST_F(GatewayTest, TopicThatIsNoOperation_EchoesTheTokenIfOneCouldBeRead) {
  const Answer answer = Ask("A/delete", R"({"clientToken":"t"})", Seconds(1'700'000'400));
  EXPECT_EQ(answer.payload,
            R"({"code":"InvalidTopic","message":"The topic is not one of the Jobs API.",)"
            R"("clientToken":"t","timestamp":1700000400})");
}

TEST_F(GatewayTest, JobsNamedLikeOperations_AreReached) {
  Add(Queued("get", 1'700'000'000));
  EXPECT_EQ(Refusal("get/get", "{}"), "");
  EXPECT_EQ(Refusal("start-next/get", "{}"), "ResourceNotFound");
}

TEST_F(GatewayTest, PayloadThatIsNotJson_WritesItsVector) {
  for (const char* rest : {"get", "start-next", "A/get", "$next/get", "A/update"}) {
    const Answer answer = Ask(rest, R"({"clientToken":"t",})", Seconds(1'700'000'400));
    EXPECT_EQ(answer.topic, "$aws/things/board-1/jobs/" + std::string(rest) + "/rejected");
    EXPECT_EQ(answer.payload, Vector("jobs/rejected_invalid_json.json"));
  }
}

TEST_F(GatewayTest, TokenThatIsTooLong_WritesItsVector) {
  EXPECT_EQ(
      Ask("get", R"({"clientToken":")" + std::string(65, 't') + R"("})", Seconds(1'700'000'400))
          .payload,
      Vector("jobs/rejected_invalid_request_no_token.json"));
}

TEST_F(GatewayTest, TokenAfterTheMistake_IsEchoed) {
  const Answer answer =
      Ask("A/update", R"({"status":7,"clientToken":"t"})", Seconds(1'700'000'400));
  EXPECT_EQ(json::parse(answer.payload).at("clientToken"), "t");
}

TEST_F(GatewayTest, FieldOfAnotherOperation_IsNotLookedAt) {
  EXPECT_EQ(Refusal("get", R"({"status":7,"statusDetails":1,"includeJobDocument":"x"})"), "");
  EXPECT_EQ(Refusal("start-next", R"({"executionNumber":"x"})"), "");
  EXPECT_EQ(Refusal("$next/get", R"({"statusDetails":1})"), "");
}

TEST_F(GatewayTest, NoBytes_AreEnoughForAllButUpdate) {
  Add(Queued("A", 1'700'000'000));
  EXPECT_EQ(Refusal("get", ""), "");
  EXPECT_EQ(Refusal("A/get", ""), "");
  EXPECT_EQ(Refusal("start-next", ""), "");
  EXPECT_EQ(Refusal("A/update", ""), "InvalidRequest");
}

TEST_F(GatewayTest, ChecksCome_InTheirOrder) {
  Execution over = Started("over", 1'700'000'000, 1'700'000'050);
  over.status = ExecutionStatus::kSucceeded;
  over.version = 3;
  Add(over);
  Add(Started("open", 1'700'000'000, 1'700'000'050));
  // Topic before JSON, JSON before fields, fields before existence.
  EXPECT_EQ(Refusal("over/nothing", "{"), "InvalidTopic");
  EXPECT_EQ(Refusal("none/update", "{"), "InvalidJson");
  EXPECT_EQ(Refusal("none/update", R"({"status":"QUEUED"})"), "InvalidRequest");
  EXPECT_EQ(Refusal("none/update", R"({"status":"FAILED","expectedVersion":{}})"),
            "InvalidRequest");
  // Existence before state, state before version.
  EXPECT_EQ(Refusal("none/update", R"({"status":"FAILED","expectedVersion":9})"),
            "ResourceNotFound");
  EXPECT_EQ(Refusal("over/update", R"({"status":"FAILED","executionNumber":2})"),
            "ResourceNotFound");
  EXPECT_EQ(Refusal("over/update", R"({"status":"FAILED","expectedVersion":9})"),
            "InvalidStateTransition");
  EXPECT_EQ(Refusal("open/update", R"({"status":"FAILED","expectedVersion":9})"),
            "VersionMismatch");
  EXPECT_EQ(Refusal("open/update", R"({"status":"FAILED","expectedVersion":2})"), "");
  EXPECT_EQ(Refusal("over/get", "{}"), "TerminalStateReached");
}

TEST_F(GatewayTest, RefusalsThatCarryTheState_DoSo) {
  Execution execution = Started("A", 1'700'000'000, 1'700'000'050);
  execution.version = 3;
  execution.details = {{"p", "1"}};
  Add(execution);
  const Answer answer =
      Ask("A/update", R"({"status":"FAILED","expectedVersion":2,"clientToken":"t"})",
          Seconds(1'700'000'400));
  json wanted = json::parse(Vector("jobs/rejected_version_mismatch.json"));
  json written = json::parse(answer.payload);
  EXPECT_FALSE(written.at("message").get<std::string>().empty());
  wanted.erase("message");
  written.erase("message");
  EXPECT_EQ(written, wanted);
}

TEST_F(GatewayTest, NamesThatCannotBe_AreRefused) {
  EXPECT_EQ(Refusal("bad id/get", "{}"), "InvalidRequest");
  EXPECT_EQ(Refusal(std::string(65, 'j') + "/update", R"({"status":"FAILED"})"), "InvalidRequest");
  EXPECT_EQ(Refusal("get", "{}", "bad thing"), "InvalidRequest");
  EXPECT_EQ(Refusal("get", "{}", "nobody"), "ResourceNotFound");
  EXPECT_EQ(Refusal("start-next", "{}", "nobody"), "ResourceNotFound");
}

class ThrottledTest : public ::testing::Test {
 protected:
  /// The code of the refusal; empty if the request may be handled.
  std::string Ask(std::string_view rest, std::string_view payload, domain::Time now = kNow) {
    const auto answer = Throttled(throttle_, {"T", rest, payload, "c", "p", 0}, now);
    if (!answer) return "";
    EXPECT_EQ(answer->topic, "$aws/things/T/jobs/" + std::string(rest) + "/rejected");
    last_payload_ = answer->payload;
    return json::parse(answer->payload).at("code");
  }

  static constexpr domain::Time kNow = Seconds(1'700'000'400);
  domain::Throttle throttle_{2};
  std::string last_payload_;
};

TEST_F(ThrottledTest, TooManyOfWhichever_AreRefusedUntilTimeGoesBy) {
  EXPECT_EQ(Ask("get", "{}"), "");
  EXPECT_EQ(Ask("A/update", R"({"status":"FAILED"})"), "");
  for (const char* rest : {"get", "start-next", "A/get", "$next/get", "A/update"}) {
    EXPECT_EQ(Ask(rest, R"({"clientToken":"t"})"), "RequestThrottled") << rest;
    EXPECT_EQ(last_payload_, Vector("jobs/rejected_request_throttled.json"));
  }
  EXPECT_EQ(Ask("get", "{}", kNow + std::chrono::milliseconds(499)), "RequestThrottled");
  EXPECT_EQ(Ask("get", "{}", kNow + std::chrono::milliseconds(500)), "");
}

TEST_F(ThrottledTest, PayloadThatIsNoRequest_CountsAndHasNoToken) {
  EXPECT_EQ(Ask("get", "{"), "");
  EXPECT_EQ(Ask("A/update", "{}"), "");
  EXPECT_EQ(Ask("get", "{"), "RequestThrottled");
  EXPECT_EQ(json::parse(last_payload_).count("clientToken"), 0u);
}

TEST_F(ThrottledTest, TopicThatIsNoOperation_DoesNotCountAndIsLeftToBeRefused) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Ask("A/delete", "{}"), "");
  EXPECT_EQ(Ask("get", "{}"), "");
  EXPECT_EQ(Ask("get", "{}"), "");
  EXPECT_EQ(Ask("get", "{}"), "RequestThrottled");
  EXPECT_EQ(Ask("$next/update", "{}"), "");
}

TEST_F(GatewayTest, Fault_EchoesTheTokenIfThereIsOne) {
  const auto now = Seconds(1'700'000'400);
  const Answer answer = Fault({"T", "A/update", R"({"clientToken":"t"})", "c", "p", 0}, now);
  EXPECT_EQ(answer.topic, "$aws/things/T/jobs/A/update/rejected");
  EXPECT_EQ(answer.payload, Vector("jobs/rejected_internal_error.json"));
  EXPECT_EQ(json::parse(Fault({"T", "get", "{", "c", "p", 0}, now).payload).count("clientToken"),
            0u);
}

}  // namespace
}  // namespace fieldwork::mqtt_api
