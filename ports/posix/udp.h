// Datagrams to and from one address, without blocking.
//
// The socket is connected, so that the kernel drops what comes from anybody else and tells us
// when the other end's port is closed. Each Connect() gets a fresh local port from the kernel.
//
// Threads: one owner; calls must not overlap.
#pragma once

#include <cstddef>

#include "device/base/bytes.h"
#include "device/base/result.h"
#include "ports/posix/socket_address.h"
#include "ports/posix/unique_fd.h"

namespace fieldwork::posix {

class UdpSocket {
 public:
  /// Closes the former socket. kIo: error_number() says why (no route, no such family).
  Status Connect(const SocketAddress& peer);

  /// Sends one datagram. kNeedMore: the kernel has no room now, and nothing was sent. kIo, also
  /// for news of an earlier datagram (ECONNREFUSED): nothing was sent.
  Status Send(Bytes datagram);

  /// Takes one datagram, cut to `out`. kNeedMore: none is there. kIo: ECONNREFUSED when the
  /// peer's port is closed, and the like; the socket can still be used.
  Result<std::size_t> Receive(MutableBytes out);

  void Close() { fd_.Reset(); }

  /// -1 when closed. Poll it for POLLIN; errors of the network show as readable.
  int fd() const { return fd_.get(); }
  /// The errno of the last kIo.
  int error_number() const { return error_number_; }

 private:
  Status Fail();

  UniqueFd fd_;
  int error_number_ = 0;
};

}  // namespace fieldwork::posix
