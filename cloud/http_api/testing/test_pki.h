// Decides which certificates the tests of HTTPS use: a root, and what it signs, as PEM files.
#pragma once

#include <filesystem>
#include <string>

namespace fieldwork::http_api::testing {

/// A folder of its own that is gone with the object.
class TestPki {
 public:
  struct Files {
    std::filesystem::path certificate_pem;
    std::filesystem::path key_pem;
  };

  TestPki();
  ~TestPki();
  TestPki(const TestPki&) = delete;
  TestPki& operator=(const TestPki&) = delete;

  /// EC P-256, for localhost and 127.0.0.1, signed by the root; a year from now.
  Files Issue(const std::string& common_name);
  /// The same, signed by itself.
  Files IssueSelfSigned(const std::string& common_name);
  std::filesystem::path root_pem() const { return folder_ / "root.pem"; }

 private:
  Files Make(const std::string& common_name, bool by_root);

  std::filesystem::path folder_;
};

}  // namespace fieldwork::http_api::testing
