// Decides whether the broker could listen at an address, before it tries.
#include "cloud/broker/broker_port.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <system_error>

#include "cloud/broker/broker_process.h"
#include "cloud/broker/supervisor.h"

namespace fieldwork::broker {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

// As Mosquitto resolves it.
Addresses Resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int rc = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (rc != 0) {
    throw BrokerError("cannot listen at " + host + ": " + gai_strerror(rc));
  }
  return {found, freeaddrinfo};
}

// The port that was bound, or nothing and errno.
std::optional<std::uint16_t> Bind(const addrinfo& address) {
  const UniqueFd fd(socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.ai_family == AF_INET6) {
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  // The socket interface takes any address by its common head.
  if (bind(fd.get(), address.ai_addr, address.ai_addrlen) != 0 ||
      getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &length) != 0) {
    return std::nullopt;
  }
  // sin_port and sin6_port are at the same place.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
}

[[noreturn]] void FailTaken(const std::string& host, std::uint16_t port, int error) {
  std::string text = "port " + std::to_string(port) + " at " + host + " is taken: ";
  std::string advice = "; end the program that listens there, or choose another port";
  if (error == EACCES) {
    text = "port " + std::to_string(port) + " at " + host + " is not allowed: ";
    advice = "; ports below 1024 need root, or a lower net.ipv4.ip_unprivileged_port_start";
  } else if (error != EADDRINUSE) {
    text = "cannot listen on port " + std::to_string(port) + " at " + host + ": ";
    advice = "; is that an address of this machine?";
  }
  throw BrokerError(text + std::generic_category().message(error) + advice);
}

void CheckAll(const std::string& host, std::uint16_t port) {
  const Addresses addresses = Resolve(host, port);
  for (const addrinfo* each = addresses.get(); each != nullptr; each = each->ai_next) {
    if (!Bind(*each)) {
      FailTaken(host, port, errno);
    }
  }
}

}  // namespace

std::uint16_t CheckPort(const std::string& host, std::uint16_t port) {
  if (port != 0) {
    CheckAll(host, port);
    return port;
  }
  constexpr int kTries = 20;
  for (int i = 1;; ++i) {
    const std::optional<std::uint16_t> free = Bind(*Resolve(host, 0));
    if (!free) {
      FailTaken(host, 0, errno);
    }
    try {
      CheckAll(host, *free);  // A host may have several addresses.
      return *free;
    } catch (const BrokerError&) {
      if (i == kTries) {
        throw;
      }
    }
  }
}

}  // namespace fieldwork::broker
