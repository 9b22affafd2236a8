// Decides which PEM texts are taken, which keys are strong enough, and how both are written.
#include "cloud/pki/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <chrono>
#include <ctime>
#include <limits>

#include "cloud/pki/authority.h"

namespace fieldwork::pki {
namespace {

constexpr int kRsaBitsMin = 2048;
// What OpenSSL itself verifies at most; larger ones only cost time.
constexpr int kRsaBitsMax = 16384;

int NoPassphrase(char*, int, int, void*) { return -1; }

// The readers of OpenSSL stop behind the first block, so the rest is there to be looked at.
template <typename Pointer, typename Reader>
Pointer ParseOne(std::string_view pem, std::string_view kind, Reader read) {
  const std::string begin = "-----BEGIN ";
  const std::size_t first = pem.find(begin);
  if (first == std::string_view::npos || pem.size() > std::size_t{1} << 20 ||
      pem.substr(first + begin.size()).find(kind) == std::string_view::npos) {
    return nullptr;
  }
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Require(bio != nullptr, "cannot read a PEM text");
  Pointer parsed(read(bio.get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  if (parsed == nullptr) {
    return nullptr;
  }
  const char* rest = nullptr;
  const long rest_bytes = BIO_get_mem_data(bio.get(), &rest);
  const std::string_view behind(rest, static_cast<std::size_t>(rest_bytes));
  // The reader skips blocks of another kind; what came first must be what was asked for.
  const bool was_first = pem.substr(0, pem.size() - behind.size()).rfind(begin) == first;
  if (!was_first || behind.find_first_not_of(" \t\r\n") != std::string_view::npos) {
    return nullptr;
  }
  return parsed;
}

std::string TextOf(BIO* bio) {
  const char* data = nullptr;
  const long bytes = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(bytes)};
}

domain::Time TimeOf(const ASN1_TIME* time) {
  std::tm tm{};
  Require(ASN1_TIME_to_tm(time, &tm) == 1, "a certificate's date cannot be read");
  const std::chrono::year_month_day day{std::chrono::year{tm.tm_year + 1900},
                                        std::chrono::month{static_cast<unsigned>(tm.tm_mon + 1)},
                                        std::chrono::day{static_cast<unsigned>(tm.tm_mday)}};
  return std::chrono::sys_days{day} + std::chrono::hours{tm.tm_hour} +
         std::chrono::minutes{tm.tm_min} + std::chrono::seconds{tm.tm_sec};
}

std::string WhyRsaIsRefused(EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits >= kRsaBitsMin && bits <= kRsaBitsMax) {
    return "";
  }
  return "its RSA key has " + std::to_string(bits) + " bits; 2048 to 16384 are taken";
}

std::string WhyEcIsRefused(EVP_PKEY* key) {
  std::array<char, 64> group{};
  std::size_t length = 0;
  const bool named = EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) == 1;
  ERR_clear_error();
  const std::string_view name(group.data(), named ? length : 0);
  if (name == "prime256v1" || name == "secp384r1" || name == "secp521r1") {
    return "";
  }
  return "its EC key is not on P-256, P-384 or P-521";
}

}  // namespace

void ThrowOpenssl(const std::string& what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  const std::string text = reason == nullptr ? what : what + ": " + reason;
  ERR_clear_error();
  throw PkiError(text);
}

CertificatePtr ParseCertificate(std::string_view pem) {
  return ParseOne<CertificatePtr>(pem, "CERTIFICATE-----", PEM_read_bio_X509);
}

RequestPtr ParseRequest(std::string_view pem) {
  return ParseOne<RequestPtr>(pem, "CERTIFICATE REQUEST-----", PEM_read_bio_X509_REQ);
}

KeyPtr ParsePrivateKey(std::string_view pem) {
  return ParseOne<KeyPtr>(pem, "PRIVATE KEY-----", PEM_read_bio_PrivateKey);
}

std::string ToPem(X509& certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  Require(bio != nullptr && PEM_write_bio_X509(bio.get(), &certificate) == 1,
          "cannot write a certificate");
  return TextOf(bio.get());
}

std::string PublicKeyPem(EVP_PKEY& key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  Require(bio != nullptr && PEM_write_bio_PUBKEY(bio.get(), &key) == 1,
          "cannot write a public key");
  return TextOf(bio.get());
}

std::string PrivateKeyPem(EVP_PKEY& key) {
  // This kind of memory is wiped when it is freed.
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  Require(bio != nullptr && PEM_write_bio_PrivateKey_traditional(bio.get(), &key, nullptr, nullptr,
                                                                 0, nullptr, nullptr) == 1,
          "cannot write a private key");
  return TextOf(bio.get());
}

std::string WhyKeyIsRefused(EVP_PKEY* key) {
  switch (key == nullptr ? EVP_PKEY_NONE : EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA: return WhyRsaIsRefused(key);
    case EVP_PKEY_EC: return WhyEcIsRefused(key);
    default: ERR_clear_error(); return "its key is neither RSA nor EC";
  }
}

domain::Certificate Describe(X509& certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int bytes = 0;
  Require(X509_digest(&certificate, EVP_sha256(), digest.data(), &bytes) == 1,
          "cannot hash a certificate");
  domain::Certificate described;
  for (unsigned int i = 0; i < bytes; ++i) {
    constexpr std::string_view kHex = "0123456789abcdef";
    described.id += kHex[digest[i] >> 4];
    described.id += kHex[digest[i] & 15];
  }
  described.pem = ToPem(certificate);
  described.not_before = TimeOf(X509_get0_notBefore(&certificate));
  described.not_after = TimeOf(X509_get0_notAfter(&certificate));
  return described;
}

}  // namespace fieldwork::pki
