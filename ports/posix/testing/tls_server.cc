// Starting s_server and learning its port.
#include "ports/posix/testing/tls_server.h"

#include <cstdlib>
#include <stdexcept>

namespace fieldwork::posix::testing {
namespace {

std::vector<std::string> Command(const Certificate& certificate, const std::string& client_ca,
                                 const TlsServer::Options& options) {
  std::vector<std::string> command = {"openssl",
                                      "s_server",
                                      "-accept",
                                      options.address + ":" + std::to_string(options.port),
                                      "-cert",
                                      certificate.path,
                                      "-key",
                                      certificate.key_path,
                                      "-CAfile",
                                      client_ca,
                                      "-Verify",
                                      "3",
                                      "-verify_return_error",
                                      "-rev"};
  command.insert(command.end(), options.arguments.begin(), options.arguments.end());
  return command;
}

}  // namespace

TlsServer::TlsServer(const Certificate& certificate, const std::string& client_ca,
                     const Options& options)
    : process_(Command(certificate, client_ca, options)) {
  // With port 0 the program prints the address it got: "ACCEPT 127.0.0.1:41234", else "ACCEPT".
  const std::string line = process_.WaitForLine("ACCEPT");
  if (line.empty()) {
    throw std::runtime_error("openssl s_server does not start:\n" + process_.output());
  }
  port_ = options.port;
  if (port_ == 0) {
    const char* digits = line.c_str() + line.rfind(':') + 1;
    port_ = static_cast<std::uint16_t>(std::strtoul(digits, nullptr, 10));
  }
}

}  // namespace fieldwork::posix::testing
