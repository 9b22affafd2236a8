// The verify callback and its words.
#include "ports/posix/server_identity.h"

#include <arpa/inet.h>
#include <mbedtls/oid.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "device/base/civil_time.h"

namespace fieldwork::posix {
namespace {

// A certificate may carry hundreds of names; a log line shows a few.
constexpr int kNamesShownMax = 4;
constexpr std::size_t kNameBytesMax = 80;

// General names of RFC 5280 section 4.2.1.6 as they are tagged.
constexpr int kDnsNameTag = MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_X509_SAN_DNS_NAME;
constexpr int kIpAddressTag = MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_X509_SAN_IP_ADDRESS;

std::string_view View(const mbedtls_asn1_buf& buffer) {
  return {reinterpret_cast<const char*>(buffer.p), buffer.len};
}

// The server wrote it: what is not plain text must not reach a terminal or a log.
std::string Printable(std::string_view text) {
  std::string out(text.substr(0, kNameBytesMax));
  for (char& c : out) {
    if (c < 0x20 || c > 0x7E || c == '\'') c = '?';
  }
  return out;
}

std::string CommonName(const mbedtls_x509_name& name) {
  for (const mbedtls_x509_name* part = &name; part != nullptr; part = part->next) {
    if (part->oid.p != nullptr && MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &part->oid) == 0) {
      return Printable(View(part->val));
    }
  }
  return "(no common name)";
}

std::string SanText(const mbedtls_asn1_buf& san) {
  if (san.tag == kDnsNameTag) return Printable(View(san));
  if (san.tag != kIpAddressTag) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (san.len == 4) inet_ntop(AF_INET, san.p, text.data(), text.size());
  if (san.len == 16) inet_ntop(AF_INET6, san.p, text.data(), text.size());
  return text.data();
}

// "'a.example', 'b.example', ..."; the common name when there are no alternative names.
std::string NamesOf(const mbedtls_x509_crt& certificate) {
  std::string out;
  int shown = 0;
  for (const mbedtls_x509_sequence* san = &certificate.subject_alt_names; san != nullptr;
       san = san->next) {
    const std::string text = SanText(san->buf);
    if (text.empty()) continue;
    if (shown == kNamesShownMax) return out + ", ...";
    out += (shown == 0 ? "'" : ", '") + text + "'";
    ++shown;
  }
  return shown != 0 ? out : "'" + CommonName(certificate.subject) + "'";
}

std::optional<std::int64_t> UnixOf(const mbedtls_x509_time& time) {
  CivilTime civil;
  civil.year = time.year;
  civil.month = static_cast<std::uint8_t>(time.mon);
  civil.day = static_cast<std::uint8_t>(time.day);
  civil.hour = static_cast<std::uint8_t>(time.hour);
  civil.minute = static_cast<std::uint8_t>(time.min);
  civil.second = static_cast<std::uint8_t>(time.sec);
  return UnixFromCivil(civil);
}

std::string DateText(std::int64_t unix_s) {
  std::array<char, kCivilTextBytes> text{};
  return std::string(FormatCivil(unix_s * 1000, 0, text));
}

bool SameName(const mbedtls_x509_buf& a, const mbedtls_x509_buf& b) { return View(a) == View(b); }

std::string WhoseCertificate(const mbedtls_x509_crt& certificate, int depth) {
  if (depth == 0) return "server certificate";
  return "certificate of issuer '" + CommonName(certificate.subject) + "'";
}

std::int64_t FloorSeconds(std::int64_t ms) { return ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000); }

}  // namespace

ServerIdentity::ServerIdentity(std::string host, std::int64_t unix_ms)
    : host_(std::move(host)), unix_ms_(unix_ms) {
  std::string bare = host_;
  if (bare.size() > 2 && bare.front() == '[' && bare.back() == ']') {
    bare = bare.substr(1, bare.size() - 2);
  }
  std::array<char, 16> bytes{};
  if (inet_pton(AF_INET, host_.c_str(), bytes.data()) == 1) {
    address_bytes_.assign(bytes.data(), 4);
  } else if (inet_pton(AF_INET6, bare.c_str(), bytes.data()) == 1) {
    address_bytes_.assign(bytes.data(), 16);
  }
  is_address_ = !address_bytes_.empty();
  if (!is_address_ && host_.size() > 1 && host_.back() == '.') host_.pop_back();
}

int ServerIdentity::OnCertificate(void* self, mbedtls_x509_crt* certificate, int depth,
                                  std::uint32_t* flags) {
  auto& identity = *static_cast<ServerIdentity*>(self);
  identity.JudgeDates(*certificate, depth, *flags);
  identity.JudgeTrust(*certificate, depth, *flags);
  if (depth == 0) {
    identity.JudgeName(*certificate, *flags);
    identity.checked_ = true;
  }
  return 0;
}

void ServerIdentity::JudgeDates(const mbedtls_x509_crt& certificate, int depth,
                                std::uint32_t& flags) {
  // What Mbed TLS found by the host's clock does not count.
  flags &= ~static_cast<std::uint32_t>(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
  const std::string whose = WhoseCertificate(certificate, depth);
  const auto from = UnixOf(certificate.valid_from);
  const auto to = UnixOf(certificate.valid_to);
  if (!from || !to) {
    flags |= MBEDTLS_X509_BADCERT_EXPIRED;
    return Note(whose + ": its dates do not exist in the calendar");
  }
  valid_from_s_ = std::max(valid_from_s_, *from);
  valid_to_s_ = std::min(valid_to_s_, *to);
  const std::int64_t now_s = FloorSeconds(unix_ms_);
  const std::string clock = " (board clock says " + DateText(now_s) + ")";
  if (now_s > *to) {
    flags |= MBEDTLS_X509_BADCERT_EXPIRED;
    Note(whose + ": expired on " + DateText(*to) + clock);
  } else if (now_s < *from) {
    flags |= MBEDTLS_X509_BADCERT_FUTURE;
    Note(whose + ": not valid before " + DateText(*from) + clock);
  }
}

void ServerIdentity::JudgeTrust(const mbedtls_x509_crt& certificate, int depth,
                                std::uint32_t flags) {
  if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
    const bool self_signed = SameName(certificate.subject_raw, certificate.issuer_raw);
    Note(depth == 0 && self_signed ? "server certificate is self-signed and not trusted"
                                   : "issuer not trusted: '" + CommonName(certificate.issuer) +
                                         "' is not in the CA file");
  }
  constexpr std::uint32_t kWeak =
      MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY;
  if ((flags & kWeak) != 0) {
    Note(WhoseCertificate(certificate, depth) + ": its key or its signature is too weak");
  }
}

void ServerIdentity::JudgeName(const mbedtls_x509_crt& certificate, std::uint32_t& flags) {
  if (is_address_) {
    bool found = false;
    for (const mbedtls_x509_sequence* san = &certificate.subject_alt_names; san != nullptr;
         san = san->next) {
      found = found || (san->buf.tag == kIpAddressTag && View(san->buf) == address_bytes_);
    }
    if (!found) flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
  }
  if ((flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0) {
    Note("server certificate is for " + NamesOf(certificate) + ", not for '" + Printable(host_) +
         "'");
  }
}

std::string ServerIdentity::Explain(std::uint32_t verify_result) const {
  std::string out = problems_;
  const auto add = [&out](const char* text) {
    out += (out.empty() ? "" : "; ") + std::string(text);
  };
  constexpr std::uint32_t kUsage = MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
                                   MBEDTLS_X509_BADCERT_KEY_USAGE |
                                   MBEDTLS_X509_BADCERT_NS_CERT_TYPE;
  if ((verify_result & kUsage) != 0) {
    add("server certificate is not made for a TLS server (key usage)");
  }
  if (out.empty()) add("server certificate was refused");
  return out;
}

void ServerIdentity::Note(const std::string& what) {
  problems_ += (problems_.empty() ? "" : "; ") + what;
}

}  // namespace fieldwork::posix
