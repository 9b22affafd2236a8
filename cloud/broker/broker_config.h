// Decides what mosquitto.conf says: one text, made from what the service was asked for.
//
// Pure: no file, no clock. All names in it are relative to the broker's working directory.
// Source: mosquitto.conf(5) of 2.0.11; AWS IoT Core quotas, "Message broker and protocol limits".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "cloud/broker/trusted_certificates.h"

namespace fieldwork::broker {

// The files of DATA/broker, beside kTrustFolder.
inline constexpr const char* kConfigFile = "mosquitto.conf";
inline constexpr const char* kPluginFile = "fieldwork_broker.so";
inline constexpr const char* kCertificateFile = "server.pem";
inline constexpr const char* kKeyFile = "server.key";
inline constexpr const char* kSocketFile = "broker.sock";
inline constexpr const char* kLogFile = "broker.log";
inline constexpr const char* kDatabaseFile = "mosquitto.db";

/// The largest MQTT packet that the broker takes, from devices and from the service alike (146 KB,
/// what AWS takes from MQTT 5 clients). The plugin holds devices to payloads of 128 KB.
inline constexpr std::size_t kPacketBytesMax = std::size_t{146} * 1024;

struct BrokerConfig {
  std::string host;
  std::uint16_t port = 8883;
  bool port_443 = false;
  bool plugin = true;    ///< False: no plugin is loaded; everybody with a certificate may connect.
  bool as_root = false;  ///< There is no other user to run as.
  std::string password;  ///< Hex.
  std::string region;
  std::string account;
};

/// Throws BrokerError if a value has characters that would end its line or word.
std::string ConfigText(const BrokerConfig& config);

}  // namespace fieldwork::broker
