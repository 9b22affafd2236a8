// Which vectors of spec/ this side reads, which it writes, and which it never writes and why.
#include "cloud/mqtt_api/vectors_test.h"

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace fieldwork::mqtt_api {
namespace {

// Devices must be able to read them; this service never writes them, because:
const std::map<std::string, std::string> kOthersWrite = {
    {"describe_accepted_fractions.json", "its numbers are numbers, its times whole seconds"},
    {"describe_accepted_hollow.json", "it leaves `execution` out"},
    {"describe_accepted_milliseconds.json", "its times are seconds, and it leaves `thingName` out"},
    {"describe_accepted_null.json", "it leaves `execution` out"},
    {"notify_empty_list.json", "it leaves empty lists out"},
    {"notify_next_bare.json", "its messages have a timestamp"},
};

std::string Sources() {
  std::string all;
  for (const char* test :
       {"gateway_test.cc", "publisher_test.cc", "rejection_test.cc", "request_fields_test.cc"}) {
    all += Vector(std::string("../cloud/mqtt_api/") + test);
  }
  return all;
}

TEST(Vectors, EachOfJobs_IsTestedOrKnownAsSomebodyElses) {
  const std::string tests = Sources();
  for (const auto& entry : std::filesystem::directory_iterator(FIELDWORK_SOURCE_DIR "/spec/jobs")) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".json") continue;
    const bool tested = tests.find("\"jobs/" + name + "\"") != std::string::npos;
    EXPECT_NE(tested, kOthersWrite.contains(name)) << name;
  }
}

TEST(Vectors, EachOfEvents_IsJsonWithoutLineFeedAndListedWithItsSource) {
  const std::string table = Vector("events/README.md");
  std::size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(FIELDWORK_SOURCE_DIR "/spec/events")) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".json") continue;
    const std::string payload = Vector("events/" + name);
    EXPECT_TRUE(nlohmann::json::accept(payload)) << name;
    EXPECT_FALSE(payload.ends_with('\n')) << name;
    EXPECT_NE(table.find("| " + name + " | "), std::string::npos) << name;
    ++count;
  }
  EXPECT_EQ(count, 12u);
}

}  // namespace
}  // namespace fieldwork::mqtt_api
