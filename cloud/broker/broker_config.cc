// Decides what mosquitto.conf says: one text, made from what the service was asked for.
#include "cloud/broker/broker_config.h"

#include "cloud/broker/supervisor.h"

namespace fieldwork::broker {
namespace {

const std::string& Word(const char* what, const std::string& value) {
  bool fits = !value.empty() && value.front() != '#';
  for (const char c : value) {
    fits = fits && c > ' ' && c <= '~';
  }
  if (!fits) {
    throw BrokerError(std::string("the broker's ") + what + " \"" + value +
                      "\" must be one word of visible ASCII characters");
  }
  return value;
}

// per_listener_settings true would keep the plugin's tick from being called. The queues of
// Mosquitto are bounded by default, and silently lose what does not fit.
std::string Globals() {
  return "per_listener_settings false\n"
         "set_tcp_nodelay true\n"
         "max_queued_messages 0\n"
         "max_inflight_messages 0\n"
         "max_packet_size " +
         std::to_string(kPacketBytesMax) +
         "\n"
         "max_keepalive 1200\n"
         "persistent_client_expiration 1h\n"
         "sys_interval 0\n";
}

// Saved at a clean end alone. A save stops the broker for 0.1 s with 10,000 sessions, and one that
// is older than the crash would bring back requests that were answered and sessions without their
// latest subscriptions. Without it a crash is an end of all sessions, which every client is told.
std::string Persistence() {
  return std::string("persistence true\n") + "persistence_file " + kDatabaseFile +
         "\n"
         "autosave_interval 0\n";
}

std::string Log() {
  return std::string("log_dest file ") + kLogFile +
         "\n"
         "log_type error\n"
         "log_type warning\n"
         "log_type notice\n"
         "log_timestamp_format %Y-%m-%dT%H:%M:%S\n";
}

// A folder of CAs, not a file: it is looked into when an unknown one turns up, so that a CA that is
// added counts at once. Mosquitto reads a file of CAs only when it starts.
std::string TlsListener(const std::string& host, std::uint16_t port) {
  return "\nlistener " + std::to_string(port) + " " + Word("host", host) +
         "\n"
         "max_qos 1\n"
         "max_topic_alias 8\n"
         "tls_version tlsv1.2\n"
         "require_certificate true\n"
         "capath " +
         kTrustFolder + "\ncertfile " + kCertificateFile + "\nkeyfile " + kKeyFile + "\n";
}

std::string Plugin(const BrokerConfig& config) {
  if (!config.plugin) {
    return "allow_anonymous true\n";
  }
  return std::string("allow_anonymous false\n") + "plugin ./" + kPluginFile +
         "\nplugin_opt_service_password " + Word("password", config.password) +
         "\nplugin_opt_region " + Word("region", config.region) + "\nplugin_opt_account " +
         Word("account", config.account) + "\n";
}

}  // namespace

std::string ConfigText(const BrokerConfig& config) {
  std::string text = "# Written by fieldwork-cloud at each start of the broker.\n";
  text += config.as_root ? "user root\n" : "";
  text += Globals() + Persistence() + Log() + Plugin(config);
  text += TlsListener(config.host, config.port);
  text += config.port_443 ? TlsListener(config.host, 443) : "";
  // The last one: when it accepts, the others do.
  return text + "\nlistener 0 " + kSocketFile + "\n";
}

}  // namespace fieldwork::broker
