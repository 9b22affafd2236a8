// Whatever a device sends: exactly one answer, valid JSON, never an exception.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <vector>

#include "cloud/domain/testing/fixture.h"
#include "cloud/mqtt_api/gateway.h"
#include "cloud/mqtt_api/vectors_test.h"

namespace fieldwork::mqtt_api {
namespace {

class GatewayFuzz : public ::testing::Test {
 protected:
  GatewayFuzz() {
    world_.AddThing("T");
    for (const char* id : {"A", "B"}) {
      domain::Job job;
      job.id = id;
      world_.store.InsertJob(job, R"({"operation":"test"})");
      domain::Execution execution;
      execution.thing = "T";
      execution.job = id;
      world_.store.MoveCount(id, {}, execution.status);
      world_.store.InsertExecution(execution);
    }
    for (const auto& entry :
         std::filesystem::directory_iterator(FIELDWORK_SOURCE_DIR "/spec/jobs")) {
      const std::string name = entry.path().filename().string();
      if (name.find("_request") != std::string::npos && !name.starts_with("rejected"))
        vectors_.push_back(Vector("jobs/" + name));
    }
  }

  std::size_t Below(std::size_t limit) { return random_() % limit; }

  std::string RandomBytes() {
    std::string bytes(Below(64), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random_());
    return bytes;
  }
  // Pieces of JSON in any order: much of it parses further than random bytes do.
  std::string Mosaic() {
    static const char* const kPieces[] = {"{",
                                          "}",
                                          "[",
                                          "]",
                                          ":",
                                          ",",
                                          "\"",
                                          "\\",
                                          "\"status\"",
                                          "\"FAILED\"",
                                          "\"IN_PROGRESS\"",
                                          "\"statusDetails\"",
                                          "\"clientToken\"",
                                          "\"expectedVersion\"",
                                          "\"executionNumber\"",
                                          "\"stepTimeoutInMinutes\"",
                                          "\"includeJobDocument\"",
                                          "1",
                                          "-1",
                                          "1e9",
                                          "0.5",
                                          "true",
                                          "null",
                                          "\"\\u0000\"",
                                          "\"\\ud83d\\ude00\"",
                                          "99999999999999999999",
                                          "{\"a\":\"b\"}"};
    std::string text = Below(4) == 0 ? "" : "{";
    for (std::size_t i = Below(24); i > 0; --i) text += kPieces[Below(std::size(kPieces))];
    return text;
  }
  std::string Mutated() {
    std::string text = vectors_[Below(vectors_.size())];
    for (std::size_t i = 1 + Below(3); i > 0 && !text.empty(); --i) {
      const std::size_t at = Below(text.size());
      switch (Below(4)) {
        case 0: text[at] = static_cast<char>(random_()); break;
        case 1: text.erase(at, 1 + Below(8)); break;
        case 2: text.insert(at, text.substr(Below(text.size()), Below(24))); break;
        default: text.resize(at); break;
      }
    }
    return text;
  }
  std::string AnyTopic() {
    static const char* const kRests[] = {"get",      "start-next", "A/get",    "$next/get",
                                         "A/update", "B/update",   "none/get", "A/x"};
    return Below(8) == 0 ? RandomBytes() : kRests[Below(std::size(kRests))];
  }

  domain::testing::Fixture world_;
  domain::Executions executions_{world_.context};
  std::vector<std::string> vectors_;
  std::mt19937_64 random_{20'231'114};
};

TEST_F(GatewayFuzz, AnyPayload_GetsOneAnswerThatIsJson) {
  std::size_t accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string rest = AnyTopic();
    const std::string payload = round % 3 == 0   ? RandomBytes()
                                : round % 3 == 1 ? Mosaic()
                                                 : Mutated();
    const IncomingRequest request{"T", rest, payload, "c", "p", 1};
    const auto now = domain::FromMillis(1'700'000'000'000 + round);
    Answer answer;
    ASSERT_NO_THROW(answer = Handle(executions_, request, now)) << rest << ' ' << payload;
    const bool ok = answer.topic == "$aws/things/T/jobs/" + rest + "/accepted";
    ASSERT_TRUE(ok || answer.topic == "$aws/things/T/jobs/" + rest + "/rejected") << answer.topic;
    ASSERT_TRUE(nlohmann::json::accept(answer.payload)) << answer.payload;
    ASSERT_TRUE(nlohmann::json::accept(Fault(request, now).payload)) << payload;
    accepted += ok ? 1 : 0;
    world_.TakeOutbox();
  }
  EXPECT_GT(accepted, 300u);  // Else the payloads say nothing about what is accepted.
}

}  // namespace
}  // namespace fieldwork::mqtt_api
