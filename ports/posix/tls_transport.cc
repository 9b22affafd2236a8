// The order of events from a host name to a TLS connection, and its end.
#include "ports/posix/tls_transport.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <mbedtls/ssl.h>
#include <mbedtls/x509.h>

#include <algorithm>
#include <cstring>

#include "ports/posix/tls_connection.h"
#include "ports/posix/tls_error.h"

namespace fieldwork::posix {
namespace {

using Step = Progress::Step;

// The handshake's bignums and certificates leave free pages behind; an idle device gives
// them back.
void ReturnFreeMemory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

bool WouldBlock(int code) {
  return code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE;
}

std::string SkippedText(int skipped) { return " ok (" + std::to_string(skipped) + " skipped)"; }

}  // namespace

TlsTransport::TlsTransport() = default;
TlsTransport::~TlsTransport() { Close(); }

void TlsTransport::Open(Instant now, const Endpoint& endpoint, Credentials& credentials,
                        const WallClock& clock) {
  Close();
  endpoint_ = endpoint;
  credentials_ = &credentials;
  clock_ = clock;
  resumed_ = false;
  progress_.clear();
  if (!clock.is_set()) return Fail("certificate dates cannot be checked: the clock is not set");
  Report(Step::kSeedRandom, "  . Seeding the random number generator...");
  if (!KernelRandomIsReady()) return Fail("the kernel has no random numbers yet");
  Report(Step::kSeedRandomOk, " ok");
  Report(Step::kLoadCa, "  . Loading the CA root certificate ...");
  Report(Step::kLoadCaOk, SkippedText(credentials.ca_skipped()));
  Report(Step::kLoadCertificateOk, SkippedText(0));
  Report(Step::kLoadKeyOk, SkippedText(0));
  Report(Step::kConnect,
         "  . Connecting to tcp/" + endpoint_.host + "/" + std::to_string(endpoint_.port) + "...");
  limit_ = now + kOpenLimit;
  state_ = State::kResolving;
  resolver_ = std::make_unique<Resolver>();
  resolver_->Start(now, endpoint_.host, endpoint_.port, false);
  Advance(now);
}

void TlsTransport::Close() {
  if (state_ == State::kUp) connection_->SayGoodbye();
  Drop();
  state_ = State::kClosed;
  error_.clear();
  closed_by_peer_ = false;
}

Result<std::size_t> TlsTransport::Read(MutableBytes out) {
  if (out.empty()) return Status::kBadArgument;
  if (state_ != State::kUp) return Status::kIo;
  const int result = connection_->Read(out.data(), out.size());
  if (result > 0) return static_cast<std::size_t>(result);
  if (WouldBlock(result)) return Status::kNeedMore;
  return ConnectionOver(result);
}

Result<std::size_t> TlsTransport::Write(Bytes data) {
  if (data.empty()) return Status::kBadArgument;
  if (state_ != State::kUp) return Status::kIo;
  const int result = connection_->Write(data.data(), data.size());
  if (result > 0) return static_cast<std::size_t>(result);
  if (WouldBlock(result)) return Status::kNeedMore;
  return ConnectionOver(result);
}

bool TlsTransport::has_buffered() const {
  return state_ == State::kUp && mbedtls_ssl_check_pending(&connection_->ssl()) != 0;
}

bool TlsTransport::has_unsent() const { return state_ == State::kUp && connection_->has_unsent(); }

std::string_view TlsTransport::cipher_suite() const {
  return state_ == State::kUp ? mbedtls_ssl_get_ciphersuite(&connection_->ssl()) : "";
}

std::string_view TlsTransport::alpn_protocol() const {
  if (state_ != State::kUp) return "";
  const char* protocol = mbedtls_ssl_get_alpn_protocol(&connection_->ssl());
  return protocol != nullptr ? protocol : "";
}

std::vector<Progress> TlsTransport::TakeProgress() {
  return std::exchange(progress_, std::vector<Progress>());
}

void TlsTransport::AddPollFds(std::vector<pollfd>& fds) const {
  if (resolver_ != nullptr) resolver_->AddPollFds(fds);
  if (connector_ != nullptr) connector_->AddPollFds(fds);
  if (connection_ != nullptr) {
    fds.push_back(pollfd{connection_->fd(), connection_->events(), 0});
  }
}

void TlsTransport::OnPoll(Instant now, std::span<const pollfd> fds) {
  if (resolver_ != nullptr) resolver_->OnPoll(now, fds);
  if (connector_ != nullptr) connector_->OnPoll(now, fds);
  if (connection_ != nullptr) {
    const int fd = connection_->fd();
    const auto seen = std::find_if(fds.begin(), fds.end(),
                                   [fd](const pollfd& p) { return p.fd == fd && p.revents != 0; });
    if (seen == fds.end()) return;
  }
  if (state_ == State::kUp) return FlushOutput();
  Advance(now);
}

Instant TlsTransport::Deadline() const {
  Instant next = limit_;
  if (resolver_ != nullptr) next = Earlier(next, resolver_->Deadline());
  if (connector_ != nullptr) next = Earlier(next, connector_->Deadline());
  return next;
}

void TlsTransport::OnTime(Instant now) {
  if (resolver_ != nullptr) resolver_->OnTime(now);
  if (connector_ != nullptr) connector_->OnTime(now);
  if (state_ == State::kResolving || state_ == State::kConnecting) Advance(now);
  if (now < limit_) return;
  const std::string limit = std::to_string(kOpenLimit.count / 1000) + " s";
  if (state_ == State::kResolving) return Fail("no address for the endpoint within " + limit);
  if (state_ == State::kHandshaking) {
    Fail("TLS handshake with " + ToText(peer_) + ": no answer within " + limit);
  }
}

// Moves on as far as can be without waiting; each state that ends hands over to the next.
void TlsTransport::Advance(Instant now) {
  if (state_ == State::kResolving) {
    if (resolver_->state() == Resolver::State::kFailed) return Fail(resolver_->error());
    if (resolver_->state() == Resolver::State::kDone) StartConnecting(now);
  }
  if (state_ == State::kConnecting) {
    if (connector_->state() == TcpConnector::State::kFailed) return Fail(connector_->error());
    if (connector_->state() == TcpConnector::State::kConnected) StartHandshake(now);
  }
  if (state_ == State::kHandshaking) Handshake();
}

void TlsTransport::StartConnecting(Instant now) {
  const std::vector<SocketAddress> addresses = resolver_->addresses();
  resolver_.reset();
  state_ = State::kConnecting;
  connector_ = std::make_unique<TcpConnector>();
  connector_->Start(now, addresses, limit_ - now);
}

void TlsTransport::StartHandshake(Instant now) {
  Report(Step::kConnectOk, " ok");
  peer_ = connector_->peer();
  UniqueFd fd = connector_->TakeFd();
  connector_.reset();
  Report(Step::kSetUp, "  . Setting up the SSL/TLS structure...");
  const std::int64_t unix_ms = clock_.UnixMs(now);
  connection_ = std::make_unique<TlsConnection>(std::move(fd), endpoint_.host, unix_ms);
  const int failed = connection_->SetUp(*credentials_, endpoint_.alpn);
  if (failed != 0) return Fail("cannot set up TLS: " + TlsErrorText(failed));
  offered_ = session_.Offer(connection_->ssl(), EndpointKey(), credentials_->id(), unix_ms);
  Report(Step::kSetUpOk, " ok");
  Report(Step::kHandshake, "  . Performing the SSL/TLS handshake...");
  state_ = State::kHandshaking;
}

void TlsTransport::Handshake() {
  const int result = connection_->Handshake();
  if (WouldBlock(result)) return;
  if (result != 0) return HandshakeFailed(result);
  HandshakeDone();
}

void TlsTransport::HandshakeDone() {
  const ServerIdentity& identity = connection_->identity();
  // A full handshake with our suites always brings a certificate and checks it; without one
  // this is the session that was offered, whose server was checked then.
  resumed_ = !identity.checked();
  // Mbed TLS does not come here otherwise. Looked at again, since all else rests on it.
  if (mbedtls_ssl_get_verify_result(&connection_->ssl()) != 0 || (resumed_ && !offered_)) {
    connection_->SendAlert(MBEDTLS_SSL_ALERT_MSG_BAD_CERT);
    return HandshakeFailed(MBEDTLS_ERR_X509_CERT_VERIFY_FAILED);
  }
  if (resumed_) {
    session_.Renew(connection_->ssl());
  } else {
    session_.Keep(connection_->ssl(), {EndpointKey(), credentials_->id(), identity.valid_from_s(),
                                       identity.valid_to_s()});
  }
  Report(Step::kHandshakeOk, " ok");
  limit_ = kNever;
  state_ = State::kUp;
  ReturnFreeMemory();
}

void TlsTransport::HandshakeFailed(int code) {
  // Offered again, a session that the server stumbles over would fail every attempt to come.
  session_.Drop();
  Fail("TLS handshake with " + ToText(peer_) + ": " + Explain(code));
}

std::string TlsTransport::Explain(int code) const {
  const mbedtls_ssl_context& ssl = connection_->ssl();
  const std::uint32_t flags = mbedtls_ssl_get_verify_result(&ssl);
  if (connection_->identity().checked() && flags != 0 && flags != UINT32_MAX) {
    return connection_->identity().Explain(flags);
  }
  // The alert's two bytes, level and description, are still in the record buffer.
  if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) return ServerAlertText(ssl.in_msg[1]);
  if (connection_->socket_error() != 0) {
    return std::string("connection lost: ") + std::strerror(connection_->socket_error());
  }
  return TlsErrorText(code);
}

std::string TlsTransport::EndpointKey() const {
  return endpoint_.host + ":" + std::to_string(endpoint_.port) + (endpoint_.alpn ? "/alpn" : "");
}

void TlsTransport::FlushOutput() {
  const int result = connection_->Flush();
  if (result != 0 && !WouldBlock(result)) static_cast<void>(ConnectionOver(result));
}

// kIo, and the state that fits the way the connection ended.
Status TlsTransport::ConnectionOver(int code) {
  if (code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
    connection_->SayGoodbye();
    Drop();
    state_ = State::kClosed;
    closed_by_peer_ = true;
    error_ = "closed by the server";
    return Status::kIo;
  }
  if (code == 0) code = MBEDTLS_ERR_SSL_CONN_EOF;
  Fail(Explain(code));
  return Status::kIo;
}

void TlsTransport::Report(Progress::Step step, std::string text) {
  progress_.push_back(Progress{step, std::move(text)});
}

void TlsTransport::Drop() {
  resolver_.reset();
  connector_.reset();
  connection_.reset();
  limit_ = kNever;
}

void TlsTransport::Fail(std::string why) {
  Drop();
  error_ = std::move(why);
  state_ = State::kFailed;
}

}  // namespace fieldwork::posix
