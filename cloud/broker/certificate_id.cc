// Decides how a certificate's id is written.
#include "cloud/broker/certificate_id.h"

namespace fieldwork::broker {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

std::optional<CertificateId> CertificateIdFromHex(std::string_view text) {
  CertificateId id;
  if (text.size() != 2 * id.size()) return std::nullopt;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const std::size_t high = kDigits.find(text[2 * i]);
    const std::size_t low = kDigits.find(text[2 * i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    id[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return id;
}

std::string ToHex(const CertificateId& id) {
  std::string text;
  text.reserve(2 * id.size());
  for (const std::uint8_t byte : id) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0x0F];
  }
  return text;
}

}  // namespace fieldwork::broker
