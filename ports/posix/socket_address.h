// Where a socket can be connected to: one IPv4 or IPv6 address with its port.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

namespace fieldwork::posix {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  int family() const { return storage.ss_family; }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

/// From "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; empty for everything else, host names
/// included. Never asks a name server.
std::optional<SocketAddress> ParseNumericAddress(const std::string& host, std::uint16_t port);

/// The port in host order; 0 for a family without ports.
std::uint16_t PortOf(const SocketAddress& address);

/// "192.0.2.1:8883", "[2001:db8::1]:8883".
std::string ToText(const SocketAddress& address);

}  // namespace fieldwork::posix
