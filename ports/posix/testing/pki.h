// A throw-away certificate authority for tests, made with the openssl program in a folder that
// goes with it.
#pragma once

#include <string>

namespace fieldwork::posix::testing {

/// A new folder under /tmp, removed with all in it at the end. Throws if it cannot be made.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

enum class KeyKind { kP256, kRsa2048, kRsa1024 };

struct CertificateSpec {
  std::string name = "server";                     ///< Common name, and what the files are called.
  std::string san = "DNS:localhost,IP:127.0.0.1";  ///< Empty: no such extension.
  std::string usage = "serverAuth";                ///< Extended key usage.
  std::string not_before = "20240101000000Z";
  std::string not_after = "20340101000000Z";
  KeyKind key = KeyKind::kP256;
};

struct Certificate {
  std::string path;      ///< PEM.
  std::string key_path;  ///< PEM, mode 0600.
};

/// Every function throws std::runtime_error with the output of openssl when that fails.
class TestPki {
 public:
  struct Authority {
    std::string name = "Test Root";
    KeyKind key = KeyKind::kP256;
    std::string not_before = "20200101000000Z";
    std::string not_after = "20400101000000Z";
  };

  explicit TestPki(const Authority& authority);
  TestPki() : TestPki(Authority{}) {}

  /// Signed by this authority.
  Certificate Issue(const CertificateSpec& spec);
  /// Signed by itself.
  Certificate SelfSigned(const CertificateSpec& spec);

  /// The authority's own certificate.
  std::string ca_path() const { return folder_.File("ca.pem"); }
  std::string File(const std::string& name) const { return folder_.File(name); }

 private:
  void MakeKey(const std::string& path, KeyKind kind);
  Certificate Make(const CertificateSpec& spec, const std::string& extensions, bool self_signed);

  TempFolder folder_;
};

/// Replaces or makes a file. Throws when that fails.
void WriteFile(const std::string& path, const std::string& text, unsigned mode = 0600);
std::string ReadFile(const std::string& path);

}  // namespace fieldwork::posix::testing
