// Decides whether the broker could listen at an address, before it tries.
#pragma once

#include <cstdint>
#include <string>

namespace fieldwork::broker {

/// Throws BrokerError, saying why nobody can listen on `port` at all addresses of `host` now. 0: a
/// free one is looked for. Returns the port. It is not held: somebody else may take it meanwhile.
std::uint16_t CheckPort(const std::string& host, std::uint16_t port);

}  // namespace fieldwork::broker
