// Decides how the authority's files are written and read: whole or not at all, keys for us alone.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace fieldwork::pki {

inline constexpr mode_t kKeyMode = 0600;
inline constexpr mode_t kCertificateMode = 0644;

/// The file is the old one or the new one, whatever happens: a temporary file is filled, synced and
/// renamed, and the folder is synced. Throws PkiError; `content` is not in its text.
void WriteWhole(const std::filesystem::path& path, std::string_view content, mode_t mode);

/// Empty if there is no such file. Throws PkiError if it cannot be read, or is larger than 1 MiB.
std::optional<std::string> ReadWhole(const std::filesystem::path& path);

/// The same for a secret. Throws PkiError as well if anybody but its owner may read it: whoever
/// could do so may have done so, and only a person can judge that.
std::optional<std::string> ReadSecret(const std::filesystem::path& path);

}  // namespace fieldwork::pki
