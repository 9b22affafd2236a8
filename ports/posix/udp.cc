// Tells "not now" from "failed", whatever errno the kernel chose for it.
#include "ports/posix/udp.h"

#include <sys/socket.h>

#include <cerrno>

namespace fieldwork::posix {

Status UdpSocket::Connect(const SocketAddress& peer) {
  fd_.Reset(::socket(peer.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd_.valid() && ::connect(fd_.get(), peer.get(), peer.length) == 0) return Status::kOk;
  error_number_ = errno;
  fd_.Reset();
  return Status::kIo;
}

Status UdpSocket::Send(Bytes datagram) {
  ssize_t sent = 0;
  do {
    sent = ::send(fd_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? Fail() : Status::kOk;
}

Result<std::size_t> UdpSocket::Receive(MutableBytes out) {
  ssize_t received = 0;
  do {
    received = ::recv(fd_.get(), out.data(), out.size(), 0);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return Fail();
  return static_cast<std::size_t>(received);
}

Status UdpSocket::Fail() {
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) return Status::kNeedMore;
  error_number_ = errno;
  return Status::kIo;
}

}  // namespace fieldwork::posix
