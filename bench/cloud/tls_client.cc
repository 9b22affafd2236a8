#include "bench/cloud/tls_client.h"

#include <boost/asio/write.hpp>
#include <chrono>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

namespace fieldwork::bench {
namespace {

using boost::system::error_code;

Instant Now() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(now).count()};
}

}  // namespace

TlsClient::TlsClient(boost::asio::io_context& io, boost::asio::ssl::context& tls,
                     std::string client_id, Events events)
    : stream_(io, tls),
      client_id_(std::move(client_id)),
      events_(std::move(events)),
      options_{.client_id = client_id_, .keep_alive_s = 0},
      session_(options_, {receive_, send_, records_}) {}

void TlsClient::Connect(const boost::asio::ip::tcp::endpoint& endpoint) {
  stream_.next_layer().async_connect(endpoint, [this](const error_code& error) {
    if (error) return Close(error.message());
    stream_.next_layer().set_option(boost::asio::ip::tcp::no_delay(true));
    stream_.async_handshake(boost::asio::ssl::stream_base::client,
                            [this](const error_code& failed) {
                              if (failed) return Close("TLS: " + failed.message());
                              if (session_.Connect(Now()) != Status::kOk)
                                return Close("CONNECT does not fit");
                              Read();
                              Drain();
                            });
  });
}

void TlsClient::Publish(std::string_view topic, std::string_view payload) {
  const auto sent = session_.Publish(
      {.topic = topic, .payload = AsBytes(payload), .qos = mqtt::Qos::kAtLeastOnce});
  if (!sent.ok()) throw std::runtime_error("a PUBLISH does not fit the session");
  Write();
}

void TlsClient::Subscribe(std::string_view filter) {
  const mqtt::Subscription wanted{filter, mqtt::Qos::kAtLeastOnce};
  if (!session_.Subscribe({&wanted, 1}).ok()) throw std::runtime_error("SUBSCRIBE does not fit");
  Write();
}

void TlsClient::Read() {
  const MutableBytes space = session_.ReceiveSpace();
  stream_.async_read_some(boost::asio::buffer(space.data(), space.size()),
                          [this](const error_code& error, std::size_t count) {
                            if (error) return Close(error.message());
                            session_.OnReceived(Now(), count);
                            Drain();
                            if (!closed_) Read();
                          });
}

void TlsClient::Drain() {
  while (auto event = session_.NextEvent(Now())) OnEvent(*event);
  Write();
}

void TlsClient::OnEvent(const mqtt::Event& event) {
  std::visit(
      [this](const auto& e) {
        using E = std::decay_t<decltype(e)>;
        if constexpr (std::is_same_v<E, mqtt::event::Connected>) {
          events_.connected();
        } else if constexpr (std::is_same_v<E, mqtt::event::Subscribed>) {
          if (events_.subscribed) events_.subscribed();
        } else if constexpr (std::is_same_v<E, mqtt::event::Message>) {
          // First the acknowledgement, then what may be a new request.
          (void)session_.Acknowledge(e.publish.qos, e.publish.packet_id);
          events_.message(e.publish.topic, AsText(e.publish.payload));
        } else if constexpr (std::is_same_v<E, mqtt::event::Close>) {
          Close(mqtt::CloseReasonName(e.reason));
        }
      },
      event);
}

// The session may move what it keeps while a write is under way, hence the copy.
void TlsClient::Write() {
  const Bytes bytes = session_.BytesToSend();
  if (writing_ || closed_ || bytes.empty()) return;
  writing_ = true;
  outgoing_.assign(bytes.begin(), bytes.end());
  session_.OnSent(Now(), outgoing_.size());
  boost::asio::async_write(stream_, boost::asio::buffer(outgoing_),
                           [this](const error_code& error, std::size_t) {
                             writing_ = false;
                             if (error) return Close(error.message());
                             Write();
                           });
}

void TlsClient::Close(const std::string& why) {
  if (std::exchange(closed_, true)) return;
  session_.OnTransportClosed();
  error_code ignored;
  stream_.next_layer().close(ignored);
  events_.closed(why);
}

}  // namespace fieldwork::bench
