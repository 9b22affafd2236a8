// Decides whose certificates TLS lets in: those that this cloud's root signed, and, each by itself,
// those that were registered without a CA.
//
// TLS only proves that the peer has the key; whether the certificate is registered and ACTIVE, and
// what it may do, is asked of the registry afterwards.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "cloud/domain/access.h"

namespace fieldwork::cloud {

class Trust {
 public:
  /// Writes `file` anew: the root, and all that are registered without a CA and ACTIVE. Throws as
  /// Write() does.
  Trust(std::filesystem::path root_pem, std::filesystem::path file, domain::Access& access);

  const std::filesystem::path& file() const { return file_; }

  /// After a change of that certificate. True: the file is to be written, and whoever has read it
  /// must read it again.
  bool Update(std::string_view certificate_id);
  /// Throws pki::PkiError when it cannot be written; the file is as before then.
  void Write() const;

 private:
  bool Take(const domain::Certificate& certificate);

  std::filesystem::path root_pem_;
  std::filesystem::path file_;
  domain::Access& access_;
  std::map<std::string, std::string, std::less<>> single_;  // Id to PEM.
};

}  // namespace fieldwork::cloud
