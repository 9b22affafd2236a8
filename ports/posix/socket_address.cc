// Text and numbers of IPv4 and IPv6 socket addresses.
#include "ports/posix/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

namespace fieldwork::posix {
namespace {

// The bytes of a sockaddr are read and written as copies: no aliasing to argue about.
template <class T>
T Load(const SocketAddress& address) {
  T out;
  std::memcpy(&out, &address.storage, sizeof(out));
  return out;
}

template <class T>
SocketAddress Store(const T& in) {
  SocketAddress out;
  std::memcpy(&out.storage, &in, sizeof(in));
  out.length = sizeof(in);
  return out;
}

}  // namespace

std::optional<SocketAddress> ParseNumericAddress(const std::string& host, std::uint16_t port) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) return Store(v4);

  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string bare = bracketed ? host.substr(1, host.size() - 2) : host;
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (inet_pton(AF_INET6, bare.c_str(), &v6.sin6_addr) == 1) return Store(v6);
  return std::nullopt;
}

std::uint16_t PortOf(const SocketAddress& address) {
  if (address.family() == AF_INET) return ntohs(Load<sockaddr_in>(address).sin_port);
  if (address.family() == AF_INET6) return ntohs(Load<sockaddr_in6>(address).sin6_port);
  return 0;
}

std::string ToText(const SocketAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const std::string port = ":" + std::to_string(PortOf(address));
  if (address.family() == AF_INET) {
    const auto v4 = Load<sockaddr_in>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return text.data() + port;
  }
  if (address.family() == AF_INET6) {
    const auto v6 = Load<sockaddr_in6>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return "[" + std::string(text.data()) + "]" + port;
  }
  return "(address of another family)";
}

}  // namespace fieldwork::posix
