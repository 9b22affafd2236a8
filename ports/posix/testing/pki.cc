// Drives the openssl program. `openssl ca` is the one command that takes both dates.
#include "ports/posix/testing/pki.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "ports/posix/testing/child_process.h"
#include "ports/posix/unique_fd.h"

namespace fieldwork::posix::testing {

TempFolder::TempFolder() {
  std::string path = "/tmp/fieldwork-test-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("cannot make a folder in /tmp");
  path_ = path;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void WriteFile(const std::string& path, const std::string& text, unsigned mode) {
  const UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  const ssize_t size = static_cast<ssize_t>(text.size());
  if (!fd.valid() || fchmod(fd.get(), mode) != 0 ||
      write(fd.get(), text.data(), text.size()) != size) {
    throw std::runtime_error("cannot write " + path);
  }
}

std::string ReadFile(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string out;
  std::array<char, 4096> buffer{};
  for (ssize_t n = 1; n > 0;) {
    n = read(fd.get(), buffer.data(), buffer.size());
    if (n < 0) throw std::runtime_error("cannot read " + path);
    out.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return out;
}

TestPki::TestPki(const Authority& authority) {
  WriteFile(File("index"), "");
  WriteFile(File("ca.cnf"),
            "[ca]\ndefault_ca = test\n[test]\ndatabase = " + File("index") +
                "\nnew_certs_dir = " + folder_.path() +
                "\nrand_serial = yes\nunique_subject = no\ndefault_md = sha256\npolicy = any\n"
                "[any]\ncommonName = supplied\n");
  CertificateSpec spec;
  spec.name = "ca";
  spec.key = authority.key;
  spec.not_before = authority.not_before;
  spec.not_after = authority.not_after;
  MakeKey(File("ca.key"), authority.key);
  RunOrThrow({"openssl", "req", "-new", "-key", File("ca.key"), "-subj", "/CN=" + authority.name,
              "-out", File("ca.csr")});
  Make(spec, "basicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign\n",
       true);
}

Certificate TestPki::Issue(const CertificateSpec& spec) {
  MakeKey(File(spec.name + ".key"), spec.key);
  RunOrThrow({"openssl", "req", "-new", "-key", File(spec.name + ".key"), "-subj",
              "/CN=" + spec.name, "-out", File(spec.name + ".csr")});
  std::string extensions = "basicConstraints = critical, CA:FALSE\n";
  if (!spec.usage.empty()) extensions += "extendedKeyUsage = " + spec.usage + "\n";
  if (!spec.san.empty()) extensions += "subjectAltName = " + spec.san + "\n";
  return Make(spec, extensions, false);
}

Certificate TestPki::SelfSigned(const CertificateSpec& spec) {
  Issue(spec);  // For the key and the request.
  return Make(spec, "subjectAltName = " + spec.san + "\n", true);
}

void TestPki::MakeKey(const std::string& path, KeyKind kind) {
  std::vector<std::string> command = {"openssl", "genpkey", "-out", path};
  if (kind == KeyKind::kP256) {
    command.insert(command.end(), {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"});
  } else {
    const char* bits = kind == KeyKind::kRsa2048 ? "2048" : "1024";
    command.insert(command.end(),
                   {"-algorithm", "RSA", "-pkeyopt", std::string("rsa_keygen_bits:") + bits});
  }
  RunOrThrow(command);
  chmod(path.c_str(), 0600);
}

Certificate TestPki::Make(const CertificateSpec& spec, const std::string& extensions,
                          bool self_signed) {
  const Certificate made{File(spec.name + ".pem"), File(spec.name + ".key")};
  WriteFile(File(spec.name + ".ext"), extensions);
  std::vector<std::string> command = {"openssl",    "ca",
                                      "-batch",     "-notext",
                                      "-config",    File("ca.cnf"),
                                      "-startdate", spec.not_before,
                                      "-enddate",   spec.not_after,
                                      "-extfile",   File(spec.name + ".ext"),
                                      "-in",        File(spec.name + ".csr"),
                                      "-out",       made.path};
  if (self_signed) {
    command.insert(command.end(), {"-selfsign", "-keyfile", made.key_path});
  } else {
    command.insert(command.end(), {"-cert", ca_path(), "-keyfile", File("ca.key")});
  }
  RunOrThrow(command);
  return made;
}

}  // namespace fieldwork::posix::testing
