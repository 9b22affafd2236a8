// The golden vectors themselves: each is JSON, and each says where it comes from.
#include "device/jobs/vectors_test.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "device/json/reader.h"

namespace fieldwork::jobs {

constexpr const char* kFolder = FIELDWORK_SOURCE_DIR "/spec/jobs/";

std::string Vector(const std::string& name) {
  std::ifstream file(kFolder + name, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << name;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

namespace {

TEST(Vectors, EveryFile_IsJsonWithoutLineFeedAndListedWithItsSource) {
  const std::string table = Vector("README.md");
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".json") continue;
    const std::string payload = Vector(name);
    EXPECT_EQ(json::Validate(payload), Status::kOk) << name;
    EXPECT_FALSE(payload.ends_with('\n')) << name;
    EXPECT_NE(table.find("| " + name + " | "), std::string::npos) << name;
    ++count;
  }
  EXPECT_GE(count, 44u);
}

}  // namespace
}  // namespace fieldwork::jobs
