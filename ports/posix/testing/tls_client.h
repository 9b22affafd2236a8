// A device for tests of the transport: a throw-away authority, the device's certificate, a board
// clock that a test can set, and a transport driven by poll().
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "device/base/civil_time.h"
#include "ports/posix/testing/pki.h"
#include "ports/posix/testing/poll_loop.h"
#include "ports/posix/testing/tls_server.h"
#include "ports/posix/tls_transport.h"

namespace fieldwork::posix::testing {

inline std::int64_t UnixMsOf(int year, int month, int day) {
  CivilTime civil;
  civil.year = year;
  civil.month = static_cast<std::uint8_t>(month);
  civil.day = static_cast<std::uint8_t>(day);
  return *UnixFromCivil(civil) * 1000;
}

struct TlsClientTest : ::testing::Test {
  using State = TlsTransport::State;

  TlsClientTest() { SetBoardClock(2026, 6, 1); }

  void SetBoardClock(int year, int month, int day) { clock.Set(now, UnixMsOf(year, month, day)); }

  /// The device, signed by `pki` unless a test made another certificate before.
  Credentials& Device() {
    if (credentials != nullptr) return *credentials;
    CertificateSpec spec;
    spec.name = "device";
    spec.usage = "clientAuth";
    spec.key = device_key;
    const Certificate device = pki.Issue(spec);
    std::string error;
    credentials = Credentials::Load({ca_path, device.path, device.key_path}, error);
    if (credentials == nullptr) ADD_FAILURE() << error;
    return *credentials;
  }

  /// A server with the certificate of `spec`.
  std::unique_ptr<TlsServer> Serve(const CertificateSpec& spec,
                                   const TlsServer::Options& options = {}) {
    return std::make_unique<TlsServer>(pki.Issue(spec), pki.ca_path(), options);
  }

  /// Opens and waits for kUp or the end.
  State Open(const Endpoint& endpoint) {
    transport.Open(now, endpoint, Device(), clock);
    EXPECT_TRUE(PollUntil(transport, now, [this] {
      return transport.state() == State::kUp || transport.state() == State::kFailed ||
             transport.state() == State::kClosed;
    }));
    return transport.state();
  }
  State Open(const std::string& host, const TlsServer& server) {
    return Open(Endpoint::For(host, server.port()));
  }

  bool WriteAll(std::string_view text) {
    Bytes left = AsBytes(text);
    return PollUntil(transport, now, [&] {
      const auto n = left.empty() ? Result<std::size_t>(0) : transport.Write(left);
      if (n.ok()) left = left.subspan(*n);
      return left.empty();
    });
  }

  /// Reads `size` bytes; fewer when the connection ends before.
  std::string ReadText(std::size_t size) {
    std::string out;
    Status status = Status::kOk;
    PollUntil(transport, now, [&] {
      std::array<std::uint8_t, 1024> buffer{};
      const std::size_t room = std::min(size - out.size(), buffer.size());
      const auto n = transport.Read(MutableBytes(buffer).first(room));
      status = n.status();
      if (n.ok()) out += AsText(Bytes(buffer).first(*n));
      return out.size() == size || status == Status::kIo;
    });
    return out;
  }

  TestPki pki;
  std::string ca_path = pki.ca_path();  ///< Whom the device trusts.
  KeyKind device_key = KeyKind::kP256;
  std::unique_ptr<Credentials> credentials;
  Instant now{77000};
  WallClock clock;
  TlsTransport transport;
};

}  // namespace fieldwork::posix::testing
