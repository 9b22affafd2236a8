// Decides how a certificate is known: by the SHA-256 of its DER form, AWS's certificateId.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace fieldwork::broker {

using CertificateId = std::array<std::uint8_t, 32>;

/// Any part of a digest is a good hash of it.
struct CertificateIdHash {
  std::size_t operator()(const CertificateId& id) const noexcept {
    std::size_t hash = 0;
    std::memcpy(&hash, id.data(), sizeof hash);
    return hash;
  }
};

/// 64 lower-case hexadecimal digits; empty for every other text.
std::optional<CertificateId> CertificateIdFromHex(std::string_view text);
std::string ToHex(const CertificateId& id);

}  // namespace fieldwork::broker
