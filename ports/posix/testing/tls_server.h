// A real TLS server for a test: `openssl s_server` on a free loopback port. It asks for a client
// certificate and sends every line back reversed; the line "CLOSE" ends the connection.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ports/posix/testing/child_process.h"
#include "ports/posix/testing/pki.h"

namespace fieldwork::posix::testing {

class TlsServer {
 public:
  struct Options {
    std::string address = "127.0.0.1";     ///< Or "[::1]".
    std::uint16_t port = 0;                ///< 0 takes a free one.
    std::vector<std::string> arguments{};  ///< More arguments of s_server.
  };

  /// Ready to accept when it returns; throws std::runtime_error otherwise. Clients must show a
  /// certificate of the authority in `client_ca`.
  TlsServer(const Certificate& certificate, const std::string& client_ca, const Options& options);
  TlsServer(const Certificate& certificate, const std::string& client_ca)
      : TlsServer(certificate, client_ca, Options{}) {}

  std::uint16_t port() const { return port_; }
  ChildProcess& process() { return process_; }

 private:
  ChildProcess process_;
  std::uint16_t port_ = 0;
};

}  // namespace fieldwork::posix::testing
