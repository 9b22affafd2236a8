// Decides how the tests of this folder get at spec/: a vector by its name, byte for byte.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace fieldwork::mqtt_api {

/// `name` as in "jobs/notify.json".
inline std::string Vector(const std::string& name) {
  std::ifstream file(FIELDWORK_SOURCE_DIR "/spec/" + name, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << name;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace fieldwork::mqtt_api
