// Reading and judging of PEM files.
#include "ports/posix/credentials.h"

#include <fcntl.h>
#include <mbedtls/platform_util.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

#include "ports/posix/tls_error.h"
#include "ports/posix/unique_fd.h"

namespace fieldwork::posix {
namespace {

// The bundle of a whole distribution is about 220 KB.
constexpr off_t kFileBytesMax = 1024 * 1024;
constexpr std::size_t kRsaBitsMin = 2048;

// A file's text with the NUL that Mbed TLS wants at the end; wiped when it goes.
class SecretText {
 public:
  explicit SecretText(std::size_t bytes) : bytes_(bytes + 1) {}
  ~SecretText() { mbedtls_platform_zeroize(bytes_.data(), bytes_.size()); }
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;

  unsigned char* data() { return bytes_.data(); }
  std::size_t size_with_nul() const { return bytes_.size(); }
  std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size() - 1};
  }

 private:
  std::vector<unsigned char> bytes_;
};

std::string CannotRead(const std::string& path, const std::string& why) {
  return "cannot read " + path + ": " + why;
}

bool KeyFileIsPrivate(const std::string& path, const struct stat& info, std::string& error) {
  if (info.st_uid != geteuid() && info.st_uid != 0) {
    error = "private key " + path + " belongs to another user (uid " + std::to_string(info.st_uid) +
            "); chown it to the user that runs this program";
    return false;
  }
  if ((info.st_mode & 077) != 0) {
    error = "private key " + path + " can be used by group or others; run: chmod 600 " + path;
    return false;
  }
  return true;
}

bool ReadAll(int fd, SecretText& text) {
  std::size_t done = 0;
  const std::size_t want = text.size_with_nul() - 1;
  while (done < want) {
    const ssize_t n = read(fd, text.data() + done, want - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      if (n == 0) errno = EIO;  // The file shrank while it was read.
      return false;
    }
    done += static_cast<std::size_t>(n);
  }
  return true;
}

std::unique_ptr<SecretText> ReadPem(const std::string& path, bool is_key, std::string& error) {
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!fd.valid() || fstat(fd.get(), &info) != 0) {
    error = CannotRead(path, std::strerror(errno));
    return nullptr;
  }
  if (!S_ISREG(info.st_mode)) {
    error = CannotRead(path, "not a regular file");
    return nullptr;
  }
  if (is_key && !KeyFileIsPrivate(path, info, error)) return nullptr;
  if (info.st_size == 0 || info.st_size > kFileBytesMax) {
    error = CannotRead(path, info.st_size == 0 ? "the file is empty" : "larger than 1 MB");
    return nullptr;
  }
  auto text = std::make_unique<SecretText>(static_cast<std::size_t>(info.st_size));
  if (!ReadAll(fd.get(), *text)) {
    error = CannotRead(path, std::strerror(errno));
    return nullptr;
  }
  return text;
}

// Number of certificates that could not be parsed, or a negative Mbed TLS code.
int ParseCertificates(const std::string& path, mbedtls_x509_crt* out, std::string& error) {
  const auto text = ReadPem(path, false, error);
  if (text == nullptr) return MBEDTLS_ERR_X509_FILE_IO_ERROR;
  if (text->view().find("-----BEGIN CERTIFICATE-----") == std::string_view::npos) {
    error = path + " holds no PEM certificate";
    return MBEDTLS_ERR_X509_INVALID_FORMAT;
  }
  const int result = mbedtls_x509_crt_parse(out, text->data(), text->size_with_nul());
  if (result < 0) error = "bad certificate in " + path + ": " + TlsErrorText(result);
  return result;
}

bool KeyIsStrong(const std::string& path, const mbedtls_pk_context& key, std::string& error) {
  if (mbedtls_pk_get_type(&key) == MBEDTLS_PK_RSA) {
    const std::size_t bits = mbedtls_pk_get_bitlen(&key);
    if (bits >= kRsaBitsMin) return true;
    error = "private key " + path + " is RSA with " + std::to_string(bits) +
            " bits; at least 2048 are needed";
    return false;
  }
  if (mbedtls_pk_get_type(&key) == MBEDTLS_PK_ECKEY) {
    const mbedtls_ecp_group_id curve = mbedtls_pk_ec(key)->grp.id;
    if (curve == MBEDTLS_ECP_DP_SECP256R1 || curve == MBEDTLS_ECP_DP_SECP384R1 ||
        curve == MBEDTLS_ECP_DP_SECP521R1) {
      return true;
    }
    error = "private key " + path + " is on a curve other than P-256, P-384 and P-521";
    return false;
  }
  error = "private key " + path + " is neither RSA nor ECDSA";
  return false;
}

std::uint64_t NextId() {
  static std::uint64_t last = 0;
  return ++last;
}

}  // namespace

std::unique_ptr<Credentials> Credentials::Load(const CredentialFiles& files, std::string& error) {
  std::unique_ptr<Credentials> made(new Credentials);
  if (!made->LoadCa(files.ca, error) || !made->LoadCertificate(files.certificate, error) ||
      !made->LoadKey(files.private_key, error)) {
    return nullptr;
  }
  if (mbedtls_pk_check_pair(&made->certificate_.pk, &made->key_) != 0) {
    error = "private key " + files.private_key + " does not belong to the certificate in " +
            files.certificate;
    return nullptr;
  }
  return made;
}

Credentials::Credentials() : id_(NextId()) {
  mbedtls_x509_crt_init(&ca_);
  mbedtls_x509_crt_init(&certificate_);
  mbedtls_pk_init(&key_);
}

Credentials::~Credentials() {
  mbedtls_pk_free(&key_);
  mbedtls_x509_crt_free(&certificate_);
  mbedtls_x509_crt_free(&ca_);
}

bool Credentials::LoadCa(const std::string& path, std::string& error) {
  // One unreadable certificate of a bundle only means one authority fewer to trust.
  ca_skipped_ = ParseCertificates(path, &ca_, error);
  return ca_skipped_ >= 0;
}

bool Credentials::LoadCertificate(const std::string& path, std::string& error) {
  const int result = ParseCertificates(path, &certificate_, error);
  if (result > 0) error = "bad certificate in " + path + ": part of the chain is damaged";
  return result == 0;
}

bool Credentials::LoadKey(const std::string& path, std::string& error) {
  const auto text = ReadPem(path, true, error);
  if (text == nullptr) return false;
  if (text->view().find("PRIVATE KEY-----") == std::string_view::npos) {
    error = path + " holds no PEM private key";
    return false;
  }
  const int result = mbedtls_pk_parse_key(&key_, text->data(), text->size_with_nul(), nullptr, 0);
  if (result == MBEDTLS_ERR_PK_PASSWORD_REQUIRED) {
    error = "private key " + path + " is encrypted; store it without a password, mode 600";
    return false;
  }
  if (result != 0) {
    error = "bad private key in " + path + ": " + TlsErrorText(result);
    return false;
  }
  return KeyIsStrong(path, key_, error);
}

}  // namespace fieldwork::posix
