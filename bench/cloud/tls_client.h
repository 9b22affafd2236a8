// Decides how a measuring client moves bytes: the device core's MQTT session over TLS on Asio.
//
// Thousands fit into one process. One io_context, one thread.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "device/mqtt/session.h"

namespace fieldwork::bench {

class TlsClient {
 public:
  struct Events {
    std::function<void()> connected;
    std::function<void()> subscribed;
    std::function<void(std::string_view topic, std::string_view payload)> message;
    std::function<void(const std::string& why)> closed;
  };

  TlsClient(boost::asio::io_context& io, boost::asio::ssl::context& tls, std::string client_id,
            Events events);
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  void Connect(const boost::asio::ip::tcp::endpoint& endpoint);
  /// QoS 1; throws std::runtime_error when it does not fit the session's memory.
  void Publish(std::string_view topic, std::string_view payload);
  void Subscribe(std::string_view filter);

 private:
  void Read();
  void Write();
  void Drain();
  void OnEvent(const mqtt::Event& event);
  void Close(const std::string& why);

  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
  std::string client_id_;
  Events events_;
  mqtt::Connect options_;
  std::array<std::uint8_t, 4096> receive_{};
  std::array<std::uint8_t, 1024> send_{};
  std::array<mqtt::SendRecord, 8> records_{};
  mqtt::Session session_;
  std::vector<std::uint8_t> outgoing_;
  bool writing_ = false;
  bool closed_ = false;
};

}  // namespace fieldwork::bench
