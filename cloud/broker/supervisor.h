// Decides how the cloud's Mosquitto runs: writes its configuration, starts it, watches it, starts
// it again when it dies, adopts one that an earlier service left, stops it.
//
// Everything of the broker lives in DATA/broker: mosquitto.conf, the plugin, the server's key, the
// private socket, its log and its persistence. The broker is started with that folder as its
// working directory and finds all of it by relative names, so it may run as another user although
// the path to the folder is closed to that user. One io_context, one thread.
#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

namespace fieldwork::broker {

/// The broker cannot run; the text says why and what to do (port taken, Mosquitto missing or older
/// than 2.0.11, plugin missing). Ends the start of the service.
class BrokerError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct SupervisorOptions {
  std::filesystem::path folder;         ///< DATA/broker, exists, mode 0700.
  std::string mosquitto = "mosquitto";  ///< The program; looked up in PATH and /usr/sbin.
  /// fieldwork_broker.so; copied into the folder. Empty: none, and whoever has a certificate of
  /// the CAs may do everything (for tests of what does not need it).
  std::filesystem::path plugin;
  std::filesystem::path ca_pem;  ///< Trusted for device certificates: root and registered CAs.
  std::filesystem::path certificate_pem;
  std::filesystem::path key_pem;
  std::string host = "127.0.0.1";
  std::uint16_t port = 8883;  ///< 0: a free one is taken.
  bool port_443 = false;      ///< Listen on 443 as well.
  std::string region;
  std::string account;
  std::string user = "mosquitto";  ///< Runs as this one when started as root.
};

class Supervisor {
 public:
  struct Events {
    /// The private socket accepts connections: connect the link now. Called from the event loop,
    /// first after Start(), and again after each restart.
    std::function<void()> up;
    /// The broker has died; it will be started again after a delay.
    std::function<void(const std::string& why)> down;
  };

  Supervisor(boost::asio::any_io_executor executor, SupervisorOptions options, Events events);
  ~Supervisor();

  /// Adopts the broker that runs on this folder, or starts one. Throws BrokerError.
  void Start();
  /// The files that the options name have changed (renewed server certificate, other CAs). New
  /// connections are served with them, open ones stay. A CA that was taken away may be trusted
  /// until the broker's next start: Mosquitto keeps those that it has used. Throws BrokerError if
  /// a file cannot be read.
  void ReloadCertificates();
  /// Ends the broker (SIGTERM, then SIGKILL after 2 s) unless `keep`; returns when it is gone. A
  /// broker that is kept goes on without this process; the next Start() on the folder adopts it.
  void Stop(bool keep);

  std::uint16_t port() const;  ///< The port of the TLS listener, after Start().
  pid_t pid() const;
  bool adopted() const;  ///< It was running already.
  /// A path for connect(2), short whatever the folder's path is; valid while this object lives.
  std::string socket_path() const;
  /// The service's password at the private listener; made anew with each configuration.
  const std::string& password() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace fieldwork::broker
