// Decides how the device talks to its cloud: TCP to one of the endpoint's addresses, TLS 1.2 with
// the device's certificate, and a server that has proven who it is. There is no way to talk to a
// server that has not.
//
// Poll-driven: Open(), then OnPoll()/OnTime() as poll() and Deadline() say until state() is kUp
// or kFailed; then Read() and Write() until kNeedMore after each poll.
//
// Spec:    RFC 5246; RFC 7525 (suites: ECDHE with AES-GCM or ChaCha20-Poly1305 only);
//          AWS IoT Developer Guide, "Device communication protocols" (port 443 needs ALPN
//          "x-amzn-mqtt-ca").
// Memory:  while open about 40 KB, of which Mbed TLS has 33 KB for its two record buffers; the
//          name server channel and the connector are freed on the way.
// Threads: one owner; calls must not overlap.
#pragma once

#include <poll.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "device/base/bytes.h"
#include "device/base/result.h"
#include "device/base/time.h"
#include "device/base/wall_clock.h"
#include "ports/posix/credentials.h"
#include "ports/posix/resolver.h"
#include "ports/posix/socket_address.h"
#include "ports/posix/tcp_connector.h"
#include "ports/posix/tls_session.h"

namespace fieldwork::posix {

class TlsConnection;

/// Where to connect.
struct Endpoint {
  std::string host;  ///< A DNS name or a numeric address.
  std::uint16_t port = 8883;
  bool alpn = false;  ///< Offer ALPN "x-amzn-mqtt-ca": MQTT with a client certificate.

  /// With ALPN exactly when AWS needs it: on port 443.
  static Endpoint For(std::string host, std::uint16_t port) {
    return Endpoint{std::move(host), port, port == 443};
  }
};

/// One line for the log of a person who watches a connection come up.
struct Progress {
  enum class Step : std::uint8_t {
    kSeedRandom,  ///< Each kX begins a step, the kXOk after it says that it went well.
    kSeedRandomOk,
    kLoadCa,
    kLoadCaOk,           ///< For the CA file; the text has the number of certificates skipped.
    kLoadCertificateOk,  ///< For the device certificate.
    kLoadKeyOk,          ///< For the private key.
    kConnect,
    kConnectOk,
    kSetUp,
    kSetUpOk,
    kHandshake,
    kHandshakeOk,
  };
  Step step;
  std::string text;  ///< Without line end: "  . Connecting to tcp/HOST/PORT...", " ok".
};

class TlsTransport {
 public:
  enum class State : std::uint8_t {
    kClosed,       ///< Not opened, Close()d, or closed by the server in order.
    kResolving,    ///< Asking name servers.
    kConnecting,   ///< TCP.
    kHandshaking,  ///< TLS.
    kUp,           ///< Read() and Write() work.
    kFailed,       ///< error() says why. Open() tries anew.
  };

  /// From Open() to kUp, all steps together.
  static constexpr Millis kOpenLimit = Seconds(30);

  TlsTransport();
  ~TlsTransport();
  TlsTransport(const TlsTransport&) = delete;
  TlsTransport& operator=(const TlsTransport&) = delete;

  /// Starts to connect; closes what was open before. kFailed at once when `clock` is not set.
  /// `credentials` must outlive the connection; `clock` is copied.
  void Open(Instant now, const Endpoint& endpoint, Credentials& credentials,
            const WallClock& clock);
  /// Says goodbye (close_notify) when kUp, and closes. Harmless when closed. error() is cleared.
  void Close();

  /// Up to out.size() bytes, at least one. kNeedMore: nothing there now. kIo: the connection is
  /// over; closed_by_peer() tells an orderly end from a failure. kBadArgument: `out` is empty.
  Result<std::size_t> Read(MutableBytes out);
  /// Takes 1 to data.size() bytes from the front; they are sent as the socket lets them, OnPoll()
  /// sees to it. kNeedMore: none taken, earlier ones wait for the socket. kIo: the connection is
  /// over. kBadArgument: `data` is empty.
  Result<std::size_t> Write(Bytes data);
  /// True while bytes that Write() took wait for the socket: Close() would lose them.
  bool has_unsent() const;
  /// True when Read() has bytes that poll() does not know of: call it before sleeping.
  bool has_buffered() const;

  State state() const { return state_; }
  /// Why the state is kFailed, or kClosed by the server. For a person.
  const std::string& error() const { return error_; }
  /// The server ended the connection with close_notify; the state is kClosed.
  bool closed_by_peer() const { return closed_by_peer_; }
  /// The last handshake took up an earlier session. Valid from kUp to the next Open().
  bool resumed() const { return resumed_; }
  /// The following are valid while kUp.
  const SocketAddress& peer() const { return peer_; }
  std::string_view cipher_suite() const;   ///< "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256".
  std::string_view alpn_protocol() const;  ///< Empty when the server chose none.

  /// What was done since the last call, in order.
  std::vector<Progress> TakeProgress();

  void AddPollFds(std::vector<pollfd>& fds) const;
  /// `fds` may hold descriptors of others; those are passed over.
  void OnPoll(Instant now, std::span<const pollfd> fds);
  /// When OnTime() next matters; kNever when nothing is being opened. Changes with every call.
  Instant Deadline() const;
  /// Earlier calls are harmless.
  void OnTime(Instant now);

 private:
  void Advance(Instant now);
  void StartConnecting(Instant now);
  void StartHandshake(Instant now);
  void Handshake();
  void HandshakeDone();
  void HandshakeFailed(int code);
  std::string Explain(int code) const;
  std::string EndpointKey() const;
  void FlushOutput();
  Status ConnectionOver(int code);
  void Report(Progress::Step step, std::string text);
  void Drop();
  void Fail(std::string why);

  State state_ = State::kClosed;
  Endpoint endpoint_;
  Credentials* credentials_ = nullptr;
  WallClock clock_;
  Instant limit_ = kNever;
  std::unique_ptr<Resolver> resolver_;         // Only while kResolving.
  std::unique_ptr<TcpConnector> connector_;    // Only while kConnecting.
  std::unique_ptr<TlsConnection> connection_;  // From kHandshaking to the end of kUp.
  TlsSession session_;
  SocketAddress peer_;
  std::vector<Progress> progress_;
  std::string error_;
  bool closed_by_peer_ = false;
  bool offered_ = false;  // The handshake under way offered an earlier session.
  bool resumed_ = false;
};

}  // namespace fieldwork::posix
